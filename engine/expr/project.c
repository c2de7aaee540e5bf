#include "engine/expr/tree.h"

#include "engine/value/codec.h"

#include <stdlib.h>

/** Targets from `at` to `end`, all of which share their first `depth` elements. */
struct branch {
	const struct expr *e;
	size_t at, end;
	uint32_t depth;
};

static bool project(const struct branch *b, struct value v, struct buf *out);

/** What one entry of a container gives: itself when a path ends here, else what lies deeper. False: nothing, and nothing was written. */
static bool project_entry(const struct branch *group, struct value v, struct slice name, bool named, struct buf *out)
{
	size_t start = out->len;
	if (named)
		bytes_put(out, name);
	if (group->e->targets[group->at].path->path_len == group->depth) {
		value_encode(v, out);
		return true;
	}
	if (project(group, v, out))
		return true;
	buf_resize(out, start);
	return false;
}

/** The run of targets at the front of `b` that share one more element; takes it off. */
static struct branch take_group(struct branch *b)
{
	struct branch group = {b->e, b->at, targets_run(b->e, b->at, b->end, b->depth), b->depth + 1};
	b->at = group.end;
	return group;
}

static const struct path_elem *next_elem(const struct branch *b)
{
	return &b->e->targets[b->at].path->path[b->depth];
}

/** Entries and names are both in the order of bytes: one walk over both. Returns how many entries were written. */
static size_t project_map(struct branch b, struct value map, struct buf *out)
{
	struct value_iter it = value_iter(map);
	struct slice name;
	struct value v;
	size_t count = 0;
	while (b.at < b.end && value_next(&it, &name, &v)) {
		int c = -1;
		while (b.at < b.end && (c = slice_cmp(elem_name(b.e, next_elem(&b)), name)) < 0)
			take_group(&b);
		if (b.at == b.end || c > 0)
			continue;
		struct branch group = take_group(&b);
		count += project_entry(&group, v, name, true, out);
	}
	return count;
}

static size_t project_list(struct branch b, struct value list, struct buf *out)
{
	struct value_iter it = value_iter(list);
	struct slice name;
	struct value v;
	size_t count = 0;
	for (uint32_t i = 0; b.at < b.end && value_next(&it, &name, &v); i++) {
		if (next_elem(&b)->number != i)
			continue;
		struct branch group = take_group(&b);
		count += project_entry(&group, v, name, false, out);
	}
	return count;
}

/** The part of a container that the targets name, as a value. False: nothing. */
static bool project(const struct branch *b, struct value v, struct buf *out)
{
	bool index = next_elem(b)->type == ELEM_INDEX;
	if (v.type != (index ? VALUE_L : VALUE_M))
		return false;
	buf_add_byte(out, (uint8_t)v.type);
	size_t from = out->len;
	size_t count = index ? project_list(*b, v, out) : project_map(*b, v, out);
	if (count > 0)
		container_close(out, from, count);
	return count > 0;
}

void expr_project_set(const struct expr *e, struct slice item, struct buf *out)
{
	struct expr sets = *e; /* shallow: the same without the paths of REMOVE, still in their order */
	sets.targets = xcalloc(e->target_count, sizeof *sets.targets);
	sets.target_count = 0;
	for (size_t i = 0; i < e->target_count; i++)
		if (e->targets[i].action->type != NODE_REMOVE)
			sets.targets[sets.target_count++] = e->targets[i];
	expr_project(&sets, item, out);
	free(sets.targets);
}

void expr_project(const struct expr *e, struct slice item, struct buf *out)
{
	uint8_t header[VARINT_MAX];
	size_t from = out->len;
	size_t count = project_map((struct branch){e, 0, e->target_count, 0}, item_value(item), out);
	buf_insert(out, from, header, varint_put(header, count));
}
