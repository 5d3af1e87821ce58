// SPDX-License-Identifier: MIT
/*
 * System V shared memory: made, found, attached, detached and removed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "figures.h"
#include "tap.h"

#define PAGE    4096UL
#define KEY     0x4661756c

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	memset(&ds, 0xee, sizeof(ds));
	if (shmctl(id, IPC_STAT, &ds))
		ds.shm_nattch = (shmatt_t)-1;
	return ds;
}

static int line_of(int id, char *line, size_t size)
{
	FILE *f = fopen("/proc/sysvipc/shm", "r");
	int found = 0, key, n;

	while (f && !found && fgets(line, (int)size, f))
		found = sscanf(line, "%d %d", &key, &n) == 2 && n == id;
	if (f)
		fclose(f);
	return found;
}

static void make(void)
{
	int id, other;

	fails(ENOENT, shmget(KEY, PAGE, 0));
	fails(EINVAL, shmget(KEY, 0, IPC_CREAT));
	id = shmget(KEY, 3 * PAGE + 1, IPC_CREAT | 0640);
	ok(id >= 0, "shmget makes one");
	ok(shmget(KEY, PAGE, 0) == id, "and finds it by its key");
	fails(EEXIST, shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL));
	fails(EINVAL, shmget(KEY, 4 * PAGE, 0));
	other = shmget(IPC_PRIVATE, PAGE, 0600);
	ok(other >= 0 && other != id, "IPC_PRIVATE is always another");
	fails(0, shmctl(other, IPC_RMID, NULL));
	fails(EINVAL, shmctl(other, IPC_RMID, NULL));
	fails(EINVAL, shmctl(-1, IPC_STAT, NULL));
	fails(EINVAL, shmctl(id, 99, NULL));
	fails(EFAULT, shmctl(id, IPC_STAT, (void *)8));
	fails(0, shmctl(id, IPC_RMID, NULL));
	fails(ENOENT, shmget(KEY, PAGE, 0));
	ok(shmget(KEY, PAGE, IPC_CREAT | 0600) != id, "the next has another number");
	fails(0, shmctl(shmget(KEY, PAGE, 0), IPC_RMID, NULL));
}

static void attach(void)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE + 5, 0600), status;
	struct shmid_ds ds = stat_of(id);
	char *a, *b, *place;
	char line[512];
	time_t now = time(NULL);

	ok(ds.shm_segsz == 2 * PAGE + 5 && ds.shm_nattch == 0 && ds.shm_atime == 0 &&
	   ds.shm_dtime == 0 && ds.shm_cpid == getpid() && ds.shm_lpid == 0 &&
	   ds.shm_perm.mode == 0600 && ds.shm_perm.uid == 0 &&
	   labs(ds.shm_ctime - now) < 3, "a new one in figures");
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, SHM_RDONLY);
	ok(a != (void *)-1 && b != (void *)-1 && a != b, "it is attached twice");
	strcpy(a + PAGE - 2, "across");
	ok(!strcmp(b + PAGE - 2, "across"), "what is written here is read there");
	ok(a[3 * PAGE - 1] == 0, "the last page is whole");
	ds = stat_of(id);
	ok(ds.shm_nattch == 2 && ds.shm_lpid == getpid() && labs(ds.shm_atime - now) < 5,
	   "both are counted");
	fails(EACCES, mprotect(b, PAGE, PROT_READ | PROT_WRITE));
	if (fork() == 0) {
		a[0] = 'c';
		_exit(stat_of(id).shm_nattch == 4 ? 0 : 1);
	}
	wait(&status);
	ok(status == 0 && a[0] == 'c', "a child has both too, and writes for all");
	ds = stat_of(id);
	ok(ds.shm_nattch == 2 && ds.shm_lpid != getpid() && ds.shm_dtime, "it is gone, and was the last");
	fails(EINVAL, shmdt(a + 1));
	fails(EINVAL, shmdt(a + PAGE));
	fails(0, shmdt(b));
	fails(EINVAL, shmdt(b));
	ok(stat_of(id).shm_nattch == 1, "one is left");
	ok(line_of(id, line, sizeof(line)), "it is in /proc/sysvipc/shm");

	place = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fails(EINVAL, (long)shmat(id, place, 0));
	fails(EINVAL, (long)shmat(id, NULL, SHM_REMAP));
	fails(EINVAL, (long)shmat(id, place + 5, SHM_REMAP));
	ok(shmat(id, place + 5, SHM_REMAP | SHM_RND) == place, "SHM_REMAP at a rounded place");
	ok(place[0] == 'c', "is the segment");
	munmap(place + PAGE, PAGE);
	fails(0, shmdt(place));
	ok(stat_of(id).shm_nattch == 1, "shmdt takes what munmap left");
	munmap(place, 8 * PAGE);
	ok(shmat(id, place, 0) == place, "at a free place that is named");
	fails(0, shmdt(place));
	fails(EINVAL, (long)shmat(-1, NULL, 0));
	fails(EINVAL, (long)shmat(id + 1000, NULL, 0));
	fails(0, mprotect(a, PAGE, PROT_READ));
	ok(stat_of(id).shm_nattch == 2, "an area that is split counts twice");
	shmctl(id, IPC_RMID, NULL);
	shmdt(a);
	fails(EINVAL, shmctl(id, IPC_STAT, &ds));
}

static void removed(void)
{
	int id = shmget(KEY, PAGE, IPC_CREAT | 0600), again;
	char *a = shmat(id, NULL, 0), *b;

	fails(0, shmctl(id, IPC_RMID, NULL));
	ok(stat_of(id).shm_perm.mode == (01000 | 0600) && stat_of(id).shm_perm.__key == 0,
	   "removed while attached: SHM_DEST, and no key");
	fails(ENOENT, shmget(KEY, PAGE, 0));
	again = shmget(KEY, PAGE, IPC_CREAT | 0600);
	ok(again >= 0 && again != id, "the key is free for another");
	shmctl(again, IPC_RMID, NULL);
	b = shmat(id, NULL, 0);
	a[0] = 'x';
	ok(b != (void *)-1 && b[0] == 'x', "by its number it can still be attached");
	fails(0, shmdt(a));
	fails(0, shmdt(b));
	fails(EINVAL, shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }));
	ok(1, "the last detach takes it away");
	id = shmget(IPC_PRIVATE, PAGE, 0600);
	a = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	if (fork() == 0)
		execl("/bin/true", "true", NULL);
	wait(NULL);
	ok(stat_of(id).shm_nattch == 1, "exec detaches");
	if (fork() == 0) {
		kill(getpid(), SIGKILL);
		pause();
	}
	wait(NULL);
	ok(stat_of(id).shm_nattch == 1, "so does a violent end");
	shmdt(a);
}

static void rights(void)
{
	int id = shmget(KEY, PAGE, IPC_CREAT | 0604), status;
	struct shmid_ds ds = stat_of(id);

	if (fork() == 0) {
		int bad = 0;

		if (setgid(2000) || setuid(1000))
			_exit(99);
		bad |= shmget(KEY, PAGE, 0600) != -1 || errno != EACCES;
		bad |= (shmget(KEY, PAGE, 0004) != id) << 1;
		bad |= (shmat(id, NULL, 0) != (void *)-1 || errno != EACCES) << 2;
		bad |= (shmat(id, NULL, SHM_RDONLY) == (void *)-1) << 3;
		bad |= (shmctl(id, IPC_RMID, NULL) != -1 || errno != EPERM) << 4;
		bad |= (shmctl(id, IPC_SET, &ds) != -1 || errno != EPERM) << 5;
		bad |= (shmctl(id, SHM_LOCK, NULL) != -1 || errno != EPERM) << 6;
		_exit(bad);
	}
	wait(&status);
	ok(status == 0, "others may what the mode says (%x)", status);
	ds.shm_perm.uid = 1000;
	ds.shm_perm.mode = 0200;
	fails(0, shmctl(id, IPC_SET, &ds));
	ok(stat_of(id).shm_perm.uid == 1000 && stat_of(id).shm_perm.cuid == 0 &&
	   stat_of(id).shm_perm.mode == 0200, "IPC_SET gives it away");
	if (fork() == 0) {
		if (setgid(2000) || setuid(1000))
			_exit(99);
		_exit(shmctl(id, IPC_STAT, &ds) != -1 || errno != EACCES ||
		      shmctl(id, SHM_STAT_ANY, &ds) == -2 || shmctl(id, IPC_RMID, NULL));
	}
	wait(&status);
	ok(status == 0, "the new owner may not read it, but remove it (%x)", status);
}

static void figures(void)
{
	struct shminfo lim;
	struct shm_info use, before;
	struct shmid_ds ds;
	int high, id, found = 0;
	char *a;

	high = shmctl(0, IPC_INFO, (struct shmid_ds *)&lim);
	ok(high >= 0 && lim.shmmni == 4096 && lim.shmmin == 1 && lim.shmmax == ~0UL - (1UL << 24),
	   "IPC_INFO tells the limits");
	shmctl(0, SHM_INFO, (struct shmid_ds *)&before);
	id = shmget(IPC_PRIVATE, 8 * PAGE, 0600);
	a = shmat(id, NULL, 0);
	a[0] = a[5 * PAGE] = 1;
	high = shmctl(0, SHM_INFO, (struct shmid_ds *)&use);
	ok(use.used_ids == before.used_ids + 1 && use.shm_tot == before.shm_tot + 8 &&
	   use.shm_rss == before.shm_rss + 2, "SHM_INFO counts what is there");
	for (int i = 0; i <= high; i++)
		found += shmctl(i, SHM_STAT, &ds) == id && ds.shm_segsz == 8 * PAGE;
	ok(found == 1, "SHM_STAT finds it by its place");
	fails(0, shmctl(id, SHM_LOCK, NULL));
	ok(stat_of(id).shm_perm.mode == (02000 | 0600), "SHM_LOCK shows");
	fails(0, shmctl(id, SHM_UNLOCK, NULL));
	ok(stat_of(id).shm_perm.mode == 0600, "SHM_UNLOCK too");
	shmctl(id, IPC_RMID, NULL);
	shmdt(a);
	shmctl(0, SHM_INFO, (struct shmid_ds *)&use);
	ok(use.used_ids == before.used_ids && use.shm_tot == before.shm_tot &&
	   use.shm_rss == before.shm_rss, "and nothing is left");
}

static void maps(void)
{
	int id = shmget(KEY, PAGE, IPC_CREAT | 0600), found = 0;
	char *a = shmat(id, NULL, 0), line[512], want[64];
	FILE *f = fopen("/proc/self/maps", "r");

	sprintf(want, "/SYSV%08x (deleted)", KEY);
	while (fgets(line, sizeof(line), f)) {
		unsigned long start, ino;
		char perm[5];

		if (sscanf(line, "%lx-%*x %4s %*x %*x:%*x %lu", &start, perm, &ino) == 3 &&
		    start == (unsigned long)a)
			found = !strcmp(perm, "rw-s") && ino == (unsigned long)id &&
				strstr(line, want) != NULL;
	}
	fclose(f);
	ok(found, "/proc/self/maps shows key and number");
	shmctl(id, IPC_RMID, NULL);
	shmdt(a);
}

static void *churn(void *arg)
{
	for (int i = 0; i < 40; i++) {
		int id = shmget(KEY + 1, 2 * PAGE, IPC_CREAT | 0600);
		char *a = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

		if (a != (void *)-1) {
			a[PAGE] = 1;
			if (i % 3 == 0)
				shmctl(id, IPC_RMID, NULL);
			shmdt(a);
		}
	}
	return arg;
}

static void race(void)
{
	struct shm_info before, after;
	pthread_t t[6];

	shmctl(0, SHM_INFO, (struct shmid_ds *)&before);
	for (int p = 0; p < 2; p++)
		if (fork() == 0) {
			for (long i = 0; i < 6; i++)
				pthread_create(&t[i], NULL, churn, NULL);
			for (int i = 0; i < 6; i++)
				pthread_join(t[i], NULL);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	shmctl(shmget(KEY + 1, 0, 0), IPC_RMID, NULL);
	shmctl(0, SHM_INFO, (struct shmid_ds *)&after);
	ok(before.used_ids == after.used_ids && before.shm_tot == after.shm_tot,
	   "threads of two processes make, attach and remove one key, and nothing is left");
}

/* Of a segment of 8 MiB, of which half is touched: what counts against the limit. */
static void counted(int flags, const char *what, long made, long touched)
{
	long before = meminfo("Committed_AS:");
	int id = shmget(IPC_PRIVATE, 8L << 20, 0600 | flags);
	char *p;

	ok(grown(before, made), "%s counts by %ld KiB when it is made", what, made);
	p = shmat(id, NULL, 0);
	memset(p, 1, 4L << 20);
	ok(grown(before, touched), "and by %ld when half of it is touched", touched);
	shmdt(p);
	shmctl(id, IPC_RMID, NULL);
	ok(grown(before, 0), "and by nothing when it is gone");
}

int main(void)
{
	tap_limit(120);
	make();
	attach();
	removed();
	rights();
	figures();
	counted(0, "a segment", 8 << 10, 8 << 10);
	counted(SHM_NORESERVE, "one with SHM_NORESERVE", 0, 4 << 10);
	maps();
	race();
	return tap_done();
}
