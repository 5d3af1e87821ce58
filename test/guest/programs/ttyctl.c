// SPDX-License-Identifier: MIT
/*
 * ttyctl: what few programs ask of a terminal: System V's struct termio, exclusive use, breaks, the line
 * discipline, its number.  On both ends of a pseudo terminal, and on the serial port.
 */
#define _GNU_SOURCE
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define FIGETBSZ _IO(0, 2)

struct sysv {
	unsigned short in, out, control, local;
	unsigned char line, cc[8];
};

static char name[32];

static void open_both(int *m, int *s)
{
	int n, off = 0;

	*m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	ioctl(*m, TIOCSPTLCK, &off);
	ioctl(*m, TIOCGPTN, &n);
	sprintf(name, "/dev/pts/%d", n);
	*s = open(name, O_RDWR | O_NOCTTY);
}

static int waiting(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) ? -1 : n;
}

static int readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 1000) > 0;
}

/* What the older struct says is what the newer one says. */
static int agree(const struct sysv *v, const struct termios *t)
{
	return v->in == (t->c_iflag & 0xffff) && v->out == (t->c_oflag & 0xffff) &&
	       v->control == (t->c_cflag & 0xffff) && v->local == (t->c_lflag & 0xffff) &&
	       v->line == t->c_line && !memcmp(v->cc, t->c_cc, 8);
}

static void modes(int fd, int m, const char *who)
{
	struct termios t, was;
	struct sysv v[2];

	memset(v, 0x5a, sizeof(v));
	ioctl(fd, TCGETS, &was);
	ok(!ioctl(fd, TCGETA, v) && agree(v, &was), "%s: TCGETA is the low half of TCGETS", who);
	ok(((unsigned char *)v)[18] == 0x5a, "and 18 bytes long");
	fails(EFAULT, ioctl(fd, TCGETA, 8));
	fails(EFAULT, ioctl(fd, TCSETA, 8));
	t = was;
	t.c_iflag |= 0x10000 | IXANY;
	t.c_cc[VWERASE] = 'w';
	ioctl(fd, TCSETS, &t);
	v->local &= ~ICANON;
	v->cc[VMIN] = 3;
	v->in |= ISTRIP;
	fails(0, ioctl(fd, TCSETA, v));
	ioctl(fd, TCGETS, &t);
	ok(agree(v, &t) && (t.c_iflag & 0x10000), "TCSETA sets the low halves and leaves the high ones");
	ok(t.c_cc[VWERASE] == 'w', "and the later characters");
	v->cc[VMIN] = 1;
	fails(0, ioctl(fd, TCSETAW, v));
	if (m >= 0) {
		write(m, "typed", 5);
		ok(readable(fd) && waiting(fd) == 5, "five bytes wait");
		v->in &= ~ISTRIP;
		fails(0, ioctl(fd, TCSETAW, v));
		ok(waiting(fd) == 5, "TCSETAW leaves them");
		fails(0, ioctl(fd, TCSETAF, v));
		ok(waiting(fd) == 0, "TCSETAF drops them");
		ioctl(fd, TCGETS, &t);
		ok(!(t.c_iflag & ISTRIP), "both set");
	}
	ioctl(fd, TCSETS, &was);
}

/* As another user, who may not pass by TIOCEXCL. */
static int open_as_nobody(const char *path)
{
	int st;

	if (!fork()) {
		if (setuid(65534))
			_exit(99);
		_exit(open(path, O_RDWR | O_NOCTTY) < 0 ? errno : 0);
	}
	wait(&st);
	return WEXITSTATUS(st);
}

static void exclusive(void)
{
	int m, s, fd, v = 9;

	open_both(&m, &s);
	chmod(name, 0666);
	ok(open_as_nobody(name) == 0, "anybody opens it");
	ok(!ioctl(s, TIOCGEXCL, &v) && v == 0, "it is not exclusive");
	fails(0, ioctl(s, TIOCEXCL));
	ok(!ioctl(s, TIOCGEXCL, &v) && v == 1, "now it is");
	ok(!ioctl(m, TIOCGEXCL, &v) && v == 0, "the other end is not");
	ok(open_as_nobody(name) == EBUSY, "EBUSY for others");
	fd = open(name, O_RDWR | O_NOCTTY);
	ok(fd >= 0, "not for CAP_SYS_ADMIN");
	close(fd);
	close(s);
	ok(open_as_nobody(name) == EBUSY, "all closed: still");
	s = open(name, O_RDWR | O_NOCTTY);
	fails(0, ioctl(s, TIOCNXCL));
	ok(open_as_nobody(name) == 0, "no longer");
	fails(0, ioctl(m, TIOCEXCL));
	ok(!ioctl(m, TIOCGEXCL, &v) && v == 1 && !ioctl(s, TIOCGEXCL, &v) && v == 0, "the master alone");
	ok(open_as_nobody(name) == 0, "is no matter");
	close(s);
	close(m);
}

static long ms_of(int fd, unsigned int cmd, int arg)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	if (ioctl(fd, cmd, arg))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
}

static void others(int fd, const char *who)
{
	struct stat st;
	unsigned int dev = 0;
	int disc = 9, bad = 30;

	fstat(fd, &st);
	ok(!ioctl(fd, TIOCGETD, &disc) && disc == 0, "%s: the line discipline is 0", who);
	fails(0, ioctl(fd, TIOCSETD, &disc));
	fails(EINVAL, ioctl(fd, TIOCSETD, &bad));
	fails(EFAULT, ioctl(fd, TIOCSETD, 8));
	fails(0, ioctl(fd, TIOCSBRK));
	fails(0, ioctl(fd, TIOCCBRK));
	ok(!ioctl(fd, TIOCGDEV, &dev) && (major(st.st_rdev) == 5 || dev == st.st_rdev), "TIOCGDEV: %x", dev);
}

static void block_sizes(int s)
{
	struct statfs fs;
	int n = 0, p[2], fd = open("/root", O_RDONLY);

	fstatfs(fd, &fs);
	ok(!ioctl(fd, FIGETBSZ, &n) && n == fs.f_bsize, "FIGETBSZ of a file on the disk");
	pipe(p);
	ok(!ioctl(p[0], FIGETBSZ, &n) && n == 4096, "of a pipe");
	ok(!ioctl(s, FIGETBSZ, &n) && n > 0, "of a terminal");
}

int main(void)
{
	int m, s, port = open("/dev/ttyS0", O_RDWR | O_NOCTTY);
	unsigned int dev = 0;
	long ms;

	tap_limit(60);
	open_both(&m, &s);
	modes(s, m, "slave");
	modes(m, -1, "master");
	modes(port, -1, "serial port");
	exclusive();
	others(s, "slave");
	others(m, "master");
	others(port, "serial port");
	ok(!ioctl(m, TIOCGDEV, &dev) && major(dev) == 136, "the master tells the slave's number");
	ok(ms_of(s, TCSBRK, 0) < 100 && ms_of(s, TCSBRKP, 9) < 100, "no wire, no break");
	ms = ms_of(port, TCSBRK, 0);
	ok(ms >= 200 && ms < 2000, "a break of a quarter of a second (%ld ms)", ms);
	ms = ms_of(port, TCSBRKP, 4);
	ok(ms >= 350 && ms < 2000, "of four tenths (%ld ms)", ms);
	ms = ms_of(port, TCSBRK, 1);
	ok(ms >= 0 && ms < 200, "none: TCSBRK of 1 only waits for the output (%ld ms)", ms);
	block_sizes(s);
	return tap_done();
}
