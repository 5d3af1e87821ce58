// SPDX-License-Identifier: MIT
/*
 * lib/printf.c against libc's snprintf: the same text and the same length, for
 * every combination of flags, width, precision, length and letter it knows, into
 * buffers of every size.
 */
#include <limits.h>

#include <lib/printf.h>

#include "harness.h"

int own_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int own_snprintf(char *buf, size_t size, const char *fmt, ...);

#define same(fmt, ...) do { \
	char ours[600], libcs[600]; \
	int n = own_snprintf(ours, sizeof(ours), fmt, ##__VA_ARGS__); \
	assert_int_equal(n, snprintf(libcs, sizeof(libcs), fmt, ##__VA_ARGS__)); \
	assert_string_equal(ours, libcs); \
} while (0)

/* Formats are composed at run time here: the compiler cannot check them, we do. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static const char *const flags[] = {
	"", "-", "0", "+", " ", "#", "-0", "+0", " 0", "#0", "+-", "#-", "+ ", "#+ 0-",
};
static const char *const widths[] = { "", "1", "8", "25", "40" };
static const char *const precisions[] = { "", ".", ".0", ".1", ".5", ".30" };

static const struct {
	const char *length;
	int size;
} lengths[] = {
	{ "hh", 1 }, { "h", 2 }, { "", 4 }, { "l", 8 }, { "ll", 8 }, { "z", 8 }, { "t", 8 }, { "j", 8 },
};

static void number(const char *flag, const char *width, const char *precision)
{
	static const long values[] = {
		0, 1, -1, 7, 8, -8, 255, 4711, -4711, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN,
	};
	char fmt[32];

	for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
		for (const char *letter = "diuxXo"; *letter; letter++) {
			snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%c>", flag, width, precision,
				 lengths[l].length, *letter);
			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				if (lengths[l].size == 8)
					same(fmt, values[v]);
				else
					same(fmt, (int)values[v]);
			}
		}
	}
}

static void numbers_are_written_as_libc_writes_them(void **state)
{
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
			for (size_t p = 0; p < ARRAY_SIZE(precisions); p++)
				number(flags[f], widths[w], precisions[p]);
}

static void strings_and_characters_are_padded_and_cut(void **state)
{
	static const char *const strings[] = { "", "x", "fault", "a string longer than forty characters, see" };
	char fmt[32];

	for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
		for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
			for (int left = 0; left <= 1; left++) {
				snprintf(fmt, sizeof(fmt), "<%%%s%s%ss>", left ? "-" : "", widths[w], precisions[p]);
				for (size_t s = 0; s < ARRAY_SIZE(strings); s++)
					same(fmt, strings[s]);
			}
		}
		snprintf(fmt, sizeof(fmt), "<%%%sc%%-%sc>", widths[w], widths[w]);
		same(fmt, 'a', 'b');
		same(fmt, 0xe9, 'b');
	}
}

static void a_star_takes_width_and_precision_from_the_arguments(void **state)
{
	same("<%*d>", 8, 42);
	same("<%*d>", -8, 42);
	same("<%-*d>", 8, 42);
	same("<%.*d>", 5, 42);
	same("<%.*d>", -5, 42);
	same("<%0*d>", 8, -42);
	same("<%*.*s>", 8, 2, "abcdef");
	same("<%.*s>", 0, "abcdef");
}

static void precision_bounds_what_is_read_of_a_string(void **state)
{
	char *unterminated = malloc(3);

	memcpy(unterminated, "abc", 3);
	same("%.3s", unterminated);
	same("%.*s", 2, unterminated);
	free(unterminated);
}

static void pointers_are_hexadecimal(void **state)
{
	char buf[40];

	same("<%p>", (void *)0xffffffc000001234);
	same("<%20p>", (void *)0x1234);
	same("<%-20p>", (void *)0x1234);
	/* Unlike libc, whose null pointer is (nil). */
	own_snprintf(buf, sizeof(buf), "%p", NULL);
	assert_string_equal(buf, "0x0");
}

static void text_and_percent_signs_pass(void **state)
{
	same("no directive");
	same("100%%");
	same("%d%%, %s and %c", 50, "text", 'c');
}

static void what_is_not_a_directive_is_printed_as_it_stands(void **state)
{
	const char *const odd[] = { "%y", "a %08Q b", "%", "%-", "%5", "%.3", "%l" };
	char buf[40];

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		assert_int_equal(own_snprintf(buf, sizeof(buf), odd[i]), strlen(odd[i]));
		assert_string_equal(buf, odd[i]);
	}
	own_snprintf(buf, sizeof(buf), "%s", (char *)NULL);
	assert_string_equal(buf, "(null)");
}

static void output_is_cut_at_the_size_and_terminated(void **state)
{
	for (size_t size = 0; size < 40; size++) {
		char *buf = malloc(size + 1), libcs[41];

		memset(buf, '#', size + 1);
		memset(libcs, '#', sizeof(libcs));
		assert_int_equal(own_snprintf(buf, size, "%s-%08lx|%5d", "text", 0xabcUL, 42), 19);
		snprintf(libcs, size, "%s-%08lx|%5d", "text", 0xabcUL, 42);
		assert_memory_equal(buf, libcs, size + 1);
		free(buf);
	}
	assert_int_equal(own_snprintf(NULL, 0, "%d", 12345), 5);
}

static void scnprintf_returns_what_is_in_the_buffer(void **state)
{
	char buf[6];
	int n = 0;

	assert_int_equal(scnprintf(buf, sizeof(buf), "abc"), 3);
	assert_int_equal(scnprintf(buf, sizeof(buf), "abcdefgh"), 5);
	assert_string_equal(buf, "abcde");
	assert_int_equal(scnprintf(buf, 0, "abc"), 0);
	assert_int_equal(scnprintf(buf, 1, "abc"), 0);
	for (int i = 0; i < 5; i++)
		n += scnprintf(buf + n, sizeof(buf) - n, "%d", 10 * i);
	assert_string_equal(buf, "01020");
}

static void no_piece(void *arg, const char *s, size_t n)
{
	assert_true(n > 0);
	strncat(arg, s, n);
}

static void emit_in_pieces(char *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf_emit(no_piece, to, fmt, ap);
	va_end(ap);
}

static void emitted_pieces_make_up_the_text_and_none_is_empty(void **state)
{
	char text[200] = "";

	emit_in_pieces(text, "%s%d %-50s|%.0d%s", "", 7, "left", 0, "end");
	assert_string_equal(text, "7 left                                              |end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_as_libc_writes_them),
		cmocka_unit_test(strings_and_characters_are_padded_and_cut),
		cmocka_unit_test(a_star_takes_width_and_precision_from_the_arguments),
		cmocka_unit_test(precision_bounds_what_is_read_of_a_string),
		cmocka_unit_test(pointers_are_hexadecimal),
		cmocka_unit_test(text_and_percent_signs_pass),
		cmocka_unit_test(what_is_not_a_directive_is_printed_as_it_stands),
		cmocka_unit_test(output_is_cut_at_the_size_and_terminated),
		cmocka_unit_test(scnprintf_returns_what_is_in_the_buffer),
		cmocka_unit_test(emitted_pieces_make_up_the_text_and_none_is_empty),
	};

	return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}
