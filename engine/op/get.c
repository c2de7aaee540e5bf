#include "engine/op/row.h"

#include "engine/base/bytes.h"

struct get {
	struct table *t;
	struct data_key *dk;
	const struct key *key;
	struct item_meta *meta;
	struct buf *item;
	bool damage; /* beside the place of an item that is not there */
	bool found;
	size_t left; /* rows to look at */
};

#define ROWS_AROUND 128 /* more than a page holds: a bad key misleads searches in its own page only */

static bool is_wanted(const struct get *g, struct slice item)
{
	struct key key;
	return key_from_item(&g->t->schema, item, &key, NULL) == ST_OK && slice_eq(key.pk, g->key->pk) &&
	       slice_eq(key.sk, g->key->sk);
}

static bool look_at_row(const struct store_row *row, void *arg)
{
	struct get *g = arg;
	struct item_meta meta;
	struct slice item;
	if (row->stored.len < STORE_PREFIX_SIZE || get_be32(row->stored.ptr) != g->t->id)
		return false;
	enum status st = row_open(g->dk, row, row_scratch(), &meta, &item, NULL);
	g->damage |= st == ST_CORRUPT;
	g->found = st == ST_OK && is_wanted(g, item);
	if (g->found) {
		*g->meta = meta;
		if (g->item)
			buf_add_slice(g->item, item);
	}
	return !g->found && --g->left > 0;
}

/** Looks at up to `rows` rows on either side of the key's place. */
static enum status look_around(struct store_txn *txn, struct get *g, const struct row_key *k, size_t rows, struct err *err)
{
	struct store_range up = {.db = STORE_ITEMS, .lo = k->key};
	struct store_range down = {.db = STORE_ITEMS, .hi = k->key, .reverse = true};
	g->left = rows;
	enum status st = store_range(txn, &up, look_at_row, g, err);
	g->left = rows;
	return st || g->found ? st : store_range(txn, &down, look_at_row, g, err);
}

/**
 * A byte that went bad inside a stored key hides its row from searches, and may mislead the searches for other rows of its page. But every row
 * is still in its place, where the bad one breaks its seal. So before an item is said not to be there, the rows on both sides of its place
 * must be sound; if one is not, those around are gone through one by one.
 */
static enum status not_found(struct store_txn *txn, struct get *g, const struct row_key *k, struct err *err)
{
	enum status st = look_around(txn, g, k, 1, err);
	if (!st && g->damage)
		st = look_around(txn, g, k, ROWS_AROUND, err);
	if (st || g->found)
		return st;
	return g->damage ? err_set(err, ST_CORRUPT,
				   "the item is not found, but near its place lies a record whose seal is broken: it may have been "
				   "this one")
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
	return st == ST_NOT_FOUND ? not_found(txn, g, &k, err) : st;
}

/** A look at an item, which uses no units: a face wants to know what is there. */
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

struct get_item {
	struct get get;
	const struct get_request *r;
	struct usage usage;
};

static enum status get_item_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct get_item *g = arg;
	enum status st = get_in_txn(txn, &g->get, err);
	if (st == ST_OK || st == ST_NOT_FOUND)
		usage_add_read(
			&g->usage, g->r->table, 0, st ? 0 : g->get.meta->size, g->r->consistent ? READ_CONSISTENT : READ_EVENTUAL);
	return st;
}

static enum status get_whole(
	struct engine *e, const struct get_request *r, struct item_meta *meta, struct buf *item, struct err *err)
{
	struct item_meta unused;
	struct get_item g = {.get = {.t = r->table, .key = &r->key, .meta = meta ? meta : &unused, .item = item}, .r = r};
	enum status st = key_check(&r->table->schema, &r->key, err);
	if (!st)
		st = table_use(r->table, &g.get.dk, err);
	if (!st)
		st = usage_read(&g.usage, e, get_item_in_txn, &g, err);
	usage_give(&g.usage, r->consumed);
	return st;
}

enum status op_get_item(struct engine *e, const struct caller *c, const struct get_request *r, struct item_meta *meta,
	struct buf *item, struct err *err)
{
	if (!r->projection)
		return get_whole(e, r, meta, item, err);
	struct buf whole = BUF_INIT;
	enum status st = get_whole(e, r, meta, &whole, err);
	if (!st)
		expr_project(r->projection, buf_slice(&whole), item);
	buf_finish(&whole);
	return st;
}
