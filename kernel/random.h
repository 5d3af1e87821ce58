// SPDX-License-Identifier: MIT
/*
 * Random numbers: one generator for programs and the kernel.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <lib/types.h>

void random_init(void);                 /* once at boot: seed */
void get_random_bytes(void *buf, size_t len);   /* any context; never fails */
u64 get_random_u64(void);
/* Something hard to guess happened (an interrupt's time, a write to /dev/urandom): mix it in. */
void random_mix(const void *data, size_t len);

#endif
