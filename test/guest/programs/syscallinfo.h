// SPDX-License-Identifier: MIT
/*
 * What PTRACE_GET_SYSCALL_INFO fills (ptrace(2)).
 */
#ifndef SYSCALLINFO_H
#define SYSCALLINFO_H

#include <stdint.h>

struct syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t pc, sp;
	union {
		struct { uint64_t nr, args[6]; } entry;
		struct { int64_t rval; uint8_t is_error; } exit;
	};
};

#endif
