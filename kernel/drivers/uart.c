// SPDX-License-Identifier: MIT
/*
 * UART: serial ports of the 16550 family, found through the device tree
 * (reg-shift, reg-io-width, reg-offset).
 *
 * The firmware has set the line's speed, and it stays: the clock that a new
 * divisor would need is often not in the tree.  Sending and receiving are
 * driven by interrupts; the log sends by polling, behind what is queued, so
 * that lines keep their order.
 *
 * Always true: while the ring holds bytes, or a writer waits for room, the chip's
 *              transmit interrupt is on.
 * Lock: port->lock; callbacks run without it.
 */
#include <kernel/drivers/uart.h>

#include <arch/io.h>
#include <arch/machine.h>
#include <kernel/drivers/driver.h>
#include <kernel/drivers/irq.h>
#include <kernel/log.h>
#include <lib/fdt.h>
#include <lib/printf.h>
#include <mm/slab.h>

/* Registers (PC16550D data sheet, table II). */
enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6 };

#define IER_RX          0x01
#define IER_TX          0x02
#define IIR_NONE        0x01    /* no interrupt is pending */
#define IIR_FIFO        0xc0
#define FCR_ENABLE      0x01
#define FCR_CLEAR       0x06    /* both FIFOs */
#define LCR_8N1         0x03
#define LCR_BREAK       0x40
#define LCR_DLAB        0x80
#define MCR_DTR_RTS     0x03
#define MCR_OUT2        0x08    /* PC boards: lets the interrupt through */
#define LSR_READY       0x01
#define LSR_OVERRUN     0x02
#define LSR_THRE        0x20

#define FIFO_16550      16U
#define RX_BATCH        64U             /* bytes handed up at once */
#define IRQ_ROUNDS	256 /* a chip whose interrupt never goes away does not hang us */
#define POLL_LIMIT      10000000        /* reads of LSR before a port counts as dead */
#define UART_MAX        8

static struct uart_port *ports[UART_MAX];       /* [c] once probed */
static unsigned int nr_ports;
static struct uart_port *console_port;

static void uart_interrupt(void *arg);
static void receive(struct uart_port *port);
static void transmit(struct uart_port *port);
static void send_polled(struct uart_port *port, u8 c);

static u8 reg_read(struct uart_port *port, unsigned int reg)
{
	char *at = port->regs + (reg << port->shift);

	return port->width == 4	  ? (u8)io_read32(at)
	       : port->width == 2 ? (u8)io_read16(at)
				  : io_read8(at);
}

static void reg_write(struct uart_port *port, unsigned int reg, u8 v)
{
	char *at = port->regs + (reg << port->shift);

	if (port->width == 4)
		io_write32(at, v);
	else if (port->width == 2)
		io_write16(at, v);
	else
		io_write8(at, v);
}

/* ------------------------------------------------------------- bring-up */

/* Where and how wide the registers are.  0, -EINVAL, -ENOMEM. */
static int find_registers(struct uart_port *port, const void *fdt, int node)
{
	u32 shift = 0, width = 1, offset = 0;

	fdt_prop_u32(fdt, node, "reg-shift", &shift);
	fdt_prop_u32(fdt, node, "reg-io-width", &width);
	fdt_prop_u32(fdt, node, "reg-offset", &offset);
	if (shift > 3 || (width != 1 && width != 2 && width != 4) || offset >= PAGE_SIZE ||
	    (1U << shift) < width)
		return -EINVAL;
	port->shift = shift;
	port->width = width;
	port->regs = driver_map(fdt, node, 0, offset + (MSR << shift) + width);
	if (!port->regs)
		return -ENOMEM;
	port->regs += offset;
	return 0;
}

static void start_chip(struct uart_port *port)
{
	reg_write(port, IER, 0);
	reg_write(port, LCR, LCR_8N1);
	reg_write(port, FCR, FCR_ENABLE | FCR_CLEAR);
	reg_write(port, MCR, MCR_DTR_RTS | MCR_OUT2);
	port->fifo = (reg_read(port, IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_16550 : 1;
}

int uart_probe(const void *fdt, int node)
{
	int console = fdt_path_node(fdt, "/chosen"), err;
	struct uart_port *port;
	const char *stdout_path = NULL;
	unsigned int irq;

	if (nr_ports == UART_MAX)
		return -ENOSPC;
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return -ENOMEM;
	snprintf(port->name, sizeof(port->name), "ttyS%u", nr_ports);
	spin_lock_init(&port->lock, RANK_DRIVER);
	wait_queue_init(&port->tx_wait);
	err = find_registers(port, fdt, node);
	if (err)
		goto fail;
	start_chip(port);
	err = driver_irq(fdt, node, &irq);
	if (!err)
		err = irq_request(irq, uart_interrupt, port, port->name);
	if (err)
		goto fail;
	if (console >= 0)
		stdout_path = fdt_prop_string(fdt, console, "stdout-path");
	if (stdout_path && fdt_path_node(fdt, stdout_path) == node)
		console_port = port;
	ports[nr_ports++] = port;
	return 0;
fail:
	kfree(port);
	return err;
}

struct uart_port *uart_port(unsigned int n)
{
	return n < nr_ports ? ports[n] : NULL;
}

struct uart_port *uart_console(void)
{
	return console_port ? console_port : ports[0];
}

void uart_attach(struct uart_port *port, void (*rx)(void *arg, const u8 *buf, size_t n),
		 void (*tx_ready)(void *arg), void *arg)
{
	unsigned long flags = spin_lock_irqsave(&port->lock);

	port->arg = arg;
	port->tx_ready = tx_ready;
	port->rx = rx;
	port->ier |= IER_RX;
	reg_write(port, IER, port->ier);
	spin_unlock_irqrestore(&port->lock, flags);
}

/* -------------------------------------------------------------- sending */

static size_t ring_used(const struct uart_port *port)
{
	return port->head - port->tail;
}

size_t uart_write(struct uart_port *port, const u8 *buf, size_t n)
{
	unsigned long flags = spin_lock_irqsave(&port->lock);
	size_t done = port->broken ? n : min(n, UART_RING - ring_used(port));

	for (size_t i = 0; i < done && !port->broken; i++)
		port->ring[port->head++ % UART_RING] = buf[i];
	if (done < n)
		port->starved = true;
	transmit(port);
	spin_unlock_irqrestore(&port->lock, flags);
	return done;
}

size_t uart_write_room(struct uart_port *port)
{
	unsigned long flags = spin_lock_irqsave(&port->lock);
	size_t room = UART_RING - ring_used(port);

	spin_unlock_irqrestore(&port->lock, flags);
	return room;
}

size_t uart_pending(struct uart_port *port)
{
	return UART_RING - uart_write_room(port);
}

void uart_set_break(struct uart_port *port, bool on)
{
	unsigned long flags = spin_lock_irqsave(&port->lock);

	reg_write(port, LCR, on ? LCR_8N1 | LCR_BREAK : LCR_8N1);
	spin_unlock_irqrestore(&port->lock, flags);
}

/* Lock held: as much as the chip takes; the interrupt asks for the rest. */
static void transmit(struct uart_port *port)
{
	u8 ier;

	/* THRE says that the FIFO is empty: then a whole FIFO of bytes fits. */
	while (ring_used(port) && (reg_read(port, LSR) & LSR_THRE))
		for (unsigned int i = 0; i < port->fifo && ring_used(port); i++)
			reg_write(port, THR, port->ring[port->tail++ % UART_RING]);
	ier = ring_used(port) || port->starved ? port->ier | IER_TX : port->ier & ~IER_TX;
	if (ier != port->ier) {
		port->ier = ier;
		reg_write(port, IER, ier);
	}
}

/* A chip that never takes the byte is given up, so that a panic still ends. */
static void send_polled(struct uart_port *port, u8 c)
{
	for (int i = 0; !port->broken && !(reg_read(port, LSR) & LSR_THRE); i++)
		if (i == POLL_LIMIT)
			port->broken = true;
	if (!port->broken)
		reg_write(port, THR, c);
}

void uart_write_panic(struct uart_port *port, const char *s, size_t n)
{
	while (ring_used(port))
		send_polled(port, port->ring[port->tail++ % UART_RING]);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			send_polled(port, '\r');
		send_polled(port, (u8)s[i]);
	}
}

void uart_write_sync(struct uart_port *port, const char *s, size_t n)
{
	unsigned long flags = spin_lock_irqsave(&port->lock);

	uart_write_panic(port, s, n);
	transmit(port);
	spin_unlock_irqrestore(&port->lock, flags);
}

/* ------------------------------------------------------------ interrupt */

static void uart_interrupt(void *arg)
{
	struct uart_port *port = arg;
	unsigned long flags;
	bool room;

	for (int i = 0; i < IRQ_ROUNDS && !(reg_read(port, IIR) & IIR_NONE); i++) {
		receive(port);
		flags = spin_lock_irqsave(&port->lock);
		transmit(port);
		room = port->starved && ring_used(port) <= UART_RING / 2;
		if (room) {
			port->starved = false;
			transmit(port);         /* it may stop asking */
		}
		/* a change of modem lines interrupts until it is read */
		reg_read(port, MSR);
		spin_unlock_irqrestore(&port->lock, flags);
		if (room) {
			wake_up_all(&port->tx_wait);
			if (port->tx_ready)
				port->tx_ready(port->arg);
		}
	}
}

/* Only the interrupt reads the receiver, and it comes to one hart: no lock. */
static void receive(struct uart_port *port)
{
	u8 buf[RX_BATCH], lsr;
	unsigned int n = 0;

	while (n < RX_BATCH && ((lsr = reg_read(port, LSR)) & (LSR_READY | LSR_OVERRUN))) {
		if (lsr & LSR_OVERRUN)
			port->overruns++;
		if (lsr & LSR_READY)
			buf[n++] = reg_read(port, RBR);
	}
	if (n && port->rx)
		port->rx(port->arg, buf, n);
}
