# For scripts that unpack packages of this Debian or Ubuntu, without root and without touching the system: apt ARGUMENTS,
# with all it needs in the folder $aside, which has an absolute path and is removed in the end.
trap 'rm -rf "$aside"' EXIT
mkdir -p "$aside/lists/partial" "$aside/cache/archives/partial"
apt() {
	apt-get -qq -o Dir::State::lists="$aside/lists" -o Dir::Cache="$aside/cache" -o APT::Sandbox::User= \
		-o Debug::NoLocking=1 -o Acquire::Retries=3 -o Acquire::Languages=none "$@" </dev/null >&2
}
