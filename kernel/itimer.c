// SPDX-License-Identifier: MIT
/*
 * Interval timers of a process: setitimer(2), and what the tick watches.
 *
 * ITIMER_REAL is a timer whose function sends SIGALRM; when that is taken, it is set
 * again, for what expires meanwhile cannot be told.
 * ITIMER_VIRTUAL and ITIMER_PROF count CPU time; they, RLIMIT_CPU and POSIX
 * timers on CPU clocks are looked at in the tick, and only by a process that
 * has one set: then the sum over its threads is worth its price.
 *
 * Lock: itimer_mutex for the calls; siglock for all that the tick, expiry and
 *       delivery change.
 */
#include <kernel/time.h>

#include <kernel/cred.h>
#include <kernel/rusage.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, NR_ITIMERS };

#define MIN_INTERVAL_NS (50 * NSEC_PER_USEC)    /* a shorter one must not stop the hart */
#define LOST_NS         (NSEC_PER_SEC / 250)    /* Linux's too: a tick of it */
#define WAITS_NS        NSEC_PER_SEC            /* after a signal that is neither taken nor lost */

struct itimer_state {
	struct timer real;
	struct signal_struct *sig;      /* [c] */
	u64 due;                        /* of real; TIMER_NEVER: not set */
	bool told;                      /* its signal was sent, and not yet taken */
	/* By kind; value: the CPU time of the next expiry; 0: not set. */
	u64 value[NR_ITIMERS], interval[NR_ITIMERS];
};

struct itimerval { struct timeval interval, value; };

static DEFINE_MUTEX(itimer_mutex, RANK_SLEEPING_LEAF);

static void real_expires(struct timer *timer);

static struct itimer_state *state_get(struct signal_struct *sig)
{
	struct itimer_state *s = sig->itimers;

	if (s)
		return s;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return NULL;
	timer_init(&s->real, real_expires);
	s->sig = sig;
	s->due = TIMER_NEVER;
	smp_store_release(&sig->itimers, s);
	return s;
}

u64 timer_next_expiry(u64 last, u64 interval, u64 now, u64 *missed)
{
	u64 soonest = interval < MIN_INTERVAL_NS ? MIN_INTERVAL_NS : 0;

	*missed = (now + soonest - last) / interval;
	return last + (*missed + 1) * interval;
}

u64 timer_count_due(u64 *due, u64 interval)
{
	u64 now = time_ns(), n = 1;

	if (*due > now)
		return 0;
	if (interval)
		n += (now - *due) / interval;
	if (!interval || __builtin_add_overflow(*due, n * interval, due))
		*due = TIMER_NEVER;
	return n;
}

u64 timer_fires_at(u64 due, enum timer_signal how)
{
	static const u64 after[] = { MIN_INTERVAL_NS, LOST_NS, WAITS_NS };

	return due == TIMER_NEVER ? due : max(due, time_ns() + after[how]);
}

/* siglock held.  True: it expired. */
static bool real_is_due(struct itimer_state *s)
{
	if (!timer_count_due(&s->due, s->interval[ITIMER_REAL]))
		return false;
	s->told = true;
	return true;
}

/* tasklist_lock held. */
static void real_tell(struct itimer_state *s, struct sighand_struct *sighand)
{
	bool due, waits;

	spin_lock(&sighand->siglock);
	due = real_is_due(s);
	spin_unlock(&sighand->siglock);
	if (!due)
		return;
	send_signal_process_locked(SIGALRM, NULL, s->sig->leader);
	spin_lock(&sighand->siglock);
	waits = s->sig->shared_pending.set & SIG_BIT(SIGALRM);
	if (s->told)
		timer_start(&s->real, timer_fires_at(s->due, waits ? TIMER_SIGNAL_WAITS :
								     TIMER_SIGNAL_LOST));
	spin_unlock(&sighand->siglock);
}

static void real_expires(struct timer *timer)
{
	struct itimer_state *s = container_of(timer, struct itimer_state, real);

	spin_lock(&tasklist_lock);
	if (s->sig->nr_threads && s->sig->leader->sighand)
		real_tell(s, s->sig->leader->sighand);
	spin_unlock(&tasklist_lock);
}

void itimer_taken(struct signal_struct *sig)
{
	struct itimer_state *s = sig->itimers;

	if (!s || !s->told)
		return;
	s->told = false;
	timer_count_due(&s->due, s->interval[ITIMER_REAL]);
	timer_start(&s->real, timer_fires_at(s->due, TIMER_SIGNAL_TAKEN));
}

/* ------------------------------------------------ CPU time */

static void watch(struct signal_struct *sig, int change)
{
	__atomic_fetch_add(&sig->nr_cpu_timers, (unsigned int)change, __ATOMIC_RELAXED);
}

static u64 cpu_now(int which, const struct cpu_times *times)
{
	return which == ITIMER_VIRTUAL ? times->user_ns : times->total_ns;
}

/* siglock held.  True: the timer expired at @now. */
static bool cpu_expires(struct itimer_state *s, int which, u64 now)
{
	if (!s->value[which] || now < s->value[which])
		return false;
	if (s->interval[which]) {
		s->value[which] += s->interval[which];
	} else {
		s->value[which] = 0;
		watch(s->sig, -1);
	}
	return true;
}

static void check_limit(struct task_struct *t, u64 used_ns)
{
	struct rlimit *r = &t->signal->rlim[RLIMIT_CPU];
	u64 sec = used_ns / NSEC_PER_SEC;
	int sig = 0;

	spin_lock(&t->sighand->siglock);
	if (r->max != RLIM_INFINITY && sec >= r->max) {
		sig = SIGKILL;
	} else if (r->cur != RLIM_INFINITY && sec >= r->cur) {
		sig = SIGXCPU;
		r->cur++;               /* the next is due in a second, as getrlimit(2) tells too */
	}
	spin_unlock(&t->sighand->siglock);
	if (sig)
		send_signal_process(sig, NULL, t);
}

void itimers_tick(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct itimer_state *s = smp_load_acquire(&sig->itimers);
	struct cpu_times times;
	bool virtual, prof;

	if (likely(!READ_ONCE(sig->nr_cpu_timers) && sig->rlim[RLIMIT_CPU].cur == RLIM_INFINITY))
		return;
	process_cpu_times_irq(t, &times);
	check_limit(t, times.total_ns);
	if (s) {
		spin_lock(&t->sighand->siglock);
		virtual = cpu_expires(s, ITIMER_VIRTUAL, times.user_ns);
		prof = cpu_expires(s, ITIMER_PROF, times.total_ns);
		spin_unlock(&t->sighand->siglock);
		if (virtual)
			send_signal_process(SIGVTALRM, NULL, t);
		if (prof)
			send_signal_process(SIGPROF, NULL, t);
	}
	posix_timers_tick(sig, &times);
}

void process_timers_exit(struct signal_struct *sig)
{
	if (sig->itimers)
		timer_cancel(&sig->itimers->real);
	posix_timers_delete(sig);
}

/* ------------------------------------------------ the calls */

static struct timeval to_timeval(u64 ns)
{
	ns += NSEC_PER_USEC - 1;        /* something left is never shown as nothing */
	return (struct timeval){ (s64)(ns / NSEC_PER_SEC),
				 (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

/* When ITIMER_REAL is due next; 0: not set. */
static u64 real_due(struct itimer_state *s)
{
	unsigned long flags = spin_lock_irqsave(&current->sighand->siglock);
	u64 due = s->due;

	if (s->told)                    /* what goes by meanwhile is not told */
		timer_count_due(&due, s->interval[ITIMER_REAL]);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	return due == TIMER_NEVER ? 0 : due;
}

static struct itimerval read_timer(struct itimer_state *s, int which)
{
	struct itimerval v = { { 0, 0 }, { 0, 0 } };
	struct cpu_times times;
	u64 now = time_ns(), value;

	if (!s)
		return v;
	if (which != ITIMER_REAL) {
		process_cpu_times(current, &times);
		now = cpu_now(which, &times);
		value = s->value[which];
	} else {
		value = real_due(s);
	}
	v.interval = to_timeval(s->interval[which]);
	if (value)
		v.value = to_timeval(value > now ? value - now : 1);
	return v;
}

/* A firing that is under way finds that nothing is due. */
static void set_real(struct itimer_state *s, u64 value, u64 interval)
{
	u64 due = value ? time_ns() + value : TIMER_NEVER;
	unsigned long flags = spin_lock_irqsave(&current->sighand->siglock);

	s->due = due;
	s->interval[ITIMER_REAL] = interval;
	s->told = false;
	timer_start(&s->real, due);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
}

static void set_timer(struct itimer_state *s, int which, u64 value, u64 interval)
{
	struct cpu_times times;
	unsigned long flags;

	if (which == ITIMER_REAL) {
		set_real(s, value, interval);
		return;
	}
	process_cpu_times(current, &times);
	flags = spin_lock_irqsave(&current->sighand->siglock);
	watch(s->sig, !!value - !!s->value[which]);
	s->interval[which] = interval;
	s->value[which] = value ? cpu_now(which, &times) + value : 0;
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
}

static bool timeval_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < 1000000;
}

static u64 from_timeval(const struct timeval *tv)
{
	struct timespec ts = { tv->tv_sec, tv->tv_usec * (s64)NSEC_PER_USEC };

	return timespec_to_ns(&ts);
}

long sys_getitimer(const unsigned long *a)
{
	struct itimerval v;

	if ((unsigned int)a[0] >= NR_ITIMERS)
		return -EINVAL;
	mutex_lock(&itimer_mutex);
	v = read_timer(current->signal->itimers, (int)a[0]);
	mutex_unlock(&itimer_mutex);
	return copy_to_user(a[1], &v, sizeof(v));
}

/* A missing new value counts as zero, as Linux has it. */
long sys_setitimer(const unsigned long *a)
{
	struct itimerval new = { { 0, 0 }, { 0, 0 } }, old;
	struct itimer_state *s;

	if (a[1] && get_user(&new, a[1]))
		return -EFAULT;
	if ((unsigned int)a[0] >= NR_ITIMERS || !timeval_valid(&new.value) ||
	    !timeval_valid(&new.interval))
		return -EINVAL;
	mutex_lock(&itimer_mutex);
	s = state_get(current->signal);
	if (!s) {
		mutex_unlock(&itimer_mutex);
		return -ENOMEM;
	}
	old = read_timer(s, (int)a[0]);
	set_timer(s, (int)a[0], from_timeval(&new.value), from_timeval(&new.interval));
	mutex_unlock(&itimer_mutex);
	return a[2] ? copy_to_user(a[2], &old, sizeof(old)) : 0;
}
