// SPDX-License-Identifier: MIT
/*
 * The functions that a compiler calls for __builtin_ctz, clz, popcount and bswap
 * when the machine has no instruction for them (rv64 without Zbb).
 *
 * They are in libgcc too; having them here means that a kernel links with no
 * library of the toolchain, whichever toolchain that is.  None of them may use the
 * builtin it stands for.
 */
#include <lib/types.h>

int __ctzdi2(u64 x);
int __ctzsi2(u32 x);
int __clzdi2(u64 x);
int __clzsi2(u32 x);
int __popcountdi2(u64 x);
u64 __bswapdi2(u64 x);
u32 __bswapsi2(u32 x);

/*
 * A de Bruijn sequence holds each 6-bit number once: multiplied by the lowest bit
 * of x, that is, shifted left by its position, its top 6 bits tell the position.
 */
#define DE_BRUIJN 0x03f79d71b4cb0a89UL

static const u8 de_bruijn_position[64] = {
	 0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};

int __ctzdi2(u64 x)
{
	return de_bruijn_position[((x & -x) * DE_BRUIJN) >> 58];
}

int __ctzsi2(u32 x)
{
	return __ctzdi2(x);
}

int __clzdi2(u64 x)
{
	int n = 0;

	for (int half = 32; half; half /= 2) {
		if (!(x >> (64 - half))) {
			n += half;
			x <<= half;
		}
	}
	return n;
}

int __clzsi2(u32 x)
{
	return __clzdi2((u64)x << 32);
}

/* Add neighbours in fields of 2, 4 and 8 bits; the product sums the eight bytes on top. */
int __popcountdi2(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555UL;
	x = (x & 0x3333333333333333UL) + ((x >> 2) & 0x3333333333333333UL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (x * 0x0101010101010101UL) >> 56;
}

u64 __bswapdi2(u64 x)
{
	x = (x & 0x00ff00ff00ff00ffUL) << 8 | ((x >> 8) & 0x00ff00ff00ff00ffUL);
	x = (x & 0x0000ffff0000ffffUL) << 16 | ((x >> 16) & 0x0000ffff0000ffffUL);
	return x << 32 | x >> 32;
}

u32 __bswapsi2(u32 x)
{
	return __bswapdi2(x) >> 32;
}
