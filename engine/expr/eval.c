#include "engine/expr/tree.h"

#include "engine/number.h"
#include "engine/value/codec.h"

#include <stdio.h>

#define NOTHING ((struct value){.type = VALUE_NONE})

static struct value number_of(size_t n, struct number *room)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%zu", n);
	if (number_parse(slice_of(text, (size_t)len), room, NULL) != ST_OK)
		return NOTHING;
	return (struct value){.type = VALUE_N, .body = number_slice(room)};
}

/** The service measures text in units of UTF-16: one a character, two beyond U+FFFF, which UTF-8 writes in four bytes. */
static size_t text_length(struct slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += (text.ptr[i] & 0xc0) != 0x80 ? 1u + (text.ptr[i] >= 0xf0) : 0;
	return n;
}

static struct value size_of(struct value v, struct number *room)
{
	if (v.type == VALUE_S)
		return number_of(text_length(v.body), room);
	if (v.type == VALUE_B)
		return number_of(v.body.len, room);
	return type_is_container(v.type) ? number_of(v.count, room) : NOTHING;
}

/** An operand's value; *room holds it when it had to be computed. */
static struct value operand_get(const struct expr *e, const struct node *n, struct slice item, struct number *room)
{
	switch (n->type) {
	case NODE_PATH:
		return path_get(e, n, item);
	case NODE_VALUE:
		return e->values[n->slot];
	case NODE_SIZE:
		return size_of(operand_get(e, n->child, item, room), room);
	default:
		return NOTHING;
	}
}

/* Comparisons. What is not there is unequal to everything, and in no order with anything. */

static bool is_ordered(struct value a, struct value b)
{
	return a.type == b.type && (a.type == VALUE_S || a.type == VALUE_N || a.type == VALUE_B);
}

static bool is_equal(struct value a, struct value b)
{
	return a.type != VALUE_NONE && value_eq(a, b);
}

static bool compare(enum node_type type, struct value a, struct value b)
{
	if (type == NODE_EQ || type == NODE_NE)
		return is_equal(a, b) == (type == NODE_EQ);
	if (!is_ordered(a, b))
		return false;
	int c = slice_cmp(a.body, b.body);
	switch (type) {
	case NODE_LT:
		return c < 0;
	case NODE_LE:
		return c <= 0;
	case NODE_GT:
		return c > 0;
	default:
		return c >= 0;
	}
}

static bool test_between(const struct expr *e, const struct node *low, struct value v, struct slice item)
{
	struct number low_room, high_room;
	return compare(NODE_GE, v, operand_get(e, low, item, &low_room)) &&
	       compare(NODE_LE, v, operand_get(e, low->next, item, &high_room));
}

static bool test_in(const struct expr *e, const struct node *first, struct value v, struct slice item)
{
	struct number room;
	for (const struct node *n = first; n; n = n->next)
		if (is_equal(v, operand_get(e, n, item, &room)))
			return true;
	return false;
}

/* Functions */

static bool test_begins_with(struct value v, struct value prefix)
{
	return is_ordered(v, prefix) && v.type != VALUE_N && slice_has_prefix(v.body, prefix.body);
}

static bool has_member(struct value container, struct value wanted)
{
	struct value_iter it = value_iter(container);
	struct slice name;
	struct value v;
	while (value_next(&it, &name, &v))
		if (is_equal(v, wanted))
			return true;
	return false;
}

static bool test_contains(struct value v, struct value wanted)
{
	if (v.type == VALUE_L || type_is_set(v.type))
		return has_member(v, wanted);
	if (!is_ordered(v, wanted) || v.type == VALUE_N)
		return false;
	return wanted.body.len == 0 || (v.body.len && memmem(v.body.ptr, v.body.len, wanted.body.ptr, wanted.body.len));
}

static bool test_leaf(const struct expr *e, const struct node *n, struct slice item)
{
	struct number first_room, second_room;
	struct value v = operand_get(e, n->child, item, &first_room), second = NOTHING;
	if (n->type == NODE_IN)
		return test_in(e, n->child->next, v, item);
	if (n->type == NODE_BETWEEN)
		return test_between(e, n->child->next, v, item);
	if (n->child->next)
		second = operand_get(e, n->child->next, item, &second_room);
	switch (n->type) {
	case NODE_EXISTS:
		return v.type != VALUE_NONE;
	case NODE_NOT_EXISTS:
		return v.type == VALUE_NONE;
	case NODE_TYPE:
		return v.type != VALUE_NONE && slice_eq_str(second.body, value_type_name(v.type));
	case NODE_BEGINS_WITH:
		return test_begins_with(v, second);
	case NODE_CONTAINS:
		return test_contains(v, second);
	default:
		return compare(n->type, v, second);
	}
}

static bool test(const struct expr *e, const struct node *n, struct slice item)
{
	if (n->type == NODE_NOT)
		return !test(e, n->child, item);
	if (n->type != NODE_AND && n->type != NODE_OR)
		return test_leaf(e, n, item);
	bool any = n->type == NODE_OR;
	for (const struct node *c = n->child; c; c = c->next)
		if (test(e, c, item) == any)
			return any;
	return !any;
}

bool expr_test(const struct expr *e, struct slice item)
{
	return !e->tree->root || test(e, e->tree->root, item);
}

static void each_name(const struct expr *e, const struct node *n, void (*fn)(struct slice name, void *arg), void *arg)
{
	if (n->type == NODE_PATH)
		fn(elem_name(e, &n->path[0]), arg);
	for (const struct node *c = n->child; c; c = c->next)
		each_name(e, c, fn, arg);
}

void expr_each_name(const struct expr *e, void (*fn)(struct slice name, void *arg), void *arg)
{
	if (e->tree->root && !e->partiql)
		each_name(e, e->tree->root, fn, arg);
}

/* Filters of a query */

static enum status check_name(const struct expr *e, struct slice name, const struct key_schema *schema, struct err *err)
{
	bool pk = slice_eq_str(name, schema->pk.name), sk = schema_has_sk(schema) && slice_eq_str(name, schema->sk.name);
	if (!pk && !sk)
		return ST_OK;
	return err_set(err, ST_VALIDATION, "%s can only contain non-primary key attributes: Primary key attribute: %s",
		e->legacy ? "QueryFilter" : "Filter Expression", pk ? schema->pk.name : schema->sk.name);
}

static enum status check_names(const struct expr *e, const struct node *n, const struct key_schema *schema, struct err *err)
{
	enum status st = n->type == NODE_PATH ? check_name(e, elem_name(e, &n->path[0]), schema, err) : ST_OK;
	for (const struct node *c = n->child; c && st == ST_OK; c = c->next)
		st = check_names(e, c, schema, err);
	return st;
}

enum status expr_check_filter(const struct expr *e, const struct key_schema *schema, struct err *err)
{
	return e->tree->root && !e->partiql ? check_names(e, e->tree->root, schema, err) : ST_OK;
}
