/* get, put and del over one LMDB transaction. */
#include "engine/base/bytes.h"
#include "engine/store/lmdb_private.h"

#include <assert.h>

static struct lmdb_txn *txn_of(struct store_txn *txn)
{
	return (struct lmdb_txn *)txn;
}

/** What LMDB is given to search by: the prefix; the sort part reaches the comparator in the clear, beside it. */
static MDB_val search_key(struct lmdb_txn *t, const struct store_key *key)
{
	order_set(t, key->prefix.ptr, key);
	return (MDB_val){key->prefix.len, (void *)key->prefix.ptr};
}

static enum status locked(const struct store_key *key, struct err *err)
{
	return err_set(err, ST_KEY_LOCKED, "the key of table %u is not available", get_be32(key->prefix.ptr));
}

static enum status find(struct lmdb_txn *t, enum store_db db, const struct store_key *key, MDB_val *k, MDB_val *v, struct err *err)
{
	MDB_cursor **c = &t->cursors[db];
	int rc = *c ? 0 : call_cursor_open(t, db, c);
	*k = search_key(t, key);
	if (!rc)
		rc = call_cursor_get(t, *c, k, v, MDB_SET_KEY);
	if (order_lacked_key())
		return locked(key, err);
	if (rc == MDB_NOTFOUND)
		return ST_NOT_FOUND;
	return rc ? lmdb_status(t->s, rc, "read", err) : ST_OK;
}

enum status lmdb_get(struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row, struct err *err)
{
	MDB_val k, v;
	enum status st = find(txn_of(txn), db, key, &k, &v, err);
	if (!st)
		*row = (struct store_row){slice_of(k.mv_data, k.mv_size), slice_of(v.mv_data, v.mv_size)};
	return st;
}

/* Long keys: the rest of the sort part under a number of its own in STORE_LONGKEYS; the stored key ends in the number. */

static const char counter_name[] = "next";

static int set_next(struct lmdb_txn *t, uint64_t next)
{
	struct store_key name = store_key_plain(slice_str(counter_name));
	MDB_val k = search_key(t, &name), v = {sizeof next, &next};
	return call_put(t, STORE_LONGKEYS, &k, &v, 0);
}

static enum status next_number(struct lmdb_txn *t, uint64_t *number, struct err *err)
{
	struct store_key name = store_key_plain(slice_str(counter_name));
	MDB_val k, v;
	*number = 1;
	enum status st = find(t, STORE_LONGKEYS, &name, &k, &v, err);
	if (st && st != ST_NOT_FOUND)
		return st;
	if (!st && v.mv_size == sizeof *number)
		memcpy(number, v.mv_data, sizeof *number);
	int rc = set_next(t, *number + 1);
	return rc ? lmdb_status(t->s, rc, "write", err) : ST_OK;
}

enum status lmdb_raise_number(struct lmdb_txn *t, uint64_t given, struct err *err)
{
	struct store_key name = store_key_plain(slice_str(counter_name));
	MDB_val k, v;
	uint64_t next = 0;
	enum status st = find(t, STORE_LONGKEYS, &name, &k, &v, err);
	if (st && st != ST_NOT_FOUND)
		return st;
	if (!st && v.mv_size == sizeof next)
		memcpy(&next, v.mv_data, sizeof next);
	int rc = next > given ? 0 : set_next(t, given + 1);
	return rc ? lmdb_status(t->s, rc, "write", err) : ST_OK;
}

/** Stores the enciphered rest under a new number and writes the number to `id`. */
static enum status put_rest(
	struct lmdb_txn *t, const struct sort_cipher *c, const uint8_t *siv, struct slice sort, uint8_t id[8], struct err *err)
{
	uint64_t number;
	enum status st = next_number(t, &number, err);
	if (st)
		return st;
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(number >> 8 * (7 - i));
	struct store_key key = store_key_plain(slice_of(id, 8));
	MDB_val k = search_key(t, &key), v = {sort.len - SORT_INLINE_MAX, NULL};
	int rc = call_put(t, STORE_LONGKEYS, &k, &v, MDB_RESERVE);
	if (rc)
		return lmdb_status(t->s, rc, "write", err);
	sort_crypt(c, siv, SORT_INLINE_MAX, sort.ptr + SORT_INLINE_MAX, v.mv_data, sort.len - SORT_INLINE_MAX);
	return ST_OK;
}

int lmdb_del_rest(struct lmdb_txn *t, const uint8_t number[8])
{
	struct store_key key = store_key_plain(slice_of(number, 8));
	MDB_val k = search_key(t, &key);
	int rc = call_del(t, STORE_LONGKEYS, &k);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

bool stored_number(struct slice stored, uint8_t id[8])
{
	if (!stored_is_long(stored))
		return false;
	memcpy(id, stored.ptr + stored.len - 8, 8);
	return true;
}

/* A row that is there keeps its number, since LMDB may keep its key in place. And a branch page may still separate by the key of a row that
 * is gone: its rest is there too, and the same. */
static enum status number_for(struct lmdb_txn *t, const struct sort_cipher *c, const struct store_key *key, const uint8_t *siv,
	uint8_t id[8], struct err *err)
{
	MDB_val k, v;
	enum status st = find(t, STORE_ITEMS, key, &k, &v, err);
	if (st == ST_OK || (st == ST_NOT_FOUND && order_matches(id) > 0))
		return st || stored_number(slice_of(k.mv_data, k.mv_size), id) ? ST_OK : err_code(err, ST_STRUCTURE);
	return st == ST_NOT_FOUND ? put_rest(t, c, siv, key->sort, id, err) : st;
}

/** The key as it is stored, in t->stored. */
static enum status build_key(struct lmdb_txn *t, enum store_db db, const struct store_key *key, MDB_val *k, struct err *err)
{
	uint8_t *to = t->stored, *siv = to + STORE_PREFIX_SIZE;
	memcpy(to, key->prefix.ptr, key->prefix.len);
	*k = (MDB_val){key->prefix.len, to};
	if (db != STORE_ITEMS || !key->has_sort)
		return ST_OK;
	const struct sort_cipher *c = order_cipher(t->s, get_be32(to));
	if (!c)
		return locked(key, err);
	size_t n = key->sort.len < SORT_INLINE_MAX ? key->sort.len : SORT_INLINE_MAX;
	sort_siv(c, to + 6, key->sort, siv);
	sort_crypt(c, siv, 0, key->sort.ptr, siv + SORT_SIV_SIZE, n);
	k->mv_size += SORT_SIV_SIZE + n;
	if (key->sort.len <= SORT_INLINE_MAX)
		return ST_OK;
	k->mv_size += 8;
	enum status st = number_for(t, c, key, siv, to + STORED_KEY_MAX - 8, err);
	if (!st)
		record_rest(t, slice_of(to, k->mv_size), c, key->sort);
	return st;
}

static_assert(STORED_KEY_MAX <= 511 && STORE_PLAIN_KEY_MAX <= 511, "LMDB's longest key");

enum status lmdb_put(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len, uint8_t **value,
	struct store_row *row, struct err *err)
{
	struct lmdb_txn *t = txn_of(txn);
	MDB_val k, v = {len, NULL};
	assert(t->write);
	record_settle(t);
	enum status st = t->tight && db == STORE_ITEMS ? err_code(err, ST_FULL) : build_key(t, db, key, &k, err);
	if (st)
		return st;
	order_set(t, k.mv_data, key);
	int rc = call_put(t, db, &k, &v, MDB_RESERVE);
	if (rc)
		return lmdb_status(t->s, rc, "write", err);
	atomic_fetch_add_explicit(&t->s->dirty_bytes, len + 4096, memory_order_relaxed);
	*value = v.mv_data;
	*row = (struct store_row){slice_of(k.mv_data, k.mv_size), slice_of(v.mv_data, len)};
	record_put(t, db, row->stored, row->value);
	return ST_OK;
}

/* The row goes first: finding it takes the rest of its key. A match besides the one in the leaf is a branch page that separates by this
 * key, and goes on to need its rest. */
int lmdb_del_row(struct lmdb_txn *t, enum store_db db, MDB_val *k)
{
	uint8_t number[8];
	int rc = call_del(t, db, k);
	atomic_fetch_add_explicit(&t->s->dirty_bytes, 4096, memory_order_relaxed);
	if (rc)
		return rc;
	record_del(t, db, db == STORE_ITEMS ? order_found() : slice_of(k->mv_data, k->mv_size));
	return order_matches(number) == 1 ? lmdb_del_rest(t, number) : 0;
}

enum status lmdb_del(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err)
{
	struct lmdb_txn *t = txn_of(txn);
	assert(t->write);
	record_settle(t);
	MDB_val k = search_key(t, key);
	int rc = lmdb_del_row(t, db, &k);
	if (order_lacked_key())
		return locked(key, err);
	if (rc == MDB_NOTFOUND)
		return ST_NOT_FOUND;
	return rc ? lmdb_status(t->s, rc, "delete", err) : ST_OK;
}
