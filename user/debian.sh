# SPDX-License-Identifier: MIT
#
# What mmdebstrap needs to fetch Debian's packages from where this machine does; read by
# fetch-packages and by test/debian.

# debian_server MIRROR: the server to use.  MIRROR may be empty: then it is the one of this
# machine's own apt, the first that is Debian's and not the security archive.
debian_server() {
	[ -z "$1" ] || { echo "$1"; return; }
	apt-get indextargets --format '$(SITE) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 ~ /security/ { next } $2 == "Debian" || $1 ~ /debian/ { print $1; exit }' |
		grep . || { echo "apt knows no Debian server: give MIRROR=URL" >&2; return 1; }
}

# debstrap ARGUMENT...: mmdebstrap, reaching the server as this machine's apt does.
debstrap() {
	for key in Acquire::http::Proxy Acquire::https::Proxy Acquire::Check-Valid-Until \
		Acquire::Check-Date; do
		eval "$(apt-config shell value "$key" 2>/dev/null)"
		[ -z "${value-}" ] || set -- "--aptopt=$key \"$value\";" "$@"
		value=
	done
	mmdebstrap "$@"
}
