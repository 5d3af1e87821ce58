// SPDX-License-Identifier: MIT
/*
 * An error that each of many listeners is to hear once.
 *
 * Who meets an error counts it; a listener keeps a sample of the count, and has
 * something to hear when the count has moved on.  A sample that is taken anew is
 * that of the last telling: a new listener hears what comes, and what nobody has
 * been told of yet.
 *
 * No lock: two errors at once may leave the number of either.
 */
#ifndef LIB_ERRSEQ_H
#define LIB_ERRSEQ_H

#include <lib/types.h>

struct errseq {
	u32 error;      /* of the last one, positive */
	u32 seq;        /* how many */
	u32 told;       /* up to which somebody was told */
};

static inline void errseq_set(struct errseq *e, int error)
{
	__atomic_store_n(&e->error, (u32)(error < 0 ? -error : error), __ATOMIC_RELAXED);
	__atomic_fetch_add(&e->seq, 1, __ATOMIC_RELEASE);
}

static inline u32 errseq_sample(const struct errseq *e)
{
	return __atomic_load_n(&e->told, __ATOMIC_ACQUIRE);
}

/* For who only looks, between a count seen now and later: errseq_since(e, errseq_now(e)) is 0. */
static inline u32 errseq_now(const struct errseq *e)
{
	return __atomic_load_n(&e->seq, __ATOMIC_ACQUIRE);
}

/* -errno if one has come since the count was @since; nobody counts as told. */
static inline int errseq_since(const struct errseq *e, u32 since)
{
	if (errseq_now(e) == since)
		return 0;
	return -(int)__atomic_load_n(&e->error, __ATOMIC_RELAXED);
}

/* -errno once for each listener's *@sample; it counts as told. */
static inline int errseq_tell(struct errseq *e, u32 *sample)
{
	u32 seq = errseq_now(e);

	if (seq == *sample)
		return 0;
	*sample = seq;
	__atomic_store_n(&e->told, seq, __ATOMIC_RELEASE);
	return -(int)__atomic_load_n(&e->error, __ATOMIC_RELAXED);
}

#endif
