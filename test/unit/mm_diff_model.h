// SPDX-License-Identifier: MIT
/*
 * An address space as an array of pages: what mmap(2) and its family mean, written
 * to be seen to be right.  Nothing is shared with mm/ but the numbers.
 *
 * A page knows its flags (VM_, but for VM_ACCOUNT, which is between mm/ and its
 * limits), the object behind it (a file, or shared memory) with the index in it, and
 * the bytes that are its own since a private page was written.  An area is a run of
 * pages that agree.
 *
 * Only three windows have pages: the arena, the heap, and what lies below the place
 * where the kernel starts to look for room.  Nothing is ever short.
 *
 * Included once by a program, after mm_world.h.
 */
#ifndef TEST_MM_DIFF_MODEL_H
#define TEST_MM_DIFF_MODEL_H

#include <mm/mmap.h>
#include <mm/vm_flags.h>

#include <unistd.h>

#include "../guest/programs/mmdiff/args.h"

#define PAGE            PAGE_SIZE
#define OBJECT_PAGES    128U
#define GUARD_PAGES     256U            /* stack_guard_gap */
#define MAY_ALL         (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define LOCK_FLAGS      (VM_LOCKED | VM_LOCKONFAULT)

static const struct mmop_place place = {
	.arena = 0x1400000000, .heap = 0x1000000000, .top = 0x3000000000,
};

/* The windows: slots of the array, by ascending address. */
enum { HEAP_SLOTS = 64, ARENA_SLOTS = 256, TOP_SLOTS = 2048 };
enum { ARENA_AT = HEAP_SLOTS, TOP_AT = ARENA_AT + ARENA_SLOTS, NR_SLOTS = TOP_AT + TOP_SLOTS };

/* The bytes behind pages: NULL for zeroes. */
struct object {
	u8 *bytes[OBJECT_PAGES];
	u64 size;
	const void *known_as;           /* mm/'s address_space, once it was seen */
	struct object *next;            /* all there are */
};

struct slot {
	bool there;
	unsigned long flags;
	struct object *obj;             /* NULL: anonymous, private */
	int file;                       /* F_ by which obj was mapped; -1: none */
	unsigned long index;
	u8 *own;
};

struct model {
	struct slot slot[NR_SLOTS];
	unsigned long brk;
	unsigned long def_flags;        /* mlockall(MCL_FUTURE) */
	struct model *parent;           /* lives too */
};

static struct object *objects;
static struct object *file_object[NR_FD];

/* The end of a run: model and mm/ do not agree. */
#define differ(...) do { \
	printf("# "); \
	printf(__VA_ARGS__); \
	printf("\n"); \
	fflush(stdout); \
	_exit(1); \
} while (0)

/* ---- windows ---- */

/* The slot of @addr, or -1. */
static int slot_of(unsigned long addr)
{
	static const struct { unsigned long start; int at, nr; } windows[] = {
		{ place.heap, 0, HEAP_SLOTS }, { place.arena, ARENA_AT, ARENA_SLOTS },
		{ place.top - TOP_SLOTS * PAGE, TOP_AT, TOP_SLOTS },
	};

	for (size_t w = 0; w < ARRAY_SIZE(windows); w++)
		if (addr >= windows[w].start && addr - windows[w].start < windows[w].nr * PAGE)
			return windows[w].at + (int)((addr - windows[w].start) / PAGE);
	return -1;
}

static unsigned long slot_address(int s)
{
	if (s < ARENA_AT)
		return place.heap + s * PAGE;
	if (s < TOP_AT)
		return place.arena + (s - ARENA_AT) * PAGE;
	return place.top - (NR_SLOTS - s) * PAGE;
}

static bool same_window(int a, int b)
{
	return (a < ARENA_AT) == (b < ARENA_AT) && (a < TOP_AT) == (b < TOP_AT);
}

static struct slot *at(struct model *m, unsigned long addr)
{
	int s = slot_of(addr);

	if (s < 0)
		differ("%#lx is outside of the model", addr);
	return &m->slot[s];
}

static struct slot *next_slot(struct model *m, const struct slot *p)
{
	int s = (int)(p - m->slot);

	return s + 1 < NR_SLOTS && same_window(s, s + 1) ? &m->slot[s + 1] : NULL;
}

static struct slot *prev_slot(struct model *m, const struct slot *p)
{
	int s = (int)(p - m->slot);

	return s && same_window(s, s - 1) ? &m->slot[s - 1] : NULL;
}

#define for_each_page(p, addr, end) \
	for (unsigned long addr_ = (addr); addr_ < (end) && ((p) = at(m, addr_)); addr_ += PAGE)

/* ---- bytes ---- */

static struct object *object_new(u64 size)
{
	struct object *o = calloc(1, sizeof(*o));

	o->size = size;
	o->next = objects;
	return objects = o;
}

static u8 *object_page(struct object *o, unsigned long index)
{
	if (index >= OBJECT_PAGES)
		differ("page %lu of an object", index);
	if (!o->bytes[index])
		o->bytes[index] = calloc(1, PAGE);
	return o->bytes[index];
}

static void object_zero(struct object *o, u64 start, u64 end)
{
	for (u64 i = start; i < end && i < OBJECT_PAGES * PAGE; i++) {
		if (o->bytes[i / PAGE])
			o->bytes[i / PAGE][i % PAGE] = 0;
		else
			i |= PAGE - 1;
	}
}

static const u8 *slot_bytes(const struct slot *p)
{
	static const u8 zeroes[PAGE];

	if (p->own)
		return p->own;
	if (!p->obj || p->index >= OBJECT_PAGES || !p->obj->bytes[p->index])
		return zeroes;
	return p->obj->bytes[p->index];
}

/* A page of its object that lies behind the end. */
static bool past_end(const struct slot *p)
{
	return p->obj && !p->own && p->index >= DIV_ROUND_UP(p->obj->size, PAGE);
}

static bool is_private(const struct slot *p)
{
	return !p->obj || !(p->flags & VM_MAYSHARE);
}

static void forget_own(struct slot *p)
{
	free(p->own);
	p->own = NULL;
}

/* The page as a program writes it. */
static u8 *writable_bytes(struct slot *p)
{
	if (!is_private(p))
		return object_page(p->obj, p->index);
	if (!p->own) {
		u8 *own = malloc(PAGE);

		memcpy(own, slot_bytes(p), PAGE);
		p->own = own;
	}
	return p->own;
}

static void slot_clear(struct slot *p)
{
	forget_own(p);
	*p = (struct slot){ .file = -1 };
}

/* ---- areas ---- */

static bool agree(const struct slot *a, const struct slot *b)
{
	return a->there && b->there && a->flags == b->flags && a->obj == b->obj &&
	       a->file == b->file && (!a->obj || a->index + 1 == b->index);
}

/* The area of a page: [first, first + nr). */
static unsigned int area_of(struct model *m, struct slot *p, struct slot **first)
{
	struct slot *q, *last = p;

	while ((q = prev_slot(m, p)) && agree(q, p))
		p = q;
	while ((q = next_slot(m, last)) && agree(last, q))
		last = q;
	*first = p;
	return (unsigned int)(last - p) + 1;
}

/* The first page at or above @p that is in an area. */
static struct slot *next_there(struct model *m, struct slot *p)
{
	while (p && !p->there)
		p = next_slot(m, p);
	return p;
}

/* No area there, nor the guard distance of one that grows down. */
static bool is_free(struct model *m, unsigned long addr)
{
	int s = slot_of(addr);
	struct slot *p, *next;

	if (s < 0)
		return false;
	p = &m->slot[s];
	if (p->there)
		return false;
	next = next_there(m, p);
	return !next || !(next->flags & VM_GROWSDOWN) || next - p > (long)GUARD_PAGES;
}

static bool all_free(struct model *m, unsigned long addr, size_t len)
{
	for (size_t i = 0; i < len; i += PAGE)
		if (!is_free(m, addr + i))
			return false;
	return true;
}

/* Where mmap puts what has no place: at @hint, or as high as there is room. */
static unsigned long find_place(struct model *m, unsigned long hint, size_t len)
{
	size_t room = 0;

	hint &= -PAGE;
	if (hint && all_free(m, hint, len))
		return hint;
	for (unsigned long addr = place.top - PAGE; slot_of(addr) >= 0; addr -= PAGE) {
		room = is_free(m, addr) ? room + PAGE : 0;
		if (room == len)
			return addr;
	}
	differ("the model has no room left");
}

#endif
