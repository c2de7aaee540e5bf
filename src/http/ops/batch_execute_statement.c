#include "src/http/wire_statement.h"

static const struct wire_shape shape = {WIRE_BIT(STATEMENTS) | WIRE_BIT(RETURN_CONSUMED_CAPACITY), WIRE_BIT(STATEMENTS)};
static const struct wire_shape statement_shape = {WIRE_STATEMENT_MEMBERS | WIRE_BIT(CONSISTENT_READ), WIRE_BIT(STATEMENT)};

struct batch {
	struct wire *w;
	struct wire_request r;
	struct wire_statement *all;
	size_t n;
};

static void put_error(struct buf *out, const struct err *err, const struct buf *failed)
{
	buf_addf(out, "\"Error\":{\"Code\":\"%s\",\"Message\":", statement_error_code(err->code));
	json_write_string(slice_str(err->text), out);
	if (failed && failed->len) {
		buf_add_str(out, ",\"Item\":");
		wire_put_item(out, buf_slice(failed));
	}
	buf_add_byte(out, '}');
}

static void see(size_t at, const char *table_name, const struct err *err, struct slice item, void *arg)
{
	struct batch *b = arg;
	struct buf *out = wire_call(b->w)->reply;
	const char *comma = "";
	buf_add_str(out, at ? ",{" : "{");
	if (err->code) {
		put_error(out, err, b->all[at].failed);
		comma = ",";
	}
	if (table_name[0]) {
		buf_addf(out, "%s\"TableName\":\"%s\"", comma, table_name);
		comma = ",";
	}
	if (!err->code && item.len) {
		buf_addf(out, "%s\"Item\":", comma);
		wire_put_item(out, item);
	}
	buf_add_byte(out, '}');
}

static enum status run(struct batch *b, const struct statement *statements)
{
	const struct http_call *call = wire_call(b->w);
	wire_open(b->w);
	buf_add_byte(wire_member(b->w, "Responses"), '[');
	enum status st = op_batch_statement(
		call->engine, &call->caller, statements, b->n, COMMIT_DURABLE, wire_consumed(b->w, &b->r), see, b, wire_err(b->w));
	buf_add_byte(call->reply, ']');
	wire_put_consumed(b->w, &b->r, true, false);
	wire_close(b->w);
	return st;
}

enum status http_batch_execute_statement(struct http_call *call, struct err *err)
{
	struct batch b = {.w = wire_begin(call, err)};
	struct statement *statements;
	enum status st = wire_read(b.w, call->body, &shape, &b.r);
	if (!st)
		wire_constrain(b.w, &shape, &b.r, "");
	if (!st)
		st = wire_statements(b.w, &b.r, M_STATEMENTS, &statement_shape, "class " WIRE_NS "BatchStatementRequest",
			OP_STATEMENT_BATCH_MAX, &b.all, &b.n);
	if (!st)
		st = wire_violations(b.w);
	if (!st)
		st = wire_statements_check(b.w, b.all, b.n, &statements);
	if (!st)
		st = run(&b, statements);
	return wire_end(b.w, st);
}
