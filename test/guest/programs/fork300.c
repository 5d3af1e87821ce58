// SPDX-License-Identifier: MIT
/*
 * fork300: 300 children at once, sharing 2 MiB of their parent's pages.
 *
 * Each child waits until all are born, checks the parent's bytes, writes its
 * own over a part, checks again, and sends a sum that only right bytes give.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "tap.h"

#define CHILDREN 300
#define LEN (2UL << 20)
#define PAGE 4096UL

static unsigned long word_at(unsigned long i)
{
	return i * 0x9e3779b97f4a7c15UL + 12345;
}

static long child(unsigned long *mem, int id, int start)
{
	long wrong = 0;
	char byte;

	if (read(start, &byte, 1) != 0)         /* end of file: all are born */
		return -1;
	for (unsigned long i = 0; i < LEN / 8; i += 512)
		wrong += mem[i] != word_at(i);
	for (unsigned long p = id % 16; p < LEN / PAGE; p += 128)
		memset((char *)mem + p * PAGE, id, PAGE);
	for (unsigned long p = 0; p < LEN / PAGE; p++) {
		int mine = p >= (unsigned long)id % 16 && (p - id % 16) % 128 == 0;
		unsigned long want = mine ? 0x0101010101010101UL * (id & 0xff) : word_at(p * PAGE / 8);

		wrong += mem[p * PAGE / 8] != want;
	}
	return wrong;
}

int main(void)
{
	unsigned long *mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int start[2], result[2], born = 0, good = 0, reported = 0, status;
	long answer[2], wrong = 0;

	tap_limit(280);
	for (unsigned long i = 0; i < LEN / 8; i++)
		mem[i] = word_at(i);
	if (pipe(start) || pipe(result))
		return 99;
	for (int id = 0; id < CHILDREN; id++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(start[1]);
			answer[0] = id;
			answer[1] = child(mem, id, start[0]);
			if (write(result[1], answer, sizeof(answer)) != sizeof(answer))
				_exit(255);
			_exit(id % 200);
		}
		born += pid > 0;
	}
	ok(born == CHILDREN, "%d children are born", CHILDREN);
	close(start[0]);
	close(start[1]);
	close(result[1]);
	while (read(result[0], answer, sizeof(answer)) == sizeof(answer)) {
		reported++;
		wrong += answer[1];
	}
	ok(reported == CHILDREN, "each reports");
	ok(wrong == 0, "each saw the right bytes, its parent's and its own");
	for (int i = 0; i < CHILDREN && wait(&status) > 0; i++)
		good += WIFEXITED(status) && WEXITSTATUS(status) < 200;
	ok(good == CHILDREN, "each exits as it should");
	wrong = 0;
	for (unsigned long i = 0; i < LEN / 8; i++)
		wrong += mem[i] != word_at(i);
	ok(wrong == 0, "the parent's bytes are as before");
	return tap_done();
}
