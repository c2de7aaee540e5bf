#include "engine/op/row.h"

#include "engine/base/bytes.h"

struct get {
	struct table *t;
	struct data_key *dk;
	const struct key *key;
	struct item_meta *meta;
	struct buf *item;
	bool damage; /* beside the place of an item that is not there */
};

static bool look_at_neighbour(const struct store_row *row, void *arg)
{
	struct get *g = arg;
	struct item_meta meta;
	struct slice item;
	bool ours = row->stored.len >= STORE_PREFIX_SIZE && get_be32(row->stored.ptr) == g->t->id;
	g->damage |= ours && row_open(g->dk, row, row_scratch(), &meta, &item, NULL) == ST_CORRUPT;
	return false;
}

/**
 * A byte that went bad inside a stored key hides its row from searches, but leaves it in its place, where it breaks its seal. So before an item
 * is said not to be there, the rows on both sides of its place must be sound: what was lost is not to pass for what never was.
 */
static enum status check_neighbours(struct store_txn *txn, struct get *g, const struct row_key *k, struct err *err)
{
	struct store_range up = {.db = STORE_ITEMS, .lo = k->key};
	struct store_range down = {.db = STORE_ITEMS, .hi = k->key, .reverse = true};
	enum status st = store_range(txn, &up, look_at_neighbour, g, err);
	if (!st && !g->damage)
		st = store_range(txn, &down, look_at_neighbour, g, err);
	if (st)
		return st;
	return g->damage ? err_set(err, ST_CORRUPT,
				   "the item is not there, but beside its place lies a record whose seal is broken: it may have "
				   "been this one")
			 : err_code(err, ST_NOT_FOUND);
}

static enum status get_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct get *g = arg;
	struct row_key k;
	struct slice item;
	row_key_init(&k, g->t, g->dk, g->key);
	enum status st = row_get(txn, g->dk, &k, g->meta, &item, err);
	if (!st && g->item)
		buf_add_slice(g->item, item);
	return st == ST_NOT_FOUND ? check_neighbours(txn, g, &k, err) : st;
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
