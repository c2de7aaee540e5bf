#include "engine/expr/update_value.h"

#include "engine/value/codec.h"

#include <assert.h>

/** The item is rebuilt in one walk: entries that no target names are copied as they stand, the others are changed or entered. */
struct branch {
	struct update_run *run;
	size_t at, end; /* targets that share their first `depth` elements */
	uint32_t depth;
	struct buf *out;
	size_t count; /* entries written */
};

#define NOTHING ((struct value){.type = VALUE_NONE})

static const struct target *next_target(const struct branch *b)
{
	return &b->run->e->targets[b->at];
}

static const struct path_elem *next_elem(const struct branch *b)
{
	return &next_target(b)->path->path[b->depth];
}

static bool going_on(const struct branch *b)
{
	return b->run->status == ST_OK;
}

/** Containers around what is deepest inside `v`, itself counted; stops where it is too deep anyway. */
static unsigned nesting(struct value v, unsigned limit)
{
	struct slice name;
	struct value entry;
	unsigned deepest = 0;
	if (v.type != VALUE_L && v.type != VALUE_M)
		return 0;
	if (limit == 0)
		return 1;
	struct value_iter it = value_iter(v);
	while (value_next(&it, &name, &entry)) {
		unsigned n = nesting(entry, limit - 1);
		deepest = n > deepest ? n : deepest;
	}
	return deepest + 1;
}

/** Values of the item were checked when it was written; those of an update may come to stand deeper than they may. */
static void check_nesting(struct branch *b, const struct node *action, struct value v)
{
	unsigned around = b->depth, room = LIMIT_NESTING - around;
	if (action->type == NODE_SET && nesting(v, room) > room)
		update_fail(b->run, "Nesting Levels have exceeded supported limits");
}

static void apply(struct branch *b, struct value v);

/** The run of targets at the front that share one more element; takes it off. */
static struct branch take_group(struct branch *b)
{
	struct branch group = {.run = b->run, .at = b->at, .depth = b->depth + 1, .out = b->out};
	group.end = targets_run(b->run->e, b->at, b->end, b->depth);
	b->at = group.end;
	return group;
}

static void change_inside(struct branch *group, struct value old)
{
	enum value_type wanted = next_elem(group)->type == ELEM_INDEX ? VALUE_L : VALUE_M;
	if (old.type != wanted) {
		update_fail(group->run, "The document path provided in the update expression is invalid for update");
		return;
	}
	buf_add_byte(group->out, (uint8_t)old.type);
	size_t from = group->out->len;
	apply(group, old);
	container_close(group->out, from, group->count);
}

/** The next group of targets, which name the entry `old` (VALUE_NONE: there is none). `name`: of a map's entry. */
static void change_entry(struct branch *b, const struct slice *name, struct value old)
{
	const struct target *t = next_target(b);
	struct branch group = take_group(b);
	bool ends = t->path->path_len == group.depth;
	struct value v = NOTHING;
	if (ends) {
		v = action_value(b->run, t->action, old);
		check_nesting(b, t->action, v);
	}
	if (!going_on(b) || (ends && v.type == VALUE_NONE))
		return;
	b->count++;
	if (name)
		bytes_put(b->out, *name);
	if (ends)
		value_encode(v, b->out);
	else
		change_inside(&group, old);
}

static void enter_entry(struct branch *b)
{
	struct slice name = elem_name(b->run->e, next_elem(b));
	change_entry(b, &name, NOTHING);
}

static void copy_entry(struct branch *b, const uint8_t *from, const uint8_t *to)
{
	buf_add(b->out, from, (size_t)(to - from));
	b->count++;
}

/** Entries and names are both in the order of bytes: one walk over both. */
static void apply_map(struct branch *b, struct value map)
{
	struct value_iter it = value_iter(map);
	struct slice name;
	struct value v;
	const uint8_t *entry = it.rest.ptr;
	for (; going_on(b) && value_next(&it, &name, &v); entry = it.rest.ptr) {
		int c = 1;
		while (going_on(b) && b->at < b->end && (c = slice_cmp(elem_name(b->run->e, next_elem(b)), name)) < 0)
			enter_entry(b);
		if (b->at < b->end && c == 0)
			change_entry(b, &name, v);
		else
			copy_entry(b, entry, it.rest.ptr);
	}
	while (going_on(b) && b->at < b->end)
		enter_entry(b);
}

/** Elements past the end are appended in the order of their indexes. */
static void apply_list(struct branch *b, struct value list)
{
	struct value_iter it = value_iter(list);
	struct slice name;
	struct value v;
	const uint8_t *entry = it.rest.ptr;
	for (uint32_t i = 0; going_on(b) && value_next(&it, &name, &v); i++, entry = it.rest.ptr) {
		if (b->at < b->end && next_elem(b)->number == i)
			change_entry(b, NULL, v);
		else
			copy_entry(b, entry, it.rest.ptr);
	}
	while (going_on(b) && b->at < b->end)
		change_entry(b, NULL, NOTHING);
}

static void apply(struct branch *b, struct value v)
{
	if (v.type == VALUE_L)
		apply_list(b, v);
	else
		apply_map(b, v);
}

enum status expr_update(const struct expr *e, struct slice item, struct buf *out, struct err *err)
{
	assert(e->tree->kind == EXPR_UPDATE);
	struct update_run run = {.e = e, .item = item, .err = err};
	struct branch top = {.run = &run, .end = e->target_count, .out = out};
	uint8_t header[VARINT_MAX];
	size_t from = out->len;
	buf_reserve(out, item.len + 256);
	apply(&top, item_value(item));
	if (run.status == ST_OK)
		buf_insert(out, from, header, varint_put(header, top.count));
	else
		buf_resize(out, from);
	update_run_finish(&run);
	return run.status;
}

enum status expr_check_update(const struct expr *e, const struct key_schema *schema, struct err *err)
{
	for (size_t i = 0; i < e->target_count; i++) {
		struct slice name = elem_name(e, &e->targets[i].path->path[0]);
		bool pk = slice_eq_str(name, schema->pk.name);
		if (pk || (schema_has_sk(schema) && slice_eq_str(name, schema->sk.name)))
			return err_set(err, ST_VALIDATION,
				"One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of "
				"the key",
				pk ? schema->pk.name : schema->sk.name);
	}
	return ST_OK;
}
