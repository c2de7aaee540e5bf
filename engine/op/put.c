#include "engine/op/row.h"

#include <assert.h>
#include <stdlib.h>

struct put {
	struct change_ctx ctx;
	struct put_plan plan;
	struct change_check check;
	struct item_meta *meta;
};

static enum status put_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct put *p = arg;
	return change_put(txn, &p->ctx, &p->plan, &p->check, p->meta, err);
}

static enum status put_init(
	struct put *p, struct engine *e, const struct caller *c, const struct put_request *r, struct usage *usage, struct err *err)
{
	*p = (struct put){.ctx = {.e = e, .by = c, .t = r->table, .usage = usage, .collection = r->returns.collection}};
	change_check_init(&p->check, &r->cond, r->condition, &(struct write_returns){0});
	enum status st = table_use(r->table, &p->ctx.dk, err);
	return st ? st : put_plan(r->table, r->item, r->modified_ns, &p->plan, err);
}

enum status op_put(struct engine *e, const struct caller *c, const struct put_request *r, struct item_meta *meta, struct err *err)
{
	struct put p;
	struct usage usage = {.by = c};
	enum status st = put_init(&p, e, c, r, &usage, err);
	change_check_init(&p.check, &r->cond, r->condition, &r->returns);
	p.meta = meta;
	if (!st)
		st = usage_write(&usage, e, put_in_txn, &p, row_commit(r->mode), err);
	usage_give(&usage, r->returns.consumed);
	change_check_finish(&p.check, st, &r->returns);
	put_plan_finish(&p.plan);
	return st;
}

struct put_many {
	struct put *puts;
	size_t n, at;
};

static enum status put_many_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct put_many *m = arg;
	enum status st = ST_OK;
	for (m->at = 0; m->at < m->n; m->at++) {
		st = put_in_txn(txn, &m->puts[m->at], err);
		if (st)
			break;
	}
	return st;
}

enum status op_put_many(
	struct engine *e, const struct caller *c, const struct put_request *r, size_t n, size_t *ret_index, struct err *err)
{
	assert(n <= OP_PUT_MANY_MAX);
	struct put_many m = {.puts = xcalloc(n, sizeof *m.puts)};
	struct usage usage = {.by = c, .unlimited = true};
	enum commit_mode mode = COMMIT_VISIBLE;
	enum status st = ST_OK;
	for (; m.n < n && !st; m.n++) {
		m.at = m.n;
		st = put_init(&m.puts[m.n], e, c, &r[m.n], &usage, err);
		if (r[m.n].mode == COMMIT_DURABLE)
			mode = COMMIT_DURABLE;
	}
	if (!st)
		st = usage_write(&usage, e, put_many_in_txn, &m, row_commit(mode), err);
	usage_give(&usage, NULL);
	if (st && ret_index)
		*ret_index = m.at;
	for (size_t i = 0; i < m.n; i++)
		put_plan_finish(&m.puts[i].plan);
	free(m.puts);
	return st;
}
