// SPDX-License-Identifier: MIT
/*
 * One page-table entry, in our words.
 *
 * An entry is one of: none (all zero); a table (points to the next level);
 * a present leaf (names a frame; a leaf with no access at all is present
 * too, the way mprotect(PROT_NONE) leaves a page in memory); or a swap entry
 * (not present, names a slot).  Permission is set once from the area's
 * pteprot_t, which pte_prot() derives from VM_ flags.
 *
 * At level 1 a present entry that is no table is huge, a leaf of PT_ENTRIES
 * frames; and there is a shared table, which the hart does not follow (pt_share.c).
 * A table is of single pages, or one in which blocks may stand (block.c): runs of
 * PT_BLOCK entries that are all the same, each a leaf of all their frames.
 *
 * The hart may set accessed and dirty behind our back, so an entry that is
 * live is changed only by pte_xchg() or pte_cmpxchg().
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <arch/page.h>
#include <lib/atomic.h>
#include <lib/types.h>
#include <mm/vm_flags.h>

typedef struct { unsigned long v; } pte_t;
typedef struct { unsigned long v; } pteprot_t;

#define PT_LEVELS       3               /* level 2 is the root, level 0 holds 4 KiB leaves */
#define PT_ENTRIES      512
#define PT_BITS         9
#define PT_ROOT_LEVEL   (PT_LEVELS - 1)
#define PT_SHIFT(level) (PAGE_SHIFT + PT_BITS * (level))
#define PT_SPAN(level)  (1UL << PT_SHIFT(level))        /* bytes that one entry maps */

static inline unsigned int pt_index(vaddr_t va, int level)
{
	return va >> PT_SHIFT(level) & (PT_ENTRIES - 1);
}

/*
 * Sv39 (privileged 1.12, 4.4.1):
 *
 *   63 N | 62..54 | 53..10 frame | 9 8 software | D A G U X W R V
 *
 * Software bits: SPECIAL, a frame without struct page accounting (the zero
 * page, the vDSO), or a block's entry; of a table, that blocks may stand in it.  NOACCESS,
 * present though V is clear (bit 9 with V clear).
 */
#define PTE_V           (1UL << 0)
#define PTE_R           (1UL << 1)
#define PTE_W           (1UL << 2)
#define PTE_X           (1UL << 3)
#define PTE_U           (1UL << 4)
#define PTE_G           (1UL << 5)
#define PTE_A           (1UL << 6)
#define PTE_D           (1UL << 7)
#define PTE_SPECIAL     (1UL << 8)
#define PTE_NOACCESS    (1UL << 9)      /* with V clear: present, nothing allowed */
#define PTE_N           (1UL << 63)     /* Svnapot: of a block */
#define PTE_PFN_SHIFT   10
#define PTE_PFN_MASK    0x003ffffffffffc00UL
#define PTE_FLAGS_MASK  0x3ffUL

#define NO_PTE        ((pte_t){ 0 })

static inline bool pte_none(pte_t e) { return e.v == 0; }
static inline bool pte_present(pte_t e) { return e.v & (PTE_V | PTE_NOACCESS); }
/* A table of single pages; any table that the hart follows. */
static inline bool pte_table(pte_t e)
{
	return (e.v & (PTE_V | PTE_R | PTE_W | PTE_X | PTE_SPECIAL)) == PTE_V;
}
static inline bool pte_any_table(pte_t e)
{
	return (e.v & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}
static inline bool pte_readable(pte_t e) { return (e.v & (PTE_V | PTE_R)) == (PTE_V | PTE_R); }
static inline bool pte_writable(pte_t e) { return (e.v & (PTE_V | PTE_W)) == (PTE_V | PTE_W); }
static inline bool pte_execable(pte_t e) { return (e.v & (PTE_V | PTE_X)) == (PTE_V | PTE_X); }
static inline bool pte_user(pte_t e) { return e.v & PTE_U; }
static inline bool pte_young(pte_t e) { return e.v & PTE_A; }
static inline bool pte_dirty(pte_t e) { return e.v & PTE_D; }
static inline bool pte_special(pte_t e) { return e.v & PTE_SPECIAL; }
/* Not of a block's: pte_single().  Bits 62..54 name extensions that we do not use. */
static inline unsigned long pte_pfn(pte_t e) { return e.v >> PTE_PFN_SHIFT; }
/* Of a frame, and the access changes nothing of it: permitted, accessed, for a write dirty. */
static inline bool pte_plain(pte_t e, bool write)
{
	unsigned long want = PTE_V | PTE_A | (write ? PTE_W | PTE_D : PTE_R);

	return (e.v & (want | PTE_SPECIAL)) == want;
}
static inline bool pte_same(pte_t a, pte_t b) { return a.v == b.v; }
/* Of two present entries: does @old permit what @new does not?  Without V none is permitted. */
static inline bool pte_takes_away(pte_t old, pte_t new)
{
	return old.v & ~new.v & (PTE_R | PTE_W | PTE_X);
}

/*
 * The entry bits of an area with these VM_READ | VM_WRITE | VM_EXEC flags.
 * A writable private area gets its write bit here; the fault path takes it
 * off with pte_wrprotect() where the page is shared.  Accessed is set;
 * dirty is set together with writing (pte_mkwrite_dirty).
 */
static inline pteprot_t pte_prot(unsigned long vm_flags)
{
	unsigned long v = PTE_U | PTE_A;

	if (!(vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return (pteprot_t){ v | PTE_NOACCESS };
	if (vm_flags & (VM_READ | VM_WRITE))
		v |= PTE_R;             /* write-only does not exist: it reads too */
	if (vm_flags & VM_WRITE)
		v |= PTE_W;
	if (vm_flags & VM_EXEC)
		v |= PTE_X;
	return (pteprot_t){ v | PTE_V };
}

static inline pte_t pte_make(unsigned long pfn, pteprot_t prot)
{
	return (pte_t){ pfn << PTE_PFN_SHIFT | prot.v };
}

static inline pte_t pte_make_table(unsigned long pfn)
{
	return (pte_t){ pfn << PTE_PFN_SHIFT | PTE_V };
}

/* Change only the permission of a present entry: mprotect. */
static inline pte_t pte_modify(pte_t e, pteprot_t prot)
{
	return (pte_t){ (e.v & (PTE_PFN_MASK | PTE_D | PTE_SPECIAL)) | (e.v & PTE_A) |
			(prot.v & ~PTE_A) };
}

static inline pte_t pte_wrprotect(pte_t e) { return (pte_t){ e.v & ~PTE_W }; }
static inline pte_t pte_mkwrite(pte_t e) { return (pte_t){ e.v | PTE_W }; }
static inline pte_t pte_mkdirty(pte_t e) { return (pte_t){ e.v | PTE_D }; }
static inline pte_t pte_mkclean(pte_t e) { return (pte_t){ e.v & ~PTE_D }; }
static inline pte_t pte_mkyoung(pte_t e) { return (pte_t){ e.v | PTE_A }; }
static inline pte_t pte_mkold(pte_t e) { return (pte_t){ e.v & ~PTE_A }; }
static inline pte_t pte_mkspecial(pte_t e) { return (pte_t){ e.v | PTE_SPECIAL }; }

/* Level 1: names PT_ENTRIES frames in a row; part @i of it as a level-0 entry. */
static inline bool pte_huge(pte_t e) { return pte_present(e) && !pte_any_table(e); }
static inline pte_t pte_huge_part(pte_t e, unsigned int i)
{
	return (pte_t){ e.v + ((unsigned long)i << PTE_PFN_SHIFT) };
}

/* Level 1: a level-0 table in which blocks may stand. */
static inline pte_t pte_make_blocks(unsigned long pfn)
{
	return (pte_t){ pfn << PTE_PFN_SHIFT | PTE_SPECIAL | PTE_V };
}
static inline bool pte_blocks(pte_t e) { return pte_any_table(e) && e.v & PTE_SPECIAL; }

/*
 * A block (privileged 1.12, 5.1): what all its PT_BLOCK entries say, made of the one that
 * its first page would have, whose frame is aligned to as many.
 */
#define PT_BLOCK        16U

static inline pte_t pte_make_block(pte_t first)
{
	return (pte_t){ first.v | PTE_N | PTE_SPECIAL | PT_BLOCK / 2UL << PTE_PFN_SHIFT };
}
static inline bool pte_block(pte_t e) { return e.v & PTE_N; }
/* What entry @i of a table, if it is of a block, would say as that of a single page. */
static inline pte_t pte_single(pte_t e, unsigned int i)
{
	unsigned long low = (PT_BLOCK - 1UL) << PTE_PFN_SHIFT;

	if (!pte_block(e))
		return e;
	return (pte_t){ (e.v & ~(PTE_N | PTE_SPECIAL | low)) |
			((unsigned long)i << PTE_PFN_SHIFT & low) };
}

/* Level 1: a level-0 table that several address spaces have; SPECIAL with V and R clear. */
static inline pte_t pte_make_shared(unsigned long pfn)
{
	return (pte_t){ pfn << PTE_PFN_SHIFT | PTE_SPECIAL };
}
static inline bool pte_shared(pte_t e)
{
	return (e.v & (PTE_V | PTE_NOACCESS | PTE_SPECIAL)) == PTE_SPECIAL;
}

/*
 * Swap entries and other notes in a PTE that the hart never follows: V and
 * NOACCESS are clear, bit 1 (R) marks it.  5 bits of type, 47 of offset.
 */
static inline pte_t pte_make_swap(unsigned int type, unsigned long offset)
{
	return (pte_t){ PTE_R | (unsigned long)type << 2 | offset << PTE_PFN_SHIFT };
}
static inline bool pte_swap(pte_t e) { return !pte_present(e) && e.v != 0; }
static inline unsigned int pte_swap_type(pte_t e) { return e.v >> 2 & 0x1f; }
static inline unsigned long pte_swap_offset(pte_t e) { return e.v >> PTE_PFN_SHIFT; }

static inline pte_t pte_read(const pte_t *p)
{
	return (pte_t){ __atomic_load_n(&p->v, __ATOMIC_RELAXED) };
}

/*
 * `make CLEAR_AD=1`: a program's entries start without accessed and dirty, so
 * that the hart, or the fault where it does not, has to set each of them.
 */
#ifndef CLEAR_AD
#define CLEAR_AD 0
#endif

/* Store into an entry that no other hart may change now; ordered after the page's contents. */
static inline void pte_set(pte_t *p, pte_t e)
{
	if (CLEAR_AD && pte_user(e) && pte_present(e))
		e.v &= ~(PTE_A | PTE_D);
	smp_store_release(&p->v, e.v);
}

/* Store into an entry that no hart can use yet; whoever makes its table known orders it. */
static inline void pte_init(pte_t *p, pte_t e)
{
	WRITE_ONCE(p->v, e.v);
}

static inline pte_t pte_xchg(pte_t *p, pte_t e)
{
	return (pte_t){ __atomic_exchange_n(&p->v, e.v, __ATOMIC_ACQ_REL) };
}

/* True and *p replaced when *p was still @old. */
static inline bool pte_cmpxchg(pte_t *p, pte_t old, pte_t e)
{
	return __atomic_compare_exchange_n(&p->v, &old.v, e.v, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Entry bits for kernel mappings; @vm_flags VM_READ, VM_WRITE, VM_EXEC; @io: device registers. */
pteprot_t pte_kernel_prot(unsigned long vm_flags, bool io);

#endif
