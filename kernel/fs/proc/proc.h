// SPDX-License-Identifier: MIT
/*
 * procfs: the kernel's figures as files (proc(5)).
 *
 * The tree is tables of struct proc_entry.  A file's text is made by show()
 * when it is opened and read; entries below a process get the task, with a
 * reference, and give -ESRCH once it is gone.
 */
#ifndef KERNEL_FS_PROC_PROC_H
#define KERNEL_FS_PROC_PROC_H

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/seq_file.h>
#include <lib/types.h>

struct proc_inode;
struct task_struct;

/* What the three pointers are, @mode's type says: there are some two hundred of these. */
struct proc_entry {
	const char *name;
	u32 mode;                       /* type and permission */
	bool private_;                  /* for who may trace the process; a jump: for root only */
	union {
		/* A regular file's text; @t is NULL outside /proc/PID.  0 or -errno. */
		int (*show)(struct seq_file *m, struct task_struct *t);
		/* A symbolic link as text. */
		ssize_t (*readlink)(struct task_struct *t, char *buf, size_t size);
		const struct inode_operations *dir_iop; /* a directory with its own */
	};
	union {
		/* write(2): @buf is a kernel copy with NUL.  0 or -errno. */
		int (*store)(struct task_struct *t, char *buf, size_t len);
		/* A symbolic link as a jump. */
		int (*follow)(const struct proc_inode *pi, struct path *path);
		const struct file_operations *dir_fop;
	};
	union {
		const struct file_operations *fop;      /* a file with its own */
		/* A directory's, up to a row without a name: its children, if any, go on. */
		const struct proc_entry *children;
	};
};

/* Behind inode->private_. */
struct proc_inode {
	const struct proc_entry *entry;
	struct task_struct *task;       /* reference, or NULL */
	unsigned long number;           /* fd; where an area starts */
	unsigned long end;              /* and ends */
};

static inline struct proc_inode *proc_i(const struct inode *inode) { return inode->private_; }

/* An inode for @e; takes a reference of @t.  NULL: no memory. */
struct inode *proc_new_inode(struct super_block *sb, const struct proc_entry *e,
			     struct task_struct *t, unsigned long number);
/* lookup's answer for @dentry. */
int proc_add(struct inode *dir, struct dentry *dentry, const struct proc_entry *e,
	     struct task_struct *t, unsigned long number);
/* open(2) of a file whose text show() makes. */
int proc_open(struct inode *inode, struct file *file);
int proc_lookup_table(struct inode *dir, struct dentry *dentry, const struct proc_entry *table,
		      struct task_struct *t);
/*
 * Emit . and .. and @table from ctx->pos on: true when all is out; the next free pos is 2 +
 * entries.
 */
bool proc_emit_table(struct file *file, struct dir_context *ctx, const struct proc_entry *table,
		     loff_t *next);

/* May the current task look into @t? */
bool proc_may_look(struct task_struct *t);
/* The process whose /proc/PID this open directory is, or NULL. */
struct task_struct *proc_file_process(const struct file *file);
/* Is the process gone (reaped)? */
bool proc_task_dead(const struct task_struct *t);

extern const struct inode_operations proc_dir_iops;
extern const struct file_operations proc_dir_fops;
extern const struct proc_entry proc_root_table[];       /* root.c */
extern const struct proc_entry proc_pid_table[];        /* pid.c: /proc/PID */
extern const struct proc_entry proc_tid_table[];        /* pid.c: /proc/PID/task/TID */
extern struct proc_entry proc_sys_table[];              /* sysctl.c */
extern const struct proc_entry proc_sysvipc_table[];    /* kernel/ipc/msg_calls.c */
extern const struct file_operations proc_kmsg_fops;     /* kmsg.c */
extern const struct file_operations proc_mem_fops, proc_pagemap_fops;   /* pid_mem.c */
extern const struct file_operations proc_mounts_fops;                   /* pid_mounts.c */
extern const struct proc_entry proc_fd_entry, proc_fdinfo_entry;
extern const struct inode_operations proc_root_iops, proc_fd_iops, proc_fdinfo_iops, proc_task_iops;
extern const struct inode_operations proc_map_files_iops;
extern const struct file_operations proc_root_fops, proc_fd_fops, proc_fdinfo_fops, proc_task_fops;
extern const struct file_operations proc_map_files_fops;

/* Steps of the tables, by file. */
int proc_show_stat(struct seq_file *m, struct task_struct *t);
int proc_show_thread_stat(struct seq_file *m, struct task_struct *t);
int proc_show_statm(struct seq_file *m, struct task_struct *t);
int proc_show_status(struct seq_file *m, struct task_struct *t);
int proc_show_syscall(struct seq_file *m, struct task_struct *t);
int proc_show_mounts(struct seq_file *m, struct task_struct *t);
int proc_show_mountinfo(struct seq_file *m, struct task_struct *t);
int proc_show_loginuid(struct seq_file *m, struct task_struct *t);
int proc_store_loginuid(struct task_struct *t, char *buf, size_t len);
int proc_show_sessionid(struct seq_file *m, struct task_struct *t);
int proc_show_oom_score(struct seq_file *m, struct task_struct *t);
int proc_show_oom_score_adj(struct seq_file *m, struct task_struct *t);
int proc_store_oom_score_adj(struct task_struct *t, char *buf, size_t len);
int proc_show_oom_adj(struct seq_file *m, struct task_struct *t);
int proc_store_oom_adj(struct task_struct *t, char *buf, size_t len);
int proc_show_maps(struct seq_file *m, struct task_struct *t);
long proc_page_scan(struct mm_struct *mm, vaddr_t uarg);
long proc_maps_ioctl(struct task_struct *t, unsigned int cmd, vaddr_t arg);
int proc_show_smaps(struct seq_file *m, struct task_struct *t);
int proc_show_smaps_rollup(struct seq_file *m, struct task_struct *t);
int proc_show_numa_maps(struct seq_file *m, struct task_struct *t);
int proc_store_clear_refs(struct task_struct *t, char *buf, size_t len);
int proc_show_meminfo(struct seq_file *m, struct task_struct *t);
int proc_show_vmstat(struct seq_file *m, struct task_struct *t);
int proc_show_faultcost(struct seq_file *m, struct task_struct *t);
int proc_store_faultcost(struct task_struct *t, char *buf, size_t len);
int proc_show_zoneinfo(struct seq_file *m, struct task_struct *t);
int proc_show_buddyinfo(struct seq_file *m, struct task_struct *t);
int proc_show_slabinfo(struct seq_file *m, struct task_struct *t);
int proc_show_consoles(struct seq_file *m, struct task_struct *t);      /* drivers/console.c */
int proc_show_iomem(struct seq_file *m, struct task_struct *t);         /* kernel/drivers/iomem.c */

void procfs_init(void);

#endif
