#include "engine/expr/tree.h"

#include "engine/number.h"
#include "engine/value/utf8.h"

/* Types that an operand may have, where they are known before there is an item: one bit each */

#define TYPE(t) (UINT64_C(1) << ((t) - 'A'))
#define TYPES_ORDERED (TYPE(VALUE_S) | TYPE(VALUE_N) | TYPE(VALUE_B))
#define TYPES_BEGIN (TYPE(VALUE_S) | TYPE(VALUE_B))
#define TYPES_SET (TYPE(VALUE_SS) | TYPE(VALUE_NS) | TYPE(VALUE_BS))
#define TYPES_HOLDING (TYPES_BEGIN | TYPES_SET | TYPE(VALUE_L))
#define TYPES_SIZED (TYPES_HOLDING | TYPE(VALUE_M))
#define TYPES_ALL UINT64_MAX

static enum value_type known_type(const struct expr *e, const struct node *n)
{
	switch (n->type) {
	case NODE_VALUE:
		return e->values[n->slot].type;
	case NODE_SIZE:
	case NODE_PLUS:
	case NODE_MINUS:
		return VALUE_N;
	case NODE_LIST_APPEND:
		return VALUE_L;
	default:
		return VALUE_NONE;
	}
}

static enum status check_type(
	const struct expr *e, enum node_type what, const struct node *operand, uint64_t allowed, struct err *err)
{
	enum value_type t = known_type(e, operand);
	if (t == VALUE_NONE || (allowed & TYPE(t)))
		return ST_OK;
	return expr_fail(e->tree->kind, err,
		"Incorrect operand type for operator or function; operator or function: %s, operand type: %s", node_name(what),
		value_type_name(t));
}

static enum status check_operand(const struct expr *e, const struct node *n, struct err *err);

/** The operands, and that their types are allowed. */
static enum status check_operands(const struct expr *e, const struct node *n, uint64_t allowed, struct err *err)
{
	enum status st = ST_OK;
	for (const struct node *c = n->child; c && st == ST_OK; c = c->next) {
		st = check_operand(e, c, err);
		if (st == ST_OK)
			st = check_type(e, n->type, c, allowed, err);
	}
	return st;
}

/* Functions */

static const struct signature {
	enum node_type type;
	unsigned operands;
	bool path_first;
	uint64_t first, second;
} signatures[] = {
	{NODE_EXISTS, 1, true, TYPES_ALL, 0},
	{NODE_NOT_EXISTS, 1, true, TYPES_ALL, 0},
	{NODE_TYPE, 2, true, TYPES_ALL, TYPE(VALUE_S)},
	{NODE_BEGINS_WITH, 2, false, TYPES_BEGIN, TYPES_BEGIN},
	{NODE_CONTAINS, 2, false, TYPES_HOLDING, TYPES_ALL},
	{NODE_SIZE, 1, false, TYPES_SIZED, 0},
	{NODE_IF_NOT_EXISTS, 2, true, TYPES_ALL, TYPES_ALL},
	{NODE_LIST_APPEND, 2, false, TYPE(VALUE_L), TYPE(VALUE_L)},
};

static const struct signature *signature_of(const struct node *n)
{
	size_t i = 0;
	while (signatures[i].type != n->type)
		i++;
	return &signatures[i];
}

static enum status check_arity(const struct expr *e, const struct node *n, const struct signature *s, struct err *err)
{
	unsigned count = node_operands(n);
	if (count != s->operands)
		return expr_fail(e->tree->kind, err,
			"Incorrect number of operands for operator or function; operator or function: %s, number of operands: %u",
			node_name(n->type), count);
	if (s->path_first && n->child->type != NODE_PATH)
		return expr_fail(e->tree->kind, err, "Operator or function requires a document path; operator or function: %s",
			node_name(n->type));
	return ST_OK;
}

static enum status check_call(const struct expr *e, const struct node *n, struct err *err)
{
	const struct signature *s = signature_of(n);
	enum status st = check_arity(e, n, s, err);
	if (st == ST_OK)
		st = check_operands(e, n, TYPES_ALL, err);
	if (st == ST_OK)
		st = check_type(e, n->type, n->child, s->first, err);
	if (st == ST_OK && s->operands == 2)
		st = check_type(e, n->type, n->child->next, s->second, err);
	return st;
}

static enum status check_operand(const struct expr *e, const struct node *n, struct err *err)
{
	switch (n->type) {
	case NODE_PATH:
	case NODE_VALUE:
		return ST_OK;
	case NODE_PLUS:
	case NODE_MINUS:
		return check_operands(e, n, TYPE(VALUE_N), err);
	default:
		return check_call(e, n, err);
	}
}

static enum status check_type_name(const struct expr *e, const struct node *n, struct err *err)
{
	static const char *const names[] = {"B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"};
	if (n->type != NODE_VALUE)
		return expr_fail(e->tree->kind, err,
			"Operator or function requires an expression attribute value; operator or function: attribute_type");
	struct slice name = e->values[n->slot].body;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_str(name, names[i]))
			return ST_OK;
	return expr_fail(e->tree->kind, err,
		"Invalid attribute type name found; type: %.*s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", utf8_cut(name, 100),
		(const char *)name.ptr);
}

/* Conditions */

/** The first operand must not be among the others, where both are paths. */
static enum status check_distinct(const struct expr *e, const struct node *n, struct err *err)
{
	const struct node *first = n->child;
	for (const struct node *c = first->next; c && first->type == NODE_PATH; c = c->next) {
		if (c->type != NODE_PATH || !path_eq(e, first, c))
			continue;
		struct buf path = BUF_INIT;
		path_describe(e, first, &path);
		expr_fail(e->tree->kind, err,
			"The first operand must be distinct from the remaining operands for this operator or function; operator: "
			"%s, "
			"first operand: %s",
			node_name(n->type), buf_str(&path));
		buf_finish(&path);
		return ST_VALIDATION;
	}
	return ST_OK;
}

/** As messages show values: "AttributeValue: {N:10}". */
static void value_describe(struct value v, struct buf *out)
{
	char number[NUMBER_TEXT_MAX];
	buf_addf(out, "AttributeValue: {%s:", value_type_name(v.type));
	if (v.type == VALUE_N)
		v.body = slice_of(number, number_format_plain(v.body, number));
	if (v.type == VALUE_B)
		buf_addf(out, "%zu bytes", v.body.len);
	else
		buf_add(out, v.body.ptr, (size_t)utf8_cut(v.body, 100));
	buf_add_byte(out, '}');
}

static enum status refuse_bounds(const struct expr *e, const char *what, struct value low, struct value high, struct err *err)
{
	struct buf text = BUF_INIT;
	buf_add_str(&text, "lower bound operand: ");
	value_describe(low, &text);
	buf_add_str(&text, ", upper bound operand: ");
	value_describe(high, &text);
	expr_fail(e->tree->kind, err, "The BETWEEN operator requires %s; %s", what, buf_str(&text));
	buf_finish(&text);
	return ST_VALIDATION;
}

static enum status check_bounds(const struct expr *e, const struct node *n, struct err *err)
{
	const struct node *low = n->child->next, *high = low->next;
	if (low->type != NODE_VALUE || high->type != NODE_VALUE)
		return ST_OK;
	struct value l = e->values[low->slot], h = e->values[high->slot];
	if (l.type != h.type)
		return refuse_bounds(e, "same data type for lower and upper bounds", l, h, err);
	if (slice_cmp(l.body, h.body) > 0)
		return refuse_bounds(e, "upper bound to be greater than or equal to lower bound", l, h, err);
	return ST_OK;
}

static enum status check_condition(const struct expr *e, const struct node *n, struct err *err);

static enum status check_leaf(const struct expr *e, const struct node *n, struct err *err)
{
	enum status st = ST_OK;
	if (node_is_function(n)) {
		st = check_call(e, n, err);
		if (st == ST_OK && n->type == NODE_TYPE)
			st = check_type_name(e, n->child->next, err);
	} else {
		bool any = n->type == NODE_EQ || n->type == NODE_NE || n->type == NODE_IN;
		st = check_operands(e, n, any ? TYPES_ALL : TYPES_ORDERED, err);
	}
	if (st == ST_OK)
		st = check_distinct(e, n, err);
	if (st == ST_OK && n->type == NODE_BETWEEN)
		st = check_bounds(e, n, err);
	return st;
}

static enum status check_condition(const struct expr *e, const struct node *n, struct err *err)
{
	enum status st = ST_OK;
	if (n->type != NODE_AND && n->type != NODE_OR && n->type != NODE_NOT)
		return check_leaf(e, n, err);
	for (const struct node *c = n->child; c && st == ST_OK; c = c->next)
		st = check_condition(e, c, err);
	return st;
}

/* Updates */

static const char *long_type_name(enum value_type t)
{
	switch (t) {
	case VALUE_S:
		return "STRING";
	case VALUE_N:
		return "NUMBER";
	case VALUE_B:
		return "BINARY";
	case VALUE_TRUE:
	case VALUE_FALSE:
		return "BOOLEAN";
	case VALUE_L:
		return "LIST";
	case VALUE_M:
		return "MAP";
	case VALUE_SS:
		return "STRING_SET";
	case VALUE_NS:
		return "NUMBER_SET";
	case VALUE_BS:
		return "BINARY_SET";
	default:
		return "NULL";
	}
}

static enum status check_action(const struct expr *e, const struct node *n, struct err *err)
{
	if (n->type == NODE_REMOVE)
		return ST_OK;
	if (n->type == NODE_SET)
		return check_operand(e, n->child->next, err);
	enum value_type t = known_type(e, n->child->next);
	if (TYPE(t) & (TYPES_SET | (n->type == NODE_ADD ? TYPE(VALUE_N) : 0)))
		return ST_OK;
	return expr_fail(e->tree->kind, err,
		"Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
		node_name(n->type), long_type_name(t), node_name(n->type));
}

enum status check_expr(const struct expr *e, struct err *err)
{
	enum status st = ST_OK;
	if (e->tree->kind == EXPR_PROJECTION)
		return ST_OK;
	if (e->tree->kind != EXPR_UPDATE)
		return check_condition(e, e->tree->root, err);
	for (const struct node *n = e->tree->root; n && st == ST_OK; n = n->next)
		st = check_action(e, n, err);
	return st;
}
