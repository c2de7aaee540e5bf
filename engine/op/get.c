#include "engine/op/row.h"

struct get {
	struct table *t;
	struct data_key *dk;
	const struct key *key;
	struct item_meta *meta;
	struct buf *item;
};

static enum status get_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct get *g = arg;
	struct row_key k;
	struct slice item;
	row_key_init(&k, g->t, g->dk, g->key);
	enum status st = row_get(txn, g->dk, &k, g->meta, &item, err);
	if (!st && g->item)
		buf_add_slice(g->item, item);
	return st == ST_NOT_FOUND ? err_code(err, ST_NOT_FOUND) : st;
}

enum status op_get(struct engine *e, const struct caller *c, struct table *t, const struct key *key, struct item_meta *meta,
	struct buf *item, struct err *err)
{
	struct item_meta unused;
	struct get g = {.t = t, .key = key, .meta = meta ? meta : &unused, .item = item};
	enum status st = key_check(&t->schema, key, err);
	if (!st)
		st = table_use(t, &g.dk, err);
	return st ? st : store_read(e->store, get_in_txn, &g, err);
}
