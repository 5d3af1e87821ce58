#!/bin/sh
# SPDX-License-Identifier: MIT
#
# stress-ng's class vm, each stressor by its own op count, verified; as many
# instances as the name of the link to this file says.  A stressor that says
# that it cannot run here (statuses 3 and 4) is skipped.
n=${0##*-}

# The count of operations: some hundredths of a second of work to a few seconds.
ops() {
	case $1 in
	dev-shm | madvise | mmap | mmapfork | mmaphuge | pagemove | swap | tmpfs) echo 2 ;;
	mmapfixed | mmapfiles | mmaptorture | mremap | shm | shm-sysv | vm-addr | vm-rw) echo 5 ;;
	bigheap | brk | malloc | mlock | mprotect | munmap | stack | vm-segv | vm-splice) echo 500 ;;
	*) echo 50 ;;
	esac
}

case=0
for name in $(stress-ng --class vm? 2>&1 | sed -n "s/^class 'vm' stressors: //p"); do
	case=$((case + 1))
	timeout 120 stress-ng --"$name" "$n" --"$name"-ops "$(ops "$name")" --verify --timeout 60 \
		>/tmp/said 2>&1
	status=$?
	case $status in
	0) echo "ok $case - $name" ;;
	3 | 4) echo "ok $case - $name # SKIP $(grep "$name:" /tmp/said | head -n 1)" ;;
	*)
		echo "not ok $case - $name"
		echo "# status $status"
		grep -E "fail|error|$name:" /tmp/said | head -n 20 | sed 's/^/# /'
		pkill -KILL stress-ng
		;;
	esac
done
echo "1..$case"
