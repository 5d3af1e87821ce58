// SPDX-License-Identifier: MIT
/*
 * What exec believes of a file: the ELF reader and the "#!" reader, on files made
 * here by hand and on every kind of lie.
 */
#include "harness.h"

#include "elf_exercise.h"

#define FILE_SIZE (3 * PAGE_SIZE)

/* A PIE of two segments, an interpreter's name and a stack note. */
struct program {
	struct elf64_ehdr eh;
	struct elf64_phdr ph[4];
	char interp[16];
	u8 rest[FILE_SIZE - sizeof(struct elf64_ehdr) - 4 * sizeof(struct elf64_phdr) - 16];
};

_Static_assert(sizeof(struct program) == FILE_SIZE, "no padding");

enum { TEXT, DATA, INTERP, STACK };

static struct program *make_program(void)
{
	struct program *p = calloc(1, sizeof(*p));

	memcpy(p->eh.e_ident, "\177ELF\2\1\1", 7);
	p->eh.e_type = ET_DYN;
	p->eh.e_machine = EXERCISE_MACHINE;
	p->eh.e_entry = 0x400;
	p->eh.e_phoff = offsetof(struct program, ph);
	p->eh.e_phentsize = sizeof(struct elf64_phdr);
	p->eh.e_phnum = 4;
	p->ph[TEXT] = (struct elf64_phdr){ PT_LOAD, PF_R | PF_X, 0, 0, 0, 0x1800, 0x1800, 0x1000 };
	p->ph[DATA] = (struct elf64_phdr){
		PT_LOAD, PF_R | PF_W, 0x1800, 0x2800, 0, 0x600, 0x3000, 0x1000
	};
	p->ph[INTERP] = (struct elf64_phdr){
		PT_INTERP, PF_R, offsetof(struct program, interp), 0, 0, 16, 16, 1
	};
	p->ph[STACK] = (struct elf64_phdr){ PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16 };
	strcpy(p->interp, "/lib/ld.so");
	return p;
}

static int answer(const struct program *p, size_t size)
{
	struct elf_image *img;
	u8 *exact = malloc(size);       /* so that ASan sees the end of the file */
	int err;

	memcpy(exact, p, size);
	err = exercise_elf(exact, size, &img);
	free(img);
	free(exact);
	return err;
}

static void a_program_is_read_as_it_is(void **state)
{
	struct program *p = make_program();
	struct elf_image *img;

	assert_int_equal(exercise_elf((u8 *)p, FILE_SIZE, &img), 0);
	assert_true(img->relocatable);
	assert_int_equal(img->entry, 0x400);
	assert_int_equal(img->nr_segments, 2);
	assert_int_equal(img->low, 0);
	assert_int_equal(img->high, 0x6000);
	assert_int_equal(img->phdr, offsetof(struct program, ph));
	assert_int_equal(img->interp_len, 16);
	assert_int_equal(img->stack, ELF_STACK_NOEXEC);
	assert_int_equal(img->seg[1].vaddr, 0x2800);
	assert_int_equal(img->seg[1].memsz, 0x3000);
	free(img);
	free(p);
}

static void a_file_cut_short_anywhere_is_no_program(void **state)
{
	struct program *p = make_program();

	/* What it maps ends at 0x1e00. */
	for (size_t size = 0; size < 0x1e00; size++)
		assert_int_equal(answer(p, size), -ENOEXEC);
	assert_int_equal(answer(p, 0x1e00), 0);
	free(p);
}

struct lie {
	const char *what;
	void (*tell)(struct program *p);
	int error;
};

static void no_magic(struct program *p) { p->eh.e_ident[0] = 0; }
static void class_32(struct program *p) { p->eh.e_ident[4] = 1; }
static void big_endian(struct program *p) { p->eh.e_ident[5] = 2; }
static void core_file(struct program *p) { p->eh.e_type = 4; }
static void other_machine(struct program *p) { p->eh.e_machine = 62; }
static void no_headers(struct program *p) { p->eh.e_phnum = 0; }
static void all_headers(struct program *p) { p->eh.e_phnum = 65535; }
static void odd_header_size(struct program *p) { p->eh.e_phentsize = 55; }
static void headers_beyond(struct program *p) { p->eh.e_phoff = FILE_SIZE; }
static void headers_wrap(struct program *p) { p->eh.e_phoff = ~0UL - 8; }
static void file_beyond(struct program *p)
{
	p->ph[DATA].p_filesz = p->ph[DATA].p_memsz = FILE_SIZE;
}

static void offset_wraps(struct program *p) { p->ph[DATA].p_offset = ~0UL - 0x7ff; }
static void more_file_than_memory(struct program *p) { p->ph[TEXT].p_memsz = 1; }
static void in_kernel_half(struct program *p) { p->ph[DATA].p_vaddr = 0xffffffff80000800UL; }
static void above_user_half(struct program *p) { p->ph[DATA].p_vaddr = USER_END - 0x800; }
static void memory_wraps(struct program *p) { p->ph[DATA].p_memsz = ~0UL - 0x1000; }
static void misaligned(struct program *p) { p->ph[DATA].p_vaddr += 8; }
static void overlap(struct program *p) { p->ph[DATA].p_vaddr = 0x800; }
static void same_place(struct program *p) { p->ph[DATA] = p->ph[TEXT]; }
static void nothing_to_load(struct program *p) { p->ph[TEXT].p_type = p->ph[DATA].p_type = 0; }
static void interp_empty(struct program *p) { p->ph[INTERP].p_filesz = 1; }
static void interp_long(struct program *p) { p->ph[INTERP].p_filesz = 4097; }
static void interp_beyond(struct program *p) { p->ph[INTERP].p_offset = FILE_SIZE - 8; }
static void entry_high(struct program *p) { p->eh.e_type = ET_EXEC; p->eh.e_entry = USER_END; }

static const struct lie lies[] = {
	{ "no magic", no_magic, -ENOEXEC },
	{ "32 bits", class_32, -ENOEXEC },
	{ "big-endian", big_endian, -ENOEXEC },
	{ "a core file", core_file, -ENOEXEC },
	{ "another machine", other_machine, -ENOEXEC },
	{ "no program headers", no_headers, -ENOEXEC },
	{ "65,535 program headers", all_headers, -ENOEXEC },
	{ "a header size of 55", odd_header_size, -ENOEXEC },
	{ "headers beyond the end", headers_beyond, -ENOEXEC },
	{ "headers that wrap", headers_wrap, -ENOEXEC },
	{ "a segment beyond the end", file_beyond, -ENOEXEC },
	{ "an offset that wraps", offset_wraps, -ENOEXEC },
	{ "more file than memory", more_file_than_memory, -EINVAL },
	{ "a segment in the kernel half", in_kernel_half, -EINVAL },
	{ "a segment across the end of the user half", above_user_half, -EINVAL },
	{ "memory that wraps", memory_wraps, -EINVAL },
	{ "offset and address at odds", misaligned, -EINVAL },
	{ "overlapping segments", overlap, -ENOEXEC },
	{ "the same segment twice", same_place, -ENOEXEC },
	{ "nothing to load", nothing_to_load, -ENOEXEC },
	{ "an interpreter without a name", interp_empty, -ENOEXEC },
	{ "an interpreter's name of 4097 bytes", interp_long, -ENOEXEC },
	{ "an interpreter's name beyond the end", interp_beyond, -ENOEXEC },
	{ "an entry in the kernel half", entry_high, -EINVAL },
};

static void every_lie_has_its_error(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct program *p = make_program();
		int err;

		lies[i].tell(p);
		err = answer(p, FILE_SIZE);
		if (err != lies[i].error)
			fail_msg("%s: %d, not %d", lies[i].what, err, lies[i].error);
		free(p);
	}
}

static void segments_may_share_a_page(void **state)
{
	struct program *p = make_program();

	p->ph[DATA].p_vaddr = 0x1800;
	assert_int_equal(answer(p, FILE_SIZE), 0);
	free(p);
}

static void the_first_interpreter_counts(void **state)
{
	struct program *p = make_program();
	struct elf_image *img;

	p->ph[STACK] = p->ph[INTERP];
	p->ph[STACK].p_filesz = 2;
	assert_int_equal(exercise_elf((u8 *)p, FILE_SIZE, &img), 0);
	assert_int_equal(img->interp_len, 16);
	assert_int_equal(img->stack, ELF_STACK_DEFAULT);
	free(img);
	free(p);
}

static void random_damage_breaks_no_promise(void **state)
{
	static const u64 odd[] = {
		0, 1, 0x7ff, 0x1000, FILE_SIZE, USER_END - 1, USER_END, ~0UL, 1UL << 63
	};

	for (int round = 0; round < 200000; round++) {
		struct program *p = make_program();
		u8 *bytes = (u8 *)p;

		for (u64 n = harness_below(4) + 1; n; n--) {
			size_t head = offsetof(struct program, interp);

			if (harness_below(2))
				bytes[harness_below(head)] = (u8)harness_random();
			else
				memcpy(bytes + harness_below(head / 8) * 8,
				       &odd[harness_below(ARRAY_SIZE(odd))], 8);
		}
		answer(p, harness_below(8) ? FILE_SIZE : harness_below(FILE_SIZE));
		free(p);
	}
}

/* ---- scripts ---- */

static const char *parsed(const char *line, const char **arg)
{
	static char head[EXEC_HEAD_SIZE];
	char *interp, *a;

	memset(head, 0, sizeof(head));
	strncpy(head, line, sizeof(head) - 1);
	exercise_script((const u8 *)line, strlen(line));
	if (script_parse(head, &interp, &a))
		return NULL;
	*arg = a;
	return interp;
}

static void a_script_names_its_interpreter_and_one_argument(void **state)
{
	const char *arg;

	assert_string_equal(parsed("#!/bin/sh\necho", &arg), "/bin/sh");
	assert_null(arg);
	assert_string_equal(parsed("#! \t/usr/bin/env  python3 -u \t\nx", &arg), "/usr/bin/env");
	assert_string_equal(arg, "python3 -u");
	assert_string_equal(parsed("#!/bin/sh", &arg), "/bin/sh");
	assert_null(arg);
	assert_null(parsed("#!\n/bin/sh", &arg));
	assert_null(parsed("#!   \t \n", &arg));
	assert_null(parsed("#!", &arg));
	assert_null(parsed("/bin/sh", &arg));
}

static void half_a_name_is_never_run(void **state)
{
	char line[2 * EXEC_HEAD_SIZE];
	const char *arg;

	memset(line, 'x', sizeof(line));
	memcpy(line, "#!/bin/", 7);
	line[sizeof(line) - 1] = '\0';
	assert_null(parsed(line, &arg));
	line[100] = ' ';        /* the name is whole, the argument is cut: as on Linux */
	assert_non_null(parsed(line, &arg));
	assert_int_equal(strlen(arg), EXEC_HEAD_SIZE - 1 - 101);
	memset(line + 2, ' ', sizeof(line) - 3);
	assert_null(parsed(line, &arg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_read_as_it_is),
		cmocka_unit_test(a_file_cut_short_anywhere_is_no_program),
		cmocka_unit_test(every_lie_has_its_error),
		cmocka_unit_test(segments_may_share_a_page),
		cmocka_unit_test(the_first_interpreter_counts),
		cmocka_unit_test(random_damage_breaks_no_promise),
		cmocka_unit_test(a_script_names_its_interpreter_and_one_argument),
		cmocka_unit_test(half_a_name_is_never_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
