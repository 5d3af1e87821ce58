// SPDX-License-Identifier: MIT
/*
 * mountpoll: /proc/self/mounts and mountinfo tell who polls them that something was mounted.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tap.h"

#define CHANGED (POLLPRI | POLLERR)

static int look(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static void each_change(const char *file)
{
	int fd = open(file, O_RDONLY);

	ok(look(fd, 0) == POLLIN, "%s: nothing new", file);
	mount("none", "polled", "tmpfs", 0, NULL);
	ok(look(fd, 0) == (POLLIN | CHANGED), "a mount");
	ok(look(fd, 0) == POLLIN, "once");
	mount("none", "polled", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	ok(look(fd, 0) == (POLLIN | CHANGED), "read-only now");
	mount("polled", "bound", NULL, MS_BIND, NULL);
	ok(look(fd, 0) == (POLLIN | CHANGED), "a bind mount");
	ok(umount("bound") == 0 && look(fd, 0) == (POLLIN | CHANGED), "unmounted");
	ok(umount("polled") == 0 && umount("polled") == -1 && look(fd, 0) == (POLLIN | CHANGED), "the other too");
	ok(umount("polled") == -1 && look(fd, 0) == POLLIN, "what failed is no change");
	close(fd);
}

static void waits(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLPRI };
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	ok(poll(&p, 1, 50) == 0, "one that waits for changes alone waits");
	if (fork() == 0) {
		usleep(200000);
		_exit(mount("none", "polled", "tmpfs", 0, NULL));
	}
	ok(poll(&p, 1, 10000) == 1 && p.revents == CHANGED, "and is woken");
	wait(NULL);
	ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0, "an epoll takes it");
	ok(epoll_wait(ep, &ev, 1, 0) == 0, "nothing new");
	if (fork() == 0) {
		usleep(200000);
		_exit(umount("polled"));
	}
	ok(epoll_wait(ep, &ev, 1, 10000) == 1 && ev.events == CHANGED, "and tells");
	ok(epoll_wait(ep, &ev, 1, 0) == 0, "once");
	wait(NULL);
	close(ep);
	close(fd);
}

int main(void)
{
	chdir("/tmp");
	mkdir("polled", 0755);
	mkdir("bound", 0755);
	tap_limit(60);
	each_change("/proc/self/mounts");
	each_change("/proc/self/mountinfo");
	waits();
	rmdir("bound");
	rmdir("polled");
	return tap_done();
}
