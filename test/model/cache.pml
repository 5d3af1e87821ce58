// SPDX-License-Identifier: MIT
/*
 * A page of the cache that a fault maps without the cache's lock, beside one who
 * takes it out: mm/filemap_fault.c, mm/filemap.c and mm/glance.h as a model.
 *
 * Each faulter looks the page up in a glance, with its own table locked, and maps
 * it.  One remover, by the cache's lock, takes it out if nobody uses it, as reclaim
 * does, or in any case and unmaps it again, as truncation does.
 *
 * Never:  the page is mapped when it is the file's no more and its remover has
 *         done; a page is touched that was freed.
 *
 * Each WITHOUT_ takes one rule away, and must be found out:
 *
 *	LOOK    a glance does not look at page->mapping behind its reference
 *	FIRST   a glance looks before it has the reference
 *	CLEAR   who removes counts references, and then takes page->mapping away
 *	AGAIN   a truncation unmaps before it takes the page out, but not after
 *	GLANCE  a page is freed without waiting for glances
 */
#define FAULTERS        2

byte count = 2;                 /* the cache's and the remover's */
bool cached = true;             /* in the tree */
bool mapping = true;            /* page->mapping is the file */
bool freed;
bool mapped[FAULTERS];
bool table[FAULTERS];           /* the lock of each one's page table */
bool looking[FAULTERS];

inline lock(l) { atomic { !l -> l = true } }
inline unlock(l) { l = false }

inline unmap(i)
{
	lock(table[i]);
	if
	:: mapped[i] -> mapped[i] = false; count--
	:: else
	fi;
	unlock(table[i])
}

inline map_neighbour()
{
#ifdef WITHOUT_FIRST
	good = mapping;
	count++;
#else
	assert(!freed);
	count++;
	good = mapping;
#endif
#ifdef WITHOUT_LOOK
	good = true;
#endif
	if
	:: good -> mapped[_pid] = true
	:: else -> assert(!freed); count--
	fi
}

active [FAULTERS] proctype faulter()
{
	bool good, found;

	lock(table[_pid]);
	looking[_pid] = true;
	found = cached;
	if
	:: found -> map_neighbour()
	:: else
	fi;
	looking[_pid] = false;
	unlock(table[_pid])
}

inline nobody_keeps()
{
	gone = false;
	if
	:: count == 2 ->
#ifdef WITHOUT_CLEAR
		gone = true
#else
		mapping = false;
		if
		:: count == 2 -> gone = true
		:: else -> mapping = true
		fi
#endif
	:: else
	fi
}

inline take_out() { cached = false; mapping = false }

active proctype remover()
{
	bool gone, truncate;

	if
	:: truncate = true
	:: truncate = false
	fi;
	if
	:: truncate -> unmap(0); unmap(1); gone = true
	:: else -> nobody_keeps()
	fi;
	if
	:: gone -> take_out()
	:: else
	fi;
#ifndef WITHOUT_GLANCE
	!looking[0] && !looking[1];
#endif
#ifndef WITHOUT_AGAIN
	if
	:: gone && truncate -> unmap(0); unmap(1)
	:: else
	fi;
#endif
	assert(!gone || (!mapped[0] && !mapped[1]));
	if
	:: gone ->
		count = count - 2;
		freed = count == 0
	:: else
	fi
}
