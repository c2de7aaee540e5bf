/* Attributes of one item changed in place: read, checked, rewritten in one transaction. */
#include "engine/op/row.h"

struct update {
	struct change_ctx ctx;
	const struct update_request *r;
	struct change_check check;
	struct put_plan plan;
	struct item_meta *meta;
};

static enum status update_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct update *u = arg;
	struct change_old old = {0};
	put_plan_finish(&u->plan);
	enum status st = change_read(txn, &u->ctx, &u->r->key, &u->check, &old, err);
	if (!st)
		st = update_plan(&u->ctx, &u->r->key, u->r->update, &old, &u->plan, err);
	if (!st)
		st = change_check_indexes(&u->ctx, &u->plan, true, NULL, err);
	if (!st)
		st = change_admit(&u->ctx, &old, &u->plan, err);
	if (!st)
		st = change_write(txn, &u->ctx, &old, &u->plan, u->meta, err);
	change_old_finish(&old);
	return st;
}

/** Of the item, what stands at the paths that the update names. */
static void add_updated(const struct update_request *r, struct slice item,
	void (*project)(const struct expr *e, struct slice item, struct buf *out))
{
	if (r->update && item.len)
		project(r->update, item, r->attributes);
}

static void give_attributes(const struct update *u)
{
	struct slice old = buf_slice(&u->check.kept), now = {0};
	if (u->plan.plain.len)
		now = slice_from(buf_slice(&u->plan.plain), ROW_HEADER_SIZE);
	switch (u->r->return_values) {
	case UPDATE_ALL_OLD:
		buf_add_slice(u->r->attributes, old);
		break;
	case UPDATE_UPDATED_OLD:
		add_updated(u->r, old, expr_project);
		break;
	case UPDATE_ALL_NEW:
		buf_add_slice(u->r->attributes, now);
		break;
	case UPDATE_UPDATED_NEW:
		add_updated(u->r, now, expr_project_set);
		break;
	case UPDATE_NONE:
		break;
	}
}

enum status op_update(
	struct engine *e, const struct caller *c, const struct update_request *r, struct item_meta *meta, struct err *err)
{
	struct usage usage = {.by = c};
	struct update u = {.ctx = {.e = e, .by = c, .t = r->table, .usage = &usage, .collection = r->returns.collection},
		.r = r,
		.meta = meta};
	enum status st = key_check(&r->table->schema, &r->key, err);
	if (!st && r->update)
		st = expr_check_update(r->update, &r->table->schema, err);
	if (!st)
		st = table_use(r->table, &u.ctx.dk, err);
	change_check_init(&u.check, &r->cond, r->condition, &r->returns);
	u.check.keep |= r->return_values == UPDATE_ALL_OLD || r->return_values == UPDATE_UPDATED_OLD;
	if (!st)
		st = usage_write(&usage, e, update_in_txn, &u, row_commit(r->mode), err);
	usage_give(&usage, r->returns.consumed);
	if (!st)
		give_attributes(&u);
	change_check_finish(&u.check, st, &r->returns);
	put_plan_finish(&u.plan);
	return st;
}
