// SPDX-License-Identifier: MIT
/*
 * What exec reads of a file, on any bytes at all: the ELF reader and the "#!" reader.
 * Includes kernel/elf.c and kernel/exec_script.c (see test/unit/elf_exercise.h).
 */
#include "fuzz.h"

#include "../unit/elf_exercise.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct elf_image *img;

	exercise_elf(data, size, &img);
	free(img);
	exercise_script(data, size);
	return 0;
}
