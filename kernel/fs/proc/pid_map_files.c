// SPDX-License-Identifier: MIT
/*
 * /proc/PID/map_files: the files of an address space as links, named by the area: 3f8000-3fa000.
 *
 * What lsof(8) and checkpoints reach a mapped file by, though it has no name any more.  An area
 * is found by where it starts, and its name is right when it is the one that we would give it.
 *
 * Unlike Linux, nothing is found by capital letters, and shared memory without a name ("/dev/zero
 * (deleted)") has no link: it is no file here.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/task.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/smaps.h>

#define NAME_SIZE 36    /* two addresses, a dash and NUL */

static int link_follow(const struct proc_inode *pi, struct path *path);

static const struct proc_entry link_entry = {
	.name = "", .mode = S_IFLNK, .private_ = true, .follow = link_follow,
};

/*
 * @t's first area of a file that ends above @addr into *@area, which mm_area_put() releases, and
 * its name into @name.  The length of that; 0: none (or the caller is killed).
 */
static int next_area(struct task_struct *t, vaddr_t addr, struct mm_area *area, char *name)
{
	struct mm_struct *mm = task_mm_get(t);
	int len = 0;

	if (!mm)
		return 0;
	while (mm_areas(mm, addr, area, 1) > 0 && !area->file)
		addr = area->end;
	mm_put(mm);
	if (area->file)
		len = snprintf(name, NAME_SIZE, "%lx-%lx", area->start, area->end);
	return len;
}

static int link_follow(const struct proc_inode *pi, struct path *path)
{
	struct mm_area area = { .file = NULL };
	char name[NAME_SIZE];
	int error = -ENOENT;

	if (!next_area(pi->task, pi->number, &area, name))
		return -ENOENT;
	if (area.start == pi->number && area.end == pi->end) {
		*path = area.file->path;
		path_get(path);
		error = 0;
	}
	mm_area_put(&area);
	return error;
}

/* The number that hexadecimal digits begin @name with. */
static vaddr_t first_address(const char *name)
{
	vaddr_t addr = 0;

	for (; *name >= '0'; name++)    /* a dash is below, what is no digit names no area */
		addr = addr << 4 | ((*name & 15) + (*name > '9' ? 9 : 0));
	return addr;
}

static int map_files_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *t = proc_i(dir)->task;
	struct mm_area area = { .file = NULL };
	struct inode *inode = NULL;
	char name[NAME_SIZE];
	int len;

	if (!proc_may_look(t))
		return -EACCES;
	dentry->flags |= D_NOCACHE;
	len = next_area(t, first_address(dentry->name), &area, name);
	if (len && len == (int)dentry->name_len && !memcmp(name, dentry->name, len)) {
		inode = proc_new_inode(dir->sb, &link_entry, t, area.start);
		if (!inode) {
			mm_area_put(&area);
			return -ENOMEM;
		}
		proc_i(inode)->end = area.end;
		inode->mode |= (area.file->mode & FMODE_READ ? 0400 : 0) |
			       (area.file->mode & FMODE_WRITE ? 0200 : 0);
	}
	if (len)
		mm_area_put(&area);
	d_add(dentry, inode);
	return 0;
}

/* After . and .. a position is an address: what ends above it comes next. */
static int map_files_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *t = proc_i(file->inode)->task;
	struct mm_area area = { .file = NULL };
	char name[NAME_SIZE];
	loff_t next;
	int len;

	if (!proc_may_look(t))
		return -EACCES;
	if (!proc_emit_table(file, ctx, NULL, &next))
		return 0;
	while ((len = next_area(t, ctx->pos, &area, name)) != 0) {
		mm_area_put(&area);
		if (!ctx->emit(ctx, name, len, ctx->pos, area.start, S_IFLNK >> 12))
			break;
		ctx->pos = area.end;
	}
	return 0;
}

const struct inode_operations proc_map_files_iops = { .lookup = map_files_lookup };
const struct file_operations proc_map_files_fops = { .readdir = map_files_readdir };
