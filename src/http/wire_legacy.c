#include "src/http/wire_private.h"

#include <stdio.h>

#define INVALID "One or more parameter values were invalid: "

/** One entry of a map, of which a request of 16 MB may have millions: what is kept of its structure is little. */
struct condition {
	struct slice name;
	struct slice word; /* ComparisonOperator or Action; ptr NULL: not there */
	bool value, list;  /* which of the two ways to give values it has */
	bool says_exists, exists;
	struct buf *encoded; /* its values, one after the other */
	size_t count;
	const struct err *fault;
};

struct wire_conditions {
	struct condition *all;
	size_t count;
};

struct wire_updates {
	struct condition *all; /* each has one value at most */
	size_t count;
};

static const struct wire_shape expected_shape = {
	WIRE_BIT(VALUE) | WIRE_BIT(EXISTS) | WIRE_BIT(COMPARISON_OPERATOR) | WIRE_BIT(ATTRIBUTE_VALUE_LIST), 0};
static const struct wire_shape condition_shape = {
	WIRE_BIT(COMPARISON_OPERATOR) | WIRE_BIT(ATTRIBUTE_VALUE_LIST), WIRE_BIT(COMPARISON_OPERATOR)};
static const struct wire_shape update_shape = {WIRE_BIT(VALUE) | WIRE_BIT(ACTION), 0};

/* Reading */

/** Appends a value to those of the condition; what is wrong with it is kept for later. */
static enum status read_value(struct wire *w, struct condition *c, struct slice json)
{
	struct err fault;
	enum status st = json_read_value(json, JSON_API, c->encoded, &fault);
	c->count++;
	return st ? wire_keep_fault(w, &fault, &c->fault) : ST_OK;
}

static enum status read_values(struct wire *w, const struct wire_request *r, struct condition *c)
{
	c->encoded = wire_buf(w);
	if (c->value)
		return read_value(w, c, r->at[M_VALUE]);
	if (!c->list)
		return ST_OK;
	struct slice rest = json_enter(r->at[M_ATTRIBUTE_VALUE_LIST]), value;
	enum status st = ST_OK;
	while (!st && json_next(&rest, NULL, &value))
		st = read_value(w, c, value);
	return st;
}

static enum status read_condition(
	struct wire *w, struct slice json, const struct wire_shape *shape, const char *path, struct condition *c)
{
	struct wire_request r;
	enum status st = wire_read(w, json, shape, &r);
	if (st)
		return st;
	c->word = r.at[wire_has(&r, M_ACTION) ? M_ACTION : M_COMPARISON_OPERATOR];
	c->value = wire_has(&r, M_VALUE);
	c->list = wire_has(&r, M_ATTRIBUTE_VALUE_LIST);
	c->says_exists = wire_has(&r, M_EXISTS);
	c->exists = wire_bool(&r, M_EXISTS, true);
	wire_constrain(w, shape, &r, path);
	return read_values(w, &r, c);
}

/** The structures of a map, name by name. */
static enum status read_map(struct wire *w, const struct wire_request *r, enum wire_member m, const struct wire_shape *shape,
	struct condition **ret, size_t *ret_count)
{
	struct slice rest = json_enter(r->at[m]), name, value;
	struct condition *all = wire_alloc(w, wire_entries(r->at[m]) * sizeof *all);
	struct buf *path = wire_buf(w);
	enum status st = ST_OK;
	*ret = all;
	for (; !st && json_next(&rest, &name, &value); ++*ret_count) {
		struct condition *c = &all[*ret_count];
		c->name = wire_text(w, name);
		buf_reset(path);
		buf_addf(path, "%s.%.*s.member.", wire_path_name(m), (int)(c->name.len < 255 ? c->name.len : 255),
			(const char *)c->name.ptr);
		st = read_condition(w, value, shape, buf_str(path), c);
	}
	return st;
}

static enum status read_conditions(struct wire *w, const struct wire_request *r, enum wire_member m, const struct wire_shape *shape,
	struct wire_conditions **ret)
{
	if (!wire_has(r, m))
		return ST_OK;
	*ret = wire_alloc(w, sizeof **ret);
	return read_map(w, r, m, shape, &(*ret)->all, &(*ret)->count);
}

static void read_attributes(struct wire *w, const struct wire_request *r, struct wire_legacy *ret)
{
	if (!wire_has(r, M_ATTRIBUTES_TO_GET))
		return;
	struct slice list = r->at[M_ATTRIBUTES_TO_GET], rest = json_enter(list), value;
	while (json_next(&rest, NULL, &value))
		ret->attribute_count++;
	ret->attributes = wire_alloc(w, ret->attribute_count * sizeof *ret->attributes);
	rest = json_enter(list);
	for (size_t i = 0; json_next(&rest, NULL, &value); i++)
		ret->attributes[i] = wire_text(w, slice_of(value.ptr + 1, value.len - 2));
}

enum status wire_legacy_read(struct wire *w, const struct wire_request *r, struct wire_legacy *ret)
{
	enum status st = read_conditions(w, r, M_EXPECTED, &expected_shape, &ret->expected);
	if (!st)
		st = read_conditions(w, r, M_QUERY_FILTER, &condition_shape, &ret->filter);
	if (!st)
		st = read_conditions(w, r, M_SCAN_FILTER, &condition_shape, &ret->filter);
	if (!st)
		st = read_conditions(w, r, M_KEY_CONDITIONS, &condition_shape, &ret->key_conditions);
	if (!st && wire_has(r, M_ATTRIBUTE_UPDATES)) {
		ret->updates = wire_alloc(w, sizeof *ret->updates);
		st = read_map(w, r, M_ATTRIBUTE_UPDATES, &update_shape, &ret->updates->all, &ret->updates->count);
	}
	read_attributes(w, r, ret);
	return st;
}

/* Their rules */

struct value *wire_values(struct wire *w, const struct buf *encoded, size_t n)
{
	struct value *all = wire_alloc(w, n * sizeof *all);
	struct value_iter it = {.of = VALUE_L, .rest = buf_slice(encoded), .left = (uint32_t)n};
	struct slice name;
	for (size_t i = 0; i < n && value_next(&it, &name, &all[i]); i++)
		;
	return all;
}

static enum status refuse(struct wire *w, const char *what, struct slice name)
{
	return err_set(w->err, ST_VALIDATION, INVALID "%s for Attribute: %.*s", what, (int)(name.len < 255 ? name.len : 255),
		(const char *)name.ptr);
}

static enum status check_old_form(struct wire *w, const struct condition *c)
{
	if (c->list)
		return refuse(w, "AttributeValueList can only be used with a ComparisonOperator", c->name);
	if (!c->value && !c->says_exists)
		return refuse(w, "Value must be provided when Exists is null", c->name);
	if (!c->value && c->exists)
		return refuse(w, "Value must be provided when Exists is true", c->name);
	return c->value && !c->exists ? refuse(w, "Value cannot be used when Exists is false", c->name) : ST_OK;
}

static enum status check_expected(struct wire *w, const struct condition *c)
{
	char text[100];
	if (!c->word.ptr)
		return check_old_form(w, c);
	if (c->says_exists)
		return refuse(w, "Exists and ComparisonOperator cannot be used together", c->name);
	if (c->value && c->list)
		return refuse(w, "Value and AttributeValueList cannot be used together", c->name);
	if (c->value || c->list || slice_eq_str(c->word, "NULL") || slice_eq_str(c->word, "NOT_NULL"))
		return ST_OK;
	snprintf(text, sizeof text, "Value or AttributeValueList must be used with ComparisonOperator: %.*s", SLICE_ARG(c->word));
	return refuse(w, text, c->name);
}

static enum expr_operator operator_of(const struct condition *c)
{
	enum expr_operator op = c->exists ? EXPR_EQ : EXPR_NULL;
	if (c->word.ptr)
		(void)expr_operator_parse(c->word, &op);
	return op;
}

static enum status fault_of(struct wire *w, const struct condition *c)
{
	if (!c->fault)
		return ST_OK;
	*w->err = *c->fault;
	return c->fault->code;
}

static enum status make_conditions(
	struct wire *w, enum expr_kind kind, const struct wire_conditions *from, bool any, struct expr **ret)
{
	struct expr_legacy_condition *all = wire_alloc(w, from->count * sizeof *all);
	enum status st = ST_OK;
	for (size_t i = 0; i < from->count && !st; i++) {
		const struct condition *c = &from->all[i];
		st = fault_of(w, c);
		if (!st && kind == EXPR_CONDITION)
			st = check_expected(w, c);
		all[i] = (struct expr_legacy_condition){c->name, operator_of(c), wire_values(w, c->encoded, c->count), c->count};
	}
	if (!st)
		st = expr_from_conditions(kind, all, from->count, any, ret, w->err);
	if (!st)
		wire_own_expr(w, *ret);
	return st;
}

static enum expr_action action_of(const struct condition *c)
{
	if (slice_eq_str(c->word, "ADD"))
		return EXPR_ADD;
	return slice_eq_str(c->word, "DELETE") ? EXPR_DELETE : EXPR_PUT;
}

static enum status make_updates(struct wire *w, const struct wire_updates *from, struct expr **ret)
{
	struct expr_legacy_update *all = wire_alloc(w, from->count * sizeof *all);
	enum status st = ST_OK;
	for (size_t i = 0; i < from->count && !st; i++) {
		const struct condition *c = &from->all[i];
		st = fault_of(w, c);
		all[i] = (struct expr_legacy_update){.name = c->name, .action = action_of(c)};
		if (!st && c->count)
			all[i].value = *wire_values(w, c->encoded, 1);
	}
	if (st || from->count == 0)
		return st;
	st = expr_from_updates(all, from->count, ret, w->err);
	if (!st)
		wire_own_expr(w, *ret);
	return st;
}

static enum status check_operator(struct wire *w, const struct wire_request *r, const struct wire_legacy *legacy)
{
	const struct wire_conditions *c = legacy->expected ? legacy->expected : legacy->filter;
	if (!wire_has(r, M_CONDITIONAL_OPERATOR))
		return ST_OK;
	if (!c)
		return err_set(w->err, ST_VALIDATION, "ConditionalOperator cannot be used without Filter or Expected");
	if (c->count < 2)
		return err_set(w->err, ST_VALIDATION,
			"ConditionalOperator can only be used when Filter or Expected has two or more elements");
	return ST_OK;
}

enum status wire_legacy(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *to)
{
	bool any = wire_is(r, M_CONDITIONAL_OPERATOR, "OR");
	enum status st = ST_OK;
	if (legacy->attributes)
		st = expr_from_attributes(legacy->attributes, legacy->attribute_count, &to->projection, w->err);
	if (!st && legacy->attributes)
		wire_own_expr(w, to->projection);
	if (!st && legacy->updates)
		st = make_updates(w, legacy->updates, &to->update);
	if (!st)
		st = check_operator(w, r, legacy);
	if (!st && legacy->expected && legacy->expected->count)
		st = make_conditions(w, EXPR_CONDITION, legacy->expected, any, &to->condition);
	if (!st && legacy->filter && legacy->filter->count)
		st = make_conditions(w, EXPR_FILTER, legacy->filter, any, &to->filter);
	if (!st && legacy->key_conditions)
		st = make_conditions(w, EXPR_KEY_CONDITION, legacy->key_conditions, false, &to->key_condition);
	return st;
}
