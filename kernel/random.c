// SPDX-License-Identifier: MIT
/*
 * The random generator: ChaCha20 with its key replaced at every refill.
 *
 * A refill runs the cipher for POOL_BLOCKS blocks; the first 32 bytes become
 * the next key and the rest is handed out and wiped as it goes ("fast key
 * erasure"), so what leaks from memory tells nothing of what was given out
 * before.  Large requests take a key from the pool and run the cipher on
 * their own, without the lock.
 *
 * Seed: the firmware's /chosen/rng-seed, the machine's own source, and the
 * time of day and of booting.  There is no wait for entropy: on this machine
 * the firmware's seed is all there ever will be, and /dev/random equals
 * /dev/urandom.
 *
 * Lock: random_lock (any context) guards key and pool.
 */
#include <kernel/random.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/time.h>
#include <kernel/sync.h>
#include <lib/chacha.h>
#include <lib/fdt.h>
#include <lib/string.h>

#define POOL_BLOCKS     4
#define POOL_SIZE       (POOL_BLOCKS * CHACHA_BLOCK_SIZE)
#define SMALL_REQUEST   64

static struct spinlock random_lock = SPINLOCK_INIT(RANK_LEAF);
static u8 key[CHACHA_KEY_SIZE];
static u8 pool[POOL_SIZE];
static size_t used = POOL_SIZE;         /* bytes of the pool that are gone */

static const u8 zero_nonce[CHACHA_NONCE_SIZE];

static void take_from_pool(void *buf, size_t len);
static void refill(void);
static void stream(const u8 *with_key, u8 *out, size_t len);

void random_init(void)
{
	u64 now[3] = { time_ns(), cpu_instret(), 0 };
	u64 machine;
	int node, len;
	const void *seed;

	rtc_read_ns(&now[2]);
	random_mix(now, sizeof(now));
	for (int i = 0; i < 4 && cpu_random_seed(&machine); i++)
		random_mix(&machine, sizeof(machine));
	if (!machine_fdt)
		return;
	node = fdt_path_node(machine_fdt, "/chosen");
	if (node < 0)
		return;
	seed = fdt_prop(machine_fdt, node, "rng-seed", &len);
	if (seed && len > 0)
		random_mix(seed, (size_t)len);
}

void get_random_bytes(void *buf, size_t len)
{
	u8 own_key[CHACHA_KEY_SIZE];

	if (len <= SMALL_REQUEST) {
		take_from_pool(buf, len);
		return;
	}
	take_from_pool(own_key, sizeof(own_key));
	stream(own_key, buf, len);
	memset(own_key, 0, sizeof(own_key));
}

u64 get_random_u64(void)
{
	u64 v;

	take_from_pool(&v, sizeof(v));
	return v;
}

/* Fold @data into the key, 32 bytes at a time, each followed by a refill. */
void random_mix(const void *data, size_t len)
{
	const u8 *p = data;
	unsigned long flags = spin_lock_irqsave(&random_lock);

	while (len) {
		size_t n = min(len, sizeof(key));

		for (size_t i = 0; i < n; i++)
			key[i] ^= p[i];
		refill();
		p += n;
		len -= n;
	}
	spin_unlock_irqrestore(&random_lock, flags);
}

static void take_from_pool(void *buf, size_t len)
{
	unsigned long flags = spin_lock_irqsave(&random_lock);

	if (POOL_SIZE - used < len)
		refill();
	memcpy(buf, pool + used, len);
	memset(pool + used, 0, len);
	used += len;
	spin_unlock_irqrestore(&random_lock, flags);
}

static void refill(void)
{
	stream(key, pool, POOL_SIZE);
	memcpy(key, pool, sizeof(key));
	memset(pool, 0, sizeof(key));
	used = sizeof(key);
}

/* The key stream of @with_key; each key is used for one stream only, so the nonce is 0. */
static void stream(const u8 *with_key, u8 *out, size_t len)
{
	struct chacha_state state;
	u8 block[CHACHA_BLOCK_SIZE];

	chacha20_init(&state, with_key, zero_nonce, 0);
	while (len >= sizeof(block)) {
		chacha20_block(&state, out);
		state.x[CHACHA_COUNTER]++;
		out += sizeof(block);
		len -= sizeof(block);
	}
	if (len) {
		chacha20_block(&state, block);
		memcpy(out, block, len);
		memset(block, 0, sizeof(block));
	}
	memset(&state, 0, sizeof(state));
}
