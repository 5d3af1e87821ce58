// SPDX-License-Identifier: MIT
/*
 * Numbers, keys and rights of System V IPC objects.
 *
 *	number = count << 15 | place        slots[place] ── object ── by_key
 *
 * Places are given out in turn, as Linux does, so that a number that was just
 * freed is not the next one's.
 *
 * Always true: an object in slots[] that has a key is in keys, and no two have
 *              the same key.
 * Lock: ids->lock.
 */
#include <kernel/ipc/ipc.h>

#include <kernel/cred.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

#define FIRST_SLOTS     64U

static struct ipc_object *find_key(struct ipc_ids *ids, int key)
{
	struct avl_node *n = ids->keys.node;

	while (n) {
		struct ipc_object *o = avl_entry(n, struct ipc_object, by_key);

		if (o->key == key)
			return o;
		n = key < o->key ? n->left : n->right;
	}
	return NULL;
}

static void link_key(struct ipc_ids *ids, struct ipc_object *o)
{
	struct avl_node **link = &ids->keys.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = o->key < avl_entry(parent, struct ipc_object, by_key)->key ? &parent->left :
										    &parent->right;
	}
	avl_insert_at(&ids->keys, &o->by_key, parent, link, NULL);
}

/* No lock: room for one more, and half as many again, that places go round. */
static int reserve(struct ipc_ids *ids)
{
	unsigned int want = max(FIRST_SLOTS, (READ_ONCE(ids->in_use) + 1) * 2);
	struct ipc_object **bigger, **old;

	want = min(want, IPC_MAX);
	if (READ_ONCE(ids->nr_slots) >= want)
		return 0;
	bigger = kvmalloc(want * sizeof(*bigger), GFP_KERNEL | GFP_ZERO);
	if (!bigger)
		return -ENOMEM;
	spin_lock(&ids->lock);
	old = bigger;
	if (ids->nr_slots < want) {
		old = ids->slots;
		if (old)
			memcpy(bigger, old, ids->nr_slots * sizeof(*old));
		ids->slots = bigger;
		ids->nr_slots = want;
	}
	spin_unlock(&ids->lock);
	kvfree(old);
	return 0;
}

/* ids->lock held: a place and a number for @o.  False: the table is full. */
static bool place(struct ipc_ids *ids, struct ipc_object *o)
{
	unsigned int range = min(max(FIRST_SLOTS, ids->in_use * 3 / 2 + 1), ids->nr_slots);

	for (unsigned int i = 1; i <= range; i++) {
		unsigned int at = ((unsigned int)ids->last + i) % range;

		if (ids->slots[at])
			continue;
		if ((int)at <= ids->last)
			ids->seq++;
		ids->last = (int)at;
		ids->slots[at] = o;
		ids->in_use++;
		o->seq = ids->seq;
		o->id = (int)((u32)(o->seq & 0x7fff) << IPC_INDEX_BITS | at);
		return true;
	}
	return false;
}

/* ids->lock held: @fresh is to be found from now on. */
static int add(struct ipc_ids *ids, const struct ipc_ask *ask, struct ipc_object *fresh)
{
	const struct cred *c = current->cred;
	int err;

	if (ids->in_use >= READ_ONCE(*ids->limit))
		return -ENOSPC;
	fresh->key = ask->key;
	fresh->uid = fresh->cuid = c->euid;
	fresh->gid = fresh->cgid = c->egid;
	fresh->mode = (u32)ask->flags & 0777;
	if (!place(ids, fresh))
		return -ENOSPC;
	err = ask->added ? ask->added(fresh) : 0;
	if (err) {
		ids->slots[fresh->id & (IPC_MAX - 1)] = NULL;
		ids->in_use--;
		return err;
	}
	if (fresh->key != IPC_PRIVATE)
		link_key(ids, fresh);
	return fresh->id;
}

/* One with the key is there. */
static long found(const struct ipc_ask *ask, const struct ipc_object *o)
{
	int err;

	if ((ask->flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	err = ask->fits ? ask->fits(o, ask->size) : 0;
	if (!err)
		err = ipc_permit(o, (u32)ask->flags);
	return err ? err : o->id;
}

/* Made without the lock, and thrown away if somebody was faster. */
long ipc_get(struct ipc_ids *ids, const struct ipc_ask *ask)
{
	struct ipc_object *fresh = NULL, *o;
	long ret;

	for (;;) {
		spin_lock(&ids->lock);
		o = ask->key == IPC_PRIVATE ? NULL : find_key(ids, ask->key);
		if (o)
			ret = found(ask, o);
		else if (ask->key != IPC_PRIVATE && !(ask->flags & IPC_CREAT))
			ret = -ENOENT;
		else
			ret = fresh ? add(ids, ask, fresh) : 0;
		spin_unlock(&ids->lock);
		if (fresh && (o || ret < 0))
			ask->unmake(fresh);
		if (fresh || o || ret < 0)
			return ret;
		ret = reserve(ids);
		if (ret)
			return ret;
		fresh = ask->make(ask);
		if (IS_ERR(fresh))
			return PTR_ERR(fresh);
	}
}

struct ipc_object *ipc_at(struct ipc_ids *ids, int index)
{
	struct ipc_object *o = NULL;

	assert_held(&ids->lock);
	if ((unsigned int)index < ids->nr_slots)
		o = ids->slots[index];
	return o ? o : ERR_PTR(-EINVAL);
}

struct ipc_object *ipc_find(struct ipc_ids *ids, int id)
{
	struct ipc_object *o = id < 0 ? ERR_PTR(-EINVAL) : ipc_at(ids, id & (int)(IPC_MAX - 1));

	return IS_ERR(o) || o->id == id ? o : ERR_PTR(-EINVAL);
}

int ipc_highest(const struct ipc_ids *ids)
{
	for (unsigned int i = ids->nr_slots; i-- > 0;)
		if (ids->slots[i])
			return (int)i;
	return 0;
}

int ipc_permit(const struct ipc_object *o, u32 want)
{
	const struct cred *c = current->cred;
	u32 has = o->mode;

	want = (want >> 6 | want >> 3 | want) & 7;
	if (c->euid == o->uid || c->euid == o->cuid)
		has >>= 6;
	else if (c->egid == o->gid || c->egid == o->cgid || cred_in_group(c, o->gid) ||
		 cred_in_group(c, o->cgid))
		has >>= 3;
	return (want & ~has) && !capable(CAP_IPC_OWNER) ? -EACCES : 0;
}

struct ipc_object *ipc_to_stat(struct ipc_ids *ids, int id, bool by_number, bool any)
{
	struct ipc_object *o = by_number ? ipc_find(ids, id) : ipc_at(ids, id);
	int err = IS_ERR(o) || any ? 0 : ipc_permit(o, 0444);

	return err ? ERR_PTR(err) : o;
}

int ipc_owner(const struct ipc_object *o)
{
	u32 uid = current->cred->euid;

	return uid == o->uid || uid == o->cuid || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

void ipc_forget_key(struct ipc_ids *ids, struct ipc_object *o)
{
	assert_held(&ids->lock);
	if (o->key != IPC_PRIVATE)
		avl_erase(&ids->keys, &o->by_key, NULL);
	o->key = IPC_PRIVATE;
}

void ipc_remove(struct ipc_ids *ids, struct ipc_object *o)
{
	ipc_forget_key(ids, o);
	ids->slots[o->id & (int)(IPC_MAX - 1)] = NULL;
	ids->in_use--;
	o->gone = true;
}

void ipc_perm_fill(struct ipc_perm *p, const struct ipc_object *o)
{
	*p = (struct ipc_perm){
		.key = o->key, .uid = o->uid, .gid = o->gid, .cuid = o->cuid, .cgid = o->cgid,
		.mode = o->mode, .seq = o->seq,
	};
}

int ipc_perm_set(struct ipc_object *o, const struct ipc_perm *p)
{
	if (p->uid == ~0U || p->gid == ~0U)
		return -EINVAL;
	o->uid = p->uid;
	o->gid = p->gid;
	o->mode = (o->mode & ~0777U) | (p->mode & 0777);
	return 0;
}
