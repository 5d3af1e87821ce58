// SPDX-License-Identifier: MIT
/*
 * The boot arguments: words "name" or "name=value", a value may be in
 * "quotes"; words after "--" are the first program's.  The last of several
 * words of one name counts.
 */
#ifndef KERNEL_BOOTARGS_H
#define KERNEL_BOOTARGS_H

#include <lib/types.h>

/*
 * Once at boot, before all else in kernel/; copies @line and applies `quiet`, `debug`,
 * `loglevel=`.
 */
void bootargs_init(const char *line);

/* The line as it came, for /proc/cmdline. */
const char *bootargs_line(void);

/* "name", "name=1", "name=y", "name=on": true. */
bool bootarg_bool(const char *name);

/* The value, cut to fit @buf, or NULL when the name is not there ("name" alone: ""). */
const char *bootarg_value(const char *name, char *buf, size_t len);

/* The @i-th word after "--" into @buf; NULL past the last. */
const char *bootarg_init_arg(unsigned int i, char *buf, size_t len);

#endif
