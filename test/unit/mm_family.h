// SPDX-License-Identifier: MIT
/*
 * A family of address spaces that do at random all that a program can do to its
 * memory, against a model of bytes.  Included once by a program, after mm_space.h.
 */
#ifndef TEST_MM_FAMILY_H
#define TEST_MM_FAMILY_H

#ifndef FAMILY_PAGES
#define FAMILY_PAGES    40
#define FAMILY_LONGEST  8U      /* pages that one step is about */
#endif
enum { FAMILY = 4, PAGES = FAMILY_PAGES };

/* First byte of each page as the program must see it; -1: no area, -2: area, no access. */
struct member {
	struct mm_struct *mm;
	int byte[PAGES];
	bool writable[PAGES];
};

static struct member family[FAMILY];

static void check_member(struct member *m)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		if (m->byte[i] == -1)
			assert_int_equal(try_read(m->mm, at(i)), FAULT_MAPERR);
		else if (m->byte[i] == -2)
			assert_int_equal(try_read(m->mm, at(i)), FAULT_ACCERR);
		else
			assert_int_equal(load(m->mm, at(i)), m->byte[i]);
	}
}

static void do_map(struct member *m, unsigned int i, unsigned int n)
{
	bool file = harness_below(3) == 0;

	map_char(m->mm, file ? 'W' : 'w', at(i), n * PAGE);
	for (; n--; i++) {
		m->byte[i] = file ? file_byte(i, 0) : 0;
		m->writable[i] = true;
	}
}

static void do_unmap(struct member *m, unsigned int i, unsigned int n)
{
	assert_int_equal(mm_munmap(m->mm, at(i), n * PAGE), 0);
	for (; n--; i++)
		m->byte[i] = -1;
}

static void do_write(struct member *m, unsigned int i)
{
	u8 b = harness_below(256);
	enum fault_result r = try_write(m->mm, at(i), b);

	if (m->byte[i] == -1)
		assert_int_equal(r, FAULT_MAPERR);
	else if (m->byte[i] == -2 || !m->writable[i])
		assert_int_equal(r, FAULT_ACCERR);
	else {
		assert_int_equal(r, FAULT_DONE);
		m->byte[i] = b;
	}
}

static void do_protect(struct member *m, unsigned int i, unsigned int n)
{
	bool writable = harness_below(2);
	int err = mm_mprotect(m->mm, at(i), n * PAGE, writable ? PROT_READ | PROT_WRITE : PROT_READ);

	for (; n-- && m->byte[i] != -1; i++)
		m->writable[i] = writable;
	(void)err;
}

/* Anonymous pages are zero again, private file pages the file's. */
static void do_dontneed(struct member *m, unsigned int i, unsigned int n)
{
	struct vm_area_struct *v;

	mm_madvise(m->mm, at(i), n * PAGE, MADV_DONTNEED);
	for (; n--; i++) {
		v = vma_lookup(m->mm, at(i));
		if (v)
			m->byte[i] = v->vm_mapping ? file_byte(vma_pgoff(v, at(i)), 0) : 0;
	}
}

static void do_remap(struct member *m, unsigned int i, unsigned int n)
{
	unsigned int to = harness_below(PAGES - n + 1), k;
	struct vm_area_struct *v = vma_lookup(m->mm, at(i));
	int moved[PAGES];
	bool writable[PAGES];
	long r;

	r = mm_mremap(m->mm, at(i), n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to));
	if (!v) {
		assert_int_equal(r, -EFAULT);
		return;
	}
	if (i < to + n && to < i + n) {
		assert_int_equal(r, -EINVAL);
		return;
	}
	if (r == -EFAULT) {             /* ends behind the area; the target is gone already, as on Linux */
		for (k = 0; k < n; k++)
			m->byte[to + k] = -1;
		return;
	}
	assert_int_equal(r, at(to));
	memcpy(moved, m->byte + i, n * sizeof(int));
	memcpy(writable, m->writable + i, n * sizeof(bool));
	for (k = 0; k < n; k++)
		m->byte[i + k] = -1;
	memcpy(m->byte + to, moved, n * sizeof(int));
	memcpy(m->writable + to, writable, n * sizeof(bool));
}

static void do_fork(unsigned int from, unsigned int to)
{
	if (from == to)
		return;
	mm_put(family[to].mm);
	family[to] = family[from];
	family[to].mm = fork_mm(family[from].mm);
}

/*
 * @rounds steps of a family that starts as @mm; @meanwhile, if there is one, after each.
 * The member that is left, with the areas it has then.
 */
static inline struct mm_struct *family_walk(struct mm_struct *mm, int rounds,
					    void (*meanwhile)(struct mm_struct *who))
{
	for (unsigned int k = 0; k < FAMILY; k++) {
		family[k].mm = k ? fork_mm(mm) : mm;
		for (unsigned int i = 0; i < PAGES; i++)
			family[k].byte[i] = -1;
	}
	for (int round = 0; round < rounds; round++) {
		unsigned int who = harness_below(FAMILY), i = harness_below(PAGES);
		unsigned int n = 1 + harness_below(min(PAGES - i, FAMILY_LONGEST));
		struct member *m = &family[who];

		switch (harness_below(16)) {
		case 0: do_map(m, i, n); break;
		case 1: do_unmap(m, i, n); break;
		case 2: do_protect(m, i, n); break;
		case 3: do_dontneed(m, i, n); break;
		case 4: do_remap(m, i, n); break;
		case 5:
			if (!harness_below(4))
				do_fork(who, harness_below(FAMILY));
			else if (FAMILY_LONGEST > 8 && !harness_below(4))
				do_unmap(m, 0, PAGES);
			break;
		case 6: case 7:
			if (m->byte[i] >= 0)
				assert_int_equal(load(m->mm, at(i)), m->byte[i]);
			break;
		case 8:
			check_member(m);
			host_tlb_check(m->mm);
			vma_check(m->mm);
			break;
		default:
			do_write(m, i);
		}
		if (meanwhile)
			meanwhile(m->mm);
		space_quiet();
	}
	for (unsigned int k = 0; k < FAMILY; k++) {
		check_member(&family[k]);
		if (k)
			mm_put(family[k].mm);
	}
	return family[0].mm;
}

#endif
