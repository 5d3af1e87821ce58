// SPDX-License-Identifier: MIT
/*
 * tty: a terminal: a line discipline between a port and programs.
 *
 * Bytes come in from the port through tty_receive(), in interrupt context,
 * are edited and echoed there, and wait in a ring for read(2).  Output goes
 * through tty_output() to the port.
 */
#ifndef KERNEL_DRIVERS_TTY_H
#define KERNEL_DRIVERS_TTY_H

#include <kernel/drivers/termios.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/bitmap.h>
#include <lib/types.h>

struct file;
struct file_operations;
struct iov_iter;
struct task_struct;
struct tty;

#define TTY_RING        4096            /* bytes of input, N_TTY_BUF_SIZE */

/* What a port does for its tty. */
struct tty_ops {
	/* Take up to @n bytes for sending; how many.  Called with tty->lock held. */
	size_t (*write)(struct tty *tty, const u8 *buf, size_t n);
	/* Bytes that write would take now. */
	size_t (*write_room)(struct tty *tty);
	/* Bytes taken and not yet sent. */
	size_t (*pending)(struct tty *tty);
	/* What follows may be NULL.  One more file is opened (-errno: it may not), or closed. */
	int (*open)(struct tty *tty);
	void (*close)(struct tty *tty);
	/* Input was taken or flushed: the ring has room.  tty->lock held. */
	void (*unthrottle)(struct tty *tty);
	/* TTY_ST_ bits happened, which packet mode tells.  tty->lock held. */
	void (*status)(struct tty *tty, unsigned int bits);
	/* The line is broken (0 sent without end), or whole again.  Sleeps not. */
	void (*set_break)(struct tty *tty, bool on);
	/* The last reference is gone. */
	void (*free)(struct tty *tty);
};

/* As packet mode of a pseudo terminal tells them (TIOCPKT_, ioctl_tty(2)). */
#define TTY_ST_FLUSHREAD        1
#define TTY_ST_FLUSHWRITE       2
#define TTY_ST_STOP             4
#define TTY_ST_START            8
#define TTY_ST_NOSTOP           16
#define TTY_ST_DOSTOP           32

/* [c] constant  [l] lock  [t] tasklist_lock  [w] write_mutex  [a] atomic */
struct tty {
	/* [a] open files, and the port; whom it controls only while it has one of those */
	atomic_t refs;
	u64 dev;                        /* [c] for /proc/PID/stat */
	const struct tty_ops *ops;      /* [c] */
	void *port;                     /* [c] ops' own */
	struct spinlock lock;           /* RANK_TTY_STATE, irqsave */
	struct termios termios;         /* [l] */
	struct winsize winsize;         /* [l] */

	/*
	 *   tail            canon                     head
	 *    |  whole lines   |  the line being edited  |      (counts, modulo TTY_RING)
	 * eol marks the last byte of a line; for ^D that byte is not data (eof).
	 */
	u8 ring[TTY_RING];              /* [l] */
	unsigned long eol[TTY_RING / 64];       /* [l] */
	unsigned long eof[TTY_RING / 64];       /* [l] */
	unsigned int tail, canon, head; /* [l] */
	bool literal;                   /* [l] the next byte is data: ^V */
	bool stopped;                   /* [l] ^S */
	/* [a] TIOCEXCL from this side, from the other side of a pseudo terminal */
	bool exclusive[2];
	bool hung_up;                   /* [l] for good: who has it open reads its end */
	unsigned int column;            /* [l] of the cursor, for tabs and erasing */
	unsigned int line_column;       /* [l] where the line being edited began */

	struct wait_queue read_wait;
	struct wait_queue write_wait;   /* room for output, or ^Q */
	struct mutex write_mutex;       /* RANK_TTY: one program's write at a time */
	int pgrp;                       /* [t] foreground process group, 0: none */
	int session;                    /* [t] session it controls, 0: none */
};

void tty_init(struct tty *tty, u64 dev, const struct tty_ops *ops, void *port);
static inline struct tty *tty_get(struct tty *tty) { atomic_inc(&tty->refs); return tty; }
void tty_put(struct tty *tty);
/* The current session's, with a reference, or NULL. */
struct tty *tty_get_own(void);
/* Its other end has gone.  Sleeps not; no lock held. */
void tty_hangup(struct tty *tty);
/* Its last file is closed: nobody's controlling terminal any more. */
void tty_forget_session(struct tty *tty);

/* From the port: bytes have arrived.  Interrupt context. */
void tty_receive(struct tty *tty, const u8 *buf, size_t n);
/* From the port: there is room to write again.  Interrupt context. */
void tty_wakeup_writers(struct tty *tty);

/* Bytes that tty_receive() would keep now, or as many as wanted: it is a line being edited. */
size_t tty_input_room(const struct tty *tty);
/* tty_ldisc.c; lock held. */
bool tty_input_ready(const struct tty *tty);
unsigned int tty_input_bytes(const struct tty *tty);
size_t tty_read_ring(struct tty *tty, u8 *buf, size_t n, bool *end);
void tty_flush_input(struct tty *tty);
/* Output processing (OPOST) of @n bytes: how many were taken. */
size_t tty_output(struct tty *tty, const u8 *buf, size_t n);
/* After a change of termios: canonical mode went on or off. */
void tty_mode_changed(struct tty *tty, const struct termios *old);

/* tty_ioctl.c; @outside: from the other end of a pseudo terminal. */
long tty_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg, bool outside);

/*
 * tty_job.c: may the current task read (SIGTTIN), or write or change
 * (SIGTTOU)?  0, -ERESTARTSYS (signal sent), -EIO (orphaned).
 */
int tty_check_background(struct tty *tty, int sig);
/*
 * Make @tty the controlling terminal of the current session leader if it has none and @tty is
 * free.
 */
void tty_open_controlling(struct tty *tty);
int tty_set_controlling(struct tty *tty, bool steal);
int tty_give_up(struct tty *tty);               /* TIOCNOTTY */
int tty_get_pgrp(struct tty *tty, bool outside, int *pgrp);
int tty_set_pgrp(struct tty *tty, int pgrp);
/* The current task, a session leader, exits: its terminal is free; SIGHUP to the foreground. */
void tty_session_exit(void);
/* Numbers for /proc/PID/stat: tty_nr and tpgid (-1: none).  tasklist_lock held. */
void tty_numbers(struct task_struct *t, u64 *dev, int *tpgid);

/*
 * Terminals as files; file->private_ is the tty.  tty_serial_fops: open makes
 * it the controlling terminal; tty_controlling_fops: /dev/tty.
 */
extern const struct file_operations tty_fops, tty_serial_fops, tty_controlling_fops;
/* What opening a terminal does once file->private_ is it: count, and control. */
int tty_open_file(struct file *file, struct tty *tty);
/* The same for pseudo terminals' far ends, whose open finds the tty by its number. */
extern const struct file_operations pts_fops;

/* ptmx.c: /dev/ptmx and devpts. */
void pty_init(void);

/* console.c: register /dev/console, /dev/tty, /dev/ttyS0 and take the log over. */
void console_init(void);

#endif
