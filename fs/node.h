/**
 * Nodes: what the kernel knows by number. One node for each inode it holds, found by (parent, kind, bytes); the number that the kernel
 * gets is the node's address (1 for the root).
 *
 * `bytes` is what tells a node from its siblings: the key bytes of an item or a partition, the table id of a table, else its name. Names are made
 * from keys when needed and not kept: a cached inode costs about 130 bytes and its key.
 *
 * A node lives while the kernel counts lookups on it, or something pins it (an open handle, a child, memory-only state such as a scratch file).
 * During a request the kernel holds the nodes it names, so handlers use them without pinning.
 *
 * An identity changes only when an item or a scratch file is renamed: then the node gets a new `struct ident`. Handlers load it once; the old one
 * stays until the node is freed, so that nobody needs a lock to read a key.
 * Locks: nodes.lock inside; nothing else is taken under it.
 */
#ifndef FS_NODE_H
#define FS_NODE_H

#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 312
#endif
#include <fuse_lowlevel.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/thread.h"
#include "engine/table.h"

struct fs;
struct kind;
struct node;

struct ident {
	struct ident *before; /* the identity that this one replaced */
	struct node *parent;  /* pinned; NULL: the root */
	uint16_t moves;       /* how many came before */
	uint16_t len;
	uint8_t *bytes; /* in the same allocation */
};

enum {
	NODE_TYPED = 1, /* inside .typed: documents in DynamoDB JSON */
	NODE_GONE = 2,  /* removed under its name; no longer found */
};

struct node {
	struct node *chain;         /* next in its bucket */
	struct node *newer, *older; /* in the order of last lookup */
	const struct kind *kind;
	struct table *table; /* borrowed from the parent where that has it, else counted; NULL: not below a table */
	_Atomic(struct ident *) ident;
	void *extra; /* the kind's own */
	_Atomic uint64_t
		unchanged_since; /* an item that may be cached: fs->changes when opened_version was seen to be the present one */
	_Atomic uint64_t opened_version; /* of the item when it was last opened for reading */
	_Atomic uint32_t cached_readers; /* descriptors that read through the kernel's cache */
	_Atomic uint64_t awaited_ns;     /* when a change last waited for them, monotonic */
	_Atomic uint32_t writers;        /* descriptors open for writing */
	uint64_t lookups;                /* held by the kernel */
	uint32_t pins;
	uint32_t hash;
	_Atomic uint32_t flags;
	struct ident first;
};

struct nodes {
	struct mutex lock;
	struct node **buckets GUARDED_BY(lock);
	size_t mask GUARDED_BY(lock);
	size_t count GUARDED_BY(lock);
	struct node *oldest GUARDED_BY(lock), *newest GUARDED_BY(lock);
	size_t max;
	uint8_t hash_key[16];
	struct node *root;
};

void nodes_init(struct nodes *nodes, const struct kind *root_kind, size_t max);
/** Frees every node, whatever the kernel still counts. */
void nodes_finish(struct nodes *nodes);
size_t nodes_count(struct nodes *nodes);
/** Whether there are more than the most. */
bool nodes_over(struct nodes *nodes);

fuse_ino_t node_number(const struct nodes *nodes, const struct node *n);
struct node *node_from_number(const struct nodes *nodes, fuse_ino_t number);

/**
 * The node (made if need be), with one lookup more: for a reply that tells the kernel of it. Undo with node_forget(…, 1) when the reply did not
 * arrive. `table`: NULL takes the parent's. `flags` count only when the node is made; NODE_TYPED is inherited.
 */
struct node *node_enter(
	struct nodes *nodes, struct node *parent, const struct kind *kind, struct slice bytes, struct table *table, uint32_t flags);
void node_forget(struct nodes *nodes, struct node *n, uint64_t lookups);

/** The node if it is known, pinned; else NULL. */
struct node *node_find(struct nodes *nodes, struct node *parent, const struct kind *kind, struct slice bytes);
void node_pin(struct nodes *nodes, struct node *n);
void node_unpin(struct nodes *nodes, struct node *n); /* NULL is fine */

/** Its name stands for nothing now: it will not be found again, and a new node may take its identity. */
void node_remove(struct nodes *nodes, struct node *n);
/** Gives it another place. Whatever had that identity is removed. Returns how many identities it has had. */
unsigned node_move(struct nodes *nodes, struct node *n, struct node *parent, struct slice bytes);

static inline struct ident *node_ident(const struct node *n)
{
	return atomic_load_explicit(&((struct node *)n)->ident, memory_order_acquire);
}

static inline struct node *node_parent(const struct node *n)
{
	return node_ident(n)->parent;
}

static inline struct slice node_bytes(const struct node *n)
{
	const struct ident *id = node_ident(n);
	return slice_of(id->bytes, id->len);
}

static inline bool node_is(const struct node *n, uint32_t flag)
{
	return atomic_load_explicit(&((struct node *)n)->flags, memory_order_relaxed) & flag;
}

/** When there are more nodes than the most: pins up to `n` of those looked up longest ago that nothing but the kernel holds. Returns how many. */
size_t nodes_pin_oldest(struct nodes *nodes, struct node **ret, size_t n);

/** Every node but the root, pinned; the caller unpins each and frees the array. */
struct node **nodes_pin_all(struct nodes *nodes, size_t *ret_n);

#endif
