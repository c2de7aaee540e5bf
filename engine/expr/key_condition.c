#include "engine/expr/tree.h"

#include <assert.h>

/** One condition of a key condition, taken apart: attribute, operator, one or two values. */
struct key_test {
	const struct node *node;
	struct slice name;
	enum node_type op; /* with the attribute on its left */
	struct value a, b;
};

#define TESTS_MAX 2

struct key_tests {
	struct key_test tests[TESTS_MAX];
	size_t count;
};

static enum status refuse(struct err *err, const char *what)
{
	return err_set(err, ST_VALIDATION, "%s", what);
}

static enum status refuse_operator(const struct expr *e, const struct node *n, struct err *err)
{
	if (e->legacy)
		return refuse(err, "Attempted conditional constraint is not an indexable operation");
	return err_set(err, ST_VALIDATION, "Invalid operator used in KeyConditionExpression: %s", node_name(n->type));
}

static bool is_supported(enum node_type t)
{
	return t == NODE_EQ || t == NODE_LT || t == NODE_LE || t == NODE_GT || t == NODE_GE || t == NODE_BETWEEN ||
	       t == NODE_BEGINS_WITH;
}

/** `:v < sk` says what `sk > :v` says. */
static enum node_type mirrored(enum node_type t)
{
	switch (t) {
	case NODE_LT:
		return NODE_GT;
	case NODE_LE:
		return NODE_GE;
	case NODE_GT:
		return NODE_LT;
	case NODE_GE:
		return NODE_LE;
	default:
		return t;
	}
}

#define INVALID "Invalid condition in KeyConditionExpression: "

/** The one operand that is an attribute. */
static enum status find_attribute(const struct expr *e, const struct node *n, const struct node **ret, struct err *err)
{
	*ret = NULL;
	for (const struct node *c = n->child; c; c = c->next) {
		if (c->type == NODE_SIZE)
			return refuse_operator(e, c, err);
		if (c->type != NODE_PATH)
			continue;
		if (*ret)
			return refuse(err, INVALID "Multiple attribute names used in one condition");
		*ret = c;
	}
	if (!*ret)
		return refuse(err, INVALID "No key attribute specified");
	if ((*ret)->path_len > 1)
		return refuse(err, "KeyConditionExpressions cannot have conditions on nested attributes");
	if (*ret != n->child && (n->type == NODE_BETWEEN || n->type == NODE_BEGINS_WITH))
		return err_set(err, ST_VALIDATION, INVALID "%s operator must have the attribute name as its first operand",
			node_name(n->type));
	return ST_OK;
}

static enum status take_apart(const struct expr *e, const struct node *n, struct key_test *ret, struct err *err)
{
	const struct node *path;
	if (!is_supported(n->type))
		return refuse_operator(e, n, err);
	enum status st = find_attribute(e, n, &path, err);
	if (st != ST_OK)
		return st;
	bool left = path == n->child;
	const struct node *a = left ? path->next : n->child;
	*ret = (struct key_test){.node = n, .name = elem_name(e, &path->path[0]), .op = left ? n->type : mirrored(n->type)};
	ret->a = e->values[a->slot];
	if (n->type == NODE_BETWEEN)
		ret->b = e->values[a->next->slot];
	return ST_OK;
}

static enum status add_test(struct key_tests *tests, const struct key_test *t, struct err *err)
{
	for (size_t i = 0; i < tests->count; i++)
		if (slice_eq(tests->tests[i].name, t->name))
			return refuse(err, "KeyConditionExpressions must only contain one condition per key");
	if (tests->count == TESTS_MAX)
		return refuse(err, "Conditions can be of length 1 or 2 only");
	tests->tests[tests->count++] = *t;
	return ST_OK;
}

static enum status collect(const struct expr *e, const struct node *n, struct key_tests *tests, struct err *err)
{
	struct key_test t;
	enum status st = ST_OK;
	if (n->type != NODE_AND) {
		st = take_apart(e, n, &t, err);
		return st == ST_OK ? add_test(tests, &t, err) : st;
	}
	for (const struct node *c = n->child; c && st == ST_OK; c = c->next)
		st = collect(e, c, tests, err);
	return st;
}

/* Against a schema */

static const struct key_test *find_test(const struct key_tests *tests, const struct key_attr *attr)
{
	for (size_t i = 0; i < tests->count && attr->type != VALUE_NONE; i++)
		if (slice_eq_str(tests->tests[i].name, attr->name))
			return &tests->tests[i];
	return NULL;
}

/** Both tests of their keys, or one of the partition key alone. */
static enum status match(const struct key_tests *tests, const struct key_schema *schema, const struct key_test **ret_pk,
	const struct key_test **ret_sk, struct err *err)
{
	*ret_pk = find_test(tests, &schema->pk);
	*ret_sk = find_test(tests, &schema->sk);
	if (!*ret_pk)
		return err_set(err, ST_VALIDATION, "Query condition missed key schema element: %s", schema->pk.name);
	if (tests->count == TESTS_MAX && !*ret_sk) {
		if (schema_has_sk(schema))
			return err_set(err, ST_VALIDATION, "Query condition missed key schema element: %s", schema->sk.name);
		return refuse(err, "Query key condition not supported");
	}
	if ((*ret_pk)->op != NODE_EQ)
		return refuse(err, "Query key condition not supported");
	return ST_OK;
}

static enum status check_value(const struct key_attr *attr, struct value v, struct err *err)
{
	if (v.type == attr->type)
		return ST_OK;
	return refuse(err, "One or more parameter values were invalid: Condition parameter type does not match schema type");
}

/** Type, and the rules of keys. `pk`: some good partition key, for a check of both. */
static enum status check_sort_value(const struct key_schema *schema, struct slice pk, struct value v, struct err *err)
{
	struct key key = {.pk = pk, .sk = v.body};
	enum status st = check_value(&schema->sk, v, err);
	return st ? st : key_check(schema, &key, err);
}

static enum status check_partition_value(const struct key_schema *schema, struct value v, struct err *err)
{
	struct key_schema alone = *schema;
	struct key key = {.pk = v.body};
	alone.sk.type = VALUE_NONE;
	enum status st = check_value(&schema->pk, v, err);
	return st ? st : key_check(&alone, &key, err);
}

static void set_bounds(const struct key_test *t, struct key_range *r)
{
	struct slice a = t->a.body;
	bool less = t->op == NODE_LT || t->op == NODE_LE;
	bool greater = t->op == NODE_GT || t->op == NODE_GE;
	r->lo = less ? slice_of(NULL, 0) : a;
	r->hi = t->op == NODE_BETWEEN ? t->b.body : greater || t->op == NODE_BEGINS_WITH ? slice_of(NULL, 0) : a;
	r->lo_open = t->op == NODE_GT;
	r->hi_open = t->op == NODE_LT;
	if (t->op == NODE_BEGINS_WITH)
		r->prefix = a;
}

enum status expr_key_range(const struct expr *e, const struct key_schema *schema, struct key_range *ret, struct err *err)
{
	assert(e->tree->kind == EXPR_KEY_CONDITION);
	struct key_tests tests = {.count = 0};
	const struct key_test *pk, *sk;
	struct key_range r = {0};
	enum status st = e->tree->root ? collect(e, e->tree->root, &tests, err) : ST_OK;
	if (st == ST_OK)
		st = match(&tests, schema, &pk, &sk, err);
	if (st == ST_OK)
		st = check_partition_value(schema, pk->a, err);
	if (st != ST_OK)
		return st;
	r.pk = pk->a.body;
	if (sk) {
		st = check_sort_value(schema, r.pk, sk->a, err);
		if (st == ST_OK && sk->op == NODE_BETWEEN)
			st = check_sort_value(schema, r.pk, sk->b, err);
		set_bounds(sk, &r);
	}
	if (st == ST_OK)
		*ret = r;
	return st;
}

bool key_range_has(const struct key_range *r, struct slice sk)
{
	if (r->prefix.len)
		return slice_has_prefix(sk, r->prefix);
	int low = r->lo.len ? slice_cmp(sk, r->lo) : 1, high = r->hi.len ? slice_cmp(sk, r->hi) : -1;
	return (r->lo_open ? low > 0 : low >= 0) && (r->hi_open ? high < 0 : high <= 0);
}
