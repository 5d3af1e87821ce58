// SPDX-License-Identifier: MIT
/*
 * futex: sleep while a word of a program has a value, wake those who do.
 *
 * A word is known by a key: for memory that processes share, the object it is
 * a page of and the place in it; for all other memory the address space and
 * the address.  Waiters hang in a hash table by key.
 *
 * Reading the word may fault and sleep, so it cannot be done under a bucket's
 * lock.  A waiter therefore queues first and reads then:
 *
 *   waiter: on the queue; read the word; other value → off again, -EAGAIN
 *   waker:  write the word; look at the queue
 *
 * Whoever wrote before our reading is seen, whoever writes later finds us.  A
 * waiter that was woken and yet saw another value gives the wake-up on: it
 * was meant for one that sleeps.
 *
 * Always true: a waiter with woken set is in no bucket.
 * Lock:        the bucket's, two of them in order of address.  Waking is done
 *              under it, so the waiter's stack is there.
 */
#include <kernel/futex.h>

#include <kernel/clock.h>
#include <kernel/futex_internal.h>
#include <kernel/sched.h>
#include <kernel/signal_types.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/hash.h>
#include <mm/mm.h>
#include <mm/uaccess.h>
#include <mm/vma.h>

#define BUCKET_BITS     8
static struct futex_bucket buckets[1 << BUCKET_BITS];

void futex_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock, RANK_FUTEX);
		INIT_LIST_HEAD(&buckets[i].waiters);
		INIT_HLIST_HEAD(&buckets[i].pi_locks);
	}
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
	return &buckets[hash_bits((u64)key->object ^ key->place * 31, BUCKET_BITS)];
}

int futex_make_key(vaddr_t addr, bool private, struct futex_key *key)
{
	struct mm_struct *mm = current->thread.mm;
	struct vm_area_struct *vma;
	int err = 0;

	if (!IS_ALIGNED(addr, sizeof(u32)))
		return -EINVAL;
	if (!user_range_ok(addr, sizeof(u32)))
		return -EFAULT;
	key->object = mm;
	key->place = addr;
	if (private)
		return 0;
	down_read(&mm->lock);
	vma = vma_lookup(mm, addr);
	if (!vma) {
		err = -EFAULT;
	} else if ((vma->vm_flags & VM_SHARED) && vma->vm_mapping) {
		key->object = vma->vm_mapping;
		key->place = vma_pgoff(vma, addr) << PAGE_SHIFT | (addr & ~PAGE_MASK);
	}
	up_read(&mm->lock);
	return err;
}

/* ------------------------------------------------ waiting */

void futex_waiter_add(struct futex_waiter *w)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);

	spin_lock(&b->lock);
	w->bucket = b;
	list_add_tail(&w->node, &b->waiters);
	spin_unlock(&b->lock);
}

bool futex_waiter_remove(struct futex_waiter *w)
{
	for (;;) {
		struct futex_bucket *b = READ_ONCE(w->bucket);
		bool here, woken;

		spin_lock(&b->lock);
		here = w->bucket == b;
		woken = w->woken;
		if (here && !woken)
			list_del(&w->node);
		spin_unlock(&b->lock);
		if (here)
			return !woken;
	}
}

int futex_sleep(const bool *woken, u64 deadline_ns)
{
	int err = 0;

	while (!err) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(*woken))
			break;
		if (signal_pending())
			err = -ERESTARTSYS;
		else if (!schedule_until(deadline_ns) && !READ_ONCE(*woken))
			err = -ETIMEDOUT;
	}
	set_current_state(TASK_RUNNING);
	return err;
}

int futex_wait(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline_ns)
{
	struct futex_waiter w = { .task = current, .bitset = bitset };
	struct futex_key key;
	int err;
	u32 seen;

	if (!bitset)
		return -EINVAL;
	err = futex_make_key(addr, private, &w.key);
	if (err)
		return err;
	key = w.key;
	futex_waiter_add(&w);
	err = user_load32(addr, &seen);
	if (!err && seen != val)
		err = -EAGAIN;
	if (!err)
		err = futex_sleep(&w.woken, deadline_ns);
	if (futex_waiter_remove(&w))
		return err;
	if (err == -EAGAIN || err == -EFAULT) {
		futex_wake_key(&key, 1, bitset);
		return err;
	}
	return 0;
}

/* ------------------------------------------------ waking */

void futex_wake_one(struct futex_waiter *w)
{
	list_del(&w->node);
	WRITE_ONCE(w->woken, true);
	if (w->any_woken)
		WRITE_ONCE(*w->any_woken, true);
	wake_up_process(w->task);
}

int futex_wake_key(const struct futex_key *key, int nr, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct futex_waiter *w, *tmp;
	int woken = 0;

	smp_mb();       /* the program's store to the word, before the look at the chain */
	if (list_empty(&b->waiters))
		return 0;
	spin_lock(&b->lock);
	list_for_each_entry_safe(w, tmp, &b->waiters, node) {
		if (!futex_same_key(&w->key, key) || !(w->bitset & bitset))
			continue;
		if (unlikely(w->pi)) {  /* it waits to be moved to a lock */
			woken = -EINVAL;
			break;
		}
		futex_wake_one(w);
		if (++woken >= nr)
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}

int futex_wake(vaddr_t addr, bool private, int nr, u32 bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_make_key(addr, private, &key);
	return err ? err : futex_wake_key(&key, nr, bitset);
}

static void lock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(&min(a, b)->lock);
	if (a != b)
		spin_lock(&max(a, b)->lock);
}

/*
 * Wake @nr_wake waiters of @addr and move up to @nr_move of the rest to
 * @to.  The comparison comes before the locks, since it may sleep: a waiter
 * that came in between is moved with the others, and woken from there.
 */
int futex_requeue(vaddr_t addr, bool private, vaddr_t to, bool to_private, int nr_wake,
		  int nr_move, const u32 *expected)
{
	struct futex_key from_key, to_key;
	struct futex_bucket *from, *dest;
	struct futex_waiter *w, *tmp;
	int err, done = 0, moved = 0;
	u32 seen;

	if (nr_wake < 0 || nr_move < 0)
		return -EINVAL;
	err = futex_make_key(addr, private, &from_key);
	if (!err)
		err = futex_make_key(to, to_private, &to_key);
	if (!err && expected) {
		err = user_load32(addr, &seen);
		if (!err && seen != *expected)
			err = -EAGAIN;
	}
	if (err)
		return err;
	from = futex_bucket_of(&from_key);
	dest = futex_bucket_of(&to_key);
	lock_both(from, dest);
	list_for_each_entry_safe(w, tmp, &from->waiters, node) {
		if (!futex_same_key(&w->key, &from_key))
			continue;
		if (unlikely(w->pi)) {
			err = -EINVAL;
			break;
		}
		if (done < nr_wake) {
			futex_wake_one(w);
			done++;
			continue;
		}
		if (moved == nr_move)
			break;
		w->key = to_key;
		if (from != dest)
			list_move_tail(&w->node, &dest->waiters);
		WRITE_ONCE(w->bucket, dest);
		moved++;
	}
	spin_unlock(&dest->lock);
	if (from != dest)
		spin_unlock(&from->lock);
	if (err)
		return err;
	return expected ? done + moved : done;
}

/* ------------------------------------------------ FUTEX_WAKE_OP */

enum { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR };
enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

static int op_apply(int op, u32 old, u32 arg, u32 *new)
{
	switch (op) {
	case OP_SET:
		*new = arg;
		return 0;
	case OP_ADD:
		*new = old + arg;
		return 0;
	case OP_OR:
		*new = old | arg;
		return 0;
	case OP_ANDN:
		*new = old & ~arg;
		return 0;
	case OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int op_compare(int cmp, int old, int arg)
{
	switch (cmp) {
	case CMP_EQ:
		return old == arg;
	case CMP_NE:
		return old != arg;
	case CMP_LT:
		return old < arg;
	case CMP_LE:
		return old <= arg;
	case CMP_GT:
		return old > arg;
	case CMP_GE:
		return old >= arg;
	default:
		return -ENOSYS;
	}
}

/* Change the word at @addr as futex(2) encodes it in @encoded; 1 or 0: what its comparison said. */
static int word_op(vaddr_t addr, u32 encoded)
{
	int op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
	int oparg = (int)(encoded << 8) >> 20, cmparg = (int)(encoded << 20) >> 20;
	u32 old, new, seen;
	int err = user_load32(addr, &old);

	if (encoded >> 31)
		oparg = (int)(1U << (oparg & 31));
	for (;;) {
		if (!err)
			err = op_apply(op, old, (u32)oparg, &new);
		if (!err)
			err = user_cmpxchg32(addr, old, new, &seen);
		if (err)
			return err;
		if (seen == old)
			return op_compare(cmp, (int)old, cmparg);
		old = seen;
	}
}

int futex_wake_op(vaddr_t addr, vaddr_t addr2, bool private, int nr_wake, int nr_wake2, u32 encoded)
{
	struct futex_key key, key2;
	int err, woken;

	err = futex_make_key(addr, private, &key);
	if (!err)
		err = futex_make_key(addr2, private, &key2);
	if (!err)
		err = word_op(addr2, encoded);
	if (err < 0)
		return err;
	woken = futex_wake_key(&key, nr_wake, ~0U);
	if (woken >= 0 && err) {
		err = futex_wake_key(&key2, nr_wake2, ~0U);
		woken = err < 0 ? err : woken + err;
	}
	return woken;
}
