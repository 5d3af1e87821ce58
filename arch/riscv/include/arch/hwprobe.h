// SPDX-License-Identifier: MIT
/*
 * What riscv_hwprobe(2) knows of the machine; all harts are alike.
 */
#ifndef ARCH_HWPROBE_H
#define ARCH_HWPROBE_H

#include <lib/types.h>

#define HWPROBE_KEYS    16      /* keys from 0 that there may be an answer to */

/* False: the key is not known. */
bool hwprobe_value(s64 key, u64 *value);

#endif
