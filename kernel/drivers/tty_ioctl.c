// SPDX-License-Identifier: MIT
/*
 * ioctl_tty(2): modes, window size, job control, flushing.
 */
#include <kernel/drivers/tty.h>

#include <kernel/cred.h>
#include <kernel/fs/inode.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/uaccess.h>

static struct termios termios_get(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	struct termios t = tty->termios;

	spin_unlock_irqrestore(&tty->lock, flags);
	return t;
}

static bool drained(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	bool done = tty->ops->pending(tty) == 0;

	spin_unlock_irqrestore(&tty->lock, flags);
	return done;
}

/* The port wakes writers when it has room; look again at least every 10 ms until the last byte is
 * out. */
static int drain(struct tty *tty)
{
	int error = 0;

	while (!drained(tty) && !error) {
		error = wait_event_interruptible_until(&tty->write_wait, drained(tty),
						       time_ns() + 10 * NSEC_PER_MSEC);
		if (error == -ETIMEDOUT)
			error = 0;
	}
	return error;
}

static void status(struct tty *tty, unsigned int bits)
{
	if (tty->ops->status)
		tty->ops->status(tty, bits);
}

/* Does ^S stop it? */
static bool stops(const struct termios *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 19 && t->c_cc[VSTART] == 17;
}

static void tell_mode(struct tty *tty, const struct termios *old)
{
	if (stops(old) != stops(&tty->termios))
		status(tty, stops(old) ? TTY_ST_NOSTOP : TTY_ST_DOSTOP);
}

static int termios_set(struct tty *tty, const struct termios *t, bool wait, bool flush)
{
	struct termios old;
	unsigned long flags;
	int error = tty_check_background(tty, SIGTTOU);

	if (!error && wait)
		error = drain(tty);
	if (error)
		return error;
	flags = spin_lock_irqsave(&tty->lock);
	if (flush)
		tty_flush_input(tty);
	old = tty->termios;
	tty->termios = *t;
	tty_mode_changed(tty, &old);
	tell_mode(tty, &old);
	if (tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	wake_up_all(&tty->read_wait);
	wake_up_all(&tty->write_wait);
	return 0;
}

static long set_from_user(struct tty *tty, unsigned int cmd, vaddr_t arg)
{
	struct termios2 t2 = { 0 };
	bool two = cmd == TCSETS2 || cmd == TCSETSW2 || cmd == TCSETSF2;
	bool flush = cmd == TCSETSF || cmd == TCSETSF2;
	bool wait = flush || cmd == TCSETSW || cmd == TCSETSW2;

	if (copy_from_user(&t2, arg, two ? sizeof(t2) : sizeof(t2.t)) != 0)
		return -EFAULT;
	return termios_set(tty, &t2.t, wait, flush);
}

static long get_to_user(struct tty *tty, unsigned int cmd, vaddr_t arg)
{
	struct termios2 t2 = { .t = termios_get(tty), .c_ispeed = 38400, .c_ospeed = 38400 };

	return copy_to_user(arg, &t2, cmd == TCGETS2 ? sizeof(t2) : sizeof(t2.t));
}

/* The older form: half of each word, and the first of the characters. */
static long get_termio(struct tty *tty, vaddr_t arg)
{
	struct termios t = termios_get(tty);
	struct termio old = { (u16)t.c_iflag, (u16)t.c_oflag, (u16)t.c_cflag, (u16)t.c_lflag,
			      t.c_line, { 0 } };

	memcpy(old.c_cc, t.c_cc, NCC);
	return copy_to_user(arg, &old, sizeof(old));
}

static u32 low_half(u32 word, u16 low)
{
	return (word & ~0xffffU) | low;
}

static long set_termio(struct tty *tty, unsigned int cmd, vaddr_t arg)
{
	struct termios t = termios_get(tty);
	struct termio old;

	if (copy_from_user(&old, arg, sizeof(old)) != 0)
		return -EFAULT;
	t.c_iflag = low_half(t.c_iflag, old.c_iflag);
	t.c_oflag = low_half(t.c_oflag, old.c_oflag);
	t.c_cflag = low_half(t.c_cflag, old.c_cflag);
	t.c_lflag = low_half(t.c_lflag, old.c_lflag);
	t.c_line = old.c_line;
	memcpy(t.c_cc, old.c_cc, NCC);
	return termios_set(tty, &t, cmd != TCSETA, cmd == TCSETAF);
}

static long set_winsize(struct tty *tty, vaddr_t arg)
{
	struct winsize ws;
	unsigned long flags;
	bool changed;

	if (copy_from_user(&ws, arg, sizeof(ws)) != 0)
		return -EFAULT;
	flags = spin_lock_irqsave(&tty->lock);
	changed = ws.ws_row != tty->winsize.ws_row || ws.ws_col != tty->winsize.ws_col ||
		  ws.ws_xpixel != tty->winsize.ws_xpixel || ws.ws_ypixel != tty->winsize.ws_ypixel;
	tty->winsize = ws;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed && READ_ONCE(tty->pgrp))
		send_signal_pgrp(SIGWINCH, READ_ONCE(tty->pgrp));
	return 0;
}

static long get_winsize(struct tty *tty, vaddr_t arg)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	struct winsize ws = tty->winsize;

	spin_unlock_irqrestore(&tty->lock, flags);
	return copy_to_user(arg, &ws, sizeof(ws));
}

static long input_count(struct tty *tty, vaddr_t arg)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	int n = tty_input_bytes(tty);

	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user(n, arg);
}

static long output_count(struct tty *tty, vaddr_t arg)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	int n = tty->ops->pending(tty);

	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user(n, arg);
}

/* What a serial port has taken for sending cannot be called back; a pseudo terminal drops it. */
static long flush_queues(struct tty *tty, unsigned long which)
{
	unsigned long flags;
	int error = tty_check_background(tty, SIGTTOU);

	if (error)
		return error;
	if (which > TCIOFLUSH)
		return -EINVAL;
	flags = spin_lock_irqsave(&tty->lock);
	if (which != TCOFLUSH) {
		tty_flush_input(tty);
		status(tty, TTY_ST_FLUSHREAD);
		if (tty->ops->unthrottle)
			tty->ops->unthrottle(tty);
	}
	if (which != TCIFLUSH)
		status(tty, TTY_ST_FLUSHWRITE);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static long flow_control(struct tty *tty, unsigned long what)
{
	unsigned long flags;
	u8 c;
	int error = tty_check_background(tty, SIGTTOU);

	if (error)
		return error;
	if (what > TCION)
		return -EINVAL;
	flags = spin_lock_irqsave(&tty->lock);
	if (what == TCOOFF || what == TCOON) {
		tty->stopped = what == TCOOFF;
		status(tty, tty->stopped ? TTY_ST_STOP : TTY_ST_START);
	} else {
		c = tty->termios.c_cc[what == TCIOFF ? VSTOP : VSTART];
		if (c)
			tty->ops->write(tty, &c, 1);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	wake_up_all(&tty->write_wait);
	return 0;
}

static long get_pgrp(struct tty *tty, vaddr_t arg, bool outside)
{
	int pgrp, error = tty_get_pgrp(tty, outside, &pgrp);

	return error ? error : put_user(pgrp, arg);
}

static long set_pgrp(struct tty *tty, vaddr_t arg)
{
	int pgrp;

	if (get_user(&pgrp, arg) != 0)
		return -EFAULT;
	return tty_set_pgrp(tty, pgrp);
}

static long get_session(struct tty *tty, vaddr_t arg, bool outside)
{
	int session;

	if (!outside && READ_ONCE(current->signal->tty) != tty)
		return -ENOTTY;
	session = READ_ONCE(tty->session);
	return session ? put_user(session, arg) : -ENOTTY;
}

static long push_input(struct tty *tty, vaddr_t arg)
{
	u8 c;

	if (!capable(CAP_SYS_ADMIN))
		return READ_ONCE(current->signal->tty) == tty ? -EIO : -EPERM;
	if (get_user(&c, arg) != 0)
		return -EFAULT;
	tty_receive(tty, &c, 1);
	return 0;
}

/*
 * Break the line, or mend it: for a while (TCSBRK of 0: a quarter of a second, TCSBRKP: that many
 * tenths of one), or until told again.  What was written goes first.
 */
static long line_break(struct tty *tty, unsigned int cmd, unsigned long arg)
{
	int error = tty_check_background(tty, SIGTTOU);

	if (!error && cmd != TIOCCBRK)
		error = drain(tty);
	if (error || !tty->ops->set_break || (cmd == TCSBRK && arg))
		return error;
	tty->ops->set_break(tty, cmd != TIOCCBRK);
	if (cmd != TCSBRK && cmd != TCSBRKP)
		return 0;
	arg = cmd == TCSBRKP && arg ? (u32)arg * 100U : 250;
	error = sleep_until(time_ns() + arg * NSEC_PER_MSEC);
	tty->ops->set_break(tty, false);
	return error;
}

/* There is one. */
static long set_discipline(struct tty *tty, vaddr_t arg)
{
	int number, error = tty_check_background(tty, SIGTTOU);

	if (!error)
		error = drain(tty);
	if (!error)
		error = get_user(&number, arg);
	return error ? error : number ? -EINVAL : 0;
}

long tty_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg, bool outside)
{
	int zero = 0;

	switch (cmd) {
	case TCGETS:
	case TCGETS2:
		return get_to_user(tty, cmd, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_from_user(tty, cmd, arg);
	case TCGETA:
		return get_termio(tty, arg);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termio(tty, cmd, arg);
	case TIOCGWINSZ:
		return get_winsize(tty, arg);
	case TIOCSWINSZ:
		return set_winsize(tty, arg);
	case TIOCSCTTY:
		return tty_set_controlling(tty, arg == 1);
	case TIOCNOTTY:
		return tty_give_up(tty);
	case TIOCGPGRP:
		return get_pgrp(tty, arg, outside);
	case TIOCSPGRP:
		return set_pgrp(tty, arg);
	case TIOCGSID:
		return get_session(tty, arg, outside);
	case FIONREAD:
		return input_count(tty, arg);
	case TIOCOUTQ:
		return output_count(tty, arg);
	case TCFLSH:
		return flush_queues(tty, arg);
	case TCXONC:
		return flow_control(tty, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return line_break(tty, cmd, arg);
	case TIOCEXCL:
	case TIOCNXCL:
		WRITE_ONCE(tty->exclusive[outside], cmd == TIOCEXCL);
		return 0;
	case TIOCGEXCL:
		return put_user((int)READ_ONCE(tty->exclusive[outside]), arg);
	case TIOCGDEV:
		return put_user((u32)tty->dev, arg);
	case TIOCSTI:
		return push_input(tty, arg);
	case TIOCGETD:
		return put_user(zero, arg);
	case TIOCSETD:
		return set_discipline(tty, arg);
	default:
		return -ENOTTY;
	}
}
