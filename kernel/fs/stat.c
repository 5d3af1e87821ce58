// SPDX-License-Identifier: MIT
/*
 * stat(2) in its forms, statx(2), statfs(2).
 */
#include <kernel/fs/stat.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/uaccess.h>

/* struct stat of asm-generic/stat.h. */
struct user_stat {
	u64 st_dev, st_ino;
	u32 st_mode, st_nlink, st_uid, st_gid;
	u64 st_rdev, pad1;
	s64 st_size;
	s32 st_blksize, pad2;
	s64 st_blocks;
	s64 st_atime;
	u64 st_atime_nsec;
	s64 st_mtime;
	u64 st_mtime_nsec;
	s64 st_ctime;
	u64 st_ctime_nsec;
	u32 unused[2];
};
_Static_assert(sizeof(struct user_stat) == 128, "struct stat is 128 bytes");

struct statx_timestamp {
	s64 tv_sec;
	u32 tv_nsec;
	s32 pad;
};

struct user_statx {
	u32 stx_mask, stx_blksize;
	u64 stx_attributes;
	u32 stx_nlink, stx_uid, stx_gid;
	u16 stx_mode, pad0;
	u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	u32 stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	u64 stx_mnt_id;
	u32 stx_dio_mem_align, stx_dio_offset_align;
	u64 pad3[12];
};
_Static_assert(sizeof(struct user_statx) == 256, "struct statx is 256 bytes");

#define STATX_BASIC_STATS       0x07ffU
#define STATX_BTIME             0x0800U
#define STATX_MNT_ID            0x1000U
#define STATX_RESERVED          0x80000000U
#define STATX_ATTR_MOUNT_ROOT   0x2000U
#define AT_STATX_SYNC_TYPE      0x6000

/* struct statfs of asm-generic/statfs.h for 64 bits. */
struct user_statfs {
	u64 f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	u32 f_fsid[2];
	u64 f_namelen, f_frsize, f_flags, f_spare[4];
};
_Static_assert(sizeof(struct user_statfs) == 120, "struct statfs is 120 bytes");

void generic_fillattr(struct inode *inode, struct kstat *st)
{
	st->dev = inode->sb->dev;
	st->ino = inode->ino;
	st->rdev = inode->rdev;
	st->mode = inode->mode;
	st->nlink = inode->nlink;
	st->uid = inode->uid;
	st->gid = inode->gid;
	st->size = inode_size(inode);
	st->blocks = inode->blocks;
	st->blksize = inode->sb->blocksize > PAGE_SIZE ? inode->sb->blocksize : (u32)PAGE_SIZE;
	st->atime.sec = inode->atime.tv_sec;
	st->atime.nsec = (u32)inode->atime.tv_nsec;
	st->mtime.sec = inode->mtime.tv_sec;
	st->mtime.nsec = (u32)inode->mtime.tv_nsec;
	st->ctime.sec = inode->ctime.tv_sec;
	st->ctime.nsec = (u32)inode->ctime.tv_nsec;
	st->btime.sec = inode->btime.tv_sec;
	st->btime.nsec = (u32)inode->btime.tv_nsec;
	st->has_btime = inode->btime.tv_sec != 0;
}

int inode_getattr(const struct path *path, struct kstat *st)
{
	struct inode *inode = path->dentry->inode;

	st->mnt_id = path->mnt->id;
	if (inode->i_op && inode->i_op->getattr)
		return inode->i_op->getattr(inode, st);
	generic_fillattr(inode, st);
	return 0;
}

static int copy_stat(vaddr_t to, const struct kstat *st)
{
	struct user_stat u = {
		.st_dev = st->dev, .st_ino = st->ino, .st_mode = st->mode, .st_nlink = st->nlink,
		.st_uid = st->uid, .st_gid = st->gid, .st_rdev = st->rdev, .st_size = (s64)st->size,
		.st_blksize = (s32)st->blksize, .st_blocks = (s64)st->blocks,
		.st_atime = st->atime.sec, .st_atime_nsec = st->atime.nsec,
		.st_mtime = st->mtime.sec, .st_mtime_nsec = st->mtime.nsec,
		.st_ctime = st->ctime.sec, .st_ctime_nsec = st->ctime.nsec,
	};

	return copy_to_user(to, &u, sizeof(u));
}

/* The object of an *at call: of the descriptor itself for an empty name, or of the path. */
static int stat_at(int dirfd, vaddr_t name, unsigned int at_flags, struct kstat *st, bool *root)
{
	unsigned int lookup = (at_flags & AT_SYMLINK_NOFOLLOW) ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (at_flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = user_path(dirfd, name, lookup, &path);
	if (err)
		return err;
	err = inode_getattr(&path, st);
	*root = path.dentry == path.mnt->root;
	path_put(&path);
	return err;
}

static int stat_fd(int fd, struct kstat *st)
{
	struct fd_ref r = fdget_any(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = inode_getattr(&r.file->path, st);
	fdput(r);
	return err;
}

/* fstat(2) of today's C libraries: an empty name, or none. */
static bool name_is_empty(vaddr_t name)
{
	char c;

	return !name || (!get_user(&c, name) && !c);
}

long sys_newfstatat(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[3];
	struct kstat st;
	bool root;
	int err;

	if (flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && (int)a[0] >= 0 && name_is_empty(a[1]))
		err = stat_fd((int)a[0], &st);
	else
		err = stat_at((int)a[0], a[1], flags, &st, &root);
	return err ? err : copy_stat(a[2], &st);
}

long sys_fstat(const unsigned long *a)
{
	struct kstat st;
	int err = stat_fd((int)a[0], &st);

	return err ? err : copy_stat(a[1], &st);
}

static int copy_statx(vaddr_t to, const struct kstat *st, bool root)
{
	struct user_statx u;

	memset(&u, 0, sizeof(u));
	u.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID | (st->has_btime ? STATX_BTIME : 0);
	u.stx_blksize = st->blksize;
	u.stx_nlink = st->nlink;
	u.stx_uid = st->uid;
	u.stx_gid = st->gid;
	u.stx_mode = (u16)st->mode;
	u.stx_ino = st->ino;
	u.stx_size = st->size;
	u.stx_blocks = st->blocks;
	u.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
	u.stx_attributes = root ? STATX_ATTR_MOUNT_ROOT : 0;
	u.stx_atime = (struct statx_timestamp){ st->atime.sec, st->atime.nsec, 0 };
	u.stx_mtime = (struct statx_timestamp){ st->mtime.sec, st->mtime.nsec, 0 };
	u.stx_ctime = (struct statx_timestamp){ st->ctime.sec, st->ctime.nsec, 0 };
	if (st->has_btime)
		u.stx_btime = (struct statx_timestamp){ st->btime.sec, st->btime.nsec, 0 };
	u.stx_rdev_major = MAJOR(st->rdev);
	u.stx_rdev_minor = MINOR(st->rdev);
	u.stx_dev_major = MAJOR(st->dev);
	u.stx_dev_minor = MINOR(st->dev);
	u.stx_mnt_id = st->mnt_id;
	return copy_to_user(to, &u, sizeof(u));
}

long sys_statx(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[2], mask = (unsigned int)a[3];
	struct kstat st;
	bool root = false;
	int err;

	if (mask & STATX_RESERVED)
		return -EINVAL;
	if (flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
				    AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && (int)a[0] >= 0 && name_is_empty(a[1]))
		err = stat_fd((int)a[0], &st);
	else
		err = stat_at((int)a[0], a[1], flags, &st, &root);
	return err ? err : copy_statx(a[4], &st, root);
}

/* ----------------------------------------------------------------- statfs */

#define ST_RDONLY       0x0001
#define ST_NOSUID       0x0002
#define ST_NODEV        0x0004
#define ST_NOEXEC       0x0008
#define ST_VALID        0x0020
#define ST_NOATIME      0x0400
#define ST_NODIRATIME   0x0800
#define ST_RELATIME     0x1000

static u64 statfs_flags(const struct mount *m)
{
	unsigned long flags = m->flags | (m->sb->flags & MS_RDONLY);
	u64 st = ST_VALID | (flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));

	if (flags & MS_NOATIME)
		st |= ST_NOATIME;
	if (flags & MS_NODIRATIME)
		st |= ST_NODIRATIME;
	if (flags & MS_RELATIME)
		st |= ST_RELATIME;
	return st;
}

static int copy_statfs(const struct path *path, vaddr_t to)
{
	struct kstatfs st;
	struct user_statfs u;
	int err = super_statfs(path->mnt->sb, &st);

	if (err)
		return err;
	u = (struct user_statfs){
		.f_type = st.type, .f_bsize = st.bsize, .f_blocks = st.blocks, .f_bfree = st.bfree,
		.f_bavail = st.bavail, .f_files = st.files, .f_ffree = st.ffree,
		.f_fsid = { st.fsid[0], st.fsid[1] }, .f_namelen = st.namelen,
		.f_frsize = st.frsize ? st.frsize : st.bsize,
		.f_flags = st.flags | statfs_flags(path->mnt),
	};
	return copy_to_user(to, &u, sizeof(u));
}

long sys_statfs(const unsigned long *a)
{
	struct path path;
	int err = user_path(AT_FDCWD, a[0], LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = copy_statfs(&path, a[1]);
	path_put(&path);
	return err;
}

long sys_fstatfs(const unsigned long *a)
{
	struct fd_ref r = fdget_any((int)a[0]);
	int err;

	if (!r.file)
		return -EBADF;
	err = copy_statfs(&r.file->path, a[1]);
	fdput(r);
	return err;
}
