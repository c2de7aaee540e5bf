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
	struct usage usage;
	struct data_key **keys;
	struct buf projected;
	uint64_t bytes;
};

static enum read_kind kind_of(const struct get_many *g)
{
	if (g->transactional)
		return READ_TRANSACTIONAL;
	return g->r[g->done].consistent ? READ_CONSISTENT : READ_EVENTUAL;
}

/** False: the answer is full. */
static bool give(struct run *run, const struct row_key *k, enum status st, const struct item_meta *meta, struct slice item)
{
	const struct get_request *r = &run->g->r[run->g->done];
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
	run->g->fn(run->g->done, &row, run->g->arg);
	return true;
}

static enum status get_many_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct run *run = arg;
	struct get_many *g = run->g;
	for (g->done = 0; g->done < g->n; g->done++) {
		struct row_key k;
		struct item_meta meta = {0};
		struct slice item;
		row_key_init(&k, g->r[g->done].table, run->keys[g->done], &g->r[g->done].key);
		enum status st = row_get(txn, run->keys[g->done], &k, &meta, &item, err);
		if (st && st != ST_NOT_FOUND && st != ST_CORRUPT)
			return st;
		if (st != ST_NOT_FOUND && !give(run, &k, st, &meta, item))
			break;
		usage_add_read(&run->usage, g->r[g->done].table, 0, meta.size, kind_of(g));
	}
	if (g->transactional && g->done < g->n)
		return err_set(err, ST_VALIDATION, "The aggregate size of the items in the transaction exceeds the limit of 4 MB");
	return ST_OK;
}

enum status get_many(struct engine *e, struct get_many *g, struct err *err)
{
	struct run run = {.g = g, .keys = xcalloc(g->n, sizeof *run.keys)};
	enum status st = ST_OK;
	for (size_t i = 0; i < g->n && !st; i++) {
		st = key_check(&g->r[i].table->schema, &g->r[i].key, err);
		if (!st)
			st = table_use(g->r[i].table, &run.keys[i], err);
	}
	if (!st)
		st = usage_read(&run.usage, e, get_many_in_txn, &run, err);
	usage_give(&run.usage, g->n ? g->r[0].consumed : NULL);
	buf_finish(&run.projected);
	free(run.keys);
	return st;
}
