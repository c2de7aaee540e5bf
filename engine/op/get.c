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
	bool astray;
	row_key_init(&k, g->t, g->dk, g->key);
	enum status st = row_find(txn, &(struct row_place){g->t, g->dk, g->key, &k}, g->meta, &item, &astray, err);
	if (!st && g->item)
		buf_add_slice(g->item, item);
	return st;
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
	enum status st = usage_admit(&g->usage, g->r->table, 0, METER_READ, err);
	if (!st)
		st = get_in_txn(txn, &g->get, err);
	if (st == ST_OK || st == ST_NOT_FOUND)
		usage_add_read(
			&g->usage, g->r->table, 0, st ? 0 : g->get.meta->size, g->r->consistent ? READ_CONSISTENT : READ_EVENTUAL);
	return st;
}

static enum status get_whole(struct engine *e, const struct caller *c, const struct get_request *r, struct item_meta *meta,
	struct buf *item, struct err *err)
{
	struct item_meta unused;
	struct get_item g;
	g.get = (struct get){.t = r->table, .key = &r->key, .meta = meta ? meta : &unused, .item = item};
	g.r = r;
	usage_init(&g.usage, c);
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
		return get_whole(e, c, r, meta, item, err);
	struct buf whole = BUF_INIT;
	enum status st = get_whole(e, c, r, meta, &whole, err);
	if (!st)
		expr_project(r->projection, buf_slice(&whole), item);
	buf_finish(&whole);
	return st;
}
