// SPDX-License-Identifier: MIT
/*
 * From a dentry back to its path, and the tables of mounts that show paths.
 *
 * A path is built from its end, under mount_lock and dcache_lock, so that it
 * is the name at one moment.
 */
#include <kernel/fs/mounts.h>

#include <kernel/fs/file.h>
#include <kernel/fs/anon.h>
#include <kernel/fs/inode.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>

static bool prepend(char *buf, char **at, const char *s, size_t len)
{
	if ((size_t)(*at - buf) < len)
		return false;
	*at -= len;
	memcpy(*at, s, len);
	return true;
}

/* Both locks held.  Walks up from (@m, @d) to @root, or to the top of all. */
static bool prepend_path(const struct mount *m, const struct dentry *d, const struct path *root,
			 char *buf, char **at)
{
	while (!root || m != root->mnt || d != root->dentry) {
		if (d == m->root || d == d->parent) {
			if (m->parent == m)
				break;
			d = m->mountpoint;
			m = m->parent;
			continue;
		}
		if (!prepend(buf, at, d->name, d->name_len) || !prepend(buf, at, "/", 1))
			return false;
		d = d->parent;
	}
	return true;
}

char *d_path(const struct path *path, const struct path *root, char *buf, size_t size)
{
	char *at = buf + size;
	bool ok = prepend(buf, &at, "", 1);

	if (ok && (path->dentry->sb == anon_super() || uts_ns_super(path->dentry->sb))) {
		ok = prepend(buf, &at, path->dentry->name, path->dentry->name_len);
		return ok ? at : ERR_PTR(-ENAMETOOLONG);
	}
	if (ok && d_deleted(path->dentry) && path->dentry != path->mnt->root)
		ok = prepend(buf, &at, " (deleted)", 10);
	spin_lock(&mount_lock);
	spin_lock(&dcache_lock);
	if (ok) {
		char *end = at;

		ok = prepend_path(path->mnt, path->dentry, root, buf, &at);
		if (ok && at == end)
			ok = prepend(buf, &at, "/", 1);
	}
	spin_unlock(&dcache_lock);
	spin_unlock(&mount_lock);
	return ok ? at : ERR_PTR(-ENAMETOOLONG);
}

/* ------------------------------------------------------- tables of mounts */

#define LINE_SIZE       (2 * PATH_MAX)

/* Space, tab, newline and backslash as \ooo, as fstab(5) has it. */
static size_t escape(char *out, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s && n + 5 < size; s++) {
		if (strchr(" \t\n\\", *s))
			n += (size_t)scnprintf(out + n, size - n, "\\%03o", (unsigned char)*s);
		else
			out[n++] = *s;
	}
	out[n] = '\0';
	return n;
}

static const char *flag_words(unsigned long flags, char *buf, size_t size)
{
	static const struct { unsigned long flag; const char *word; } words[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
		{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" },
		{ MS_RELATIME, ",relatime" },
	};
	size_t n = (size_t)scnprintf(buf, size, "%s", (flags & MS_RDONLY) ? "ro" : "rw");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (flags & words[i].flag)
			n += (size_t)scnprintf(buf + n, size - n, "%s", words[i].word);
	return buf;
}

struct line {
	char text[LINE_SIZE];
	char path[PATH_MAX];
	char options[128];
	char extra[256];
};

static void file_system_options(struct super_block *sb, char *buf, size_t size)
{
	buf[0] = '\0';
	if (sb->s_op && sb->s_op->show_options)
		sb->s_op->show_options(sb, buf, size);
}

/*
 * Where @m is, seen from the current root, escaped into l->text at @n; false when it is not below
 * it.
 */
static bool mount_path(struct line *l, size_t *n, struct mount *m, const struct path *root)
{
	struct path at = { m, m->root };
	char *p = d_path(&at, root, l->path, sizeof(l->path));

	if (IS_ERR(p))
		return false;
	*n += escape(l->text + *n, sizeof(l->text) - *n, p);
	return true;
}

static bool format_mounts(struct line *l, struct mount *m, const struct path *root)
{
	size_t n = escape(l->text, sizeof(l->text), m->device_name);

	l->text[n++] = ' ';
	if (!mount_path(l, &n, m, root))
		return false;
	file_system_options(m->sb, l->extra, sizeof(l->extra));
	scnprintf(l->text + n, sizeof(l->text) - n, " %s %s%s%s 0 0\n", m->sb->type->name,
		  flag_words(m->flags | (m->sb->flags & MS_RDONLY), l->options, sizeof(l->options)),
		  l->extra[0] && l->extra[0] != ',' ? "," : "", l->extra);
	return true;
}

static bool format_mountinfo(struct line *l, struct mount *m, const struct path *root)
{
	unsigned int parent = m->parent == m ? 1 : m->parent->id;
	size_t n = (size_t)scnprintf(l->text, sizeof(l->text), "%u %u %u:%u ", m->id, parent,
				     MAJOR(m->sb->dev), MINOR(m->sb->dev));
	struct path inside = { m, m->root };
	struct mount fake = { .sb = m->sb, .root = m->sb->root, .parent = &fake };
	char *p;

	inside.mnt = &fake;
	p = d_path(&inside, NULL, l->path, sizeof(l->path));
	if (IS_ERR(p))
		return false;
	n += escape(l->text + n, sizeof(l->text) - n, p);
	l->text[n++] = ' ';
	if (!mount_path(l, &n, m, root))
		return false;
	n += (size_t)scnprintf(l->text + n, sizeof(l->text) - n, " %s - %s ",
			       flag_words(m->flags, l->options, sizeof(l->options)),
			       m->sb->type->name);
	n += escape(l->text + n, sizeof(l->text) - n, m->device_name);
	file_system_options(m->sb, l->extra, sizeof(l->extra));
	scnprintf(l->text + n, sizeof(l->text) - n, " %s%s%s\n",
		  (m->sb->flags & MS_RDONLY) ? "ro" : "rw",
		  l->extra[0] && l->extra[0] != ',' ? "," : "", l->extra);
	return true;
}

/* The first mount with a number above @id, with a reference; or NULL. */
static struct mount *mount_after(unsigned int id)
{
	struct mount *m, *best = NULL;

	spin_lock(&mount_lock);
	list_for_each_entry(m, &mounts, node)
		if (m->id > id && (!best || m->id < best->id))
			best = m;
	if (best)
		mount_get(best);
	spin_unlock(&mount_lock);
	return best;
}

static void print_all(bool (*format)(struct line *, struct mount *, const struct path *),
		      void (*emit)(void *arg, const char *line), void *arg)
{
	struct fs_struct *fs = current->fs;
	struct line *l = kmalloc(sizeof(*l), GFP_KERNEL);
	struct path root;
	struct mount *m;
	unsigned int id = 0;

	if (!l)
		return;
	spin_lock(&fs->lock);
	root = fs->root;
	path_get(&root);
	spin_unlock(&fs->lock);
	while ((m = mount_after(id)) != NULL) {
		if (format(l, m, &root))
			emit(arg, l->text);
		id = m->id;
		mount_put(m);
	}
	path_put(&root);
	kfree(l);
}

void super_print_mounts(void (*emit)(void *arg, const char *line), void *arg)
{
	print_all(format_mounts, emit, arg);
}

void super_print_mountinfo(void (*emit)(void *arg, const char *line), void *arg)
{
	print_all(format_mountinfo, emit, arg);
}
