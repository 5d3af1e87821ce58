// SPDX-License-Identifier: MIT
/*
 * userfaultfd(2): the descriptor, its calls and what is read of it.  What it does is mm's
 * (userfault.h); here programs' structures are decoded, in Linux's order of errors.
 */
#include <kernel/fs/userfaultfd.h>

#include <kernel/cred.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>
#include <mm/userfault.h>

/* ioctl_userfaultfd(2). */
#define UFFD_API                0xaaUL
#define UFFDIO_API              0xc018aa3fU
#define UFFDIO_REGISTER         0xc020aa00U
#define UFFDIO_UNREGISTER       0x8010aa01U
#define UFFDIO_WAKE             0x8010aa02U
#define UFFDIO_COPY             0xc028aa03U
#define UFFDIO_ZEROPAGE         0xc020aa04U
#define UFFDIO_MOVE             0xc028aa05U
#define UFFDIO_CONTINUE         0xc020aa07U
#define UFFDIO_POISON           0xc020aa08U
#define USERFAULTFD_IOC_NEW     0xaa00U

#define CALL(call)              (1UL << ((call) & 0xff))
#define API_CALLS               (CALL(UFFDIO_API) | CALL(UFFDIO_REGISTER) | CALL(UFFDIO_UNREGISTER))
#define RANGE_CALLS             (CALL(UFFDIO_WAKE) | CALL(UFFDIO_COPY) | CALL(UFFDIO_ZEROPAGE) | \
				 CALL(UFFDIO_MOVE) | CALL(UFFDIO_POISON))
#define CALLS_SHOWN             (API_CALLS | 0x1ff)     /* in fdinfo: all that Linux knows */

/* As Linux 6.12 on RISC-V, which says so of huge pages too (there are none to be registered). */
#define FEATURES (UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP |                \
		  UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP |             \
		  UFFD_FEATURE_MISSING_HUGETLBFS | UFFD_FEATURE_MISSING_SHMEM |      \
		  UFFD_FEATURE_MINOR_HUGETLBFS | UFFD_FEATURE_MINOR_SHMEM |          \
		  UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID |                     \
		  UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_POISON | UFFD_FEATURE_MOVE)

enum { MODE_MISSING = 1, MODE_WP = 2, MODE_MINOR = 4 };
enum { FILL_DONTWAKE = 1, FILL_WP = 2, MOVE_ALLOW_SRC_HOLES = 2 };

struct uffdio_api {
	u64 api, features, ioctls;
};
struct uffdio_range {
	u64 start, len;
};
struct uffdio_register {
	struct uffdio_range range;
	u64 mode, ioctls;
};
/* COPY and MOVE alike. */
struct uffdio_copy {
	u64 dst, src, len, mode;
	s64 copy;
};
/* ZEROPAGE, CONTINUE and POISON alike. */
struct uffdio_fill {
	struct uffdio_range range;
	u64 mode;
	s64 filled;
};

unsigned int sysctl_unprivileged_userfaultfd;

static long descriptor(struct userfault *u);
static long userfaultfd_open(unsigned int flags);
static long userfaultfd_ioctl(struct file *f, unsigned int cmd, unsigned long arg);

/* ---- read, poll ---- */

/* The descriptor of a child's memory, for the reader. */
static int read_fork(struct userfault *u, struct userfault *child, struct uffd_msg *msg)
{
	long fd = descriptor(child);

	userfault_fork_read(u, child, fd >= 0);
	if (fd < 0) {
		userfault_put(child);
		return (int)fd;
	}
	msg->fork.ufd = (u32)fd;
	return 0;
}

/* Faults before events.  -EAGAIN: nothing is to be read. */
static int next_message(struct userfault *u, struct uffd_msg *msg)
{
	struct userfault *child;

	if (userfault_next(u, msg))
		return 0;
	if (!userfault_next_event(u, msg, &child))
		return -EAGAIN;
	return child ? read_fork(u, child, msg) : 0;
}

static ssize_t userfaultfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct userfault *u = f->private_;
	struct uffd_msg msg;
	ssize_t done = 0;
	int err;

	if (!READ_ONCE(u->features))
		return -EINVAL;
	if (to->count < sizeof(msg))
		return -EINVAL;
	while (to->count >= sizeof(msg)) {
		err = next_message(u, &msg);
		if (err == -EAGAIN && !done && !(f->flags & O_NONBLOCK)) {
			err = wait_event_interruptible(&u->readers, userfault_readable(u));
			if (!err)
				continue;
		}
		if (err)
			return done ? done : err;
		if (copy_to_iter(&msg, sizeof(msg), to) != sizeof(msg))
			return done ? done : -EFAULT;
		done += sizeof(msg);
	}
	return done;
}

/* As on Linux, only for who does not wait in read: what is to be read may be gone by then. */
static unsigned int userfaultfd_poll(struct file *f, struct poll_table *pt)
{
	struct userfault *u = f->private_;

	poll_wait(pt, &u->readers);
	if (!READ_ONCE(u->features) || !(f->flags & O_NONBLOCK))
		return POLLERR;
	return userfault_readable(u) ? POLLIN : 0;
}

static void userfaultfd_release(struct inode *inode, struct file *f)
{
	userfault_release(f->private_);
	userfault_put(f->private_);
}

static void userfaultfd_show(struct file *f, char *buf, size_t size)
{
	struct userfault *u = f->private_;
	unsigned long asked, all;

	userfault_count(u, &asked, &all);
	scnprintf(buf, size, "pending:\t%lu\ntotal:\t%lu\nAPI:\t%lx:%x:%lx\n", asked, all, UFFD_API,
		  READ_ONCE(u->features), CALLS_SHOWN);
}

static const struct file_operations userfaultfd_fops = {
	.read = userfaultfd_read,
	.llseek = noop_llseek,
	.poll = userfaultfd_poll,
	.ioctl = userfaultfd_ioctl,
	.release = userfaultfd_release,
	.show_fdinfo = userfaultfd_show,
};

/* ---- ioctl ---- */

static int negotiate(struct userfault *u, struct uffdio_api *api)
{
	u64 wanted = api->features;
	unsigned int none = 0;

	if (api->api != UFFD_API)
		return -EINVAL;
	if (wanted & UFFD_FEATURE_EVENT_FORK && !capable(CAP_SYS_PTRACE))
		return -EPERM;
	if (wanted & ~(u64)FEATURES)
		return -EINVAL;
	api->features = FEATURES;
	api->ioctls = API_CALLS;
	wanted |= UFFD_INITIALIZED;
	return __atomic_compare_exchange_n(&u->features, &none, (unsigned int)wanted, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 0 : -EINVAL;
}

static long ioctl_api(struct userfault *u, vaddr_t arg)
{
	struct uffdio_api api;
	int err;

	if (get_user(&api, arg))
		return -EFAULT;
	err = negotiate(u, &api);
	if (err)
		memset(&api, 0, sizeof(api));
	return put_user(api, arg) ? -EFAULT : err;
}

static int check_range(u64 start, u64 len)
{
	if ((start | len) & ~PAGE_MASK || !len || start < sysctl_mmap_min_addr)
		return -EINVAL;
	return start >= USER_END || len > USER_END - start ? -EINVAL : 0;
}

static long ioctl_register(struct userfault *u, vaddr_t arg)
{
	struct uffdio_register r;
	unsigned long flags = 0;
	int err;

	if (copy_from_user(&r, arg, offsetof(struct uffdio_register, ioctls)))
		return -EFAULT;
	if (!r.mode || r.mode & ~(u64)(MODE_MISSING | MODE_MINOR))
		return -EINVAL;
	if (r.mode & MODE_MISSING)
		flags |= VM_UFFD_MISSING;
	if (r.mode & MODE_MINOR)
		flags |= VM_UFFD_MINOR;
	err = check_range(r.range.start, r.range.len);
	if (!err)
		err = userfault_register(u, r.range.start, r.range.start + r.range.len, flags);
	if (err)
		return err;
	r.ioctls = RANGE_CALLS | (r.mode & MODE_MINOR ? CALL(UFFDIO_CONTINUE) : 0);
	return put_user(r.ioctls, arg + offsetof(struct uffdio_register, ioctls)) ? -EFAULT : 0;
}

static long ioctl_range(struct userfault *u, unsigned int cmd, vaddr_t arg)
{
	struct uffdio_range r;
	int err;

	if (get_user(&r, arg))
		return -EFAULT;
	err = check_range(r.start, r.len);
	if (err)
		return err;
	if (cmd == UFFDIO_UNREGISTER)
		return userfault_unregister(u, r.start, r.start + r.len);
	userfault_wake(u, r.start, r.len);
	return 0;
}

/* Tell how far it came at @told, and wake who waits for what is there now. */
static long filled(struct userfault *u, vaddr_t start, size_t len, bool wake, long done,
		   vaddr_t told)
{
	if (put_user((s64)done, told))
		return -EFAULT;
	if (done < 0)
		return done;
	if (wake)
		userfault_wake(u, start, (size_t)done);
	return (size_t)done == len ? 0 : -EAGAIN;
}

static long ioctl_copy(struct userfault *u, vaddr_t arg)
{
	struct uffdio_copy c;
	struct userfault_fill what = { .how = FILL_COPY };
	vaddr_t told = arg + offsetof(struct uffdio_copy, copy);
	int err;

	if (atomic_read(&u->changing))
		return put_user((s64)-EAGAIN, told) ? -EFAULT : -EAGAIN;
	if (copy_from_user(&c, arg, offsetof(struct uffdio_copy, copy)))
		return -EFAULT;
	if (c.src >= USER_END || c.len > USER_END - c.src)
		return -EINVAL;
	err = check_range(c.dst, c.len);
	if (err)
		return err;
	if (c.mode & ~(u64)(FILL_DONTWAKE | FILL_WP))
		return -EINVAL;
	what.dst = c.dst;
	what.src = c.src;
	what.len = c.len;
	what.wp = c.mode & FILL_WP;
	return filled(u, c.dst, c.len, !(c.mode & FILL_DONTWAKE), userfault_fill(u, &what), told);
}

static long ioctl_move(struct userfault *u, vaddr_t arg)
{
	vaddr_t told = arg + offsetof(struct uffdio_copy, copy);
	struct userfault_move m;
	struct uffdio_copy c;
	int err;

	if (atomic_read(&u->changing))
		return put_user((s64)-EAGAIN, told) ? -EFAULT : -EAGAIN;
	if (copy_from_user(&c, arg, offsetof(struct uffdio_copy, copy)))
		return -EFAULT;
	if (u->mm != current->thread.mm)
		return -EINVAL;
	err = check_range(c.dst, c.len);
	if (!err)
		err = check_range(c.src, c.len);
	if (err)
		return err;
	if (c.mode & ~(u64)(FILL_DONTWAKE | MOVE_ALLOW_SRC_HOLES))
		return -EINVAL;
	m = (struct userfault_move){ c.dst, c.src, c.len, c.mode & MOVE_ALLOW_SRC_HOLES };
	return filled(u, c.dst, c.len, !(c.mode & FILL_DONTWAKE), userfault_move(u, &m), told);
}

static long ioctl_fill(struct userfault *u, enum userfault_how how, vaddr_t arg)
{
	u64 modes = how == FILL_CONTINUE ? FILL_DONTWAKE | FILL_WP : FILL_DONTWAKE;
	vaddr_t told = arg + offsetof(struct uffdio_fill, filled);
	struct userfault_fill what = { .how = how };
	struct uffdio_fill z;
	int err;

	if (atomic_read(&u->changing))
		return put_user((s64)-EAGAIN, told) ? -EFAULT : -EAGAIN;
	if (copy_from_user(&z, arg, offsetof(struct uffdio_fill, filled)))
		return -EFAULT;
	err = check_range(z.range.start, z.range.len);
	if (err)
		return err;
	if (z.mode & ~modes)
		return -EINVAL;
	what.dst = z.range.start;
	what.len = z.range.len;
	what.wp = z.mode & FILL_WP;
	return filled(u, what.dst, what.len, !(z.mode & FILL_DONTWAKE), userfault_fill(u, &what),
		      told);
}

static long userfaultfd_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct userfault *u = f->private_;

	if (cmd != UFFDIO_API && !READ_ONCE(u->features))
		return -EINVAL;
	switch (cmd) {
	case UFFDIO_API:
		return ioctl_api(u, arg);
	case UFFDIO_REGISTER:
		return ioctl_register(u, arg);
	case UFFDIO_UNREGISTER: case UFFDIO_WAKE:
		return ioctl_range(u, cmd, arg);
	case UFFDIO_COPY:
		return ioctl_copy(u, arg);
	case UFFDIO_MOVE:
		return ioctl_move(u, arg);
	case UFFDIO_ZEROPAGE:
		return ioctl_fill(u, FILL_ZERO, arg);
	case UFFDIO_CONTINUE:
		return ioctl_fill(u, FILL_CONTINUE, arg);
	case UFFDIO_POISON:
		return ioctl_fill(u, FILL_POISON, arg);
	default:
		return -EINVAL;
	}
}

/* ---- having one ---- */

/* A descriptor of @u, whose reference passes with success. */
static long descriptor(struct userfault *u)
{
	int fd = fd_reserve(0, u->flags & O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_file("[userfaultfd]", &userfaultfd_fops, u, O_RDONLY | (u->flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		fd_release(fd);
		return PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

/* Who ends or dumps core could not be stopped by a signal, or would wait for himself. */
static u32 asker(void)
{
	return current->flags & (PF_EXITING | PF_DUMPCORE) ? 0 : (u32)current->pid;
}

static long userfaultfd_open(unsigned int flags)
{
	struct userfault *u;
	long fd;

	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY))
		return -EINVAL;
	u = userfault_new(current->thread.mm, flags, asker);
	if (!u)
		return -ENOMEM;
	fd = descriptor(u);
	if (fd < 0)
		userfault_put(u);
	return fd;
}

/* Who can stop the kernel's own accesses can win races elsewhere: CAP_SYS_PTRACE. */
long sys_userfaultfd(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[0];

	if (!(flags & UFFD_USER_MODE_ONLY) && !READ_ONCE(sysctl_unprivileged_userfaultfd) &&
	    !capable(CAP_SYS_PTRACE))
		return -EPERM;
	return userfaultfd_open(flags);
}

/* /dev/userfaultfd: who may open it may have one. */
static long device_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return cmd == USERFAULTFD_IOC_NEW ? userfaultfd_open((unsigned int)arg) : -EINVAL;
}

static const struct file_operations device_fops = { .ioctl = device_ioctl, .llseek = noop_llseek };

void userfaultfd_init(void)
{
	dev_register_char("userfaultfd", MKDEV(10, 126), 0600, &device_fops, NULL);
}
