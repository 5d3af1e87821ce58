// SPDX-License-Identifier: MIT
/*
 * The ELF reader and the "#!" reader on any bytes: whatever they accept must keep
 * what elf.h and exec_script.h promise.  For test_elf.c and fuzz_elf.c; includes the
 * code under test.
 */
#ifndef TEST_ELF_EXERCISE_H
#define TEST_ELF_EXERCISE_H

#include <stdlib.h>
#include <string.h>

#include <kernel/elf.c>
#include <kernel/exec_script.c>
#include <lib/bug.h>

#define EXERCISE_MACHINE 243

struct elf_bytes {
	const u8 *data;
	size_t size;
};

static int bytes_read(void *arg, void *buf, size_t len, u64 offset)
{
	const struct elf_bytes *b = arg;

	if (offset > b->size || len > b->size - offset)
		panic("read of %zu bytes at %lu of %zu", len, (unsigned long)offset, b->size);
	memcpy(buf, b->data + offset, len);
	return 0;
}

static bool any_flags(u32 flags)
{
	return true;
}

static struct elf_source bytes_source(struct elf_bytes *b)
{
	return (struct elf_source){
		.read = bytes_read, .arg = b, .size = b->size,
		.machine = EXERCISE_MACHINE, .flags_ok = any_flags,
	};
}

#define promise(cond) do { if (!(cond)) panic("broken promise: %s", #cond); } while (0)

static void check_segment(const struct elf_image *img, unsigned int i, size_t size)
{
	const struct elf_segment *s = &img->seg[i];

	promise(s->memsz > 0 && s->filesz <= s->memsz);
	promise(s->memsz <= USER_END && s->vaddr <= USER_END - s->memsz);
	promise(s->filesz <= size && s->offset <= size - s->filesz);
	promise(!s->filesz || ((s->vaddr ^ s->offset) & ~PAGE_MASK) == 0);
	promise(img->low <= s->vaddr && s->vaddr + s->memsz <= img->high);
	for (unsigned int j = 0; j < i; j++) {
		const struct elf_segment *o = &img->seg[j];

		promise(s->vaddr + s->memsz <= o->vaddr || o->vaddr + o->memsz <= s->vaddr);
	}
}

static void check_image(const struct elf_image *img, size_t size)
{
	promise(img->nr_segments > 0 && img->nr_segments <= img->phnum);
	promise(img->low < img->high && img->high <= USER_END);
	promise(!(img->low & ~PAGE_MASK) && !(img->high & ~PAGE_MASK));
	promise(img->align >= PAGE_SIZE && !(img->align & (img->align - 1)));
	promise(img->relocatable || img->entry < USER_END);
	promise(!img->interp_len || (img->interp_len >= 2 && img->interp_len <= 4096));
	promise(img->interp_len <= size && img->interp_offset <= size - img->interp_len);
	for (unsigned int i = 0; i < img->nr_segments; i++)
		check_segment(img, i, size);
}

/* The answer of the reader; *image to be freed, or NULL. */
static int exercise_elf(const u8 *data, size_t size, struct elf_image **image)
{
	struct elf_bytes b = { data, size };
	struct elf_source src = bytes_source(&b);
	struct elf64_ehdr eh;
	int err = elf_read_header(&src, &eh);

	*image = NULL;
	if (err)
		return err;
	*image = malloc(elf_image_size(&eh));
	err = elf_read_segments(&src, &eh, *image);
	if (!err)
		check_image(*image, size);
	return err;
}

static void exercise_script(const u8 *data, size_t size)
{
	char *head = calloc(1, EXEC_HEAD_SIZE), *interp, *arg;

	memcpy(head, data, min(size, (size_t)EXEC_HEAD_SIZE));
	if (!script_parse(head, &interp, &arg)) {
		promise(interp > head && *interp && *interp != ' ' && *interp != '\t');
		promise(interp + strlen(interp) < head + EXEC_HEAD_SIZE);
		promise(!strpbrk(interp, " \t\n"));
		promise(!arg || (arg > interp && *arg));
		promise(!arg || arg + strlen(arg) < head + EXEC_HEAD_SIZE);
	}
	free(head);
}

#endif
