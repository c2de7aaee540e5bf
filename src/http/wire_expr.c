#include "src/http/wire_private.h"

static void release_expr(void *e)
{
	expr_free(e);
}

static void release_params(void *p)
{
	expr_params_free(p);
}

void wire_own_expr(struct wire *w, struct expr *e)
{
	if (e)
		wire_own(w, release_expr, e);
}

/** Which of the values is at fault: they are read once more, one by one. */
static enum status refuse_values(struct wire *w, const struct wire_request *r)
{
	struct slice rest = json_enter(r->at[M_VALUES]), name, value;
	struct buf *encoded = wire_buf(w);
	struct err why;
	while (json_next(&rest, &name, &value))
		if (json_read_value(value, JSON_API, encoded, &why)) {
			name = wire_text(w, name);
			return err_set(w->err, ST_VALIDATION, "ExpressionAttributeValues contains invalid value: %s for key %.*s",
				why.text, (int)(name.len < 255 ? name.len : 255), (const char *)name.ptr);
		}
	*w->err = *r->values.fault;
	return w->err->code;
}

static enum status make_params(struct wire *w, const struct wire_request *r, struct wire_exprs *ret)
{
	struct slice values = r->values.fault ? slice_of(NULL, 0) : r->values.item;
	enum status st = expr_params_new(r->names, values, &ret->params, w->err);
	if (st)
		return st;
	wire_own(w, release_params, ret->params);
	return r->values.fault ? refuse_values(w, r) : ST_OK;
}

static enum status parse(struct wire *w, enum expr_kind kind, const struct wire_request *r, enum wire_member m,
	struct expr_params *params, struct expr **ret)
{
	if (!wire_has(r, m))
		return ST_OK;
	enum status st = expr_parse(kind, r->at[m], params, ret, w->err);
	if (!st)
		wire_own_expr(w, *ret);
	return st;
}

enum status wire_exprs(struct wire *w, const struct wire_request *r, struct wire_exprs *ret)
{
	enum status st = ST_OK;
	if (wire_has(r, M_NAMES) || wire_has(r, M_VALUES))
		st = make_params(w, r, ret);
	if (!st)
		st = parse(w, EXPR_UPDATE, r, M_UPDATE_EXPRESSION, ret->params, &ret->update);
	if (!st)
		st = parse(w, EXPR_CONDITION, r, M_CONDITION_EXPRESSION, ret->params, &ret->condition);
	if (!st)
		st = parse(w, EXPR_FILTER, r, M_FILTER_EXPRESSION, ret->params, &ret->filter);
	if (!st)
		st = parse(w, EXPR_KEY_CONDITION, r, M_KEY_CONDITION_EXPRESSION, ret->params, &ret->key_condition);
	if (!st)
		st = parse(w, EXPR_PROJECTION, r, M_PROJECTION_EXPRESSION, ret->params, &ret->projection);
	return st || !ret->params ? st : expr_params_check(ret->params, "", w->err);
}
