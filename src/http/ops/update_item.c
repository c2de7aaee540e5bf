#include "src/http/wire.h"

static enum status check(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs)
{
	enum status st = wire_check_mix(w, r, WIRE_BIT(UPDATE_EXPRESSION) | WIRE_BIT(CONDITION_EXPRESSION));
	if (!st)
		st = wire_check_map(w, &r->key);
	if (!st)
		st = wire_legacy(w, r, legacy, exprs);
	return st ? st : wire_exprs(w, r, exprs);
}

static enum update_return return_of(const struct wire_request *r)
{
	static const struct {
		const char *name;
		enum update_return value;
	} all[] = {{"ALL_OLD", UPDATE_ALL_OLD}, {"UPDATED_OLD", UPDATE_UPDATED_OLD}, {"ALL_NEW", UPDATE_ALL_NEW},
		{"UPDATED_NEW", UPDATE_UPDATED_NEW}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (wire_is(r, M_RETURN_VALUES, all[i].name))
			return all[i].value;
	return UPDATE_NONE;
}

static enum status update(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs)
{
	struct update_request up = {.update = exprs->update, .condition = exprs->condition, .mode = COMMIT_DURABLE};
	struct wire_write back;
	wire_write_begin(w, r, &back);
	up.return_values = return_of(r);
	up.attributes = &back.attributes;
	up.returns = back.returns;
	up.returns.old = NULL;
	enum status st = wire_table(w, r->at[M_TABLE_NAME], &up.table);
	if (!st)
		st = wire_key(w, up.table, r->key.item, &up.key);
	if (!st)
		st = op_update(wire_call(w)->engine, &wire_call(w)->caller, &up, NULL, wire_err(w));
	return wire_write_reply(w, r, &back, up.table, r->key.item, st);
}

enum status http_update_item(struct http_call *call, struct err *err)
{
	static const struct wire_operation op = {
		.shape = {WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(ATTRIBUTE_UPDATES) | WIRE_BIT(EXPECTED) |
				  WIRE_BIT(CONDITIONAL_OPERATOR) | WIRE_BIT(UPDATE_EXPRESSION) | WIRE_BIT(CONDITION_EXPRESSION) |
				  WIRE_BIT(NAMES) | WIRE_BIT(VALUES) | WIRE_BIT(RETURN_VALUES) |
				  WIRE_BIT(RETURN_VALUES_ON_FAILURE) | WIRE_BIT(RETURN_CONSUMED_CAPACITY) |
				  WIRE_BIT(RETURN_ITEM_COLLECTION_METRICS),
			WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY)},
		.check = check,
		.run = update};
	return wire_serve(&op, call, err);
}
