// SPDX-License-Identifier: MIT
/*
 * POSIX timers: timer_create(2) and its family.
 *
 * A timer of the system's clocks is a struct timer; one of a CPU clock is
 * looked at in the tick (itimer.c).  Each timer has at most one signal
 * waiting: what expires meanwhile is counted, and told with that signal when
 * it is taken (posix_timer_taken).  A signal that was thrown away (ignored,
 * flushed) is recognised by its bit being gone.
 *
 * Lock: timer_mutex for the calls of all processes: they are rare and short;
 *       siglock for the list, and for what expiry and delivery change.
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

/* [c] constant  [m] timer_mutex  [s] siglock */
struct posix_timer {
	struct list_head node;          /* [s] */
	int id;                         /* [c] */
	int clock;                      /* [c] */
	int notify, sig;                /* [c] */
	unsigned long value;            /* [c] sigev_value */
	struct signal_struct *process;  /* [c] */
	/* [c] SIGEV_THREAD_ID's, or whose CPU time; referenced; or NULL */
	struct task_struct *thread;
	struct timer timer;
	u64 interval;                   /* [s] */
	u64 cpu_deadline;               /* [s] on a CPU clock: 0: not set */
	u64 overruns;                   /* [s] since the signal that waits */
	int last_overrun;               /* [s] told with the last signal taken */
	bool queued;                    /* [s] */
};

struct itimerspec { struct timespec interval, value; };
struct sigevent { unsigned long value; int signo, notify, tid; int pad[11]; };
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent is 64 bytes");

static DEFINE_MUTEX(timer_mutex, RANK_SLEEPING_LEAF);

static void timer_expires(struct timer *timer);

static bool cpu_clock(int clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

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

static void timer_expires(struct timer *timer)
{
	struct posix_timer *k = container_of(timer, struct posix_timer, timer);
	u64 missed = 0, next = TIMER_NEVER, interval = READ_ONCE(k->interval);

	if (interval)
		next = timer_next_expiry(timer->deadline_ns, interval, time_ns(), &missed);
	spin_lock(&tasklist_lock);
	if (k->process->nr_threads)
		notify(k, missed);
	spin_unlock(&tasklist_lock);
	if (interval)
		timer_start(timer, next);
}

int posix_timer_taken(struct signal_struct *sig, int id)
{
	struct posix_timer *k = find(sig, id);

	if (!k)
		return 0;
	k->queued = false;
	k->last_overrun = (int)min(k->overruns, (u64)OVERRUN_MAX);
	k->overruns = 0;
	return k->last_overrun;
}

static u64 cpu_time(const struct posix_timer *k, u64 process_ns)
{
	return k->clock == CLOCK_THREAD_CPUTIME_ID ? sched_task_ns(k->thread) : process_ns;
}

/* From the tick of @t's hart: interrupts off. */
void posix_timers_tick(struct task_struct *t, u64 process_ns)
{
	struct signal_struct *sig = t->signal;
	struct posix_timer *k;

	if (list_empty(&sig->posix_timers))
		return;
	spin_lock(&tasklist_lock);
	list_for_each_entry(k, &sig->posix_timers, node) {
		u64 now, missed = 0;

		if (!k->cpu_deadline)
			continue;
		now = cpu_time(k, process_ns);
		if (now < k->cpu_deadline)
			continue;
		if (k->interval) {
			k->cpu_deadline =
				timer_next_expiry(k->cpu_deadline, k->interval, now, &missed);
		} else {
			k->cpu_deadline = 0;
			__atomic_fetch_sub(&sig->nr_cpu_timers, 1, __ATOMIC_RELAXED);
		}
		notify(k, missed);
	}
	spin_unlock(&tasklist_lock);
}

/* ------------------------------------------------ life */

static void list_change(struct posix_timer *k, bool add)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	if (current->sighand)
		spin_lock(&current->sighand->siglock);
	if (add)
		list_add_tail(&k->node, &k->process->posix_timers);
	else
		list_del(&k->node);
	if (!add && k->cpu_deadline)
		__atomic_fetch_sub(&k->process->nr_cpu_timers, 1, __ATOMIC_RELAXED);
	if (current->sighand)
		spin_unlock(&current->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void destroy(struct posix_timer *k)
{
	list_change(k, false);
	WRITE_ONCE(k->interval, 0);
	timer_cancel(&k->timer);
	if (k->thread)
		task_put(k->thread);
	kfree(k);
}

void posix_timers_delete(struct signal_struct *sig)
{
	struct posix_timer *k, *tmp;

	if (list_empty(&sig->posix_timers))
		return;
	list_for_each_entry_safe(k, tmp, &sig->posix_timers, node)
		destroy(k);
}

static int event_check(const struct sigevent *ev, struct task_struct **thread)
{
	*thread = NULL;
	if (ev->notify == SIGEV_NONE)
		return 0;
	if (ev->signo < 1 || ev->signo > NSIG)
		return -EINVAL;
	if (ev->notify == SIGEV_SIGNAL || ev->notify == SIGEV_THREAD)
		return 0;
	if (ev->notify != SIGEV_THREAD_ID)
		return -EINVAL;
	*thread = find_task(ev->tid);
	if (!*thread || (*thread)->signal != current->signal) {
		if (*thread)
			task_put(*thread);
		return -EINVAL;
	}
	return 0;
}

static struct posix_timer *create(int clock, const struct sigevent *ev, struct task_struct *thread)
{
	struct posix_timer *k = kzalloc(sizeof(*k), GFP_KERNEL);

	if (!k)
		return NULL;
	if (!thread && clock == CLOCK_THREAD_CPUTIME_ID) {
		thread = current;
		task_get(thread);
	}
	k->clock = clock;
	k->notify = ev->notify;
	k->sig = ev->signo;
	k->value = ev->value;
	k->process = current->signal;
	k->thread = thread;
	timer_init(&k->timer, timer_expires);
	return k;
}

long sys_timer_create(const unsigned long *a)
{
	struct sigevent ev = { .signo = SIGALRM, .notify = SIGEV_SIGNAL };
	struct signal_struct *sig = current->signal;
	int clock = (int)a[0], err, id;
	struct task_struct *thread;
	struct posix_timer *k;

	if (a[1] && get_user(&ev, a[1]))
		return -EFAULT;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		break;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	err = event_check(&ev, &thread);
	if (err)
		return err;
	k = create(clock, &ev, thread);
	if (!k) {
		if (thread)
			task_put(thread);
		return -EAGAIN;
	}
	mutex_lock(&timer_mutex);
	k->id = sig->next_timer_id++;
	id = k->id;
	if (!a[1])
		k->value = (unsigned long)id;
	list_change(k, true);
	mutex_unlock(&timer_mutex);
	if (!put_user(id, a[2]))
		return 0;
	mutex_lock(&timer_mutex);
	k = find(sig, id);      /* another thread may have guessed its number, and deleted it */
	if (k)
		destroy(k);
	mutex_unlock(&timer_mutex);
	return -EFAULT;
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

/* timer_mutex held. */
static u64 time_left(struct posix_timer *k)
{
	struct cpu_times times;
	u64 now, at;

	if (cpu_clock(k->clock)) {
		process_cpu_times(current, &times);
		now = cpu_time(k, times.total_ns);
		at = k->cpu_deadline;
	} else {
		now = time_ns();
		at = READ_ONCE(k->timer.hart) >= 0 ? k->timer.deadline_ns : 0;
	}
	if (!at)
		return 0;
	return at > now ? at - now : 1;
}

static struct itimerspec read_timer(struct posix_timer *k)
{
	return (struct itimerspec){ ns_to_timespec(k->interval), ns_to_timespec(time_left(k)) };
}

static void set_cpu(struct posix_timer *k, u64 value, bool absolute)
{
	struct cpu_times times;
	unsigned long flags;
	u64 now;

	process_cpu_times(current, &times);
	now = cpu_time(k, times.total_ns);
	flags = spin_lock_irqsave(&tasklist_lock);
	__atomic_fetch_add(&k->process->nr_cpu_timers, (unsigned int)(!!value - !!k->cpu_deadline),
			   __ATOMIC_RELAXED);
	k->cpu_deadline = value ? (absolute ? value : now + value) : 0;
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void set_timer(struct posix_timer *k, const struct itimerspec *new, bool absolute)
{
	u64 value = timespec_to_ns(&new->value);

	WRITE_ONCE(k->interval, 0);
	timer_cancel(&k->timer);
	k->overruns = 0;
	k->last_overrun = 0;
	WRITE_ONCE(k->interval, value ? timespec_to_ns(&new->interval) : 0);
	if (cpu_clock(k->clock)) {
		set_cpu(k, value, absolute);
	} else if (value) {
		u64 at = absolute ? clock_to_monotonic(k->clock, value) : time_ns() + value;

		timer_start(&k->timer, max(at, (u64)1));
	}
}

long sys_timer_settime(const unsigned long *a)
{
	struct itimerspec new, old;
	struct posix_timer *k;

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
		set_timer(k, &new, (int)a[1] & TIMER_ABSTIME);
	}
	mutex_unlock(&timer_mutex);
	if (!k)
		return -EINVAL;
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
