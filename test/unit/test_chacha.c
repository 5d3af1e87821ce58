// SPDX-License-Identifier: MIT
/* lib/chacha.c against the vectors printed in RFC 8439. */
#include <lib/chacha.h>

#include "harness.h"

static void from_hex(u8 *out, const char *hex)
{
	for (unsigned int byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*out++ = byte;
}

static void expect_block(const char *key_hex, const char *nonce_hex, u32 counter,
			 const char *block_hex)
{
	u8 key[CHACHA_KEY_SIZE], nonce[CHACHA_NONCE_SIZE];
	u8 block[CHACHA_BLOCK_SIZE], expected[CHACHA_BLOCK_SIZE];
	struct chacha_state state, before;

	from_hex(key, key_hex);
	from_hex(nonce, nonce_hex);
	from_hex(expected, block_hex);
	chacha20_init(&state, key, nonce, counter);
	before = state;
	chacha20_block(&state, block);
	assert_memory_equal(block, expected, sizeof(block));
	assert_memory_equal(&state, &before, sizeof(state));
}

#define ZERO_KEY "0000000000000000000000000000000000000000000000000000000000000000"
#define ZERO_NONCE "000000000000000000000000"

static void the_block_of_section_2_3_2(void **state)
{
	expect_block("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		     "000000090000004a00000000", 1,
		     "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
		     "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

static void the_blocks_of_appendix_a_1(void **state)
{
	expect_block(ZERO_KEY, ZERO_NONCE, 0,
		     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
		     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	expect_block(ZERO_KEY, ZERO_NONCE, 1,
		     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
		     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
	expect_block("0000000000000000000000000000000000000000000000000000000000000001",
		     ZERO_NONCE, 1,
		     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
		     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
	expect_block("00ff000000000000000000000000000000000000000000000000000000000000",
		     ZERO_NONCE, 2,
		     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
		     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
	expect_block(ZERO_KEY, "000000000000000000000002", 0,
		     "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
		     "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_block_of_section_2_3_2),
		cmocka_unit_test(the_blocks_of_appendix_a_1),
	};

	return cmocka_run_group_tests_name("chacha", tests, NULL, NULL);
}
