// SPDX-License-Identifier: MIT
/*
 * ptys: pseudo terminals: both ends, their line discipline, hang-up, packet
 * mode, job control.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <utmp.h>

#include "tap.h"

static char buf[20000], back[20000];
static volatile int winches, hups;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		winches++;
	else
		hups++;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 300) < 0 ? -1 : p.revents;
}

/* What comes within a moment. */
static int get(int fd, const char *want)
{
	ssize_t n, got = 0;

	memset(back, 0, sizeof(back));
	while (got < (ssize_t)strlen(want) && ready(fd, POLLIN) & POLLIN) {
		n = read(fd, back + got, sizeof(back) - 1 - got);
		if (n <= 0)
			break;
		got += n;
	}
	if (strcmp(back, want))
		printf("# got %zd bytes: %s\n", got, back);
	return !strcmp(back, want);
}

static int open_master(char *name)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY);

	if (ptsname_r(m, name, 64))
		*name = 0;
	return m;
}

static void names(void)
{
	char name[64], link[64] = "", path[64];
	struct stat st;
	unsigned int n = 77;
	int m = open_master(name), s, lock;

	ok(m >= 0 && !ioctl(m, TIOCGPTN, &n) && n < 100, "/dev/ptmx gives a number");
	sprintf(path, "/dev/pts/%u", n);
	ok(!strcmp(name, path), "and a name");
	ok(!stat(name, &st) && S_ISCHR(st.st_mode) && major(st.st_rdev) == 136 && minor(st.st_rdev) == n &&
	   st.st_uid == getuid(), "the name is a device of whoever opened it");
	ok(!ioctl(m, TIOCGPTLCK, &lock) && lock == 1, "it is locked");
	fails(EIO, open(name, O_RDWR | O_NOCTTY));
	fails(0, grantpt(m));
	fails(0, unlockpt(m));
	s = open(name, O_RDWR | O_NOCTTY);
	ok(s >= 0 && isatty(s) && isatty(m), "unlocked, it is a terminal");
	sprintf(path, "/proc/self/fd/%d", s);
	ok(readlink(path, link, sizeof(link) - 1) > 0 && !strcmp(link, name) && !strcmp(ttyname(s), name),
	   "ttyname");
	int p = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ok(p >= 0 && fcntl(p, F_GETFD) == FD_CLOEXEC && write(p, "peer", 4) == 4 && get(m, "peer"),
	   "TIOCGPTPEER opens the other end");
	close(p);
	fails(ENOTTY, ioctl(s, TIOCGPTN, &n));
	fails(ESPIPE, lseek(m, 0, SEEK_SET));
	close(m);
	fails(ENOENT, open(name, O_RDWR | O_NOCTTY));
	fails(EIO, write(s, "x", 1));
	ok(read(s, back, 1) == 0, "the slave of a closed master is at its end");
	ok((ready(s, POLLIN | POLLOUT) & (POLLHUP | POLLERR)) == (POLLHUP | POLLERR), "hung up");
	struct winsize w;
	fails(EIO, ioctl(s, TIOCGWINSZ, &w));
	close(s);
	m = open("/dev/pts/ptmx", O_RDWR);
	ok(m == -1 || !close(m), "/dev/pts/ptmx is there");
	fails(ENXIO, open("/dev/tty", O_RDWR));
}

static void discipline(void)
{
	struct termios t;
	int m, s, n;

	fails(0, openpty(&m, &s, NULL, NULL, NULL));
	tcgetattr(s, &t);
	ok((t.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG) && (t.c_oflag & ONLCR) &&
	   (t.c_iflag & ICRNL) && cfgetospeed(&t) == B38400, "a terminal's first modes");
	ok(write(s, "a\nb", 3) == 3 && get(m, "a\r\nb"), "output: newline becomes two");
	ok(write(m, "he\x7f" "i\r", 5) == 5 && get(m, "he\b \bi\r\n"), "typing is echoed and edited");
	ok(!ioctl(s, FIONREAD, &n) && n == 3, "FIONREAD");
	ok(get(s, "hi\n"), "and read as a line");
	write(m, "part", 4);
	ok(ready(s, POLLIN) == 0, "no line, no input");
	write(m, "\x04", 1);
	ok(get(s, "part"), "^D sends it");
	write(m, "\x04", 1);
	ok(read(s, back, 9) == 0, "and alone is the end");
	get(m, "part");
	cfmakeraw(&t);
	fails(0, tcsetattr(m, TCSANOW, &t));
	ok(!tcgetattr(s, &t) && !(t.c_lflag & ICANON), "modes are set from either end");
	ok(write(m, "\x03\x04\r", 3) == 3 && get(s, "\x03\x04\r"), "raw: bytes");
	ok(write(s, "\n\t", 2) == 2 && get(m, "\n\t"), "both ways");
	close(m);
	close(s);
}

struct mover {
	int fd;
	ssize_t moved;
};

static void *write_all(void *arg)
{
	struct mover *w = arg;

	while (w->moved < (ssize_t)sizeof(buf)) {
		ssize_t n = write(w->fd, buf + w->moved, sizeof(buf) - w->moved);

		if (n <= 0)
			break;
		w->moved += n;
	}
	return NULL;
}

static int all_arrives(int from, int to)
{
	struct mover w = { from, 0 };
	ssize_t got = 0, n;
	pthread_t t;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = "abcdefghijklmnopqrstuvwxyz"[(i * 7 + i / 251) % 26];
	pthread_create(&t, NULL, write_all, &w);
	pause_ms(50);
	while (got < (ssize_t)sizeof(buf) && (n = read(to, back + got, sizeof(back) - got)) > 0)
		got += n;
	pthread_join(t, NULL);
	return got == sizeof(buf) && !memcmp(buf, back, sizeof(buf));
}

static void flow(void)
{
	struct termios t;
	int m, s, i;

	openpty(&m, &s, NULL, NULL, NULL);
	tcgetattr(s, &t);
	cfmakeraw(&t);
	tcsetattr(s, TCSANOW, &t);
	ok(all_arrives(m, s), "20,000 bytes typed at once arrive");
	ok(all_arrives(s, m), "and as many written");
	fcntl(s, F_SETFL, O_RDWR | O_NONBLOCK);
	fails(EAGAIN, read(s, back, 1));
	for (i = 0; i < 1000 && write(s, buf, 1000) > 0; i++)
		;
	ok(i < 1000 && errno == EAGAIN && ready(s, POLLOUT) == 0, "nobody reads: EAGAIN");
	while (ready(m, POLLIN) == POLLIN && read(m, back, sizeof(back)) > 0)
		;
	ok(ready(s, POLLOUT) == POLLOUT, "then there is room");
	fcntl(m, F_SETFL, O_RDWR | O_NONBLOCK);
	fails(EAGAIN, read(m, back, 1));
	close(s);
	fails(EIO, read(m, back, 1));
	ok(ready(m, POLLIN) & POLLHUP, "the slave is closed: hung up");
	ok(write(m, "x", 1) == 1, "what is typed waits for the next");
	close(m);
	openpty(&m, &s, NULL, NULL, NULL);
	write(s, "last words", 10);
	close(s);
	ok(get(m, "last words"), "what was written before is read");
	fails(EIO, read(m, back, 1));
	char name[64];
	ptsname_r(m, name, sizeof(name));
	s = open(name, O_RDWR | O_NOCTTY);
	ok(s >= 0 && write(s, "again", 5) == 5 && get(m, "again"), "opened again");
	close(s);
	close(m);
}

static void packets(void)
{
	struct termios t;
	int m, s, on = 1;

	openpty(&m, &s, NULL, NULL, NULL);
	fails(0, ioctl(m, TIOCPKT, &on));
	on = 0;
	ok(!ioctl(m, TIOCGPKT, &on) && on == 1, "packet mode is on");
	write(s, "data", 4);
	memset(back, 'x', 9);
	ok(read(m, back, 9) == 5 && back[0] == 0 && !memcmp(back + 1, "data", 4), "data after a 0");
	tcflow(s, TCOOFF);
	ok(ready(m, POLLIN | POLLPRI) == (POLLIN | POLLPRI) && read(m, back, 9) == 1 &&
	   back[0] == TIOCPKT_STOP, "TIOCPKT_STOP");
	tcflow(s, TCOON);
	ok(read(m, back, 9) == 1 && back[0] == TIOCPKT_START, "TIOCPKT_START");
	tcflush(s, TCIFLUSH);
	ok(read(m, back, 9) == 1 && back[0] == TIOCPKT_FLUSHREAD, "TIOCPKT_FLUSHREAD");
	tcgetattr(s, &t);
	t.c_iflag &= ~IXON;
	tcsetattr(s, TCSANOW, &t);
	ok(read(m, back, 9) == 1 && back[0] == TIOCPKT_NOSTOP, "TIOCPKT_NOSTOP");
	t.c_iflag |= IXON;
	tcsetattr(s, TCSANOW, &t);
	ok(read(m, back, 9) == 1 && back[0] == TIOCPKT_DOSTOP, "TIOCPKT_DOSTOP");
	close(m);
	close(s);
}

/* A child that leads a session on a terminal; what it exits with. */
static int with_session(int (*child)(int), void (*parent)(int, pid_t))
{
	struct winsize w = { 24, 80, 0, 0 };
	int m, s, status;
	pid_t pid;

	openpty(&m, &s, NULL, NULL, &w);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(m);
		if (login_tty(s))
			_exit(99);
		_exit(child(0));
	}
	close(s);
	parent(m, pid);
	waitpid(pid, &status, 0);
	close(m);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int child_waits(int fd)
{
	struct winsize w;
	char c;

	signal(SIGWINCH, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGINT, on_signal);
	if (tcgetpgrp(0) != getpid() || tcgetsid(0) != getpid())
		return 1;
	int t = open("/dev/tty", O_RDWR);
	if (t < 0 || write(t, "r", 1) != 1)
		return 2;
	close(t);
	for (int i = 0; i < 100 && !winches; i++)
		pause_ms(20);
	if (!winches || ioctl(0, TIOCGWINSZ, &w) || w.ws_row != 50)
		return 3;
	write(1, "w", 1);
	for (int i = 0; i < 100 && !hups; i++)
		pause_ms(20);
	if (!hups)
		return 4;
	write(1, "i", 1);
	hups = 0;
	ssize_t n = read(0, &c, 1);
	if (n == -1 && errno == EINTR)
		n = read(0, &c, 1);
	if (n > 0)
		return 5;
	for (int i = 0; i < 100 && !hups; i++)
		pause_ms(20);
	if (!hups)
		return 6;
	if (write(1, "x", 1) != -1 || errno != EIO)
		return 7;
	if (open("/dev/tty", O_RDWR) != -1 || errno != ENXIO)
		return 8;
	return 0;
}

static void parent_acts(int m, pid_t pid)
{
	struct winsize w = { 50, 100, 0, 0 };
	pid_t pg = 0;

	ok(get(m, "r"), "the child has a controlling terminal");
	ok(!ioctl(m, TIOCGPGRP, &pg) && pg == pid, "the master sees its group");
	fails(0, ioctl(m, TIOCSWINSZ, &w));
	ok(get(m, "w"), "SIGWINCH");
	write(m, "\x03", 1);
	ok(get(m, "^Ci"), "^C is SIGINT");
	pause_ms(50);
	close(m);
}

static int child_shell(int fd)
{
	execl("/bin/sh", "sh", "-c", "trap 'echo bye' EXIT; stty -echo; read x; echo got $x; tty -s && echo yes",
	      NULL);
	return 98;
}

static void parent_types(int m, pid_t pid)
{
	pause_ms(300);
	write(m, "line\n", 5);
	pause_ms(500);
	memset(back, 0, sizeof(back));
	ssize_t n, got = 0;
	while ((n = read(m, back + got, sizeof(back) - got - 1)) > 0)
		got += n;
	ok(n == -1 && errno == EIO, "the master reads EIO when the shell is gone");
	ok(strstr(back, "got line\r\nyes\r\nbye\r\n") != NULL, "a shell on a pty (%s)", back);
}

/* The leader goes: its foreground group is told. */
static int child_leads(int fd)
{
	int p[2];

	pipe(p);
	pid_t bg = fork();
	if (!bg) {
		char c;

		signal(SIGHUP, SIG_DFL);
		close(p[0]);
		write(p[1], "x", 1);
		while (read(0, &c, 1) >= 0 || errno == EINTR)
			pause_ms(5);
		pause_ms(3000);
		_exit(0);
	}
	char c;
	read(p[0], &c, 1);
	return 0;
}

static void parent_watches(int m, pid_t pid)
{
	char c;
	ssize_t n;

	alarm(20);
	while ((n = read(m, &c, 1)) > 0)
		;
	ok(n == -1 && errno == EIO, "a leader's end hangs its group up, and the terminal is free");
	alarm(100);
}

static void many(void)
{
	static int m[300];
	char name[64];
	int i, good = 1;

	for (i = 0; i < 300; i++) {
		m[i] = open_master(name);
		if (m[i] < 0)
			break;
		good = good && strlen(name) > 9;
	}
	ok(i == 300 && good, "300 at once (%d)", i);
	while (i--)
		close(m[i]);
	m[0] = open_master(name);
	ok(atoi(name + 9) < 100, "numbers are used again");
	close(m[0]);
}

int main(void)
{
	tap_limit(100);
	setsid();
	names();
	discipline();
	flow();
	packets();
	int r = with_session(child_waits, parent_acts);
	ok(r == 0, "window, interrupt, hang-up (%d)", r);
	r = with_session(child_shell, parent_types);
	ok(r == 0, "the shell ends (%d)", r);
	r = with_session(child_leads, parent_watches);
	ok(r == 0, "the leader ends (%d)", r);
	many();
	return tap_done();
}
