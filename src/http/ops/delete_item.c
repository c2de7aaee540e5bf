#include "src/http/wire.h"

static enum status check(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs)
{
	enum status st = wire_check_mix(w, r, WIRE_BIT(CONDITION_EXPRESSION));
	if (!st)
		st = wire_check_map(w, &r->key);
	if (!st)
		st = wire_check_return_values(w, r);
	if (!st)
		st = wire_legacy(w, r, legacy, exprs);
	return st ? st : wire_exprs(w, r, exprs);
}

static enum status remove_item(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs)
{
	struct delete_request del = {.condition = exprs->condition, .mode = COMMIT_DURABLE};
	struct wire_write back;
	wire_write_begin(w, r, &back);
	del.returns = back.returns;
	enum status st = wire_table(w, r->at[M_TABLE_NAME], &del.table);
	if (!st)
		st = wire_key(w, del.table, r->key.item, &del.key);
	if (!st)
		st = op_delete(wire_call(w)->engine, &wire_call(w)->caller, &del, wire_err(w));
	return wire_write_reply(w, r, &back, del.table, r->key.item, st);
}

enum status http_delete_item(struct http_call *call, struct err *err)
{
	static const struct wire_operation op = {
		.shape = {WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(EXPECTED) | WIRE_BIT(CONDITIONAL_OPERATOR) |
				  WIRE_BIT(CONDITION_EXPRESSION) | WIRE_BIT(NAMES) | WIRE_BIT(VALUES) | WIRE_BIT(RETURN_VALUES) |
				  WIRE_BIT(RETURN_VALUES_ON_FAILURE) | WIRE_BIT(RETURN_CONSUMED_CAPACITY) |
				  WIRE_BIT(RETURN_ITEM_COLLECTION_METRICS),
			WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY)},
		.check = check,
		.run = remove_item};
	return wire_serve(&op, call, err);
}
