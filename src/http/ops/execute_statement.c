#include "src/http/wire_statement.h"

static const struct wire_shape shape = {WIRE_STATEMENT_MEMBERS | WIRE_BIT(CONSISTENT_READ) | WIRE_BIT(NEXT_TOKEN) |
						WIRE_BIT(LIMIT) | WIRE_BIT(RETURN_CONSUMED_CAPACITY),
	WIRE_BIT(STATEMENT)};

struct rows {
	struct buf *items;
	enum status status;
};

static bool see(enum status status, struct slice item, void *arg)
{
	struct rows *rows = arg;
	if (status) {
		rows->status = status;
		return false;
	}
	if (rows->items->len)
		buf_add_byte(rows->items, ',');
	wire_put_item(rows->items, item);
	return true;
}

static void reply(struct wire *w, const struct wire_request *r, const struct rows *rows, const struct statement_page *page)
{
	wire_open(w);
	struct buf *out = wire_member(w, "Items");
	buf_add_byte(out, '[');
	buf_add_slice(out, buf_slice(rows->items));
	buf_add_byte(out, ']');
	if (page->next_token.len)
		json_write_string(buf_slice(&page->next_token), wire_member(w, "NextToken"));
	if (page->has_last_key)
		wire_item(w, "LastEvaluatedKey", buf_slice(&page->last_key));
	wire_put_consumed(w, r, false, false);
	wire_close(w);
}

static enum status run(struct wire *w, const struct wire_statement *s)
{
	const struct http_call *call = wire_call(w);
	struct rows rows = {.items = wire_buf(w)};
	struct statement_page page = {0};
	struct statement_request r = {.statement = s->statement,
		.limit = (uint32_t)wire_int(&s->r, M_LIMIT, 0),
		.next_token = s->r.at[M_NEXT_TOKEN],
		.mode = COMMIT_DURABLE,
		.consumed = wire_consumed(w, &s->r)};
	enum status st = op_statement(call->engine, &call->caller, &r, see, &rows, &page, wire_err(w));
	if (st == ST_CONDITION && s->failed)
		wire_failed_item(w, s->failed);
	if (!st && rows.status)
		st = err_set(wire_err(w), rows.status, "%s", status_info(rows.status)->sentence);
	if (!st)
		reply(w, &s->r, &rows, &page);
	statement_page_finish(&page);
	return st;
}

enum status http_execute_statement(struct http_call *call, struct err *err)
{
	struct wire *w = wire_begin(call, err);
	struct wire_statement s = {0};
	struct statement *checked;
	enum status st = wire_read(w, call->body, &shape, &s.r);
	if (!st)
		st = wire_statement(w, &s);
	if (!st)
		wire_constrain(w, &shape, &s.r, "");
	if (!st)
		st = wire_violations(w);
	if (!st)
		st = wire_statements_check(w, &s, 1, &checked);
	if (!st)
		st = run(w, &s);
	return wire_end(w, st);
}
