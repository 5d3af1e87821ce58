// SPDX-License-Identifier: MIT
/*
 * task_struct: one thread of control.  A process is the group of tasks that
 * share one signal_struct; its first task is the leader, whose pid is the
 * process' number (tgid).
 *
 * References: the pid table and the parent's child list hold one together;
 * each lookup that outlives tasklist_lock takes its own (task_get).
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include <arch/thread.h>
#include <kernel/cred.h>
#include <kernel/signal_types.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/avl.h>
#include <lib/list.h>
#include <lib/types.h>

struct files_struct;
struct inode;
struct fs_struct;
struct mm_struct;
struct pi_waiter;
struct file;
struct pid_handle;
struct pid_session;

#define TASK_COMM_LEN   16

/* Resource limits, RLIMIT_ numbers of asm-generic/resource.h. */
enum {
	RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC,
	RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE,
	RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIM_NLIMITS
};
#define RLIM_INFINITY   (~0UL)

struct rlimit {
	unsigned long cur, max;
};

/* /proc/PID/io, in its order. */
struct io_account {
	u64 rchar, wchar;               /* bytes of read and write calls */
	u64 syscr, syscw;               /* the calls */
	u64 read_bytes;                 /* that a disk was asked for */
	u64 write_bytes, cancelled;     /* of pages that became dirty; that were cut off so */
};

/*
 * What the tasks of a process share.
 * [c] constant  [s] siglock  [t] tasklist_lock  [a] atomic
 */
struct signal_struct {
	atomic_t refs;                  /* [a] tasks that point here, dead ones too */
	unsigned int nr_threads;        /* [s] live tasks */
	atomic_t live;                  /* [a] tasks that have not begun to exit */
	/* [t] changed under siglock too; task_struct.thread_node, leader first */
	struct list_head threads;
	struct task_struct *leader;     /* [t] */
	struct sigpending shared_pending;       /* [s] for the process as a whole */
	int group_exit_code;            /* [s] wait status once group_exit */
	/* [s] exit_group, fatal signal or exec is taking all down */
	bool group_exit;
	struct task_struct *group_exec; /* [s] the thread whose exec waits for the others to go */
	int group_stop_count;           /* [s] threads still to stop */
	bool group_stopped;             /* [s] */
	/* [s] signal that stopped it; not yet waited for: nonzero */
	int stop_code;
	int stop_sig;                   /* [s] the same, for as long as it is stopped */
	int forker;                     /* [c] the thread that made this process */
	unsigned int nr_traced_dead;    /* [t] threads that ended and wait for their tracer */
	bool continued;                 /* [s] SIGCONT since, not yet waited for */
	struct core_state *core;        /* [s] a thread of it writes the core: coredump.c */
	struct wait_queue child_wait;   /* parents in wait4, and vfork */
	int pgid, sid;                  /* [t] process group and session numbers */
	int ppid;                       /* [t] the parent's, for getppid without a lock */
	struct tty *tty;                /* [t] controlling terminal, or NULL */
	/* [t] a leader's: the foreground group of its terminal when that hung up, or 0 */
	int old_pgrp;
	bool did_exec;                  /* [t] for setpgid's EACCES */
	bool child_subreaper;           /* [a] */
	struct rlimit rlim[RLIM_NLIMITS];       /* [s] */
	u64 utime_ns, stime_ns;         /* [s] of threads that are gone */
	u64 cutime_ns, cstime_ns;       /* [s] of children waited for */
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;     /* [s] of threads gone; children */
	unsigned long nvcsw, nivcsw, cnvcsw, cnivcsw;           /* [s] */
	unsigned long maxrss, cmaxrss;  /* [s] KiB */
	struct io_account io;           /* [s] of threads gone and of children waited for */
	int oom_score_adj;              /* [a] */
	bool oom_first;                 /* [a] it asks for what there may not be (swapoff) */
	int oom_score_adj_min;          /* [a] as low as it may go without privilege */
	struct list_head posix_timers;  /* [s] its own */
	struct list_head cpu_timers;    /* [t] anybody's on its CPU time */
	unsigned int nr_posix_timers;   /* [s] in that list */
	int next_timer_id;              /* [a] */
	/* [a] timers on CPU time that are set: the tick must look */
	unsigned int nr_cpu_timers;
	struct itimer_state *itimers;   /* [s] setitimer, alarm */
};

/*
 * [c] constant once visible  [o] its own task only  [a] atomic
 * [r] run queue lock  [t] tasklist_lock  [s] siglock  [k] its task lock
 */
struct task_struct {
	struct thread thread;           /* first: arch/ finds it in the thread pointer */

	/* scheduling */
	u32 state;                      /* [r] enum task_state; set by itself, woken by others */
	u32 on_rq;                      /* [r] runnable: queued or running */
	u32 on_cpu;                     /* [a] its stack is in use by a hart */
	unsigned long hart_mask;        /* [r] affinity */
	struct avl_node rq_node;        /* [r] */
	u64 vruntime;                   /* [r] weighted ns */
	u64 exec_start;                 /* [r] */
	u64 sum_exec_ns;                /* [r] */
	int nice;                       /* [r] -20..19 */
	unsigned int weight;            /* [r] */
	int policy, rt_priority;        /* [r] SCHED_; the greater of the next two */
	int own_rt_priority, rt_boost;  /* [r] as set; lent by who waits for what it holds */
	bool sched_reset_on_fork;       /* [o] children start with ordinary attributes */
	u16 ioprio;                     /* [t] class << 13 | hint << 3 | level (ioprio.c) */
	u64 utime_ns, stime_ns;         /* [r] together sum_exec_ns, parted by what ticks saw */
	bool in_system;                 /* [r] the last tick found it in the kernel */
	u64 start_ns;                   /* [c] time_ns() at birth */
	unsigned long nvcsw, nivcsw;    /* [o] */
	unsigned long min_flt, maj_flt; /* [o] */
	struct io_account io;           /* [o] */
	bool counted;                   /* [s] ended: the above are in its signal_struct's sums */

	/* identity */
	atomic_t refs;                  /* [a] */
	int pid, tgid;                  /* [c] (exec by a thread takes the leader's) */
	struct hlist_node pid_node;     /* [t] pid table */
	struct pid_handle *handle;      /* [t] what pidfds hold; NULL: nobody asked */
	char comm[TASK_COMM_LEN];       /* [k] */
	struct cred *cred;              /* [o] replaced as a whole; others read under task lock */
	struct task_struct *parent;     /* [t] who waits: real parent or tracer */
	struct task_struct *real_parent;/* [t] */
	struct list_head children;      /* [t] */
	struct list_head sibling;       /* [t] */
	struct list_head thread_node;   /* [t] */
	struct list_head task_node;     /* [t] all tasks */
	/* [k] RANK_LEAF: comm, and pointers below as others read them */
	struct spinlock lock;
	unsigned int flags;             /* [o] PF_ */
	int exit_code;                  /* [t] wait status, valid as TASK_ZOMBIE */
	int exit_signal;                /* [t] sent to the parent; -1: none (thread) */
	u32 core_part;                  /* [s] CORE_: its part in a core dump under way */

	/* what it uses; others look under lock */
	struct mm_struct *active_mm;    /* [o] kernel threads: unused */
	struct files_struct *files;     /* [k] */
	struct fs_struct *fs;           /* [k] root, cwd, umask */
	struct inode *uts_ns;           /* [k] its name space (uts_ns.c); NULL: the first */
	struct sem_undo_list *sem_undo; /* [o] SEM_UNDO of semop(2), or NULL */
	struct file *dead_files;        /* [o] to be released on the way out: WORK_NOTIFY */
	struct signal_struct *signal;   /* [c] until reaped */
	struct sighand_struct *sighand; /* [t] NULL once released; own: no lock */

	/* signals */
	struct sigpending pending;      /* [s] */
	u64 blocked;                    /* [s] written by itself */
	u64 saved_sigmask;              /* [o] for sigsuspend, ppoll */
	/* [s] blocked as it was before rt_sigtimedwait opened it, or 0 */
	u64 real_blocked;
	bool stop_pending;              /* [s] must still stop for the group stop under way */
	bool stop_again;                /* [s] its group has stopped without it: it follows */
	bool stop_dequeued;             /* [s] has taken a stop signal; SIGCONT since clears it */
	bool restore_sigmask;           /* [o] */
	struct sigaltstack altstack;    /* [o] */
	struct restart_block {
		long (*fn)(struct restart_block *);
		unsigned long arg[6];
	} restart;                      /* [o] */

	/* threads and futexes */
	vaddr_t set_child_tid;          /* [o] */
	vaddr_t clear_child_tid;        /* [o] */
	vaddr_t robust_list;            /* [o] */
	/* [p] pi_mutex: locks it holds and others wait for; its place where it waits itself */
	struct hlist_head pi_held;
	struct pi_waiter *pi_blocked;
	bool pi_gone;                   /* [p] it has let go of all it held */
	vaddr_t rseq;                   /* [o] */
	u32 rseq_len, rseq_sig;         /* [o] */
	u32 rseq_hart;                  /* [o] what its area says */
	struct wait_queue *vfork_done;  /* [k] the parent's, while it waits */
	bool vfork_released;            /* [k] */

	/* reaching out */
	/* [a] how late its timers may be, and what it was born with; 0: real time */
	unsigned long timer_slack_ns, born_slack_ns;
	struct held_lock_list { u16 rank[16]; u8 nr; } held;    /* debug: sleeping locks */
	/* [o] for /proc/PID/wchan and the hang dump: a lock's or queue's name, or NULL */
	const char *wait_what;
	vaddr_t wait_pc;                /* [o] who called schedule() */
	int in_execve;                  /* [o] */
	int pdeath_signal;              /* [o] */
	bool no_new_privs;              /* [o] */
	u16 mempolicy;                          /* [o] mm/mempolicy.h; inherited */
	u32 login_uid, login_session;   /* [a] /proc/PID/loginuid; LOGIN_NONE; inherited */
	unsigned int personality;       /* [o] PER_ and ADDR_NO_RANDOMIZE; inherited */
	struct tracee *tracee;          /* [t] and [s] what its tracer knows of it, or NULL */
	struct hlist_head tracees;      /* [t] those it traces */
};

#define LOGIN_NONE      0xffffffffU
#define TIMERSLACK_DEFAULT 50000UL      /* ns */

#define PF_KTHREAD      0x1     /* no program */
#define PF_EXITING      0x2
#define PF_FORKNOEXEC   0x4
#define PF_MEMALLOC     0x8     /* reclaiming: may use reserves, must not reclaim again */
#define PF_IDLE         0x10
#define PF_SIGNALED     0x20    /* killed by a signal */
#define PF_DUMPCORE     0x40

#define current ((struct task_struct *)current_thread())

/* RANK_TASKLIST, irqsave: parents, children, groups, pid table */
extern struct spinlock tasklist_lock;
extern struct list_head all_tasks;      /* [t] task_node */
extern struct task_struct *init_task;   /* pid 1 */

static inline void task_get(struct task_struct *t) { atomic_inc(&t->refs); }
void task_put(struct task_struct *t);

static inline bool thread_group_leader(const struct task_struct *t) { return t->pid == t->tgid; }
static inline struct trapframe *task_trapframe(struct task_struct *t)
{
	return thread_trapframe(&t->thread);
}

/* Any thread, with a reference, or NULL. */
struct task_struct *find_task(int pid);

/* References for other tasks' things (procfs); NULL when gone. */
struct mm_struct *task_mm_get(struct task_struct *t);   /* mm_put() it */

/*
 * Numbers (pid.c), tasklist_lock held.  pid_alloc: a free one or -EAGAIN;
 * pid_attach makes the task findable.  A process counts in its group and
 * session, so that their numbers are not given out again.
 */
int pid_alloc(void);
void pid_attach(struct task_struct *t);
void pid_detach(struct task_struct *t);
void pgrp_count(int pgid, int sid, int change);
bool pgrp_exists(int pgid, int sid);    /* a process of group @pgid in session @sid (0: any) */
int pid_table_grow(void);               /* no lock: room for one more task; 0 or -ENOMEM */
extern int pid_max;
unsigned int nr_tasks_total(void);
int pid_last(void);                             /* the number given out last */

/* Kernel threads. */
struct task_struct *kthread_run(void (*fn)(void *), void *arg, const char *name);

#endif
