// SPDX-License-Identifier: MIT
/*
 * argv and envp, copied out of the old program before it goes.
 *
 * One buffer that doubles when it is full: most execs fit in its first page,
 * and each string is read once, so it cannot change between being measured and
 * being copied.  The strings later go to the new stack as they lie here.
 *
 * Limits (execve(2)): a string and its NUL at most 128 KiB; all strings and
 * the pointers to them at most a quarter of RLIMIT_STACK, and 6 MiB.
 */
#include <kernel/exec.h>

#include <kernel/task.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define MAX_ARG_STRLEN  (128 * KiB)
#define ARG_MAX         (128 * KiB)     /* always allowed */
#define TOTAL_MAX       (6 * MiB)
#define FIRST_SIZE      PAGE_SIZE

static int grow(struct exec_strings *s);
static int add_user(struct exec_strings *s, vaddr_t str);
static int next_string(const struct exec_vector *v, unsigned int i, vaddr_t *user,
		       const char **str);

int exec_strings_init(struct exec_strings *s)
{
	unsigned long stack = current->signal->rlim[RLIMIT_STACK].cur;

	*s = (struct exec_strings){ .size = FIRST_SIZE };
	s->limit = max(min(stack / 4, TOTAL_MAX), ARG_MAX);
	s->buf = kvmalloc(s->size, GFP_KERNEL);
	return s->buf ? 0 : -ENOMEM;
}

void exec_strings_free(struct exec_strings *s)
{
	kvfree(s->buf);
	s->buf = NULL;
}

int exec_strings_add(struct exec_strings *s, const char *str)
{
	size_t len = strlen(str) + 1;
	int err;

	if (len > MAX_ARG_STRLEN)
		return -E2BIG;
	while (s->size - s->used < len) {
		err = grow(s);
		if (err)
			return err;
	}
	memcpy(s->buf + s->used, str, len);
	s->used += len;
	return 0;
}

int exec_strings_add_vector(struct exec_strings *s, const struct exec_vector *v, unsigned int first,
			    unsigned int *count)
{
	vaddr_t user;
	const char *str;
	int err;

	for (unsigned int i = first;; i++) {
		err = next_string(v, i, &user, &str);
		if (err || (!user && !str))
			return err;
		err = str ? exec_strings_add(s, str) : add_user(s, user);
		if (err)
			return err;
		++*count;
		if ((s->argc + s->envc) * sizeof(vaddr_t) > s->limit - min(s->used, s->limit))
			return -E2BIG;
		if (fatal_signal_pending())
			return -EINTR;
	}
}

/* The @i-th string of @v: in *user or in *str; neither: the end. */
static int next_string(const struct exec_vector *v, unsigned int i, vaddr_t *user,
		       const char **str)
{
	*user = 0;
	*str = NULL;
	if (v->kernel) {
		if (v->strings)
			*str = v->strings[i];
		return 0;
	}
	return v->user ? get_user(user, v->user + i * sizeof(vaddr_t)) : 0;
}

static int add_user(struct exec_strings *s, vaddr_t str)
{
	for (;;) {
		size_t room = min(s->size - s->used, MAX_ARG_STRLEN);
		ssize_t len = room ? strncpy_from_user(s->buf + s->used, str, room) : -ENAMETOOLONG;
		int err;

		if (len >= 0) {
			s->used += (size_t)len + 1;
			return 0;
		}
		if (len != -ENAMETOOLONG)
			return (int)len;
		if (room == MAX_ARG_STRLEN)
			return -E2BIG;
		err = grow(s);
		if (err)
			return err;
	}
}

static int grow(struct exec_strings *s)
{
	size_t size = s->size * 2;
	char *buf;

	if (s->used > s->limit)
		return -E2BIG;
	/* The last string may start just below the limit. */
	if (s->size >= s->limit + MAX_ARG_STRLEN)
		return -E2BIG;
	buf = kvmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, s->buf, s->used);
	kvfree(s->buf);
	s->buf = buf;
	s->size = size;
	return 0;
}
