#include "src/http/wire_transact.h"

static const struct wire_shape shape = {WIRE_BIT(TRANSACT_ITEMS) | WIRE_BIT(RETURN_CONSUMED_CAPACITY), WIRE_BIT(TRANSACT_ITEMS)};
static const struct wire_shape action_shape = {WIRE_BIT(GET), WIRE_BIT(GET)};
static const struct wire_shape get_shape = {
	WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(PROJECTION_EXPRESSION) | WIRE_BIT(NAMES),
	WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY)};

struct one {
	struct wire_request r;
	struct wire_exprs exprs;
};

struct transact {
	struct wire *w;
	struct wire_request r;
	struct one *all;
	struct get_request *gets;
	struct err *reasons;
	size_t n;
	/* the reply */
	size_t at;
	enum status status;
};

static enum status read_get(struct transact *t, size_t i, struct slice json)
{
	struct wire_request r;
	struct buf *path = wire_buf(t->w);
	enum status st = json_expect(json, JSON_WANT_STRUCTURE, "class " WIRE_NS "TransactGetItem", wire_err(t->w));
	if (!st)
		st = wire_read(t->w, json, &action_shape, &r);
	if (st)
		return st;
	buf_addf(path, "transactItems.%zu.member.", i + 1);
	wire_constrain(t->w, &action_shape, &r, buf_str(path));
	if (!wire_has(&r, M_GET))
		return ST_OK;
	st = wire_read(t->w, r.at[M_GET], &get_shape, &t->all[i].r);
	buf_add_str(path, "get.");
	if (!st)
		wire_constrain(t->w, &get_shape, &t->all[i].r, buf_str(path));
	return st;
}

static enum status read_gets(struct transact *t)
{
	struct slice rest, value;
	enum status st = wire_transact_items(t->w, &shape, &t->r, &rest, &t->n);
	t->all = wire_alloc(t->w, t->n * sizeof *t->all);
	t->gets = wire_alloc(t->w, t->n * sizeof *t->gets);
	t->reasons = wire_alloc(t->w, t->n * sizeof *t->reasons);
	for (size_t i = 0; i < t->n && !st && json_next(&rest, NULL, &value); i++)
		st = read_get(t, i, value);
	return st ? st : wire_violations(t->w);
}

static enum status check_get(struct transact *t, struct one *o)
{
	enum status st = wire_check_mix(t->w, &o->r, 0);
	if (!st)
		st = wire_check_map(t->w, &o->r.key);
	return st ? st : wire_exprs(t->w, &o->r, &o->exprs);
}

static enum status make_get(struct transact *t, size_t i)
{
	struct one *o = &t->all[i];
	struct get_request *g = &t->gets[i];
	*g = (struct get_request){.projection = o->exprs.projection, .consistent = true, .consumed = wire_consumed(t->w, &t->r)};
	enum status st = wire_table(t->w, o->r.at[M_TABLE_NAME], &g->table);
	return st ? st : wire_reason(t->w, wire_key(t->w, g->table, o->r.key.item, &g->key), &t->reasons[i]);
}

static enum status check(struct transact *t)
{
	enum status st = ST_OK;
	bool canceled = false;
	for (size_t i = 0; i < t->n && !st; i++)
		st = check_get(t, &t->all[i]);
	for (size_t i = 0; i < t->n && !st; i++) {
		st = make_get(t, i);
		canceled |= t->reasons[i].code != ST_OK;
	}
	return st || !canceled ? st : wire_canceled(t->w, t->reasons, NULL, t->n);
}

/** Those that are not there are empty objects. */
static void skip_to(struct transact *t, size_t at)
{
	for (; t->at < at; t->at++)
		buf_add_str(wire_call(t->w)->reply, t->at ? ",{}" : "{}");
}

static void see(size_t at, const struct list_row *row, void *arg)
{
	struct transact *t = arg;
	struct buf *out = wire_call(t->w)->reply;
	if (row->status) {
		t->status = row->status;
		return;
	}
	skip_to(t, at);
	buf_add_str(out, at ? ",{\"Item\":" : "{\"Item\":");
	wire_put_item(out, row->item);
	buf_add_byte(out, '}');
	t->at++;
}

static enum status run(struct transact *t)
{
	const struct http_call *call = wire_call(t->w);
	wire_open(t->w);
	buf_add_byte(wire_member(t->w, "Responses"), '[');
	struct transact_result result = {.reasons = wire_alloc(t->w, t->n * sizeof *result.reasons)};
	enum status st = op_transact_get(call->engine, &call->caller, t->gets, t->n, see, t, &result, wire_err(t->w));
	if (st == ST_CANCELED)
		return wire_canceled(t->w, result.reasons, NULL, t->n);
	if (!st && t->status)
		st = err_set(wire_err(t->w), t->status, "%s", status_info(t->status)->sentence);
	if (st)
		return st;
	skip_to(t, t->n);
	buf_add_byte(call->reply, ']');
	wire_put_consumed(t->w, &t->r, true, true);
	wire_close(t->w);
	return ST_OK;
}

enum status http_transact_get_items(struct http_call *call, struct err *err)
{
	struct transact t = {.w = wire_begin(call, err)};
	enum status st = read_gets(&t);
	if (!st)
		st = check(&t);
	if (!st)
		st = run(&t);
	return wire_end(t.w, st);
}
