# SPDX-License-Identifier: MIT
#
# Faultline: a RISC-V Sv39 kernel whose heart is process virtual memory.
#
#   make              the kernel: build/faultline.elf
#   make deps         install the tools that are missing (apt), or name them
#   make qemu         kernel, disk, and a shell on this terminal
#   make qemu-gdb     the same, stopped before the first instruction; then, elsewhere:
#   make gdb          gdb-multiarch on it
#   make linux        Debian's stock Linux on the same disk: what the tests are judged by
#   make disk         the disk image alone
#   make test         every test: check, test-build, test-host, test-guest, test-suites, bench-check
#   make check        style and boundaries, in seconds
#   make test-host    lib/ and mm/ on this machine, under ASan and UBSan
#   make test-guest   programs in the machine; KERNEL=linux runs them on Linux; TESTS='file -k word'
#   make test-debian  the same on a machine with another Debian, made for it and gone after: HOST=trixie
#   make run-tests    your own: each executable of DIR=folder in the machine, TIMEOUT=60 seconds each;
#                     TAP, or exit status 0 (4: skipped); KERNEL=linux
#   make suites       stress-ng, Python's tests, real programs, ... here and on Linux, in one table:
#                     SUITE='python memory' for a few, KERNEL=faultline or linux for one column
#   make stress       the long forms: memory far beyond RAM, failing disks, power cuts; DURATION=600 s, mmdiff
#   make mmdiff       random memory calls, here and on Linux: SEEDS=1-20, OPS=5000 of each
#   make bench-swap   sort, random access, grep and gcc with too little memory, here and on Linux
#   make fuzz         the parsers under libFuzzer, FUZZ_SECONDS each
#   make check-model  what harts agree on without a lock, in every order, by spin
#   make bench        what each operation costs, here and on Linux; WALL=1: time, ROUNDS=5 of each
#                     SMP=2: scaling; ROWS='null pipe': a few; bench-check: none grew since bench-record
#   make bench-prompt instructions to the shell's prompt;  bench-disk: 100 MiB that no cache holds
#   make profile      where a row's instructions go, by function: ROWS='pipe'; SMP=2: what two workers add
#   make clean        remove build/
#
# For qemu, qemu-gdb, linux and run-tests:
#   RUN='command'     run it, power off, and exit with its status (on a copy of the disk; KEEP=1: on it)
#   SMP=4 MEM=256M    harts and memory           APPEND='...'    more boot arguments
#   SWAP=512M         swap on a second disk, made anew each time (SWAP=file: your own; SWAP= : none)
#   PKGS='a b'        more Debian packages       ADD=dir         a folder laid over the disk's root
#   ROOT=dir          your own root tree         DISK=file       your own image (DISK= : none)
#   CPU=name          QEMU's -cpu                LEGACY=1        virtio-mmio version 1
#   QEMUOPTS='...'    more options for QEMU      LINUX=file      another Linux kernel image
# For the build:
#   O=dir  V=1  DEBUG=1 (assertions)  WERROR=1  CROSS_COMPILE=prefix-  LLVM=1 (clang, lld)
# For the disk:
#   MIRROR=url        the Debian server; without it, this machine's own
#   CACHE=dir         where fetched packages are kept; without it, in O
#
# In the guest ^C is the program's; `poweroff` leaves QEMU, and so does ^A x.

# Tools are looked for when make starts: after deps, the other goals get a make of their own.
ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))),)
AFTER := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(AFTER) in-turn
deps $(AFTER): in-turn ; @:
in-turn:
	+@$(MAKE) --no-print-directory deps && $(MAKE) --no-print-directory $(AFTER)
else

O := build
CACHE := $(O)
RELEASE := trixie
SMP := 4
MEM := 256M
DEBUG := 0
SWAP := $(if $(filter qemu qemu-gdb linux,$(MAKECMDGOALS)),512M)
FUZZ_SECONDS := 20
HOST := trixie
SEEDS := 1-20
OPS := 5000
KERNEL := $(if $(filter linux,$(MAKECMDGOALS)),linux,faultline)

.DEFAULT_GOAL := kernel
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
Q := $(if $(V),,@)
quiet := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(quiet),,@printf '  %-7s %s\n' '$1' '$2')

# ---- tools ---------------------------------------------------------------------------------------

# What a machine needs: a command, a file or a Python module, and Debian's package for it
# (old|new where the name has changed).
OPENSBI := /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin
NEEDED = gcc=gcc /usr/include/stdlib.h=libc6-dev python3=python3 \
	$(if $(LLVM),,$(CC_PREFIX)gcc=gcc-riscv64-linux-gnu) \
	/usr/riscv64-linux-gnu/include/stdlib.h=libc6-dev-riscv64-cross \
	riscv64-linux-gnu-gcc=gcc-riscv64-linux-gnu \
	qemu-system-riscv64=qemu-system-riscv|qemu-system-misc $(OPENSBI)=opensbi \
	mmdebstrap=mmdebstrap newuidmap=uidmap fakeroot=fakeroot xz=xz-utils cpio=cpio \
	/usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring \
	mke2fs=e2fsprogs debugfs=e2fsprogs mkswap=util-linux \
	py:pytest=python3-pytest py:pexpect=python3-pexpect \
	/usr/include/cmocka.h=libcmocka-dev gdb-multiarch=gdb-multiarch dtc=device-tree-compiler \
	clang=clang ld.lld=lld llvm-nm=llvm fuzzer=libclang-rt-dev spin=spin

export PATH := $(PATH):/usr/sbin:/sbin

PREFIXES := riscv64-linux-gnu- riscv64-unknown-elf- riscv64-unknown-linux-gnu- riscv64-elf-
FOUND := $(firstword $(foreach p,$(PREFIXES),$(if $(shell command -v $(p)gcc),$(p))))
CROSS_COMPILE := $(FOUND)
CC_PREFIX := $(or $(CROSS_COMPILE),riscv64-linux-gnu-)

ifdef LLVM
TARGET := --target=riscv64-unknown-elf
override CC := clang $(TARGET)
override LD := ld.lld
NM := llvm-nm
OBJDUMP := llvm-objdump
else
override CC := $(CC_PREFIX)gcc
override LD := $(CC_PREFIX)ld
NM := $(CC_PREFIX)nm
OBJDUMP := $(CC_PREFIX)objdump
endif

HOSTCC := gcc
PYTHON := $(firstword $(foreach p,/usr/bin/python3 python3,\
	$(if $(shell $(p) -c 'import pytest, pexpect' 2>/dev/null && echo y),$(p)))\
	$(wildcard /usr/bin/python3) python3)
QEMU := qemu-system-riscv64

# ---- the kernel ----------------------------------------------------------------------------------

DIRS := arch/riscv kernel kernel/fs kernel/fs/* kernel/ipc kernel/net kernel/drivers mm lib
SRCS := $(sort $(wildcard $(DIRS:=/*.c) arch/riscv/*.S))
OBJS := $(SRCS:%=$(O)/%.o)
ELF := $(O)/faultline.elf

# One try of the compiler, kept for the run; $(call cc-option,wanted,otherwise).
cc-option = $(shell $(CC) $(1) -mabi=lp64 -c -x c /dev/null -o /dev/null 2>/dev/null \
	&& echo "$(1)" || echo "$(2)")
cc-flags := $(if $(filter kernel all qemu% test% disk guest-disk gdb linux fuzz check mmdiff run-tests bench% profile $(O)/%,\
	$(or $(MAKECMDGOALS),kernel)),y)
ifdef cc-flags
MARCH := $(call cc-option,-march=rv64imac_zicsr_zifencei,-march=rv64imac)
MARCH_FP := $(call cc-option,-march=rv64imafdc_zicsr_zifencei,-march=rv64gc)
endif

CPPFLAGS := -I. -Iarch/riscv/include -I$(O) -DDEBUG=$(DEBUG) $(if $(CLEAR_AD),-DCLEAR_AD=1)
CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-common -fno-stack-protector -fno-pic \
	-fno-strict-aliasing -fno-asynchronous-unwind-tables -fno-unwind-tables -mcmodel=medany -mabi=lp64 \
	-Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
	$(if $(filter-out 0,$(DEBUG)),-fno-omit-frame-pointer -fno-optimize-sibling-calls) \
	$(if $(LLVM),-mno-relax)
LDFLAGS := -nostdlib -static -T kernel.ld -z max-page-size=4096 -z noexecstack --build-id=none

# What nobody counts instructions of is compiled for size, so that the image stays below 512 KiB:
# these rooms, and those files elsewhere that it makes 200 bytes smaller or more.
SMALL := kernel/ipc kernel/net kernel/fs/proc kernel/drivers
SIZE_FLAGS := -Os -msave-restore
$(foreach room,$(SMALL),$(eval $(O)/$(room)/%.c.o: CFLAGS += $(SIZE_FLAGS)))
COLD := arch/riscv/backtrace lib/fdt_find mm/collapse mm/faultcost mm/mincore mm/mlock mm/shmem_away \
	mm/smaps mm/swapoff mm/userfault_fill kernel/adjtime kernel/bootargs kernel/clock_syscalls kernel/core_elf \
	kernel/core_name kernel/core_notes kernel/futex_pi kernel/ioprio kernel/itimer \
	kernel/mempolicy kernel/oom kernel/pidfd kernel/posix_timer kernel/ptrace_look \
	kernel/ptrace_stop kernel/rusage kernel/sched_attr kernel/sched_init kernel/sched_syscalls \
	kernel/signal_stop kernel/unshare kernel/uts_ns kernel/fs/attr kernel/fs/cachestat kernel/fs/copy kernel/fs/devfs \
	kernel/fs/ext2/dirindex kernel/fs/ext2/ondisk_xattr kernel/fs/ext2/super \
	kernel/fs/ext2/xattr kernel/fs/fcntl kernel/fs/fown kernel/fs/inotify kernel/fs/locks \
	kernel/fs/mount kernel/fs/mount_syscalls kernel/fs/notify kernel/fs/pipe_open \
	kernel/fs/rename kernel/fs/seq_file kernel/fs/splice kernel/fs/super kernel/fs/xattr
$(foreach file,$(COLD),$(eval $(O)/$(file).c.o: CFLAGS += $(SIZE_FLAGS)))

# Objects are rebuilt when the flags change, and the kernel when the list of sources does.
FLAGS_NOW = $(CC) $(MARCH) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(SIZE_FLAGS) $(SMALL) $(COLD)
$(shell mkdir -p $(O))
ifdef cc-flags
ifneq ($(file <$(O)/.flags),$(FLAGS_NOW))
$(file >$(O)/.flags,$(FLAGS_NOW))
endif
ifneq ($(file <$(O)/.objects),$(OBJS))
$(file >$(O)/.objects,$(OBJS))
endif
endif

.PHONY: kernel all
kernel all: $(ELF)

$(O)/%.c.o: %.c $(O)/.flags | toolchain
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(MARCH) $(CFLAGS) -MMD -MP -c $< -o $@

# Assembly may name FP registers: the kernel's own code never uses them, but it saves them.
$(O)/%.S.o: %.S $(O)/.flags | toolchain
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(MARCH_FP) $(filter-out -std=% -O2,$(CFLAGS)) -MMD -MP -c $< -o $@

# Linked twice: the first link's symbols become the table that backtraces read.
$(ELF): $(OBJS) kernel.ld arch/riscv/ksyms.py
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) $(OBJS) -o $@.1
	$(Q)$(NM) -n $@.1 | $(PYTHON) arch/riscv/ksyms.py > $(O)/ksyms.S
	$(Q)$(CC) $(MARCH) -mabi=lp64 -c $(O)/ksyms.S -o $(O)/ksyms.o
	$(Q)$(LD) $(LDFLAGS) $(OBJS) $(O)/ksyms.o -o $@
	$(Q)rm -f $@.1

-include $(OBJS:.o=.d)

# The vDSO: a small shared object, embedded by arch/riscv/vdso_image.S.  The linkers of the
# bare-metal toolchains make no shared objects, so lld does it for them.
VDSO := $(O)/arch/riscv/vdso/vdso.so
VDSO_OBJS := $(patsubst %,$(O)/%.o,$(wildcard arch/riscv/vdso/*.c arch/riscv/vdso/*.S))
VDSO_LD = $(if $(shell $(LD) -shared -o /dev/null 2>&1 | grep 'not supported'),ld.lld,$(LD))
VDSO_LDFLAGS := -shared -nostdlib -T arch/riscv/vdso/vdso.ld -soname=linux-vdso.so.1 \
	--hash-style=both --build-id=none -z max-page-size=4096 -z noexecstack -e 0
$(VDSO_OBJS): MARCH := $(MARCH) -mno-relax
$(VDSO_OBJS): MARCH_FP := $(MARCH_FP) -mno-relax
$(VDSO_OBJS): CFLAGS := $(filter-out -g -fno-pic,$(CFLAGS)) -fPIC -fno-builtin
$(O)/arch/riscv/vdso_image.S.o: $(VDSO)
$(VDSO): $(VDSO_OBJS) arch/riscv/vdso/vdso.ld
	$(call say,LD,$@)
	$(Q)command -v $(VDSO_LD) >/dev/null || { \
		echo "$(LD) makes no shared object, which the vDSO is: run 'make deps' (lld)" >&2; exit 1; }
	$(Q)$(VDSO_LD) $(VDSO_LDFLAGS) $(VDSO_OBJS) -o $@

-include $(VDSO_OBJS:.o=.d)

.PHONY: toolchain
toolchain:
	@command -v $(firstword $(CC)) >/dev/null || { \
		echo "no RISC-V compiler ($(firstword $(CC))): run 'make deps', or give CROSS_COMPILE= or LLVM=1" >&2; \
		exit 1; }

# ---- the disk ------------------------------------------------------------------------------------

PACKAGES := $(shell sed 's/\#.*//' user/packages)
key = $(firstword $(shell printf '%s' '$(1)' | cksum))
ROOT_TAR := $(CACHE)/root-$(call key,$(RELEASE) $(PACKAGES) $(PKGS)).tar
DISK_KEY := $(if $(strip $(PKGS)$(ADD)$(ROOT)),-$(call key,$(PKGS) $(ADD) $(ROOT)))
ifeq ($(origin DISK),undefined)
DISK := $(O)/disk$(DISK_KEY).img
endif
INIT := $(O)/user/init

.PHONY: disk
disk: $(DISK)

$(CACHE)/root-%.tar: user/packages
	$(Q)[ -e $@ ] && touch $@ || user/fetch-packages $@ $(RELEASE) '$(MIRROR)' $(PACKAGES) $(PKGS)

# A folder of the user's may have changed in any file: such a disk is made anew.
$(O)/disk$(DISK_KEY).img: $(or $(ROOT),$(ROOT_TAR)) $(INIT) user/make-disk $(if $(ADD)$(ROOT),FORCE)
	$(call say,DISK,$@)
	$(Q)user/make-disk $@ $(or $(ROOT),$(ROOT_TAR)) $(INIT) $(ADD)

$(INIT): user/init.c $(O)/.flags | toolchain
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -Os -ffreestanding -fno-pic -fno-stack-protector $(MARCH) -mabi=lp64 \
		-mcmodel=medany $(if $(LLVM),-fuse-ld=lld -mno-relax) -Wall -Wextra $(if $(WERROR),-Werror) \
		-fno-asynchronous-unwind-tables -nostdlib -static -Wl,--build-id=none -s $< -o $@

.PHONY: FORCE
FORCE:

# ---- the machine ---------------------------------------------------------------------------------

# The command as the user wrote it: make must not expand a $ in it.
export RUN_TEXT := $(value RUN)
export KEEP SWAP

# Stock Linux takes its status out by QEMU's exit device: see user/init.c.
LINUX_ARGS := root=/dev/vda rw no4lvl no5lvl init_on_alloc=0 quiet loglevel=1 exit-device=100000
LINUX_DIR := $(CACHE)/linux
IMAGE := $(if $(filter linux,$(KERNEL)),$(or $(LINUX),$(LINUX_DIR)/vmlinux),$(ELF))
INITRD := $(if $(filter linux,$(KERNEL)),$(LINUX_DIR)/initramfs.gz)
BOOTARGS = $(strip console=ttyS0@TTY@ $(if $(filter linux,$(KERNEL)),$(LINUX_ARGS)) \
	$(if $(RUN_TEXT),init=/usr/lib/faultline/init) $(APPEND))

QEMU_COMMAND = $(QEMU) -machine virt $(if $(CPU),-cpu $(CPU)) -smp $(SMP) -m $(MEM) \
	-display none -serial mon:stdio $(if $(RUN_TEXT),-no-reboot) \
	$(if $(LEGACY),,-global virtio-mmio.force-legacy=false) \
	-kernel $(IMAGE) $(if $(INITRD),-initrd $(INITRD)) -append "$(BOOTARGS)" \
	$(if $(DISK),-drive file=@DISK@$(comma)format=raw$(comma)if=none$(comma)id=root \
	-device virtio-blk-device$(comma)drive=root) \
	$(if $(SWAP),-drive file=@SWAP@$(comma)format=raw$(comma)if=none$(comma)id=swap \
	-device virtio-blk-device$(comma)drive=swap) $(QEMUOPTS)
comma := ,

.PHONY: qemu qemu-gdb gdb linux qemu-command
qemu: $(IMAGE) $(INITRD) $(DISK) | emulator
	@user/boot '$(DISK)' $(QEMU_COMMAND)

qemu-gdb: $(IMAGE) $(INITRD) $(DISK) | emulator
	@echo "stopped before the first instruction; in another terminal: make gdb"
	@user/boot '$(DISK)' $(QEMU_COMMAND) -s -S

gdb:
	@gdb-multiarch -q -ex 'set architecture riscv:rv64' -ex 'target remote :1234' $(IMAGE)

linux: qemu

# For the tests: the same command, with its @DISK@ and @TTY@, a line to parse.
qemu-command: $(IMAGE) $(INITRD) $(DISK)
	@printf '%s\n' '$(QEMU_COMMAND)'

.PHONY: emulator
emulator:
	@v=$$($(QEMU) --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p'); \
	[ -n "$$v" ] || { echo "$(QEMU) is missing: run 'make deps'" >&2; exit 1; }; \
	set -- $$v; [ $$(($$1 * 100 + $$2)) -ge 702 ] || { \
		echo "$(QEMU) is $$1.$$2, and 7.2 is needed: upgrade Debian's package, or give QEMU=path" >&2; \
		exit 1; }; \
	[ -z '$(and $(findstring -icount,$(QEMUOPTS)),$(filter-out 1,$(SMP)))' ] || \
	[ $$(($$1 * 100 + $$2)) -ge 801 ] || echo \
		"$(QEMU) $$1.$$2 stands still with -icount and more than one hart: give SMP=1, or use 8.1" >&2

# Debian's Linux, unpacked from its package like the rest.
LINUX_TAR := $(CACHE)/linux-$(call key,$(RELEASE) linux-image-riscv64).tar
$(LINUX_TAR):
	$(Q)[ -e $@ ] || user/fetch-packages $@ $(RELEASE) '$(MIRROR)' linux-image-riscv64

LINUX_FILES := $(LINUX_DIR)/vmlinux $(LINUX_DIR)/initramfs.gz
$(LINUX_FILES) &: $(LINUX_TAR) $(ROOT_TAR) user/make-initramfs
	$(call say,LINUX,$(LINUX_DIR))
	$(Q)user/make-initramfs $(LINUX_DIR) $(LINUX_TAR) $(ROOT_TAR)

# ---- the tests -----------------------------------------------------------------------------------

# Every stage runs, whatever the one before found; each leaves "passed failed" in build/tally.
TALLY := $(O)/tally
STAGES := check test-build test-host test-guest test-suites bench-check
.PHONY: test check test-build test-host test-guest test-suites
test:
	@rm -rf $(TALLY); mkdir -p $(TALLY); \
	for stage in $(STAGES); do \
		echo "== $$stage"; \
		$(MAKE) --no-print-directory $$stage || \
			[ -s $(TALLY)/$$stage ] || echo 0 1 >$(TALLY)/$$stage; \
	done; \
	cat $(STAGES:%=$(TALLY)/%) | awk '{ p += $$1; f += $$2 } \
		END { print p " passed, " f + 0 " failed"; exit f > 0 }'

# As a new user there: that Debian's compilers, QEMU and libc, and nothing else.
.PHONY: test-debian
test-debian:
	@test/debian $(HOST) '$(MIRROR)'

check:
	@mkdir -p $(TALLY)
	@$(PYTHON) test/tap.py $(TALLY)/check '$(PYTHON) test/check.py $(MARCH)'

# Every compiler that is here builds the kernel without a warning.
build-with = '$(1) builds it without a warning|$(MAKE) -s WERROR=1 O=$(O)/$(1) $(2) kernel'
test-build:
	@mkdir -p $(TALLY)
	+@TAP_LIMIT=900 $(PYTHON) test/tap.py $(TALLY)/test-build $(call build-with,gcc,) \
		$(if $(shell command -v ld.lld),$(call build-with,clang,LLVM=1)) \
		$(if $(shell command -v riscv64-unknown-elf-gcc),\
			$(call build-with,elf-gcc,CROSS_COMPILE=riscv64-unknown-elf-))

# On the host: test_*.c with lib/, mm_*.c with lib/, mm/ and arch/host/ too.
UNIT_LIB := $(wildcard lib/*.c)
UNIT_MM := $(wildcard mm/*.c arch/host/*.c)
UNIT := $(patsubst %.c,$(O)/%,$(wildcard test/unit/test_*.c test/unit/mm_*.c))
UNIT_SHARED := $(filter-out test/unit/test_%.c test/unit/mm_%.c,$(wildcard test/unit/*.c))
HOST_CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-common -DDEBUG=1 -DHOST_TEST=1 \
	-I. -Iarch/host/include -Itest/unit -Wall -Wextra -Wno-unused-parameter -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
HOST_OBJS = $(UNIT_LIB:%=$(O)/host/%.o) $(UNIT_SHARED:%=$(O)/host/%.o)

$(O)/host/%.c.o: %.c
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(O)/test/unit/test_%: $(O)/host/test/unit/test_%.c.o $(HOST_OBJS)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $^ -lcmocka -lpthread -o $@

$(O)/test/unit/mm_%: $(O)/host/test/unit/mm_%.c.o $(HOST_OBJS) $(UNIT_MM:%=$(O)/host/%.o)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $^ -lcmocka -lpthread -o $@

.PRECIOUS: $(O)/host/%.c.o
-include $(wildcard $(O)/host/*/*.d $(O)/host/*/*/*.d)

test-host: $(UNIT)
	@mkdir -p $(TALLY)
	@CMOCKA_MESSAGE_OUTPUT=TAP $(PYTHON) test/tap.py $(TALLY)/test-host $(UNIT)

# Protocols between harts: every order of steps, and each rule shown to be needed.
.PHONY: check-model
check-model:
	@command -v spin >/dev/null || { echo "spin is missing: run 'make deps'" >&2; exit 1; }
	@mkdir -p $(TALLY)
	@$(PYTHON) test/tap.py $(TALLY)/check-model \
		$(foreach m,$(wildcard test/model/*.pml),'$(PYTHON) test/model/verify.py $(O)/model $(m)')

# The parsers, with inputs no one wrote: bounded seconds, each crash is kept in build/fuzz.
FUZZ := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/fuzz_*.c))
.PHONY: fuzz
fuzz: $(FUZZ:%=$(O)/fuzz/%)
	@for f in $(FUZZ); do \
		echo "== $$f"; mkdir -p $(O)/fuzz/$$f.corpus; \
		seeds=test/fuzz/seeds/$${f#fuzz_}; [ -d $$seeds ] || seeds=; \
		$(O)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$(O)/fuzz/ $(O)/fuzz/$$f.corpus $$seeds \
			>$(O)/fuzz/$$f.log 2>&1 || { tail -n 40 $(O)/fuzz/$$f.log; exit 1; }; \
		grep -E 'number_of_executed|stat::average' $(O)/fuzz/$$f.log; \
	done

$(O)/fuzz/%: test/fuzz/%.c $(wildcard test/fuzz/*.h) $(UNIT_LIB)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu11 -g -O1 -DDEBUG=1 -DHOST_TEST=1 -I. -Iarch/host/include -Itest/unit \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		$< $(UNIT_LIB) -o $@

# In the guest: our programs on a disk of their own, in /opt/test.
GUEST_CC := riscv64-linux-gnu-gcc
GUEST_CFLAGS := -std=gnu11 -O1 -g0 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers \
	-Werror -pthread
PROGRAMS := test/guest/programs
GUEST_DIR := $(O)/guest/opt/test
GUEST := $(patsubst $(PROGRAMS)/%.c,$(GUEST_DIR)/%,$(wildcard $(PROGRAMS)/*.c)) \
	$(addprefix $(GUEST_DIR)/hello-,dynamic musl musl-static musl-static-pie) $(GUEST_DIR)/bad/list
MUSL := $(O)/musl
MUSL_TAR := $(CACHE)/musl-$(call key,$(RELEASE) musl-dev).tar
TEST_DISK := $(O)/guest.img

$(GUEST_DIR)/%: $(PROGRAMS)/%.c $(wildcard $(PROGRAMS)/*.h)
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -static $< $(wildcard $(PROGRAMS)/$*.S $(PROGRAMS)/$*/*.c) -o $@

$(GUEST_DIR)/big: $(PROGRAMS)/big.S
$(GUEST_DIR)/mmdiff: $(wildcard $(PROGRAMS)/mmdiff/*)

$(GUEST_DIR)/hello-dynamic: $(PROGRAMS)/hello.c $(PROGRAMS)/tap.h
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $< -o $@

# musl by the cross compiler: Debian's musl-dev for riscv64 is unpacked, not installed.  Its
# debug sections have relocations that binutils 2.40 cannot read, so they are dropped.
# The static-pie is musl's, since Debian 12's cross glibc has no rcrt1.o.
CRT1 := crt1.o
MUSL_LIB := $(MUSL)/usr/lib/riscv64-linux-musl
MUSL_FLAGS = $(filter-out -pthread,$(GUEST_CFLAGS)) -nostdinc -nostdlib \
	-isystem $(MUSL)/usr/include/riscv64-linux-musl \
	-isystem $(shell $(GUEST_CC) -print-file-name=include) \
	$(MUSL_LIB)/$(CRT1) $(MUSL_LIB)/crti.o $< -L$(MUSL_LIB) -lc -lgcc $(MUSL_LIB)/crtn.o
$(MUSL_TAR):
	$(Q)[ -e $@ ] || user/fetch-packages $@ $(RELEASE) '$(MIRROR)' musl-dev
$(MUSL)/.done: $(MUSL_TAR)
	$(Q)mkdir -p $(MUSL) && tar -C $(MUSL) -xf $< ./usr/include ./usr/lib && \
		for f in $(MUSL_LIB)/*.o $(MUSL_LIB)/libc.a; do llvm-objcopy --strip-debug $$f; done && \
		touch $@
$(GUEST_DIR)/hello-musl: MUSL_LINK := -no-pie -Wl,-dynamic-linker,/lib/ld-musl-riscv64.so.1
$(GUEST_DIR)/hello-musl-static: MUSL_LINK := -static
$(GUEST_DIR)/hello-musl-static-pie: MUSL_LINK := -static -fPIE -Wl,-pie,--no-dynamic-linker
$(GUEST_DIR)/hello-musl-static-pie: CRT1 := rcrt1.o
$(addprefix $(GUEST_DIR)/hello-,musl musl-static musl-static-pie): \
		$(PROGRAMS)/hello.c $(PROGRAMS)/tap.h $(MUSL)/.done
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(MUSL_LINK) $(MUSL_FLAGS) -o $@

$(GUEST_DIR)/bad/list: test/guest/make_bad_elf.py $(GUEST_DIR)/hello
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< $(GUEST_DIR)/hello $(@D) >$@.part && mv $@.part $@

$(TEST_DISK): $(ROOT_TAR) $(INIT) user/make-disk $(GUEST)
	$(call say,DISK,$@)
	$(Q)user/make-disk $@ $(ROOT_TAR) $(INIT) $(O)/guest

.PHONY: guest-disk
guest-disk: $(TEST_DISK)

# TESTS='test_shell.py -k job' runs a few.
test-guest: $(TEST_DISK) $(if $(filter linux,$(KERNEL)),$(LINUX_FILES)) | emulator
	@mkdir -p $(TALLY)
	$(if $(filter linux,$(KERNEL)),,@$(MAKE) -s O=$(O)/test DEBUG=1 WERROR=1 kernel)
	@cd test/guest && KERNEL=$(KERNEL) O=$(abspath $(O)) CACHE=$(abspath $(CACHE)) TEST_DISK=$(abspath $(TEST_DISK)) \
		TALLY=$(abspath $(TALLY))/test-guest \
		$(PYTHON) -m pytest -p no:cacheprovider -q --durations=5 $(TESTS)

# A user's own folder of programs, in /opt/tests of a disk of its own: user/README.md.
TIMEOUT := 60
RUN_DIR := $(O)/run-tests
RUNNER := $(O)/user/runner

$(RUNNER): user/runner.c
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -static $< -o $@

$(RUN_DIR).img: $(or $(ROOT),$(ROOT_TAR)) $(INIT) $(RUNNER) user/make-disk FORCE
	@[ -n '$(DIR)' ] && [ -d '$(DIR)' ] || { echo "run-tests: DIR= names no folder" >&2; exit 1; }
	$(call say,DISK,$@)
	@rm -rf $(RUN_DIR) && mkdir -p $(RUN_DIR)/opt/tests $(RUN_DIR)/usr/lib/faultline
	$(Q)cp -a '$(DIR)/.' $(RUN_DIR)/opt/tests/ && cp $(RUNNER) $(RUN_DIR)/usr/lib/faultline/
	$(Q)user/make-disk $@ $(or $(ROOT),$(ROOT_TAR)) $(INIT) $(ADD) $(RUN_DIR)

.PHONY: run-tests
run-tests: RUN_TEXT := by user/run_tests.py
run-tests: DISK := $(RUN_DIR).img
run-tests: $(RUN_DIR).img $(IMAGE) $(INITRD) | emulator
	@$(PYTHON) user/run_tests.py --limit $(TIMEOUT) $(if $(V),--verbose) $(DISK) $(QEMU_COMMAND)

# Programs nobody here wrote, by the same runner: test/suites/README.md.  Each suite's settings
# say what it needs; what is given on the command line counts more.
.PHONY: suites
suites:
	@$(PYTHON) test/suites/suites.py --build '$(O)' --log '$(O)/suites' \
		$(if $(filter command%,$(origin KERNEL)),--kernel $(KERNEL)) $(SUITE) -- CACHE='$(CACHE)' \
		$(foreach v,SMP MEM TIMEOUT MIRROR,$(if $(filter command%,$(origin $(v))),$(v)='$($(v))'))

# A few of them, in a minute or two: a stage of make test.
test-suites:
	@mkdir -p $(TALLY)
	@$(PYTHON) test/suites/suites.py --build '$(O)' --log '$(O)/suites' --kernel faultline \
		--tally $(TALLY)/test-suites share -- CACHE='$(CACHE)' MIRROR='$(MIRROR)'

# The long forms of the tests of memory and disk, the second lot with Debian's own programs.
STRESS_PKGS := stress-ng python3-minimal gcc-14 libc6-dev
DURATION := 600
.PHONY: stress
stress:
	$(if $(TESTS),,+@STRESS=1 DURATION=$(DURATION) SWAP_SECONDS=$(DURATION) $(MAKE) --no-print-directory \
		test-guest TESTS='test_disk_faults.py test_pressure.py test_swap.py')
	+@STRESS=1 DURATION=$(DURATION) SWAP_SECONDS=$(DURATION) $(MAKE) --no-print-directory test-guest \
		PKGS='$(STRESS_PKGS)' TEST_DISK=$(O)/stress.img TESTS='$(or $(TESTS),test_memory_stress.py test_stress.py)'
	$(if $(TESTS),,+@$(MAKE) --no-print-directory mmdiff)

# A sequence whose outcomes differ from Linux's is shrunk and printed.
.PHONY: mmdiff
mmdiff: $(TEST_DISK) $(LINUX_FILES) | emulator
	@$(MAKE) -s O=$(O)/test DEBUG=1 WERROR=1 kernel
	@O=$(abspath $(O)) TEST_DISK=$(abspath $(TEST_DISK)) \
		$(PYTHON) test/guest/mmdiff.py $(if $(RECORD),--record,--seeds $(SEEDS) --ops $(OPS))

# ---- the benchmark -------------------------------------------------------------------------------

# Every row of test/bench/rows.py on this kernel and on Linux: test/bench/README.md.
BENCH_DIR := $(O)/bench
BENCH_BIN := $(BENCH_DIR)/root/usr/local/bin
BENCH_DISK := $(O)/bench.img
BENCH_CFLAGS := $(GUEST_CFLAGS) -O2 -static -Wl,--build-id=none -s
BENCH_BARE := -ffreestanding -fno-pic -fno-stack-protector -nostdlib -Wl,--no-relax
BENCH_SELF := $(BENCH_DISK) $(BENCH_DIR)/firmware.bin
BENCH_SMP := $(if $(filter command%,$(origin SMP)),$(filter-out 1,$(SMP)))
BENCH_PY = BENCH_CC='$(CC)' BENCH_OBJDUMP='$(OBJDUMP)' $(PYTHON) test/bench/bench.py
BENCH_ARGS = --build '$(O)' --disk '$(BENCH_DISK)' --rows '$(ROWS)' --linux '$(LINUX)' \
	--stock '$(LINUX_DIR)/vmlinux' --nm '$(NM)' \
	$(if $(ROUNDS),--rounds '$(ROUNDS)')

$(BENCH_BIN)/bench: user/bench_memory.c user/bench_process.c user/bench_rows.h
$(BENCH_BIN)/%: user/%.c user/bench.h
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_CFLAGS) $(filter %.c,$^) -o $@

$(BENCH_BIN)/first: test/bench/first.c
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_CFLAGS) $(BENCH_BARE) $< -o $@

$(BENCH_DIR)/firmware.bin: test/bench/firmware.S
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) -mcmodel=medany -nostdlib -static -Wl,-Ttext=0x80200000,--build-id=none $< -o $@.elf
	$(Q)riscv64-linux-gnu-objcopy -O binary $@.elf $@

$(BENCH_DISK): $(ROOT_TAR) $(INIT) user/make-disk $(addprefix $(BENCH_BIN)/,bench bench_smp first)
	$(call say,DISK,$@)
	$(Q)SLACK_MIB=64 user/make-disk $@ $(ROOT_TAR) $(INIT) $(BENCH_DIR)/root

.PHONY: bench bench-check bench-record profile
bench: $(ELF) $(BENCH_SELF) $(if $(LINUX),$(LINUX_DIR)/initramfs.gz,$(LINUX_FILES)) | emulator
	@$(BENCH_PY) $(if $(BENCH_SMP),smp --harts '$(SMP)',$(if $(filter-out 0,$(WALL)),wall,compare)) \
		$(BENCH_ARGS)

bench-check: $(ELF) $(BENCH_SELF) | emulator
	@mkdir -p $(TALLY)
	@$(BENCH_PY) check $(BENCH_ARGS) --tally $(TALLY)/bench-check

bench-record: $(ELF) $(BENCH_SELF) | emulator
	@$(BENCH_PY) record $(BENCH_ARGS)

profile: $(ELF) $(BENCH_SELF) | emulator
	@$(PYTHON) test/bench/$(if $(BENCH_SMP),scaling,profile).py --build '$(O)' --disk '$(BENCH_DISK)' --rows '$(ROWS)' --nm '$(NM)'

# What boot and disk cost outside the rows: to the shell's prompt, and 100 MiB that no cache holds.
.PHONY: bench-prompt bench-disk
bench-prompt: $(ELF) $(DISK) | emulator
	@$(PYTHON) test/bench/prompt.py $(QEMU) $(ELF) $(DISK)

bench-disk: $(ELF) $(DISK) $(LINUX_FILES) | emulator
	@$(PYTHON) test/bench/disk.py O=$(O)

# Programs that need more memory than there is, with gcc and grep on the disk; ROWS='sort cycle': a few.
BENCH_SWAP_DISK := $(O)/bench-swap.img
$(BENCH_DIR)/big.c: test/bench/big.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< >$@
$(BENCH_SWAP_DISK): $(ROOT_TAR) $(INIT) user/make-disk $(BENCH_DIR)/swap/usr/local/bin/bench_swap $(BENCH_DIR)/big.c
	$(call say,DISK,$@)
	@mkdir -p $(BENCH_DIR)/swap/usr/local/share && cp $(BENCH_DIR)/big.c $(BENCH_DIR)/swap/usr/local/share/
	$(Q)SLACK_MIB=384 user/make-disk $@ $(ROOT_TAR) $(INIT) $(BENCH_DIR)/swap
$(BENCH_DIR)/swap/usr/local/bin/bench_swap: user/bench_swap.c
	$(call say,GUEST,$(@F))
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_CFLAGS) $< -o $@

.PHONY: bench-swap bench-swap-run
bench-swap:
	+@$(MAKE) --no-print-directory PKGS='$(STRESS_PKGS)' bench-swap-run
bench-swap-run: $(ELF) $(BENCH_SWAP_DISK) $(LINUX_FILES) | emulator
	@$(PYTHON) test/bench/swap.py --build '$(O)' --disk '$(BENCH_SWAP_DISK)' $(ROWS)

# ---- housekeeping --------------------------------------------------------------------------------

.PHONY: help deps clean
help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

clean:
	rm -rf $(O)

deps:
	@missing=; for pair in $(foreach n,$(NEEDED),'$(n)'); do \
		what=$${pair%%=*}; \
		case $$what in \
		/*) [ -e $$what ] ;; \
		py:*) $(PYTHON) -c "import $${what#py:}" 2>/dev/null ;; \
		fuzzer) ls /usr/lib/llvm-*/lib/clang/*/lib/*/*fuzzer*.a >/dev/null 2>&1 ;; \
		*) command -v $$what >/dev/null ;; \
		esac || missing="$$missing $${pair#*=}"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	missing=$$(printf '%s\n' $$missing | sort -u | paste -s -d ' '); \
	command -v apt-get >/dev/null || { echo "missing, by Debian's names: $$missing" >&2; exit 1; }; \
	sudo=; if [ "$$(id -u)" != 0 ]; then \
		command -v sudo >/dev/null || { echo "as root: apt-get install $$missing" >&2; exit 1; }; \
		sudo=sudo; \
	fi; \
	known() { apt-get install -s "$$1" >/dev/null 2>&1; }; \
	choose() { for p in $$(echo "$$1" | tr '|' ' '); do known $$p && break; done; echo $$p; }; \
	list=; for p in $$missing; do list="$$list $$(choose $$p)"; done; \
	if ! apt-get install -s $$list >/dev/null 2>&1; then \
		$$sudo apt-get update -q; \
		list=; for p in $$missing; do list="$$list $$(choose $$p)"; done; \
	fi; \
	echo "installing$$list"; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$list

endif
