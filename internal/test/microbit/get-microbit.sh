#!/bin/sh
# Unpacks into DIR (default .tools/microbit) a board that nobody here wrote: QEMU's micro:bit and MicroPython's
# firmware for it, Debian's or Ubuntu's packages and what they depend on and this system lacks. No root, nothing
# installed. Where that cannot be had, the tests that need it skip, and say so.
set -eu
dir=${1:-.tools/microbit}
[ -e "$dir/complete" ] && exit 0
lacking() {
	echo "get-microbit: $1, so no tests against QEMU's micro:bit" >&2
	rm -rf "$dir"
	exit 0
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || lacking "this system has no apt-get"
rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
aside=$dir/apt
. "$(dirname "$0")/../../../sim/packages.sh"
# Reinstalled, an installed one is got as well: the tests know of one place only.
apt update && apt install --yes --no-install-recommends --reinstall --download-only \
	qemu-system-arm firmware-microbit-micropython || lacking "no packages"
for deb in "$aside"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
cat >"$dir/run" <<'RUN'
#!/bin/sh
root=$(dirname "$0")/root
export LD_LIBRARY_PATH="$(echo "$root"/lib/*-linux-gnu):$(echo "$root"/usr/lib/*-linux-gnu)"
exec "$root/usr/bin/qemu-system-arm" -M microbit -display none -monitor none \
	-device loader,file="$root/usr/share/firmware-microbit-micropython/firmware.hex" "$@"
RUN
chmod +x "$dir/run"
: >"$dir/complete"
