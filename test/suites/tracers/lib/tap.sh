# SPDX-License-Identifier: MIT
#
# TAP for the scripts of this suite, which source it.  What a program printed is
# part of its case's name, so a case is the same on two kernels only when the
# output is.

count=0

point() {
	count=$((count + 1))
	echo "$1 $count - $2"
}

# says CLAIM COMMAND...: it ends well, and what it prints is in the name.
says() {
	claim=$1
	shift
	if out=$("$@" 2>/tmp/stderr); then
		point ok "$claim: $(echo "$out" | tr -s '\n#' '  ' | cut -c 1-200)"
	else
		point 'not ok' "$claim"
		echo "# status $?: $out" | head -n 20 | sed '2,$s/^/# /'
		sed 's/^/# /' /tmp/stderr | tail -n 20
	fi
}

# same CLAIM EXPECTED COMMAND...: it ends well and prints exactly that.
same() {
	claim=$1 expected=$2
	shift 2
	out=$("$@" 2>/tmp/stderr)
	status=$?
	if [ $status = 0 ] && [ "$out" = "$expected" ]; then
		point ok "$claim"
	else
		point 'not ok' "$claim"
		echo "# status $status: $out" | head -n 20 | sed '2,$s/^/# /'
		sed 's/^/# /' /tmp/stderr | tail -n 20
	fi
}

plan() {
	echo "1..$count"
}
