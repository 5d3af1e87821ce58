// SPDX-License-Identifier: MIT
/*
 * Boot arguments: found by walking the line each time one is asked for.
 *
 * Not a table parsed once: the line is read a few times at boot and then
 * hardly ever, so there is nothing to keep in step and nothing to allocate.
 *
 * Always true: the line does not change after bootargs_init.  No lock.
 */
#include <kernel/bootargs.h>

#include <kernel/log.h>
#include <lib/string.h>

static char line[2048];

/* One word of the line: its name, and its value when there is an '='. */
struct word {
	const char *name, *value;
	size_t name_len, value_len;
};

static void set_level(unsigned long level);
static const char *next_word(const char *p, struct word *w);
static bool find_last(const char *name, struct word *w);
static const char *copy_value(const struct word *w, char *buf, size_t len);
static bool word_is(const struct word *w, const char *name);

void bootargs_init(const char *text)
{
	unsigned long level;
	char value[16];

	strscpy(line, text, sizeof(line));
	if (bootarg_bool("quiet"))
		set_level(LOG_WARNING);
	if (bootarg_bool("debug"))
		set_level(LOG_DEBUG + 1);
	if (bootarg_value("loglevel", value, sizeof(value)) && !parse_ulong(value, NULL, 0, &level))
		set_level(min(level, (unsigned long)LOG_DEBUG + 1));
}

static void set_level(unsigned long level)
{
	console_loglevel = (int)level;
	console_loglevel_asked = true;
}

const char *bootargs_line(void)
{
	return line;
}

bool bootarg_bool(const char *name)
{
	struct word w;
	char value[8];

	if (!find_last(name, &w))
		return false;
	if (!w.value)
		return true;
	copy_value(&w, value, sizeof(value));
	return !strcmp(value, "1") || !strcmp(value, "y") || !strcmp(value, "on") ||
	       !strcmp(value, "yes");
}

const char *bootarg_value(const char *name, char *buf, size_t len)
{
	struct word w;

	if (!find_last(name, &w))
		return NULL;
	return copy_value(&w, buf, len);
}

const char *bootarg_init_arg(unsigned int i, char *buf, size_t len)
{
	const char *p = line;
	struct word w;
	bool after = false;

	while ((p = next_word(p, &w))) {
		if (!after) {
			after = word_is(&w, "--") && !w.value;
		} else if (i-- == 0) {
			/* A program's word is not split at '='. */
			w.value_len = (size_t)(p - w.name);
			w.value = w.name;
			return copy_value(&w, buf, len);
		}
	}
	return NULL;
}

/* The word at or after @p; returns where to go on, or NULL at the end of the line. */
static const char *next_word(const char *p, struct word *w)
{
	bool quoted = false;

	p += strspn(p, " \t\n");
	if (!*p)
		return NULL;
	*w = (struct word){ .name = p };
	for (; *p && (quoted || !strchr(" \t\n", *p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '=' && !w->value) {
			w->name_len = (size_t)(p - w->name);
			w->value = p + 1;
		}
	}
	if (w->value)
		w->value_len = (size_t)(p - w->value);
	else
		w->name_len = (size_t)(p - w->name);
	return p;
}

static bool find_last(const char *name, struct word *found)
{
	const char *p = line;
	struct word w;
	bool any = false;

	while ((p = next_word(p, &w))) {
		if (word_is(&w, "--") && !w.value)
			break;
		if (word_is(&w, name)) {
			*found = w;
			any = true;
		}
	}
	return any;
}

static bool word_is(const struct word *w, const char *name)
{
	return strlen(name) == w->name_len && !memcmp(name, w->name, w->name_len);
}

/* Without its quotes. */
static const char *copy_value(const struct word *w, char *buf, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < w->value_len && n + 1 < len; i++)
		if (w->value[i] != '"')
			buf[n++] = w->value[i];
	if (len)
		buf[n] = '\0';
	return buf;
}
