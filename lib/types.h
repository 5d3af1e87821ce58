// SPDX-License-Identifier: MIT
/*
 * The words every other file is written in: integer types, addresses, and the
 * few macros without which C is longer than what it says.
 *
 * Types that libc also defines (ssize_t, loff_t) have the very type libc gives
 * them, so a host test may include both.  u64 is unsigned long on both targets:
 * print it with %lu or %lx.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef unsigned long u64;
typedef __INT8_TYPE__ s8;
typedef __INT16_TYPE__ s16;
typedef __INT32_TYPE__ s32;
typedef long s64;

_Static_assert(sizeof(long) == 8 && sizeof(void *) == 8, "an LP64 target");

typedef unsigned long vaddr_t;		/* a virtual address, bytes */
typedef unsigned long paddr_t;		/* a physical address, bytes */
typedef unsigned long pgoff_t;		/* an offset in a file, pages */
typedef long loff_t;			/* an offset in a file, bytes */
typedef long ssize_t;

#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define __noreturn	__attribute__((noreturn))
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __used		__attribute__((used))
#define __unused	__attribute__((unused))
#define __noinline	__attribute__((noinline))
#define __must_check	__attribute__((warn_unused_result))
#define __section(s)	__attribute__((section(s)))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define fallthrough	__attribute__((fallthrough))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* The compiler may keep nothing in a register across this; no instruction. */
#define barrier()	__asm__ volatile("" ::: "memory")

/*
 * @v, of which the compiler no longer knows where it came from; no instruction.  For an address
 * that is used often: it would rather compute it anew each time than keep it.
 */
#define AS_IS(v) __extension__({ \
	__typeof__(v) __as_is = (v); \
	__asm__("" : "+r"(__as_is)); \
	__as_is; })

/* One access, of the size of the object, neither repeated nor torn. */
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define BIT(n)	(1UL << (n))
#define KiB	(1UL << 10)
#define MiB	(1UL << 20)
#define GiB	(1UL << 30)

/* @a is a power of two. */
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)	   (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

#define ARRAY_SIZE(a) \
	(sizeof(a) / sizeof((a)[0]) + \
	 0 * sizeof(struct { \
		int not_a_pointer : \
			1 - 2 * __builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])); \
	 }))

#define container_of(ptr, type, member) __extension__({ \
	const __typeof__(((type *)0)->member) *__mptr = (ptr); \
	(type *)((char *)(unsigned long)__mptr - offsetof(type, member)); })

/*
 * Each argument is evaluated once; comparing the addresses of the two copies
 * makes the compiler refuse operands of different types.
 */
#define __pick(a, b, op, x, y) __extension__({ \
	__typeof__(a) x = (a); \
	__typeof__(b) y = (b); \
	(void)(&x == &y); \
	x op y ? x : y; })
#define __paste2(a, b)	a##b
#define __paste(a, b)	__paste2(a, b)
#define __min(a, b, id)	__pick(a, b, <, __paste(__min_a, id), __paste(__min_b, id))
#define __max(a, b, id)	__pick(a, b, >, __paste(__max_a, id), __paste(__max_b, id))
#define min(a, b)	__min(a, b, __COUNTER__)
#define max(a, b)	__max(a, b, __COUNTER__)
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

#define swap_values(a, b) do { \
	__typeof__(a) __swap_tmp = (a); \
	(a) = (b); \
	(b) = __swap_tmp; \
} while (0)

#endif
