// SPDX-License-Identifier: MIT
/*
 * System V semaphores and message queues.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define KEY     0x4661756d

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static int op(int id, int num, int by, int flags)
{
	struct sembuf b = { (unsigned short)num, (short)by, (short)flags };

	return semop(id, &b, 1);
}

static int value(int id, int num)
{
	return semctl(id, num, GETVAL);
}

static void wait_count(int id, int num, int cmd, int n)
{
	for (int i = 0; i < 500 && semctl(id, num, cmd) != n; i++)
		usleep(10000);
}

/* ------------------------------------------------ semaphores */

static void sets(void)
{
	unsigned short in[3] = { 1, 2, 3 }, out[3] = { 9, 9, 9 };
	struct semid_ds ds;
	int id;

	fails(ENOENT, semget(KEY, 1, 0));
	fails(EINVAL, semget(KEY, 0, IPC_CREAT));
	fails(EINVAL, semget(KEY, -1, IPC_CREAT));
	fails(EINVAL, semget(KEY, 32001, IPC_CREAT));
	id = semget(KEY, 3, IPC_CREAT | 0600);
	ok(id >= 0 && semget(KEY, 0, 0) == id, "a set is made and found");
	fails(EINVAL, semget(KEY, 4, 0));
	fails(EEXIST, semget(KEY, 3, IPC_CREAT | IPC_EXCL));
	ok(semctl(id, 0, GETALL, (union semun){ .array = out }) == 0 && !out[0] && !out[2],
	   "all are 0");
	fails(0, semctl(id, 0, SETALL, (union semun){ .array = in }));
	ok(value(id, 0) == 1 && value(id, 2) == 3, "SETALL sets them");
	fails(0, semctl(id, 1, SETVAL, (union semun){ .val = 32767 }));
	fails(ERANGE, semctl(id, 1, SETVAL, (union semun){ .val = 32768 }));
	fails(ERANGE, semctl(id, 1, SETVAL, (union semun){ .val = -1 }));
	fails(EINVAL, semctl(id, 3, GETVAL));
	fails(EINVAL, semctl(id, 0, 99));
	fails(EINVAL, semctl(-1, 0, GETVAL));
	fails(ERANGE, op(id, 1, 1, 0));
	in[2] = 40000;
	fails(ERANGE, semctl(id, 0, SETALL, (union semun){ .array = in }));
	fails(0, op(id, 0, 1, 0));
	ok(semctl(id, 0, GETPID) == getpid(), "GETPID: who changed it last");
	semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds });
	ok(ds.sem_nsems == 3 && labs(ds.sem_otime - time(NULL)) < 3 && ds.sem_perm.mode == 0600,
	   "IPC_STAT");
	fails(EFBIG, op(id, 3, 1, 0));
	fails(E2BIG, semop(id, (struct sembuf[501]){ { 0, 0, 0 } }, 501));
	fails(EINVAL, semop(id, (struct sembuf[1]){ { 0, 0, 0 } }, 0));
	fails(EFAULT, semop(id, (void *)8, 1));
	fails(0, semctl(id, 0, IPC_RMID));
	fails(EINVAL, semctl(id, 0, IPC_RMID));
	fails(EINVAL, op(id, 0, 1, 0));
}

static void operations(void)
{
	int id = semget(IPC_PRIVATE, 3, 0600), status;
	struct sembuf both[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };
	struct timespec soon = { 0, 50000000 }, bad = { 0, 1000000000 };
	struct timespec start, end;

	fails(EAGAIN, op(id, 0, -1, IPC_NOWAIT));
	fails(0, op(id, 0, 0, 0));
	fails(EAGAIN, semop(id, both, 2));
	ok(value(id, 0) == 0, "all of a list or nothing");
	both[1].sem_op = 1;
	fails(0, semop(id, both, 2));
	ok(value(id, 0) == 1 && value(id, 1) == 1, "all");
	fails(EAGAIN, op(id, 0, 0, IPC_NOWAIT));
	clock_gettime(CLOCK_MONOTONIC, &start);
	fails(EAGAIN, semtimedop(id, &(struct sembuf){ 2, -1, 0 }, 1, &soon));
	clock_gettime(CLOCK_MONOTONIC, &end);
	ok((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 >= 49,
	   "after the time");
	fails(EINVAL, semtimedop(id, &(struct sembuf){ 2, -1, 0 }, 1, &bad));
	if (fork() == 0)
		_exit(op(id, 2, -2, 0));
	wait_count(id, 2, GETNCNT, 1);
	ok(semctl(id, 2, GETNCNT) == 1 && semctl(id, 2, GETZCNT) == 0, "a sleeper is counted");
	op(id, 2, 1, 0);
	usleep(20000);
	ok(value(id, 2) == 1 && waitpid(-1, NULL, WNOHANG) == 0, "1 is not enough for one who wants 2");
	op(id, 2, 1, 0);
	wait(&status);
	ok(status == 0 && value(id, 2) == 0, "2 is");
	op(id, 2, 1, 0);
	if (fork() == 0)
		_exit(op(id, 2, 0, 0));
	wait_count(id, 2, GETZCNT, 1);
	ok(semctl(id, 2, GETZCNT) == 1, "one waits for zero");
	op(id, 2, -1, 0);
	wait(&status);
	ok(status == 0, "and gets it");
	if (fork() == 0)
		_exit(op(id, 2, -1, 0) == -1 && errno == EIDRM ? 0 : 1);
	wait_count(id, 2, GETNCNT, 1);
	semctl(id, 0, IPC_RMID);
	wait(&status);
	ok(status == 0, "a sleeper hears that the set was removed");
}

static void handler(int sig)
{
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	int id = semget(IPC_PRIVATE, 1, 0600);

	sigaction(SIGALRM, &sa, NULL);
	ualarm(50000, 0);
	fails(EINTR, op(id, 0, -1, 0));
	ok(semctl(id, 0, GETNCNT) == 0, "who was interrupted waits no longer");
	semctl(id, 0, IPC_RMID);
	tap_limit(120);
}

/* Each is freed by the one before it, through another semaphore each. */
static void chain(void)
{
	enum { N = 40 };
	int id = semget(IPC_PRIVATE, N + 1, 0600), status, bad = 0;

	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			struct sembuf ops[2] = { { (unsigned short)i, -1, 0 },
						 { (unsigned short)(i + 1), 1, 0 } };

			_exit(semop(id, ops, 2));
		}
	for (int i = 0; i < N; i++)
		wait_count(id, i, GETNCNT, 1);
	op(id, 0, 1, 0);
	while (wait(&status) > 0)
		bad |= status;
	ok(!bad && value(id, N) == 1, "one change sets a chain of forty free");
	semctl(id, 0, IPC_RMID);
}

static int thread_with_undo(void *arg)
{
	return op(*(int *)arg, 0, -1, SEM_UNDO);
}

static void undo(void)
{
	int id = semget(IPC_PRIVATE, 2, 0600), status;
	pid_t holder, sleeper;
	static char stack[65536] __attribute__((aligned(16)));

	semctl(id, 0, SETVAL, (union semun){ .val = 5 });
	if (fork() == 0) {
		op(id, 0, -3, SEM_UNDO);
		op(id, 1, 2, SEM_UNDO);
		if (fork() == 0)
			_exit(0);
		wait(NULL);
		_exit(value(id, 0) == 2 && value(id, 1) == 2 ? 0 : 1);
	}
	wait(&status);
	ok(status == 0, "a child of its own takes nothing back");
	ok(value(id, 0) == 5 && value(id, 1) == 0, "what was taken is given back at the end");
	if (fork() == 0) {
		op(id, 0, -1, SEM_UNDO);
		execl("/bin/sleep", "sleep", "0.1", NULL);
	}
	wait_count(id, 0, GETVAL, 4);
	ok(value(id, 0) == 4, "exec keeps it");
	wait(NULL);
	ok(value(id, 0) == 5, "until the end");
	if (fork() == 0) {
		op(id, 0, -5, SEM_UNDO);
		semctl(id, 0, SETVAL, (union semun){ .val = 1 });
		_exit(0);
	}
	wait(NULL);
	ok(value(id, 0) == 1, "SETVAL forgets what was to be undone");
	if (fork() == 0) {
		op(id, 0, 1, SEM_UNDO);
		op(id, 0, -2, 0);
		_exit(0);
	}
	wait(NULL);
	ok(value(id, 0) == 0, "no value falls below zero");
	semctl(id, 0, SETVAL, (union semun){ .val = 3 });
	if (fork() == 0) {
		int t = clone(thread_with_undo, stack + sizeof(stack),
			      CLONE_VM | CLONE_SYSVSEM | SIGCHLD, &id);

		waitpid(t, NULL, 0);
		_exit(value(id, 0) == 2 ? 0 : 1);
	}
	wait(&status);
	ok(status == 0 && value(id, 0) == 3, "with CLONE_SYSVSEM the last one gives back");
	holder = fork();
	if (holder == 0) {
		op(id, 0, -3, SEM_UNDO);
		pause();
	}
	wait_count(id, 0, GETVAL, 0);
	sleeper = fork();
	if (sleeper == 0)
		_exit(op(id, 0, -1, 0));
	wait_count(id, 0, GETNCNT, 1);
	kill(holder, SIGKILL);
	waitpid(sleeper, &status, 0);
	ok(status == 0, "a killed holder sets a sleeper free");
	semctl(id, 0, IPC_RMID);
	wait(NULL);
}

/* A mutex of the old kind, under contention. */
static void contention(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	static int *count;
	int mid;

	semctl(id, 0, SETVAL, (union semun){ .val = 1 });
	mid = msgget(IPC_PRIVATE, 0600);
	count = (int[1]){ 0 };
	for (int i = 0; i < 6; i++)
		if (fork() == 0) {
			for (int n = 0; n < 300; n++) {
				struct { long type; int v; } m = { 1, 0 };

				op(id, 0, -1, SEM_UNDO);
				if (msgrcv(mid, &m, sizeof(m.v), 0, IPC_NOWAIT) < 0)
					m.v = 0;
				m.v++;
				msgsnd(mid, &m, sizeof(m.v), 0);
				op(id, 0, 1, SEM_UNDO);
			}
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	struct { long type; int v; } m = { 1, 0 };

	msgrcv(mid, &m, sizeof(m.v), 0, IPC_NOWAIT);
	*count = m.v;
	ok(*count == 1800 && value(id, 0) == 1, "six processes count to 1800 under one semaphore");
	semctl(id, 0, IPC_RMID);
	msgctl(mid, IPC_RMID, NULL);
}

/* ------------------------------------------------ messages */

struct text { long type; char text[8192]; };

static int send(int id, long type, const char *text, int flags)
{
	struct text m = { .type = type };

	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text), flags);
}

/* The message as "type:text", or an errno's name. */
static const char *receive(int id, long type, size_t size, int flags)
{
	static char out[8300];
	struct text m;
	ssize_t n = msgrcv(id, &m, size, type, flags | IPC_NOWAIT);

	if (n < 0)
		return strerrorname_np(errno);
	sprintf(out, "%ld:%.*s", m.type, (int)n, m.text);
	return out;
}

static void is(const char *got, const char *want, const char *claim)
{
	if (!ok(!strcmp(got, want), "%s", claim))
		printf("# got %s, want %s\n", got, want);
}

static void messages(void)
{
	int id = msgget(KEY, IPC_CREAT | 0600), status;
	struct msqid_ds ds;
	struct text m = { .type = 1 };

	ok(id >= 0 && msgget(KEY, 0) == id, "a queue is made and found");
	fails(EEXIST, msgget(KEY, IPC_CREAT | IPC_EXCL));
	fails(EINVAL, msgsnd(id, &m, 8193, 0));
	m.type = 0;
	fails(EINVAL, msgsnd(id, &m, 1, 0));
	fails(EFAULT, msgsnd(id, (void *)8, 1, 0));
	fails(EINVAL, msgsnd(-1, &m, 1, 0));
	is(receive(id, 0, 10, 0), "ENOMSG", "an empty queue gives ENOMSG");
	send(id, 3, "three", 0);
	send(id, 1, "one", 0);
	send(id, 2, "two", 0);
	send(id, 3, "again", 0);
	msgctl(id, IPC_STAT, &ds);
	ok(ds.msg_qnum == 4 && ds.msg_cbytes == 16 && ds.msg_qbytes == 16384 &&
	   ds.msg_lspid == getpid() && ds.msg_lrpid == 0, "IPC_STAT counts them");
	is(receive(id, 2, 10, 0), "2:two", "one of a type");
	is(receive(id, 9, 10, 0), "ENOMSG", "none of another");
	is(receive(id, 3, 10, 020000), "1:one", "MSG_EXCEPT: of any other");
	send(id, 2, "2b", 0);
	is(receive(id, -3, 10, 0), "2:2b", "a negative type: the lowest up to it");
	is(receive(id, 0, 3, 0), "E2BIG", "too long");
	is(receive(id, 0, 3, MSG_NOERROR), "3:thr", "cut with MSG_NOERROR");
	is(receive(id, 0, 10, 0), "3:again", "the rest in order");
	memset(m.text, 'x', sizeof(m.text));
	m.type = 1;
	fails(0, msgsnd(id, &m, 8192, 0));
	fails(0, msgsnd(id, &m, 8192, 0));
	fails(EAGAIN, msgsnd(id, &m, 1, IPC_NOWAIT));
	if (fork() == 0)
		_exit(msgsnd(id, &m, 1, 0));
	usleep(50000);
	ok(waitpid(-1, NULL, WNOHANG) == 0, "a sender waits for room");
	msgrcv(id, &m, sizeof(m.text), 0, 0);
	wait(&status);
	ok(status == 0, "and goes on when there is some");
	msgctl(id, IPC_STAT, &ds);
	ds.msg_qbytes = 8000;
	fails(0, msgctl(id, IPC_SET, &ds));
	fails(EAGAIN, send(id, 1, "x", IPC_NOWAIT));
	while (strcmp(receive(id, 0, 8192, 0), "ENOMSG"))
		;
	if (fork() == 0)
		_exit(msgrcv(id, &m, 10, 7, 0) == 4 && !memcmp(m.text, "wait", 4) ? 0 : 1);
	usleep(50000);
	send(id, 6, "not", 0);
	usleep(20000);
	ok(waitpid(-1, NULL, WNOHANG) == 0, "a receiver waits for its type");
	send(id, 7, "wait", 0);
	wait(&status);
	ok(status == 0, "and gets it");
	if (fork() == 0)
		_exit(msgrcv(id, &m, 10, 7, 0) == -1 && errno == EIDRM ? 0 : 1);
	usleep(50000);
	fails(0, msgctl(id, IPC_RMID, NULL));
	wait(&status);
	ok(status == 0, "a receiver hears that the queue was removed");
	fails(EINVAL, msgctl(id, IPC_STAT, &ds));
}

static void figures(void)
{
	int sid = semget(IPC_PRIVATE, 7, 0600), mid = msgget(IPC_PRIVATE, 0640), n = 0, a, b;
	struct seminfo si;
	struct msginfo mi;
	char line[256];
	FILE *f;

	ok(semctl(0, 0, IPC_INFO, (union semun){ .info = &si }) >= 0 && si.semmni == 32000 &&
	   si.semmsl == 32000 && si.semmns == 1024000000 && si.semopm == 500 && si.semvmx == 32767,
	   "IPC_INFO of semaphores");
	semctl(0, 0, SEM_INFO, (union semun){ .info = &si });
	ok(si.semusz >= 1 && si.semaem >= 7, "SEM_INFO");
	ok(msgctl(0, IPC_INFO, (struct msqid_ds *)&mi) >= 0 && mi.msgmax == 8192 &&
	   mi.msgmnb == 16384 && mi.msgmni == 32000, "IPC_INFO of queues");
	f = fopen("/proc/sysvipc/sem", "r");
	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%d %d", &a, &b) == 2 && b == sid;
	fclose(f);
	f = fopen("/proc/sysvipc/msg", "r");
	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%d %d", &a, &b) == 2 && b == mid;
	fclose(f);
	ok(n == 2, "/proc/sysvipc lists them");
	semctl(sid, 0, IPC_RMID);
	msgctl(mid, IPC_RMID, NULL);
}

int main(void)
{
	tap_limit(120);
	sets();
	operations();
	interrupted();
	chain();
	undo();
	contention();
	messages();
	figures();
	return tap_done();
}
