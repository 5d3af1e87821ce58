// SPDX-License-Identifier: MIT
/*
 * Numbers of fcntl(2), flock(2) and the ioctls every file has (asm-generic).
 */
#ifndef KERNEL_FS_FCNTL_H
#define KERNEL_FS_FCNTL_H

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_GETLK         5
#define F_SETLK         6
#define F_SETLKW        7
#define F_SETOWN        8
#define F_GETOWN        9
#define F_SETSIG        10
#define F_GETSIG        11
#define F_SETOWN_EX     15
#define F_GETOWN_EX     16
#define F_OFD_GETLK     36
#define F_OFD_SETLK     37
#define F_OFD_SETLKW    38
#define F_SETPIPE_SZ    1031
#define F_GETPIPE_SZ    1032
#define F_NOTIFY        1026
#define F_DUPFD_CLOEXEC 1030
#define F_ADD_SEALS     1033
#define F_GET_SEALS     1034

#define FD_CLOEXEC      1

#define F_OWNER_TID     0
#define F_OWNER_PID     1
#define F_OWNER_PGRP    2

#define F_RDLCK         0
#define F_WRLCK         1
#define F_UNLCK         2

#define LOCK_SH         1
#define LOCK_EX         2
#define LOCK_NB         4
#define LOCK_UN         8
#define LOCK_MAND       32      /* Linux had such locks once, and still answers 0 */

#define FIGETBSZ        2
#define FIONREAD        0x541b
#define FIONBIO         0x5421
#define FIONCLEX        0x5450
#define FIOCLEX         0x5451
#define FIOASYNC        0x5452

#endif
