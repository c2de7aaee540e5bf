/*
 * LMDB 0.9 trusts every byte of its file. These checks read its page format first, so that a flipped byte becomes ST_STRUCTURE.
 *
 * A page: number (8), unused (2), flags (2), lower (2), upper (2), then `lower` counts the 2-byte places of the nodes, which lie packed from
 * `upper` to the end. A node: low, high, flags, key size (2 bytes each), key, data. An overflow page: number, unused, flags, how many pages
 * (4), data.
 */
#include "engine/store/lmdb_private.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "engine/base/clock.h"

#define HEADER 16
#define NODE 8
#define P_BRANCH 0x01
#define P_LEAF 0x02
#define P_OVERFLOW 0x04
#define F_BIGDATA 0x01
#define F_SUBDATA 0x02
#define DB_RECORD 48 /* of a sub-database, in a leaf of the main tree; its root page at 40 */
#define KEY_MAX 511
#define DEPTH_MAX 32
#define NO_PAGE UINT64_MAX

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static uint32_t load16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, 2);
	return v;
}

static uint64_t refresh_size(struct lmdb_store *s)
{
	struct stat st;
	if (fstat(s->data_fd, &st) == 0)
		s->file_size = (uint64_t)st.st_size;
	return s->file_size;
}

static bool in_map(const struct lmdb_store *s, const void *p)
{
	return s->map && (uintptr_t)p >= (uintptr_t)s->map && (uintptr_t)p - (uintptr_t)s->map < s->map_size;
}

static bool in_file(struct lmdb_store *s, uint64_t end)
{
	return end <= s->file_size || end <= refresh_size(s);
}

bool bytes_inside(struct lmdb_store *s, const void *p, size_t n, bool write)
{
	if (!in_map(s, p))
		return write || !s->map;
	uint64_t at = (uint64_t)((uintptr_t)p - (uintptr_t)s->map);
	return n <= s->map_size && in_file(s, at + n);
}

struct node {
	const uint8_t *at;
	size_t key_size, data_size, size; /* size: as it lies in the page, even */
	uint32_t flags;
	uint64_t child; /* of a branch's node */
	uint64_t big;   /* first overflow page of a big value */
};

static unsigned node_count(const uint8_t *page)
{
	return (load16(page + 12) - HEADER) / 2;
}

/** False when it does not lie in its page. */
static bool node_read(const uint8_t *page, unsigned i, bool leaf, uint32_t page_size, struct node *n)
{
	uint32_t at = load16(page + HEADER + 2 * i), upper = load16(page + 14);
	if (at < upper || at + NODE > page_size)
		return false;
	*n = (struct node){.at = page + at, .key_size = load16(page + at + 6), .flags = load16(page + at + 4)};
	uint64_t low = load16(n->at) | (uint64_t)load16(n->at + 2) << 16;
	size_t inside = 0;
	if (leaf) {
		n->data_size = low;
		inside = n->flags & F_BIGDATA ? 8 : low;
	} else {
		n->child = low | (uint64_t)n->flags << 32;
	}
	n->size = (NODE + n->key_size + inside + 1) & ~(size_t)1;
	if (n->key_size > KEY_MAX || at + NODE + n->key_size + inside > page_size)
		return false;
	if (leaf && n->flags & F_BIGDATA)
		n->big = load64(n->at + NODE + n->key_size);
	return !leaf || n->flags == 0 || n->flags == F_BIGDATA || n->flags == F_SUBDATA;
}

static bool page_exists(struct lmdb_store *s, uint64_t number)
{
	return number >= 2 && number < s->checked_pages && in_file(s, (number + 1) * s->page_size);
}

/** Whether the page is a branch or leaf in itself: places, sizes, that its nodes fill it without gaps. */
static bool page_sound(struct lmdb_store *s, uint64_t number)
{
	const uint8_t *page = s->map + number * s->page_size;
	uint32_t flags = load16(page + 10), lower = load16(page + 12), upper = load16(page + 14);
	bool leaf = flags == P_LEAF;
	if (load64(page) != number || (!leaf && flags != P_BRANCH) || lower < HEADER + 2 || lower % 2 || upper < lower ||
		upper > s->page_size)
		return false;
	if (!leaf && node_count(page) < 2)
		return false;
	size_t filled = 0;
	for (unsigned i = 0; i < node_count(page); i++) {
		struct node n;
		if (!node_read(page, i, leaf, s->page_size, &n))
			return false;
		if (!leaf && !page_exists(s, n.child))
			return false;
		if (leaf && n.flags & F_BIGDATA && !page_exists(s, n.big))
			return false;
		filled += n.size;
	}
	return filled == s->page_size - upper;
}

static void mark_checked(struct lmdb_store *s, uint64_t number)
{
	atomic_fetch_or_explicit(&s->checked[number / 64], UINT64_C(1) << number % 64, memory_order_relaxed);
}

bool page_trusted(struct lmdb_store *s, const void *p)
{
	if (!in_map(s, p))
		return true;
	uint64_t number = (uint64_t)((uintptr_t)p - (uintptr_t)s->map) / s->page_size;
	if (atomic_load_explicit(&s->checked[number / 64], memory_order_relaxed) >> number % 64 & 1)
		return true;
	if (!in_file(s, (number + 1) * s->page_size) || !page_sound(s, number))
		return false;
	mark_checked(s, number);
	return true;
}

static uint64_t overflow_pages(const struct lmdb_store *s, uint64_t data_size)
{
	return (HEADER - 1 + data_size) / s->page_size + 1;
}

static uint32_t pages_held(const struct lmdb_store *s, uint64_t number)
{
	uint32_t pages;
	memcpy(&pages, s->map + number * s->page_size + 12, 4);
	return pages;
}

/* A value that shrank keeps its pages, so they may be more than it needs. */
static bool overflow_sound(struct lmdb_store *s, uint64_t number, uint64_t data_size)
{
	const uint8_t *page = s->map + number * s->page_size;
	return load64(page) == number && load16(page + 10) == P_OVERFLOW && pages_held(s, number) >= overflow_pages(s, data_size) &&
	       page_exists(s, number + pages_held(s, number) - 1);
}

/* Only the value of an overflow page begins right after a page's header. */
bool value_trusted(struct lmdb_store *s, const void *p, size_t n)
{
	if (!in_map(s, p))
		return true;
	uint64_t at = (uint64_t)((uintptr_t)p - (uintptr_t)s->map);
	return at % s->page_size != HEADER || overflow_sound(s, at / s->page_size, n);
}

/* The walk over the whole structure. */

struct pages_walk {
	struct lmdb_store *s;
	uint64_t *used;
	uint64_t pages; /* up to the last one that the meta page knows */
	uint64_t deadline_ns, visited;
	uint64_t roots[16];
	unsigned root_count;
	bool late;
};

/** False when the pages are out of the file, or in use elsewhere. */
static bool take(struct pages_walk *w, uint64_t number, uint64_t n)
{
	if (number < 2 || n > w->pages || number > w->pages - n)
		return false;
	for (uint64_t i = number; i < number + n; i++) {
		if (w->used[i / 64] >> i % 64 & 1)
			return false;
		w->used[i / 64] |= UINT64_C(1) << i % 64;
	}
	return true;
}

typedef bool leaf_fn(struct pages_walk *w, const struct node *n);

static bool walk_leaf(struct pages_walk *w, const uint8_t *page, leaf_fn *fn)
{
	for (unsigned i = 0; i < node_count(page); i++) {
		struct node n;
		if (!node_read(page, i, true, w->s->page_size, &n))
			return false;
		if (n.flags & F_BIGDATA && (!page_exists(w->s, n.big) || !overflow_sound(w->s, n.big, n.data_size) ||
						   !take(w, n.big, pages_held(w->s, n.big))))
			return false;
		if (fn && !fn(w, &n))
			return false;
	}
	return true;
}

static bool walk_tree(struct pages_walk *w, uint64_t root, unsigned depth, leaf_fn *fn)
{
	if (w->visited++ % 64 == 0 && clock_monotonic_ns() > w->deadline_ns)
		w->late = true;
	if (w->late)
		return true;
	if (depth > DEPTH_MAX || !take(w, root, 1) || !page_trusted(w->s, w->s->map + root * w->s->page_size))
		return false;
	const uint8_t *page = w->s->map + root * w->s->page_size;
	if (load16(page + 10) == P_LEAF)
		return walk_leaf(w, page, fn);
	for (unsigned i = 0; i < node_count(page); i++) {
		struct node n;
		if (!node_read(page, i, false, w->s->page_size, &n) || !walk_tree(w, n.child, depth + 1, fn))
			return false;
	}
	return true;
}

static const uint8_t *node_data(const struct pages_walk *w, const struct node *n)
{
	return n->flags & F_BIGDATA ? w->s->map + n->big * w->s->page_size + HEADER : n->at + NODE + n->key_size;
}

/** A record of the free list: how many, then page numbers, falling. */
static bool free_record(struct pages_walk *w, const struct node *n)
{
	const uint8_t *list = node_data(w, n);
	if (n->key_size != 8 || n->data_size < 8)
		return false;
	uint64_t count = load64(list), before = NO_PAGE;
	if (count > n->data_size / 8 - 1)
		return false;
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t number = load64(list + 8 * i);
		if (number >= before || !take(w, number, 1))
			return false;
		before = number;
	}
	return true;
}

/** A record of the main tree: a sub-database. */
static bool sub_database(struct pages_walk *w, const struct node *n)
{
	if (n->flags != F_SUBDATA || n->data_size != DB_RECORD || w->root_count == sizeof w->roots / sizeof w->roots[0])
		return false;
	w->roots[w->root_count++] = load64(n->at + NODE + n->key_size + 40);
	return true;
}

static bool walk_root(struct pages_walk *w, uint64_t root, leaf_fn *fn)
{
	return root == NO_PAGE || walk_tree(w, root, 0, fn);
}

bool pages_walk(struct lmdb_store *s, uint64_t budget_ns)
{
	const uint8_t *a = s->map + HEADER, *b = a + s->page_size;
	const uint8_t *meta = load64(a + 128) > load64(b + 128) ? a : b; /* its transaction number */
	struct pages_walk w = {.s = s, .pages = load64(meta + 120) + 1, .deadline_ns = clock_monotonic_ns() + budget_ns};
	if (w.pages > s->checked_pages || w.pages < 2)
		return false;
	w.used = calloc(w.pages / 64 + 1, 8);
	if (!w.used)
		return true;
	bool good = walk_root(&w, load64(meta + 24 + DB_RECORD + 40), sub_database);
	for (unsigned i = 0; good && i < w.root_count; i++)
		good = walk_root(&w, w.roots[i], NULL);
	w.late = false; /* the free list is looked at in any case: what it says is free is overwritten */
	w.deadline_ns = clock_monotonic_ns() + budget_ns;
	good = good && walk_root(&w, load64(meta + 24 + 40), free_record);
	free(w.used);
	return good;
}
