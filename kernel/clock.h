// SPDX-License-Identifier: MIT
/*
 * Clock ids of clock_gettime(2), for the calls that take one.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <kernel/time.h>
#include <lib/types.h>

#define CLOCK_REALTIME                  0
#define CLOCK_MONOTONIC                 1
#define CLOCK_PROCESS_CPUTIME_ID        2
#define CLOCK_THREAD_CPUTIME_ID         3
#define CLOCK_MONOTONIC_RAW             4
#define CLOCK_REALTIME_COARSE           5
#define CLOCK_MONOTONIC_COARSE          6
#define CLOCK_BOOTTIME                  7
#define CLOCK_REALTIME_ALARM            8
#define CLOCK_BOOTTIME_ALARM            9
#define CLOCK_TAI                       11

/* What clock @id shows now; -EINVAL: no such clock, or no such process. */
long clock_read(int id, u64 *ns);

/* The time_ns() at which clock @id, one of the system's, shows @ns; as things stand now. */
u64 clock_to_monotonic(int id, u64 ns);

#endif
