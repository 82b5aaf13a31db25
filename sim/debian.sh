# For scripts that unpack packages of a newer release of this Debian or Ubuntu, without root and without touching the
# system: use_suite SUITE, then apt ARGUMENTS, for $arch, with everything it needs in $work. lacking REASON ends the script.
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

# use_suite SUITE: a package list of its own.
use_suite() {
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	: >"$work/status"
	printf 'deb [signed-by=%s] %s %s %s\n' "$keyring" "$mirror" "$1" "$components" >"$work/sources.list"
}
apt() {
	apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
		-o Acquire::By-Hash=force -o Acquire::Retries=3 -o Acquire::Languages=none "$@" </dev/null
}
