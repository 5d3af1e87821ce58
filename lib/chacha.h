// SPDX-License-Identifier: MIT
/*
 * The ChaCha20 block function of RFC 8439: 64 bytes that nobody without the key
 * can tell from chance.  The kernel's random numbers are made of it.
 */
#ifndef LIB_CHACHA_H
#define LIB_CHACHA_H

#include <lib/types.h>

#define CHACHA_KEY_SIZE		32
#define CHACHA_NONCE_SIZE	12
#define CHACHA_BLOCK_SIZE	64

#define CHACHA_COUNTER		12	/* the word of the state that counts blocks */

/* The state of RFC 8439 §2.3: constants, key, block counter, nonce. */
struct chacha_state {
	u32 x[16];
};

void chacha20_init(struct chacha_state *state, const u8 key[CHACHA_KEY_SIZE],
		   const u8 nonce[CHACHA_NONCE_SIZE], u32 counter);

/* The key stream of this state; the counter does not move. */
void chacha20_block(const struct chacha_state *state, u8 out[CHACHA_BLOCK_SIZE]);

#endif
