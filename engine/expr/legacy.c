#include "engine/expr/tree.h"

/* The parameters from before there were expressions, as trees. Their names stand for themselves: no dots, no reserved words. */

#define INVALID "One or more parameter values were invalid: "

enum values_allowed { VALUES_ANY, VALUES_ORDERED, VALUES_BEGIN };

static const struct operator_info {
	const char *name;
	enum node_type type;
	unsigned min, max; /* values */
	enum values_allowed allowed;
} operators[] = {
	[EXPR_EQ] = {"EQ", NODE_EQ, 1, 1, VALUES_ANY},
	[EXPR_NE] = {"NE", NODE_NE, 1, 1, VALUES_ANY},
	[EXPR_LE] = {"LE", NODE_LE, 1, 1, VALUES_ORDERED},
	[EXPR_LT] = {"LT", NODE_LT, 1, 1, VALUES_ORDERED},
	[EXPR_GE] = {"GE", NODE_GE, 1, 1, VALUES_ORDERED},
	[EXPR_GT] = {"GT", NODE_GT, 1, 1, VALUES_ORDERED},
	[EXPR_IN] = {"IN", NODE_IN, 1, LIMIT_EXPR_IN, VALUES_ORDERED},
	[EXPR_BETWEEN] = {"BETWEEN", NODE_BETWEEN, 2, 2, VALUES_ORDERED},
	[EXPR_BEGINS_WITH] = {"BEGINS_WITH", NODE_BEGINS_WITH, 1, 1, VALUES_BEGIN},
	[EXPR_CONTAINS] = {"CONTAINS", NODE_CONTAINS, 1, 1, VALUES_ORDERED},
	[EXPR_NOT_CONTAINS] = {"NOT_CONTAINS", NODE_CONTAINS, 1, 1, VALUES_ORDERED},
	[EXPR_NULL] = {"NULL", NODE_NOT_EXISTS, 0, 0, VALUES_ANY},
	[EXPR_NOT_NULL] = {"NOT_NULL", NODE_EXISTS, 0, 0, VALUES_ANY},
};

bool expr_operator_parse(struct slice text, enum expr_operator *ret)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!slice_eq_str(text, operators[i].name))
			continue;
		*ret = (enum expr_operator)i;
		return true;
	}
	return false;
}

/* Checks */

static bool is_allowed(enum values_allowed allowed, enum value_type t)
{
	bool begins = t == VALUE_S || t == VALUE_B;
	return allowed == VALUES_ANY || begins || (allowed == VALUES_ORDERED && t == VALUE_N);
}

static enum status check_between(const struct value *v, struct err *err)
{
	if (v[0].type != v[1].type)
		return err_set(
			err, ST_VALIDATION, INVALID "AttributeValues inside AttributeValueList must all be of the same type");
	if (slice_cmp(v[0].body, v[1].body) > 0)
		return err_set(err, ST_VALIDATION,
			"The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
	return ST_OK;
}

static enum status check_condition(const struct expr_legacy_condition *c, struct err *err)
{
	const struct operator_info *op = &operators[c->op];
	if (c->count < op->min || c->count > op->max)
		return err_set(err, ST_VALIDATION, INVALID "Invalid number of argument(s) for the %s ComparisonOperator", op->name);
	for (size_t i = 0; i < c->count; i++)
		if (!is_allowed(op->allowed, c->values[i].type))
			return err_set(err, ST_VALIDATION, INVALID "ComparisonOperator %s is not valid for %s AttributeValue type",
				op->name, value_type_name(c->values[i].type));
	return c->op == EXPR_BETWEEN ? check_between(c->values, err) : ST_OK;
}

/* Building */

struct builder {
	struct tree *tree;
	struct expr *e;
	struct value *values;
};

/** Room for `nodes` nodes; values are to be put in while the tree grows, so their number comes first. */
static struct builder builder_of(enum expr_kind kind, size_t nodes, size_t values)
{
	struct builder b;
	struct slice text, *names;
	b.tree = tree_new(kind, nodes + 1, slice_of(NULL, 0), &text);
	b.tree->value_count = values;
	b.tree->node_count = nodes + 1; /* expr_new() sizes the targets by it */
	b.e = expr_new(b.tree, &names, &b.values);
	b.e->legacy = true;
	b.tree->node_count = 0;
	b.tree->value_count = 0;
	return b;
}

static struct node *path_of(struct builder *b, struct slice name)
{
	struct node *n = tree_node(b->tree, NODE_PATH);
	struct path_elem *el = tree_elem(b->tree, ELEM_NAME);
	el->name = name;
	n->path = el;
	n->path_len = 1;
	return n;
}

static struct node *value_of(struct builder *b, struct value v)
{
	struct node *n = tree_node(b->tree, NODE_VALUE);
	n->slot = (uint32_t)b->tree->value_count++;
	b->values[n->slot] = v;
	return n;
}

static struct node *condition_of(struct builder *b, const struct expr_legacy_condition *c)
{
	struct node *last = path_of(b, c->name);
	struct node *n = tree_node_of(b->tree, operators[c->op].type, last, NULL);
	for (size_t i = 0; i < c->count; i++) {
		last->next = value_of(b, c->values[i]);
		last = last->next;
	}
	return c->op == EXPR_NOT_CONTAINS ? tree_node_of(b->tree, NODE_NOT, n, NULL) : n;
}

static struct expr *conditions_of(enum expr_kind kind, const struct expr_legacy_condition *c, size_t n, bool any)
{
	size_t values = 0;
	for (size_t i = 0; i < n; i++)
		values += c[i].count;
	struct builder b = builder_of(kind, 3 * n + values, values);
	struct node *first = NULL, **last = &first;
	for (size_t i = 0; i < n; i++) {
		*last = condition_of(&b, &c[i]);
		last = &(*last)->next;
	}
	if (n > 0) {
		b.tree->root = tree_node(b.tree, any ? NODE_OR : NODE_AND);
		b.tree->root->child = first;
	}
	return b.e;
}

enum status expr_from_conditions(
	enum expr_kind kind, const struct expr_legacy_condition *c, size_t n, bool any, struct expr **ret, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = check_condition(&c[i], err);
	if (st == ST_OK && kind == EXPR_KEY_CONDITION && (n < 1 || n > 2))
		st = err_set(err, ST_VALIDATION, "Conditions can be of length 1 or 2 only");
	if (st == ST_OK)
		*ret = conditions_of(kind, c, n, any);
	return st;
}

/* Updates */

static enum status check_update(const struct expr_legacy_update *u, struct err *err)
{
	enum value_type t = u->value.type;
	bool set = t == VALUE_SS || t == VALUE_NS || t == VALUE_BS;
	if (t == VALUE_NONE && u->action != EXPR_DELETE)
		return err_set(err, ST_VALIDATION, INVALID "Only DELETE action is allowed when no attribute value is specified");
	if (u->action == EXPR_PUT || set || t == VALUE_NONE || (u->action == EXPR_ADD && t == VALUE_N))
		return ST_OK;
	return err_set(err, ST_VALIDATION, INVALID "%s action is not supported for the type %s",
		u->action == EXPR_ADD ? "ADD" : "DELETE", value_type_name(t));
}

static struct node *action_of(struct builder *b, const struct expr_legacy_update *u)
{
	static const enum node_type types[] = {[EXPR_PUT] = NODE_SET, [EXPR_ADD] = NODE_ADD, [EXPR_DELETE] = NODE_DELETE};
	struct node *path = path_of(b, u->name);
	if (u->value.type == VALUE_NONE)
		return tree_node_of(b->tree, NODE_REMOVE, path, NULL);
	return tree_node_of(b->tree, types[u->action], path, value_of(b, u->value));
}

/** Fills the targets; hands the expression out, or frees it. */
static enum status finish(struct expr *e, struct expr **ret, struct err *err)
{
	enum status st = targets_fill(e, err);
	if (st == ST_OK)
		*ret = e;
	else
		expr_free(e);
	return st;
}

enum status expr_from_updates(const struct expr_legacy_update *u, size_t n, struct expr **ret, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		st = item_check_name(u[i].name, err);
		if (st == ST_OK)
			st = check_update(&u[i], err);
	}
	if (st != ST_OK)
		return st;
	struct builder b = builder_of(EXPR_UPDATE, 3 * n, n);
	struct node **last = &b.tree->root;
	for (size_t i = 0; i < n; i++) {
		*last = action_of(&b, &u[i]);
		last = &(*last)->next;
	}
	return finish(b.e, ret, err);
}

enum status expr_from_attributes(const struct slice *names, size_t n, struct expr **ret, struct err *err)
{
	struct builder b = builder_of(EXPR_PROJECTION, n, 0);
	struct node **last = &b.tree->root;
	for (size_t i = 0; i < n; i++) {
		*last = path_of(&b, names[i]);
		last = &(*last)->next;
	}
	return finish(b.e, ret, err);
}
