// SPDX-License-Identifier: MIT
/*
 * Small parts of kernel/ that need no machine: the log's ring, the boot arguments,
 * the random generator.  Includes the code under test and stands in for what it calls.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <kernel/log.c>

#include <kernel/bootargs.c>
#include <kernel/random.c>

/* ---- stand-ins ---- */

unsigned long host_irqs_off;
unsigned int host_hart, nr_harts = 1;
unsigned long harts_online = 1;
const void *machine_fdt;
u64 host_now_ns;
static char console[64 * 1024];
static size_t console_len;

u64 cpu_instret(void) { return 12345; }
bool rtc_read_ns(u64 *ns) { *ns = 678; return true; }
bool cpu_random_seed(u64 *seed) { return false; }
void spin_lock_slow(struct spinlock *l) { panic("deadlock"); }
void spin_debug_locked(struct spinlock *l) { }
void spin_debug_unlock(struct spinlock *l) { }
bool spin_debug_held(const struct spinlock *l) { return l->locked; }

void early_puts(const char *s, size_t len)
{
	if (console_len + len <= sizeof(console))
		memcpy(console + console_len, s, len);
	console_len += len;
}

/* ---- the log ---- */

static int fresh(void **state)
{
	head = tail = 0;
	broken = false;
	console_loglevel = LOG_DEBUG;
	console_write = early_puts;
	console_len = 0;
	host_now_ns = 0;
	return 0;
}

static void a_line_is_kept_with_level_and_time(void **state)
{
	char buf[200] = { 0 };
	u64 pos = 0;

	host_now_ns = 12345678901UL;
	printk(LOG_WARNING, "disk %s: %d", "vda", 7);
	log_read(&pos, buf, sizeof(buf) - 1);
	assert_string_equal(buf, "<4>[   12.345678] disk vda: 7\n");
	assert_int_equal(console_len, strlen(buf) - 3);
	assert_memory_equal(console, buf + 3, console_len);
}

static void the_console_shows_only_what_is_below_its_level(void **state)
{
	console_loglevel = LOG_WARNING;
	printk(LOG_WARNING, "no");
	assert_int_equal(console_len, 0);
	printk(LOG_ERR, "yes");
	assert_true(console_len > 0);
}

static void a_newline_is_not_doubled_and_a_long_line_is_cut(void **state)
{
	char text[3 * LINE_MAX], buf[2 * LINE_MAX] = { 0 };
	u64 pos = 0;
	size_t n;

	printk(LOG_INFO, "line\n");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	printk(LOG_INFO, "%s", text);
	n = log_read(&pos, buf, sizeof(buf));
	assert_int_equal(n, strlen("<6>[    0.000000] line\n") + LINE_MAX - 1);
	assert_int_equal(buf[n - 1], '\n');
	assert_int_equal(buf[n - 2], 'x');
}

static void old_lines_go_whole_and_a_slow_reader_goes_on_at_a_line(void **state)
{
	char buf[RING_SIZE];
	u64 pos = 0;
	size_t n;

	static const char dots[] = "..................................................";

	for (int i = 0; i < 20000; i++)
		printk(LOG_INFO, "line %d%.*s", i, i % 50, dots);
	n = log_read(&pos, buf, sizeof(buf));
	assert_true(n > RING_SIZE - LINE_MAX && n <= RING_SIZE);
	assert_memory_equal(buf, "<6>[", 4);
	assert_int_equal(buf[n - 1], '\n');
	assert_non_null(memmem(buf, n, "line 19999", 10));
	assert_null(memmem(buf, n, "line 100.", 9));
	assert_int_equal(log_read(&pos, buf, sizeof(buf)), 0);
}

static void a_panic_prints_though_the_log_is_locked(void **state)
{
	spin_lock(&log_lock);
	log_break_locks();
	printk(LOG_DEBUG, "last words");
	assert_non_null(memmem(console, console_len, "last words", 10));
	spin_unlock(&log_lock);
}

/* ---- boot arguments ---- */

static void boot_arguments_are_found_by_whole_name(void **state)
{
	char v[32];

	bootargs_init("root=/dev/vda  ro init=\"/bin/my sh\" loglevel=3 ro=0 x=1 empty= "
		      "-- one two=3");
	assert_string_equal(bootarg_value("root", v, sizeof(v)), "/dev/vda");
	assert_string_equal(bootarg_value("init", v, sizeof(v)), "/bin/my sh");
	assert_string_equal(bootarg_value("empty", v, sizeof(v)), "");
	assert_null(bootarg_value("roo", v, sizeof(v)));
	assert_null(bootarg_value("one", v, sizeof(v)));
	assert_false(bootarg_bool("ro"));
	assert_true(bootarg_bool("x"));
	assert_int_equal(console_loglevel, 3);
	assert_string_equal(bootarg_init_arg(0, v, sizeof(v)), "one");
	assert_string_equal(bootarg_init_arg(1, v, sizeof(v)), "two=3");
	assert_null(bootarg_init_arg(2, v, sizeof(v)));
	assert_string_equal(bootarg_value("root", v, 5), "/dev");
}

static void odd_boot_arguments_do_no_harm(void **state)
{
	char long_line[3000], v[8];

	bootargs_init("");
	assert_null(bootarg_value("", v, sizeof(v)));
	bootargs_init("= == \" -- \"");
	assert_null(bootarg_value("a", v, sizeof(v)));
	memset(long_line, 'a', sizeof(long_line));
	long_line[sizeof(long_line) - 1] = '\0';
	bootargs_init(long_line);
	assert_null(bootarg_value("a", v, sizeof(v)));
	assert_int_equal(strlen(bootargs_line()), sizeof(line) - 1);
}

/* ---- random numbers ---- */

static void no_byte_is_given_out_twice(void **state)
{
	static u8 seen[1 << 20];
	u8 zero[64] = { 0 };

	random_init();
	get_random_bytes(seen, sizeof(seen));
	for (size_t i = 0; i < 10000; i++) {
		u8 small[16];

		get_random_bytes(small, sizeof(small));
		assert_null(memmem(seen, sizeof(seen), small, sizeof(small)));
		assert_memory_not_equal(small, zero, sizeof(small));
		assert_memory_equal(pool + used - min(used - sizeof(key), sizeof(small)), zero,
				    min(used - sizeof(key), sizeof(small)));
	}
}

static void every_length_is_filled_and_no_more(void **state)
{
	u8 buf[300];

	for (size_t len = 0; len < 200; len++) {
		bool last_changed = len == 0;

		for (int i = 0; i < 20; i++) {
			memset(buf, 0xa5, sizeof(buf));
			get_random_bytes(buf, len);
			for (size_t k = len; k < sizeof(buf); k++)
				assert_int_equal(buf[k], 0xa5);
			last_changed = last_changed || buf[len - 1] != 0xa5;
		}
		assert_true(last_changed);
	}
}

static void what_is_mixed_in_changes_what_comes_out(void **state)
{
	u8 saved_key[sizeof(key)], a[32], b[32];

	memcpy(saved_key, key, sizeof(key));
	random_mix("one", 3);
	get_random_bytes(a, sizeof(a));
	memcpy(key, saved_key, sizeof(key));
	random_mix("two", 3);
	get_random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_is_kept_with_level_and_time, fresh),
		cmocka_unit_test_setup(the_console_shows_only_what_is_below_its_level, fresh),
		cmocka_unit_test_setup(a_newline_is_not_doubled_and_a_long_line_is_cut, fresh),
		cmocka_unit_test_setup(old_lines_go_whole_and_a_slow_reader_goes_on_at_a_line,
				       fresh),
		cmocka_unit_test_setup(a_panic_prints_though_the_log_is_locked, fresh),
		cmocka_unit_test(boot_arguments_are_found_by_whole_name),
		cmocka_unit_test(odd_boot_arguments_do_no_harm),
		cmocka_unit_test(no_byte_is_given_out_twice),
		cmocka_unit_test(every_length_is_filled_and_no_more),
		cmocka_unit_test(what_is_mixed_in_changes_what_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
