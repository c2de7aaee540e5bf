#include "engine/expr/tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct tree *tree_new(enum expr_kind kind, size_t cap, struct slice text, struct slice *ret_text)
{
	size_t each = sizeof(struct node) + sizeof(struct path_elem) + 2 * sizeof(struct slice);
	size_t bytes = sizeof(struct tree) + cap * each + text.len;
	struct tree *t = xcalloc(1, bytes);
	*t = (struct tree){.refs = 1, .kind = kind, .bytes = bytes, .cap = cap};
	t->nodes = (struct node *)(void *)(t + 1);
	t->elems = (struct path_elem *)(void *)(t->nodes + cap);
	t->names = (struct slice *)(void *)(t->elems + cap);
	t->values = t->names + cap;
	uint8_t *copy = (uint8_t *)(void *)(t->values + cap);
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	*ret_text = t->text = slice_of(copy, text.len);
	return t;
}

struct tree *tree_ref(struct tree *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void tree_unref(struct tree *t)
{
	if (t && atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
		free(t);
}

struct node *tree_node(struct tree *t, enum node_type type)
{
	assert(t->node_count < t->cap);
	struct node *n = &t->nodes[t->node_count++];
	n->type = type;
	return n;
}

struct node *tree_node_of(struct tree *t, enum node_type type, struct node *first, struct node *second)
{
	struct node *n = tree_node(t, type);
	n->child = first;
	first->next = second;
	return n;
}

struct path_elem *tree_elem(struct tree *t, enum elem_type type)
{
	assert(t->elem_count < t->cap);
	struct path_elem *el = &t->elems[t->elem_count++];
	el->type = type;
	return el;
}

struct expr *expr_new(struct tree *tree, struct slice **ret_names, struct value **ret_values)
{
	size_t size = tree->value_count * sizeof(struct value) + tree->name_count * sizeof(struct slice);
	/* Each target is a path, so that the nodes bound their number. */
	bool targets = tree->kind == EXPR_PROJECTION || tree->kind == EXPR_UPDATE;
	size += targets ? tree->node_count * sizeof(struct target) : 0;
	struct expr *e = xcalloc(1, sizeof *e + size);
	e->tree = tree;
	*ret_values = (struct value *)(void *)(e + 1);
	*ret_names = (struct slice *)(void *)(*ret_values + tree->value_count);
	e->values = *ret_values;
	e->names = *ret_names;
	e->targets = (struct target *)(void *)(*ret_names + tree->name_count);
	return e;
}

void expr_free(struct expr *e)
{
	if (!e)
		return;
	tree_unref(e->tree);
	free(e);
}

bool expr_is_legacy(const struct expr *e)
{
	return e->legacy;
}

enum expr_kind expr_kind(const struct expr *e)
{
	return e->tree->kind;
}

const char *kind_label(enum expr_kind kind)
{
	switch (kind) {
	case EXPR_CONDITION:
		return "ConditionExpression";
	case EXPR_FILTER:
		return "FilterExpression";
	case EXPR_PROJECTION:
		return "ProjectionExpression";
	case EXPR_KEY_CONDITION:
		return "KeyConditionExpression";
	case EXPR_UPDATE:
		break;
	}
	return "UpdateExpression";
}

enum status expr_fail(enum expr_kind kind, struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(err, ST_VALIDATION, "Invalid %s: %s", kind_label(kind), text);
}

const char *node_name(enum node_type type)
{
	static const char *const names[] = {
		[NODE_SIZE] = "size",
		[NODE_IF_NOT_EXISTS] = "if_not_exists",
		[NODE_LIST_APPEND] = "list_append",
		[NODE_PLUS] = "+",
		[NODE_MINUS] = "-",
		[NODE_EQ] = "=",
		[NODE_NE] = "<>",
		[NODE_LT] = "<",
		[NODE_LE] = "<=",
		[NODE_GT] = ">",
		[NODE_GE] = ">=",
		[NODE_BETWEEN] = "BETWEEN",
		[NODE_IN] = "IN",
		[NODE_AND] = "AND",
		[NODE_OR] = "OR",
		[NODE_NOT] = "NOT",
		[NODE_EXISTS] = "attribute_exists",
		[NODE_NOT_EXISTS] = "attribute_not_exists",
		[NODE_TYPE] = "attribute_type",
		[NODE_BEGINS_WITH] = "begins_with",
		[NODE_CONTAINS] = "contains",
		[NODE_SET] = "SET",
		[NODE_REMOVE] = "REMOVE",
		[NODE_ADD] = "ADD",
		[NODE_DELETE] = "DELETE",
	};
	return names[type] ? names[type] : "";
}
