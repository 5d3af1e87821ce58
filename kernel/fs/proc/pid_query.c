// SPDX-License-Identifier: MIT
/*
 * PROCMAP_QUERY: one line of /proc/PID/maps as a struct, found by an address (proc_pid_maps(5)).
 *
 * The area is copied out first (mm/smaps.h), and its file held, so that name and build ID are
 * read with no lock.  Unlike Linux, which only looks into pages that are cached, the build ID
 * is read from the disk if need be.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/elf.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/smaps.h>
#include <mm/uaccess.h>
#include <mm/vm_flags.h>

#define PROCMAP_QUERY   0xc0686611U

/* What of an area may be asked for; VM_READ, VM_WRITE and VM_EXEC are the same. */
#define QUERY_SHARED    0x08
#define QUERY_FLAGS     0x0f
#define QUERY_OR_NEXT   0x10
#define QUERY_FILE      0x20
#define QUERY_ALL       0x3f

struct procmap_query {
	u64 size, query_flags, query_addr;
	u64 vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	u32 dev_major, dev_minor, vma_name_size, build_id_size;
	u64 vma_name_addr, build_id_addr;
};
_Static_assert(sizeof(struct procmap_query) == 104, "as PROCMAP_QUERY says");

#define PT_NOTE                 4
#define NT_GNU_BUILD_ID         3
#define BUILD_ID_MAX            20
#define HEADERS_MAX             64      /* more than any linker makes */

static int query_args(struct procmap_query *q, vaddr_t arg);
static int query_area(struct mm_struct *mm, const struct procmap_query *q, struct mm_area *a);
static void answer(struct procmap_query *q, const struct mm_area *a);
static int put_name(struct procmap_query *q, const struct mm_area *a, char *buf);
static int put_build_id(struct procmap_query *q, const struct mm_area *a, char *buf);
static u32 find_build_id(struct file *f, char *buf, const char **id);

long proc_maps_ioctl(struct task_struct *t, unsigned int cmd, vaddr_t arg)
{
	struct procmap_query q;
	struct mm_struct *mm;
	struct mm_area a;
	char *buf;
	int err;

	if (cmd != PROCMAP_QUERY)
		return -ENOTTY;
	if (!proc_may_look(t))
		return -EACCES;
	err = query_args(&q, arg);
	if (err)
		return err;
	mm = task_mm_get(t);
	if (!mm)
		return -ESRCH;
	err = query_area(mm, &q, &a);
	mm_put(mm);
	if (err)
		return err;
	answer(&q, &a);
	buf = alloc_page_va(GFP_USER);
	err = buf ? put_name(&q, &a, buf) : -ENOMEM;
	if (!err)
		err = put_build_id(&q, &a, buf);
	if (buf)
		free_page_va(buf);
	mm_area_put(&a);
	return err ? err : copy_to_user(arg, &q, min(q.size, sizeof(q)));
}

static int query_args(struct procmap_query *q, vaddr_t arg)
{
	u64 size;
	int err;

	if (get_user(&size, arg))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < offsetof(struct procmap_query, vma_start))
		return -EINVAL;
	err = copy_struct_from_user(q, sizeof(*q), arg, size);
	if (err)
		return err;
	if (q->query_flags & ~QUERY_ALL || !q->vma_name_size != !q->vma_name_addr ||
	    !q->build_id_size != !q->build_id_addr)
		return -EINVAL;
	q->size = size;
	return 0;
}

static u64 flags_of(const struct mm_area *a)
{
	return (a->flags & VM_ACCESS) | (a->flags & VM_MAYSHARE ? QUERY_SHARED : 0);
}

/* Shared memory has a file on Linux: its name is one's. */
static bool wanted(const struct mm_area *a, u64 flags)
{
	return !(flags & QUERY_FLAGS & ~flags_of(a)) &&
	       (!(flags & QUERY_FILE) || a->file || a->name[0] == '/');
}

/* The area that is asked for, to be put: 0, -ENOENT or -EINTR. */
static int query_area(struct mm_struct *mm, const struct procmap_query *q, struct mm_area *a)
{
	bool next = q->query_flags & QUERY_OR_NEXT;
	vaddr_t addr = q->query_addr;
	int n;

	while ((n = mm_areas(mm, addr, a, 1)) > 0) {
		if (wanted(a, q->query_flags) && (next || a->start <= addr))
			return 0;
		mm_area_put(a);
		if (!next)
			break;
		addr = a->end;
	}
	return n < 0 ? n : -ENOENT;
}

static void answer(struct procmap_query *q, const struct mm_area *a)
{
	struct inode *inode = a->file ? a->file->inode : NULL;
	u64 dev = inode && inode->sb ? inode->sb->dev : 0;

	q->vma_start = a->start;
	q->vma_end = a->end;
	q->vma_flags = flags_of(a);
	q->vma_page_size = PAGE_SIZE;
	q->vma_offset = a->pgoff << PAGE_SHIFT;
	q->inode = inode ? inode->ino : 0;
	q->dev_major = MAJOR(dev);
	q->dev_minor = MINOR(dev);
}

static int put_name(struct procmap_query *q, const struct mm_area *a, char *buf)
{
	size_t room = min((size_t)q->vma_name_size, (size_t)PATH_MAX);
	const char *name = a->name;

	if (!room)
		return 0;
	if (a->file)
		name = d_path(&a->file->path, &current->fs->root, buf, room);
	if (IS_ERR(name))
		return PTR_ERR(name);
	q->vma_name_size = *name ? strlen(name) + 1 : 0;
	if (q->vma_name_size > room)
		return -ENAMETOOLONG;
	return copy_to_user(q->vma_name_addr, name, q->vma_name_size);
}

static int put_build_id(struct procmap_query *q, const struct mm_area *a, char *buf)
{
	const char *id = NULL;
	u32 room = q->build_id_size;

	if (room)
		q->build_id_size = a->file && S_ISREG(a->file->inode->mode) ?
					   find_build_id(a->file, buf, &id) : 0;
	if (q->build_id_size > room)
		return -ENAMETOOLONG;
	return copy_to_user(q->build_id_addr, id, q->build_id_size);
}

/* Among the @n bytes of notes at @buf: its length, and where; 0: there is none. */
static u32 find_in_notes(const char *buf, size_t n, const char **id)
{
	for (size_t at = 0; at + 16 <= n;) {
		const u32 *note = (const u32 *)(buf + at);      /* length of name and rest, type */
		size_t len = note[1];

		if (note[0] == 4 && note[2] == NT_GNU_BUILD_ID && !memcmp(note + 3, "GNU", 4) &&
		    len && len <= BUILD_ID_MAX && len <= n - at - 16) {
			*id = buf + at + 16;
			return (u32)len;
		}
		at += 12 + ALIGN_UP((size_t)note[0], 4) + ALIGN_UP(len, 4);
	}
	return 0;
}

/* The GNU build ID of @f, into @buf, a page: as find_in_notes(). */
static u32 find_build_id(struct file *f, char *buf, const char **id)
{
	struct elf64_ehdr eh;
	struct elf64_phdr ph;
	u32 found = 0;

	if (kernel_read(f, &eh, sizeof(eh), 0) != sizeof(eh) ||
	    memcmp(eh.e_ident, "\177ELF\2", 5) || eh.e_phentsize != sizeof(ph))
		return 0;
	for (unsigned int i = 0; !found && i < eh.e_phnum && i < HEADERS_MAX; i++) {
		loff_t at = (loff_t)(eh.e_phoff + i * sizeof(ph));
		ssize_t n;

		if (at < 0 || kernel_read(f, &ph, sizeof(ph), at) != sizeof(ph))
			break;
		if (ph.p_type != PT_NOTE || (loff_t)ph.p_offset < 0)
			continue;
		n = kernel_read(f, buf, min(ph.p_filesz, PAGE_SIZE), (loff_t)ph.p_offset);
		if (n > 0)
			found = find_in_notes(buf, (size_t)n, id);
	}
	return found;
}
