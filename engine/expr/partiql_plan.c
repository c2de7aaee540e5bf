/* What a WHERE says about keys, and the items of a select list. */
#include "engine/expr/partiql_parser.h"

#include "engine/expr/lexer.h"

#include <stdlib.h>

/* Simple conditions: one attribute, an operator, literals */

/** The attribute's name when the node is a path of one name that is `attr`. */
static bool is_attr(const struct node *n, const struct key_attr *attr)
{
	return attr->type != VALUE_NONE && n->type == NODE_PATH && n->path_len == 1 && slice_eq_str(n->path[0].name, attr->name);
}

/** The literal of an equality with the attribute, on either side; NULL: it is none. */
static const struct value *equal_value(const struct expr *e, const struct node *n, const struct key_attr *attr)
{
	if (n->type != NODE_EQ)
		return NULL;
	const struct node *a = n->child, *b = a->next;
	if (b->type == NODE_VALUE && is_attr(a, attr))
		return &e->values[b->slot];
	return a->type == NODE_VALUE && is_attr(b, attr) ? &e->values[a->slot] : NULL;
}

/** The first such equality that the whole WHERE implies. ANDs in parentheses lie inside each other, as deep as the parser let them. */
static const struct value *find_equal(const struct expr *e, const struct node *n, const struct key_attr *attr)
{
	if (n->type != NODE_AND)
		return equal_value(e, n, attr);
	const struct value *v = NULL;
	for (const struct node *c = n->child; c && !v; c = c->next)
		v = find_equal(e, c, attr);
	return v;
}

/* The whole key */

static enum status key_part(const struct key_attr *attr, const struct value *v, struct slice *ret, struct err *err)
{
	if (v->type != attr->type)
		return err_set(err, ST_VALIDATION, "The provided key element does not match the schema");
	*ret = v->body;
	return ST_OK;
}

bool partiql_key(const struct partiql *p, const struct key_schema *schema, struct key *ret, enum status *ret_st, struct err *err)
{
	const struct node *root = p->where ? p->where->tree->root : NULL;
	const struct value *pk = root ? find_equal(p->where, root, &schema->pk) : NULL;
	const struct value *sk = root && schema_has_sk(schema) ? find_equal(p->where, root, &schema->sk) : NULL;
	*ret_st = ST_OK;
	if (!pk || (schema_has_sk(schema) && !sk))
		return false;
	*ret = (struct key){0};
	*ret_st = key_part(&schema->pk, pk, &ret->pk, err);
	if (!*ret_st && sk)
		*ret_st = key_part(&schema->sk, sk, &ret->sk, err);
	return *ret_st == ST_OK;
}

/* Partitions */

static void add_hash(struct partiql_hashes *h, const struct value *v)
{
	for (size_t i = 0; i < h->count; i++)
		if (value_eq(h->values[i], *v))
			return;
	if (h->count < PARTIQL_HASH_KEYS_MAX)
		h->values[h->count++] = *v;
	else
		h->too_many = true;
}

static bool in_hashes(const struct expr *e, const struct node *n, struct partiql_hashes *h)
{
	for (const struct node *c = n->child->next; c; c = c->next)
		if (c->type != NODE_VALUE)
			return false;
	for (const struct node *c = n->child->next; c; c = c->next)
		add_hash(h, &e->values[c->slot]);
	return true;
}

/** One condition of an AND is enough, every condition of an OR must name its partitions. */
static bool find_hashes(const struct expr *e, const struct node *n, const struct key_attr *attr, struct partiql_hashes *h)
{
	size_t before = h->count;
	const struct value *v = equal_value(e, n, attr);
	if (v)
		add_hash(h, v);
	if (v)
		return true;
	if (n->type == NODE_IN && is_attr(n->child, attr))
		return in_hashes(e, n, h);
	if (n->type != NODE_AND && n->type != NODE_OR)
		return false;
	bool any = n->type == NODE_AND;
	for (const struct node *c = n->child; c; c = c->next) {
		if (find_hashes(e, c, attr, h) == any)
			return any;
		h->count = any ? before : h->count;
	}
	return !any;
}

bool partiql_hashes(const struct partiql *p, const struct key_schema *schema, struct partiql_hashes *ret)
{
	*ret = (struct partiql_hashes){.count = 0};
	return p->where && find_hashes(p->where, p->where->tree->root, &schema->pk, ret);
}

/* Key conditions */

static bool condition_operator(enum node_type type, bool mirrored, enum expr_operator *ret)
{
	switch (type) {
	case NODE_EQ:
		*ret = EXPR_EQ;
		return true;
	case NODE_LT:
		*ret = mirrored ? EXPR_GT : EXPR_LT;
		return true;
	case NODE_LE:
		*ret = mirrored ? EXPR_GE : EXPR_LE;
		return true;
	case NODE_GT:
		*ret = mirrored ? EXPR_LT : EXPR_GT;
		return true;
	case NODE_GE:
		*ret = mirrored ? EXPR_LE : EXPR_GE;
		return true;
	case NODE_BETWEEN:
		*ret = EXPR_BETWEEN;
		return !mirrored;
	case NODE_BEGINS_WITH:
		*ret = EXPR_BEGINS_WITH;
		return !mirrored;
	default:
		return false;
	}
}

/** What a condition on the sort key that a Query can take looks like there. */
static bool sort_condition(const struct expr *e, const struct node *n, const struct key_attr *attr, struct value *values,
	struct expr_legacy_condition *ret)
{
	const struct node *a = n->child, *b = a ? a->next : NULL;
	if (!b || !condition_operator(n->type, !is_attr(a, attr), &ret->op))
		return false;
	const struct node *literal = is_attr(a, attr) ? b : is_attr(b, attr) ? a : NULL;
	if (!literal || literal->type != NODE_VALUE)
		return false;
	values[0] = e->values[literal->slot];
	ret->count = 1;
	if (n->type == NODE_BETWEEN) {
		if (b->next->type != NODE_VALUE)
			return false;
		values[ret->count++] = e->values[b->next->slot];
	}
	ret->values = values;
	ret->name = slice_str(attr->name);
	return true;
}

/** The first one that the whole WHERE implies, as equalities best narrow what is read: those before all others. */
static bool find_sort(const struct expr *e, const struct node *n, const struct key_attr *attr, bool equal, struct value *values,
	struct expr_legacy_condition *ret)
{
	if (n->type != NODE_AND)
		return (n->type == NODE_EQ) == equal && sort_condition(e, n, attr, values, ret);
	for (const struct node *c = n->child; c; c = c->next)
		if (find_sort(e, c, attr, equal, values, ret))
			return true;
	return false;
}

enum status partiql_key_condition(
	const struct partiql *p, const struct key_schema *schema, struct value hash, struct expr **ret, struct err *err)
{
	struct value values[2];
	struct expr_legacy_condition c[2] = {{.name = slice_str(schema->pk.name), .op = EXPR_EQ, .values = &hash, .count = 1}};
	const struct node *root = p->where->tree->root;
	bool sort = schema_has_sk(schema) && (find_sort(p->where, root, &schema->sk, true, values, &c[1]) ||
						     find_sort(p->where, root, &schema->sk, false, values, &c[1]));
	bool fits = hash.type == schema->pk.type;
	for (size_t i = 0; sort && i < c[1].count; i++)
		fits = fits && values[i].type == schema->sk.type;
	if (!fits)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values were invalid: Condition parameter type does not match schema type");
	return expr_from_conditions(EXPR_KEY_CONDITION, c, sort ? 2 : 1, false, ret, err);
}

/* DELETE */

void partiql_pass_absent(struct partiql *p, const struct key_schema *schema)
{
	struct tree *t = p->where->tree;
	struct node *path = tree_node(t, NODE_PATH);
	struct path_elem *el = tree_elem(t, ELEM_NAME);
	el->name = slice_str(schema->pk.name);
	path->path = el;
	path->path_len = 1;
	t->root = tree_node_of(t, NODE_OR, tree_node_of(t, NODE_NOT_EXISTS, path, NULL), t->root);
}

/* Select lists */

/** The last name of the path, with the indexes behind it. */
static void column_name(const struct node *path, struct buf *out)
{
	uint32_t i = path->path_len;
	while (path->path[--i].type == ELEM_INDEX)
		;
	buf_add_slice(out, path->path[i].name);
	while (++i < path->path_len)
		buf_addf(out, "[%u]", path->path[i].number);
}

void partiql_columns(const struct partiql *p, struct slice row, struct buf *out)
{
	struct buf item = BUF_INIT, next = BUF_INIT, name = BUF_INIT;
	buf_add_byte(&item, 0); /* an item of no attributes */
	for (const struct node *c = p->columns->tree->root; c; c = c->next) {
		struct value v = path_get(p->columns, c, row);
		if (v.type == VALUE_NONE)
			continue;
		buf_reset(&name);
		buf_reset(&next);
		column_name(c, &name);
		item_with(buf_slice(&item), buf_slice(&name), v, &next);
		struct buf spare = item;
		item = next;
		next = spare;
	}
	buf_add_slice(out, buf_slice(&item));
	buf_finish(&item);
	buf_finish(&next);
	buf_finish(&name);
}
