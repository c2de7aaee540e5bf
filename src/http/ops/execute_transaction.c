#include "src/http/wire_statement.h"
#include "src/http/wire_transact.h"

static const struct wire_shape shape = {
	WIRE_BIT(TRANSACT_STATEMENTS) | WIRE_BIT(CLIENT_REQUEST_TOKEN) | WIRE_BIT(RETURN_CONSUMED_CAPACITY),
	WIRE_BIT(TRANSACT_STATEMENTS)};
static const struct wire_shape statement_shape = {WIRE_STATEMENT_MEMBERS, WIRE_BIT(STATEMENT)};

struct transaction {
	struct wire *w;
	struct wire_request r;
	struct wire_statement *all;
	size_t n;
	struct buf *responses;
	bool any;
};

static void see(size_t at, const char *table_name, const struct err *err, struct slice item, void *arg)
{
	struct transaction *t = arg;
	if (t->any)
		buf_add_byte(t->responses, ',');
	t->any = true;
	buf_add_byte(t->responses, '{');
	if (item.len) {
		buf_add_str(t->responses, "\"Item\":");
		wire_put_item(t->responses, item);
	}
	buf_add_byte(t->responses, '}');
}

static enum status canceled(struct transaction *t, const struct err *reasons)
{
	const struct buf **failed = wire_alloc(t->w, t->n * sizeof *failed);
	for (size_t i = 0; i < t->n; i++)
		failed[i] = t->all[i].failed;
	return wire_canceled(t->w, reasons, failed, t->n);
}

static void reply(struct transaction *t)
{
	wire_open(t->w);
	if (t->any) {
		struct buf *out = wire_member(t->w, "Responses");
		buf_add_byte(out, '[');
		buf_add_slice(out, buf_slice(t->responses));
		buf_add_byte(out, ']');
	}
	wire_put_consumed(t->w, &t->r, true, true);
	wire_close(t->w);
}

static enum status run(struct transaction *t, const struct statement *statements)
{
	const struct http_call *call = wire_call(t->w);
	struct statement_transaction r = {.statements = statements,
		.n = t->n,
		.token = t->r.at[M_CLIENT_REQUEST_TOKEN],
		.mode = COMMIT_DURABLE,
		.consumed = wire_consumed(t->w, &t->r)};
	struct transact_result result = {.reasons = wire_alloc(t->w, t->n * sizeof(struct err))};
	t->responses = wire_buf(t->w);
	enum status st = op_transact_statement(call->engine, &call->caller, &r, see, t, &result, wire_err(t->w));
	if (st == ST_CANCELED)
		return canceled(t, result.reasons);
	if (!st)
		reply(t);
	return st;
}

enum status http_execute_transaction(struct http_call *call, struct err *err)
{
	struct transaction t = {.w = wire_begin(call, err)};
	struct statement *statements;
	enum status st = wire_read(t.w, call->body, &shape, &t.r);
	if (!st)
		wire_constrain(t.w, &shape, &t.r, "");
	if (!st)
		st = wire_statements(t.w, &t.r, M_TRANSACT_STATEMENTS, &statement_shape, "class " WIRE_NS "ParameterizedStatement",
			OP_TRANSACT_MAX, &t.all, &t.n);
	if (!st)
		st = wire_violations(t.w);
	if (!st)
		st = wire_statements_check(t.w, t.all, t.n, &statements);
	if (!st)
		st = run(&t, statements);
	return wire_end(t.w, st);
}
