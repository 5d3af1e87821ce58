// SPDX-License-Identifier: MIT
/*
 * Locks and sleeping: the one header of kernel/ that mm/ may include.
 *
 * Two kinds of spinlock use: spin_lock() for locks that no interrupt handler
 * takes, spin_lock_irqsave() for those that one may.  The kernel is not
 * preempted, so a plain spinlock costs one atomic each way.
 *
 * Ranks: a lock may be taken only while all locks held by this hart (spin)
 * or task (sleeping) have a lower rank; debug builds panic otherwise.  Each
 * line names an edge that makes the order.  Two spinlocks of one rank: in
 * ascending order of their addresses.  Two sleeping ones: with _nested.
 */
#ifndef KERNEL_SYNC_H
#define KERNEL_SYNC_H

#include <arch/cpu.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

struct task_struct;

enum lock_rank {
	/* sleeping locks */
	/* a shared open file's position: read -> everything a file may do */
	RANK_FILE_POS,
	RANK_SEQ,               /* one open of a generated file: seq_read -> what it prints */
	RANK_EPOLL_CTL,         /* one epoll's set of files: epoll_ctl -> the file's poll */
	RANK_EXEC,              /* one exec of a process at a time: execve -> everything */
	RANK_PIPE,              /* splice_to_file -> whatever a write of the file takes */
	RANK_SOCKET_BIND,       /* a socket gets its name: unix_bind -> make the file */
	RANK_RENAME,            /* sys_renameat2 -> two directories */
	RANK_MOUNT,             /* mount table, writers */
	RANK_INODE_DIR,         /* a directory's inode lock: create -> file's inode lock */
	RANK_INODE,             /* a file's inode lock: write -> mm lock (user buffer) */
	RANK_SOCKET_READ,       /* readers of a socket take turns: unix_recv -> mm lock */
	RANK_TTY,               /* tty read/write -> mm lock */
	RANK_MM,                /* mm->lock: mmap -> an area's gate */
	RANK_GATE,              /* inside an area: fault -> page lock */
	RANK_USERFAULT,         /* one page is filled for a userfault -> page lock */
	RANK_PAGE,              /* PG_locked (not checked by address): readpage -> block map */
	RANK_FS_MAP,            /* an inode's block map: readpage, truncate -> group allocation */
	RANK_FS_ALLOC,          /* block and inode bitmaps */
	RANK_SLEEPING_LEAF,     /* takes no other sleeping lock */
	/* spinlocks */
	RANK_TASKLIST,          /* parents, children, pid table: notify_parent -> siglock */
	RANK_SIGHAND,           /* signal state: send_signal -> run queue */
	RANK_FILES,             /* a descriptor table */
	RANK_IPC,               /* System V IPC, one kind: semop -> the sleeper's run queue */
	RANK_SOCKET_TABLE,      /* names of sockets: bind -> the socket */
	RANK_SOCKET,            /* a socket's state and queue; two: unix_lock_two */
	RANK_DCACHE,            /* dentry tree: d_lookup -> inode cache */
	RANK_ICACHE,            /* inode cache */
	RANK_NOTIFY,            /* who watches which file: deliver -> slab, wait queue */
	RANK_I_MMAP,            /* address_space list of areas: rmap walk -> page table */
	RANK_CLOCK,             /* where the clock hand stands -> tables of that process */
	RANK_PT_TREE,           /* a process' tables against eviction: unhook, mremap, evict */
	RANK_PT,                /* PTEs of one table page: zap -> lru */
	RANK_MAPPING,           /* address_space radix tree */
	RANK_FUTEX,             /* one futex bucket: requeue to a lock -> pi_mutex */
	RANK_FUTEX_PI,          /* priority-inheriting locks: hand_over -> run queue */
	RANK_SWAP,              /* swap slots */
	RANK_LRU,               /* page ageing lists */
	RANK_VMALLOC,           /* kernel address space */
	RANK_SLAB,              /* one slab cache: kmem_cache_alloc -> frames */
	RANK_BLOCK,             /* request queue of a disk */
	RANK_TTY_STATE,         /* a tty's rings and modes: tty_receive -> the port's lock (echo) */
	RANK_DRIVER,            /* one device's registers */
	RANK_TIMER,             /* timers of a hart: timer callback runs without it */
	RANK_WAIT,              /* a wait queue: wake_up -> run queue */
	/* those who poll an epoll that watches no other: source's wake -> epoll */
	RANK_EPOLL_POLL,
	RANK_EPOLL_POLL_OUTER,  /* those who poll an epoll that watches epolls */
	RANK_EPOLL,             /* an epoll's ready list */
	RANK_EPOLL_WAIT,        /* those in epoll_wait */
	RANK_RQ,                /* run queue of a hart */
	RANK_FRAMES,            /* buddy free lists */
	RANK_LEAF,              /* takes no other lock */
	RANK_LOG,               /* the log and console output */
	NR_LOCK_RANKS
};

/* ------------------------------------------------------------ spinlocks */

struct spinlock {
	u32 locked;             /* [a] 0 free, 1 held */
	u16 rank;               /* [c] enum lock_rank; debug builds note the kind of use above it */
	u16 holder;             /* hart + 1 of the holder, debug builds */
};

#define SPINLOCK_INIT(r)        { .locked = 0, .rank = (r), .holder = 0 }

static inline void spin_lock_init(struct spinlock *l, enum lock_rank rank)
{
	*l = (struct spinlock)SPINLOCK_INIT(rank);
}

/* Out of line: debug checks (rank, recursion, holder) and the contended wait. */
void spin_lock_slow(struct spinlock *l);
/* check rank order, push on this hart's held list */
void spin_debug_locked(struct spinlock *l);
void spin_debug_trylocked(struct spinlock *l);  /* no order to check: it did not wait */
void spin_debug_unlock(struct spinlock *l);
bool spin_debug_held(const struct spinlock *l);

static inline void spin_lock(struct spinlock *l)
{
	if (unlikely(swap_acquire(&l->locked, 1)))
		spin_lock_slow(l);
	if (DEBUG)
		spin_debug_locked(l);
}

static inline bool spin_trylock(struct spinlock *l)
{
	if (swap_acquire(&l->locked, 1))
		return false;
	if (DEBUG)
		spin_debug_trylocked(l);
	return true;
}

static inline void spin_unlock(struct spinlock *l)
{
	if (DEBUG)
		spin_debug_unlock(l);
	smp_store_release(&l->locked, 0);
}

static inline unsigned long spin_lock_irqsave(struct spinlock *l)
{
	unsigned long flags = irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

/*
 * Around an interrupt's handler, by arch/; @user: it interrupted a program.
 * A handler's locks are ordered among themselves: what it interrupted holds
 * only locks that no handler takes.
 */
void irq_enter(bool user);
void irq_exit(void);

/* ------------------------------------------------------------- sleeping */

/* task states; what may wake a sleeper */
enum task_state {
	TASK_RUNNING,
	TASK_INTERRUPTIBLE,     /* a wake-up or any unblocked signal */
	TASK_KILLABLE,          /* a wake-up or a fatal signal */
	TASK_UNINTERRUPTIBLE,   /* a wake-up only */
	TASK_STOPPED,           /* SIGCONT or SIGKILL */
	TASK_TRACED,
	TASK_ZOMBIE,            /* waits for its parent */
	TASK_DEAD,              /* gone once switched away from */
};

/* Debug: panic when called with a spinlock held or interrupts off. */
void might_sleep_check(void);
static inline void might_sleep(void)
{
	if (DEBUG)
		might_sleep_check();
}

/* Give the hart away; returns when woken (or at once while still TASK_RUNNING and alone). */
void schedule(void);

/* In a long loop of a system call, no lock held but such as may sleep: let others run, if due. */
void cond_resched(void);

/*
 * As schedule(), but at most until @deadline_ns (time_ns()); TIMER_NEVER waits for ever.  True:
 * woken before.
 */
bool schedule_until(u64 deadline_ns);

/* Make @t runnable if it sleeps; true when it did.  Safe from interrupts. */
bool wake_up_process(struct task_struct *t);

/* The same, only out of a sleep in one of @states: bits 1U << enum task_state. */
bool wake_up_state(struct task_struct *t, unsigned int states);

void set_current_state(enum task_state state);

/* A signal waits for the current task that ends an interruptible / a killable sleep. */
bool signal_pending(void);
bool fatal_signal_pending(void);

/*
 * One waiter of a queue.  wake is called with the queue locked; returns true
 * when it used up the wake-up (counts against wake_up's number).
 */
struct wait_entry {
	struct list_head node;
	struct task_struct *task;
	bool (*wake)(struct wait_entry *w, unsigned long key);
	bool exclusive;         /* wake_up() stops after one of these */
};

struct wait_queue {
	struct spinlock lock;   /* [irq] guards waiters */
	struct list_head waiters;
};

#define WAIT_QUEUE_INIT(name) \
	{ .lock = SPINLOCK_INIT(RANK_WAIT), .waiters = LIST_HEAD_INIT((name).waiters) }
#define DEFINE_WAIT_QUEUE(name) struct wait_queue name = WAIT_QUEUE_INIT(name)

void wait_queue_init(struct wait_queue *wq);

/* The default entry: wakes the current task. */
void wait_entry_init(struct wait_entry *w);

/* Queue @w and set the current state; undo both.  wait_finish may be called twice. */
void wait_prepare(struct wait_queue *wq, struct wait_entry *w, enum task_state state);
void wait_finish(struct wait_queue *wq, struct wait_entry *w);

/* Add or remove an entry without touching the task's state (poll, epoll). */
void wait_add(struct wait_queue *wq, struct wait_entry *w);
void wait_remove(struct wait_queue *wq, struct wait_entry *w);

/*
 * Wake all non-exclusive waiters and one exclusive / all.  @key reaches wake().  Safe from
 * interrupts.
 */
void wake_up(struct wait_queue *wq);
void wake_up_all(struct wait_queue *wq);
void wake_up_key(struct wait_queue *wq, unsigned long key);
#define WAKE_NO_EVENT   (1UL << 63)     /* a key: nothing new, who sleeps is to look again */

/*
 * Sleep until @cond; evaluate to 0, or -ERESTARTSYS (interruptible) / -EINTR (killable) when a
 * signal came first, or -ETIMEDOUT.  An exclusive waiter for whom @cond is true takes it even so:
 * a wake-up may have been spent on it.
 */
#define __wait_event(wq, cond, state, deadline_ns, excl) ({                    \
	struct wait_entry __w;                                                 \
	int __ret = 0;                                                         \
	might_sleep();                                                         \
	wait_entry_init(&__w);                                                 \
	__w.exclusive = (excl);                                                \
	while (!(cond)) {                                                      \
		wait_prepare(wq, &__w, state);                                 \
		if (cond)                                                      \
			break;                                                 \
		if ((state) == TASK_INTERRUPTIBLE && signal_pending()) {       \
			__ret = -ERESTARTSYS;                                  \
			break;                                                 \
		}                                                              \
		if ((state) == TASK_KILLABLE && fatal_signal_pending()) {      \
			__ret = -EINTR;                                        \
			break;                                                 \
		}                                                              \
		if (!schedule_until(deadline_ns) && !(cond)) {                 \
			__ret = -ETIMEDOUT;                                    \
			break;                                                 \
		}                                                              \
	}                                                                      \
	wait_finish(wq, &__w);                                                 \
	if ((excl) && __ret && (cond))                                         \
		__ret = 0;                                                     \
	__ret;                                                                 \
})

#define wait_event(wq, cond) \
	((void)__wait_event(wq, cond, TASK_UNINTERRUPTIBLE, ~0ULL, false))
#define wait_event_killable(wq, cond)      __wait_event(wq, cond, TASK_KILLABLE, ~0ULL, false)
#define wait_event_interruptible(wq, cond) __wait_event(wq, cond, TASK_INTERRUPTIBLE, ~0ULL, false)
#define wait_event_interruptible_until(wq, cond, deadline_ns) \
	__wait_event(wq, cond, TASK_INTERRUPTIBLE, deadline_ns, false)
#define wait_event_exclusive(wq, cond) \
	((void)__wait_event(wq, cond, TASK_UNINTERRUPTIBLE, ~0ULL, true))

/* ---------------------------------------------------- sleeping locks */

struct mutex {
	u32 word;               /* [a] 0 free, 1 held, 2 held and waited for */
	u16 rank;               /* [c] */
	struct task_struct *owner;      /* debug builds */
	struct wait_queue wq;
};

#define MUTEX_INIT(name, r) { .rank = (r), .wq = WAIT_QUEUE_INIT((name).wq) }
#define DEFINE_MUTEX(name, r) struct mutex name = MUTEX_INIT(name, r)

void mutex_init(struct mutex *m, enum lock_rank rank);
static inline void mutex_lock(struct mutex *m);
/* a second one of the same rank: caller orders them */
void mutex_lock_nested(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m);  /* 0 or -ERESTARTSYS */
bool mutex_trylock(struct mutex *m);
static inline void mutex_unlock(struct mutex *m);
bool mutex_held(const struct mutex *m);         /* by the current task; true in non-debug builds */
/* Out of line: debug checks, and the wait; what is left of a release when somebody waits. */
void mutex_lock_slow(struct mutex *m);
void mutex_unlock_checked(struct mutex *m);
void mutex_release_slow(struct mutex *m);

static inline void mutex_lock(struct mutex *m)
{
	u32 unheld = 0;

	if (DEBUG || unlikely(!__atomic_compare_exchange_n(&m->word, &unheld, 1, true,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		mutex_lock_slow(m);
}

static inline void mutex_unlock(struct mutex *m)
{
	if (DEBUG)
		mutex_unlock_checked(m);
	else if (unlikely(__atomic_exchange_n(&m->word, 0, __ATOMIC_SEQ_CST) == 2))
		mutex_release_slow(m);
}

/*
 * Readers and writers.  count: readers, or -1 for a writer; a waiting writer
 * holds new readers back.  A reader that meets nobody costs one atomic each
 * way, inline.
 */
struct rwsem {
	s32 count;              /* [a] */
	u32 waiting;            /* [a] nonzero: take the slow path on release */
	u16 rank;               /* [c] */
	struct task_struct *writer;
	struct wait_queue wq;
};

void rwsem_init(struct rwsem *s, enum lock_rank rank);
static inline void down_read(struct rwsem *s);
int down_read_killable(struct rwsem *s);
bool down_read_trylock(struct rwsem *s);
static inline void up_read(struct rwsem *s);
void down_write(struct rwsem *s);
void down_write_nested(struct rwsem *s);
static inline int down_write_killable(struct rwsem *s);
bool down_write_trylock(struct rwsem *s);
static inline void up_write(struct rwsem *s);
/* Out of line: debug checks, and the wait; what is left of a release when somebody waits. */
void down_read_slow(struct rwsem *s);
int down_write_killable_slow(struct rwsem *s);
void up_read_checked(struct rwsem *s);
void up_write_checked(struct rwsem *s);
void rwsem_release_slow(struct rwsem *s);

static inline void down_read(struct rwsem *s)
{
	s32 seen = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	if (DEBUG || unlikely(seen < 0 || __atomic_load_n(&s->waiting, __ATOMIC_RELAXED) ||
			      !__atomic_compare_exchange_n(&s->count, &seen, seen + 1, true,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		down_read_slow(s);
}

static inline void up_read(struct rwsem *s)
{
	if (DEBUG)
		up_read_checked(s);
	else if (__atomic_sub_fetch(&s->count, 1, __ATOMIC_SEQ_CST) == 0 &&
		 unlikely(__atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST)))
		rwsem_release_slow(s);
}

static inline int down_write_killable(struct rwsem *s)
{
	s32 none = 0;

	if (DEBUG || unlikely(__atomic_load_n(&s->waiting, __ATOMIC_RELAXED) ||
			      !__atomic_compare_exchange_n(&s->count, &none, -1, true,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		return down_write_killable_slow(s);
	return 0;
}

static inline void up_write(struct rwsem *s)
{
	if (DEBUG) {
		up_write_checked(s);
		return;
	}
	__atomic_store_n(&s->count, 0, __ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST)))
		rwsem_release_slow(s);
}

bool rwsem_held(const struct rwsem *s);         /* for reading or writing, by anybody */
bool rwsem_held_write(const struct rwsem *s);

/*
 * A gate: many are inside at once.  Who wants to be alone closes it and waits
 * until all have left.  Nobody waits in front of a closed gate: he goes another
 * way, to a lock that the one who closed it holds.  One word, since every area
 * has one; the queue of those who close gates is kept elsewhere.
 */
struct gate {
	long count;             /* [a] those inside; GATE_CLOSED on top while it is closed */
};
#define GATE_CLOSED     (-__LONG_MAX__ - 1)

/* False: it is closed.  @wq: where the one who closed it waits. */
static __always_inline bool gate_enter(struct gate *g, struct wait_queue *wq);
static __always_inline void gate_leave(struct gate *g, struct wait_queue *wq);
/* Sleeps until nobody is inside.  The caller sees to it that one closes it at a time. */
static inline void gate_close(struct gate *g, struct wait_queue *wq);
static inline bool gate_try_close(struct gate *g);      /* false: somebody is inside */
static inline void gate_open(struct gate *g);
/* Out of line: somebody is inside a gate just closed; somebody left it; debug checks. */
void gate_wait_empty(struct gate *g, struct wait_queue *wq);
void gate_left_closed(struct wait_queue *wq);
void gate_debug_entered(void);
void gate_debug_left(void);

static __always_inline bool gate_enter(struct gate *g, struct wait_queue *wq)
{
	if (unlikely(__atomic_fetch_add(&g->count, 1, __ATOMIC_ACQUIRE) < 0)) {
		__atomic_fetch_sub(&g->count, 1, __ATOMIC_RELAXED);
		gate_left_closed(wq);
		return false;
	}
	if (DEBUG)
		gate_debug_entered();
	return true;
}

/* @g may be gone as soon as we have left; the caller holds what @wq is part of. */
static __always_inline void gate_leave(struct gate *g, struct wait_queue *wq)
{
	if (DEBUG)
		gate_debug_left();
	if (unlikely(__atomic_fetch_sub(&g->count, 1, __ATOMIC_RELEASE) < 0))
		gate_left_closed(wq);
}

static inline void gate_close(struct gate *g, struct wait_queue *wq)
{
	if (DEBUG)
		might_sleep();
	if (unlikely(__atomic_fetch_or(&g->count, GATE_CLOSED, __ATOMIC_ACQUIRE)))
		gate_wait_empty(g, wq);
}

static inline bool gate_try_close(struct gate *g)
{
	if (!__atomic_fetch_or(&g->count, GATE_CLOSED, __ATOMIC_ACQUIRE))
		return true;
	gate_open(g);
	return false;
}

static inline void gate_open(struct gate *g)
{
	__atomic_fetch_and(&g->count, ~GATE_CLOSED, __ATOMIC_RELEASE);
}

static inline bool gate_is_closed(const struct gate *g)
{
	return READ_ONCE(g->count) < 0;
}

static inline bool gate_held(const struct gate *g)
{
	return !DEBUG || READ_ONCE(g->count) != 0;
}

/* assert_held(&x): opens every function that needs the lock. */
#define assert_held(l) assert(!DEBUG || _Generic((l),                          \
	struct spinlock *: spin_debug_held,                                    \
	const struct spinlock *: spin_debug_held,                              \
	struct mutex *: mutex_held,                                            \
	const struct mutex *: mutex_held,                                      \
	struct gate *: gate_held,                                              \
	const struct gate *: gate_held,                                        \
	struct rwsem *: rwsem_held,                                            \
	const struct rwsem *: rwsem_held)(l))
#define assert_held_write(l) assert(!DEBUG || rwsem_held_write(l))

#include <lib/bug.h>
#include <lib/errno.h>

#endif
