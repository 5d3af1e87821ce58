// SPDX-License-Identifier: MIT
/*
 * A serial port, as a terminal or the log sees it.
 */
#ifndef KERNEL_DRIVERS_UART_H
#define KERNEL_DRIVERS_UART_H

#include <kernel/sync.h>
#include <lib/types.h>

#define UART_RING       4096U   /* bytes waiting to be sent; a power of two */

/* [c] constant once in use  [l] lock */
struct uart_port {
	char name[16];                  /* [c] "ttyS0" */
	char *regs;                     /* [c] */
	unsigned int shift, width;      /* [c] of registers: their distance, and bytes an access */
	unsigned int fifo;              /* [c] bytes the chip takes at once */
	struct spinlock lock;           /* RANK_DRIVER, irqsave: registers and ring */
	u8 ring[UART_RING];             /* [l] */
	unsigned int head, tail;        /* [l] counts, modulo UART_RING */
	u8 ier;                         /* [l] interrupts that are on */
	bool starved;                   /* [l] a writer found no room: to be told */
	bool broken;                    /* [l] does not send any more */
	/*
	 * Bytes have arrived; half of the ring is free again.  Interrupt context, no lock held.
	 * May be NULL.
	 */
	void (*rx)(void *arg, const u8 *buf, size_t n);
	void (*tx_ready)(void *arg);
	void *arg;
	struct wait_queue tx_wait;      /* woken when there is room again */
	u64 overruns;                   /* bytes that were lost in the chip */
};

/* The @n-th port found, in the order of the device tree; NULL: no more. */
struct uart_port *uart_port(unsigned int n);
/* The one that /chosen names as standard output, else the first; NULL: none. */
struct uart_port *uart_console(void);

/* Who hears of the port; once.  Receiving starts. */
void uart_attach(struct uart_port *port, void (*rx)(void *arg, const u8 *buf, size_t n),
		 void (*tx_ready)(void *arg), void *arg);

/* Queue up to @n bytes; how many were taken.  Does not sleep; interrupts are fine. */
size_t uart_write(struct uart_port *port, const u8 *buf, size_t n);
size_t uart_write_room(struct uart_port *port);
size_t uart_pending(struct uart_port *port);            /* queued and not yet in the chip */

/* Hold the line at 0, or let it go. */
void uart_set_break(struct uart_port *port, bool on);

/* Send all of it now, after what is queued, polling: the log.  A LF gets its CR. */
void uart_write_sync(struct uart_port *port, const char *s, size_t n);
/* The same without the lock: panic(). */
void uart_write_panic(struct uart_port *port, const char *s, size_t n);

#endif
