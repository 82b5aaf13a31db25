# What can be done here: make help

GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
MICROPYTHON := .tools/micropython/run
MICROPYTHON_110 := .tools/micropython-1.10/node_modules/micropython/package.json
PROMTOOL := .tools/promtool/run
WRK := .tools/wrk/run
MPREMOTE := .tools/mpremote/run
JQ := .tools/jq/run
TEST_FLAGS ?= -race
TIMEOUT ?= 15m

.PHONY: help build install demo test soak check bench tools chromium clean go

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: go ## build ./mpctl
	$(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o mpctl ./cmd/mpctl

install: go ## install mpctl into Go's bin folder
	$(GO) install -trimpath -ldflags '-X main.version=$(VERSION)' ./cmd/mpctl

demo: build $(MICROPYTHON) ## one simulated board: provision, ls, read light, get
	@sh cmd/mpctl/demo.sh ./mpctl

test: tools ## get the tools and run every test
	$(GO) test $(TEST_FLAGS) -timeout $(TIMEOUT) ./...

soak: tools ## what takes too long for test: a million packets, 100,000 requests, a cable pulled anywhere, noise on it, boards that lose packets
	MPCTL_SOAK=1 $(GO) test -v -run 'TestMutatedPackets|TestTraffic' -timeout 30m ./firmware
	MPCTL_SOAK=1 $(GO) test -v -run 'TestCut|TestNoise' -timeout 90m ./serialio
	MPCTL_SOAK=1 $(GO) test -v -run TestHundredBoards -timeout 10m ./discover
	MPCTL_SOAK=1 $(GO) test -v -run TestCutProvision -timeout 90m ./cmd/mpctl

check: go ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./cmd/mpctl
	GOOS=windows $(GO) vet ./cmd/mpctl

bench: go $(MICROPYTHON) $(WRK) $(MPREMOTE) ## mpctl beside mpremote, avahi-browse and curl, and the firmware: its speed and heap
	@sh cmd/mpctl/get-peers.sh
	$(GO) run ./bench

tools: go $(MICROPYTHON) $(MICROPYTHON_110) $(PROMTOOL) $(JQ) chromium ## get what the tests need, into .tools
	@sh internal/test/mdnstest/get-peers.sh
	@sh internal/test/microbit/get-microbit.sh
	@sh cmd/mpctl/get-peers.sh

clean: ## remove what was built and downloaded
	rm -rf mpctl .tools

$(MICROPYTHON): sim/get-micropython.sh sim/debian.sh
	@sh sim/get-micropython.sh $(@D) && touch $@

# The oldest language level that the firmware must compile on. Without it that test is skipped, and says so.
$(MICROPYTHON_110):
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends nodejs npm; fi
	@if ! command -v npm >/dev/null; then \
		echo "no npm, so no test on MicroPython 1.10 (Debian, Ubuntu: apt install nodejs npm; macOS: brew install node)"; \
	elif ! npm install --loglevel=error --no-audit --no-fund --no-save --legacy-peer-deps \
		--prefix .tools/micropython-1.10 micropython@1.1.8; then \
		echo "npm could not get MicroPython 1.10, so no test on it"; fi

$(WRK): bench/get-program.sh sim/packages.sh
	@sh bench/get-program.sh $(@D) wrk wrk libluajit-5.1-2 && touch $@

$(MPREMOTE): bench/get-mpremote.sh sim/debian.sh
	@sh bench/get-mpremote.sh $(@D) && touch $@

# Without it the test of /metrics is skipped, and says so.
$(PROMTOOL): bench/get-program.sh sim/packages.sh
	@sh bench/get-program.sh $(@D) promtool prometheus && touch $@ || echo "no promtool, so no test of /metrics with it"

# Without it the test that gives it what mpctl read prints is skipped, and says so.
$(JQ): bench/get-program.sh sim/packages.sh
	@sh bench/get-program.sh $(@D) jq jq libjq1 libonig5 && touch $@ || echo "no jq, so no test of mpctl read with it"

# Without a browser the test of the board's page is skipped, and says so.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } || \
		echo "no chromium, so no test of the board's page in a browser (Debian: apt install chromium)"

# From 1.21 on, Go gets the newer version that go.mod asks for by itself.
go:
	@v=$$($(GO) env GOVERSION 2>/dev/null | sed 's/^go1\.//; s/[^0-9].*//'); [ "$${v:-0}" -ge 21 ] || { \
		echo "Go 1.25 or newer is needed: install it (https://go.dev/dl; Debian 13: apt install golang; macOS: brew install go)"; exit 1; }
