#!/bin/sh
# Unpacks into DIR (default .tools/peers) the responders that the firmware's is tested against: Avahi and
# python3-zeroconf, Debian's or Ubuntu's packages. Unpacked, not installed: an installed Avahi would start on the
# computer's own network. What cannot be had is missed by the tests that need it: they skip, and say so.
set -eu
dir=${1:-.tools/peers}
[ -e "$dir/complete" ] && exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "get-peers: this system has no apt-get, so no tests against Avahi and python3-zeroconf" >&2
	exit 0
fi
rm -rf "$dir"
mkdir -p "$dir/cache/archives/partial" "$dir/root"
get() {
	apt-get -qq -o Dir::Cache="$PWD/$dir/cache" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
		install --yes --no-install-recommends --reinstall --download-only \
		avahi-daemon avahi-utils dbus-daemon dbus-bin python3-zeroconf python3-ifaddr \
		libavahi-core7 libavahi-common3 libavahi-client3 libdaemon0 libdbus-1-3 </dev/null >&2
}
# Lists that are old or not there are worth one update; that takes root.
if ! get && ! { [ "$(id -u)" = 0 ] && apt-get update -qq >&2 && get; }; then
	echo "get-peers: no packages, so no tests against Avahi and python3-zeroconf" >&2
	rm -rf "$dir"
	exit 0
fi
for deb in "$dir"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
rm -rf "$dir/cache"
: >"$dir/complete"
