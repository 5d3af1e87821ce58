// SPDX-License-Identifier: MIT
/*
 * Do mm/ and the model agree?  The areas, after each step; and what the MMU would find
 * at every page.
 *
 * Included once by a program, after mm_diff_world.h.
 */
#ifndef TEST_MM_DIFF_COMPARE_H
#define TEST_MM_DIFF_COMPARE_H

/* The one that runs: a process, or the child that it forked. */
static struct mm_struct *mm;
static struct model *model;

static bool continues(const struct vm_area_struct *a, const struct vm_area_struct *b, unsigned long but)
{
	return a->vm_end == b->vm_start && !((a->vm_flags ^ b->vm_flags) & ~but) &&
	       a->vm_file == b->vm_file && a->vm_mapping == b->vm_mapping &&
	       (!a->vm_mapping || vma_pgoff(a, a->vm_end) == b->vm_pgoff);
}

/* The next area in a window, from *v on; *v becomes the last of those that it could be one with. */
static const struct vm_area_struct *next_area(const struct vm_area_struct **v)
{
	const struct vm_area_struct *first;

	while (*v && slot_of((*v)->vm_start) < 0)
		*v = (*v)->vm_next;
	first = *v;
	while (*v && (*v)->vm_next && continues(*v, (*v)->vm_next, VM_ACCOUNT))
		*v = (*v)->vm_next;
	return first;
}

static void compare_area(const struct vm_area_struct *v, vaddr_t end, struct slot *p, unsigned int nr)
{
	vaddr_t start = slot_address((int)(p - model->slot));
	const struct file *file = p->file >= 0 ? &files[p->file] : NULL;

	if (v->vm_start != start || end != start + nr * PAGE || (v->vm_flags & ~VM_ACCOUNT) != p->flags ||
	    v->vm_file != file || (p->obj && v->vm_pgoff != p->index))
		differ("areas: mm/ has %#lx-%#lx %#lx file %d page %#lx, the model %#lx-%#lx %#lx file %d page %#lx",
		       v->vm_start, end, v->vm_flags & ~VM_ACCOUNT, v->vm_file ? (int)(v->vm_file - files) : -1,
		       v->vm_pgoff, start, start + nr * PAGE, p->flags, p->file, p->index);
	if (p->obj && !p->obj->known_as)
		p->obj->known_as = v->vm_mapping;
	if (v->vm_mapping != (p->obj ? p->obj->known_as : NULL))
		differ("area %#lx: not the memory that it is of", start);
}

static void compare_areas(void)
{
	const struct vm_area_struct *v, *last = mm->mmap;
	struct slot *p = model->slot, *end = p + NR_SLOTS, *first;
	unsigned int nr;

	for (;; p = first + nr, last = last->vm_next) {
		while (p < end && !p->there)
			p++;
		v = next_area(&last);
		if (p == end)
			break;
		if (!v)
			differ("areas: mm/ has none at %#lx", slot_address((int)(p - model->slot)));
		nr = area_of(model, p, &first);
		compare_area(v, last->vm_end, first, nr);
	}
	if (v)
		differ("areas: mm/ has %#lx-%#lx, the model nothing", v->vm_start, last->vm_end);
}

/* vma.h's promise, which fork does not keep, nor an area that grows down to another. */
static void check_joined(void)
{
	for (const struct vm_area_struct *v = mm->mmap; v && v->vm_next; v = v->vm_next)
		if (continues(v, v->vm_next, 0) && v->vm_private == v->vm_next->vm_private &&
		    !(v->vm_flags & VM_GROWSDOWN))
			differ("areas %#lx and %#lx could be one", v->vm_start, v->vm_next->vm_start);
}

/* What the MMU would find now is right, and not allowed too much. */
static void compare_page(struct slot *p)
{
	vaddr_t va = slot_address((int)(p - model->slot));
	const u8 *there = host_peek(mm, va, FAULT_READ);

	if (there && (!p->there || past_end(p) || !(p->flags & (VM_READ | VM_WRITE))))
		differ("%#lx can be read", va);
	if (there && memcmp(there, slot_bytes(p), PAGE))
		differ("%#lx has other bytes", va);
	if (host_peek(mm, va, FAULT_WRITE) && !(p->flags & VM_WRITE))
		differ("%#lx can be written", va);
}

static void compare(bool all)
{
	vma_check(mm);
	compare_areas();
	if (!model->parent)
		check_joined();
	if (host_spinlocks_held() || host_sleeping_locks_held())
		differ("a lock is still held");
	if (!all)
		return;
	host_tlb_check(mm);
	for (struct slot *p = model->slot; p < model->slot + NR_SLOTS; p++)
		compare_page(p);
}

#endif
