/*
 * Item collections: of tables with local indexes, the items of one partition key and their entries in local indexes may take LIMIT_COLLECTION
 * together. Their size is kept in a row of its own, beside the rows of indexes: index id INDEX_COLLECTIONS, no sort part, 8 bytes
 * little-endian under the seal.
 */
#include "engine/base/bytes.h"
#include "engine/op/index.h"

static void place(struct row_key *k, const struct change_ctx *x, const struct key *key)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	data_key_hash(x->dk, key->pk, hash);
	row_key_in(k, x->t, INDEX_COLLECTIONS, hash);
}

/** 0 where there is none, or one that cannot be read: it then counts anew. */
static enum status read_size(
	struct store_txn *txn, const struct change_ctx *x, const struct row_key *k, uint64_t *ret, struct err *err)
{
	struct store_row row;
	struct buf plain = BUF_INIT;
	*ret = 0;
	enum status st = store_get(txn, STORE_ITEMS, &k->key, &row, err);
	if (!st && !unseal_record(x->dk->seal, STORE_ITEMS, row.stored, row.value, &plain, NULL) && plain.len == 8)
		*ret = get_le64(plain.ptr);
	buf_finish(&plain);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status write_size(
	struct store_txn *txn, const struct change_ctx *x, const struct row_key *k, uint64_t size, struct err *err)
{
	uint8_t plain[8];
	if (size) {
		put_le64(plain, size);
		return row_put(txn, x->dk, k, slice_of(plain, sizeof plain), err);
	}
	enum status st = store_del(txn, STORE_ITEMS, &k->key, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/** What an item and its local entries take. */
static uint64_t footprint(const struct index_set *set, struct slice item, size_t size)
{
	struct key key;
	uint64_t sum = size;
	for (size_t i = 0; item.len && i < set->count; i++) {
		const struct index *x = set->entries[i].x;
		if (x->local && !index_key(x, item, &key))
			sum += index_entry_size(x, item, size);
	}
	return sum;
}

enum status collection_count(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c, struct err *err)
{
	const struct index_set *set = x->t->writing;
	struct row_key k;
	uint64_t size;
	if (!set || !set->local)
		return ST_OK;
	place(&k, x, c->key);
	enum status st = read_size(txn, x, &k, &size, err);
	if (st)
		return st;
	uint64_t less = footprint(set, c->old, c->old_size), more = footprint(set, c->now, c->now_size);
	uint64_t now = (size > less ? size - less : 0) + more;
	if (more > less && now > x->e->collection_max)
		return err_set(err, ST_COLLECTION_FULL, "Collection size exceeded.");
	if (x->collection)
		*x->collection = (struct collection){.present = true, .bytes = now};
	return now == size ? ST_OK : write_size(txn, x, &k, now, err);
}
