// SPDX-License-Identifier: MIT
/*
 * mmdiff's parts: what is told (tell.c, areas.c), and what is done (calls.c, touch.c).
 */
#ifndef MMDIFF_H
#define MMDIFF_H

#include "args.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define PG              MMOP_PAGE
#define ARENA           0x1400000000UL
#define SHARED          0x1000000000UL
#define ARENA_SPAN      (64 * MMOP_ARENA * PG)
#define TOP_SPAN        (4096 * PG)
#define HEAP_SPAN       (1024 * PG)

/* What a child tells too: one page that all processes share. */
struct told {
	uint64_t hash;
	int verbose;
};

extern struct told *told;
extern uint64_t seed;
extern struct mmop_place place;
extern int fd[NR_FD];
extern int all_locked;                  /* by mlockall: the stack too, whose size is chance */
extern char buf[1 << 18];

__attribute__((format(printf, 1, 2))) void tell(const char *fmt, ...);
/* An address, by the nearest thing that is the same everywhere. */
const char *rel(unsigned long a);
void tell_result(long r);
/* A file of /proc into buf, without memory of our own in between. */
size_t slurp(const char *path);
long statm(int field);
/* Our areas, if they are others than when they were told last; with @flags, their VmFlags too. */
void tell_maps(int flags);

void catch_faults(void);
void write_page(volatile unsigned char *p, uint32_t r);
void read_page(volatile unsigned char *p);

void do_touch(const struct mmop *op);
void do_call(const struct mmop *op);

#endif
