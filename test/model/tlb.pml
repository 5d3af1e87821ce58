// SPDX-License-Identifier: MIT
/*
 * The shoot-down of translations: arch/riscv/mmu.c and mm/zap.c as a model.
 *
 * One page of one address space, three harts.  Each loads the address space,
 * goes to the program and comes back to the kernel, and leaves it at will; while it
 * is loaded the hart may fill its TLB from the PTE at any moment, asked or not, and
 * what it holds stays, under the ASID, when something else is loaded.  Hart 0 also
 * takes the page away and maps another frame: PTE, flush, free.
 *
 * Never:  a program reaches a frame that was freed, or after its munmap has
 *         returned and something else was mapped, the old frame.
 *
 * Each WITHOUT_ takes one rule away, and must be found out:
 *
 *	FLUSH    the frame is freed before the flush
 *	LOCAL    the flushing hart forgets itself
 *	CALL     harts that have it loaded are not called
 *	NOTE     harts that may come back to it find no note
 *	ORDER    the flush looks who has it loaded before it leaves the note
 *	SWITCH   a hart looks for the note before it says that it has it loaded
 *	CLEAR    the note is taken away after the flush it asked for
 *	WORD     harts in the kernel are not called, and find no note in their word
 *	SWAP     a hart looks at its word before it says that it goes to a program
 */
#define HARTS   3
#define ROUNDS  2
#define NONE    0               /* frames are 1 .. ROUNDS + 1 */

byte pte = 1;
byte tlb[HARTS];                /* the frame, under this ASID */
bool loaded[HARTS];             /* satp names it */
bool in_harts[HARTS];           /* context.harts */
bool in_user[HARTS];            /* user_half: a program runs ... */
bool note[HARTS];               /* ... and its NOTE */
bool stale[HARTS];              /* context.stale */
bool freed[ROUNDS + 2];

/* The hart's own doing, at any time. */
active [HARTS] proctype walker()
{
	do
	:: atomic { loaded[_pid] && pte != NONE -> tlb[_pid] = pte }
	od
}

inline forget(h)
{
	tlb[h] = NONE
}

inline heed_note(h)
{
	if
	:: noted ->
#ifdef WITHOUT_CLEAR
		forget(h);
		stale[h] = false
#else
		stale[h] = false;
		forget(h)
#endif
	:: else
	fi
}

inline switch_to(h)
{
#ifdef WITHOUT_SWITCH
	noted = stale[h];
	in_harts[h] = true;
	loaded[h] = true;
#else
	in_harts[h] = true;
	loaded[h] = true;
	noted = stale[h];
#endif
	heed_note(h)
}

/* The way to a program, and back: trap.S swaps the word. */
inline to_user(h)
{
#ifdef WITHOUT_SWAP
	noted = note[h];
	atomic { note[h] = false; in_user[h] = true }
#else
	atomic { noted = note[h]; note[h] = false; in_user[h] = true }
#endif
	if
	:: noted -> forget(h)
	:: else
	fi
}

inline to_kernel(h)
{
	atomic { in_user[h] = false; note[h] = false }
}

inline switch_away(h)
{
	loaded[h] = false;
	in_harts[h] = false
}

/* A load or store of the program: through the TLB, by a walk, or a fault that changes nothing. */
inline program(h)
{
	atomic {
		if
		:: tlb[h] == NONE -> tlb[h] = pte
		:: else
		fi;
		assert(!freed[tlb[h]])
	}
}

inline leave_note(h)
{
#ifndef WITHOUT_NOTE
	stale[h] = true
#else
	skip
#endif
}

inline see_loaded(h)
{
	call[h] = in_harts[h];
	if
	:: call[h] ->
#ifdef WITHOUT_WORD
		call[h] = in_user[h]
#else
		/* again and again while a program runs, and then a call; or a call at once */
		do
		:: atomic { call[h] = in_user[h]; note[h] = true };
			if
			:: call[h]
			:: else -> break
			fi
		:: call[h] -> break
		od
#endif
	:: else
	fi
}

inline flush()
{
#ifndef WITHOUT_LOCAL
	forget(0);
#endif
#ifdef WITHOUT_ORDER
	see_loaded(1); see_loaded(2);
	leave_note(1); leave_note(2);
#else
	leave_note(1); leave_note(2);
	see_loaded(1); see_loaded(2);
#endif
#ifndef WITHOUT_CALL
	if
	:: call[1] -> forget(1)
	:: else
	fi;
	if
	:: call[2] -> forget(2)
	:: else
	fi
#endif
}

active proctype changer()
{
	byte frame = 1;
	bool call[HARTS];

	in_harts[0] = true;
	loaded[0] = true;
	do
	:: program(0)
	:: frame <= ROUNDS ->
		pte = NONE;
#ifdef WITHOUT_FLUSH
		freed[frame] = true;
		flush();
#else
		flush();
		freed[frame] = true;
#endif
		frame++;
		pte = frame
	:: break
	od
}

active proctype second()
{
	bool noted;

	do
	:: switch_to(1);
		do
		:: to_user(1);
			do
			:: program(1)
			:: break
			od;
			to_kernel(1)
		:: break
		od;
		switch_away(1)
	:: break
	od
}

active proctype third()
{
	bool noted;

	do
	:: switch_to(2);
		do
		:: to_user(2);
			do
			:: program(2)
			:: break
			od;
			to_kernel(2)
		:: break
		od;
		switch_away(2)
	:: break
	od
}
