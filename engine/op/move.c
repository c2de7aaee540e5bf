/* Another key for an item: put under the new one and delete under the old one, in one transaction. */
#include "engine/op/row.h"

struct move {
	struct change_ctx ctx;
	const struct move_request *r;
	struct item_meta *meta;
	struct buf item, spare;
	struct put_plan plan;
};

static void set_attr(struct move *m, const struct key_attr *a, struct slice bytes)
{
	struct buf old = m->item;
	m->item = m->spare;
	buf_reset(&m->item);
	item_with(buf_slice(&old), slice_str(a->name), (struct value){.type = a->type, .body = bytes}, &m->item);
	m->spare = old;
}

/** The item at `from`, with the key of `to` written into it. */
static enum status plan_target(struct store_txn *txn, struct move *m, struct err *err)
{
	const struct key_schema *s = &m->ctx.t->schema;
	struct row_key from;
	struct item_meta meta;
	struct slice item;
	bool astray;
	row_key_init(&from, m->ctx.t, m->ctx.dk, &m->r->from);
	enum status st = row_find(txn, &(struct row_place){m->ctx.t, m->ctx.dk, &m->r->from, &from}, &meta, &item, &astray, err);
	if (st)
		return st == ST_NOT_FOUND ? err_code(err, ST_NOT_FOUND) : st;
	if (m->r->condition && !expr_test(m->r->condition, item))
		return err_code(err, ST_CONDITION);
	buf_reset(&m->item);
	buf_add_slice(&m->item, item);
	set_attr(m, &s->pk, m->r->to.pk);
	if (schema_has_sk(s))
		set_attr(m, &s->sk, m->r->to.sk);
	put_plan_finish(&m->plan);
	return put_plan(m->ctx.t, buf_slice(&m->item), 0, &m->plan, err);
}

static enum status move_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct move *m = arg;
	struct cond to = {.kind = m->r->no_replace ? COND_ABSENT : COND_NONE}, from = {.kind = COND_PRESENT};
	struct change_check to_check = {.cond = &to}, from_check = {.cond = &from};
	enum status st = plan_target(txn, m, err);
	if (!st)
		st = change_put(txn, &m->ctx, &m->plan, &to_check, m->meta, err);
	return st ? st : change_delete(txn, &m->ctx, &m->r->from, &from_check, err);
}

static bool same_key(const struct key *a, const struct key *b)
{
	return slice_eq(a->pk, b->pk) && slice_eq(a->sk, b->sk);
}

static enum status move_onto_itself(
	struct engine *e, const struct caller *c, const struct move_request *r, struct item_meta *meta, struct err *err)
{
	struct buf item = BUF_INIT;
	enum status st = op_get(e, c, r->table, &r->from, meta, &item, err);
	if (!st && r->condition && !expr_test(r->condition, buf_slice(&item)))
		st = err_code(err, ST_CONDITION);
	buf_finish(&item);
	return st;
}

enum status op_move(struct engine *e, const struct caller *c, const struct move_request *r, struct item_meta *meta, struct err *err)
{
	struct usage usage = {.by = c};
	struct move m = {.ctx = {.e = e, .by = c, .t = r->table, .usage = &usage}, .r = r, .meta = meta};
	enum status st = key_check(&r->table->schema, &r->from, err);
	if (!st)
		st = key_check(&r->table->schema, &r->to, err);
	if (!st)
		st = table_use(r->table, &m.ctx.dk, err);
	if (!st && same_key(&r->from, &r->to)) /* rename(2): nothing to do, but the item must be there */
		return move_onto_itself(e, c, r, meta, err);
	if (!st)
		st = usage_write(&usage, e, move_in_txn, &m, row_commit(r->mode), err);
	usage_give(&usage, NULL);
	buf_finish(&m.item);
	buf_finish(&m.spare);
	put_plan_finish(&m.plan);
	return st;
}
