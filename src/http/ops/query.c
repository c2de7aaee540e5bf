#include "src/http/wire_page.h"

static enum status check(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs)
{
	enum status st = wire_check_mix(w, r, WIRE_BIT(FILTER_EXPRESSION) | WIRE_BIT(KEY_CONDITION_EXPRESSION));
	if (!st)
		st = wire_check_start_key(w, r);
	if (!st && !wire_has(r, M_KEY_CONDITIONS) && !wire_has(r, M_KEY_CONDITION_EXPRESSION))
		st = err_set(wire_err(w), ST_VALIDATION,
			"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
	if (!st)
		st = wire_check_select(w, r);
	if (!st)
		st = wire_legacy(w, r, legacy, exprs);
	return st ? st : wire_exprs(w, r, exprs);
}

static enum status query(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs)
{
	struct query_request q = {.key_condition = exprs->key_condition, .backward = !wire_bool(r, M_SCAN_INDEX_FORWARD, true)};
	struct wire_rows rows;
	struct page page = {0};
	enum status st = wire_page_request(w, r, exprs, &q.page);
	if (st)
		return st;
	wire_rows_begin(w, &q.page, &rows);
	st = op_query(wire_call(w)->engine, &wire_call(w)->caller, &q, wire_row, &rows, &page, wire_err(w));
	if (!st)
		st = wire_rows_end(w, r, &rows, &page);
	page_finish(&page);
	return st;
}

enum status http_query(struct http_call *call, struct err *err)
{
	static const struct wire_operation op = {
		.shape = {WIRE_PAGE_MEMBERS | WIRE_BIT(KEY_CONDITIONS) | WIRE_BIT(QUERY_FILTER) | WIRE_BIT(SCAN_INDEX_FORWARD) |
				  WIRE_BIT(KEY_CONDITION_EXPRESSION),
			WIRE_BIT(TABLE_NAME)},
		.check = check,
		.run = query};
	return wire_serve(&op, call, err);
}
