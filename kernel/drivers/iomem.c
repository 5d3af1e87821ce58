// SPDX-License-Identifier: MIT
/*
 * Physical addresses that are somebody's: RAM, and registers that a driver has.
 *
 * Lock: none: the list grows at boot only, in one task.
 */
#include <kernel/drivers/iomem.h>

#include <arch/machine.h>
#include <kernel/cred.h>
#include <kernel/fs/proc/proc.h>
#include <lib/fdt.h>
#include <lib/list.h>
#include <mm/slab.h>

struct range {
	struct list_head node;          /* ascending */
	paddr_t start, last;            /* both in it */
	const char *name;               /* in the device tree, which stays */
};

static LIST_HEAD(ranges);
static paddr_t ram_end;

static void add(u64 start, u64 size, const char *name)
{
	struct range *r = size ? kmalloc(sizeof(*r), GFP_KERNEL) : NULL, *next;
	struct list_head *before = &ranges;

	if (!r)
		return;
	r->start = start;
	r->last = start + size - 1;
	r->name = name;
	list_for_each_entry(next, &ranges, node)
		if (next->start > start) {
			before = &next->node;
			break;
		}
	list_add_tail(&r->node, before);
}

void iomem_init(void)
{
	u64 start, size;
	int node = -1;

	while ((node = fdt_find_device_type(machine_fdt, node, "memory")) >= 0)
		for (int i = 0; !fdt_reg(machine_fdt, node, i, &start, &size); i++) {
			add(start, size, "System RAM");
			ram_end = max(ram_end, start + size);
		}
}

void iomem_claim(const void *fdt, int node)
{
	u64 start, size;

	if (!fdt_reg(fdt, node, 0, &start, &size))
		add(start, size, fdt_node_name(fdt, node));
}

bool iomem_taken(paddr_t start, u64 len)
{
	struct range *r;

	list_for_each_entry(r, &ranges, node)
		if (start <= r->last && start + len > r->start)
			return true;
	return false;
}

paddr_t iomem_ram_end(void)
{
	return ram_end;
}

/* /proc/iomem: only an administrator is told where. */
int proc_show_iomem(struct seq_file *m, struct task_struct *t)
{
	unsigned long told = capable(CAP_SYS_ADMIN) ? ~0UL : 0;
	struct range *r;

	list_for_each_entry(r, &ranges, node)
		seq_printf(m, "%08lx-%08lx : %s\n", r->start & told, r->last & told, r->name);
	return 0;
}
