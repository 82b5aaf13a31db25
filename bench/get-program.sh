#!/bin/sh
# get-program.sh DIR PROGRAM PACKAGE...: makes DIR/run, which runs PROGRAM: the one on the PATH, or else the one in the
# packages of this Debian or Ubuntu. They are unpacked into DIR, so that root is not needed and nothing is installed.
set -eu
dir=$1 program=$2
shift 2
[ -x "$dir/run" ] && exit 0
mkdir -p "$dir"
if command -v "$program" >/dev/null; then
	printf '#!/bin/sh\nexec %s "$@"\n' "$program" >"$dir/run"
	chmod +x "$dir/run"
	exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "get-program: no $program on the PATH, and no apt-get to get it with" >&2
	exit 1
fi
aside=$(cd "$dir" && pwd)/apt
. "$(dirname "$0")/../sim/packages.sh"
apt update
(cd "$aside" && apt download "$@")
for deb in "$aside"/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
cat >"$dir/run.new" <<RUN
#!/bin/sh
here=\$(dirname "\$0")
export LD_LIBRARY_PATH="\$(echo "\$here"/root/usr/lib/*-linux-gnu)"
exec "\$here/root/usr/bin/$program" "\$@"
RUN
chmod +x "$dir/run.new"
mv "$dir/run.new" "$dir/run"
