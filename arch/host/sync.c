// SPDX-License-Identifier: MIT
/*
 * kernel/sync.h for one host thread: nobody ever contends, so all that is
 * left of locking is the checking.
 *
 * A lock that is not free when it is wanted would wait for ever: panic.  So
 * does a lock taken out of rank, one released by who does not hold it, and
 * sleeping with a spinlock held or interrupts off.
 *
 * Sleeping is real as far as it can be: a task that waits calls schedule(),
 * which lets the test make something happen (host_idle) until the task was
 * woken.
 */
#include <kernel/sync.h>

#include <arch/host.h>
#include <arch/time.h>
#include <lib/bug.h>

#define HELD_MAX        32

static struct {
	unsigned int spin, sleeping;
	u16 spin_rank[HELD_MAX], sleeping_rank[HELD_MAX];
	const void *spin_lock[HELD_MAX], *sleeping_lock[HELD_MAX];
} held;

bool (*host_idle)(void);

void host_sync_reset(void);
void host_sync_reset(void)
{
	held.spin = held.sleeping = 0;
	host_idle = NULL;
}

unsigned int host_spinlocks_held(void)
{
	return held.spin;
}

unsigned int host_sleeping_locks_held(void)
{
	return held.sleeping;
}

static struct task_struct *current_task(void)
{
	return container_of(host_current, struct task_struct, thread);
}

/* The highest rank held. */
static unsigned int top_rank(const u16 *ranks, unsigned int nr)
{
	unsigned int top = 0, i;

	for (i = 0; i < nr; i++)
		if (ranks[i] > top)
			top = ranks[i];
	return top;
}

static void remove_held(const void *lock, const void **locks, u16 *ranks, unsigned int *nr)
{
	unsigned int i;

	for (i = *nr; i--;) {
		if (locks[i] != lock)
			continue;
		for (--*nr; i < *nr; i++) {
			locks[i] = locks[i + 1];
			ranks[i] = ranks[i + 1];
		}
		return;
	}
	panic("host: a lock is released that is not held");
}

/* ---- spinlocks ---- */

void spin_lock_slow(struct spinlock *l)
{
	panic("host: spinlock of rank %u would wait for ever", l->rank);
}

/* A try never waits, so its order does not matter. */
void spin_debug_trylocked(struct spinlock *l)
{
	if (held.spin == HELD_MAX)
		panic("host: too many spinlocks held");
	held.spin_lock[held.spin] = l;
	held.spin_rank[held.spin++] = l->rank;
}

void spin_debug_locked(struct spinlock *l)
{
	if (held.spin && top_rank(held.spin_rank, held.spin) >= l->rank)
		panic("host: spinlock of rank %u taken while %u is held", l->rank,
		      top_rank(held.spin_rank, held.spin));
	spin_debug_trylocked(l);
}

void spin_debug_unlock(struct spinlock *l)
{
	remove_held(l, held.spin_lock, held.spin_rank, &held.spin);
}

bool spin_debug_held(const struct spinlock *l)
{
	return l->locked;
}

/* ---- sleeping ---- */

void might_sleep_check(void)
{
	if (held.spin)
		panic("host: sleeping with a spinlock of rank %u held",
		      top_rank(held.spin_rank, held.spin));
	if (host_irqs_off)
		panic("host: sleeping with interrupts off");
}

bool schedule_until(u64 deadline_ns)
{
	struct task_struct *t = current_task();

	might_sleep();
	while (t->state != TASK_RUNNING) {
		if (host_idle && host_idle())
			continue;
		if (deadline_ns == TIMER_NEVER)
			panic("host: a task sleeps, and nothing will wake it");
		if (host_now_ns < deadline_ns)
			host_now_ns = deadline_ns;
		t->state = TASK_RUNNING;
		return false;
	}
	return true;
}

void schedule(void)
{
	schedule_until(TIMER_NEVER);
}

void cond_resched(void)
{
}

bool wake_up_process(struct task_struct *t)
{
	bool slept = t->state != TASK_RUNNING;

	t->state = TASK_RUNNING;
	return slept;
}

void set_current_state(enum task_state state)
{
	current_task()->state = state;
}

bool signal_pending(void)
{
	return current_task()->signal || current_task()->fatal;
}

bool fatal_signal_pending(void)
{
	return current_task()->fatal;
}

static bool wake_default(struct wait_entry *w, unsigned long key)
{
	return wake_up_process(w->task);
}

void wait_queue_init(struct wait_queue *wq)
{
	spin_lock_init(&wq->lock, RANK_WAIT);
	INIT_LIST_HEAD(&wq->waiters);
}

void wait_entry_init(struct wait_entry *w)
{
	*w = (struct wait_entry){ .task = current_task(), .wake = wake_default };
	INIT_LIST_HEAD(&w->node);
}

void wait_add(struct wait_queue *wq, struct wait_entry *w)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);

	if (list_empty(&w->node)) {
		if (w->exclusive)
			list_add_tail(&w->node, &wq->waiters);
		else
			list_add(&w->node, &wq->waiters);
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_remove(struct wait_queue *wq, struct wait_entry *w)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);

	if (!list_empty(&w->node))
		list_del_init(&w->node);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_prepare(struct wait_queue *wq, struct wait_entry *w, enum task_state state)
{
	wait_add(wq, w);
	set_current_state(state);
}

void wait_finish(struct wait_queue *wq, struct wait_entry *w)
{
	set_current_state(TASK_RUNNING);
	wait_remove(wq, w);
}

static void wake(struct wait_queue *wq, unsigned long key, bool all)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);
	struct wait_entry *w, *next;

	list_for_each_entry_safe(w, next, &wq->waiters, node)
		if (w->wake(w, key) && w->exclusive && !all)
			break;
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up(struct wait_queue *wq)
{
	wake(wq, 0, false);
}

void wake_up_all(struct wait_queue *wq)
{
	wake(wq, 0, true);
}

void wake_up_key(struct wait_queue *wq, unsigned long key)
{
	wake(wq, key, false);
}

/* ---- sleeping locks ---- */

static void sleeping_take(const void *lock, u16 rank, bool nested)
{
	unsigned int top = top_rank(held.sleeping_rank, held.sleeping);

	might_sleep();
	if (held.sleeping == HELD_MAX)
		panic("host: too many sleeping locks held");
	if (held.sleeping && (nested ? top > rank : top >= rank))
		panic("host: sleeping lock of rank %u taken while %u is held", rank, top);
	held.sleeping_lock[held.sleeping] = lock;
	held.sleeping_rank[held.sleeping++] = rank;
}

static void sleeping_release(const void *lock)
{
	remove_held(lock, held.sleeping_lock, held.sleeping_rank, &held.sleeping);
}

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	*m = (struct mutex){ .rank = rank };
	wait_queue_init(&m->wq);
}

static void mutex_take(struct mutex *m, bool nested)
{
	sleeping_take(m, m->rank, nested);
	if (m->word)
		panic("host: mutex of rank %u would wait for ever", m->rank);
	m->word = 1;
	m->owner = current_task();
}

void mutex_lock_slow(struct mutex *m)
{
	mutex_take(m, false);
}

void mutex_lock_nested(struct mutex *m)
{
	mutex_take(m, true);
}

int mutex_lock_interruptible(struct mutex *m)
{
	mutex_take(m, false);
	return 0;
}

bool mutex_trylock(struct mutex *m)
{
	if (m->word)
		return false;
	mutex_take(m, true);
	return true;
}

void mutex_unlock_checked(struct mutex *m)
{
	sleeping_release(m);
	m->word = 0;
}

bool mutex_held(const struct mutex *m)
{
	return m->word && m->owner == current_task();
}

void rwsem_init(struct rwsem *s, enum lock_rank rank)
{
	*s = (struct rwsem){ .rank = rank };
	wait_queue_init(&s->wq);
}

void down_read_slow(struct rwsem *s)
{
	sleeping_take(s, s->rank, false);
	if (s->count < 0)
		panic("host: rwsem of rank %u would wait for its writer for ever", s->rank);
	s->count++;
}

int down_read_killable(struct rwsem *s)
{
	down_read(s);
	return 0;
}

bool down_read_trylock(struct rwsem *s)
{
	if (s->count < 0)
		return false;
	sleeping_take(s, s->rank, true);
	s->count++;
	return true;
}

void up_read_checked(struct rwsem *s)
{
	sleeping_release(s);
	if (s->count <= 0)
		panic("host: up_read without a reader");
	s->count--;
}

static void write_take(struct rwsem *s, bool nested)
{
	sleeping_take(s, s->rank, nested);
	if (s->count)
		panic("host: rwsem of rank %u would wait for ever", s->rank);
	s->count = -1;
	s->writer = current_task();
}

void down_write(struct rwsem *s)
{
	write_take(s, false);
}

void down_write_nested(struct rwsem *s)
{
	write_take(s, true);
}

int down_write_killable_slow(struct rwsem *s)
{
	write_take(s, false);
	return 0;
}

bool down_write_trylock(struct rwsem *s)
{
	if (s->count)
		return false;
	write_take(s, true);
	return true;
}

void up_write_checked(struct rwsem *s)
{
	sleeping_release(s);
	if (s->count != -1)
		panic("host: up_write without a writer");
	s->count = 0;
}

/* A gate is known by its rank alone: one at a time, so that is enough. */
static const char gate_lock;

void gate_wait_empty(struct gate *g, struct wait_queue *wq)
{
	panic("host: a gate with %ld inside would wait for ever", g->count - GATE_CLOSED);
}

void gate_left_closed(struct wait_queue *wq)
{
}

void gate_debug_entered(void)
{
	sleeping_take(&gate_lock, RANK_GATE, false);
}

void gate_debug_left(void)
{
	sleeping_release(&gate_lock);
}

bool rwsem_held(const struct rwsem *s)
{
	return s->count != 0;
}

bool rwsem_held_write(const struct rwsem *s)
{
	return s->count == -1;
}
