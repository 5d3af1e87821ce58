// SPDX-License-Identifier: MIT
/*
 * Atomic counters, atomic bits and memory barriers, on the compiler's __atomic
 * builtins alone, so the same lines run on every architecture.
 *
 * Ordering follows Linux, which is what readers expect: an operation that
 * returns a value is a full barrier, one that returns nothing orders nothing.
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include <lib/types.h>

#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* Of __atomic_store_n some compilers make an atomic swap, which no order here asks for. */
#define smp_store_release(p, v)	do { \
	smp_wmb(); \
	WRITE_ONCE(*(p), v); \
} while (0)

/* On any scalar: what was there before. */
#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new) __extension__({ \
	__typeof__(*(p)) __cmpxchg_old = (old); \
	__atomic_compare_exchange_n(p, &__cmpxchg_old, new, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__cmpxchg_old; })

typedef struct {
	int v;
} atomic_t;

typedef struct {
	long v;
} atomic_long_t;

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }

/*
 * One family per width:
 *
 *	T    atomic_read(v)                 void atomic_set(v, i)
 *	void atomic_inc(v), atomic_dec(v), atomic_add(i, v), atomic_sub(i, v)
 *	T    atomic_inc_return(v), atomic_dec_return(v)          the new value
 *	T    atomic_add_return(i, v), atomic_sub_return(i, v)    the new value
 *	T    atomic_fetch_add(i, v), atomic_fetch_sub(i, v)      the old value
 *	bool atomic_dec_and_test(v), atomic_sub_and_test(i, v)   did it reach 0?
 *	bool atomic_inc_not_zero(v)                              false: it was 0, and is
 *	bool atomic_add_unless(v, i, unless)                     false: it was @unless
 *	T    atomic_xchg(v, new), atomic_cmpxchg(v, old, new)    the old value
 */
#define DEFINE_ATOMIC(prefix, atom, T) \
static inline T prefix##_read(const atom *a) \
{ \
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED); \
} \
static inline void prefix##_set(atom *a, T i) \
{ \
	WRITE_ONCE(a->v, i); \
} \
static inline void prefix##_add(T i, atom *a) \
{ \
	__atomic_fetch_add(&a->v, i, __ATOMIC_RELAXED); \
} \
static inline void prefix##_sub(T i, atom *a) \
{ \
	__atomic_fetch_sub(&a->v, i, __ATOMIC_RELAXED); \
} \
static inline void prefix##_inc(atom *a) \
{ \
	prefix##_add(1, a); \
} \
static inline void prefix##_dec(atom *a) \
{ \
	prefix##_sub(1, a); \
} \
static inline T prefix##_fetch_add(T i, atom *a) \
{ \
	return __atomic_fetch_add(&a->v, i, __ATOMIC_SEQ_CST); \
} \
static inline T prefix##_fetch_sub(T i, atom *a) \
{ \
	return __atomic_fetch_sub(&a->v, i, __ATOMIC_SEQ_CST); \
} \
static inline T prefix##_add_return(T i, atom *a) \
{ \
	return __atomic_add_fetch(&a->v, i, __ATOMIC_SEQ_CST); \
} \
static inline T prefix##_sub_return(T i, atom *a) \
{ \
	return __atomic_sub_fetch(&a->v, i, __ATOMIC_SEQ_CST); \
} \
static inline T prefix##_inc_return(atom *a) \
{ \
	return prefix##_add_return(1, a); \
} \
static inline T prefix##_dec_return(atom *a) \
{ \
	return prefix##_sub_return(1, a); \
} \
static inline bool prefix##_sub_and_test(T i, atom *a) \
{ \
	return prefix##_sub_return(i, a) == 0; \
} \
static inline bool prefix##_dec_and_test(atom *a) \
{ \
	return prefix##_sub_and_test(1, a); \
} \
static inline T prefix##_xchg(atom *a, T new_value) \
{ \
	return xchg(&a->v, new_value); \
} \
static inline T prefix##_cmpxchg(atom *a, T old, T new_value) \
{ \
	return cmpxchg(&a->v, old, new_value); \
} \
static inline bool prefix##_add_unless(atom *a, T i, T unless) \
{ \
	T seen = prefix##_read(a); \
	do { \
		if (seen == unless) \
			return false; \
	} while (!__atomic_compare_exchange_n(&a->v, &seen, seen + i, true, \
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)); \
	return true; \
} \
static inline bool prefix##_inc_not_zero(atom *a) \
{ \
	return prefix##_add_unless(a, 1, 0); \
}

DEFINE_ATOMIC(atomic, atomic_t, int)
DEFINE_ATOMIC(atomic_long, atomic_long_t, long)

/*
 * Bits of an array of words; bit 0 is the lowest of the first word.  set_bit and
 * clear_bit order nothing; the test_and_ forms are full barriers; clear_bit_unlock
 * releases what test_and_set_bit acquired.
 */
#define BITS_PER_LONG	64
#define BIT_WORD(nr)	((unsigned long)(nr) / BITS_PER_LONG)
#define BIT_MASK(nr)	(1UL << ((unsigned long)(nr) % BITS_PER_LONG))

static inline void set_bit(unsigned long nr, unsigned long *addr)
{
	__atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long nr, unsigned long *addr)
{
	__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit_unlock(unsigned long nr, unsigned long *addr)
{
	__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELEASE);
}

static inline bool test_bit(unsigned long nr, const unsigned long *addr)
{
	return __atomic_load_n(&addr[BIT_WORD(nr)], __ATOMIC_RELAXED) & BIT_MASK(nr);
}

static inline bool test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	return __atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

static inline bool test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	return __atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

/* For words that nobody else touches meanwhile. */
static inline void __set_bit(unsigned long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

#endif
