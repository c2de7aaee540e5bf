#include "src/http/wire_statement.h"

static enum status read_parameter(struct wire *w, struct slice json, struct buf *encoded, struct wire_statement *s)
{
	struct err fault;
	enum status st = json_read_value(json, JSON_API, encoded, &fault);
	return st ? wire_keep_fault(w, &fault, &s->fault) : ST_OK;
}

enum status wire_statement(struct wire *w, struct wire_statement *ret)
{
	const struct wire_request *r = &ret->r;
	struct slice rest = wire_has(r, M_PARAMETERS) ? json_enter(r->at[M_PARAMETERS]) : slice_of(NULL, 0), value;
	struct buf *encoded = wire_buf(w);
	size_t n = 0;
	enum status st = ST_OK;
	for (; !st && json_next(&rest, NULL, &value); n++)
		st = read_parameter(w, value, encoded, ret);
	ret->statement = (struct statement){.text = r->at[M_STATEMENT], .consistent = wire_bool(r, M_CONSISTENT_READ, false)};
	if (n && !st) {
		ret->statement.parameters = wire_values(w, encoded, n);
		ret->statement.parameter_count = n;
	}
	if (wire_is(r, M_RETURN_VALUES_ON_FAILURE, "ALL_OLD"))
		ret->statement.failed = ret->failed = wire_buf(w);
	return st;
}

enum status wire_statements(struct wire *w, const struct wire_request *r, enum wire_member list, const struct wire_shape *shape,
	const char *of, size_t max, struct wire_statement **ret, size_t *ret_n)
{
	struct slice rest, value;
	struct buf *path = wire_buf(w);
	enum status st = ST_OK;
	size_t n = wire_has(r, list) ? wire_entries(r->at[list]) : 0;
	if (n == 0 || n > max)
		return ST_OK;
	rest = json_enter(r->at[list]);
	*ret_n = n;
	*ret = wire_alloc(w, n * sizeof **ret);
	for (size_t i = 0; i < n && !st && json_next(&rest, NULL, &value); i++) {
		st = json_expect(value, JSON_WANT_STRUCTURE, of, wire_err(w));
		if (!st)
			st = wire_read(w, value, shape, &(*ret)[i].r);
		if (!st)
			st = wire_statement(w, &(*ret)[i]);
		buf_reset(path);
		buf_addf(path, "%s.%zu.member.", wire_path_name(list), i + 1);
		if (!st)
			wire_constrain(w, shape, &(*ret)[i].r, buf_str(path));
	}
	return st;
}

enum status wire_statements_check(struct wire *w, const struct wire_statement *all, size_t n, struct statement **ret)
{
	*ret = wire_alloc(w, n * sizeof **ret);
	for (size_t i = 0; i < n; i++) {
		(*ret)[i] = all[i].statement;
		if (!all[i].fault)
			continue;
		*wire_err(w) = *all[i].fault;
		return all[i].fault->code;
	}
	return ST_OK;
}
