// SPDX-License-Identifier: MIT
/*
 * The "#!" line of a script.  Pure: no memory, no files.
 */
#ifndef KERNEL_EXEC_SCRIPT_H
#define KERNEL_EXEC_SCRIPT_H

#include <lib/types.h>

#define EXEC_HEAD_SIZE  256     /* how much of a file decides what it is (Linux: BINPRM_BUF_SIZE) */

/*
 * @head is the start of a file, EXEC_HEAD_SIZE bytes with zeroes behind its end.  Cuts it up in
 * place: *interp, and *arg or NULL (all that follows, as one).  -ENOEXEC: no or no usable line.
 */
int script_parse(char head[EXEC_HEAD_SIZE], char **interp, char **arg);

#endif
