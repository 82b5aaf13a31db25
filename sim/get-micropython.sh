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
. "$(dirname "$0")/debian.sh"

# fetch ARCH SUITE: the package and all it depends on, unpacked into $dir/root-ARCH.
fetch() {
	arch=$1 suite=$2
	work=$dir/work-$arch
	use_suite "$suite"
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
