// SPDX-License-Identifier: MIT
/*
 * What the ptrace*.c files share and nobody else needs.
 */
#ifndef KERNEL_PTRACE_INTERNAL_H
#define KERNEL_PTRACE_INTERNAL_H

#include <kernel/ptrace.h>
#include <kernel/signal_internal.h>
#include <lib/list.h>

/* PTRACE_O_: bit PTRACE_EVENT_ for each event, and these. */
#define PTRACE_O_TRACESYSGOOD   1U
#define PTRACE_O_EXITKILL       (1U << 20)
#define PTRACE_O_MASK           (0xffU | PTRACE_O_EXITKILL)

enum {
	PTRACE_TRACEME, PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_POKETEXT = 4, PTRACE_POKEDATA,
	PTRACE_CONT = 7, PTRACE_KILL, PTRACE_ATTACH = 16, PTRACE_DETACH, PTRACE_SYSCALL = 24,
	PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO, PTRACE_SETSIGINFO,
	PTRACE_GETREGSET, PTRACE_SETREGSET, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN,
	PTRACE_PEEKSIGINFO, PTRACE_GETSIGMASK, PTRACE_SETSIGMASK,
	PTRACE_GET_SYSCALL_INFO = 0x420e, PTRACE_GET_RSEQ_CONFIGURATION,
};

enum { PTRACE_EVENTMSG_SYSCALL_ENTRY = 1, PTRACE_EVENTMSG_SYSCALL_EXIT };

/* One stop; on the tracee's kernel stack.  [s] siglock */
struct ptrace_stop {
	int code;                       /* [s] what wait tells; then the signal to go on with */
	unsigned long message;          /* [s] PTRACE_GETEVENTMSG */
	siginfo_t *info;                /* [s] or NULL: PTRACE_GETSIGINFO has none to give */
	bool resumed;                   /* [s] the tracer lets it go */
	/* [s] the code is a signal of the task's own: it goes on with it if the tracer is gone */
	bool keeps_code;
};

/*
 * What a traced task has more than others: task_struct.tracee.
 * [t] tasklist_lock  [s] the tracee's siglock; both to make and to free one
 */
struct tracee {
	struct task_struct *task;       /* [c] whose record this is */
	struct task_struct *tracer;     /* [t] a thread */
	struct hlist_node node;         /* [t] tracer->tracees */
	unsigned int options;           /* [s] PTRACE_O_ */
	bool seized;                    /* [s] PTRACE_SEIZE: the newer rules */
	struct ptrace_stop *stop;       /* [s] while it is stopped for the tracer */
	int wait_code;                  /* [s] not yet waited for, or 0 */
	bool frozen;                    /* [s] not even SIGKILL wakes it: registers in use */
	bool trap_stop;                 /* [s] is to stop */
	bool trap_notify;               /* [s] is to tell of a change of the group stop */
	bool listening;                 /* [s] PTRACE_LISTEN: stopped, but not to be touched */
};

/* tasklist_lock held, siglock not: @t is @tracer's from now on.  Takes *@fresh. */
void ptrace_link_locked(struct task_struct *t, struct task_struct *tracer, bool seized,
			unsigned int options, struct tracee **fresh);

/* siglock held: @t goes on, with signal @code. */
void ptrace_resume_locked(struct task_struct *t, int code);

/* The requests, decoded (ptrace_attach.c); results as ptrace(2) has them. */
long ptrace_traceme(void);
long ptrace_attach(struct task_struct *t, bool seize, unsigned long addr, unsigned long options);
long ptrace_kill_or_interrupt(struct task_struct *t, bool interrupt);
/* Of a task that is held: */
long ptrace_set_options(struct task_struct *t, unsigned long options);
long ptrace_detach(struct task_struct *t, unsigned long sig);
/* Memory, registers, signals (ptrace_look.c). */
long ptrace_look(struct task_struct *t, unsigned long what, unsigned long addr, unsigned long data);

/* Sleep for a moment: the other is on its way. */
void ptrace_pause(void);

#endif
