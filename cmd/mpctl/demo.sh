#!/bin/sh
# The whole story on one simulated board: make demo. Ends by itself, leaves nothing, fails if any step does.
set -eu
mpctl=$1
work=$(mktemp -d)
sim=
finish() {
	if [ -n "$sim" ]; then
		kill -INT "$sim" 2>/dev/null || true
		wait "$sim" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Only this board, and nothing beyond this computer.
export XDG_CACHE_HOME="$work/cache" HOME="$work"
case $(uname) in Darwin) MPCTL_INTERFACE=lo0 ;; *) MPCTL_INTERFACE=lo ;; esac
export MPCTL_INTERFACE

show() {
	printf '\n$ %s\n' "$*"
	shift
	"$mpctl" "$@"
}

printf '$ mpctl sim --blank\n'
"$mpctl" sim --blank >"$work/sim" &
sim=$!
tries=0
until [ -s "$work/sim" ]; do
	kill -0 "$sim" 2>/dev/null || { echo "demo: the simulated board did not start" >&2; exit 1; }
	tries=$((tries + 1))
	[ "$tries" -lt 300 ] || { echo "demo: the simulated board is not up after 30 s" >&2; exit 1; }
	sleep 0.1
done
cat "$work/sim"
port=$(cut -f 2 "$work/sim")

printf '\nThe simulated WiFi is "classroom"; its password comes from the environment.\n'
MPCTL_WIFI_PASSWORD='chalk and cheese'
export MPCTL_WIFI_PASSWORD
show mpctl provision --port "$port" --ssid classroom --name desk
unset MPCTL_WIFI_PASSWORD
show mpctl ls
show mpctl read light
show mpctl get desk
