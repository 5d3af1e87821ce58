// SPDX-License-Identifier: MIT
/*
 * ChaCha20, from RFC 8439 §2.1 - §2.3: twenty rounds of add, xor and rotate on a
 * square of sixteen words, the columns and the diagonals in turn; then the square
 * is added to what it was at first, which is what makes it impossible to run back.
 */
#include <lib/chacha.h>

#include <lib/string.h>

#define DOUBLE_ROUNDS 10

static u32 rotl(u32 v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static u32 load_le32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static void store_le32(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> (8 * i);
}

void chacha20_init(struct chacha_state *state, const u8 key[CHACHA_KEY_SIZE],
		   const u8 nonce[CHACHA_NONCE_SIZE], u32 counter)
{
	static const u8 constants[] = "expand 32-byte k";

	for (int i = 0; i < 4; i++)
		state->x[i] = load_le32(constants + 4 * i);
	for (int i = 0; i < 8; i++)
		state->x[4 + i] = load_le32(key + 4 * i);
	state->x[CHACHA_COUNTER] = counter;
	for (int i = 0; i < 3; i++)
		state->x[13 + i] = load_le32(nonce + 4 * i);
}

static inline void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b], x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d], x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b], x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d], x[b] = rotl(x[b] ^ x[c], 7);
}

void chacha20_block(const struct chacha_state *state, u8 out[CHACHA_BLOCK_SIZE])
{
	u32 x[16];

	memcpy(x, state->x, sizeof(x));
	for (int i = 0; i < DOUBLE_ROUNDS; i++) {
		for (int c = 0; c < 4; c++)
			quarter_round(x, c, 4 + c, 8 + c, 12 + c);
		for (int c = 0; c < 4; c++)
			quarter_round(x, c, 4 + (c + 1) % 4, 8 + (c + 2) % 4, 12 + (c + 3) % 4);
	}
	for (int i = 0; i < 16; i++)
		store_le32(out + 4 * i, x[i] + state->x[i]);
}
