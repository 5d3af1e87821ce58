# SPDX-License-Identifier: MIT
#
# unharmed CLAIM COMMAND...: an ordinary user runs the command, for a minute at most and to
# whatever end.  What counts is what it does to others: a process that root started
# before keeps its memory and its life, root's file its bytes, and the kernel works.
unharmed() {
	claim=$1
	shift
	seq 100000 >/root/kept
	seq 100000 | cksum >/tmp/sum
	sort -n /root/kept >/dev/null &
	sleep 300 &
	witness=$!
	chmod 700 /root
	mkdir -p -m 1777 /tmp/hostile
	(cd /tmp/hostile && timeout -k 5 60 setpriv --reuid=65534 --regid=65534 --clear-groups "$@" \
		</dev/null >/tmp/said 2>&1)
	pkill -KILL -u 65534
	echo 1..3
	if kill -0 $witness; then echo "ok 1 - $claim: no other process is harmed"; else
		echo "not ok 1 - $claim: no other process is harmed"; fi
	if [ "$(cksum </root/kept)" = "$(cat /tmp/sum)" ]; then echo "ok 2 - $claim: no file of others is"; else
		echo "not ok 2 - $claim: no file of others is"; fi
	if [ "$(seq 1000 | sort -R | sort -n | tail -n 1)" = 1000 ] && sync && ps -e >/dev/null; then
		echo "ok 3 - $claim: the kernel works"; else echo "not ok 3 - $claim: the kernel works"; fi
	tail -n 3 /tmp/said | sed 's/^/# /'
	kill -KILL $witness
}
