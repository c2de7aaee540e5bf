#include "fs/node.h"

#include <sodium.h>
#include <stdlib.h>

#define BUCKETS_MIN 1024

void nodes_init(struct nodes *nodes, const struct kind *root_kind, size_t max)
{
	*nodes = (struct nodes){.max = max, .mask = BUCKETS_MIN - 1};
	mutex_init(&nodes->lock);
	nodes->buckets = xcalloc(BUCKETS_MIN, sizeof *nodes->buckets);
	randombytes_buf(nodes->hash_key, sizeof nodes->hash_key);
	nodes->root = xcalloc(1, sizeof *nodes->root);
	nodes->root->kind = root_kind;
	nodes->root->pins = 1;
	atomic_store(&nodes->root->ident, &nodes->root->first);
}

size_t nodes_count(struct nodes *nodes)
{
	mutex_lock(&nodes->lock);
	size_t n = nodes->count;
	mutex_unlock(&nodes->lock);
	return n;
}

bool nodes_over(struct nodes *nodes)
{
	return nodes_count(nodes) > nodes->max;
}

fuse_ino_t node_number(const struct nodes *nodes, const struct node *n)
{
	return n == nodes->root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)n;
}

struct node *node_from_number(const struct nodes *nodes, fuse_ino_t number)
{
	return number == FUSE_ROOT_ID ? nodes->root : (struct node *)(uintptr_t)number;
}

static uint32_t hash_of(const struct nodes *nodes, const struct node *parent, const struct kind *kind, struct slice bytes)
{
	uint8_t in[crypto_shorthash_BYTES], key[16];
	uint64_t where[2] = {(uintptr_t)parent, (uintptr_t)kind}, out;
	memcpy(key, nodes->hash_key, sizeof key);
	for (size_t i = 0; i < sizeof key; i++)
		key[i] ^= ((const uint8_t *)where)[i];
	crypto_shorthash(in, bytes.ptr ? bytes.ptr : (const uint8_t *)"", bytes.len, key);
	memcpy(&out, in, sizeof out);
	return (uint32_t)(out ^ (out >> 32));
}

static void age_remove(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	*(n->older ? &n->older->newer : &nodes->oldest) = n->newer;
	*(n->newer ? &n->newer->older : &nodes->newest) = n->older;
	n->older = n->newer = NULL;
}

static void age_add(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	n->older = nodes->newest;
	n->newer = NULL;
	*(nodes->newest ? &nodes->newest->newer : &nodes->oldest) = n;
	nodes->newest = n;
}

static void touch(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	if (n == nodes->newest)
		return;
	age_remove(nodes, n);
	age_add(nodes, n);
}

static void grow(struct nodes *nodes) REQUIRES(nodes->lock)
{
	size_t mask = nodes->mask * 2 + 1;
	struct node **buckets = xcalloc(mask + 1, sizeof *buckets);
	for (size_t i = 0; i <= nodes->mask; i++) {
		for (struct node *n = nodes->buckets[i], *next; n; n = next) {
			next = n->chain;
			n->chain = buckets[n->hash & mask];
			buckets[n->hash & mask] = n;
		}
	}
	free(nodes->buckets);
	nodes->buckets = buckets;
	nodes->mask = mask;
}

static void hash_add(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	struct node **bucket = &nodes->buckets[n->hash & nodes->mask];
	n->chain = *bucket;
	*bucket = n;
}

static void hash_remove(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	for (struct node **at = &nodes->buckets[n->hash & nodes->mask]; *at; at = &(*at)->chain) {
		if (*at == n) {
			*at = n->chain;
			break;
		}
	}
}

static struct node *hash_find(struct nodes *nodes, uint32_t hash, const struct node *parent, const struct kind *kind,
	struct slice bytes) REQUIRES(nodes->lock)
{
	for (struct node *n = nodes->buckets[hash & nodes->mask]; n; n = n->chain) {
		if (n->hash == hash && n->kind == kind && node_parent(n) == parent && slice_eq(node_bytes(n), bytes))
			return n;
	}
	return NULL;
}

static struct node *make(struct nodes *nodes, struct node *parent, const struct kind *kind, struct slice bytes, struct table *table)
	REQUIRES(nodes->lock)
{
	struct node *n = xcalloc(1, sizeof *n + bytes.len);
	n->kind = kind;
	n->first.parent = parent;
	n->first.len = (uint16_t)bytes.len;
	n->first.bytes = (uint8_t *)(n + 1);
	if (bytes.len)
		memcpy(n->first.bytes, bytes.ptr, bytes.len);
	atomic_store_explicit(&n->ident, &n->first, memory_order_relaxed);
	n->table = parent->table ? parent->table : table ? table_ref(table) : NULL;
	parent->pins++;
	return n;
}

static struct node *enter(struct nodes *nodes, uint32_t hash, struct node *parent, const struct kind *kind, struct slice bytes,
	struct table *table, uint32_t flags) REQUIRES(nodes->lock)
{
	struct node *n = hash_find(nodes, hash, parent, kind, bytes);
	if (n) {
		touch(nodes, n);
		return n;
	}
	n = make(nodes, parent, kind, bytes, table);
	n->hash = hash;
	atomic_store_explicit(&n->flags, flags | (node_is(parent, NODE_TYPED) ? NODE_TYPED : 0), memory_order_relaxed);
	if (nodes->count++ > nodes->mask)
		grow(nodes);
	hash_add(nodes, n);
	age_add(nodes, n);
	return n;
}

struct node *node_enter(
	struct nodes *nodes, struct node *parent, const struct kind *kind, struct slice bytes, struct table *table, uint32_t flags)
{
	uint32_t hash = hash_of(nodes, parent, kind, bytes);
	mutex_lock(&nodes->lock);
	struct node *n = enter(nodes, hash, parent, kind, bytes, table, flags);
	n->lookups++;
	mutex_unlock(&nodes->lock);
	return n;
}

struct node *node_find(struct nodes *nodes, struct node *parent, const struct kind *kind, struct slice bytes)
{
	uint32_t hash = hash_of(nodes, parent, kind, bytes);
	mutex_lock(&nodes->lock);
	struct node *n = hash_find(nodes, hash, parent, kind, bytes);
	if (n)
		n->pins++;
	mutex_unlock(&nodes->lock);
	return n;
}

/** Takes `n` out of everything when nobody holds it, then its parent likewise. The dead are chained. */
static void reap(struct nodes *nodes, struct node *n, struct node **dead) REQUIRES(nodes->lock)
{
	while (n && n->lookups == 0 && n->pins == 0) {
		if (!node_is(n, NODE_GONE))
			hash_remove(nodes, n);
		age_remove(nodes, n);
		nodes->count--;
		n->chain = *dead;
		*dead = n;
		for (struct ident *id = node_ident(n)->before; id; id = id->before) {
			id->parent->pins--;
			reap(nodes, id->parent, dead);
		}
		struct node *parent = node_parent(n);
		if (parent->table) /* borrowed from it, and it may be freed before bury() */
			n->table = NULL;
		n = parent;
		n->pins--;
	}
}

static void free_idents(struct node *n)
{
	for (struct ident *id = node_ident(n), *before; id != &n->first; id = before) {
		before = id->before;
		free(id);
	}
}

/** Outside the lock: releasing a table may take the engine's. */
static void bury(struct node *dead)
{
	for (struct node *next; dead; dead = next) {
		next = dead->chain;
		table_unref(dead->table);
		free_idents(dead);
		free(dead);
	}
}

void node_forget(struct nodes *nodes, struct node *n, uint64_t lookups)
{
	if (n == nodes->root)
		return;
	mutex_lock(&nodes->lock);
	n->lookups -= lookups < n->lookups ? lookups : n->lookups;
	struct node *dead = NULL;
	reap(nodes, n, &dead);
	mutex_unlock(&nodes->lock);
	bury(dead);
}

void node_pin(struct nodes *nodes, struct node *n)
{
	mutex_lock(&nodes->lock);
	n->pins++;
	mutex_unlock(&nodes->lock);
}

void node_unpin(struct nodes *nodes, struct node *n)
{
	if (!n)
		return;
	mutex_lock(&nodes->lock);
	n->pins--;
	struct node *dead = NULL;
	reap(nodes, n, &dead);
	mutex_unlock(&nodes->lock);
	bury(dead);
}

static void remove_locked(struct nodes *nodes, struct node *n) REQUIRES(nodes->lock)
{
	if (node_is(n, NODE_GONE))
		return;
	hash_remove(nodes, n);
	atomic_fetch_or(&n->flags, NODE_GONE);
}

void node_remove(struct nodes *nodes, struct node *n)
{
	mutex_lock(&nodes->lock);
	remove_locked(nodes, n);
	mutex_unlock(&nodes->lock);
}

unsigned node_move(struct nodes *nodes, struct node *n, struct node *parent, struct slice bytes)
{
	struct ident *id = xcalloc(1, sizeof *id + bytes.len);
	uint32_t hash = hash_of(nodes, parent, n->kind, bytes);
	id->parent = parent;
	id->len = (uint16_t)bytes.len;
	id->bytes = (uint8_t *)(id + 1);
	memcpy(id->bytes, bytes.ptr, bytes.len);
	mutex_lock(&nodes->lock);
	struct node *other = hash_find(nodes, hash, parent, n->kind, bytes);
	if (other)
		remove_locked(nodes, other);
	if (!node_is(n, NODE_GONE))
		hash_remove(nodes, n);
	id->before = node_ident(n);
	id->moves = (uint16_t)(id->before->moves + 1);
	parent->pins++;
	atomic_store_explicit(&n->ident, id, memory_order_release);
	atomic_fetch_and(&n->flags, ~(uint32_t)NODE_GONE);
	n->hash = hash;
	hash_add(nodes, n);
	unsigned moves = id->moves;
	mutex_unlock(&nodes->lock);
	return moves;
}

size_t nodes_pin_oldest(struct nodes *nodes, struct node **ret, size_t n)
{
	size_t found = 0, looked = 0;
	mutex_lock(&nodes->lock);
	while (nodes->count > nodes->max + found && found < n && looked++ < 2 * n) {
		struct node *oldest = nodes->oldest;
		touch(nodes, oldest); /* so that the next call looks further when the kernel keeps this one */
		if (oldest->pins > 0 || oldest->lookups == 0 || node_is(oldest, NODE_GONE))
			continue;
		oldest->pins++;
		ret[found++] = oldest;
	}
	mutex_unlock(&nodes->lock);
	return found;
}

struct node **nodes_pin_all(struct nodes *nodes, size_t *ret_n)
{
	size_t n = 0;
	mutex_lock(&nodes->lock);
	struct node **all = xcalloc(nodes->count + 1, sizeof *all);
	for (struct node *at = nodes->newest; at; at = at->older) {
		at->pins++;
		all[n++] = at;
	}
	mutex_unlock(&nodes->lock);
	*ret_n = n;
	return all;
}

void nodes_finish(struct nodes *nodes)
{
	struct node *n, *next;
	if (!nodes->root)
		return;
	/* All parents must still say whose the table is: nothing is changed or freed before the second pass. */
	for (n = nodes->newest; n; n = n->older) {
		if (n->table && !node_parent(n)->table)
			table_unref(n->table);
	}
	for (n = nodes->newest; n; n = next) {
		next = n->older;
		free_idents(n);
		free(n);
	}
	free(nodes->root);
	free(nodes->buckets);
	mutex_finish(&nodes->lock);
	nodes->root = NULL;
}
