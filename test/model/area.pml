// SPDX-License-Identifier: MIT
/*
 * Areas found without a lock: mm/vma_lock.c, mm/glance.h and the gate of
 * kernel/sync.h as a model.
 *
 * Faulter fault at page 1, which some area has at every moment, or at page 2,
 * which comes and goes.  One changer, alone by mm->lock, merges, splits and
 * unmaps, and memory that was freed is used again.
 *
 * Never:  a freed area is read; a fault is inside an area that is being changed,
 *         has left the set or does not contain its page; page 1 is said to be
 *         nobody's; somebody sleeps for ever.
 *
 * Each WITHOUT_ takes one rule away, and must be found out:
 *
 *	GLANCE  a dead area is freed without waiting for glances
 *	FENCE   a glance reads before its flag is seen
 *	GATE    a change does not wait for those inside
 *	DEAD    an area that left the set opens like the others
 *	INSIDE  what a fault read of the area before it was inside is believed
 *	ASK     "none" is believed without mm->lock
 *	HINT    the hint is left to an area that has gone
 *	WAKE    who leaves a closed gate tells nobody
 */
#define FAULTERS        2
#define CHANGES         3
#define NONE            0       /* areas are 1 and 2 */
#define CLOSED          16      /* on top of a gate's count */
#define PAGE1           1
#define PAGE2           2

byte root = 1;                  /* the tree: its first area, and from there on */
byte next[3];
byte hint;
byte count[3];                  /* gates */
byte pages[3];                  /* bits: what the area contains */
bool linked[3], dead[3], freed[3], changing[3];
bool looking[FAULTERS];
bool asleep;                    /* the changer, on mm->gate_wait */
bool ready;
byte readers;                   /* of mm->lock */
bool writer;

#define contains(a, page)       (pages[a] & (page))

/* ---- gate.h ---- */

inline gate_leave(a)
{
	atomic { count[a]--; was_closed = count[a] >= CLOSED }
	if
#ifndef WITHOUT_WAKE
	:: was_closed -> asleep = false
#endif
	:: else
	fi
}

inline gate_enter(a)
{
	atomic { was_closed = count[a] >= CLOSED; count[a]++ }
	if
	:: was_closed -> gate_leave(a); inside = false
	:: else -> inside = true
	fi
}

inline gate_close(a)
{
	count[a] = count[a] + CLOSED;
#ifndef WITHOUT_GATE
	do
	:: count[a] == CLOSED -> break
	:: else ->
		asleep = true;          /* on the queue; then look */
		if
		:: count[a] == CLOSED -> asleep = false
		:: else -> !asleep
		fi
	od;
#endif
	changing[a] = true
}

inline gate_open(a)
{
	changing[a] = false;
	count[a] = count[a] - CLOSED
}

/* ---- a fault ---- */

inline read_area(a) { assert(!freed[a]) }

inline find_area()
{
	a = hint;
	if
	:: a != NONE -> read_area(a); fits = contains(a, page)
	:: else -> fits = false
	fi;
	if
	:: fits
	:: else ->
		a = root;
		do
		:: a == NONE -> break
		:: else ->
			read_area(a);
			if
			:: contains(a, page) -> break
			:: else -> a = next[a]
			fi
		od
	fi
}

/* In a glance; inside: a is entered. */
inline enter_without_lock()
{
	inside = false;
#ifdef WITHOUT_FENCE
	find_area();
	looking[_pid] = true;
#else
	looking[_pid] = true;
	find_area();
#endif
	if
	:: a != NONE -> read_area(a); gate_enter(a)
	:: else
	fi;
	looking[_pid] = false;
#ifndef WITHOUT_INSIDE
	if
	:: inside && !contains(a, page) -> gate_leave(a); inside = false
	:: else
	fi
#endif
}

inline enter_under_lock()
{
	atomic { !writer -> readers++ };
	if
	:: linked[1] && contains(1, page) -> a = 1
	:: linked[2] && contains(2, page) -> a = 2
	:: else -> a = NONE
	fi;
	if
	:: a != NONE -> gate_enter(a); assert(inside)
	:: else -> assert(page != PAGE1)
	fi;
	readers--
}

active [FAULTERS] proctype faulter()
{
	byte a, page;
	bool inside, was_closed, fits;

	ready;
	do
	:: true ->
		if
		:: page = PAGE1
		:: page = PAGE2
		fi;
		enter_without_lock();
#ifdef WITHOUT_ASK
		assert(inside || page != PAGE1);
#else
		if
		:: inside
		:: else -> enter_under_lock()
		fi;
#endif
		if
		:: inside ->
			assert(linked[a] && !changing[a] && contains(a, page));
			hint = a;
			assert(linked[a] && !changing[a] && contains(a, page));
			gate_leave(a)
		:: else
		fi;
		a = NONE; page = 0
	:: break
	od
}

/* ---- a change ---- */

/* It is closed. */
inline unlink_area(a)
{
	linked[a] = false;
	dead[a] = true;
	if
	:: root == a -> root = next[a]
	:: else -> next[3 - a] = next[a]      /* its own link stays: somebody may stand here */
	fi;
#ifndef WITHOUT_HINT
	hint = NONE
#endif
}

/* mm->lock is free; the memory may be somebody else's next. */
inline bury(a)
{
#ifndef WITHOUT_GLANCE
	!looking[0];
	!looking[1];
#endif
	freed[a] = true
}

inline open_unless_dead(a)
{
#ifndef WITHOUT_DEAD
	if
	:: dead[a]
	:: else -> gate_open(a)
	fi
#else
	gate_open(a)
#endif
}

/* Area 2 is free, or was never there: page 2 becomes its, taken from area 1 or new. */
inline make_second()
{
	if
	:: contains(1, PAGE2) -> gate_close(1)
	:: else
	fi;
	atomic {
		freed[2] = false; dead[2] = false; next[2] = NONE;
		count[2] = CLOSED; changing[2] = true; pages[2] = PAGE2
	};
	if
	:: contains(1, PAGE2) -> pages[1] = PAGE1
	:: else
	fi;
	linked[2] = true;
	if
	:: next[2] = 1; root = 2               /* turned, in either order of the stores */
	:: next[1] = 2
	fi;
	if
	:: changing[1] -> gate_open(1)
	:: else
	fi;
	gate_open(2);
	writer = false
}

/* Unmapped, or absorbed by area 1. */
inline end_second(merge)
{
	gate_close(2);
	if
	:: merge -> gate_close(1); pages[1] = PAGE1 | PAGE2
	:: else
	fi;
	unlink_area(2);
	if
	:: merge -> gate_open(1)
	:: else
	fi;
	open_unless_dead(2);
	writer = false;
	bury(2)
}

active proctype changer()
{
	byte n;

	d_step { linked[1] = true; pages[1] = PAGE1 | PAGE2; ready = true };
	do
	:: n < CHANGES ->
		n++;
		atomic { readers == 0 -> writer = true };
		if
		:: !linked[2] -> make_second()
		:: linked[2] -> end_second(true)
		:: linked[2] -> end_second(false)
		fi
	:: break
	od
}
