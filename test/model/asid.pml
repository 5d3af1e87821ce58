// SPDX-License-Identifier: MIT
/*
 * Generations of ASIDs: the allocator of arch/riscv/mmu.c as a model.
 *
 * Two harts switch between four address spaces, for which there are three numbers:
 * all but the last have one when it begins, so that the first who wants the last
 * begins a generation, in the midst of what the other hart does.  While an address
 * space is loaded the hart may fill its TLB from it at any moment; what it holds
 * stays under its number.  Meanwhile somebody on neither hart takes a page of address
 * space 0 away and flushes it, by the number that it has then.  Hart 0 is watched; the
 * other is there to begin generations, to take numbers and to have spaces loaded.
 *
 * Never:  a program reaches a page of another address space, or one of its own that
 *         was flushed.
 *
 * Each WITHOUT_ takes one rule away, and must be found out:
 *
 *	RESERVE  a new generation does not reserve what is loaded
 *	AVOID    a number is given out though it is reserved
 *	KEEP     who has a reserved number gets another nevertheless
 *	OLDER    what an older generation reserved is forgotten, though its hart has not switched
 *	FORGET   a hart does not forget everything after a generation began
 *	LOOKED   it is told to before what it has loaded was looked at: it may obey, and go on
 *	BEFORE   it is told to only when the first number of the new one is given out
 *	LOADED   it forgets before it has loaded the new address space
 *	ACTIVE   it looks at the generation before it says what it is about to load
 *	BEGUN    a new generation looks at what is loaded before it says that it has begun
 *	AGAIN    what was assigned is not said to be loaded: another generation reserves the old
 *	STALE    a hart loads what it comes back to with no look at the note of a flush
 */
#define HARTS           2
#define CONTEXTS        4
#define NUMBERS         3       /* more than harts */

/* How often each hart switches; what takes a third generation to show has more of hart 1's. */
#ifndef SWITCHES_1
#ifdef WITHOUT_OLDER
#define SWITCHES_0      0
#define SWITCHES_1      5
#else
#define SWITCHES_0      2
#define SWITCHES_1      2
#endif
#endif
#define SWITCHES(h)     (h == 0 -> SWITCHES_0 : SWITCHES_1)

/* context.asid: the generation above the number; 0: never had one. */
#define ASID(g, n)      ((g) << 2 | (n))
#define GENERATION(a)   ((a) >> 2)
#define NUMBER(a)       ((a) & 3)

/* What a TLB has under a number: of which address space, and before the flush or after. */
#define NONE            0
#define ENTRY(c)        ((c) + 1 + ((c) == 0 && flushed -> 8 : 0))
#define OF(e)           (((e) & 7) - 1)

byte asid[CONTEXTS];
byte generation = 1, next = NUMBERS + 1;
bool locked;                            /* asid_lock */
bool must_flush;                        /* of hart 0 */
byte active_asid[HARTS], reserved[HARTS];
byte root[HARTS], number[HARTS];        /* satp; root: the address space + 1 */
byte tlb[NUMBERS + 1];                  /* of hart 0, which is watched */

/* Of address space 0. */
bool in_harts, stale;                   /* hart 0's bits */
bool flushed;                           /* its page is another */
bool gone;                              /* and the old one must not be reached any more */

init {
	atomic {
		asid[0] = ASID(1, 1);
		asid[1] = ASID(1, 2);
		asid[2] = ASID(1, 3);
		root[0] = 1; number[0] = 1; active_asid[0] = asid[0]; in_harts = true;
		root[1] = 2; number[1] = 2; active_asid[1] = asid[1];
		run hart(0);
		run hart(1);
		run walker();
		run flusher()
	}
}

/* The hart's own doing, at any time. */
proctype walker()
{
end:	do
	:: atomic { tlb[number[0]] == NONE -> tlb[number[0]] = ENTRY(root[0] - 1) }
	od
}

inline forget_all()
{
	d_step { tlb[1] = NONE; tlb[2] = NONE; tlb[3] = NONE }
}

inline obey(h)
{
#ifndef WITHOUT_FORGET
	if
	:: atomic { h == 0 && must_flush -> must_flush = false };
		forget_all()
	:: else
	fi
#else
	skip
#endif
}

inline reserve(h, a)
{
#ifndef WITHOUT_RESERVE
	if
#ifdef WITHOUT_OLDER
	:: true -> reserved[h] = a
#else
	:: GENERATION(a) == ending -> reserved[h] = a
	:: else
#endif
	fi
#else
	skip
#endif
}

inline tell_to_forget()
{
	must_flush = true
}

inline look_at_loaded()
{
	seen[0] = active_asid[0];
	seen[1] = active_asid[1]
}

/* asid_next_generation(), asid_lock held. */
inline next_generation()
{
#ifdef WITHOUT_BEGUN
	look_at_loaded();
#endif
#ifdef WITHOUT_LOOKED
	tell_to_forget();
#endif
	d_step { ending = generation; generation++ };
#ifndef WITHOUT_BEGUN
	look_at_loaded();
#endif
#ifndef WITHOUT_LOOKED
#ifndef WITHOUT_BEFORE
	tell_to_forget();
#endif
#endif
	d_step {
		reserve(0, seen[0]);
		reserve(1, seen[1]);
		next = 1;
		seen[0] = 0;
		seen[1] = 0
	}
}

#ifdef WITHOUT_AVOID
#define IS_RESERVED(n)  false
#else
#define IS_RESERVED(n)  (NUMBER(reserved[0]) == (n) || NUMBER(reserved[1]) == (n))
#endif

inline take()
{
	do
	:: next > NUMBERS -> next_generation()
	:: atomic { next <= NUMBERS && IS_RESERVED(next) -> next++ }
	:: atomic {
		next <= NUMBERS && !IS_RESERVED(next) ->
		a = ASID(generation, next);
		next++;
		break
	   }
	od
}

/* The context had it when this generation began: @kept. */
inline keep(was)
{
#ifndef WITHOUT_KEEP
	if
	:: was && reserved[1] == was -> reserved[1] = ASID(generation, NUMBER(was)); kept = true
	:: else
	fi;
	if
	:: was && reserved[0] == was ->
		reserved[0] = ASID(generation, NUMBER(was)); kept = true
	:: else
	fi
#else
	skip
#endif
}

/* asid_assign() */
inline assign(h, c)
{
	atomic { !locked -> locked = true; a = asid[c] };
	if
	:: GENERATION(a) != generation ->
		atomic {
			keep(a);
			if
			:: kept -> a = ASID(generation, NUMBER(a))
			:: else
			fi
		};
		if
		:: kept -> kept = false
		:: else -> take()
		fi;
		asid[c] = a
	:: else
	fi;
#ifdef WITHOUT_BEFORE
	if
	:: ending -> tell_to_forget()
	:: else
	fi;
#endif
	d_step {
#ifndef WITHOUT_AGAIN
		active_asid[h] = a;
#endif
		ending = 0;
		locked = false
	}
}

/* mmu_switch(), and mmu_leave() of the old one */
inline switch_to(h, c)
{
	a = asid[c];
#ifdef WITHOUT_ACTIVE
	current = GENERATION(a) == generation;
#endif
	d_step {
		active_asid[h] = a;
		in_harts = in_harts || (h == 0 && c == 0)
	};
#ifndef WITHOUT_ACTIVE
	current = GENERATION(a) == generation;
#endif
	if
	:: !current -> assign(h, c)
	:: else
	fi;
#ifdef WITHOUT_LOADED
	obey(h);
#endif
	d_step { root[h] = c + 1; number[h] = NUMBER(a) };
#ifndef WITHOUT_LOADED
	obey(h);
#endif
#ifndef WITHOUT_STALE
	if
	:: atomic { h == 0 && c == 0 && stale -> stale = false };
		tlb[NUMBER(a)] = NONE
	:: else
	fi;
#endif
	d_step { in_harts = (h == 0 -> c == 0 : in_harts); a = 0; current = false }
}

/* A load or store that finds its page in the TLB. */
inline program(h, c)
{
	atomic {
		h == 0 && tlb[number[0]] != NONE;
		assert(OF(tlb[number[0]]) == c);
		assert(c != 0 || !gone || tlb[number[0]] == ENTRY(0))
	}
}

proctype hart(byte h)
{
	byte a, ending, seen[HARTS], c = h, n;
	bool kept, current;

	do
	:: n < SWITCHES(h) ->
		n++;
		if
		:: root[h] != 1 -> c = 0
		:: root[h] != 2 -> c = 1
		:: root[h] != 3 -> c = 2
		:: root[h] != 4 -> c = 3
		fi;
		switch_to(h, c)
	:: program(h, c)
	:: n == SWITCHES(h) -> break
	od
}

/* flush_others(), by a hart that is neither: the note first, then who has it loaded. */
proctype flusher()
{
	bool call;
	byte n;

	d_step { flushed = true; stale = true };
	call = in_harts;
	n = NUMBER(asid[0]);
	d_step {
		if
		:: call -> tlb[n] = NONE
		:: else
		fi;
		call = false;
		n = 0;
		gone = true
	}
}
