#include "engine/expr/cache.h"
#include "engine/expr/params.h"

#include <stdlib.h>

/** Fills the slots of names. */
static enum status bind_names(const struct tree *t, struct expr_params *params, struct slice *names, struct err *err)
{
	for (size_t i = 0; i < t->name_count; i++) {
		const struct value *v = params_name(params, t->names[i]);
		if (!v)
			return expr_fail(t->kind, err,
				"An expression attribute name used in the document path is not defined; attribute name: %.*s",
				SLICE_ARG(t->names[i]));
		names[i] = v->body;
	}
	return ST_OK;
}

static enum status bind_values(const struct tree *t, struct expr_params *params, struct value *values, struct err *err)
{
	for (size_t i = 0; i < t->value_count; i++) {
		const struct value *v = params_value(params, t->values[i]);
		if (!v)
			return expr_fail(t->kind, err,
				"An expression attribute value used in expression is not defined; attribute value: %.*s",
				SLICE_ARG(t->values[i]));
		values[i] = *v;
	}
	return ST_OK;
}

static enum status bind(struct expr *e, struct expr_params *params, struct slice *names, struct value *values, struct err *err)
{
	enum status st = bind_names(e->tree, params, names, err);
	if (st == ST_OK)
		st = bind_values(e->tree, params, values, err);
	if (st == ST_OK)
		st = check_expr(e, err);
	if (st == ST_OK && (e->tree->kind == EXPR_PROJECTION || e->tree->kind == EXPR_UPDATE))
		st = targets_fill(e, err);
	return st;
}

enum status expr_parse(enum expr_kind kind, struct slice text, struct expr_params *params, struct expr **ret, struct err *err)
{
	struct tree *tree;
	struct slice *names;
	struct value *values;
	params_note(params);
	enum status st = cache_parse(kind, text, &tree, err);
	if (st != ST_OK)
		return st;
	struct expr *e = expr_new(tree, &names, &values);
	st = bind(e, params, names, values, err);
	if (st == ST_OK)
		*ret = e;
	else
		expr_free(e);
	return st;
}
