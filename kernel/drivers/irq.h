// SPDX-License-Identifier: MIT
/*
 * Interrupts of devices: who wants to hear of which, and how often it came.
 */
#ifndef KERNEL_DRIVERS_IRQ_H
#define KERNEL_DRIVERS_IRQ_H

#include <lib/types.h>

#define NR_IRQS         128

/*
 * Call @fn(@arg), interrupts off, each time @irq fires; @name stays
 * referenced.  -EINVAL: no such interrupt; -EBUSY: taken; -ENODEV: no controller.
 */
int irq_request(unsigned int irq, void (*fn)(void *arg), void *arg, const char *name);

/* For the controller's driver. */
struct irq_chip {
	const char *name;
	unsigned int nr_irqs;                   /* numbers below this one exist */
	void (*enable)(unsigned int irq);       /* let it through to one hart, once and for all */
	void (*disable)(unsigned int irq);      /* on that hart */
	unsigned int (*hart)(unsigned int irq); /* which one that is */
};
void irq_set_chip(const struct irq_chip *chip);
/* @irq has been claimed: run its handler.  Interrupts off. */
void irq_handle(unsigned int irq);

/* For /proc/interrupts: the name (NULL: unused) and the count on @hart; the chip's name. */
const char *irq_name(unsigned int irq);
unsigned long irq_count(unsigned int irq, unsigned int hart);
const char *irq_chip_name(void);
unsigned long irq_total(void);          /* all of them, for /proc/stat */

#endif
