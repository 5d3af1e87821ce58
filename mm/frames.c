// SPDX-License-Identifier: MIT
/*
 * Frames: who gets one, and how hard we try.
 *
 * In front of the buddy lists every hart keeps a short stack of single frames,
 * so that the pair alloc_page, free_page touches nothing shared; the stack is
 * filled and emptied a batch at a time.  The watermarks are looked at only when
 * a batch is taken: that is often enough, and it keeps them out of the fast path.
 *
 * A hart that idles fills a second stack, of frames that are zeroes already, for
 * those who will ask it for such when it works again.
 *
 * Always true:  a free frame has count 0 and no flag but PG_buddy;
 *               an allocated one starts with no flag, mapcount 0, mapping NULL.
 * Lock:         interrupts off for a hart's own stack, buddy_lock behind it.
 */
#include <mm/frames.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <lib/string.h>
#include <mm/buddy.h>
#include <mm/oom.h>
#include <mm/page.h>
#include <mm/pagewait.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#define BATCH_ORDER     4
#define BATCH           (1U << BATCH_ORDER)
#define RETRIES         8       /* rounds of reclaim that free something without helping us */

/* Free frames, linked through private_[0]; the last that came is on top. */
struct frame_stack {
	struct page *top;
	unsigned int nr;
};

struct frame_hart {
	struct frame_stack any;         /* of any content */
	struct frame_stack zeroed;
} __aligned(CACHE_LINE);

static struct frame_hart frame_harts[NR_HARTS_MAX];
static unsigned int hart_max;           /* [c] frames a hart keeps */
#define ZEROED_SHARE    4       /* of hart_max, so many times less are zeroed ahead */
unsigned int sysctl_min_free_kbytes;
bool (*frames_fail)(void);

static __noinline struct page *alloc_zeroed(struct frame_hart *h, unsigned long flags);
static __noinline struct page *alloc_and_refill(unsigned int gfp);
static struct page *frames_refill(unsigned int gfp);
static struct page *frames_try_hard(unsigned int order, unsigned int gfp);
static struct page *frames_take(unsigned int order, unsigned int gfp);
static bool frames_wait_for_victim(unsigned int gfp, unsigned long starts);
static __noinline void frames_drain(unsigned int nr);
static void drain_this_hart(void *unused);
static void check_freed(const struct page *p);

static inline void frame_push(struct frame_stack *s, struct page *p)
{
	p->private_[0] = (unsigned long)s->top;
	s->top = p;
	s->nr++;
}

/* The caller has seen that there is one. */
static inline struct page *frame_pop(struct frame_stack *s)
{
	struct page *p = s->top;

	s->top = (struct page *)p->private_[0];
	s->nr--;
	return p;
}

/* The least that is always kept back: grows with the root of the size, as on Linux. */
static void set_min_free(void)
{
	unsigned long want = frames_total * (PAGE_SIZE / KiB) * 16, root = 1;

	while (root * root < want)
		root++;
	sysctl_min_free_kbytes = clamp(root, 128UL, 64 * 1024UL);
}

void frames_init(const struct boot_info *bi)
{
	buddy_init(bi);
	memset(frame_harts, 0, sizeof(frame_harts));
	set_min_free();
	hart_max = clamp(frames_total / 128, (unsigned long)BATCH, 32UL * BATCH);
	page_wait_init();
}

unsigned long frames_min(void)
{
	return READ_ONCE(sysctl_min_free_kbytes) / (PAGE_SIZE / KiB);
}

unsigned long frames_low(void)
{
	unsigned long m = frames_min();

	return m + m / 4;
}

unsigned long frames_high(void)
{
	unsigned long m = frames_min();

	return m + m / 2;
}

static __noinline struct page *frame_zero(struct page *p)
{
	page_zero(page_address(p));
	return p;
}

/* A frame that was just taken, as its new owner expects it. */
static inline struct page *frame_prepare(struct page *p, unsigned int gfp)
{
	assert(!p->flags && !atomic_read(&p->count));
	p->count.v = 1;                 /* nobody else knows it: plain stores */
	p->mapcount.v = 0;
	p->mapping = NULL;
	return gfp & GFP_ZERO ? frame_zero(p) : p;
}

/* Each way out of line: none saves the registers that another needs. */
struct page *alloc_page(unsigned int gfp)
{
	unsigned long flags;
	struct frame_hart *h;
	struct page *p;

	if (frames_must_fail())
		return NULL;
	flags = irq_save();
	h = &frame_harts[hart_id()];
	if (gfp & GFP_ZERO && h->zeroed.top)
		return alloc_zeroed(h, flags);
	if (unlikely(!h->any.top)) {
		irq_restore(flags);
		return alloc_and_refill(gfp);
	}
	p = frame_pop(&h->any);
	irq_restore(flags);
	return frame_prepare(p, gfp);
}

/* One that is zeroes, of this hart's @h, or NULL.  Interrupts off, which @flags ends. */
static inline struct page *zeroed_pop(struct frame_hart *h, unsigned long flags)
{
	struct page *p = h->zeroed.top ? frame_pop(&h->zeroed) : NULL;

	irq_restore(flags);
	return p;
}

static struct page *alloc_zeroed(struct frame_hart *h, unsigned long flags)
{
	return frame_prepare(zeroed_pop(h, flags), 0);
}

static struct page *alloc_and_refill(unsigned int gfp)
{
	struct page *p = frames_refill(gfp);

	return p ? frame_prepare(p, gfp) : NULL;
}

void free_page(struct page *p)
{
	unsigned long flags;
	struct frame_hart *h;

	if (DEBUG)
		check_freed(p);
	p->flags = 0;
	flags = irq_save();
	h = &frame_harts[hart_id()];
	frame_push(&h->any, p);
	if (unlikely(h->any.nr > hart_max))
		frames_drain(BATCH);
	irq_restore(flags);
}

struct page *alloc_pages(unsigned int order, unsigned int gfp)
{
	struct page *p;

	assert(order < MAX_ORDER);
	if (!order)
		return alloc_page(gfp);
	if (frames_must_fail())
		return NULL;
	p = frames_take(order, gfp);
	if (!p)
		p = frames_try_hard(order, gfp);
	if (!p)
		return NULL;
	vmstat_add(VMSTAT_pgalloc_normal, 1L << order);
	frame_prepare(p, gfp);
	for (unsigned long i = 1; i < 1UL << order; i++)
		frame_prepare(p + i, gfp)->count.v = 0;
	return p;
}

void free_pages(struct page *p, unsigned int order)
{
	unsigned long flags;

	assert(atomic_read(&p->count) == 1);
	atomic_set(&p->count, 0);
	if (!order) {
		free_page(p);
		return;
	}
	for (unsigned long i = 0; i < 1UL << order; i++) {
		if (DEBUG)
			check_freed(p + i);
		p[i].flags = 0;
	}
	vmstat_add(VMSTAT_pgfree, 1L << order);
	flags = spin_lock_irqsave(&buddy_lock);
	buddy_give(p, order);
	spin_unlock_irqrestore(&buddy_lock, flags);
}

static unsigned long frames_of_hart(unsigned int hart)
{
	return READ_ONCE(frame_harts[hart].any.nr) + READ_ONCE(frame_harts[hart].zeroed.nr);
}

unsigned long frames_free(void)
{
	unsigned long n = buddy_free();

	for (unsigned int h = 0; h < nr_harts; h++)
		n += frames_of_hart(h);
	return n;
}

void frames_count_orders(unsigned long nr[MAX_ORDER])
{
	buddy_count_orders(nr);
	for (unsigned int h = 0; h < nr_harts; h++)
		nr[0] += frames_of_hart(h);
}

/* ---- while a hart idles ---- */

bool frames_zero_ahead(void)
{
	struct frame_hart *h = &frame_harts[hart_id()];
	unsigned long flags;
	struct page *p;

	if (h->zeroed.nr >= hart_max / ZEROED_SHARE || buddy_free() < 2 * frames_high())
		return false;
	p = alloc_page(GFP_NOWARN);
	if (!p)
		return false;
	page_zero(page_address(p));
	vmstat_inc(VMSTAT_pgzeroed_ahead);
	atomic_set(&p->count, 0);
	flags = irq_save();
	frame_push(&h->zeroed, p);
	irq_restore(flags);
	return true;
}

/* ---- the slow path ---- */

/*
 * A batch for this hart: one block, or single frames when there is none left.
 * Interrupts off, buddy_lock held.
 */
static void frames_stack_batch(struct frame_hart *h)
{
	struct page *block = buddy_take(BATCH_ORDER);

	for (unsigned int i = 0; i < BATCH; i++) {
		struct page *p = block ? block + i : buddy_take(0);

		if (!p)
			break;
		frame_push(&h->any, p);
	}
}

/* One frame; and a batch of them for this hart while frames are plenty. */
static struct page *frames_refill(unsigned int gfp)
{
	struct page *p = NULL;

	if (buddy_free() > frames_high() + 2UL * BATCH * nr_harts) {
		unsigned long flags = spin_lock_irqsave(&buddy_lock);
		struct frame_hart *h = &frame_harts[hart_id()];

		frames_stack_batch(h);
		spin_unlock(&buddy_lock);
		if (h->any.top)
			p = frame_pop(&h->any);
		irq_restore(flags);
		vmstat_add(VMSTAT_pgalloc_normal, BATCH);
	}
	if (!p) {
		p = frames_take(0, gfp);
		if (!p)
			p = frames_try_hard(0, gfp);
		if (p)
			vmstat_inc(VMSTAT_pgalloc_normal);
	}
	return p;
}

/* What @gfp must leave: writing out and interrupts have the last half for themselves. */
static unsigned long frames_kept(unsigned int gfp)
{
	return gfp & GFP_DYING ? frames_min() / 2 : frames_min();
}

/* 2^order frames if the watermarks let @gfp have them. */
static struct page *frames_take(unsigned int order, unsigned int gfp)
{
	unsigned long nr_free = buddy_free(), nr = 1UL << order, flags;
	struct page *p;

	if (nr_free < frames_low() + nr)
		reclaim_wake();
	if (!(gfp & GFP_RESERVE) && nr_free < frames_kept(gfp) + nr)
		return NULL;
	flags = spin_lock_irqsave(&buddy_lock);
	p = buddy_take(order);
	spin_unlock_irqrestore(&buddy_lock, flags);
	return p;
}

/*
 * Reclaim until there is a frame, or nothing more can be had; then collect what
 * other harts hold; then a process must go, if @gfp is for one.
 */
static struct page *frames_try_hard(unsigned int order, unsigned int gfp)
{
	unsigned int tries = 0;
	struct page *p;

	if (!order) {
		unsigned long flags = irq_save();

		p = zeroed_pop(&frame_harts[hart_id()], flags);
		if (p)
			return p;
	}
	if (!(gfp & GFP_WAIT))
		return NULL;
	might_sleep();
	vmstat_inc(VMSTAT_allocstall_normal);
	for (;;) {
		unsigned long starts = swap_starts();
		unsigned long freed = reclaim_pages(max(32UL, 2UL << order), gfp);

		drain_this_hart(NULL);
		p = frames_take(order, gfp);
		if (p)
			return p;
		if (freed && tries++ < RETRIES)
			continue;
		if (gfp & GFP_NOWARN)           /* only a wish: not worth interrupting everybody */
			return NULL;
		slab_shrink();
		drain_this_hart(NULL);
		ipi_call_others(drain_this_hart, NULL);
		p = frames_take(order, gfp);
		if (p || !(gfp & GFP_OOM) || order)
			return p;
		if (fatal_signal_pending())     /* it is to die: let it */
			return frames_take(order, gfp | GFP_DYING);
		if (!frames_wait_for_victim(gfp, starts))
			return NULL;
		tries = 0;
	}
}

static bool frames_wait_for_victim(unsigned int gfp, unsigned long starts)
{
	if (!oom_kill(gfp, 0, starts))
		return false;
	set_current_state(TASK_KILLABLE);
	schedule_until(time_ns() + 10 * 1000 * 1000);
	set_current_state(TASK_RUNNING);
	return true;
}

/* Move @nr frames of this hart's stack to the buddy lists.  Interrupts off. */
static void frames_drain(unsigned int nr)
{
	struct frame_stack *own = &frame_harts[hart_id()].any, s = *own;

	vmstat_add(VMSTAT_pgfree, nr);
	spin_lock(&buddy_lock);
	while (nr--)
		buddy_give(frame_pop(&s), 0);
	spin_unlock(&buddy_lock);
	*own = s;
}

/* All this hart has, the zeroed ones too. */
static void drain_this_hart(void *unused)
{
	unsigned long flags = irq_save();
	struct frame_hart *h = &frame_harts[hart_id()];

	while (h->zeroed.top)
		frame_push(&h->any, frame_pop(&h->zeroed));
	frames_drain(h->any.nr);
	irq_restore(flags);
}

/* A frame that is freed while something still uses it says so here, not where it is used next. */
static void check_freed(const struct page *p)
{
	unsigned long bad = BIT(PG_locked) | BIT(PG_lru) | BIT(PG_writeback) | BIT(PG_buddy) |
			    BIT(PG_slab) | BIT(PG_reserved) | BIT(PG_swapcache);

	if (p->flags & bad || atomic_read(&p->count))
		panic("free of frame %#lx in use: flags %#lx, count %d", page_to_pfn(p),
		      p->flags, atomic_read(&p->count));
}
