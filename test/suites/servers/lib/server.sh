# SPDX-License-Identifier: MIT
#
# What the servers' own installation would have done, and waiting for them.

. lib/tap.sh
export LANG=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin

# account NAME ID: a user and a group, as the package's script makes them.
account() {
	grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::/nonexistent:/bin/sh" >>/etc/passwd
	grep -q "^$1:" /etc/group || echo "$1:x:$2:" >>/etc/group
}

# soon SECONDS COMMAND...: it is true within so many seconds.
soon() {
	tries=$(($1 * 4))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.25
	done
}

# none PATTERN: no process has such a command line (and a process that waits to be reaped is none).
none() {
	! pgrep -f -r D,R,S,T "$1"
}
