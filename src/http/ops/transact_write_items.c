#include "src/http/wire_transact.h"

static const struct wire_shape shape = {WIRE_BIT(TRANSACT_ITEMS) | WIRE_BIT(CLIENT_REQUEST_TOKEN) |
						WIRE_BIT(RETURN_CONSUMED_CAPACITY) | WIRE_BIT(RETURN_ITEM_COLLECTION_METRICS),
	WIRE_BIT(TRANSACT_ITEMS)};
static const struct wire_shape action_shape = {WIRE_BIT(CONDITION_CHECK) | WIRE_BIT(PUT) | WIRE_BIT(DELETE) | WIRE_BIT(UPDATE), 0};

#define COMMON                                                                                                                     \
	(WIRE_BIT(TABLE_NAME) | WIRE_BIT(CONDITION_EXPRESSION) | WIRE_BIT(NAMES) | WIRE_BIT(VALUES) |                              \
		WIRE_BIT(RETURN_VALUES_ON_FAILURE))

static const struct kind {
	enum wire_member member;
	enum transact_kind kind;
	struct wire_shape shape;
	uint64_t values_in;
} kinds[] = {
	{M_CONDITION_CHECK, TRANSACT_CHECK,
		{COMMON | WIRE_BIT(KEY), WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(CONDITION_EXPRESSION)},
		WIRE_BIT(CONDITION_EXPRESSION)},
	{M_PUT, TRANSACT_PUT, {COMMON | WIRE_BIT(ITEM), WIRE_BIT(TABLE_NAME) | WIRE_BIT(ITEM)}, WIRE_BIT(CONDITION_EXPRESSION)},
	{M_DELETE, TRANSACT_DELETE, {COMMON | WIRE_BIT(KEY), WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY)}, WIRE_BIT(CONDITION_EXPRESSION)},
	{M_UPDATE, TRANSACT_UPDATE,
		{COMMON | WIRE_BIT(KEY) | WIRE_BIT(UPDATE_EXPRESSION),
			WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(UPDATE_EXPRESSION)},
		WIRE_BIT(UPDATE_EXPRESSION) | WIRE_BIT(CONDITION_EXPRESSION)},
};

struct one {
	const struct kind *kind;
	unsigned count; /* kinds that there are: 1 is right */
	struct wire_request r;
	struct wire_exprs exprs;
	struct collection collection;
};

struct transact {
	struct wire *w;
	struct wire_request r;
	struct one *all;
	struct transact_action *actions;
	struct err *reasons;
	const struct buf **failed;
	size_t n;
};

/* Reading */

static enum status read_action(struct transact *t, size_t i, struct slice json)
{
	struct one *o = &t->all[i];
	struct wire_request r;
	struct buf *path = wire_buf(t->w);
	enum status st = json_expect(json, JSON_WANT_STRUCTURE, "class " WIRE_NS "TransactWriteItem", wire_err(t->w));
	if (!st)
		st = wire_read(t->w, json, &action_shape, &r);
	for (const struct kind *k = kinds; k < kinds + sizeof kinds / sizeof *kinds && !st; k++) {
		if (!wire_has(&r, k->member))
			continue;
		o->kind = k;
		o->count++;
		st = wire_read(t->w, r.at[k->member], &k->shape, &o->r);
		buf_reset(path);
		buf_addf(path, "transactItems.%zu.member.%s.", i + 1, wire_path_name(k->member));
		if (!st)
			wire_constrain(t->w, &k->shape, &o->r, buf_str(path));
	}
	return st;
}

static enum status read_actions(struct transact *t)
{
	struct slice rest, value;
	enum status st = wire_transact_items(t->w, &shape, &t->r, &rest, &t->n);
	t->all = wire_alloc(t->w, t->n * sizeof *t->all);
	t->actions = wire_alloc(t->w, t->n * sizeof *t->actions);
	t->reasons = wire_alloc(t->w, t->n * sizeof *t->reasons);
	t->failed = wire_alloc(t->w, t->n * sizeof *t->failed);
	for (size_t i = 0; i < t->n && !st && json_next(&rest, NULL, &value); i++)
		st = read_action(t, i, value);
	return st ? st : wire_violations(t->w);
}

/* Checking */

static enum status check_action(struct transact *t, struct one *o)
{
	if (o->count != 1)
		return err_set(wire_err(t->w), ST_VALIDATION, "TransactItems can only contain one of Check, Put, Update or Delete");
	enum status st = wire_check_mix(t->w, &o->r, o->kind->values_in);
	if (!st)
		st = wire_check_map(t->w, o->kind->kind == TRANSACT_PUT ? &o->r.item : &o->r.key);
	return st ? st : wire_exprs(t->w, &o->r, &o->exprs);
}

static enum status make_action(struct transact *t, size_t i)
{
	struct one *o = &t->all[i];
	struct transact_action *a = &t->actions[i];
	struct key key;
	*a = (struct transact_action){
		.kind = o->kind->kind, .item = o->r.item.item, .update = o->exprs.update, .condition = o->exprs.condition};
	if (wire_is(&o->r, M_RETURN_VALUES_ON_FAILURE, "ALL_OLD"))
		t->failed[i] = a->failed = wire_buf(t->w);
	if (wire_wants_metrics(&t->r))
		a->collection = &o->collection;
	enum status st = wire_table(t->w, o->r.at[M_TABLE_NAME], &a->table);
	if (st)
		return st;
	if (a->kind == TRANSACT_PUT)
		st = key_from_item(table_schema(a->table), a->item, &key, wire_err(t->w));
	else
		st = wire_key(t->w, a->table, o->r.key.item, &a->key);
	if (st && wire_empty_key(a->table, a->kind == TRANSACT_PUT ? a->item : o->r.key.item))
		return st;
	if (!st && a->kind == TRANSACT_PUT)
		st = wire_check_item_size(t->w, a->item);
	return wire_reason(t->w, st, &t->reasons[i]);
}

static enum status check(struct transact *t)
{
	enum status st = ST_OK;
	bool canceled = false;
	for (size_t i = 0; i < t->n && !st; i++)
		st = check_action(t, &t->all[i]);
	for (size_t i = 0; i < t->n && !st; i++) {
		st = make_action(t, i);
		canceled |= t->reasons[i].code != ST_OK;
	}
	return st || !canceled ? st : wire_canceled(t->w, t->reasons, NULL, t->n);
}

/* The reply */

/** Table by table: the items of each, in their order. */
static void put_metrics(struct transact *t)
{
	struct buf *out = wire_call(t->w)->reply;
	bool any = false;
	for (size_t i = 0; i < t->n; i++) {
		size_t first = 0, count = 0;
		while (t->actions[first].table != t->actions[i].table || !t->all[first].collection.present)
			if (first++ == i)
				break;
		if (first != i)
			continue;
		if (!any)
			buf_add_byte(wire_member(t->w, "ItemCollectionMetrics"), '{');
		buf_add_str(out, any ? "," : "");
		any = true;
		json_write_string(t->all[i].r.at[M_TABLE_NAME], out);
		buf_add_str(out, ":[");
		for (size_t j = i; j < t->n; j++) {
			const struct one *o = &t->all[j];
			if (t->actions[j].table != t->actions[i].table || !o->collection.present)
				continue;
			buf_add_str(out, count++ ? "," : "");
			wire_metrics_object(out, t->actions[j].table,
				o->kind->kind == TRANSACT_PUT ? o->r.item.item : o->r.key.item, &o->collection);
		}
		buf_add_byte(out, ']');
	}
	if (any)
		buf_add_byte(out, '}');
}

static enum status run(struct transact *t)
{
	const struct http_call *call = wire_call(t->w);
	struct transact_request r = {.actions = t->actions,
		.n = t->n,
		.token = t->r.at[M_CLIENT_REQUEST_TOKEN],
		.mode = COMMIT_DURABLE,
		.consumed = wire_consumed(t->w, &t->r)};
	struct transact_result result = {.reasons = t->reasons};
	enum status st = op_transact_write(call->engine, &call->caller, &r, &result, wire_err(t->w));
	if (st == ST_CANCELED)
		return wire_canceled(t->w, t->reasons, t->failed, t->n);
	if (st)
		return st;
	wire_open(t->w);
	wire_put_consumed(t->w, &t->r, true, true);
	put_metrics(t);
	wire_close(t->w);
	return ST_OK;
}

enum status http_transact_write_items(struct http_call *call, struct err *err)
{
	struct transact t = {.w = wire_begin(call, err)};
	enum status st = read_actions(&t);
	if (!st)
		st = check(&t);
	if (!st)
		st = run(&t);
	return wire_end(t.w, st);
}
