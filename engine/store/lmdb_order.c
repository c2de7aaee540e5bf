/*
 * The order of keys. LMDB calls a comparator with two keys and nothing else, so what it needs to know stands in a thread-local struct:
 * which of the two is the one that is searched, its sort part in the clear, where ciphers come from.
 */
#include "engine/base/bytes.h"
#include "engine/store/lmdb_private.h"

#define KEY_MAX 511     /* LMDB's */
#define PAGE_LEAST 4096 /* LMDB has none smaller, and its map begins on one */

static _Thread_local struct {
	struct lmdb_txn *t;
	const void *searched; /* a key that begins here is the searched one */
	const struct store_key *key;
	uint32_t table_id;
	const struct sort_cipher *cipher; /* the table's; NULL: not to be had */
	bool cipher_known, lacked;
	uintptr_t page; /* the last one that check_page() found good: most comparisons stay in theirs */
	unsigned
		matches; /* comparisons that found the very key, a long one: in the leaf, and in branches that still separate by it */
	uint8_t found[KEY_MAX]; /* the last match: the key as it is stored */
	size_t found_len;
} now;

void order_set(struct lmdb_txn *t, const void *searched, const struct store_key *key)
{
	now.t = t;
	now.searched = searched;
	now.key = key;
	now.cipher_known = now.lacked = false;
	now.page = 0;
	now.matches = 0;
	now.found_len = 0;
}

unsigned order_matches(uint8_t number[8])
{
	(void)stored_number(order_found(), number);
	return now.matches;
}

struct slice order_found(void)
{
	return slice_of(now.found, now.found_len);
}

static void note_match(struct slice stored)
{
	if (stored.len > sizeof now.found)
		return;
	memcpy(now.found, stored.ptr, stored.len);
	now.found_len = stored.len;
	now.matches += stored_is_long(stored);
}

bool order_lacked_key(void)
{
	return now.lacked;
}

const struct sort_cipher *order_cipher(struct lmdb_store *s, uint32_t table_id)
{
	return s->sort_cipher ? s->sort_cipher(table_id, s->sort_cipher_arg) : NULL;
}

static const struct sort_cipher *cipher_of(const uint8_t *prefix)
{
	uint32_t id = get_be32(prefix);
	if (!now.cipher_known || now.table_id != id) {
		now.cipher = order_cipher(now.t->s, id);
		now.table_id = id;
		now.cipher_known = true;
	}
	if (!now.cipher)
		now.lacked = true;
	return now.cipher;
}

/* The parts of a stored key with a sort part. */
static const uint8_t *siv_of(struct slice stored)
{
	return stored.ptr + STORE_PREFIX_SIZE;
}

static struct slice sealed_of(struct slice stored)
{
	struct slice rest = slice_from(stored, STORE_PREFIX_SIZE + SORT_SIV_SIZE);
	if (stored_is_long(stored))
		rest.len = SORT_INLINE_MAX;
	return rest;
}

/** The enciphered rest of a long key; empty when it is lost. */
static struct slice rest_of(struct slice stored)
{
	MDB_val k = {8, (void *)(stored.ptr + stored.len - 8)}, v;
	if (mdb_get(now.t->txn, now.t->s->dbi[STORE_LONGKEYS], &k, &v) || v.mv_size > STORE_SORT_MAX - SORT_INLINE_MAX ||
		!bytes_inside(now.t->s, v.mv_data, v.mv_size, now.t->write))
		return slice_of(NULL, 0);
	return slice_of(v.mv_data, v.mv_size);
}

/** slice_cmp() of a clear sort key with a stored one. */
static int compare_clear(const struct sort_cipher *c, struct slice clear, struct slice stored)
{
	struct slice sealed = sealed_of(stored);
	if (!stored_is_long(stored))
		return sort_compare(c, clear, siv_of(stored), sealed);
	struct slice head = {clear.ptr, clear.len < SORT_INLINE_MAX ? clear.len : SORT_INLINE_MAX};
	int order = sort_compare(c, head, siv_of(stored), sealed);
	if (order || clear.len < SORT_INLINE_MAX)
		return order;
	uint8_t tail[STORE_SORT_MAX - SORT_INLINE_MAX];
	struct slice rest = rest_of(stored);
	sort_crypt(c, siv_of(stored), SORT_INLINE_MAX, rest.ptr, tail, rest.len);
	return slice_cmp(slice_from(clear, SORT_INLINE_MAX), slice_of(tail, rest.len));
}

/** Deciphers the whole sort key of a stored key. */
static struct slice open_sort(const struct sort_cipher *c, struct slice stored, uint8_t out[STORE_SORT_MAX])
{
	struct slice sealed = sealed_of(stored);
	size_t n = sealed.len < SORT_INLINE_MAX ? sealed.len : SORT_INLINE_MAX;
	sort_crypt(c, siv_of(stored), 0, sealed.ptr, out, n);
	if (stored_is_long(stored)) {
		struct slice rest = rest_of(stored);
		sort_crypt(c, siv_of(stored), SORT_INLINE_MAX, rest.ptr, out + n, rest.len);
		n += rest.len;
	}
	return slice_of(out, n);
}

static bool has_sort(struct slice stored)
{
	return stored.len >= STORE_PREFIX_SIZE + SORT_SIV_SIZE;
}

/* Both prefixes are equal and whole. */
static int compare_sort(struct slice a, bool a_searched, struct slice b)
{
	bool a_has = a_searched ? now.key->has_sort : has_sort(a);
	if (!a_has || !has_sort(b))
		return (int)a_has - (int)has_sort(b);
	const struct sort_cipher *c = cipher_of(b.ptr);
	if (!c)
		return slice_cmp(a, b);
	if (a_searched)
		return compare_clear(c, now.key->sort, b);
	uint8_t clear[STORE_SORT_MAX];
	return compare_clear(c, open_sort(c, a, clear), b);
}

/* Sixteen bytes, all that most pairs need, without a call: a search makes some twenty comparisons. */
static int compare_prefix(struct slice a, struct slice b)
{
	if (a.len >= 16 && b.len >= 16) {
		uint64_t x = get_be64(a.ptr), y = get_be64(b.ptr);
		if (x == y) {
			x = get_be64(a.ptr + 8);
			y = get_be64(b.ptr + 8);
		}
		if (x != y)
			return x < y ? -1 : 1;
	}
	if (a.len > STORE_PREFIX_SIZE)
		a.len = STORE_PREFIX_SIZE;
	if (b.len > STORE_PREFIX_SIZE)
		b.len = STORE_PREFIX_SIZE;
	return slice_cmp(a, b);
}

/* Pages are looked at when a comparison first comes upon them: before LMDB follows anything else in them. */
static void check_page(const void *key)
{
	uintptr_t page = (uintptr_t)key / PAGE_LEAST + 1;
	if (!now.t || page == now.page)
		return;
	if (!page_trusted(now.t->s, key))
		guard_throw();
	now.page = page;
}

int order_items(const MDB_val *ka, const MDB_val *kb)
{
	struct slice a = {ka->mv_data, ka->mv_size}, b = {kb->mv_data, kb->mv_size};
	bool a_searched = a.ptr == now.searched;
	check_page(b.ptr);
	int order = compare_prefix(a, b);
	if (order || a.len < STORE_PREFIX_SIZE)
		return order;
	order = compare_sort(a, a_searched, b);
	if (order == 0)
		note_match(b);
	return order;
}

int order_plain(const MDB_val *ka, const MDB_val *kb)
{
	check_page(kb->mv_data);
	return slice_cmp(slice_of(ka->mv_data, ka->mv_size), slice_of(kb->mv_data, kb->mv_size));
}

int order_bound(const struct store_key *bound, struct slice stored, bool *within)
{
	*within = !bound->has_sort && slice_has_prefix(stored, bound->prefix);
	if (bound->has_sort) {
		int order = compare_prefix(stored, bound->prefix);
		if (order)
			return order;
		now.key = bound;
		return -compare_sort(bound->prefix, true, stored);
	}
	return slice_cmp(stored, bound->prefix);
}
