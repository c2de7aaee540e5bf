#include "engine/expr/update_value.h"

#include "engine/number.h"
#include "engine/value/codec.h"

#include <stdlib.h>

/** Memory of values that were computed, kept until the update is done. */
struct scratch {
	struct scratch *next;
	struct buf bytes;
};

#define NOTHING ((struct value){.type = VALUE_NONE})

static struct buf *scratch_buf(struct update_run *run)
{
	struct scratch *s = xcalloc(1, sizeof *s);
	s->next = run->scratch;
	run->scratch = s;
	return &s->bytes;
}

void update_run_finish(struct update_run *run)
{
	while (run->scratch) {
		struct scratch *s = run->scratch;
		run->scratch = s->next;
		buf_finish(&s->bytes);
		free(s);
	}
}

struct value update_fail(struct update_run *run, const char *message)
{
	if (run->status == ST_OK)
		run->status = err_set(run->err, ST_VALIDATION, "%s", message);
	return NOTHING;
}

static struct value wrong_type(struct update_run *run)
{
	return update_fail(run, run->e->legacy ? "Type mismatch for attribute to update"
					       : "An operand in the update expression has an incorrect data type");
}

static struct value missing(struct update_run *run)
{
	return update_fail(run, "The provided expression refers to an attribute that does not exist in the item");
}

/* Computing */

static struct value sum(struct update_run *run, bool minus, struct value a, struct value b)
{
	struct number n;
	if (a.type != VALUE_N || b.type != VALUE_N)
		return wrong_type(run);
	run->status = (minus ? number_sub : number_add)(a.body, b.body, &n, run->err);
	if (run->status != ST_OK)
		return NOTHING;
	struct buf *bytes = scratch_buf(run);
	buf_add_slice(bytes, number_slice(&n));
	return (struct value){.type = VALUE_N, .body = buf_slice(bytes)};
}

static struct value append(struct update_run *run, struct value a, struct value b)
{
	if (a.type != VALUE_L || b.type != VALUE_L)
		return wrong_type(run);
	struct buf *bytes = scratch_buf(run);
	buf_add_slice(bytes, a.body);
	buf_add_slice(bytes, b.body);
	return (struct value){.type = VALUE_L, .body = buf_slice(bytes), .count = a.count + b.count};
}

/** One of the two walks over sets. */
struct walk {
	struct value_iter it;
	struct value v;
	bool more;
};

static void step(struct walk *w)
{
	struct slice name;
	w->more = value_next(&w->it, &name, &w->v);
}

static struct walk walk_of(struct value set)
{
	struct walk w = {.it = value_iter(set)};
	step(&w);
	return w;
}

/** a and b (`remove` false), or a without b. Members stand in order, so that one walk over both does it. */
static struct value combine(struct update_run *run, struct value a, struct value b, bool remove)
{
	struct walk wa = walk_of(a), wb = walk_of(b);
	struct buf *bytes = scratch_buf(run);
	uint32_t count = 0;
	while (wa.more || (wb.more && !remove)) {
		int c = !wa.more ? 1 : !wb.more ? -1 : slice_cmp(wa.v.body, wb.v.body);
		if (remove ? c < 0 : true) {
			bytes_put(bytes, c <= 0 ? wa.v.body : wb.v.body);
			count++;
		}
		if (c <= 0)
			step(&wa);
		if (c >= 0)
			step(&wb);
	}
	return count ? (struct value){.type = a.type, .body = buf_slice(bytes), .count = count} : NOTHING;
}

/* Operands of SET */

static struct value evaluate(struct update_run *run, const struct node *n)
{
	struct value a, b;
	switch (n->type) {
	case NODE_PATH:
		a = path_get(run->e, n, run->item);
		return a.type == VALUE_NONE ? missing(run) : a;
	case NODE_VALUE:
		return run->e->values[n->slot];
	case NODE_IF_NOT_EXISTS:
		a = path_get(run->e, n->child, run->item);
		return a.type == VALUE_NONE ? evaluate(run, n->child->next) : a;
	default:
		break;
	}
	a = evaluate(run, n->child);
	b = run->status == ST_OK ? evaluate(run, n->child->next) : NOTHING;
	if (run->status != ST_OK)
		return NOTHING;
	return n->type == NODE_LIST_APPEND ? append(run, a, b) : sum(run, n->type == NODE_MINUS, a, b);
}

static struct value add(struct update_run *run, struct value old, struct value v)
{
	if (old.type == VALUE_NONE)
		return v;
	if (old.type != v.type)
		return wrong_type(run);
	return v.type == VALUE_N ? sum(run, false, old, v) : combine(run, old, v, false);
}

static struct value delete (struct update_run *run, struct value old, struct value v)
{
	if (old.type == VALUE_NONE)
		return NOTHING;
	return old.type == v.type ? combine(run, old, v, true) : wrong_type(run);
}

struct value action_value(struct update_run *run, const struct node *action, struct value old)
{
	const struct node *operand = action->child->next;
	switch (action->type) {
	case NODE_REMOVE:
		return NOTHING;
	case NODE_ADD:
		return add(run, old, run->e->values[operand->slot]);
	case NODE_DELETE:
		return delete (run, old, run->e->values[operand->slot]);
	default:
		return evaluate(run, operand);
	}
}
