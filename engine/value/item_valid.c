#include "engine/value/codec.h"

#include "engine/number.h"
#include "engine/value/utf8.h"

static bool entries_valid(struct value v, unsigned depth);

static bool scalar_valid(struct value v)
{
	if (v.type == VALUE_S)
		return utf8_valid(v.body);
	return v.type != VALUE_N || number_valid(v.body);
}

/** @depth  containers around `v`, the item itself not counted. */
static bool value_valid(struct value v, unsigned depth)
{
	if (!type_is_container(v.type))
		return scalar_valid(v);
	if (type_is_set(v.type))
		return v.count > 0 && entries_valid(v, depth);
	return depth < LIMIT_NESTING && entries_valid(v, depth + 1);
}

static bool name_valid(struct slice name)
{
	return name.len > 0 && name.len <= LIMIT_ATTR_NAME && utf8_valid(name);
}

/** Exactly `count` good entries, in strictly rising order where there is an order. */
static bool entries_valid(struct value v, unsigned depth)
{
	struct value_iter it = value_iter(v);
	struct slice name, last = {0};
	struct value member;
	for (uint32_t i = 0; i < v.count; i++) {
		if (!value_next(&it, &name, &member) || !value_valid(member, depth))
			return false;
		if (v.type == VALUE_M && !name_valid(name))
			return false;
		struct slice order = v.type == VALUE_M ? name : member.body;
		if (v.type != VALUE_L && i > 0 && slice_cmp(last, order) >= 0)
			return false;
		last = order;
	}
	return it.rest.len == 0;
}

bool item_valid(struct slice item)
{
	struct value top = item_value(item);
	/* item_value() makes an empty map of bytes it cannot read; the one true empty item is a single zero. */
	if (top.count == 0)
		return item.len == 1 && item.ptr[0] == 0;
	return entries_valid(top, 0);
}
