// SPDX-License-Identifier: MIT
/*
 * Hashing a name: a multiply and an add per byte, and one good mix at the end, for
 * names of some ten bytes.  The length goes in too, so that "a" and "a\0" differ.
 */
#include <lib/hash.h>

u64 hash_string(const char *name, size_t len)
{
	u64 hash = len;

	for (const char *end = name + len; name != end; name++)
		hash = hash * 0x100000001b3UL + (u8)*name;
	hash = hash_u64(hash);
	return hash ^ hash >> 29;
}
