// SPDX-License-Identifier: MIT
/*
 * Memory policies on a machine of one node: what they are can be set and asked, in all modes.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PG              4096UL
#define ANON            (MAP_PRIVATE | MAP_ANONYMOUS)
#define WEIGHTED        6

static long set(int mode, unsigned long nodes, unsigned long max)
{
	return syscall(SYS_set_mempolicy, mode, &nodes, max);
}

static long bind_(void *p, size_t len, int mode, unsigned long nodes, unsigned int flags)
{
	return syscall(SYS_mbind, p, len, mode, &nodes, 64, flags);
}

static long get(int *mode, unsigned long *nodes, unsigned long max, void *addr, unsigned long flags)
{
	return syscall(SYS_get_mempolicy, mode, nodes, max, addr, flags);
}

/* The policy of the thread, or of @addr, is this. */
static void is(int mode, unsigned long nodes, void *addr)
{
	unsigned long got = ~0UL;
	int m = -1;
	long r = get(&m, &got, 64, addr, addr ? MPOL_F_ADDR : 0);

	ok(r == 0 && m == mode && got == nodes, "policy %#x, nodes %#lx (%ld: %#x, %#lx)", mode, nodes, r,
	   m, got);
}

static void of_thread(void)
{
	static const int modes[] = { MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED_MANY, WEIGHTED };
	unsigned long nodes;
	int m;

	is(MPOL_DEFAULT, 0, NULL);
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		fails(0, set(modes[i], 1, 64));
		is(modes[i], 1, NULL);
		fails(EINVAL, set(modes[i], 2, 64));
		fails(0, set(modes[i], 3, 64));
		is(modes[i], 1, NULL);
		fails(0, set(modes[i] | MPOL_F_STATIC_NODES, 3, 64));
		is(modes[i] | MPOL_F_STATIC_NODES, 3, NULL);
		fails(0, set(modes[i] | MPOL_F_RELATIVE_NODES, 4, 64));
		is(modes[i] | MPOL_F_RELATIVE_NODES, 4, NULL);
		fails(EINVAL, set(modes[i] | MPOL_F_STATIC_NODES, 4, 64));
		fails(EINVAL, set(modes[i] | MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, 1, 64));
		int balance = modes[i] == MPOL_BIND || modes[i] == MPOL_PREFERRED_MANY ? 0 : EINVAL;
		int local = modes[i] == MPOL_PREFERRED ? 0 : EINVAL;
		fails(balance, set(modes[i] | MPOL_F_NUMA_BALANCING, 1, 64));
		fails(local, set(modes[i], 0, 64));
	}
	fails(0, set(MPOL_PREFERRED_MANY | MPOL_F_NUMA_BALANCING, 1, 64));
	is(MPOL_PREFERRED_MANY | MPOL_F_NUMA_BALANCING, 1, NULL);
	fails(0, set(MPOL_PREFERRED, 0, 64));
	is(MPOL_LOCAL, 0, NULL);
	fails(EINVAL, set(MPOL_PREFERRED | MPOL_F_STATIC_NODES, 0, 64));
	fails(0, set(MPOL_LOCAL, 0, 64));
	fails(EINVAL, set(MPOL_LOCAL, 1, 64));
	fails(EINVAL, set(MPOL_LOCAL | MPOL_F_STATIC_NODES, 0, 64));
	fails(EINVAL, set(MPOL_DEFAULT, 1, 64));
	fails(EINVAL, set(7, 1, 64));
	fails(EINVAL, set(-1, 1, 64));
	fails(EINVAL, set(MPOL_BIND, 1UL << 5, 64));
	fails(EINVAL, set(MPOL_BIND, 1, 1));
	fails(0, set(MPOL_BIND, 1, 2));
	fails(EINVAL, set(MPOL_BIND, 1, 0));
	fails(EINVAL, set(MPOL_BIND, 1, 40000));
	fails(EFAULT, syscall(SYS_set_mempolicy, MPOL_BIND, 8, 64));
	fails(EINVAL, syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 64));
	fails(EINVAL, get(&m, &nodes, 0, NULL, 0));
	fails(0, get(&m, NULL, 0, NULL, 0));
	fails(0, get(NULL, NULL, 0, NULL, 0));
	fails(EFAULT, get((int *)8, NULL, 0, NULL, 0));
	fails(EFAULT, get(&m, (unsigned long *)8, 64, NULL, 0));
	fails(EINVAL, get(&m, &nodes, 64, &m, 0));
	fails(EINVAL, get(&m, &nodes, 64, NULL, 8));
	fails(EINVAL, get(&m, &nodes, 64, NULL, MPOL_F_MEMS_ALLOWED | MPOL_F_ADDR));
	fails(EINVAL, get(&m, &nodes, 64, NULL, MPOL_F_NODE));
	fails(EFAULT, get(&m, &nodes, 64, (void *)8, MPOL_F_ADDR));
	nodes = 0;
	ok(get(&m, &nodes, 64, NULL, MPOL_F_MEMS_ALLOWED) == 0 && nodes == 1 && m == 0, "one node is allowed");
	unsigned long many[2] = { 7, 7 };
	ok(get(NULL, many, 128, NULL, MPOL_F_MEMS_ALLOWED) == 0 && many[0] == 1 && many[1] == 0,
	   "the rest of a longer mask is zero");
	fails(0, set(MPOL_INTERLEAVE, 1, 64));
	m = 9;
	ok(get(&m, NULL, 0, NULL, MPOL_F_NODE) == 0 && m == 0, "the next node to interleave is 0");
}

static void inherited(void)
{
	int status;

	set(MPOL_BIND | MPOL_F_STATIC_NODES, 3, 64);
	if (fork() == 0) {
		execl("/proc/self/exe", "mempolicy", "exec", NULL);
		_exit(9);
	}
	wait(&status);
	ok(status == 0, "the policy outlives fork and exec");
	set(MPOL_DEFAULT, 0, 64);
}

static unsigned int areas_in(char *p, size_t len)
{
	char line[512];
	unsigned int n = 0;
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start < (unsigned long)p + len &&
		    end > (unsigned long)p)
			n++;
	fclose(f);
	return n;
}

static void of_areas(void)
{
	char *p = mmap(NULL, 8 * PG, PROT_READ | PROT_WRITE, ANON, -1, 0);
	int m;

	mprotect(p, PG, PROT_NONE);
	mprotect(p + 7 * PG, PG, PROT_NONE);
	p += PG;
	is(MPOL_DEFAULT, 0, p);
	fails(0, bind_(p + PG, PG, MPOL_BIND, 1, 0));
	is(MPOL_BIND, 1, p + PG);
	is(MPOL_DEFAULT, 0, p);
	is(MPOL_DEFAULT, 0, p + 2 * PG);
	ok(areas_in(p, 6 * PG) == 3, "a page of another policy is an area of its own");
	fails(0, bind_(p + 2 * PG, PG, MPOL_BIND, 1, 0));
	ok(areas_in(p, 6 * PG) == 3, "two that agree are one");
	fails(0, bind_(p + PG, PG, MPOL_INTERLEAVE, 1, MPOL_MF_MOVE | MPOL_MF_STRICT));
	ok(areas_in(p, 6 * PG) == 4, "and two that do not are two");
	fails(0, mprotect(p + PG, PG, PROT_READ));
	fails(0, mprotect(p + PG, PG, PROT_READ | PROT_WRITE));
	is(MPOL_INTERLEAVE, 1, p + PG);
	fails(0, bind_(p, 6 * PG, MPOL_DEFAULT, 0, 0));
	ok(areas_in(p, 6 * PG) == 1, "one again");
	is(MPOL_DEFAULT, 0, p + 2 * PG);

	fails(EINVAL, bind_(p + 1, PG, MPOL_BIND, 1, 0));
	fails(EINVAL, bind_(p, PG, MPOL_BIND, 1, 8));
	fails(EINVAL, bind_(p, PG, MPOL_BIND, 2, 0));
	fails(EINVAL, bind_(p, PG, MPOL_BIND, 0, 0));
	fails(EINVAL, bind_(p, PG, 7, 1, 0));
	fails(EINVAL, bind_(p, -2 * PG, MPOL_BIND, 1, 0));
	fails(0, bind_(p, 0, MPOL_BIND, 1, 0));
	munmap(p + 3 * PG, PG);
	fails(EFAULT, bind_(p, 6 * PG, MPOL_BIND, 1, 0));
	is(MPOL_DEFAULT, 0, p);
	fails(EFAULT, bind_(p + 3 * PG, 2 * PG, MPOL_BIND, 1, 0));
	fails(EFAULT, bind_(p + 2 * PG, 2 * PG, MPOL_BIND, 1, 0));
	fails(0, bind_(p, 6 * PG, MPOL_DEFAULT, 0, 0));
	fails(EFAULT, bind_(p + 3 * PG, PG, MPOL_DEFAULT, 0, 0));
	p[0] = 1;
	m = 9;
	ok(get(&m, NULL, 0, p, MPOL_F_ADDR | MPOL_F_NODE) == 0 && m == 0, "its page is on node 0");
	fails(0, get(&m, NULL, 0, p + PG, MPOL_F_ADDR | MPOL_F_NODE));
	fails(EFAULT, get(&m, NULL, 0, p - PG, MPOL_F_ADDR | MPOL_F_NODE));

	int status;
	bind_(p, PG, MPOL_PREFERRED_MANY, 1, 0);
	if (fork() == 0) {
		m = 0;
		get(&m, NULL, 0, p, MPOL_F_ADDR);
		_exit(m == MPOL_PREFERRED_MANY ? 0 : 1);
	}
	wait(&status);
	ok(status == 0, "a child's areas have it too");
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(bind_(p, PG, MPOL_BIND, 1, MPOL_MF_MOVE_ALL) == -1 && errno == EPERM ? 0 : 1);
	}
	wait(&status);
	ok(status == 0, "MPOL_MF_MOVE_ALL is a privilege");
}

static long home(void *p, size_t len, unsigned long node, unsigned long flags)
{
	return syscall(SYS_set_mempolicy_home_node, p, len, node, flags);
}

static void home_node(void)
{
	char *p = mmap(NULL, 4 * PG, PROT_READ | PROT_WRITE, ANON, -1, 0);

	fails(ENOENT, home(p, PG, 0, 0));
	fails(EINVAL, home(p + 1, PG, 0, 0));
	fails(EINVAL, home(p, PG, 0, 1));
	fails(EINVAL, home(p, PG, 1, 0));
	fails(EINVAL, home(p, PG, 1000, 0));
	fails(EINVAL, home(p, -2 * PG, 0, 0));
	fails(0, home(p, 0, 0, 0));
	bind_(p, PG, MPOL_BIND, 1, 0);
	fails(0, home(p, PG, 0, 0));
	fails(0, home(p, 4 * PG, 0, 0));
	bind_(p + PG, PG, MPOL_INTERLEAVE, 1, 0);
	fails(EOPNOTSUPP, home(p, 4 * PG, 0, 0));
	fails(EOPNOTSUPP, home(p + PG, PG, 0, 0));
	fails(ENOENT, home(p + 2 * PG, PG, 0, 0));
	munmap(p, 4 * PG);
	fails(ENOENT, home(p, PG, 0, 0));
}

static long move(pid_t pid, unsigned long n, void **pages, int *nodes, int *status, int flags)
{
	return syscall(SYS_move_pages, pid, n, pages, nodes, status, flags);
}

static void moving(void)
{
	char *p = mmap(NULL, 4 * PG, PROT_READ | PROT_WRITE, ANON, -1, 0);
	volatile char *v = p;
	void *pages[4] = { p, p + PG, p + 2 * PG, (void *)8 };
	int nodes[4] = { 0 }, bad[4] = { 0, 1, 0, 0 }, status[4] = { 9, 9, 9, 9 };

	p[0] = 1;
	(void)v[PG];
	ok(move(0, 4, pages, NULL, status, 0) == 0 && status[0] == 0 && status[1] == -EFAULT &&
	   status[2] == -ENOENT && status[3] == -EFAULT, "where pages are: %d %d %d %d", status[0],
	   status[1], status[2], status[3]);
	memset(status, 9, sizeof(status));
	ok(move(0, 4, pages, nodes, status, MPOL_MF_MOVE) == 0 && status[0] == 0 && status[1] == -EFAULT &&
	   status[2] == -ENOENT && status[3] == -EFAULT, "move to where they are: %d %d %d %d", status[0],
	   status[1], status[2], status[3]);
	fails(ENODEV, move(0, 4, pages, bad, status, MPOL_MF_MOVE));
	bad[1] = -1;
	fails(ENODEV, move(0, 4, pages, bad, status, MPOL_MF_MOVE));
	fails(EINVAL, move(0, 4, pages, nodes, status, 1));
	fails(EFAULT, move(0, 4, (void **)8, nodes, status, MPOL_MF_MOVE));
	fails(EFAULT, move(0, 4, pages, (int *)8, status, MPOL_MF_MOVE));
	fails(EFAULT, move(0, 4, pages, nodes, (int *)8, MPOL_MF_MOVE));
	fails(EFAULT, move(0, 4, pages, NULL, (int *)8, 0));
	fails(0, move(0, 0, NULL, NULL, NULL, 0));
	fails(ESRCH, move(99999, 4, pages, NULL, status, 0));
	fails(0, move(getpid(), 1, pages, nodes, status, MPOL_MF_MOVE_ALL));

	unsigned long one = 1, two = 2, none = 0;
	fails(0, syscall(SYS_migrate_pages, 0, 64, &one, &one));
	fails(0, syscall(SYS_migrate_pages, getpid(), 64, &two, &one));
	fails(EINVAL, syscall(SYS_migrate_pages, 0, 64, &one, &two));
	fails(EINVAL, syscall(SYS_migrate_pages, 0, 64, &one, &none));
	fails(ESRCH, syscall(SYS_migrate_pages, 99999, 64, &one, &one));
	fails(EFAULT, syscall(SYS_migrate_pages, 0, 64, 8, &one));
	fails(EINVAL, syscall(SYS_migrate_pages, 0, 0, &one, &one));

	int st;
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(9);
		int wrong = move(getppid(), 1, pages, NULL, status, 0) != -1 || errno != EPERM;
		wrong |= (move(0, 1, pages, nodes, status, MPOL_MF_MOVE_ALL) != -1 || errno != EPERM) << 1;
		wrong |= (syscall(SYS_migrate_pages, getppid(), 64, &one, &one) != -1 || errno != EPERM) << 2;
		wrong |= (syscall(SYS_migrate_pages, 0, 64, &one, &two) != -1 || errno != EPERM) << 3;
		_exit(wrong);
	}
	wait(&st);
	ok(st == 0, "an ordinary user may not (%x)", st);
}

int main(int argc, char **argv)
{
	unsigned long nodes = 0;
	int m = 0;

	if (argc > 1)
		return get(&m, &nodes, 64, NULL, 0) == 0 && m == (MPOL_BIND | MPOL_F_STATIC_NODES) &&
		       nodes == 3 ? 0 : 1;
	tap_limit(60);
	of_thread();
	inherited();
	of_areas();
	home_node();
	moving();
	return tap_done();
}
