// SPDX-License-Identifier: MIT
/*
 * Signals as data: Linux's numbers and layouts (asm-generic/signal.h,
 * asm-generic/siginfo.h), and the queues that hold them.
 */
#ifndef KERNEL_SIGNAL_TYPES_H
#define KERNEL_SIGNAL_TYPES_H

#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

#define NSIG            64
#define SIGHUP          1
#define SIGINT          2
#define SIGQUIT         3
#define SIGILL          4
#define SIGTRAP         5
#define SIGABRT         6
#define SIGBUS          7
#define SIGFPE          8
#define SIGKILL         9
#define SIGUSR1         10
#define SIGSEGV         11
#define SIGUSR2         12
#define SIGPIPE         13
#define SIGALRM         14
#define SIGTERM         15
#define SIGSTKFLT       16
#define SIGCHLD         17
#define SIGCONT         18
#define SIGSTOP         19
#define SIGTSTP         20
#define SIGTTIN         21
#define SIGTTOU         22
#define SIGURG          23
#define SIGXCPU         24
#define SIGXFSZ         25
#define SIGVTALRM       26
#define SIGPROF         27
#define SIGWINCH        28
#define SIGIO           29
#define SIGPWR          30
#define SIGSYS          31
#define SIGRTMIN        32

#define SIG_BIT(sig)    (1UL << ((sig) - 1))

#define SIG_DFL         0UL
#define SIG_IGN         1UL
#define SIG_BLOCK       0
#define SIG_UNBLOCK     1
#define SIG_SETMASK     2

#define SA_NOCLDSTOP    0x00000001UL
#define SA_NOCLDWAIT    0x00000002UL
#define SA_SIGINFO      0x00000004UL
#define SA_ONSTACK      0x08000000UL
#define SA_RESTART      0x10000000UL
#define SA_NODEFER      0x40000000UL
#define SA_RESETHAND    0x80000000UL

#define SI_USER         0
#define SI_KERNEL       0x80
#define SI_QUEUE        -1
#define SI_TIMER        -2
#define SI_MESGQ        -3
#define SI_ASYNCIO      -4
#define SI_SIGIO        -5
#define SI_TKILL        -6
#define ILL_ILLOPC      1
#define SEGV_MAPERR     1
#define SEGV_ACCERR     2
#define BUS_ADRALN      1
#define BUS_ADRERR      2
#define TRAP_BRKPT      1
#define TRAP_TRACE      2
#define CLD_EXITED      1
#define CLD_KILLED      2
#define CLD_DUMPED      3
#define CLD_TRAPPED     4
#define CLD_STOPPED     5
#define CLD_CONTINUED   6

#define SS_ONSTACK      1
#define SS_DISABLE      2
#define SS_AUTODISARM   (1U << 31)
#define MINSIGSTKSZ     2048

/* siginfo_t, 128 bytes, as programs see it. */
typedef struct siginfo {
	int si_signo, si_errno, si_code, pad;
	union {
		/* kill, sigqueue */
		struct { int pid; u32 uid; union { int i; unsigned long p; } value; } rt;
		struct { int pid; u32 uid; int status; long utime, stime; } chld;
		struct { unsigned long addr; } fault;
		struct { int tid; int overrun; union { int i; unsigned long p; } value; } timer;
		struct { long band; int fd; } poll;
		unsigned char fill[112];
	};
} siginfo_t;
/* What any kind of siginfo uses; the rest is zero for the program, and not kept in the kernel. */
#define SIGINFO_USED    48

_Static_assert(sizeof(siginfo_t) == 128, "siginfo_t is 128 bytes");

/* In words, which the compiler keeps in line: what of @from is used. */
static inline void siginfo_copy_used(siginfo_t *to, const siginfo_t *from)
{
	struct used { u64 w[SIGINFO_USED / sizeof(u64)]; };

	*(struct used *)to = *(const struct used *)from;
}

/* Before a program sees it. */
static inline void siginfo_clear_rest(siginfo_t *info)
{
	struct rest { u64 w[(sizeof(siginfo_t) - SIGINFO_USED) / sizeof(u64)]; };

	*(struct rest *)((u64 *)info + SIGINFO_USED / sizeof(u64)) = (struct rest){ { 0 } };
}

struct sigaltstack {
	vaddr_t ss_sp;
	int ss_flags;
	int pad;                /* goes to programs: never garbage */
	size_t ss_size;
};

/* struct sigaction as rt_sigaction(2) passes it on riscv64: no restorer. */
struct sigaction {
	vaddr_t sa_handler;
	unsigned long sa_flags;
	u64 sa_mask;
};

struct sighand_struct {
	atomic_t refs;                  /* [a] tasks, and watchers */
	atomic_t watchers;              /* [a] signalfds that hang on signalfd_wait */
	struct wait_queue signalfd_wait;        /* woken under siglock by what arrives */
	/* RANK_SIGHAND, irqsave: actions, and all pending sets of its tasks */
	struct spinlock siglock;
	struct sigaction action[NSIG];  /* [s] index sig - 1 */
};

/* Pending signals: the set, and a queue of siginfo in order of arrival. */
struct sigpending {
	u64 set;                        /* [s] */
	struct list_head queue;         /* [s] struct sigqueue */
	unsigned int nr_queued;         /* [s] entries of queue */
};

#endif
