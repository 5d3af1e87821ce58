// SPDX-License-Identifier: MIT
/*
 * An area comes to be: its header is read, its bad pages are marked.
 *
 * The format is the one that mkswap(8) writes and Linux calls version 1: the
 * first page is the header and ends with a word of ten letters, all others are
 * slots.  It may be of a machine of the other byte order.
 *
 *	0     boot loader's  1024  version, last page, number of bad pages,
 *	      UUID, label    1536  bad pages ...      4086  SWAPSPACE2
 *
 * Nothing of the header is believed unchecked: it comes from a disk.
 */
#include <mm/swapon.h>

#include <lib/bitmap.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>

struct swap_header {
	u8 boot[1024];
	u32 version;
	u32 last_page;
	u32 nr_badpages;
	u8 uuid[16];
	u8 label[16];
	u32 padding[117];
	u32 badpages[637];
	u8 unused[2];
	u8 magic[10];
};
_Static_assert(sizeof(struct swap_header) == PAGE_SIZE, "the magic ends the page");

/* Who asks for no priority comes after all who came before. */
static int least_prio = -1;

static int area_setup(struct swap_area *a, struct swap_device *dev, const struct swap_header *h,
		      bool swapped);
static int mark_bad(struct swap_area *a, const struct swap_header *h, bool swapped);
static int area_discards(struct swap_area *a, unsigned int flags);

static u32 number(u32 v, bool swapped)
{
	return swapped ? __builtin_bswap32(v) : v;
}

/* 0, or -EINVAL: not what mkswap makes, or longer than the device. */
static int header_check(const struct swap_device *dev, const struct swap_header *h, bool *swapped)
{
	unsigned long last, nr_bad;

	if (memcmp(h->magic, "SWAPSPACE2", 10))
		return -EINVAL;
	*swapped = h->version == __builtin_bswap32(1);
	last = number(h->last_page, *swapped);
	nr_bad = number(h->nr_badpages, *swapped);
	if (number(h->version, *swapped) != 1 || !last || last >= dev->nr_pages)
		return -EINVAL;
	if (nr_bad && (dev->is_file || nr_bad > ARRAY_SIZE(h->badpages)))
		return -EINVAL;
	return 0;
}

int swap_on(struct swap_device *dev, const void *header, unsigned int flags)
{
	const struct swap_header *h = header;
	struct swap_area *a;
	bool swapped;
	int err = header_check(dev, h, &swapped);

	if (err)
		return err;
	a = swap_area_new();
	if (!a)
		return -EPERM;
	err = area_setup(a, dev, h, swapped);
	if (!err && flags & SWAP_FLAG_DISCARD && dev->can_discard)
		err = area_discards(a, flags);
	if (err) {
		swap_area_end(a);
		return err;
	}
	if (flags & SWAP_FLAG_PREFER)
		a->prio = flags & SWAP_FLAG_PRIO_MASK;
	else
		a->prio = __atomic_sub_fetch(&least_prio, 1, __ATOMIC_RELAXED);
	swap_area_start(a);
	return 0;
}

static int area_setup(struct swap_area *a, struct swap_device *dev, const struct swap_header *h,
		      bool swapped)
{
	unsigned long nr = number(h->last_page, swapped) + 1UL, clusters, c;
	int err;

	clusters = DIV_ROUND_UP(nr, CLUSTER);
	a->slot_users = kvmalloc(nr * sizeof(u16), GFP_KERNEL | GFP_ZERO);
	a->cluster_free = kvmalloc(clusters * sizeof(u16), GFP_KERNEL | GFP_ZERO);
	if (!a->slot_users || !a->cluster_free)
		return -ENOMEM;
	address_space_init(&a->as, NULL, NULL);
	radix_init(&a->as.pages, &swap_node_ops);
	a->dev = dev;
	a->nr_slots = nr;
	a->nr_pages = nr - 1;
	a->nr_used = 0;
	a->next = 1;
	for (c = 0; c < clusters; c++)
		a->cluster_free[c] = min(CLUSTER, nr - c * CLUSTER);
	a->slot_users[0] = SLOT_FAILED;         /* the header */
	a->cluster_free[0]--;
	err = mark_bad(a, h, swapped);
	return err ? err : a->nr_pages ? 0 : -EINVAL;
}

/* Both, unless one is named (swapon(2)). */
static int area_discards(struct swap_area *a, unsigned int flags)
{
	unsigned long clusters = DIV_ROUND_UP(a->nr_slots, CLUSTER);

	if (!(flags & SWAP_FLAG_DISCARD_PAGES) || flags & SWAP_FLAG_DISCARD_ONCE)
		swap_discard_area(a);
	if (flags & SWAP_FLAG_DISCARD_ONCE)
		return 0;
	a->nr_stale = 0;
	a->stale = kvmalloc(BITS_TO_LONGS(clusters) * sizeof(long), GFP_KERNEL | GFP_ZERO);
	if (!a->stale)
		return -ENOMEM;
	swap_discard_start();
	return 0;
}

static int mark_bad(struct swap_area *a, const struct swap_header *h, bool swapped)
{
	unsigned int nr = number(h->nr_badpages, swapped);

	for (unsigned int i = 0; i < nr; i++) {
		unsigned long bad = number(h->badpages[i], swapped);

		if (!bad || bad >= a->nr_slots)
			return -EINVAL;
		if (a->slot_users[bad])
			continue;               /* named twice */
		a->slot_users[bad] = SLOT_FAILED;
		a->cluster_free[bad / CLUSTER]--;
		a->nr_pages--;
	}
	return 0;
}

bool swap_figures(unsigned int i, struct swap_figures *f)
{
	struct swap_area *a = swap_area_at(i);
	unsigned long flags;
	bool on;

	if (!a)
		return false;
	flags = spin_lock_irqsave(&swap_lock);
	on = a->giving;
	f->pages = a->nr_pages;
	f->used = a->nr_used;
	f->prio = a->prio;
	if (on) {
		f->is_file = a->dev->is_file;
		strscpy(f->path, a->dev->path, sizeof(f->path));
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	return on;
}
