// SPDX-License-Identifier: MIT
/*
 * POSIX timers: timer_create(2) and its family.
 *
 * A timer of the system's clocks is a struct timer, set again when its signal is
 * taken, so that a thousand of a microsecond leave time for others; one of a CPU clock is
 * looked at in the ticks (itimer.c) of the process that it watches: its own,
 * or another.  That keeps a list of who watches it and no references are
 * held: who is gone lets go of its watchers (posix_timers_gone), and those
 * show nothing and cannot be set any more.  Each timer has at most one signal
 * waiting: what expires meanwhile is counted, and told with that signal when
 * it is taken (posix_timer_taken).  A signal that was thrown away (ignored,
 * flushed) is recognised by its bit being gone.
 *
 * Lock: timer_mutex for the calls of all processes: they are rare and short;
 *       siglock for a process' list, and for what expiry and delivery count;
 *       tasklist_lock for who watches whom, and when that expires.
 */
#include <kernel/clock.h>

#include <kernel/rusage.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define TIMER_ABSTIME   1
#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2
#define SIGEV_THREAD_ID 4
#define OVERRUN_MAX     0x7fffffff

/* [c] constant  [s] siglock  [t] tasklist_lock */
struct posix_timer {
	struct list_head node;          /* [s] */
	int id;                         /* [c] */
	int clock;                      /* [c] negative: CPU time */
	int notify, sig;                /* [c] */
	unsigned long value;            /* [c] sigev_value */
	struct signal_struct *process;  /* [c] */
	struct task_struct *thread;     /* [c] SIGEV_THREAD_ID's, referenced, or NULL */
	struct timer timer;
	struct list_head watch;         /* [t] among watched->cpu_timers */
	struct signal_struct *watched;  /* [t] whose CPU time; NULL: nobody's, or gone */
	struct task_struct *measured;   /* [t] its one thread; NULL: all of them */
	u64 interval;                   /* [s], or [t] on a CPU clock */
	u64 due;                        /* [s] the next expiry; TIMER_NEVER: not set */
	u64 cpu_deadline;               /* [t] on a CPU clock: 0: not set */
	u64 overruns;                   /* [s] since the signal that waits */
	int last_overrun;               /* [s] told with the last signal taken */
	bool queued;                    /* [s] */
};

struct itimerspec { struct timespec interval, value; };
struct sigevent { unsigned long value; int signo, notify, tid; int pad[11]; };
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent is 64 bytes");

static DEFINE_MUTEX(timer_mutex, RANK_SLEEPING_LEAF);

static void timer_expires(struct timer *timer);

static struct posix_timer *find(struct signal_struct *sig, int id)
{
	struct posix_timer *k;

	list_for_each_entry(k, &sig->posix_timers, node)
		if (k->id == id)
			return k;
	return NULL;
}

/* ------------------------------------------------ expiry, in interrupts */

static bool signal_waits(const struct posix_timer *k)
{
	const struct sigpending *p = k->notify == SIGEV_THREAD_ID ? &k->thread->pending
								   : &k->process->shared_pending;

	return p->set & SIG_BIT(k->sig);
}

/* tasklist_lock held; @missed expiries besides this one. */
static void notify(struct posix_timer *k, u64 missed)
{
	struct sighand_struct *sighand = k->process->leader->sighand;
	siginfo_t info;
	bool send;

	if (k->notify == SIGEV_NONE || !sighand)
		return;
	spin_lock(&sighand->siglock);
	send = !k->queued || !signal_waits(k);
	if (send) {
		k->queued = true;
		k->overruns = missed;
	} else {
		k->overruns += 1 + missed;
	}
	spin_unlock(&sighand->siglock);
	if (!send)
		return;
	memset(&info, 0, sizeof(info));
	info.si_signo = k->sig;
	info.si_code = SI_TIMER;
	info.timer.tid = k->id;
	info.timer.value.p = k->value;
	if (k->notify == SIGEV_THREAD_ID)
		send_signal_thread_locked(k->sig, &info, k->thread);
	else
		send_signal_process_locked(k->sig, &info, k->process->leader);
}

/* tasklist_lock held. */
static void expire(struct posix_timer *k, struct sighand_struct *sighand)
{
	enum timer_signal how = TIMER_SIGNAL_WAITS;
	u64 n;

	spin_lock(&sighand->siglock);
	n = timer_count_due(&k->due, k->interval);
	spin_unlock(&sighand->siglock);
	if (!n)
		return;
	notify(k, n - 1);
	spin_lock(&sighand->siglock);
	if (k->queued && !signal_waits(k))
		how = TIMER_SIGNAL_LOST;
	if (k->queued || k->notify == SIGEV_NONE)       /* otherwise it was taken: armed */
		timer_start(&k->timer, timer_fires_at(k->due, how));
	spin_unlock(&sighand->siglock);
}

static void timer_expires(struct timer *timer)
{
	struct posix_timer *k = container_of(timer, struct posix_timer, timer);

	spin_lock(&tasklist_lock);
	if (k->process->nr_threads && k->process->leader->sighand)
		expire(k, k->process->leader->sighand);
	spin_unlock(&tasklist_lock);
}

int posix_timer_taken(struct signal_struct *sig, int id)
{
	struct posix_timer *k = find(sig, id);

	if (!k)
		return 0;
	if (k->clock >= 0 && k->queued) {
		k->overruns += timer_count_due(&k->due, k->interval);
		timer_start(&k->timer, timer_fires_at(k->due, TIMER_SIGNAL_TAKEN));
	}
	k->queued = false;
	k->last_overrun = (int)min(k->overruns, (u64)OVERRUN_MAX);
	k->overruns = 0;
	return k->last_overrun;
}

/* ------------------------------------------------ CPU time */

/* tasklist_lock held, and somebody is watched: expire when that is at @at; 0: not at all. */
static void cpu_set(struct posix_timer *k, u64 at)
{
	__atomic_fetch_add(&k->watched->nr_cpu_timers, (unsigned int)(!!at - !!k->cpu_deadline),
			   __ATOMIC_RELAXED);
	k->cpu_deadline = at;
}

/* tasklist_lock held, and it is set; expire if @now is late enough. */
static void cpu_look(struct posix_timer *k, u64 now)
{
	u64 missed = 0, next = 0;

	if (now < k->cpu_deadline)
		return;
	if (k->interval)
		next = timer_next_expiry(k->cpu_deadline, k->interval, now, &missed);
	cpu_set(k, next);
	notify(k, missed);
}

/* From the tick of a hart that runs process @sig: interrupts off. */
void posix_timers_tick(struct signal_struct *sig, const struct cpu_times *times)
{
	struct posix_timer *k;

	if (list_empty(&sig->cpu_timers))
		return;
	spin_lock(&tasklist_lock);
	list_for_each_entry(k, &sig->cpu_timers, watch)
		if (k->cpu_deadline)
			cpu_look(k, cpu_clock_shows(k->clock, k->measured, times));
	spin_unlock(&tasklist_lock);
}

/* tasklist_lock held, and somebody is watched. */
static u64 cpu_now(const struct posix_timer *k)
{
	struct cpu_times times;

	process_cpu_times_irq(k->watched->leader, &times);
	return cpu_clock_shows(k->clock, k->measured, &times);
}

static int watch(struct posix_timer *k)
{
	struct task_struct *t = cpu_clock_task(k->clock, false);
	unsigned long flags;

	if (!t)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (t->sighand) {
		k->watched = t->signal;
		k->measured = k->clock & CPUCLOCK_THREAD ? t : NULL;
		list_add_tail(&k->watch, &k->watched->cpu_timers);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	task_put(t);
	return k->watched ? 0 : -EINVAL;
}

/* tasklist_lock held. */
static void unwatch(struct posix_timer *k)
{
	if (!k->watched)
		return;
	cpu_set(k, 0);
	k->interval = 0;
	k->watched = NULL;
	list_del(&k->watch);
}

void posix_timers_gone(struct task_struct *t)
{
	struct posix_timer *k, *tmp;

	assert_held(&tasklist_lock);
	list_for_each_entry_safe(k, tmp, &t->signal->cpu_timers, watch)
		if (k->measured == t || t->signal->leader == t)
			unwatch(k);
}

/* ------------------------------------------------ life */

static void discard(struct posix_timer *k)
{
	if (k->thread)
		task_put(k->thread);
	kfree(k);
}

static void destroy(struct posix_timer *k)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	unwatch(k);
	spin_lock(&current->sighand->siglock);
	list_del(&k->node);
	k->process->nr_posix_timers--;
	k->due = TIMER_NEVER;
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	timer_cancel(&k->timer);
	discard(k);
}

void posix_timers_delete(struct signal_struct *sig)
{
	struct posix_timer *k, *tmp;

	if (list_empty(&sig->posix_timers))
		return;
	list_for_each_entry_safe(k, tmp, &sig->posix_timers, node)
		destroy(k);
}

/* Who is told, and how. */
static int set_event(struct posix_timer *k, const struct sigevent *ev)
{
	k->notify = ev->notify;
	k->sig = ev->signo;
	k->value = ev->value;
	if (ev->notify == SIGEV_NONE)
		return 0;
	if (ev->signo < 1 || ev->signo > NSIG)
		return -EINVAL;
	if (ev->notify == SIGEV_SIGNAL || ev->notify == SIGEV_THREAD)
		return 0;
	if (ev->notify != SIGEV_THREAD_ID)
		return -EINVAL;
	k->thread = find_task(ev->tid);
	return k->thread && k->thread->signal == current->signal ? 0 : -EINVAL;
}

/* Each may have a signal waiting.  Unlike Linux, of a process and not of all of a user. */
static bool too_many(const struct signal_struct *sig)
{
	return READ_ONCE(sig->nr_posix_timers) >= READ_ONCE(sig->rlim[RLIMIT_SIGPENDING].cur);
}

long sys_timer_create(const unsigned long *a)
{
	struct sigevent ev = { .signo = SIGALRM, .notify = SIGEV_SIGNAL };
	int clock = (int)a[0], err;
	struct posix_timer *k;
	unsigned long flags;

	if (a[1] && get_user(&ev, a[1]))
		return -EFAULT;
	err = clock_check(clock, BIT(CLOCK_REALTIME) | BIT(CLOCK_MONOTONIC) | BIT(CLOCK_BOOTTIME) |
					 BIT(CLOCK_TAI) | BIT(CLOCK_PROCESS_CPUTIME_ID) |
					 BIT(CLOCK_THREAD_CPUTIME_ID));
	if (err)
		return err;
	k = too_many(current->signal) ? NULL : kzalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return -EAGAIN;
	k->clock = clock_id(clock);
	k->process = current->signal;
	k->due = TIMER_NEVER;
	k->id = __atomic_fetch_add(&k->process->next_timer_id, 1, __ATOMIC_RELAXED);
	timer_init(&k->timer, timer_expires);
	if (!a[1])
		ev.value = (unsigned long)k->id;
	err = set_event(k, &ev);
	if (!err)
		err = put_user(k->id, a[2]);
	if (!err && k->clock < 0)
		err = watch(k);
	if (err) {
		discard(k);
		return err;
	}
	mutex_lock(&timer_mutex);
	flags = spin_lock_irqsave(&current->sighand->siglock);
	list_add_tail(&k->node, &k->process->posix_timers);
	k->process->nr_posix_timers++;
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	mutex_unlock(&timer_mutex);
	return 0;
}

long sys_timer_delete(const unsigned long *a)
{
	struct posix_timer *k;

	mutex_lock(&timer_mutex);
	k = find(current->signal, (int)a[0]);
	if (k)
		destroy(k);
	mutex_unlock(&timer_mutex);
	return k ? 0 : -EINVAL;
}

/* ------------------------------------------------ setting and reading */

/* tasklist_lock held.  When it is due next; 0: not set. */
static u64 next_due(struct posix_timer *k)
{
	u64 due;

	spin_lock(&current->sighand->siglock);
	due = k->due;
	if (k->queued || k->notify == SIGEV_NONE)
		timer_count_due(&due, k->interval);
	spin_unlock(&current->sighand->siglock);
	return due == TIMER_NEVER ? 0 : due;
}

/* timer_mutex held. */
static struct itimerspec read_timer(struct posix_timer *k)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	u64 now = 0, at = 0, left = 0;

	if (k->cpu_deadline) {
		now = cpu_now(k);
		cpu_look(k, now);       /* what is due is not shown as set */
		at = k->cpu_deadline;
	} else {
		at = next_due(k);
		now = time_ns();
	}
	if (at > now)
		left = at - now;
	else if (at && k->notify != SIGEV_NONE)
		left = 1;       /* something is, until it is told */
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return (struct itimerspec){ ns_to_timespec(k->interval), ns_to_timespec(left) };
}

static int set_cpu(struct posix_timer *k, u64 value, u64 interval, bool absolute)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int err = -ESRCH;
	u64 now;

	if (k->watched) {
		now = cpu_now(k);
		k->interval = interval;
		cpu_set(k, value && !absolute ? now + value : value);
		if (value)
			cpu_look(k, now);       /* a past moment need not wait for a tick */
		err = 0;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

static int set_timer(struct posix_timer *k, const struct itimerspec *new, bool absolute)
{
	u64 value = timespec_to_ns(&new->value);
	u64 interval = value ? timespec_to_ns(&new->interval) : 0, at = TIMER_NEVER;
	unsigned long flags;

	if (value && k->clock >= 0)
		at = absolute ? clock_to_monotonic(k->clock, value) : time_ns() + value;
	flags = spin_lock_irqsave(&current->sighand->siglock);
	k->overruns = 0;
	k->last_overrun = 0;
	if (k->clock >= 0) {
		k->interval = interval;
		k->due = at;
		timer_start(&k->timer, at);     /* a firing under way finds that nothing is due */
	}
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	return k->clock < 0 ? set_cpu(k, value, interval, absolute) : 0;
}

long sys_timer_settime(const unsigned long *a)
{
	struct itimerspec new, old;
	struct posix_timer *k;
	int err = -EINVAL;

	if (!a[2])
		return -EINVAL;
	if (get_user(&new, a[2]))
		return -EFAULT;
	if (!timespec_valid(&new.value) || !timespec_valid(&new.interval))
		return -EINVAL;
	mutex_lock(&timer_mutex);
	k = find(current->signal, (int)a[0]);
	if (k) {
		old = read_timer(k);
		err = set_timer(k, &new, (int)a[1] & TIMER_ABSTIME);
	}
	mutex_unlock(&timer_mutex);
	if (err)
		return err;
	return a[3] ? copy_to_user(a[3], &old, sizeof(old)) : 0;
}

long sys_timer_gettime(const unsigned long *a)
{
	struct itimerspec now;
	struct posix_timer *k;

	mutex_lock(&timer_mutex);
	k = find(current->signal, (int)a[0]);
	if (k)
		now = read_timer(k);
	mutex_unlock(&timer_mutex);
	return k ? copy_to_user(a[1], &now, sizeof(now)) : -EINVAL;
}

long sys_timer_getoverrun(const unsigned long *a)
{
	struct posix_timer *k;
	long ret = -EINVAL;

	mutex_lock(&timer_mutex);
	k = find(current->signal, (int)a[0]);
	if (k)
		ret = k->last_overrun;
	mutex_unlock(&timer_mutex);
	return ret;
}
