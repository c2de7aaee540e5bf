#include "engine/base/bytes.h"
#include "engine/table/state.h"

struct store_key meta_key(enum meta_kind kind, uint32_t table_id, uint8_t space[META_KEY_SIZE])
{
	space[0] = (uint8_t)kind;
	put_be32(space + 1, table_id);
	return store_key_plain(slice_of(space, META_KEY_SIZE));
}

enum status meta_get(struct engine *e, struct store_txn *txn, enum meta_kind kind, uint32_t id, struct buf *plain, struct err *err)
{
	uint8_t space[META_KEY_SIZE];
	struct store_key key = meta_key(kind, id, space);
	struct store_row row;
	enum status st = store_get(txn, STORE_META, &key, &row, err);
	if (st)
		return st;
	return unseal_record(e->meta_key->seal, STORE_META, row.stored, row.value, plain, err);
}

enum status meta_put(struct engine *e, struct store_txn *txn, enum meta_kind kind, uint32_t id, struct slice plain, struct err *err)
{
	uint8_t space[META_KEY_SIZE], *value;
	struct store_key key = meta_key(kind, id, space);
	struct store_row row;
	enum status st = store_put(txn, STORE_META, &key, seal_size(plain.len), &value, &row, err);
	if (st)
		return st;
	seal_record(e->meta_key->seal, STORE_META, row.stored, plain, value);
	return ST_OK;
}

enum status meta_del(struct store_txn *txn, enum meta_kind kind, uint32_t id, struct err *err)
{
	uint8_t space[META_KEY_SIZE];
	struct store_key key = meta_key(kind, id, space);
	enum status st = store_del(txn, STORE_META, &key, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

struct each {
	struct engine *e;
	meta_fn *fn;
	void *arg;
	struct buf plain;
};

static bool each_row(const struct store_row *row, void *arg)
{
	struct each *x = arg;
	struct err ignored;
	if (row->stored.len != META_KEY_SIZE)
		return true;
	buf_reset(&x->plain);
	enum status st = unseal_record(x->e->meta_key->seal, STORE_META, row->stored, row->value, &x->plain, &ignored);
	return x->fn(st, get_be32(row->stored.ptr + 1), buf_slice(&x->plain), x->arg);
}

enum status meta_each(struct engine *e, struct store_txn *txn, enum meta_kind kind, meta_fn *fn, void *arg, struct err *err)
{
	uint8_t lo[META_KEY_SIZE], hi[META_KEY_SIZE];
	struct store_range range = {.db = STORE_META, .lo = meta_key(kind, 0, lo), .hi = meta_key(kind, UINT32_MAX, hi)};
	struct each x = {e, fn, arg, BUF_INIT};
	enum status st = store_range(txn, &range, each_row, &x, err);
	buf_finish(&x.plain);
	return st;
}
