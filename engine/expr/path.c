#include "engine/expr/tree.h"

#include "engine/value/utf8.h"

#include <stdlib.h>

int elem_cmp(const struct expr *e, const struct path_elem *a, const struct path_elem *b)
{
	bool a_index = a->type == ELEM_INDEX, b_index = b->type == ELEM_INDEX;
	if (a_index != b_index)
		return b_index - a_index;
	if (a_index)
		return (a->number > b->number) - (a->number < b->number);
	return slice_cmp(elem_name(e, a), elem_name(e, b));
}

/** How many elements the two have in common from the start. */
static uint32_t common(const struct expr *e, const struct node *a, const struct node *b)
{
	uint32_t i = 0;
	while (i < a->path_len && i < b->path_len && elem_cmp(e, &a->path[i], &b->path[i]) == 0)
		i++;
	return i;
}

bool path_eq(const struct expr *e, const struct node *a, const struct node *b)
{
	return a->path_len == b->path_len && common(e, a, b) == a->path_len;
}

void path_describe(const struct expr *e, const struct node *path, struct buf *out)
{
	for (uint32_t i = 0; i < path->path_len; i++) {
		const struct path_elem *el = &path->path[i];
		buf_add_str(out, i ? ", " : "[");
		if (el->type == ELEM_INDEX)
			buf_addf(out, "[%u]", el->number);
		else
			buf_add_slice(out, elem_name(e, el));
	}
	buf_add_byte(out, ']');
}

/* What stands at a path */

static struct value map_get(struct value map, struct slice name)
{
	struct value_iter it = value_iter(map);
	struct slice here;
	struct value v;
	while (value_next(&it, &here, &v)) {
		int c = slice_cmp(here, name);
		if (c == 0)
			return v;
		if (c > 0)
			break;
	}
	return (struct value){.type = VALUE_NONE};
}

static struct value list_get(struct value list, uint32_t index)
{
	struct value_iter it = value_iter(list);
	struct slice name;
	struct value v;
	if (index < list.count)
		while (value_next(&it, &name, &v))
			if (index-- == 0)
				return v;
	return (struct value){.type = VALUE_NONE};
}

struct value path_get(const struct expr *e, const struct node *path, struct slice item)
{
	struct value v = item_value(item);
	for (uint32_t i = 0; i < path->path_len && v.type != VALUE_NONE; i++) {
		const struct path_elem *el = &path->path[i];
		if (v.type != (el->type == ELEM_INDEX ? VALUE_L : VALUE_M))
			v = (struct value){.type = VALUE_NONE};
		else
			v = el->type == ELEM_INDEX ? list_get(v, el->number) : map_get(v, elem_name(e, el));
	}
	return v;
}

/* Targets: sorted, a path stands right before those that lie in it, and what shares a beginning stands together. */

static int target_cmp(const void *a, const void *b, void *arg)
{
	const struct target *ta = a, *tb = b;
	const struct node *pa = ta->path, *pb = tb->path;
	const struct expr *e = arg;
	uint32_t i = common(e, pa, pb);
	if (i < pa->path_len && i < pb->path_len)
		return elem_cmp(e, &pa->path[i], &pb->path[i]);
	int c = (pa->path_len > pb->path_len) - (pa->path_len < pb->path_len);
	return c ? c : (ta->pos > tb->pos) - (ta->pos < tb->pos);
}

static enum status refuse_pair(
	const struct expr *e, const char *what, const struct target *a, const struct target *b, struct err *err)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct slice name = elem_name(e, &a->path->path[0]);
	if (e->legacy)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values were invalid: Duplicate value in attribute name: %.*s", utf8_cut(name, 255),
			(const char *)name.ptr);
	bool in_order = a->pos < b->pos;
	path_describe(e, in_order ? a->path : b->path, &one);
	path_describe(e, in_order ? b->path : a->path, &two);
	expr_fail(e->tree->kind, err,
		"Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s",
		what, buf_str(&one), buf_str(&two));
	buf_finish(&one);
	buf_finish(&two);
	return ST_VALIDATION;
}

/** Neighbours are enough: a path that lies in another follows it at once, and where indexes and names meet they are side by side. */
static enum status check_neighbours(const struct expr *e, const struct target *a, const struct target *b, struct err *err)
{
	uint32_t i = common(e, a->path, b->path);
	if (i == a->path->path_len)
		return refuse_pair(e, "overlap", a, b, err);
	if ((a->path->path[i].type == ELEM_INDEX) != (b->path->path[i].type == ELEM_INDEX))
		return refuse_pair(e, "conflict", a, b, err);
	return ST_OK;
}

static void targets_collect(struct expr *e)
{
	bool update = e->tree->kind == EXPR_UPDATE;
	for (const struct node *n = e->tree->root; n; n = n->next) {
		struct target *t = &e->targets[e->target_count];
		*t = (struct target){update ? n->child : n, update ? n : NULL, (uint32_t)e->target_count};
		e->target_count++;
	}
}

enum status targets_fill(struct expr *e, struct err *err)
{
	enum status st = ST_OK;
	targets_collect(e);
	qsort_r(e->targets, e->target_count, sizeof *e->targets, target_cmp, e);
	for (size_t i = 1; i < e->target_count && st == ST_OK; i++)
		st = check_neighbours(e, &e->targets[i - 1], &e->targets[i], err);
	return st;
}

size_t targets_run(const struct expr *e, size_t at, size_t end, uint32_t depth)
{
	const struct path_elem *first = &e->targets[at].path->path[depth];
	while (at < end && elem_cmp(e, first, &e->targets[at].path->path[depth]) == 0)
		at++;
	return at;
}

bool expr_attribute(const struct expr *e, size_t i, struct slice *ret)
{
	size_t at = 0;
	for (; at < e->target_count && i > 0; i--)
		at = targets_run(e, at, e->target_count, 0);
	if (at >= e->target_count)
		return false;
	*ret = elem_name(e, &e->targets[at].path->path[0]);
	return true;
}

bool expr_only_removes(const struct expr *e)
{
	for (const struct node *action = e->tree->root; action; action = action->next)
		if (action->type != NODE_REMOVE && action->type != NODE_DELETE)
			return false;
	return e->tree->root != NULL;
}
