// SPDX-License-Identifier: MIT
/*
 * Priority inheritance: a lock whose holder runs at the priority of its most
 * urgent waiter, so that one in the middle cannot keep both waiting.
 *
 * The word names the owner, so a lock that nobody waits for is unknown here.
 * The first waiter makes a pi_lock; the last one to leave takes it away.  A
 * lock is never free while somebody waits: its owner hands it to the most
 * urgent one, and writes that one's number in the word.  An owner that dies
 * hands it over too, but cannot see the word any more: the new one mends it.
 *
 *	task ──pi_held──► lock ──waiters──► task ──pi_blocked──► (its entry there)
 *
 * A boost goes along that chain: whoever holds what a boosted task waits for
 * is boosted in turn.  Unlike Linux, where each lock is locked apart, all are
 * behind one spinlock: the kernel sees only those that are fought for.
 *
 * Always true: a pi_lock has waiters, or an orphaned owner on its way;
 *              a granted waiter is in no list.
 * Lock:        pi_mutex (RANK_FUTEX_PI), inside the page table's lock that
 *              holds the word still.
 */
#include <kernel/futex_pi.h>

#include <kernel/sched.h>
#include <kernel/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define CHAIN_MAX       1024    /* as Linux: longer ones are a program's error */

struct pi_lock {
	struct hlist_node node;         /* [p] its bucket's pi_locks */
	struct futex_key key;           /* [c] */
	struct task_struct *owner;      /* [p] no reference: it lets go before it ends */
	struct hlist_node held;         /* [p] owner->pi_held */
	struct list_head waiters;       /* [p] */
	bool handing;                   /* [p] the owner has not yet written the word */
};

struct spinlock pi_mutex = SPINLOCK_INIT(RANK_FUTEX_PI);

static struct pi_lock *find_lock(const struct futex_key *key);
static struct pi_lock *attach(const struct futex_key *key, struct task_struct *owner,
			      struct pi_lock **fresh);
static bool would_deadlock(const struct task_struct *owner, const struct task_struct *t);
static void enqueue(struct pi_lock *l, struct pi_waiter *w);
static void insert_sorted(struct pi_lock *l, struct pi_waiter *w);
static void hand_over(struct pi_lock *l, bool orphaned);
static void drop_if_empty(struct pi_lock *l);
static void boost_chain(struct task_struct *t);
static int mend_word(struct pi_waiter *w, vaddr_t addr);

struct pi_lock *pi_lock_alloc(void)
{
	return kmalloc(sizeof(struct pi_lock), GFP_KERNEL);
}

int pi_find_owner(vaddr_t addr, struct pi_owner *owner)
{
	int err = user_load32(addr, &owner->seen);

	owner->task = NULL;
	if (!err && (owner->seen & FUTEX_TID_MASK))
		owner->task = find_task((int)(owner->seen & FUTEX_TID_MASK));
	return err;
}

/* ------------------------------------------------ locking */

enum pi_result pi_attempt(struct user_word *uw, const struct futex_key *key, struct pi_waiter *w,
			  const struct pi_owner *named, struct pi_lock **fresh, bool may_wait,
			  int *err)
{
	struct pi_lock *l = find_lock(key);
	struct task_struct *owner = l ? l->owner : named->task;
	u32 now = READ_ONCE(*uw->word), tid = now & FUTEX_TID_MASK;

	assert_held(&pi_mutex);
	if (tid == (u32)w->task->pid) {
		*err = -EDEADLK;
		return PI_FAILED;
	}
	if (!l && !tid) {
		u32 mine = (now & FUTEX_OWNER_DIED) | (u32)w->task->pid;

		return user_word_cmpxchg(uw, now, mine) ? PI_TAKEN : PI_AGAIN;
	}
	/* A lock that nobody waits for changes hands unseen: another owner, to be found. */
	if (!l && tid != (named->seen & FUTEX_TID_MASK))
		return PI_AGAIN;
	*err = 0;
	if (l && !l->handing && (u32)owner->pid != tid)
		*err = -EINVAL;         /* the program wrote over it */
	else if (!l && !owner)
		*err = -ESRCH;
	else if (!l && (owner->flags & PF_KTHREAD))
		*err = -EPERM;
	else if (!l && owner->pi_gone)
		*err = -ESRCH;
	else if (!may_wait)
		*err = -EAGAIN;
	else if (would_deadlock(owner, w->task))
		*err = -EDEADLK;
	if (*err)
		return PI_FAILED;
	if (!(now & FUTEX_WAITERS) && !user_word_cmpxchg(uw, now, now | FUTEX_WAITERS))
		return PI_AGAIN;
	enqueue(l ? l : attach(key, owner, fresh), w);
	return PI_QUEUED;
}

static struct pi_lock *find_lock(const struct futex_key *key)
{
	struct pi_lock *l;

	hlist_for_each_entry(l, &futex_bucket_of(key)->pi_locks, node)
		if (futex_same_key(&l->key, key))
			return l;
	return NULL;
}

static struct pi_lock *attach(const struct futex_key *key, struct task_struct *owner,
			      struct pi_lock **fresh)
{
	struct pi_lock *l = *fresh;

	*fresh = NULL;
	l->key = *key;
	l->owner = owner;
	l->handing = false;
	INIT_LIST_HEAD(&l->waiters);
	hlist_add_head(&l->node, &futex_bucket_of(key)->pi_locks);
	hlist_add_head(&l->held, &owner->pi_held);
	return l;
}

/* Is @owner @t, or does it wait, by however many steps, for something that @t holds? */
static bool would_deadlock(const struct task_struct *owner, const struct task_struct *t)
{
	for (int depth = 0; depth < CHAIN_MAX; depth++) {
		if (owner == t)
			return true;
		if (!owner->pi_blocked)
			return false;
		owner = owner->pi_blocked->lock->owner;
	}
	return true;
}

static void enqueue(struct pi_lock *l, struct pi_waiter *w)
{
	w->lock = l;
	w->granted = w->orphaned = false;
	w->task->pi_blocked = w;
	insert_sorted(l, w);
	boost_chain(l->owner);
}

/* Behind those of its own priority. */
static void insert_sorted(struct pi_lock *l, struct pi_waiter *w)
{
	struct pi_waiter *other;

	list_for_each_entry(other, &l->waiters, node)
		if (READ_ONCE(other->task->rt_priority) < READ_ONCE(w->task->rt_priority))
			break;
	list_add_tail(&w->node, &other->node);
}

int futex_lock_pi(vaddr_t addr, bool private, u64 deadline_ns, bool may_wait)
{
	struct pi_waiter w = { .task = current };
	enum pi_result result = PI_AGAIN;
	struct pi_lock *fresh = NULL;
	struct pi_owner owner;
	struct user_word uw;
	int err = futex_make_key(addr, private, &w.key);

	if (err)
		return err;
	fresh = may_wait ? pi_lock_alloc() : NULL;
	if (may_wait && !fresh)
		return -ENOMEM;
	while (result == PI_AGAIN) {
		err = pi_find_owner(addr, &owner);
		if (!err)
			err = user_word_lock(addr, &uw);
		if (!err) {
			spin_lock(&pi_mutex);
			result = pi_attempt(&uw, &w.key, &w, &owner, &fresh, may_wait, &err);
			spin_unlock(&pi_mutex);
			user_word_unlock(&uw);
		} else {
			result = PI_FAILED;
		}
		if (owner.task)
			task_put(owner.task);
		if (result == PI_AGAIN && fatal_signal_pending()) {
			err = -EINTR;
			result = PI_FAILED;
		}
	}
	kfree(fresh);
	if (result == PI_QUEUED)
		err = pi_wait(&w, addr, deadline_ns);
	return result == PI_TAKEN ? 0 : err;
}

int pi_wait(struct pi_waiter *w, vaddr_t addr, u64 deadline_ns)
{
	int err = 0;

	while (!err) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(w->granted))
			break;
		if (signal_pending())
			err = -EINTR;
		else if (!schedule_until(deadline_ns) && !READ_ONCE(w->granted))
			err = -ETIMEDOUT;
	}
	set_current_state(TASK_RUNNING);
	spin_lock(&pi_mutex);
	if (w->granted) {
		err = 0;
	} else {
		list_del(&w->node);
		w->task->pi_blocked = NULL;
		boost_chain(w->lock->owner);
		drop_if_empty(w->lock);
	}
	spin_unlock(&pi_mutex);
	return !err && w->orphaned ? mend_word(w, addr) : err;
}

/* ------------------------------------------------ letting go */

int futex_unlock_pi(vaddr_t addr, bool private)
{
	struct task_struct *me = current;
	struct futex_key key;
	struct user_word uw;
	bool done = false;
	int err = futex_make_key(addr, private, &key);

	while (!err && !done) {
		struct pi_lock *l;
		u32 now, next = 0;

		err = user_word_lock(addr, &uw);
		if (err)
			return err;
		spin_lock(&pi_mutex);
		now = READ_ONCE(*uw.word);
		l = find_lock(&key);
		if ((now & FUTEX_TID_MASK) != (u32)me->pid)
			err = -EPERM;
		else if (l && (l->owner != me || list_empty(&l->waiters)))
			err = -EINVAL;
		if (!err && l) {
			struct pi_waiter *w = list_first_entry(&l->waiters, struct pi_waiter, node);

			next = (u32)w->task->pid;
			if (!list_is_singular(&l->waiters))
				next |= FUTEX_WAITERS;
		}
		done = !err && user_word_cmpxchg(&uw, now, next);
		if (done && l)
			hand_over(l, false);
		spin_unlock(&pi_mutex);
		user_word_unlock(&uw);
	}
	return err;
}

/* The most urgent waiter has the lock, and is awake. */
static void hand_over(struct pi_lock *l, bool orphaned)
{
	struct pi_waiter *w = list_first_entry(&l->waiters, struct pi_waiter, node);
	struct task_struct *old = l->owner;

	assert_held(&pi_mutex);
	list_del(&w->node);
	hlist_del(&l->held);
	l->owner = w->task;
	hlist_add_head(&l->held, &w->task->pi_held);
	w->task->pi_blocked = NULL;
	w->orphaned = l->handing = orphaned;
	boost_chain(old);
	boost_chain(w->task);
	if (!orphaned)
		drop_if_empty(l);
	WRITE_ONCE(w->granted, true);
	wake_up_process(w->task);
}

static void drop_if_empty(struct pi_lock *l)
{
	if (!list_empty(&l->waiters) || l->handing)
		return;
	hlist_del(&l->node);
	hlist_del(&l->held);
	kfree(l);
}

void futex_pi_exit(struct task_struct *t)
{
	struct pi_lock *l;

	if (likely(hlist_empty(&t->pi_held) && !(t->flags & PF_EXITING)))
		return;
	spin_lock(&pi_mutex);
	while ((l = hlist_entry_or_null(t->pi_held.first, struct pi_lock, held)))
		hand_over(l, true);
	t->pi_gone = t->flags & PF_EXITING;
	spin_unlock(&pi_mutex);
}

/* The owner died; the lock is @w's, who alone can write so.  -EFAULT: then the next one may try. */
static int mend_word(struct pi_waiter *w, vaddr_t addr)
{
	struct user_word uw;
	bool done = false;

	while (!done) {
		int err = user_word_lock(addr, &uw);
		u32 now, mine = (u32)w->task->pid | FUTEX_OWNER_DIED;

		spin_lock(&pi_mutex);
		if (err) {
			w->lock->handing = false;
			if (list_empty(&w->lock->waiters))
				drop_if_empty(w->lock);
			else
				hand_over(w->lock, true);
			spin_unlock(&pi_mutex);
			return -EFAULT;
		}
		now = READ_ONCE(*uw.word);
		if (!list_empty(&w->lock->waiters))
			mine |= FUTEX_WAITERS;
		done = user_word_cmpxchg(&uw, now, mine);
		if (done) {
			w->lock->handing = false;
			drop_if_empty(w->lock);
		}
		spin_unlock(&pi_mutex);
		user_word_unlock(&uw);
	}
	return 0;
}

/* ------------------------------------------------ priorities */

static int most_urgent(const struct task_struct *t)
{
	struct pi_lock *l;
	int best = 0;

	hlist_for_each_entry(l, &t->pi_held, held)
		if (!list_empty(&l->waiters))
			best = max(best, READ_ONCE(list_first_entry(&l->waiters, struct pi_waiter,
								    node)->task->rt_priority));
	return best;
}

/* @t's waiters have changed: so may its priority, and that of who holds what @t waits for. */
static void boost_chain(struct task_struct *t)
{
	assert_held(&pi_mutex);
	for (int depth = 0; depth < CHAIN_MAX; depth++) {
		struct pi_waiter *w = t->pi_blocked;

		if (!sched_boost(t, most_urgent(t)) || !w)
			return;
		list_del(&w->node);
		insert_sorted(w->lock, w);
		t = w->lock->owner;
	}
}

void futex_pi_priority_changed(struct task_struct *t)
{
	struct pi_waiter *w;

	spin_lock(&pi_mutex);
	w = t->pi_blocked;
	if (w) {
		list_del(&w->node);
		insert_sorted(w->lock, w);
		boost_chain(w->lock->owner);
	}
	spin_unlock(&pi_mutex);
}
