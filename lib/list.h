// SPDX-License-Identifier: MIT
/*
 * Lists whose links live inside the things they link.
 *
 * list_head is a ring: the head is a member like the others, so adding and
 * removing have no special case and need not know the head.  hlist is for hash
 * buckets: a head of one pointer, and nodes that know the pointer naming them.
 *
 *	head ⇄ a ⇄ b ⇄ c ⇄ head		hlist: head → a → b → NULL
 *
 * list_del leaves the node's links poisoned with NULL: a second removal faults
 * at once.  Use list_del_init where "is it on a list?" is asked later.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <lib/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline bool list_is_last(const struct list_head *node, const struct list_head *head)
{
	return node->next == head;
}

static inline void __list_link(struct list_head *prev, struct list_head *next)
{
	prev->next = next;
	next->prev = prev;
}

static inline void __list_insert(struct list_head *node, struct list_head *prev,
				 struct list_head *next)
{
	__list_link(prev, node);
	__list_link(node, next);
}

/* Right after @head: first of the list, or behind the member @head. */
static inline void list_add(struct list_head *node, struct list_head *head)
{
	__list_insert(node, head, head->next);
}

/* Right before @head: last of the list, or ahead of the member @head. */
static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	__list_insert(node, head->prev, head);
}

static inline void list_del(struct list_head *node)
{
	__list_link(node->prev, node->next);
	node->next = NULL;
	node->prev = NULL;
}

static inline void list_del_init(struct list_head *node)
{
	__list_link(node->prev, node->next);
	INIT_LIST_HEAD(node);
}

static inline void list_move(struct list_head *node, struct list_head *head)
{
	__list_link(node->prev, node->next);
	list_add(node, head);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	__list_link(node->prev, node->next);
	list_add_tail(node, head);
}

/* @node takes the place of @old, which is left as list_del leaves it. */
static inline void list_replace(struct list_head *old, struct list_head *node)
{
	__list_insert(node, old->prev, old->next);
	old->next = NULL;
	old->prev = NULL;
}

static inline void __list_splice(struct list_head *list, struct list_head *prev,
				 struct list_head *next)
{
	struct list_head *first = list->next, *last = list->prev;

	__list_link(prev, first);
	__list_link(last, next);
}

/* Put all of @list at the front of @head; @list itself is then stale. */
static inline void list_splice(struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head->prev, head);
}

/* The same, and @list is empty afterwards. */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_last_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_last_entry(head, type, member))
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_for_each(node, head) \
	for (node = (head)->next; node != (head); node = node->next)

#define list_for_each_safe(node, tmp, head) \
	for (node = (head)->next, tmp = node->next; node != (head); node = tmp, tmp = node->next)

#define list_for_each_entry(pos, head, member) \
	for (pos = list_first_entry(head, __typeof__(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_last_entry(head, __typeof__(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_prev_entry(pos, member))

/* The body may remove @pos, and nothing else. */
#define list_for_each_entry_safe(pos, tmp, head, member) \
	for (pos = list_first_entry(head, __typeof__(*pos), member), \
	     tmp = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = tmp, tmp = list_next_entry(tmp, member))

#define list_for_each_entry_safe_reverse(pos, tmp, head, member) \
	for (pos = list_last_entry(head, __typeof__(*pos), member), \
	     tmp = list_prev_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = tmp, tmp = list_prev_entry(tmp, member))

/* Go on behind @pos. */
#define list_for_each_entry_continue(pos, head, member) \
	for (pos = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))

/* Go on with @pos itself. */
#define list_for_each_entry_from(pos, head, member) \
	for (; !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))

struct hlist_node {
	struct hlist_node *next, **pprev;	/* pprev: the pointer that names this node */
};

struct hlist_head {
	struct hlist_node *first;
};

#define HLIST_HEAD_INIT		{ NULL }
#define HLIST_HEAD(name)	struct hlist_head name = HLIST_HEAD_INIT

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

/* True for a node that was initialised, or removed by hlist_del_init or hlist_del. */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
	node->pprev = &head->first;
}

static inline void hlist_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	INIT_HLIST_NODE(node);
}

/* As hlist_del, and harmless on a node that is not on a list. */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (!hlist_unhashed(node))
		hlist_del(node);
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)

#define hlist_entry_or_null(ptr, type, member) __extension__({ \
	__typeof__(ptr) __node = (ptr); \
	__node ? hlist_entry(__node, type, member) : NULL; })

#define hlist_for_each_entry(pos, head, member) \
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), member); pos; \
	     pos = hlist_entry_or_null(pos->member.next, __typeof__(*pos), member))

/* The body may remove @pos; @tmp is a struct hlist_node pointer or a second @pos. */
#define hlist_for_each_entry_safe(pos, tmp, head, member) \
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), member); \
	     pos && ((tmp = (void *)pos->member.next), true); \
	     pos = hlist_entry_or_null((struct hlist_node *)(void *)tmp, __typeof__(*pos), member))

#endif
