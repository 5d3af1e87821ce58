// SPDX-License-Identifier: MIT
/*
 * Descriptor tables.
 *
 * A table starts with room for 64 descriptors inside it and doubles as needed.
 * Most tables belong to one task: then reading one's own needs no lock, and a
 * file that is in the table stays for the length of a system call without a
 * reference, for only that task could close it.
 *
 * Always true: a file pointer that is set has its bit in open; bits may be set
 *              without a file (reserved);
 *              no descriptor below next is free.
 * Lock: files->lock for all changes, and for reading a shared table.
 */
#include <kernel/fs/file.h>

#include <kernel/task.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/slab.h>

#define FD_INLINE       64U

struct files_inline {
	struct files_struct files;
	struct file *fd[FD_INLINE];
	unsigned long open[1], cloexec[1];
};

struct files_struct *files_alloc(void)
{
	struct files_inline *t = kmalloc(sizeof(*t), GFP_KERNEL | GFP_ZERO);

	if (!t)
		return NULL;
	atomic_set(&t->files.refs, 1);
	spin_lock_init(&t->files.lock, RANK_FILES);
	t->files.max = FD_INLINE;
	t->files.fd = t->fd;
	t->files.open = t->open;
	t->files.cloexec = t->cloexec;
	return &t->files;
}

static void free_arrays(struct files_struct *files, struct file **fd)
{
	if (fd != container_of(files, struct files_inline, files)->fd)
		kvfree(fd);
}

/* One block: the pointers, then both bitmaps. */
static struct file **alloc_arrays(unsigned int max)
{
	return kvmalloc(max * sizeof(struct file *) + 2 * (max / 8), GFP_KERNEL | GFP_ZERO);
}

static void set_arrays(struct files_struct *files, struct file **fd, unsigned int max)
{
	files->fd = fd;
	files->open = (unsigned long *)(fd + max);
	files->cloexec = files->open + max / BITS_PER_LONG;
	files->max = max;
}

static void copy_arrays(struct files_struct *to, const struct files_struct *from)
{
	memcpy(to->fd, from->fd, from->max * sizeof(struct file *));
	memcpy(to->open, from->open, from->max / 8);
	memcpy(to->cloexec, from->cloexec, from->max / 8);
}

/* Make room for descriptor @fd.  The lock is held, and dropped meanwhile. */
static int expand(struct files_struct *files, unsigned int fd)
{
	unsigned int max = files->max;
	struct files_struct grown;
	struct file **arrays, **old;

	while (max <= fd)
		max *= 2;
	spin_unlock(&files->lock);
	arrays = alloc_arrays(max);
	spin_lock(&files->lock);
	if (!arrays)
		return -ENOMEM;
	if (files->max >= max) {
		kvfree(arrays);
		return 0;
	}
	set_arrays(&grown, arrays, max);
	copy_arrays(&grown, files);
	old = files->fd;
	set_arrays(files, arrays, max);
	free_arrays(files, old);
	return 0;
}

/* The highest open descriptor + 1.  Lock held. */
static unsigned int highest(const struct files_struct *files)
{
	unsigned int word = files->max / BITS_PER_LONG;

	while (word > 0 && !files->open[word - 1])
		word--;
	return word * BITS_PER_LONG;
}

/* Lock held: @new is private and has room. */
static void dup_entries(struct files_struct *new, const struct files_struct *old, unsigned int used)
{
	unsigned int fd;

	memcpy(new->open, old->open, used / 8);
	memcpy(new->cloexec, old->cloexec, used / 8);
	for (fd = 0; fd < used; fd++) {
		struct file *f = old->fd[fd];

		if (!(old->open[BIT_WORD(fd)] >> (fd % BITS_PER_LONG))) {
			fd |= BITS_PER_LONG - 1;        /* the rest of this word is free */
			continue;
		}
		if (f)
			new->fd[fd] = file_get(f);
		else if (bitmap_test(old->open, fd)) {  /* reserved by a call of another thread */
			bitmap_clear(new->open, fd);
			bitmap_clear(new->cloexec, fd);
		}
	}
	new->next = (unsigned int)bitmap_find_next_zero(new->open, new->max, 0);
}

struct files_struct *files_dup(struct files_struct *old)
{
	struct files_struct *new = files_alloc();
	unsigned int used;

	if (!new)
		return NULL;
	spin_lock(&old->lock);
	while ((used = highest(old)) > new->max) {
		struct file **arrays;

		spin_unlock(&old->lock);
		arrays = alloc_arrays(used * 2);
		if (!arrays) {
			files_put(new);
			return NULL;
		}
		free_arrays(new, new->fd);
		set_arrays(new, arrays, used * 2);
		spin_lock(&old->lock);
	}
	dup_entries(new, old, used);
	spin_unlock(&old->lock);
	return new;
}

/* Take the file out.  Lock held. */
static struct file *take(struct files_struct *files, unsigned int fd)
{
	struct file *f = fd < files->max ? files->fd[fd] : NULL;

	if (!f)
		return NULL;
	files->fd[fd] = NULL;
	bitmap_clear(files->open, fd);
	bitmap_clear(files->cloexec, fd);
	if (fd < files->next)
		files->next = fd;
	return f;
}

void files_put(struct files_struct *files)
{
	unsigned int fd, used;

	file_release_dead();            /* of the address space that went just before, at exit */
	if (!files || !atomic_dec_and_test(&files->refs))
		return;
	used = highest(files);
	for (fd = 0; fd < used; fd++)
		if (files->fd[fd])
			file_close(files->fd[fd], files);
	free_arrays(files, files->fd);
	kfree(container_of(files, struct files_inline, files));
	file_release_dead();            /* what lay in the queues of its sockets */
}

struct files_struct *files_unshare(void)
{
	struct files_struct *old = current->files, *new;

	if (atomic_read(&old->refs) == 1)
		return old;
	new = files_dup(old);
	if (!new)
		return NULL;
	spin_lock(&current->lock);
	current->files = new;
	spin_unlock(&current->lock);
	files_put(old);
	return new;
}

void files_close_on_exec(void)
{
	struct files_struct *files = current->files;
	unsigned long fd = 0;

	for (;;) {
		struct file *f = NULL;

		spin_lock(&files->lock);
		fd = bitmap_find_next(files->cloexec, files->max, fd);
		if (fd < files->max)
			f = take(files, (unsigned int)fd);
		spin_unlock(&files->lock);
		if (fd++ >= files->max)
			return;
		if (f)
			file_close(f, files);
	}
}

/* --------------------------------------------------------------- look-up */

struct fd_ref fdget_any(int fd)
{
	struct files_struct *files = current->files;
	struct fd_ref r = { NULL, false };

	if (likely(atomic_read(&files->refs) == 1)) {
		if (likely((unsigned int)fd < files->max))
			r.file = files->fd[fd];
		return r;
	}
	r.file = files_get_file(files, fd);
	r.put = r.file != NULL;
	return r;
}

struct fd_ref fdget_pos(int fd)
{
	struct fd_ref r = fdget(fd);

	if (r.file && (r.put || atomic_read(&r.file->refs) > 1) && !(r.file->mode & FMODE_STREAM))
		mutex_lock(&r.file->pos_lock);
	else if (r.file)
		return r;
	if (r.file && !r.put) {         /* fdput_pos must know that it is locked */
		file_get(r.file);
		r.put = true;
	}
	return r;
}

void fdput_pos(struct fd_ref r)
{
	if (likely(!r.put))
		return;
	if (!(r.file->mode & FMODE_STREAM))
		mutex_unlock(&r.file->pos_lock);
	file_put(r.file);
}

struct file *files_get_file(struct files_struct *files, int fd)
{
	struct file *f = NULL;

	spin_lock(&files->lock);
	if ((unsigned int)fd < files->max) {
		f = files->fd[fd];
		if (f)
			file_get(f);
	}
	spin_unlock(&files->lock);
	return f;
}

struct file *fd_get_any(int fd)
{
	struct fd_ref r = fdget_any(fd);

	if (r.file && !r.put)
		file_get(r.file);
	return r.file;
}

struct file *fd_get(int fd)
{
	struct fd_ref r = fdget(fd);

	if (r.file && !r.put)
		file_get(r.file);
	return r.file;
}

int files_next(struct files_struct *files, int from)
{
	unsigned int fd;
	int found = -1;

	spin_lock(&files->lock);
	for (fd = (unsigned int)from; fd < files->max; fd++) {
		if (files->fd[fd]) {
			found = (int)fd;
			break;
		}
	}
	spin_unlock(&files->lock);
	return found;
}

/* --------------------------------------------------------------- install */

static unsigned long fd_limit(void)
{
	return READ_ONCE(current->signal->rlim[RLIMIT_NOFILE].cur);
}

int fd_reserve(int from, bool cloexec)
{
	struct files_struct *files = current->files;
	unsigned long limit = fd_limit();
	unsigned int fd;
	int err;

	spin_lock(&files->lock);
	for (;;) {
		fd = max((unsigned int)from, files->next);
		if (fd < files->max)
			fd = (unsigned int)bitmap_find_next_zero(files->open, files->max, fd);
		if (fd >= limit) {
			spin_unlock(&files->lock);
			return -EMFILE;
		}
		if (fd < files->max)
			break;
		err = expand(files, fd);
		if (err) {
			spin_unlock(&files->lock);
			return err;
		}
	}
	bitmap_set(files->open, fd);
	if (cloexec)
		bitmap_set(files->cloexec, fd);
	if ((unsigned int)from <= files->next)
		files->next = fd + 1;
	spin_unlock(&files->lock);
	return (int)fd;
}

void fd_install(int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->lock);
	files->fd[fd] = file;
	spin_unlock(&files->lock);
}

void fd_release(int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->lock);
	bitmap_clear(files->open, (unsigned int)fd);
	bitmap_clear(files->cloexec, (unsigned int)fd);
	if ((unsigned int)fd < files->next)
		files->next = (unsigned int)fd;
	spin_unlock(&files->lock);
}

int fd_install_lowest(struct file *file, int from, bool cloexec)
{
	int fd = fd_reserve(from, cloexec);

	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

int fd_replace(int fd, struct file *file, bool cloexec)
{
	struct files_struct *files = current->files;
	struct file *old;
	int err = 0;

	if ((unsigned long)fd >= fd_limit())
		return -EBADF;
	spin_lock(&files->lock);
	while (!err && (unsigned int)fd >= files->max)
		err = expand(files, (unsigned int)fd);
	if (!err && !files->fd[fd] && bitmap_test(files->open, (unsigned int)fd))
		err = -EBUSY;           /* reserved: another thread is opening it */
	if (err) {
		spin_unlock(&files->lock);
		return err;
	}
	old = take(files, (unsigned int)fd);
	files->fd[fd] = file;
	bitmap_set(files->open, (unsigned int)fd);
	if (cloexec)
		bitmap_set(files->cloexec, (unsigned int)fd);
	if (files->next == (unsigned int)fd)
		files->next++;
	spin_unlock(&files->lock);
	if (old)
		file_close(old, files);
	return fd;
}

/* ----------------------------------------------------- close, close-on-exec */

int fd_close(int fd)
{
	struct files_struct *files = current->files;
	struct file *f;

	spin_lock(&files->lock);
	f = take(files, (unsigned int)fd);
	spin_unlock(&files->lock);
	return f ? file_close(f, files) : -EBADF;
}

bool fd_get_cloexec(int fd)
{
	struct files_struct *files = current->files;
	bool on;

	spin_lock(&files->lock);
	on = (unsigned int)fd < files->max && bitmap_test(files->cloexec, (unsigned int)fd);
	spin_unlock(&files->lock);
	return on;
}

int fd_set_cloexec(int fd, bool on)
{
	struct files_struct *files = current->files;
	int err = -EBADF;

	spin_lock(&files->lock);
	if ((unsigned int)fd < files->max && files->fd[fd]) {
		if (on)
			bitmap_set(files->cloexec, (unsigned int)fd);
		else
			bitmap_clear(files->cloexec, (unsigned int)fd);
		err = 0;
	}
	spin_unlock(&files->lock);
	return err;
}

void fd_close_range(struct files_struct *files, unsigned int first, unsigned int last, bool mark)
{
	unsigned int fd;

	for (fd = first; ; fd++) {
		struct file *f = NULL;

		spin_lock(&files->lock);
		fd = (unsigned int)bitmap_find_next(files->open, files->max, min(fd, files->max));
		if (fd >= files->max || fd > last) {
			spin_unlock(&files->lock);
			return;
		}
		if (!mark)
			f = take(files, fd);
		else if (files->fd[fd])
			bitmap_set(files->cloexec, fd);
		spin_unlock(&files->lock);
		if (f)
			file_close(f, files);
	}
}
