// SPDX-License-Identifier: MIT
/*
 * Partition tables (MBR; UEFI 2.10 §5.3 for GPT), read from a disk that may
 * hold anything.
 *
 * An entry counts only if it lies within the disk; a GPT only if its checksums
 * are right.  A boot sector of a FAT file system looks like an MBR without
 * entries in range, and gives none.  Nothing but lib/ is needed, so that the
 * same lines are tested and fuzzed on the host.
 *
 * Lock: none; no state.
 */
#include <kernel/drivers/partition.h>

#include <lib/string.h>

#define SECTOR          512U
#define MBR_TABLE       446U
#define MBR_EXTENDED(t) ((t) == 0x05 || (t) == 0x0f || (t) == 0x85)
#define MBR_GPT         0xee
#define LOGICAL_FIRST   5U
#define GPT_ENTRIES_MAX 1024U

struct scan {
	const u8 *(*read)(void *arg, u64 sector, u8 *buf);
	void *arg;
	u64 nr_sectors;
	struct partition *parts;
	unsigned int nr, max;
};

struct mbr_entry {
	u8 type;
	u32 start, len;
};

static void scan_mbr(struct scan *s, const u8 *mbr);
static void scan_logical(struct scan *s, u32 extended, u32 len);
static bool scan_gpt(struct scan *s);

static u32 get32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static u64 get64(const u8 *p)
{
	return get32(p) | (u64)get32(p + 4) << 32;
}

unsigned int partition_scan(const u8 *(*read)(void *arg, u64 sector, u8 *buf), void *arg,
			    u64 nr_sectors, struct partition *parts, unsigned int max)
{
	struct scan s = {
		.read = read, .arg = arg, .nr_sectors = nr_sectors, .parts = parts, .max = max
	};
	u8 mbr[SECTOR];

	if (nr_sectors < 2 || !read(arg, 0, mbr) || mbr[510] != 0x55 || mbr[511] != 0xaa)
		return 0;
	for (unsigned int i = 0; i < 4; i++) {
		u8 boot = mbr[MBR_TABLE + 16 * i];

		if (boot != 0 && boot != 0x80)
			return 0;
		if (mbr[MBR_TABLE + 16 * i + 4] == MBR_GPT && scan_gpt(&s))
			return s.nr;
	}
	scan_mbr(&s, mbr);
	return s.nr;
}

/* Take an entry if it lies in the disk and there is room. */
static void add(struct scan *s, unsigned int number, u64 start, u64 len)
{
	if (!start || !len || number > s->max || s->nr == s->max ||
	    start >= s->nr_sectors || len > s->nr_sectors - start)
		return;
	s->parts[s->nr++] = (struct partition){ number, start, len };
}

static struct mbr_entry mbr_entry(const u8 *mbr, unsigned int i)
{
	const u8 *e = mbr + MBR_TABLE + 16 * i;

	return (struct mbr_entry){ .type = e[4], .start = get32(e + 8), .len = get32(e + 12) };
}

static void scan_mbr(struct scan *s, const u8 *mbr)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct mbr_entry e = mbr_entry(mbr, i);

		if (e.type == 0 || e.type == MBR_GPT)
			continue;
		if (MBR_EXTENDED(e.type))
			scan_logical(s, e.start, e.len);
		else
			add(s, i + 1, e.start, e.len);
	}
}

/*
 * Each logical partition has a table of its own: the first entry is the
 * partition, from here; the second leads to the next table, from the start of
 * the extended partition.  A chain that turns back would never end, so its
 * length is bounded by what we can name.
 */
static void scan_logical(struct scan *s, u32 extended, u32 len)
{
	u64 at = extended;
	u8 ebr[SECTOR];

	for (unsigned int n = LOGICAL_FIRST; n <= s->max; n++) {
		struct mbr_entry part, next;

		if (at >= s->nr_sectors || !s->read(s->arg, at, ebr) || ebr[510] != 0x55 ||
		    ebr[511] != 0xaa)
			return;
		part = mbr_entry(ebr, 0);
		next = mbr_entry(ebr, 1);
		if (part.type)
			add(s, n, at + part.start, part.len);
		if (!MBR_EXTENDED(next.type) || next.start >= len)
			return;
		at = (u64)extended + next.start;
	}
}

/* ------------------------------------------------------------------- GPT */

static u32 crc32_more(u32 crc, const u8 *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return crc;
}

/* The header checks out: signature, size, checksum with its own field as 0. */
static bool gpt_header_good(u8 *h)
{
	u32 size = get32(h + 12), want = get32(h + 16);

	if (memcmp(h, "EFI PART", 8) || size < 92 || size > SECTOR)
		return false;
	memset(h + 16, 0, 4);
	return ~crc32_more(~0U, h, size) == want;
}

static bool gpt_entries_good(struct scan *s, u64 first, u64 bytes, u32 want)
{
	u32 crc = ~0U;
	u8 buf[SECTOR];

	for (u64 off = 0; off < bytes; off += SECTOR) {
		if (!s->read(s->arg, first + off / SECTOR, buf))
			return false;
		crc = crc32_more(crc, buf, min((u64)SECTOR, bytes - off));
	}
	return ~crc == want;
}

static bool scan_gpt(struct scan *s)
{
	u8 h[SECTOR], buf[SECTOR];
	u64 first, bytes;
	u32 nr, size;

	if (!s->read(s->arg, 1, h) || !gpt_header_good(h))
		return false;
	first = get64(h + 72);
	nr = get32(h + 80);
	size = get32(h + 84);
	if (nr > GPT_ENTRIES_MAX || size < 128 || size > SECTOR || (size & (size - 1)))
		return false;
	bytes = (u64)nr * size;
	if (first < 2 || first >= s->nr_sectors || bytes / SECTOR >= s->nr_sectors - first)
		return false;
	if (!gpt_entries_good(s, first, bytes, get32(h + 88)))
		return false;
	for (u32 i = 0; i < nr && i < s->max; i++) {
		const u8 *e = s->read(s->arg, first + (u64)i * size / SECTOR, buf);
		u64 start, last;

		if (!e)
			break;
		e += (u64)i * size % SECTOR;
		start = get64(e + 32);
		last = get64(e + 40);
		if ((get64(e) || get64(e + 8)) && last >= start)
			add(s, i + 1, start, last - start + 1);
	}
	return true;
}
