/* Puts and deletes of different items in one transaction: everything is read, then everything is written. */
#include "engine/op/many.h"

#include <stdlib.h>

struct write {
	struct change_ctx ctx;
	const struct batch_write *r;
	struct key key;
	struct put_plan plan; /* empty: delete */
	struct change_check check;
	struct change_old old;
	bool left; /* finds no capacity */
};

struct batch {
	struct usage usage;
	struct write *writes;
	size_t n;
};

static bool is_put(const struct write *w)
{
	return w->r->item.len > 0;
}

static enum status apply(struct store_txn *txn, struct write *w, struct err *err)
{
	if (is_put(w))
		return change_write(txn, &w->ctx, &w->old, &w->plan, NULL, err);
	return change_remove(txn, &w->ctx, &w->old, &w->key, err);
}

/** One that the table has no capacity for is left: *why. */
static enum status read_or_leave(
	struct store_txn *txn, struct batch *b, struct write *w, size_t *left, enum status *why, struct err *err)
{
	enum status st = change_read(txn, &w->ctx, &w->key, &w->check, &w->old, err);
	if (!st)
		st = change_admit(&w->ctx, &w->old, is_put(w) ? &w->plan : NULL, err);
	w->left = usage_refused(st);
	*left += w->left;
	*why = w->left ? st : *why;
	if (!st)
		usage_promise_write(&b->usage, w->ctx.t, change_size(&w->old, w->plan.size));
	return w->left ? ST_OK : st;
}

static enum status batch_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct batch *b = arg;
	size_t left = 0;
	enum status st = ST_OK, why = ST_OK;
	for (size_t i = 0; i < b->n && !st; i++)
		if (is_put(&b->writes[i]))
			st = change_check_indexes(&b->writes[i].ctx, &b->writes[i].plan, false, NULL, err);
	for (size_t i = 0; i < b->n && !st; i++)
		st = read_or_leave(txn, b, &b->writes[i], &left, &why, err);
	if (!st && left && left == b->n)
		return why; /* err tells of the last one */
	for (size_t i = 0; i < b->n && !st; i++)
		st = b->writes[i].left ? ST_OK : apply(txn, &b->writes[i], err);
	return st;
}

static enum status write_init(struct write *w, struct engine *e, const struct caller *c, const struct batch_write *r,
	struct usage *usage, struct err *err)
{
	static const struct cond none;
	*w = (struct write){.ctx = {.e = e, .by = c, .t = r->table, .usage = usage, .collection = r->collection},
		.r = r,
		.key = r->key,
		.check = {.cond = &none}};
	enum status st = table_use(r->table, &w->ctx.dk, err);
	if (st || !is_put(w))
		return st ? st : key_check(&r->table->schema, &r->key, err);
	st = put_plan(r->table, r->item, 0, &w->plan, err);
	if (!st)
		w->key = w->plan.key;
	return st;
}

static bool repeat(const struct batch *b)
{
	struct item_ref refs[OP_BATCH_WRITE_MAX];
	for (size_t i = 0; i < b->n; i++)
		refs[i] = (struct item_ref){b->writes[i].ctx.t, b->writes[i].key};
	return refs_repeat(refs, b->n);
}

enum status op_batch_write(struct engine *e, const struct caller *c, const struct batch_write *r, size_t n, enum commit_mode mode,
	bool *unprocessed, struct err *err)
{
	if (n > OP_BATCH_WRITE_MAX)
		return err_set(err, ST_VALIDATION, "Too many items requested for the BatchWriteItem call");
	struct batch b = {.usage = {.by = c}, .writes = xcalloc(n, sizeof *b.writes)};
	enum status st = ST_OK;
	for (; b.n < n && !st; b.n++)
		st = write_init(&b.writes[b.n], e, c, &r[b.n], &b.usage, err);
	if (!st && repeat(&b))
		st = err_set(err, ST_VALIDATION, "Provided list of item keys contains duplicates");
	if (!st)
		st = usage_write(&b.usage, e, batch_in_txn, &b, row_commit(mode), err);
	usage_give(&b.usage, n ? r[0].consumed : NULL);
	for (size_t i = 0; i < n && !st; i++)
		unprocessed[i] = b.writes[i].left;
	for (size_t i = 0; i < b.n; i++) {
		put_plan_finish(&b.writes[i].plan);
		change_old_finish(&b.writes[i].old);
	}
	free(b.writes);
	return st;
}
