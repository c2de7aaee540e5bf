#include "engine/op/row.h"

struct del {
	struct change_ctx ctx;
	const struct delete_request *r;
	struct change_check check;
};

static enum status delete_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct del *d = arg;
	return change_delete(txn, &d->ctx, &d->r->key, &d->check, err);
}

enum status op_delete(struct engine *e, const struct caller *c, const struct delete_request *r, struct err *err)
{
	struct usage usage = {.by = c};
	struct del d = {.ctx = {.e = e, .by = c, .t = r->table, .usage = &usage, .collection = r->returns.collection}, .r = r};
	enum status st = key_check(&r->table->schema, &r->key, err);
	if (!st)
		st = table_use(r->table, &d.ctx.dk, err);
	change_check_init(&d.check, &r->cond, r->condition, &r->returns);
	if (!st)
		st = usage_write(&usage, e, delete_in_txn, &d, row_commit(r->mode), err);
	usage_give(&usage, r->returns.consumed);
	change_check_finish(&d.check, st, &r->returns);
	return st;
}
