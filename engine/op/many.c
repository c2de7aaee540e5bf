#include "engine/op/many.h"

#include <stdlib.h>

static bool same_item(const struct item_ref *a, const struct item_ref *b)
{
	return a->table->id == b->table->id && slice_eq(a->key.sk, b->key.sk) && slice_eq(a->key.pk, b->key.pk);
}

bool refs_repeat(const struct item_ref *refs, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (same_item(&refs[i], &refs[j]))
				return true;
	return false;
}

bool get_requests_repeat(const struct get_request *r, size_t n)
{
	struct item_ref *refs = xcalloc(n, sizeof *refs);
	for (size_t i = 0; i < n; i++)
		refs[i] = (struct item_ref){r[i].table, r[i].key};
	bool repeat = refs_repeat(refs, n);
	free(refs);
	return repeat;
}

struct run {
	struct get_many *g;
	size_t at; /* the request that is being answered */
	struct usage usage;
	struct data_key **keys;
	struct buf projected;
	uint64_t bytes;
	size_t refused;
};

static enum read_kind kind_of(const struct run *run)
{
	if (run->g->transactional)
		return READ_TRANSACTIONAL;
	return run->g->r[run->at].consistent ? READ_CONSISTENT : READ_EVENTUAL;
}

/** False: the answer is full. */
static bool give(struct run *run, const struct row_key *k, enum status st, const struct item_meta *meta, struct slice item)
{
	const struct get_request *r = &run->g->r[run->at];
	struct list_row row = {.status = st, .key = r->key};
	memcpy(row.hash, k->prefix + 6, PARTITION_HASH_SIZE);
	if (!st) {
		run->bytes += meta->size;
		if (run->bytes > run->g->bytes_max)
			return false;
		row.meta = *meta;
		row.item = item;
		if (r->projection) {
			buf_reset(&run->projected);
			expr_project(r->projection, item, &run->projected);
			row.item = buf_slice(&run->projected);
		}
	}
	run->g->fn(run->at, &row, run->g->arg);
	return true;
}

/** *full: this one does not fit any more. */
static enum status get_one(struct store_txn *txn, struct run *run, bool *full, struct err *err)
{
	const struct get_request *r = &run->g->r[run->at];
	struct row_key k;
	struct item_meta meta = {0};
	struct slice item;
	row_key_init(&k, r->table, run->keys[run->at], &r->key);
	enum status st = row_get(txn, run->keys[run->at], &k, &meta, &item, err);
	if (st && st != ST_NOT_FOUND && st != ST_CORRUPT)
		return st;
	*full = st != ST_NOT_FOUND && !give(run, &k, st, &meta, item);
	if (*full)
		return ST_OK;
	usage_add_read(&run->usage, r->table, 0, meta.size, kind_of(run));
	usage_promise_read(&run->usage, r->table, meta.size, kind_of(run));
	return ST_OK;
}

static enum status get_batch(struct store_txn *txn, void *arg, struct err *err)
{
	struct run *run = arg;
	struct get_many *g = run->g;
	bool full = false;
	enum status why = ST_OK;
	run->refused = run->bytes = 0;
	for (run->at = 0; run->at < g->n; run->at++) {
		enum status st = full ? ST_OK : usage_admit(&run->usage, g->r[run->at].table, 0, METER_READ, err);
		bool refused = usage_refused(st);
		run->refused += refused;
		why = refused ? st : why;
		if (!st && !full)
			st = get_one(txn, run, &full, err);
		if (st && !refused)
			return st;
		g->left[run->at] = full || refused;
	}
	return run->refused == g->n ? why : ST_OK; /* err tells of the last one */
}

/** Each item's table must have something left; what the items take may be more. */
static enum status admit_all(struct run *run, struct err *err)
{
	struct get_many *g = run->g;
	bool refused = false;
	for (size_t i = 0; i < g->n; i++) {
		err_clear(&g->reasons[i]);
		refused |= usage_admit(&run->usage, g->r[i].table, 0, METER_READ, &g->reasons[i]) != ST_OK;
	}
	return refused ? err_code(err, ST_CANCELED) : ST_OK;
}

static enum status get_transaction(struct store_txn *txn, void *arg, struct err *err)
{
	struct run *run = arg;
	bool full = false;
	enum status st = admit_all(run, err);
	run->bytes = 0;
	for (run->at = 0; run->at < run->g->n && !st; run->at++) {
		st = get_one(txn, run, &full, err);
		if (full)
			st = err_set(
				err, ST_VALIDATION, "The aggregate size of the items in the transaction exceeds the limit of 4 MB");
	}
	return st;
}

enum status get_many(struct engine *e, struct get_many *g, struct err *err)
{
	struct run run = {.g = g, .keys = xcalloc(g->n, sizeof *run.keys), .usage = {.by = g->by}};
	enum status st = ST_OK;
	for (size_t i = 0; i < g->n && !st; i++) {
		st = key_check(&g->r[i].table->schema, &g->r[i].key, err);
		if (!st)
			st = table_use(g->r[i].table, &run.keys[i], err);
	}
	if (!st)
		st = usage_read(&run.usage, e, g->transactional ? get_transaction : get_batch, &run, err);
	usage_give(&run.usage, g->n ? g->r[0].consumed : NULL);
	buf_finish(&run.projected);
	free(run.keys);
	return st;
}
