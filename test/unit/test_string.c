// SPDX-License-Identifier: MIT
/*
 * lib/string.c and strings.c against libc, in all alignments; a block lies at the
 * very end of an allocation, so that ASan sees a byte read or written too far.
 */
#include <lib/string.h>

#include "harness.h"

/* What lib/hosted.h calls ours here. */
void *own_memcpy(void *dst, const void *src, size_t n);
void *own_memmove(void *dst, const void *src, size_t n);
void *own_memset(void *dst, int c, size_t n);
int own_memcmp(const void *a, const void *b, size_t n);
void *own_memchr(const void *s, int c, size_t n);
size_t own_strlen(const char *s);
size_t own_strnlen(const char *s, size_t max);
int own_strcmp(const char *a, const char *b);
int own_strncmp(const char *a, const char *b, size_t n);
char *own_strchr(const char *s, int c);
char *own_strrchr(const char *s, int c);
char *own_strstr(const char *s, const char *needle);
size_t own_strspn(const char *s, const char *accept);
size_t own_strcspn(const char *s, const char *reject);
char *own_strcpy(char *dst, const char *src);
char *own_strcat(char *dst, const char *src);

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void fill_random(u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = harness_random() >> 32;
}

/* @n bytes that end with their allocation and begin at @misalignment within a word. */
static u8 *make_block(size_t misalignment, size_t n, u8 **allocation)
{
	*allocation = malloc(misalignment + n);
	fill_random(*allocation, misalignment + n);
	return *allocation + misalignment;
}

static size_t random_size(void)
{
	return harness_below(harness_below(8) ? 100 : 3000);     /* rows of a copy are 1,024 */
}

static void memcpy_copies_every_byte_and_no_other(void **state)
{
	for (int round = 0; round < 20000; round++) {
		size_t n = random_size();
		u8 *from, *to, *src, *dst, guard[8];

		src = make_block(round % 8, n, &from);
		dst = make_block(round / 8 % 8, n, &to);
		memcpy(guard, to, round / 8 % 8);
		assert_ptr_equal(own_memcpy(dst, src, n), dst);
		assert_memory_equal(dst, src, n);
		assert_memory_equal(to, guard, round / 8 % 8);
		free(from);
		free(to);
	}
}

static void a_whole_page_is_copied_and_filled(void **state)
{
	u8 *a = aligned_alloc(4096, 4096), *b = aligned_alloc(4096, 4096);

	fill_random(a, 4096);
	own_memcpy(b, a, 4096);
	assert_memory_equal(a, b, 4096);
	own_memset(b, 0, 4096);
	for (int i = 0; i < 4096; i++)
		assert_int_equal(b[i], 0);
	free(a);
	free(b);
}

static void memmove_is_right_however_the_blocks_overlap(void **state)
{
	u8 ours[1000], libcs[1000];

	fill_random(ours, sizeof(ours));
	memcpy(libcs, ours, sizeof(ours));
	for (int round = 0; round < 20000; round++) {
		size_t n = harness_below(700);
		size_t from = harness_below(1000 - n + 1);
		long near = clamp((long)(from + harness_below(40)) - 20, 0L, 1000L - (long)n);
		size_t to = harness_below(2) ? harness_below(1000 - n + 1) : (size_t)near;

		assert_ptr_equal(own_memmove(ours + to, ours + from, n), ours + to);
		memmove(libcs + to, libcs + from, n);
		assert_memory_equal(ours, libcs, sizeof(ours));
		ours[round % 1000] = libcs[round % 1000] = round;
	}
}

static void memset_fills_every_byte_and_no_other(void **state)
{
	for (int round = 0; round < 10000; round++) {
		size_t n = random_size();
		u8 *to, *dst = make_block(8 + round % 8, n, &to);
		u8 guard = dst[-1];

		assert_ptr_equal(own_memset(dst, round, n), dst);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(dst[i], (u8)round);
		assert_int_equal(dst[-1], guard);
		free(to);
	}
}

static void memcmp_orders_by_the_first_difference(void **state)
{
	for (int round = 0; round < 20000; round++) {
		size_t n = harness_below(60);
		u8 *fa, *fb, *a, *b;

		a = make_block(harness_below(2) ? 0 : harness_below(8), n, &fa);
		b = make_block(harness_below(2) ? 0 : harness_below(8), n, &fb);
		memcpy(b, a, n);
		if (n && harness_below(4))
			b[harness_below(n)] = harness_random();
		assert_int_equal(sign(own_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		free(fa);
		free(fb);
	}
}

/* A heap copy of a short random string over a small alphabet, with a byte above 127. */
static char *random_string(size_t max)
{
	size_t n = harness_below(max + 1);
	char *s = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		s[i] = "ab/\xe9"[harness_below(4)];
	s[n] = '\0';
	return s;
}

static void string_functions_agree_with_libc(void **state)
{
	for (int round = 0; round < 50000; round++) {
		char *a = random_string(12), *b = random_string(4);
		int c = "ab/\xe9z"[harness_below(6)];
		size_t n = harness_below(16);

		assert_int_equal(own_strlen(a), strlen(a));
		assert_int_equal(own_strnlen(a, n), strnlen(a, n));
		assert_int_equal(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(own_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_ptr_equal(own_strchr(a, c), strchr(a, c));
		assert_ptr_equal(own_strrchr(a, c), strrchr(a, c));
		assert_ptr_equal(own_strstr(a, b), strstr(a, b));
		assert_int_equal(own_strspn(a, b), strspn(a, b));
		assert_int_equal(own_strcspn(a, b), strcspn(a, b));
		assert_ptr_equal(own_memchr(a, c, strlen(a)), memchr(a, c, strlen(a)));
		free(a);
		free(b);
	}
}

static void strnlen_and_strncmp_stop_at_the_limit(void **state)
{
	char *unterminated = malloc(4);

	memcpy(unterminated, "abcd", 4);
	assert_int_equal(own_strnlen(unterminated, 4), 4);
	assert_int_equal(own_strncmp(unterminated, "abcdef", 4), 0);
	assert_int_equal(strscpy((char[4]){ 0 }, unterminated, 4), -E2BIG);
	free(unterminated);
}

static void strcpy_and_strcat_end_in_nul(void **state)
{
	char buf[12];

	memset(buf, 'x', sizeof(buf));
	assert_ptr_equal(own_strcpy(buf, "fault"), buf);
	assert_ptr_equal(own_strcat(buf, "line"), buf);
	assert_string_equal(buf, "faultline");
	assert_int_equal(buf[10], 'x');
}

static void bounded_copies_always_terminate(void **state)
{
	char *buf = malloc(8);
	const size_t size = 8;

	assert_int_equal(strlcpy(buf, "1234567", size), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(strlcpy(buf, "abcdefghij", size), 10);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(strlcpy(buf, "12345678", size), 8);
	assert_string_equal(buf, "1234567");
	assert_int_equal(strlcpy(buf, "zzz", 0), 3);
	assert_string_equal(buf, "1234567");

	assert_int_equal(strscpy(buf, "1234567", size), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(strscpy(buf, "abcdefgh", size), -E2BIG);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(strscpy(buf, "", size), 0);
	assert_string_equal(buf, "");
	assert_int_equal(strscpy(buf, "x", 0), -E2BIG);
	free(buf);
}

static void expect_number(const char *s, int base, unsigned long value)
{
	unsigned long out = ~value;

	assert_int_equal(parse_ulong(s, NULL, base, &out), 0);
	assert_true(out == value);
}

static void expect_no_number(const char *s, int base, int err)
{
	unsigned long out = 4711;

	assert_int_equal(parse_ulong(s, NULL, base, &out), err);
	assert_int_equal(out, 4711);
}

static void parse_ulong_reads_whole_numbers_only(void **state)
{
	expect_number("0", 10, 0);
	expect_number("0", 0, 0);
	expect_number("42\n", 10, 42);
	expect_number("0x1f", 0, 31);
	expect_number("0X1F", 16, 31);
	expect_number("1F", 16, 31);
	expect_number("017", 0, 15);
	expect_number("zz", 36, 35 * 36 + 35);
	expect_number("18446744073709551615", 10, -1UL);
	expect_no_number("18446744073709551616", 10, -ERANGE);
	expect_no_number("99999999999999999999999", 10, -ERANGE);
	expect_no_number("0x1ffffffffffffffff", 0, -ERANGE);
	expect_no_number("", 10, -EINVAL);
	expect_no_number("-1", 10, -EINVAL);
	expect_no_number(" 1", 10, -EINVAL);
	expect_no_number("1 ", 10, -EINVAL);
	expect_no_number("1\n\n", 10, -EINVAL);
	expect_no_number("08", 0, -EINVAL);
	expect_no_number("g", 16, -EINVAL);
}

static void parse_ulong_tells_where_the_number_ended(void **state)
{
	const char *s = "128M,0x", *end;
	unsigned long out;

	assert_int_equal(parse_ulong(s, &end, 0, &out), 0);
	assert_int_equal(out, 128);
	assert_ptr_equal(end, s + 3);
	/* A prefix without a digit is a 0 and an x. */
	assert_int_equal(parse_ulong(s + 5, &end, 0, &out), 0);
	assert_int_equal(out, 0);
	assert_ptr_equal(end, s + 6);
	assert_int_equal(parse_ulong(s + 3, &end, 0, &out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcpy_copies_every_byte_and_no_other),
		cmocka_unit_test(a_whole_page_is_copied_and_filled),
		cmocka_unit_test(memmove_is_right_however_the_blocks_overlap),
		cmocka_unit_test(memset_fills_every_byte_and_no_other),
		cmocka_unit_test(memcmp_orders_by_the_first_difference),
		cmocka_unit_test(string_functions_agree_with_libc),
		cmocka_unit_test(strnlen_and_strncmp_stop_at_the_limit),
		cmocka_unit_test(strcpy_and_strcat_end_in_nul),
		cmocka_unit_test(bounded_copies_always_terminate),
		cmocka_unit_test(parse_ulong_reads_whole_numbers_only),
		cmocka_unit_test(parse_ulong_tells_where_the_number_ended),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
