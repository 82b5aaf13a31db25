#!/bin/sh
# Makes DIR/nginx, DIR/curl and DIR/tmux (default .tools/web), which "mpctl get" is tested and measured against: those
# on the PATH, else those in the packages of this Debian or Ubuntu, unpacked into DIR: no root, nothing installed or
# started on the system. What cannot be had is missed by the tests that need it: they skip, and say so.
set -eu
dir=${1:-.tools/web}
programs="nginx curl tmux"
mkdir -p "$dir"
missing=
for p in $programs; do
	[ -x "$dir/$p" ] && continue
	if path=$(PATH=$PATH:/usr/sbin:/opt/homebrew/bin command -v "$p"); then
		printf '#!/bin/sh\nexec %s "$@"\n' "$path" >"$dir/$p"
		chmod +x "$dir/$p"
	else
		missing="$missing $p"
	fi
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "get-peers: there is no$missing on the PATH and no apt-get to get it with, so no tests with it" >&2
	exit 0
fi
aside=$(cd "$dir" && pwd)/apt
. "$(dirname "$0")/../../sim/packages.sh"
# With what they depend on, unless the system has it.
if ! { apt update && apt install --yes --no-install-recommends --download-only $missing; }; then
	echo "get-peers: no packages, so no tests with$missing" >&2
	exit 0
fi
for deb in "$aside"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
for p in $missing; do
	cat >"$dir/$p.new" <<RUN
#!/bin/sh
here=\$(dirname "\$0")
export LD_LIBRARY_PATH="\$(echo "\$here"/root/usr/lib/*-linux-gnu)"
for bin in "\$here"/root/usr/*bin/$p; do exec "\$bin" "\$@"; done
RUN
	chmod +x "$dir/$p.new"
	mv "$dir/$p.new" "$dir/$p"
done
