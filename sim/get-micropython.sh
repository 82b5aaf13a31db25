#!/bin/sh
# Makes DIR/run (default .tools/micropython/run): the MicroPython on the PATH where it does, else Debian's or
# Ubuntu's packages, unpacked: no root, nothing installed on the system. Of those the 32-bit build is preferred,
# its words are as long as a board's.
set -eu
dir=${1:-.tools/micropython}
does() { "$1" -c "import os, ffi, termios, framebuf, deflate; os.VfsPosix('/')" >/dev/null 2>&1; }
[ -x "$dir/run" ] && does "$dir/run" && exit 0
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if command -v micropython >/dev/null && does micropython; then
	printf '#!/bin/sh\nexec micropython "$@"\n' >"$dir/run"
	chmod +x "$dir/run"
	exit 0
fi

say() { printf 'get-micropython: %s\n' "$*" >&2; }
lacking() {
	say "$1"
	say "hint: install MicroPython 1.22 or newer so that 'micropython' is on the PATH (Debian 13: apt install micropython; macOS: brew install micropython)"
	exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || lacking "this system has no apt-get"

. /etc/os-release
# Debian has the package since trixie; testing stands in when a mirror's index for trixie is out of step.
case $ID in
debian) suites="trixie forky" ;;
*) suites=${VERSION_CODENAME:-} ;;
esac
[ -n "$suites" ] || lacking "this system does not say which release it is"

# The machine's own mirror, from its apt configuration (deb822 or one-line style): the source that has "main" of
# this distribution; others may come from anywhere.
mirror=$({
	cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v RS= -v id="$ID" '{
		uri = main = ""
		n = split($0, lines, "\n")
		for (i = 1; i <= n; i++) {
			k = split(lines[i], words, /[ \t]+/)
			if (tolower(words[1]) == "uris:") uri = words[2]
			if (tolower(words[1]) == "components:") for (j = 2; j <= k; j++) if (words[j] == "main") main = 1
		}
		if (main && uri ~ "/" id "/?$") print uri
	}'
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v id="$ID" '
		$1 == "deb" && / main( |$)/ { for (i = 2; i <= NF; i++) if ($i ~ "^[a-z+]+:.*/" id "/?$") { print $i; break } }'
} | head -n 1)
[ -n "$mirror" ] || lacking "no package mirror in the apt configuration"
keyring=$(ls "/usr/share/keyrings/$ID-archive-keyring.gpg" "/usr/share/keyrings/$ID-archive-keyring.pgp" 2>/dev/null | head -n 1)
[ -n "$keyring" ] || lacking "no archive keyring of $ID is installed"
components=main
[ "$ID" = ubuntu ] && components="main universe"

# fetch ARCH SUITE: the package and all it depends on, unpacked into $dir/root-ARCH.
fetch() {
	arch=$1 suite=$2
	work=$dir/work-$arch
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	: >"$work/status"
	printf 'deb [signed-by=%s] %s %s %s\n' "$keyring" "$mirror" "$suite" "$components" >"$work/sources.list"
	apt() {
		apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
			-o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
			-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
			-o Acquire::By-Hash=force -o Acquire::Retries=3 -o Acquire::Languages=none "$@" </dev/null
	}
	apt update >&2 &&
		apt install --yes --no-install-recommends --download-only micropython >&2 || return 1
	mkdir -p "$dir/root-$arch"
	for deb in "$work"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root-$arch" || return 1; done
	rm -rf "$work"
}

# link ARCH: a 'run' that starts that build with its own loader and libraries.
link() {
	root=$dir/root-$1
	loader=$(find "$root" \( -name 'ld-linux*.so.*' -o -name 'ld-[0-9]*.so' \) | sort | head -n 1)
	libs=$(find "$root" -name 'libc.so.6' -exec dirname {} \; | sort -u | paste -sd:)
	[ -n "$loader" ] && [ -n "$libs" ] || return 1
	cat >"$dir/run.new" <<RUN
#!/bin/sh
here=\$(dirname "\$0")
exec "\$here/${loader#"$dir"/}" --library-path "$(printf '%s' "$libs" | sed "s#$dir#\$here#g")" "\$here/root-$1/usr/bin/micropython" "\$@"
RUN
	chmod +x "$dir/run.new"
	does "$dir/run.new" && mv "$dir/run.new" "$dir/run"
}

native=$(dpkg --print-architecture)
[ "$native" = amd64 ] && try="i386 amd64" || try=$native
for arch in $try; do
	for suite in $suites; do
		say "getting MicroPython for $arch from $ID $suite"
		if fetch "$arch" "$suite" && link "$arch"; then exit 0; fi
		say "no running MicroPython for $arch from $suite"
		rm -rf "$dir/root-$arch" "$dir/work-$arch" "$dir/run.new"
	done
done
lacking "no MicroPython could be had from $ID $suites"
