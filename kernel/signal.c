// SPDX-License-Identifier: MIT
/*
 * The state that signals live in: handlers, pending sets, masks.
 *
 * A pending set is a word of bits, which decides what is pending, and a queue
 * of siginfo, which says more about most of them.  A bit without an entry is
 * normal: SIGKILL never has one, and memory may be short.
 *
 * Always true: WORK_SIGNAL is set while a task has a pending signal that it
 *              does not block, or a stop to take part in; it may be set without.
 * Lock:        sighand->siglock, taken with interrupts off; who walks
 *              signal->threads or looks at another task's sighand holds
 *              tasklist_lock first.
 */
#include <kernel/signal.h>

#include <kernel/ptrace.h>
#include <kernel/signal_internal.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/slab.h>

/* Only SIGINFO_USED bytes of info are allocated. */
struct sigqueue {
	struct list_head node;
	siginfo_t info;
};

static struct kmem_cache *sigqueue_cache;
static struct kmem_cache *sighand_cache;

static void fill_info(siginfo_t *info, int code);
static bool sigqueue_take(struct sigpending *p, int sig, siginfo_t *info);
static void block_among_threads(u64 mask);
static void pass_on_blocked(u64 newly_blocked);

void signals_init(void)
{
	sigqueue_cache = kmem_cache_create("sigqueue",
					   offsetof(struct sigqueue, info) + SIGINFO_USED, 0);
	sighand_cache = kmem_cache_create("sighand", sizeof(struct sighand_struct), 0);
}

/* ------------------------------------------------ handlers */

static void sighand_init(struct sighand_struct *s)
{
	atomic_set(&s->refs, 1);
	atomic_set(&s->watchers, 0);
	wait_queue_init(&s->signalfd_wait);
	spin_lock_init(&s->siglock, RANK_SIGHAND);
}

struct sighand_struct *sighand_alloc(void)
{
	struct sighand_struct *s = kmem_cache_alloc(sighand_cache, GFP_KERNEL | GFP_ZERO);

	if (s)
		sighand_init(s);
	return s;
}

struct sighand_struct *sighand_dup(struct sighand_struct *old)
{
	struct sighand_struct *s = kmem_cache_alloc(sighand_cache, GFP_KERNEL);
	unsigned long flags;

	if (!s)
		return NULL;
	sighand_init(s);
	flags = spin_lock_irqsave(&old->siglock);
	memcpy(s->action, old->action, sizeof(s->action));
	spin_unlock_irqrestore(&old->siglock, flags);
	return s;
}

void sighand_put(struct sighand_struct *s)
{
	if (s && atomic_dec_and_test(&s->refs))
		kmem_cache_free(sighand_cache, s);
}

void signals_unshare(struct task_struct *t, struct sighand_struct **own)
{
	struct sighand_struct *old = t->sighand, *new = *own;
	unsigned long flags;

	if (!new)
		return;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (old) {
		spin_lock(&old->siglock);
		memcpy(new->action, old->action, sizeof(new->action));
	}
	t->sighand = new;
	if (old)
		spin_unlock(&old->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	*own = old;
}

void signals_exec(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);

	for (int i = 0; i < NSIG; i++) {
		struct sigaction *act = &t->sighand->action[i];

		if (!(act->sa_handler | act->sa_flags | act->sa_mask))
			continue;
		if (act->sa_handler != SIG_IGN)
			act->sa_handler = SIG_DFL;
		act->sa_flags = 0;
		act->sa_mask = 0;
	}
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	t->altstack = (struct sigaltstack){ .ss_flags = SS_DISABLE };
	t->restore_sigmask = false;
	t->restart.fn = NULL;
}

/* ------------------------------------------------ pending sets */

void sigpending_init(struct sigpending *p)
{
	p->set = 0;
	p->nr_queued = 0;
	INIT_LIST_HEAD(&p->queue);
}

void sigpending_flush(struct sigpending *p)
{
	sigpending_remove(p, ~0UL);
}

void sigpending_remove(struct sigpending *p, u64 mask)
{
	struct sigqueue *q, *tmp;

	if (!(p->set & mask))
		return;
	p->set &= ~mask;
	list_for_each_entry_safe(q, tmp, &p->queue, node) {
		if (mask & SIG_BIT(q->info.si_signo)) {
			list_del(&q->node);
			p->nr_queued--;
			kmem_cache_free(sigqueue_cache, q);
		}
	}
}

/*
 * Unlike Linux, the limit (RLIMIT_SIGPENDING) counts each pending set by
 * itself and not all of a user.
 */
int sigqueue_add(struct sigpending *p, int sig, const siginfo_t *info, unsigned long limit)
{
	bool may_lose = sig < SIGRTMIN || !info || info->si_code == SI_USER;
	struct sigqueue *q = NULL;

	if (sig != SIGKILL && (sig < SIGRTMIN || p->nr_queued < limit))
		q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC | GFP_NOWARN);
	if (!q && !may_lose)
		return -EAGAIN;
	if (q) {
		if (info)
			siginfo_copy_used(&q->info, info);
		else
			fill_info(&q->info, SI_KERNEL);
		q->info.si_signo = sig;
		list_add_tail(&q->node, &p->queue);
		p->nr_queued++;
	}
	p->set |= SIG_BIT(sig);
	return 0;
}

int dequeue_signal(struct task_struct *t, u64 blocked, siginfo_t *info)
{
	struct sigpending *p = &t->pending;
	u64 ready = p->set & ~blocked;
	int sig;

	if (!ready) {
		p = &t->signal->shared_pending;
		ready = p->set & ~blocked;
		if (!ready)
			return 0;
	}
	if (ready & SIGNALS_SYNC)
		ready &= SIGNALS_SYNC;
	sig = __builtin_ctzl(ready) + 1;
	if (!sigqueue_take(p, sig, info))
		fill_info(info, SI_USER);
	info->si_signo = sig;
	if (info->si_code == SI_TIMER)
		info->timer.overrun = posix_timer_taken(t->signal, info->timer.tid);
	if (sig == SIGALRM && p == &t->signal->shared_pending)
		itimer_taken(t->signal);
	return sig;
}

/* Take the first entry of @sig; the bit stays while there are more.  False: there was none. */
static bool sigqueue_take(struct sigpending *p, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &p->queue, node) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		p->set &= ~SIG_BIT(sig);
	if (!first)
		return false;
	siginfo_copy_used(info, &first->info);
	list_del(&first->node);
	p->nr_queued--;
	kmem_cache_free(sigqueue_cache, first);
	return true;
}

bool sigqueue_peek(const struct sigpending *p, u64 at, siginfo_t *info)
{
	struct sigqueue *q;

	list_for_each_entry(q, &p->queue, node) {
		if (at-- > 0)
			continue;
		siginfo_copy_used(info, &q->info);
		siginfo_clear_rest(info);
		return true;
	}
	return false;
}

static void fill_info(siginfo_t *info, int code)
{
	memset(info, 0, SIGINFO_USED);
	info->si_code = code;
}

/* ------------------------------------------------ masks */

bool signal_pending(void)
{
	return READ_ONCE(current->thread.work) & WORK_SIGNAL;
}

void recalc_sigpending(struct task_struct *t)
{
	u64 set = t->pending.set | t->signal->shared_pending.set;

	if ((set & ~t->blocked) || t->stop_pending || t->stop_again ||
	    (unlikely(t->tracee) && ptrace_must_trap(t)))
		__atomic_fetch_or(&t->thread.work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	else if (t == current && signal_pending())
		__atomic_fetch_and(&t->thread.work, ~WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

bool fatal_signal_pending(void)
{
	return signal_pending() && (READ_ONCE(current->pending.set) & SIG_BIT(SIGKILL));
}

void set_current_blocked(u64 mask)
{
	struct task_struct *t = current;
	unsigned long flags;

	mask &= ~SIGNALS_ABSOLUTE;
	if (t->blocked == mask)
		return;
	if (unlikely(READ_ONCE(t->signal->nr_threads) > 1) && (mask & ~t->blocked)) {
		block_among_threads(mask);
		return;
	}
	flags = spin_lock_irqsave(&t->sighand->siglock);
	t->blocked = mask;
	recalc_sigpending(t);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}

/* The same of a thread that blocks more than it did, and is not alone. */
static __noinline void block_among_threads(u64 mask)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	spin_lock(&t->sighand->siglock);
	pass_on_blocked(mask & ~t->blocked);
	t->blocked = mask;
	recalc_sigpending(t);
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* Shared signals that wait, perhaps for this thread alone, which now blocks them: wake others. */
static void pass_on_blocked(u64 newly)
{
	struct task_struct *me = current, *t;
	u64 left = me->signal->shared_pending.set & newly;

	list_for_each_entry(t, &me->signal->threads, thread_node) {
		if (t == me || !(left & ~t->blocked) || (t->flags & PF_EXITING))
			continue;
		left &= t->blocked;
		signal_wake_up(t, false);
	}
}

void set_temporary_sigmask(u64 mask)
{
	current->saved_sigmask = current->blocked;
	current->restore_sigmask = true;
	set_current_blocked(mask);
}

void restore_saved_sigmask(void)
{
	if (!current->restore_sigmask)
		return;
	current->restore_sigmask = false;
	set_current_blocked(current->saved_sigmask);
}

bool signal_ignored_or_blocked(struct task_struct *t, int sig)
{
	struct sighand_struct *sh;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	bool yes = true;

	sh = t->sighand;
	if (sh) {
		spin_lock(&sh->siglock);
		yes = (t->blocked & SIG_BIT(sig)) || sh->action[sig - 1].sa_handler == SIG_IGN;
		spin_unlock(&sh->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return yes;
}
