// SPDX-License-Identifier: MIT
/*
 * "#! interpreter [argument]": found and cut out of a file's first bytes.
 *
 * A line that does not end within those bytes is good only if the name of
 * the interpreter does: half a name must never be run.  Blanks around both
 * parts are dropped, and what follows the name is one argument.
 */
#include <kernel/exec_script.h>

#include <lib/errno.h>
#include <lib/string.h>

static char *skip_blanks(char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static char *skip_word(char *p, const char *end)
{
	while (p < end && *p && *p != ' ' && *p != '\t')
		p++;
	return p;
}

int script_parse(char head[EXEC_HEAD_SIZE], char **interp, char **arg)
{
	char *limit = head + EXEC_HEAD_SIZE - 1, *end, *p;

	if (head[0] != '#' || head[1] != '!')
		return -ENOEXEC;
	end = memchr(head, '\n', EXEC_HEAD_SIZE - 1);
	if (!end) {
		p = skip_word(skip_blanks(head + 2, limit), limit);
		if (p == limit)
			return -ENOEXEC;
		end = limit;
	}
	while (end > head + 2 && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';

	*interp = skip_blanks(head + 2, end);
	if (!**interp)
		return -ENOEXEC;
	p = skip_word(*interp, end);
	*arg = NULL;
	if (p < end && *p) {
		*p++ = '\0';
		p = skip_blanks(p, end);
		if (*p)
			*arg = p;
	}
	return 0;
}
