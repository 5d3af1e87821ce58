// SPDX-License-Identifier: MIT
/*
 * file: one open of an object; and a process' table of descriptors.
 */
#ifndef KERNEL_FS_FILE_H
#define KERNEL_FS_FILE_H

#include <kernel/fs/dentry.h>
#include <kernel/fs/stat.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/types.h>
#include <mm/filemap.h>
#include <mm/iov.h>

struct cred;
struct file;
struct file_owner;
struct files_struct;
struct inode;
struct poll_table;
struct task_struct;
struct vm_area_struct;

/*
 * readdir's receiver: emit returns false when the caller's buffer is full.
 * Its @pos is where to go on after this entry (d_off); readdir leaves in ctx->pos
 * where the first entry not taken is.
 */
struct dir_context {
	bool (*emit)(struct dir_context *ctx, const char *name, size_t len, loff_t pos, u64 ino,
		     unsigned int type);
	loff_t pos;             /* where to go on; opaque to all but the file system */
};

/* All sleep.  read and write advance *pos; bytes or -errno. */
struct file_operations {
	ssize_t (*read)(struct file *file, struct iov_iter *to, loff_t *pos);
	ssize_t (*write)(struct file *file, struct iov_iter *from, loff_t *pos);
	loff_t (*llseek)(struct file *file, loff_t off, int whence);    /* NULL: generic_llseek */
	int (*readdir)(struct file *file, struct dir_context *ctx);     /* directory lock held */
	unsigned int (*poll)(struct file *file, struct poll_table *pt); /* NULL: always ready */
	long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);  /* NULL: -ENOTTY */
	int (*mmap)(struct file *file, struct vm_area_struct *vma);     /* NULL: -ENODEV */
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file);                                /* each close(2) */
	void (*release)(struct inode *inode, struct file *file);        /* last reference */
	/* NULL: -EINVAL */
	int (*fsync)(struct file *file, loff_t start, loff_t end, bool datasync);
	/* NULL: -EOPNOTSUPP */
	long (*fallocate)(struct file *file, int mode, loff_t off, loff_t len);
	void (*show_fdinfo)(struct file *file, char *buf, size_t size);
	/* F_ADD_SEALS, F_GET_SEALS; NULL: -EINVAL. */
	long (*fcntl)(struct file *file, unsigned int cmd, unsigned long arg);
};

/* [c] constant  [a] atomic  [p] pos_lock */
struct file {
	atomic_t refs;                          /* [a] */
	unsigned int flags;                     /* [a] O_ flags; F_SETFL changes some */
	unsigned int mode;                      /* [c] FMODE_ */
	struct path path;                       /* [c] */
	struct inode *inode;                    /* [c] path.dentry's */
	const struct file_operations *f_op;     /* [c] */
	loff_t pos;                             /* [p] */
	/* read, write, lseek without offset; only when shared */
	struct mutex pos_lock;
	struct file_ra_state ra;                /* [p] loosely */
	u32 wb_error, sb_error;                 /* [a] samples: told by fsync, by syncfs */
	struct cred *cred;                      /* [c] of the opener */
	struct file_owner *owner;               /* [a] set once: whom it signals; or NULL */
	struct list_head epoll_items;           /* epolls that watch this file */
	struct file *next_dead;                 /* in task_struct.dead_files, once refs is 0 */
	void *private_;                         /* [c] f_op's */
};

#define FMODE_READ      0x1
#define FMODE_WRITE     0x2
#define FMODE_PATH      0x4     /* O_PATH */
#define FMODE_NOSEEK    0x8     /* pipes, ttys: ESPIPE */
#define FMODE_EXEC      0x10    /* opened to be executed: nobody may write it meanwhile */
#define FMODE_WRITER    0x20    /* counts in inode->writers and sb->writers */
#define FMODE_OPENED    0x40    /* f_op->open succeeded: release is due */
#define FMODE_STREAM    0x80    /* no position at all: pos_lock is not needed */

static inline struct file *file_get(struct file *f) { atomic_inc(&f->refs); return f; }
void file_put(struct file *f);          /* sleeps when it was the last */
/* Release what file_put_hook() could not where it was called; the current task, no lock held. */
void file_release_dead(void);

/* An unopened file: flags and mode set, no path; file_put() frees it.  ERR_PTR. */
struct file *file_alloc(unsigned int flags);
/*
 * Give it its path (references pass) and open it: f_op->open, writers.  On error file_put() is
 * still due.
 */
int file_do_open(struct file *file, const struct path *path);
void file_init(void);
/* The O_ flags as F_GETFL shows them. */
static inline unsigned int file_flags(const struct file *f) { return READ_ONCE(f->flags); }
/* A program calls close(2), or its table goes: flush, record locks, file_put. */
int file_close(struct file *file, struct files_struct *owner);

/*
 * A file with f_op for an inode that has no name (pipe, eventfd): "anon_inode:[name]" in
 * /proc/PID/fd.  ERR_PTR.
 */
struct file *anon_file(const char *name, const struct file_operations *f_op, void *private_,
		       unsigned int flags);

/* Open for the kernel (exec): checks permission as the current task; ERR_PTR. */
struct file *file_open(const char *path, unsigned int flags, u32 mode);
struct file *file_open_path(const struct path *path, unsigned int flags);
/* regular, executable, not on noexec: ERR_PTR(-EACCES) */
struct file *file_open_exec(const char *path);
/* The same relative to @dirfd, with LOOKUP_ flags: execveat(2). */
struct file *file_open_exec_at(int dirfd, const char *name, unsigned int lookup);
/* Kernel buffer; bytes or -errno. */
ssize_t kernel_read(struct file *f, void *buf, size_t len, loff_t pos);
ssize_t kernel_write(struct file *f, const void *buf, size_t len, loff_t pos);

loff_t generic_llseek(struct file *file, loff_t off, int whence);
loff_t no_llseek(struct file *file, loff_t off, int whence);            /* -ESPIPE */
/* succeeds, moves nothing */
loff_t noop_llseek(struct file *file, loff_t off, int whence);

/*
 * What every write does first, inode lock held for writing: O_APPEND,
 * RLIMIT_FSIZE (SIGXFSZ), the file system's largest size, S_ISUID, times.
 * Shortens @from.  Bytes that may be written (0: none asked for), or -errno.
 */
ssize_t generic_write_checks(struct file *file, struct iov_iter *from, loff_t *pos);
/*
 * The whole of f_op->write for a file of the page cache: locks, checks, filemap_write(@prepare),
 * O_SYNC.
 */
ssize_t generic_file_write(struct file *file, struct iov_iter *from, loff_t *pos,
			   int (*prepare)(struct address_space *as, struct page *page,
					  unsigned int from, unsigned int to));
/*
 * After @n bytes were written up to @pos: write them out if O_SYNC or O_DSYNC ask for it.  @n or
 * -errno.
 */
ssize_t generic_write_sync(struct file *file, loff_t pos, ssize_t n);

/* For regular files of the page cache. */
ssize_t generic_file_read(struct file *file, struct iov_iter *to, loff_t *pos);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);

/* ------------------------------------------------ descriptors */

/*
 * The table grows without a fixed limit (RLIMIT_NOFILE).  [f] lock
 */
struct files_struct {
	atomic_t refs;                  /* [a] tasks that share it */
	struct spinlock lock;           /* RANK_FILES */
	unsigned int max;               /* [f] size of the arrays */
	unsigned int next;              /* [f] no free one below */
	struct file **fd;               /* [f] read without the lock when the table is not shared */
	unsigned long *open;            /* [f] bitmap */
	unsigned long *cloexec;         /* [f] bitmap */
};

struct files_struct *files_alloc(void);
struct files_struct *files_dup(struct files_struct *old);       /* fork; NULL: no memory */
void files_put(struct files_struct *files);                     /* closes all when the last goes */
void files_close_on_exec(void);         /* exec; the table is the task's own (files_unshare) */

/*
 * An open file for the length of a system call.  While a table is not shared
 * only its task can close a descriptor, so no reference is taken then.
 */
struct fd_ref {
	struct file *file;      /* NULL: EBADF */
	bool put;
};
struct fd_ref fdget_any(int fd);                /* O_PATH ones too */
static inline void fdput(struct fd_ref r)
{
	if (unlikely(r.put))
		file_put(r.file);
}
static inline struct fd_ref fdget(int fd)
{
	struct fd_ref r = fdget_any(fd);

	if (unlikely(r.file && (r.file->mode & FMODE_PATH))) {
		fdput(r);
		r.file = NULL;
		r.put = false;
	}
	return r;
}
/* The same for calls that use the position: others are kept from it if there are others. */
struct fd_ref fdget_pos(int fd);
void fdput_pos(struct fd_ref r);

/* What a table that is not shared has at @fd, or NULL. */
static inline struct file *fd_unshared(const struct files_struct *files, unsigned int fd)
{
	if (unlikely(atomic_read(&files->refs) > 1 || fd >= files->max))
		return NULL;
	return files->fd[fd];
}

/*
 * The short way for most calls: the file of a table that is not shared, if it is open for @right,
 * FMODE_READ or FMODE_WRITE (so it is no O_PATH), and no other holds it or it has no position.
 * NULL says nothing: go the long way.
 */
static inline struct file *fd_alone(const struct files_struct *files, unsigned int fd,
				    unsigned int right)
{
	struct file *f = fd_unshared(files, fd);

	if (unlikely(!f || !(f->mode & right)))
		return NULL;
	return likely((f->mode & FMODE_STREAM) || atomic_read(&f->refs) == 1) ? f : NULL;
}

/* The same of a file that has positions. */
static inline struct file *fd_alone_at(const struct files_struct *files, unsigned int fd,
				       unsigned int right)
{
	struct file *f = fd_unshared(files, fd);
	unsigned int asked = FMODE_PATH | FMODE_NOSEEK | FMODE_STREAM | right;

	return likely(f && (f->mode & asked) == right && atomic_read(&f->refs) == 1) ? f : NULL;
}

/* The open file with a reference (file_put), or NULL: EBADF. */
struct file *fd_get(int fd);
struct file *fd_get_any(int fd);        /* O_PATH ones too */
/* another task's (procfs) */
struct file *files_get_file(struct files_struct *files, int fd);
/* The lowest free descriptor >= @from with @file (its reference passes); -EMFILE. */
int fd_install_lowest(struct file *file, int from, bool cloexec);
/* In two steps, for calls that can still fail between. */
int fd_reserve(int from, bool cloexec);
void fd_install(int fd, struct file *file);
void fd_release(int fd);
int fd_close(int fd);
/* dup3: @file (its reference passes) replaces whatever @fd was.  @fd or -errno. */
int fd_replace(int fd, struct file *file, bool cloexec);
bool fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool on);
/* [first, last]: close, or only mark close-on-exec. */
void fd_close_range(struct files_struct *files, unsigned int first, unsigned int last, bool mark);
struct files_struct *files_unshare(void);       /* the current task gets its own; NULL: no memory */
/* The first open descriptor >= @from, or -1 (procfs). */
int files_next(struct files_struct *files, int from);

/* ------------------------------------------- root, cwd, umask */

struct fs_struct {
	atomic_t refs;
	struct spinlock lock;           /* RANK_FILES */
	struct path root, pwd;
	u32 umask;
};
struct fs_struct *fs_alloc(void);               /* root and cwd: the root of all; umask 022 */
struct fs_struct *fs_dup(struct fs_struct *old);
void fs_put(struct fs_struct *fs);

#endif
