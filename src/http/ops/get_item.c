#include "src/http/wire.h"

static enum status check(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs)
{
	enum status st = wire_check_mix(w, r, 0);
	if (!st)
		st = wire_check_map(w, &r->key);
	if (!st)
		st = wire_legacy(w, r, legacy, exprs);
	return st ? st : wire_exprs(w, r, exprs);
}

static enum status get(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs)
{
	struct get_request get = {.projection = exprs->projection, .consistent = wire_bool(r, M_CONSISTENT_READ, false)};
	struct buf *item = wire_buf(w);
	get.consumed = wire_consumed(w, r);
	enum status st = wire_table(w, r->at[M_TABLE_NAME], &get.table);
	if (!st)
		st = wire_key(w, get.table, r->key.item, &get.key);
	if (st)
		return st;
	st = op_get_item(wire_call(w)->engine, &wire_call(w)->caller, &get, NULL, item, wire_err(w));
	if (st && st != ST_NOT_FOUND)
		return st;
	wire_open(w);
	if (!st)
		wire_item(w, "Item", buf_slice(item));
	wire_put_consumed(w, r, false, false);
	wire_close(w);
	return ST_OK;
}

enum status http_get_item(struct http_call *call, struct err *err)
{
	static const struct wire_operation op = {
		.shape = {WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY) | WIRE_BIT(ATTRIBUTES_TO_GET) | WIRE_BIT(CONSISTENT_READ) |
				  WIRE_BIT(PROJECTION_EXPRESSION) | WIRE_BIT(NAMES) | WIRE_BIT(RETURN_CONSUMED_CAPACITY),
			WIRE_BIT(TABLE_NAME) | WIRE_BIT(KEY)},
		.check = check,
		.run = get};
	return wire_serve(&op, call, err);
}
