#!/bin/sh
# Makes DIR/run (default .tools/mpremote/run): the mpremote of Debian 13 or of this Ubuntu. It is unpacked, not installed,
# and run by the python3 of the system.
set -eu
dir=${1:-.tools/mpremote}
[ -x "$dir/run" ] && exit 0
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
say() { printf 'get-mpremote: %s\n' "$*" >&2; }
lacking() {
	say "$1"
	exit 1
}
command -v python3 >/dev/null || lacking "this system has no python3"
. "$(dirname "$0")/../sim/debian.sh"

arch=$(dpkg --print-architecture)
work=$dir/apt
for suite in $suites; do
	say "getting mpremote from $ID $suite"
	rm -rf "$work" "$dir/root"
	use_suite "$suite"
	if apt update >&2 && (cd "$work" && apt download micropython-mpremote python3-serial >&2); then
		for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
		rm -rf "$work"
		cat >"$dir/run" <<'RUN'
#!/bin/sh
PYTHONPATH=$(dirname "$0")/root/usr/lib/python3/dist-packages exec python3 -m mpremote "$@"
RUN
		chmod +x "$dir/run"
		exit 0
	fi
done
lacking "no mpremote could be had from $ID $suites"
