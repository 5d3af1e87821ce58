// SPDX-License-Identifier: MIT
/*
 * The line discipline: what typing does (termios(3)).
 *
 * Input is worked on byte by byte where it arrives, in interrupt context, so
 * that ^C works while the program computes; so everything here holds
 * tty->lock and nothing sleeps.  Signals are collected while the lock is
 * held and sent after.
 */
#include <kernel/drivers/tty.h>

#include <kernel/signal.h>
#include <kernel/task.h>
#include <lib/string.h>

#define CTRL(c)         ((c) & 0x1f)
#define TAB_WIDTH       8

static bool receive_byte(struct tty *tty, u8 c, int *sig);
static bool special_byte(struct tty *tty, u8 c, int *sig, bool *eaten);
static void edit_byte(struct tty *tty, u8 c);
static void append(struct tty *tty, u8 c, bool eol, bool eof);
static void erase(struct tty *tty);
static void erase_word(struct tty *tty);
static void erase_line(struct tty *tty);
static void reprint(struct tty *tty);
static void echo(struct tty *tty, u8 c);
static void echo_raw(struct tty *tty, const char *s, size_t n);

static bool flag(u32 flags, u32 f) { return flags & f; }
static bool is_cc(const struct tty *tty, unsigned int i, u8 c)
{
	return tty->termios.c_cc[i] == c && c != 0;
}

void tty_receive(struct tty *tty, const u8 *buf, size_t n)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	int sig = 0, pgrp;
	bool ready = false;

	for (size_t i = 0; i < n; i++) {
		ready |= receive_byte(tty, buf[i], &sig);
		if (!sig)
			continue;
		spin_unlock_irqrestore(&tty->lock, flags);
		pgrp = READ_ONCE(tty->pgrp);
		if (pgrp)
			send_signal_pgrp(sig, pgrp);
		sig = 0;
		flags = spin_lock_irqsave(&tty->lock);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	if (ready)
		wake_up(&tty->read_wait);
}

void tty_wakeup_writers(struct tty *tty)
{
	wake_up(&tty->write_wait);
}

/* True when a reader has something new. */
static bool receive_byte(struct tty *tty, u8 c, int *sig)
{
	const struct termios *t = &tty->termios;
	bool eaten = false;
	unsigned int canon = tty->canon;

	if (flag(t->c_iflag, ISTRIP))
		c &= 0x7f;
	if (tty->literal) {
		tty->literal = false;
		edit_byte(tty, c);
		return !flag(t->c_lflag, ICANON);
	}
	if (special_byte(tty, c, sig, &eaten))
		return false;
	if (eaten)
		return false;
	if (c == '\r') {
		if (flag(t->c_iflag, IGNCR))
			return false;
		if (flag(t->c_iflag, ICRNL))
			c = '\n';
	} else if (c == '\n' && flag(t->c_iflag, INLCR)) {
		c = '\r';
	}
	if (!flag(t->c_lflag, ICANON)) {
		edit_byte(tty, c);
		return true;
	}
	if (is_cc(tty, VERASE, c))
		erase(tty);
	else if (is_cc(tty, VKILL, c))
		erase_line(tty);
	else if (is_cc(tty, VWERASE, c) && flag(t->c_lflag, IEXTEN))
		erase_word(tty);
	else if (is_cc(tty, VREPRINT, c) && flag(t->c_lflag, IEXTEN))
		reprint(tty);
	else if (is_cc(tty, VEOF, c))
		append(tty, 0, true, true);
	else if (c == '\n' || is_cc(tty, VEOL, c) ||
		 (is_cc(tty, VEOL2, c) && flag(t->c_lflag, IEXTEN))) {
		if (flag(t->c_lflag, ECHO) || (c == '\n' && flag(t->c_lflag, ECHONL)))
			echo(tty, c);
		append(tty, c, true, false);
	} else {
		edit_byte(tty, c);
	}
	return tty->canon != canon;
}

static void signal_byte(struct tty *tty, u8 c, int which, int *sig)
{
	*sig = which;
	if (!flag(tty->termios.c_lflag, NOFLSH))
		tty_flush_input(tty);
	if (flag(tty->termios.c_lflag, ECHO))
		echo(tty, c);
}

/* Flow control, signals, literal-next.  *eaten: the byte is no data. */
static bool special_byte(struct tty *tty, u8 c, int *sig, bool *eaten)
{
	const struct termios *t = &tty->termios;

	*eaten = true;
	if (flag(t->c_iflag, IXON)) {
		if (is_cc(tty, VSTOP, c)) {
			tty->stopped = true;
			if (tty->ops->status)
				tty->ops->status(tty, TTY_ST_STOP);
			return true;
		}
		if (is_cc(tty, VSTART, c) || (tty->stopped && flag(t->c_iflag, IXANY))) {
			if (tty->stopped && tty->ops->status)
				tty->ops->status(tty, TTY_ST_START);
			tty->stopped = false;
			tty_wakeup_writers(tty);
			if (is_cc(tty, VSTART, c))
				return true;
		}
	}
	if (flag(t->c_lflag, ISIG)) {
		int which = is_cc(tty, VINTR, c) ? SIGINT : is_cc(tty, VQUIT, c) ? SIGQUIT :
			    is_cc(tty, VSUSP, c) ? SIGTSTP : 0;

		if (which) {
			signal_byte(tty, c, which, sig);
			return true;
		}
	}
	if (is_cc(tty, VLNEXT, c) && flag(t->c_lflag, IEXTEN) && flag(t->c_lflag, ICANON)) {
		tty->literal = true;
		if (flag(t->c_lflag, ECHO) && flag(t->c_lflag, ECHOCTL))
			echo_raw(tty, "^\b", 2);
		return true;
	}
	*eaten = false;
	return false;
}

/* A byte of data joins the ring.  The last free place is kept for the end of a line. */
static void edit_byte(struct tty *tty, u8 c)
{
	const struct termios *t = &tty->termios;
	bool canonical = flag(t->c_lflag, ICANON);

	if (tty->head - tty->tail >= TTY_RING - 1) {
		if (flag(t->c_iflag, IMAXBEL))
			echo_raw(tty, "\a", 1);
		return;
	}
	if (canonical && tty->head == tty->canon)
		tty->line_column = tty->column;
	if (flag(t->c_lflag, ECHO))
		echo(tty, c);
	append(tty, c, false, false);
	if (!canonical)
		tty->canon = tty->head;
}

static void append(struct tty *tty, u8 c, bool eol, bool eof)
{
	unsigned int at = tty->head % TTY_RING;

	if (tty->head - tty->tail == TTY_RING)
		return;
	tty->ring[at] = c;
	bitmap_clear(tty->eol, at);
	bitmap_clear(tty->eof, at);
	if (eol)
		bitmap_set(tty->eol, at);
	if (eof)
		bitmap_set(tty->eof, at);
	tty->head++;
	if (eol)
		tty->canon = tty->head;
}

static bool utf8_continuation(const struct tty *tty, u8 c)
{
	return flag(tty->termios.c_iflag, IUTF8) && (c & 0xc0) == 0x80;
}

/* How many columns a byte takes when it stands at @column. */
static unsigned int width(const struct tty *tty, u8 c, unsigned int column)
{
	if (c == '\t')
		return TAB_WIDTH - column % TAB_WIDTH;
	if (c < 0x20 || c == 0x7f)
		return flag(tty->termios.c_lflag, ECHOCTL) ? 2 : 0;
	return utf8_continuation(tty, c) ? 0 : 1;
}

/* Columns from the start of the line being edited to its byte @end. */
static unsigned int columns_to(const struct tty *tty, unsigned int end)
{
	unsigned int column = tty->line_column;

	for (unsigned int i = tty->canon; i != end; i++)
		column += width(tty, tty->ring[i % TTY_RING], column);
	return column;
}

static void rub_out(struct tty *tty, unsigned int columns)
{
	while (columns--)
		echo_raw(tty, "\b \b", 3);
}

/* Take the last character of the line away; false when there is none. */
static bool drop_last(struct tty *tty)
{
	unsigned int before;

	if (tty->head == tty->canon)
		return false;
	before = columns_to(tty, tty->head);
	do
		tty->head--;
	while (tty->head != tty->canon && utf8_continuation(tty, tty->ring[tty->head % TTY_RING]));
	if (flag(tty->termios.c_lflag, ECHO)) {
		if (flag(tty->termios.c_lflag, ECHOE))
			rub_out(tty, before - columns_to(tty, tty->head));
		else
			echo(tty, tty->termios.c_cc[VERASE]);
	}
	return true;
}

static void erase(struct tty *tty)
{
	drop_last(tty);
}

static bool word_byte(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

static void erase_word(struct tty *tty)
{
	bool seen = false;

	while (tty->head != tty->canon) {
		bool word = word_byte(tty->ring[(tty->head - 1) % TTY_RING]);

		if (seen && !word)
			break;
		seen |= word;
		drop_last(tty);
	}
}

static void erase_line(struct tty *tty)
{
	u32 l = tty->termios.c_lflag;

	if (flag(l, ECHO) && !(flag(l, ECHOK) && flag(l, ECHOKE) && flag(l, ECHOE))) {
		tty->head = tty->canon;
		echo(tty, tty->termios.c_cc[VKILL]);
		if (flag(l, ECHOK))
			echo(tty, '\n');
		return;
	}
	while (drop_last(tty))
		;
}

static void reprint(struct tty *tty)
{
	if (!flag(tty->termios.c_lflag, ECHO))
		return;
	echo(tty, tty->termios.c_cc[VREPRINT]);
	echo(tty, '\n');
	tty->line_column = 0;
	for (unsigned int i = tty->canon; i != tty->head; i++)
		echo(tty, tty->ring[i % TTY_RING]);
}

/* Show a typed byte: control characters as ^X, newline and tab as they are. */
static void echo(struct tty *tty, u8 c)
{
	char text[2] = { '^', c ^ 0x40 };

	if (flag(tty->termios.c_lflag, ECHOCTL) && (c < 0x20 || c == 0x7f) && c != '\n' &&
	    c != '\t' && c != tty->termios.c_cc[VSTART] && c != tty->termios.c_cc[VSTOP])
		echo_raw(tty, text, 2);
	else
		tty_output(tty, &c, 1);
}

/* Echo that finds no room is dropped: typing never waits for output. */
static void echo_raw(struct tty *tty, const char *s, size_t n)
{
	tty_output(tty, (const u8 *)s, n);
}

/* The bytes that one byte of output becomes, at most TAB_WIDTH; updates the column. */
static size_t expand(struct tty *tty, u8 c, u8 *out)
{
	u32 o = tty->termios.c_oflag;
	size_t n = 0;

	switch (c) {
	case '\n':
		if (flag(o, ONLRET) || flag(o, ONLCR))
			tty->column = 0;
		if (flag(o, ONLCR))
			out[n++] = '\r';
		break;
	case '\r':
		if (flag(o, ONOCR) && tty->column == 0)
			return 0;
		if (flag(o, OCRNL))
			c = '\n';
		tty->column = 0;
		break;
	case '\t':
		do {
			tty->column++;
			if ((o & TABDLY) == XTABS)
				out[n++] = ' ';
		} while (tty->column % TAB_WIDTH);
		if ((o & TABDLY) == XTABS)
			return n;
		break;
	case '\b':
		if (tty->column)
			tty->column--;
		break;
	default:
		if (flag(o, OLCUC) && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (c >= 0x20 && c != 0x7f && !utf8_continuation(tty, c))
			tty->column++;
	}
	out[n++] = c;
	return n;
}

size_t tty_output(struct tty *tty, const u8 *buf, size_t n)
{
	u8 out[TAB_WIDTH + 1];
	size_t room, i;

	assert_held(&tty->lock);
	if (tty->stopped)
		return 0;
	if (!flag(tty->termios.c_oflag, OPOST))
		return tty->ops->write(tty, buf, n);
	room = tty->ops->write_room(tty);
	for (i = 0; i < n && room >= sizeof(out); i++) {
		size_t k = expand(tty, buf[i], out);

		tty->ops->write(tty, out, k);
		room -= k;
	}
	return i;
}

bool tty_input_ready(const struct tty *tty)
{
	return tty->canon != tty->tail;
}

/* Bytes a read would find: FIONREAD.  In canonical mode whole lines only. */
unsigned int tty_input_bytes(const struct tty *tty)
{
	return tty->canon - tty->tail;
}

size_t tty_input_room(const struct tty *tty)
{
	if (flag(tty->termios.c_lflag, ICANON) && tty->canon == tty->tail)
		return TTY_RING;        /* what does not fit rings the bell: a person must see it */
	return TTY_RING - 1 - min(tty->head - tty->tail, TTY_RING - 1U);
}

/*
 * Move up to @n bytes out; in canonical mode not beyond the end of a line,
 * and *end says that the line (or a lone ^D: 0 bytes) is complete.
 */
size_t tty_read_ring(struct tty *tty, u8 *buf, size_t n, bool *end)
{
	size_t got = 0;

	*end = false;
	while (tty->tail != tty->canon && !*end) {
		unsigned int at = tty->tail % TTY_RING;
		bool eof = bitmap_test(tty->eof, at);

		if (got == n && !eof)
			break;
		tty->tail++;
		if (eof || bitmap_test(tty->eol, at))
			*end = flag(tty->termios.c_lflag, ICANON);
		if (!eof)
			buf[got++] = tty->ring[at];
	}
	return got;
}

void tty_flush_input(struct tty *tty)
{
	tty->tail = tty->canon = tty->head;
	tty->literal = false;
}

/* Leaving canonical mode, what was typed is there for the taking; entering it, what is there is a
 * line. */
void tty_mode_changed(struct tty *tty, const struct termios *old)
{
	if ((old->c_lflag ^ tty->termios.c_lflag) & ICANON) {
		if (flag(tty->termios.c_lflag, ICANON) && tty->head != tty->tail)
			bitmap_set(tty->eol, (tty->head - 1) % TTY_RING);
		tty->canon = tty->head;
		tty->literal = false;
	}
	if (!flag(tty->termios.c_iflag, IXON))
		tty->stopped = false;
}
