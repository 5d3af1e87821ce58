// SPDX-License-Identifier: MIT
/*
 * One page-table entry of the simulated machine, in our words.
 *
 * The meaning is that of every arch/pte.h: none, table, present leaf (with no
 * access at all: present too), or swap entry.  The bits are deliberately not
 * those of RISC-V, so that code which peeks at them fails here first.
 *
 *   63..20 frame | 15 block 9 swap 8 special 7 dirty 6 accessed 5 user 4 x 3 w 2 r
 *   1 table 0 present
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <arch/page.h>
#include <lib/types.h>
#include <mm/vm_flags.h>

typedef struct { unsigned long v; } pte_t;
typedef struct { unsigned long v; } pteprot_t;

#define PT_LEVELS       3
#define PT_ENTRIES      512
#define PT_BITS         9
#define PT_ROOT_LEVEL   (PT_LEVELS - 1)
#define PT_SHIFT(level) (PAGE_SHIFT + PT_BITS * (level))
#define PT_SPAN(level)  (1UL << PT_SHIFT(level))        /* bytes that one entry maps */

static inline unsigned int pt_index(vaddr_t va, int level)
{
	return va >> PT_SHIFT(level) & (PT_ENTRIES - 1);
}

#define HPTE_PRESENT    (1UL << 0)
#define HPTE_TABLE      (1UL << 1)
#define HPTE_R          (1UL << 2)
#define HPTE_W          (1UL << 3)
#define HPTE_X          (1UL << 4)
#define HPTE_U          (1UL << 5)
#define HPTE_A          (1UL << 6)
#define HPTE_D          (1UL << 7)
#define HPTE_SPECIAL    (1UL << 8)
#define HPTE_SWAP       (1UL << 9)
#define HPTE_BLOCK      (1UL << 15)
#define HPTE_PFN_SHIFT  20

#define NO_PTE        ((pte_t){ 0 })

static inline bool pte_none(pte_t e) { return e.v == 0; }
static inline bool pte_present(pte_t e) { return e.v & HPTE_PRESENT; }
static inline bool pte_table(pte_t e)
{
	return (e.v & (HPTE_TABLE | HPTE_SPECIAL)) == HPTE_TABLE;
}
static inline bool pte_any_table(pte_t e) { return e.v & HPTE_TABLE; }
static inline bool pte_readable(pte_t e) { return e.v & HPTE_R; }
static inline bool pte_writable(pte_t e) { return e.v & HPTE_W; }
static inline bool pte_execable(pte_t e) { return e.v & HPTE_X; }
static inline bool pte_user(pte_t e) { return e.v & HPTE_U; }
static inline bool pte_young(pte_t e) { return e.v & HPTE_A; }
static inline bool pte_dirty(pte_t e) { return e.v & HPTE_D; }
static inline bool pte_special(pte_t e) { return e.v & HPTE_SPECIAL; }
static inline unsigned long pte_pfn(pte_t e) { return e.v >> HPTE_PFN_SHIFT; }
static inline bool pte_plain(pte_t e, bool write)
{
	unsigned long want = HPTE_A | (write ? HPTE_W | HPTE_D : HPTE_R);

	return (e.v & (want | HPTE_SPECIAL)) == want;
}
static inline bool pte_same(pte_t a, pte_t b) { return a.v == b.v; }
static inline bool pte_takes_away(pte_t old, pte_t new)
{
	return old.v & ~new.v & (HPTE_R | HPTE_W | HPTE_X);
}

static inline pteprot_t pte_prot(unsigned long vm_flags)
{
	unsigned long v = HPTE_PRESENT | HPTE_U | HPTE_A;

	if (vm_flags & (VM_READ | VM_WRITE))
		v |= HPTE_R;
	if (vm_flags & VM_WRITE)
		v |= HPTE_W;
	if (vm_flags & VM_EXEC)
		v |= HPTE_X;
	return (pteprot_t){ v };
}

static inline pteprot_t pte_kernel_prot(unsigned long vm_flags, bool io)
{
	return (pteprot_t){ (pte_prot(vm_flags).v & ~HPTE_U) | HPTE_D };
}

static inline pte_t pte_make(unsigned long pfn, pteprot_t prot)
{
	return (pte_t){ pfn << HPTE_PFN_SHIFT | prot.v };
}

static inline pte_t pte_make_table(unsigned long pfn)
{
	return (pte_t){ pfn << HPTE_PFN_SHIFT | HPTE_PRESENT | HPTE_TABLE };
}

static inline pte_t pte_modify(pte_t e, pteprot_t prot)
{
	unsigned long keep = ~((1UL << HPTE_PFN_SHIFT) - 1) | HPTE_A | HPTE_D | HPTE_SPECIAL;

	return (pte_t){ (e.v & keep) | (prot.v & ~HPTE_A) };
}

static inline pte_t pte_wrprotect(pte_t e) { return (pte_t){ e.v & ~HPTE_W }; }
static inline pte_t pte_mkwrite(pte_t e) { return (pte_t){ e.v | HPTE_W }; }
static inline pte_t pte_mkdirty(pte_t e) { return (pte_t){ e.v | HPTE_D }; }
static inline pte_t pte_mkclean(pte_t e) { return (pte_t){ e.v & ~HPTE_D }; }
static inline pte_t pte_mkyoung(pte_t e) { return (pte_t){ e.v | HPTE_A }; }
static inline pte_t pte_mkold(pte_t e) { return (pte_t){ e.v & ~HPTE_A }; }
static inline pte_t pte_mkspecial(pte_t e) { return (pte_t){ e.v | HPTE_SPECIAL }; }

static inline bool pte_huge(pte_t e) { return pte_present(e) && !pte_any_table(e); }
static inline pte_t pte_huge_part(pte_t e, unsigned int i)
{
	return (pte_t){ e.v + ((unsigned long)i << HPTE_PFN_SHIFT) };
}
static inline pte_t pte_make_blocks(unsigned long pfn)
{
	return (pte_t){ pfn << HPTE_PFN_SHIFT | HPTE_SPECIAL | HPTE_PRESENT | HPTE_TABLE };
}
static inline bool pte_blocks(pte_t e) { return pte_any_table(e) && e.v & HPTE_SPECIAL; }

/* Its frame is none that there is, until pte_single() has put it right. */
#define PT_BLOCK        16U
#define HPTE_NO_FRAME   (1UL << 62)

static inline pte_t pte_make_block(pte_t first)
{
	return (pte_t){ first.v | HPTE_BLOCK | HPTE_SPECIAL | HPTE_NO_FRAME };
}
static inline bool pte_block(pte_t e) { return e.v & HPTE_BLOCK; }
static inline pte_t pte_single(pte_t e, unsigned int i)
{
	if (!pte_block(e))
		return e;
	return (pte_t){ (e.v & ~(HPTE_BLOCK | HPTE_SPECIAL | HPTE_NO_FRAME)) +
			((unsigned long)(i % PT_BLOCK) << HPTE_PFN_SHIFT) };
}

static inline pte_t pte_make_shared(unsigned long pfn)
{
	return (pte_t){ pfn << HPTE_PFN_SHIFT | HPTE_SPECIAL };
}
static inline bool pte_shared(pte_t e)
{
	return (e.v & (HPTE_PRESENT | HPTE_SPECIAL)) == HPTE_SPECIAL;
}

static inline pte_t pte_make_swap(unsigned int type, unsigned long offset)
{
	return (pte_t){ HPTE_SWAP | (unsigned long)type << 10 | offset << HPTE_PFN_SHIFT };
}
static inline bool pte_swap(pte_t e) { return e.v & HPTE_SWAP; }
static inline unsigned int pte_swap_type(pte_t e) { return e.v >> 10 & 0x1f; }
static inline unsigned long pte_swap_offset(pte_t e) { return e.v >> HPTE_PFN_SHIFT; }

static inline pte_t pte_read(const pte_t *p)
{
	return (pte_t){ __atomic_load_n(&p->v, __ATOMIC_RELAXED) };
}

static inline void pte_set(pte_t *p, pte_t e)
{
	__atomic_store_n(&p->v, e.v, __ATOMIC_RELEASE);
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

static inline bool pte_cmpxchg(pte_t *p, pte_t old, pte_t e)
{
	return __atomic_compare_exchange_n(&p->v, &old.v, e.v, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

#endif
