// SPDX-License-Identifier: MIT
/*
 * The device-tree reader on any bytes at all: fdt_check accepts or refuses, and of
 * what it accepted every question is asked (see test/unit/fdt_exercise.h).
 */
#include "fuzz.h"

#include "../unit/fdt_exercise.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	exercise_blob(data, size);
	return 0;
}
