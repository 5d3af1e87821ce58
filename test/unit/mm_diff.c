// SPDX-License-Identifier: MIT
/*
 * The random memory calls of the guest's mmdiff, done by mm/ and by a simple model:
 * after each, the results, the areas, and the bytes of all pages must agree.
 *
 * A sequence runs in a process of its own, so that whatever goes wrong (a difference,
 * a panic, an error that ASan finds) is an exit status; operations are then left out
 * as long as it still goes wrong, and what remains is printed.
 *
 *	MMDIFF_SEEDS=1-20 MMDIFF_OPS=5000 build/test/unit/mm_diff
 */
#include "harness.h"
#include "mm_world.h"
#include "mm_diff_model.h"
#include "mm_diff_calls.h"
#include "mm_diff_world.h"
#include "mm_diff_compare.h"

#include <fcntl.h>
#include <sys/wait.h>

#define MAX_OPS 100000U

static u64 seed;
static bool verbose;
static const bool *skip;                /* operations to leave out, or NULL */

#define tell(...) do { if (verbose) printf(__VA_ARGS__); } while (0)

static void same(const char *what, long is, long want)
{
	tell(" = %ld", is);
	if (is >= 0x10000)
		tell(" (%#lx)", is);
	if (is != want)
		differ("%s: mm/ says %ld (%#lx), the model %ld (%#lx)", what, is, is, want, want);
}

/* ---- operations ---- */

static const char *const result_name[] = {
	[FAULT_DONE] = "done", [FAULT_MAPERR] = "MAPERR", [FAULT_ACCERR] = "ACCERR", [FAULT_BUS] = "BUS",
};

static bool touched(vaddr_t va, enum fault_result is, enum fault_result want)
{
	tell(" %s", is < ARRAY_SIZE(result_name) && result_name[is] ? result_name[is] : "?");
	if (is != want)
		differ("touch of %#lx: mm/ says %d, the model %d", va, is, want);
	return is == FAULT_DONE;
}

static void do_read(vaddr_t va)
{
	static u8 bytes[PAGE_SIZE];
	enum fault_result want = model_touch(model, va, VM_READ | VM_WRITE);

	if (touched(va, host_access(mm, va, FAULT_READ, bytes, PAGE), want) &&
	    memcmp(bytes, slot_bytes(at(model, va)), PAGE))
		differ("%#lx reads as other bytes", va);
}

static void do_write(vaddr_t va, uint32_t r)
{
	u8 byte = mmop_write_byte(r);
	enum fault_result want = model_touch(model, va, VM_WRITE);

	if (touched(va, host_access(mm, va + mmop_write_at(r), FAULT_WRITE, &byte, 1), want))
		writable_bytes(at(model, va))[mmop_write_at(r)] = byte;
}

static void do_exec(vaddr_t va)
{
	enum fault_result want = model_touch(model, va, VM_EXEC);
	u8 byte;

	touched(va, host_access(mm, va, FAULT_EXEC, &byte, 1), want);
}

static void do_touch(const struct mmop *op)
{
	vaddr_t va = mmop_address(op, &place);

	for (unsigned int i = 0; i < op->pages; i++, va += PAGE) {
		if (op->kind == OP_READ)
			do_read(va);
		else if (op->kind == OP_WRITE)
			do_write(va, op->r[0] + i);
		else
			do_exec(va);
	}
}

static void do_mmap(const struct mmop_args *a)
{
	tell(" %#lx %zu prot %d flags %x file %d page %lu", a->addr, a->len, a->prot, a->flags, a->file, a->pgoff);
	same("mmap", mm_do_mmap(mm, a), model_mmap(model, a));
}

static void do_mremap(const struct mmop *op)
{
	struct mmop_args a = mmop_mremap(op, &place), fresh;

	if (a.fresh) {
		fresh = mmop_fresh(op, a.addr, a.len);
		do_mmap(&fresh);
		for (unsigned int i = 0; i < DIV_ROUND_UP(a.len, PAGE); i++)
			if (mmop_fresh_page(op, i))
				do_write(fresh.addr + i * PAGE, op->r[4] + i);
		compare(false);
	}
	tell(" %#lx %zu %zu %x %#lx", a.addr, a.len, a.new_len, a.flags, a.to);
	same("mremap", mm_mremap(mm, a.addr, a.len, a.new_len, a.flags, a.to), model_mremap(model, &a));
}

/* What is there for certain is told: pages of one's own. */
static void do_mincore(const struct mmop_args *a)
{
	long r = mm_mincore(mm, a->addr, a->len, VEC);
	u8 vec[64];

	same("mincore", r, model_mincore(model, a->addr, a->len));
	if (r || !a->len || host_access(mm, VEC, FAULT_READ, vec, DIV_ROUND_UP(a->len, PAGE)) != FAULT_DONE)
		return;
	for (unsigned int i = 0; i < DIV_ROUND_UP(a->len, PAGE); i++)
		if (vec[i] > 1 || (at(model, a->addr + i * PAGE)->own && !vec[i]))
			differ("mincore of %#lx: %u", a->addr + i * PAGE, vec[i]);
}

static void do_brk(const struct mmop *op)
{
	unsigned long want = mmop_brk(op, &place);
	long now;

	tell(" %#lx", want);
	now = mm_brk(mm, want);
	same("brk", now, model_brk(model, want));
	if (op->r[2] & 1 && (vaddr_t)now > place.heap) {
		do_write(place.heap + op->r[3] % 24 * PAGE, op->r[4]);
		do_read(place.heap + op->r[4] % 24 * PAGE);
	}
}

static void do_pread(const struct file *f, struct object *o, u64 pos)
{
	static u8 bytes[PAGE_SIZE];
	size_t len = pos < o->size ? min(PAGE, o->size - pos) : 0;

	same("pread", file_rw(f->as, false, bytes, PAGE, pos), len);
	if (memcmp(bytes, object_page(o, pos / PAGE), len))
		differ("page %lu of a file has other bytes", pos / PAGE);
}

static void do_file(const struct mmop *op)
{
	struct mmop_args a;
	enum mmop_file call = mmop_file(op, &a);
	struct object *o = file_object[a.file];
	struct file *f = &files[a.file];
	u64 pos = a.pgoff * PAGE;
	u8 byte = op->r[2];

	tell(" %d of file %d page %lu", call, a.file, a.pgoff);
	switch (call) {
	case TRUNCATE:
		file_truncate(f->as, pos);
		model_truncate(model, o, pos);
		break;
	case PUNCH:
		file_punch(f, pos, op->pages * PAGE);
		for (unsigned int i = 0; i < op->pages; i++)
			hole_in_object(o, a.pgoff + i);
		break;
	case PWRITE:
		pos += a.len;
		same("pwrite", file_rw(f->as, true, &byte, 1, pos), 1);
		object_page(o, a.pgoff)[a.len] = byte;
		o->size = max(o->size, pos + 1);
		break;
	default:
		do_pread(f, o, pos);
	}
}

static void do_reset(void)
{
	static const struct { vaddr_t start; size_t len; } windows[] = {
		{ place.arena, ARENA_SLOTS * PAGE }, { place.top - TOP_SLOTS * PAGE, TOP_SLOTS * PAGE },
	};

	for (size_t w = 0; w < ARRAY_SIZE(windows); w++)
		same("munmap", mm_munmap(mm, windows[w].start, windows[w].len),
		     model_munmap(model, windows[w].start, windows[w].len));
}

static void do_call(const struct mmop *op)
{
	struct mmop_args a = mmop_range(op, &place);
	enum mmop_lock lock;
	int n;

	switch (op->kind) {
	case OP_MMAP:
		a = mmop_mmap(op, &place);
		do_mmap(&a);
		break;
	case OP_MUNMAP:
		tell(" %#lx %zu", a.addr, a.len);
		same("munmap", mm_munmap(mm, a.addr, a.len), model_munmap(model, a.addr, a.len));
		break;
	case OP_MPROTECT:
		n = mmop_new_prot(op);
		tell(" %#lx %zu %x", a.addr, a.len, n);
		same("mprotect", mm_mprotect(mm, a.addr, a.len, n), model_mprotect(model, a.addr, a.len, n));
		break;
	case OP_MREMAP:
		do_mremap(op);
		break;
	case OP_MADVISE:
		n = mmop_advice(op);
		if (n == MADV_GUARD_INSTALL || n == MADV_GUARD_REMOVE)
			n = 200;                /* the model has none, as Linux 6.12 (mm_guard.c) */
		tell(" %#lx %zu %d", a.addr, a.len, n);
		same("madvise", mm_madvise(mm, a.addr, a.len, n), model_madvise(model, a.addr, a.len, n));
		break;
	case OP_MLOCK:
		lock = mmop_mlock(op, &place, &a);
		tell(" %d %#lx %zu %d", lock, a.addr, a.len, a.flags);
		same("mlock", mm_do_mlock(mm, lock, &a), model_mlock(model, lock, &a));
		break;
	case OP_MSYNC:
		n = mmop_sync_flags(op);
		tell(" %#lx %zu %x", a.addr, a.len, n);
		same("msync", mm_msync(mm, a.addr, a.len, n), model_msync(model, a.addr, a.len, n));
		break;
	case OP_MINCORE:
		tell(" %#lx %zu", a.addr, a.len);
		do_mincore(&a);
		break;
	case OP_BRK:
		do_brk(op);
		break;
	case OP_FILE:
		do_file(op);
		break;
	case OP_RESET:
		do_reset();
		break;
	default:
		do_touch(op);
	}
}

/* ---- a sequence ---- */

static void perform(unsigned int i, unsigned int count);

/* The child performs what comes next, then the parent does the same. */
static void do_fork(const struct mmop *op, unsigned int i, unsigned int count)
{
	unsigned int end = min(count, i + 1 + mmop_child_life(op));
	struct mm_struct *parent = mm;

	if (model->parent)
		return;
	mm = host_current->mm = mm_dup(parent);
	if (IS_ERR(mm))
		differ("fork: %ld", PTR_ERR(mm));
	model = model_fork(model);
	tell("\n");
	compare(true);
	for (unsigned int k = i + 1; k < end; k++)
		if (!skip || !skip[k])
			perform(k, count);
	compare(true);
	mm_put(mm);
	mm = host_current->mm = parent;
	model = model_exit(model);
	compare(true);
}

static void perform(unsigned int i, unsigned int count)
{
	struct mmop op = mmop_make(seed, i);

	tell("%u%s %s", i, model->parent ? "c" : "", mmop_name[op.kind]);
	if (op.kind == OP_FORK)
		do_fork(&op, i, count);
	else
		do_call(&op);
	compare(i % 16 == 0);
	tell("\n");
}

/* Nothing of it is left. */
static void end_world(void)
{
	mm_put(mm);
	truncate_pages(&disk_as, 0, -1);
	shmem_truncate(&memory_as, 0, -1);
	for (unsigned int f = 0; f < NR_FD; f++)
		if (files[f].refs)
			differ("file %u: %ld references are left", f, files[f].refs);
	if (vm_committed() || vmstat_read(VMSTAT_nr_shmem) || world_frames_in_use() > 64)
		differ("left: %lu pages committed, %lu of shared memory, %ld frames", vm_committed(),
		       vmstat_read(VMSTAT_nr_shmem), world_frames_in_use());
}

static void run(unsigned int count)
{
	mm = mm_world(seed & 1);        /* every second machine knows blocks of 64 KiB */
	model = calloc(1, sizeof(*model));
	for (unsigned int s = 0; s < NR_SLOTS; s++)
		model->slot[s].file = -1;
	model->brk = place.heap;
	for (unsigned int i = 0; i < count; i++)
		if (!skip || !skip[i])
			perform(i, count);
	compare(true);
	for (unsigned int s = 0; s < NR_SLOTS; s++)
		if (model->slot[s].there)
			do_read(slot_address((int)s));
	end_world();
}

/* ---- many, and what remains of one that fails ---- */

/* In a process of its own: did mm/ and the model agree?  What is said is lost unless @said. */
static bool agrees(unsigned int count, const bool *without, bool said)
{
	int status, null;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(said ? 1 : null, 1);
		dup2(said ? 1 : null, 2);
		skip = without;
		verbose = said;
		run(count);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !status;
}

/* Leave out what can be left out.  How many operations remain. */
static unsigned int shrink(unsigned int count, bool *without)
{
	unsigned int size, left = 0;
	bool less[MAX_OPS];

	for (size = count / 2; size; size /= 2) {
		for (unsigned int from = 0; from < count; from += size) {
			memcpy(less, without, count);
			memset(less + from, true, min(size, count - from));
			if (memcmp(less, without, count) && !agrees(count, less, false))
				memcpy(without, less, count);
		}
	}
	for (unsigned int i = 0; i < count; i++)
		left += !without[i];
	return left;
}

/* 0: they agree; else as many operations as it takes to see that they do not. */
static unsigned int try_seed(u64 which, unsigned int count, bool said)
{
	static bool without[MAX_OPS];
	unsigned int left;

	seed = which;
	memset(without, 0, sizeof(without));
	if (agrees(count, NULL, false))
		return 0;
	left = shrink(count, without);
	if (said) {
		print_message("seed %lu: %u operations of %u\n", which, left, count);
		agrees(count, without, true);
	}
	return left;
}

static void any_sequence_of_calls_agrees_with_the_model(void **state)
{
	const char *seeds = getenv("MMDIFF_SEEDS"), *ops = getenv("MMDIFF_OPS");
	unsigned int first = 1, last = 20, count = ops ? strtoul(ops, NULL, 0) : 2000, failed = 0;

	if (seeds && sscanf(seeds, "%u-%u", &first, &last) == 1)
		last = first;
	assert_in_range(count, 1, MAX_OPS);
	for (; first <= last; first++)
		failed += try_seed(first, count, true) > 0;
	assert_int_equal(failed, 0);
}

/* MADV_DONTNEED that the model forgets: it takes an area, a byte, the advice and a look. */
static void a_difference_is_found_and_shrunk(void **state)
{
	unsigned int left = 0;

	model_forgets_dontneed = true;
	for (u64 which = 1; !left && which < 20; which++)
		left = try_seed(which, 500, false);
	model_forgets_dontneed = false;
	assert_in_range(left, 2, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_sequence_of_calls_agrees_with_the_model),
		cmocka_unit_test(a_difference_is_found_and_shrunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
