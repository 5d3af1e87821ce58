// SPDX-License-Identifier: MIT
/*
 * sockstamp: SO_TIMESTAMP and its kin on AF_UNIX sockets: a receiver that asked is told when a message
 * was sent, before who sent it; streams only remember that it asked.
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "tap.h"

#define OLD     29      /* SO_TIMESTAMP_OLD */
#define OLD_NS  35
#define NEW     63
#define NEW_NS  64

static const int options[] = { OLD, OLD_NS, NEW, NEW_NS };

static char text[8];
static struct msghdr got;
static struct {
	struct cmsghdr h;
	long sec, frac;
	char more[100];
} ctl;

static int set(int s, int opt, int on)
{
	return setsockopt(s, SOL_SOCKET, opt, &on, sizeof(on));
}

/* Which of the four are said to be on: a bit each, the first of options[] lowest. */
static int which(int s)
{
	int bits = 0, v;

	for (int i = 0; i < 4; i++) {
		socklen_t len = sizeof(v);

		v = 0;
		if (getsockopt(s, SOL_SOCKET, options[i], &v, &len) || len != sizeof(v))
			return -1;
		bits |= v << i;
	}
	return bits;
}

static ssize_t take(int s, size_t room, int flags)
{
	static struct iovec v = { text, sizeof(text) };

	memset(&ctl, 0, sizeof(ctl));
	got = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? &ctl : NULL,
			       .msg_controllen = room };
	return recvmsg(s, &got, flags);
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* The stamp in ctl, or -1. */
static long stamp(int type, long unit)
{
	if (ctl.h.cmsg_level != SOL_SOCKET || ctl.h.cmsg_type != type || ctl.h.cmsg_len != CMSG_LEN(16) ||
	    got.msg_flags)
		return -1;
	return ctl.sec * 1000000000L + ctl.frac * unit;
}

static void options_on(int type)
{
	int p[2];

	socketpair(AF_UNIX, type, 0, p);
	ok(which(p[0]) == 0, "type %d: none of the four is on", type);
	set(p[0], OLD, 1);
	ok(which(p[0]) == 1, "microseconds");
	set(p[0], OLD_NS, 5);
	ok(which(p[0]) == 2, "nanoseconds instead");
	set(p[0], NEW, 1);
	ok(which(p[0]) == 4, "the new form");
	set(p[0], NEW_NS, 1);
	ok(which(p[0]) == 12, "the new form of nanoseconds is both");
	ok(which(p[1]) == 0, "of the other end nobody spoke");
	set(p[0], OLD, 0);
	ok(which(p[0]) == 0, "each turns all of them off");
	fails(EINVAL, setsockopt(p[0], SOL_SOCKET, OLD, &type, 3));
	close(p[0]);
	close(p[1]);
}

static void stamped(int type)
{
	long before, after, seen = 0;
	int p[2];

	socketpair(AF_UNIX, type, 0, p);
	for (int i = 0; i < 4; i++) {
		long unit = options[i] == OLD || options[i] == NEW ? 1000 : 1;

		set(p[1], options[i], 1);
		before = now_ns();
		send(p[0], "m", 1, 0);
		after = now_ns();
		usleep(2000);
		ok(take(p[1], sizeof(ctl), MSG_PEEK) == 1 && (seen = stamp(options[i], unit)) != -1,
		   "type %d, option %d: a message has a time", type, options[i]);
		ok(seen >= before / unit * unit && seen <= after, "that it was sent at");
		ok(got.msg_controllen == CMSG_SPACE(16), "and nothing else");
		ok(take(p[1], sizeof(ctl), 0) == 1 && stamp(options[i], unit) == seen, "looked at twice");
	}
	send(p[0], "m", 1, 0);
	ok(take(p[1], 0, 0) == 1 && got.msg_flags == MSG_CTRUNC, "nowhere to put it: MSG_CTRUNC");
	send(p[0], "m", 1, 0);
	ok(take(p[1], CMSG_LEN(8), 0) == 1 && got.msg_flags == MSG_CTRUNC && ctl.h.cmsg_len == CMSG_LEN(8) &&
	   got.msg_controllen == CMSG_LEN(8), "room for half of it");
	send(p[0], "m", 1, 0);
	ok(recv(p[1], text, 1, 0) == 1, "a plain read");
	send(p[0], "m", 1, 0);
	set(p[1], NEW_NS, 0);
	ok(take(p[1], sizeof(ctl), 0) == 1 && !got.msg_controllen, "no longer wanted when it is read");
	send(p[0], "m", 1, 0);
	usleep(2000);
	after = now_ns();
	set(p[1], OLD_NS, 1);
	ok(take(p[1], sizeof(ctl), MSG_PEEK) == 1 && (seen = stamp(OLD_NS, 1)) >= after,
	   "asked for after it was sent: the time it is first looked at");
	usleep(2000);
	ok(take(p[1], sizeof(ctl), 0) == 1 && stamp(OLD_NS, 1) == seen, "which it keeps");
	set(p[1], SO_PASSCRED, 1);
	send(p[0], "m", 1, 0);
	take(p[1], sizeof(ctl), 0);
	struct cmsghdr *second = CMSG_NXTHDR(&got, &ctl.h);
	ok(stamp(OLD_NS, 1) > 0 && second && second->cmsg_type == SCM_CREDENTIALS,
	   "the time comes before who sent it");
	close(p[0]);
	close(p[1]);
}

static void streams(void)
{
	int p[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	set(p[1], OLD, 1);
	send(p[0], "bytes", 5, 0);
	ok(take(p[1], sizeof(ctl), 0) == 5 && !got.msg_controllen && !got.msg_flags, "bytes of a stream have none");
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	tap_limit(30);
	options_on(SOCK_STREAM);
	options_on(SOCK_DGRAM);
	stamped(SOCK_DGRAM);
	stamped(SOCK_SEQPACKET);
	streams();
	return tap_done();
}
