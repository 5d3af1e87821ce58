// SPDX-License-Identifier: MIT
/*
 * The calls, done to the model (mm_diff_model.h).  Each returns what the system call
 * returns: 0, an address, or -errno.
 *
 * Included once by a program, after mm_diff_model.h.
 */
#ifndef TEST_MM_DIFF_CALLS_H
#define TEST_MM_DIFF_CALLS_H

/* A bug to have on purpose. */
static bool model_forgets_dontneed;

static size_t page_align(size_t len) { return (len + PAGE - 1) & -PAGE; }

static void unmap_pages(struct model *m, unsigned long addr, unsigned long end)
{
	struct slot *p;

	for_each_page(p, addr, end)
		slot_clear(p);
}

/* Bring in what MAP_POPULATE, mlock and their like want.  False: a page cannot be had. */
static bool populate_page(struct slot *p)
{
	if (p->flags & VM_LOCKONFAULT)
		return true;
	if (!(p->flags & VM_ACCESS) || past_end(p))
		return false;
	if (p->flags & VM_WRITE && is_private(p))
		writable_bytes(p);
	return true;
}

static void populate(struct model *m, unsigned long addr, unsigned long end)
{
	struct slot *p;

	for_each_page(p, addr, end)
		if (p->there)
			populate_page(p);
}

/* ---- mmap, munmap, brk ---- */

/* What mmap(2) has against the file or the kind of the mapping; and the flags of its pages. */
static long map_flags(const struct model *m, const struct mmop_args *a, unsigned long *flags)
{
	const int known = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE |
			  MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |
			  MAP_STACK;
	bool file = !(a->flags & MAP_ANONYMOUS), shared = (a->flags & MAP_TYPE) != MAP_PRIVATE;
	bool may_write = a->file == F_RW || a->file == F_WO || a->file == F_MEM;
	int type = a->flags & MAP_TYPE;

	if (type != MAP_SHARED && type != MAP_PRIVATE && !(file && type == MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (file && type == MAP_SHARED_VALIDATE && a->flags & ~known)
		return -EOPNOTSUPP;
	if (file && shared && a->prot & PROT_WRITE && !may_write)
		return -EACCES;
	if (file && a->file == F_WO)
		return -EACCES;
	if (a->flags & MAP_GROWSDOWN && (file || shared))
		return -EINVAL;
	*flags = (a->prot & VM_ACCESS) | MAY_ALL | m->def_flags;
	if (shared)
		*flags |= VM_SHARED | VM_MAYSHARE;
	if (file && shared && !may_write)
		*flags &= ~(VM_SHARED | VM_MAYWRITE);
	*flags |= (a->flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (a->flags & MAP_LOCKED ? VM_LOCKED : 0) |
		  (a->flags & MAP_SYNC ? VM_SYNC : 0) | (a->flags & MAP_STACK ? VM_NOHUGEPAGE : 0) |
		  (a->flags & MAP_NORESERVE ? VM_NORESERVE : 0);
	return 0;
}

static long model_mmap(struct model *m, const struct mmop_args *a)
{
	bool fixed = a->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	bool file = !(a->flags & MAP_ANONYMOUS);
	size_t len = page_align(a->len);
	struct object *obj = file ? file_object[a->file] : NULL;
	unsigned long addr = a->addr, index = file ? a->pgoff : 0, flags;
	struct slot *p;
	long err;

	if (!len || (fixed && addr % PAGE))
		return -EINVAL;
	if (fixed && !addr)
		return -EPERM;          /* mmap_min_addr */
	if (!fixed)
		addr = find_place(m, addr, len);
	if (a->flags & MAP_FIXED_NOREPLACE)
		for_each_page(p, addr, addr + len)
			if (p->there)
				return -EEXIST;
	err = map_flags(m, a, &flags);
	if (err)
		return err;
	if (!file && flags & VM_SHARED)
		obj = object_new(len);
	unmap_pages(m, addr, addr + len);
	for_each_page(p, addr, addr + len)
		*p = (struct slot){ .there = true, .flags = flags, .obj = obj,
				    .file = file ? a->file : -1, .index = obj ? index++ : 0 };
	if ((flags & LOCK_FLAGS) == VM_LOCKED || (a->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		populate(m, addr, addr + len);
	return (long)addr;
}

static long model_munmap(struct model *m, unsigned long addr, size_t len)
{
	if (addr % PAGE || !len)
		return -EINVAL;
	unmap_pages(m, addr, addr + page_align(len));
	return 0;
}

static long model_brk(struct model *m, unsigned long brk)
{
	unsigned long old = page_align(m->brk), new = page_align(brk);
	struct slot *p;

	if (brk < place.heap)
		return (long)m->brk;
	unmap_pages(m, new, old);
	for_each_page(p, old, new)
		*p = (struct slot){ .there = true, .file = -1,
				    .flags = VM_READ | VM_WRITE | MAY_ALL | m->def_flags };
	return (long)(m->brk = brk);
}

/* ---- mprotect, msync, mincore ---- */

static long model_mprotect(struct model *m, unsigned long addr, size_t len, int prot)
{
	unsigned long was;
	struct slot *p;

	if (addr % PAGE)
		return -EINVAL;
	if (len && prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	for_each_page(p, addr, addr + len) {
		if (!p->there)
			return -ENOMEM;
		if (prot & VM_ACCESS & ~(p->flags >> 4))
			return -EACCES;
		was = p->flags;
		p->flags = (was & ~VM_ACCESS) | (prot & VM_ACCESS);
		if ((was & (VM_LOCKED | VM_WRITE | VM_SHARED)) == VM_LOCKED && prot & VM_WRITE)
			populate_page(p);
	}
	return 0;
}

static long model_msync(struct model *m, unsigned long addr, size_t len, int flags)
{
	struct slot *p;
	long err = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || addr % PAGE ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	for_each_page(p, addr, addr + len) {
		if (!p->there)
			err = -ENOMEM;
		else if (flags & MS_INVALIDATE && p->flags & VM_LOCKED)
			return -EBUSY;
	}
	return err;
}

static long model_mincore(struct model *m, unsigned long addr, size_t len)
{
	struct slot *p;

	if (addr % PAGE)
		return -EINVAL;
	for_each_page(p, addr, addr + len)
		if (!p->there)
			return -ENOMEM;
	return 0;
}

/* ---- mlock ---- */

static void lock_page_flags(struct slot *p, unsigned long lock)
{
	p->flags = (p->flags & ~LOCK_FLAGS) | lock;
}

/* mlock, mlock2, munlock: whole pages around [addr, addr + len). */
static long model_lock(struct model *m, unsigned long addr, size_t len, unsigned long lock)
{
	unsigned long start = addr & -PAGE, end = start + page_align(len + addr % PAGE);
	struct slot *p;

	for_each_page(p, start, end) {
		if (!p->there)
			return -ENOMEM;
		lock_page_flags(p, lock);
	}
	if (lock == VM_LOCKED)
		for_each_page(p, start, end)
			if (!populate_page(p))
				return -ENOMEM;
	return 0;
}

static long model_lock_all(struct model *m, int flags)
{
	unsigned long lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	m->def_flags = flags & MCL_FUTURE ? lock : 0;
	if (!(flags & MCL_CURRENT))
		return 0;
	for (struct slot *p = m->slot; p < m->slot + NR_SLOTS; p++) {
		if (!p->there)
			continue;
		lock_page_flags(p, lock);
		populate_page(p);
	}
	return 0;
}

static long model_unlock_all(struct model *m)
{
	m->def_flags = 0;
	for (struct slot *p = m->slot; p < m->slot + NR_SLOTS; p++)
		if (p->there)
			lock_page_flags(p, 0);
	return 0;
}

static long model_mlock(struct model *m, enum mmop_lock call, const struct mmop_args *a)
{
	switch (call) {
	case LOCK:
		return model_lock(m, a->addr, a->len, VM_LOCKED);
	case LOCK2:
		if (a->flags & ~1)
			return -EINVAL;
		return model_lock(m, a->addr, a->len, a->flags ? LOCK_FLAGS : VM_LOCKED);
	case LOCK_ALL:
		return model_lock_all(m, a->flags);
	case UNLOCK_ALL:
		return model_unlock_all(m);
	default:
		return model_lock(m, a->addr, a->len, 0);
	}
}

/* ---- madvise ---- */

static void hole_in_object(struct object *o, unsigned long index)
{
	if (index < DIV_ROUND_UP(o->size, PAGE))
		object_zero(o, index * PAGE, (index + 1) * PAGE);
}

static long advise_drop(struct slot *p, int advice)
{
	if (p->flags & VM_LOCKED && advice != MADV_DONTNEED_LOCKED)
		return -EINVAL;
	if (advice == MADV_FREE && p->obj)
		return -EINVAL;
	if ((advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED) && !model_forgets_dontneed)
		forget_own(p);
	return 0;                       /* FREE, COLD, PAGEOUT: nobody is short of memory */
}

static long advise_remove_page(struct slot *p)
{
	if (p->flags & VM_LOCKED || !p->obj)
		return -EINVAL;
	if ((p->flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -EACCES;
	hole_in_object(p->obj, p->index);
	return 0;
}

static long advise_page(struct slot *p, int advice)
{
	switch (advice) {
	case MADV_NORMAL: p->flags &= ~(VM_RAND_READ | VM_SEQ_READ); return 0;
	case MADV_RANDOM: p->flags = (p->flags & ~VM_SEQ_READ) | VM_RAND_READ; return 0;
	case MADV_SEQUENTIAL: p->flags = (p->flags & ~VM_RAND_READ) | VM_SEQ_READ; return 0;
	case MADV_DONTFORK: p->flags |= VM_DONTCOPY; return 0;
	case MADV_DOFORK: p->flags &= ~VM_DONTCOPY; return 0;
	case MADV_DONTDUMP: p->flags |= VM_DONTDUMP; return 0;
	case MADV_DODUMP: p->flags &= ~VM_DONTDUMP; return 0;
	case MADV_HUGEPAGE: p->flags = (p->flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE; return 0;
	case MADV_NOHUGEPAGE: p->flags = (p->flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE; return 0;
	case MADV_KEEPONFORK: p->flags &= ~VM_WIPEONFORK; return 0;
	case MADV_WIPEONFORK:
		if (p->obj)
			return -EINVAL;
		p->flags |= VM_WIPEONFORK;
		return 0;
	case MADV_WILLNEED:
		return 0;
	case MADV_DONTNEED: case MADV_DONTNEED_LOCKED: case MADV_FREE: case MADV_COLD: case MADV_PAGEOUT:
		return advise_drop(p, advice);
	case MADV_REMOVE:
		return advise_remove_page(p);
	default:
		return -EINVAL;
	}
}

static bool advice_known(int advice)
{
	return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) ||
	       (advice >= MADV_FREE && advice <= MADV_DOFORK) ||
	       (advice >= MADV_HUGEPAGE && advice <= MADV_DONTNEED_LOCKED);
}

/* Up to the first page that cannot be had; what comes before it is there then. */
static long model_populate(struct model *m, unsigned long addr, size_t len, bool write)
{
	struct slot *p;

	for_each_page(p, addr, addr + len) {
		if (!p->there)
			return -ENOMEM;
		if (!(p->flags & (write ? VM_WRITE : VM_READ)))
			return -EINVAL;
		if (past_end(p))
			return -EFAULT;
		if (write)
			writable_bytes(p);
	}
	return 0;
}

static long model_madvise(struct model *m, unsigned long addr, size_t len, int advice)
{
	struct slot *p;
	long err, unmapped = 0;

	if (addr % PAGE || !advice_known(advice))
		return -EINVAL;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return model_populate(m, addr, len, advice == MADV_POPULATE_WRITE);
	for_each_page(p, addr, addr + len) {
		err = p->there ? advise_page(p, advice) : 0;
		if (err)
			return err;
		if (!p->there)
			unmapped = -ENOMEM;
	}
	return unmapped;
}

/* ---- mremap ---- */

static long remap_check(const struct mmop_args *a, size_t old_len, size_t new_len)
{
	if (a->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) || a->addr % PAGE || !new_len)
		return -EINVAL;
	if (a->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(a->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (a->flags & MREMAP_DONTUNMAP && old_len != new_len)
		return -EINVAL;
	return 0;
}

/* [addr, addr + old_len) goes to @to, and grows by pages that nobody has touched. */
static void move_pages(struct model *m, const struct mmop_args *a, unsigned long to, size_t old_len,
		       size_t new_len)
{
	struct slot *first, like = *at(m, a->addr), *p, *old;
	unsigned int nr = area_of(m, at(m, a->addr), &first);
	bool whole = first == at(m, a->addr) && nr * PAGE == old_len;

	for (size_t i = 0; i < new_len; i += PAGE) {
		p = at(m, to + i);
		*p = like;
		p->index = like.obj ? like.index + i / PAGE : 0;
		p->own = NULL;
		if (i >= old_len)
			continue;
		old = at(m, a->addr + i);
		p->own = old->own;
		old->own = NULL;
		if (!(a->flags & MREMAP_DONTUNMAP))
			slot_clear(old);
		else if (whole)
			lock_page_flags(old, 0);
	}
	if ((like.flags & LOCK_FLAGS) == VM_LOCKED)
		populate(m, to + old_len, to + new_len);
}

/* Pages behind the area, where they are. */
static void grow_here(struct model *m, const struct mmop_args *a, size_t old_len, size_t new_len)
{
	struct slot *last = at(m, a->addr + old_len - PAGE), *p;
	unsigned long index = last->index;

	for_each_page(p, a->addr + old_len, a->addr + new_len) {
		*p = *last;
		p->own = NULL;
		p->index = last->obj ? ++index : 0;
		if (p->flags & VM_LOCKED)
			populate_page(p);
	}
}

static long model_mremap(struct model *m, const struct mmop_args *a)
{
	size_t old_len = page_align(a->len), new_len = page_align(a->new_len);
	bool placed = a->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
	unsigned long to = a->to;
	struct slot *p, *first;
	unsigned int nr;
	long err = remap_check(a, old_len, new_len);

	if (err)
		return err;
	p = at(m, a->addr);
	if (!p->there)
		return -EFAULT;
	if (placed && (to % PAGE || (a->addr + old_len > to && to + new_len > a->addr)))
		return -EINVAL;
	if (a->flags & MREMAP_FIXED)
		unmap_pages(m, to, to + new_len);
	if (old_len >= new_len) {
		unmap_pages(m, a->addr + new_len, a->addr + old_len);
		old_len = new_len;
		if (!placed)
			return (long)a->addr;
	}
	if (!p->there)
		return -EFAULT;
	if (!old_len && !(p->flags & VM_MAYSHARE))
		return -EINVAL;
	nr = area_of(m, p, &first);
	if (old_len > (nr - (size_t)(p - first)) * PAGE)
		return -EFAULT;
	if (!placed && old_len && all_free(m, a->addr + old_len, new_len - old_len)) {
		grow_here(m, a, old_len, new_len);
		return (long)a->addr;
	}
	if (!(a->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	if (!(a->flags & MREMAP_FIXED))
		to = find_place(m, placed ? to : 0, new_len);
	move_pages(m, a, to, old_len, new_len);
	return (long)to;
}

/* ---- fork, faults, files ---- */

static struct model *model_fork(struct model *parent)
{
	struct model *m = calloc(1, sizeof(*m));

	*m = *parent;
	m->parent = parent;
	m->def_flags = 0;
	for (struct slot *p = m->slot; p < m->slot + NR_SLOTS; p++) {
		const u8 *bytes = p->own;

		p->own = NULL;
		if (p->flags & VM_DONTCOPY) {
			slot_clear(p);
		} else if (p->there) {
			lock_page_flags(p, 0);
			if (bytes && !(p->flags & VM_WIPEONFORK))
				memcpy(p->own = malloc(PAGE), bytes, PAGE);
		}
	}
	return m;
}

/* Its parent. */
static struct model *model_exit(struct model *m)
{
	struct model *parent = m->parent;

	for (struct slot *p = m->slot; p < m->slot + NR_SLOTS; p++)
		forget_own(p);
	free(m);
	return parent;
}

/* An area that grows down reaches to where it is touched, if it keeps its distance. */
static bool grow_down(struct model *m, struct slot *p)
{
	struct slot *area = next_there(m, p), *below = p;

	if (!area || !(area->flags & VM_GROWSDOWN))
		return false;
	while (below && !below->there)
		below = prev_slot(m, below);
	if (below && below->flags & VM_ACCESS && !(below->flags & VM_GROWSDOWN) &&
	    p - below - 1 < (long)GUARD_PAGES)
		return false;
	for (; p < area; p++)
		*p = (struct slot){ .there = true, .flags = area->flags, .file = -1 };
	return true;
}

/* What a touch of @addr comes to. */
static enum fault_result model_touch(struct model *m, unsigned long addr, unsigned long need)
{
	struct slot *p = at(m, addr);

	if (!p->there && !grow_down(m, p))
		return FAULT_MAPERR;
	if (!(p->flags & need))
		return FAULT_ACCERR;
	return past_end(p) ? FAULT_BUS : FAULT_DONE;
}

static void model_truncate(struct model *m, struct object *o, u64 size)
{
	object_zero(o, min(size, o->size), OBJECT_PAGES * PAGE);
	o->size = size;
	for (; m; m = m->parent)
		for (struct slot *p = m->slot; p < m->slot + NR_SLOTS; p++)
			if (p->obj == o && p->index >= DIV_ROUND_UP(size, PAGE))
				forget_own(p);
}

#endif
