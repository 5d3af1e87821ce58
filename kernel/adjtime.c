// SPDX-License-Identifier: MIT
/*
 * adjtimex(2) and clock_adjtime(2): how well the time of day is kept.
 *
 * By nobody: the clock is the machine's, is never slewed, and so is told as one that nothing
 * disciplines: STA_UNSYNC, TIME_ERROR.
 *
 * Unlike Linux, what would change its rate or its phase is EOPNOTSUPP; clock_settime(2) steps it.
 */
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define ADJ_READ_ADJTIME 0xa001U        /* what is left of an adjtime(3): nothing */
#define ADJ_READONLY    0x2000U
#define ADJ_ADJTIME     0x8000U
#define STA_UNSYNC      64
#define TIME_ERROR      5

struct timex {
	u32 modes, pad;
	s64 offset, freq, maxerror, esterror;
	s64 status;             /* int, and padding */
	s64 constant, precision, tolerance;
	s64 sec, usec;
	s64 tick;
	s64 pps[8];             /* of a signal each second: none */
	s32 tai, reserved[11];
};
_Static_assert(sizeof(struct timex) == 208, "struct timex of riscv64");

static long adjtime_read(vaddr_t addr, struct timex *tx)
{
	u64 ns = clock_realtime_ns();
	u32 modes = tx->modes;

	if (modes && (modes & (ADJ_ADJTIME | ADJ_READONLY)) != (ADJ_ADJTIME | ADJ_READONLY) &&
	    !capable(CAP_SYS_TIME))
		return -EPERM;
	if (modes && modes != ADJ_READ_ADJTIME)
		return -EOPNOTSUPP;
	memset(tx, 0, sizeof(*tx));
	tx->modes = modes;
	tx->maxerror = tx->esterror = 16000000;         /* us: as bad as can be said */
	tx->status = STA_UNSYNC;
	tx->constant = 2;
	tx->precision = 1;
	tx->tolerance = 500 << 16;                      /* of a million */
	tx->sec = (s64)(ns / NSEC_PER_SEC);
	tx->usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
	tx->tick = 10000;                               /* us */
	return put_user(*tx, addr) ? -EFAULT : TIME_ERROR;
}

long sys_adjtimex(const unsigned long *a)
{
	struct timex tx;

	return get_user(&tx, a[0]) ? -EFAULT : adjtime_read(a[0], &tx);
}

long sys_clock_adjtime(const unsigned long *a)
{
	int id = (int)a[0], err;
	struct timex tx;

	if (get_user(&tx, a[1]))
		return -EFAULT;
	err = clock_check(id, BIT(CLOCK_REALTIME));
	if (id < 0)     /* a device's, of which there are none, or CPU time */
		return err ? -EINVAL : -EOPNOTSUPP;
	return err ? err : adjtime_read(a[1], &tx);
}
