// SPDX-License-Identifier: MIT
/*
 * What riscv_hwprobe(2) knows of the machine; all harts are alike.
 */
#ifndef ARCH_HWPROBE_H
#define ARCH_HWPROBE_H

#include <lib/types.h>

#define HWPROBE_KEYS    10      /* keys from 0 that there is an answer to */

/* False: the key is not known. */
bool hwprobe_value(s64 key, u64 *value);

/* Is that the value of the key, or among its bits where it has bits? */
bool hwprobe_matches(s64 key, u64 wanted);

#endif
