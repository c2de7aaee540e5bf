#include "engine/value/codec.h"

#include "engine/number.h"

const char *value_type_name(enum value_type type)
{
	switch (type) {
	case VALUE_NONE:
		break;
	case VALUE_S:
		return "S";
	case VALUE_N:
		return "N";
	case VALUE_B:
		return "B";
	case VALUE_TRUE:
	case VALUE_FALSE:
		return "BOOL";
	case VALUE_NULL:
		return "NULL";
	case VALUE_L:
		return "L";
	case VALUE_M:
		return "M";
	case VALUE_SS:
		return "SS";
	case VALUE_NS:
		return "NS";
	case VALUE_BS:
		return "BS";
	}
	return "NONE";
}

/** Count and entries of a container; every entry takes a byte at least, so that a count can be refused early. */
static bool entries_get(struct slice body, enum value_type type, struct value *ret)
{
	size_t count;
	if (!varint_get(&body, &count) || count > body.len)
		return false;
	*ret = (struct value){.type = type, .body = body, .count = (uint32_t)count};
	return true;
}

bool value_get(struct slice *s, struct value *ret)
{
	struct slice body;
	if (s->len == 0)
		return false;
	uint8_t type = s->ptr[0];
	*s = slice_from(*s, 1);
	switch (type) {
	case VALUE_TRUE:
	case VALUE_FALSE:
	case VALUE_NULL:
		*ret = (struct value){.type = type};
		return true;
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		*ret = (struct value){.type = type};
		return bytes_get(s, &ret->body);
	case VALUE_L:
	case VALUE_M:
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return bytes_get(s, &body) && entries_get(body, type, ret);
	default:
		return false;
	}
}

struct value item_value(struct slice item)
{
	struct value v;
	return entries_get(item, VALUE_M, &v) ? v : (struct value){.type = VALUE_M};
}

struct value item_get(struct slice item, struct slice name)
{
	struct value v, top = item_value(item);
	struct slice here;
	for (uint32_t left = top.count; left > 0; left--) {
		if (!bytes_get(&top.body, &here) || !value_get(&top.body, &v))
			break;
		int c = slice_cmp(here, name);
		if (c == 0)
			return v;
		if (c > 0)
			break;
	}
	return (struct value){.type = VALUE_NONE};
}

struct value_iter value_iter(struct value container)
{
	bool walk = type_is_container(container.type);
	return (struct value_iter){.of = container.type, .rest = container.body, .left = walk ? container.count : 0};
}

bool value_next(struct value_iter *it, struct slice *name, struct value *v)
{
	*name = slice_of(NULL, 0);
	if (it->left == 0)
		return false;
	it->left--;
	bool good;
	if (type_is_set(it->of)) {
		*v = (struct value){.type = set_member_type(it->of)};
		good = bytes_get(&it->rest, &v->body);
	} else {
		good = (it->of != VALUE_M || bytes_get(&it->rest, name)) && value_get(&it->rest, v);
	}
	if (!good)
		it->left = 0;
	return good;
}

bool value_eq(struct value a, struct value b)
{
	return a.type == b.type && a.count == b.count && slice_eq(a.body, b.body);
}

/** `depth` keeps hostile bytes from nesting deeper than the stack; valid items never reach the end of it. */
static size_t size_at(struct value v, unsigned depth)
{
	switch (v.type) {
	case VALUE_NONE:
		return 0;
	case VALUE_S:
	case VALUE_B:
		return v.body.len;
	case VALUE_N:
		return number_size(v.body);
	case VALUE_TRUE:
	case VALUE_FALSE:
	case VALUE_NULL:
		return 1;
	default:
		break;
	}
	bool set = type_is_set(v.type);
	size_t size = set ? 0 : 3 + (size_t)v.count;
	struct value_iter it = value_iter(v);
	struct slice name;
	struct value member;
	while (depth <= LIMIT_NESTING && value_next(&it, &name, &member))
		size += name.len + size_at(member, depth + 1);
	return size;
}

size_t value_size(struct value v)
{
	return size_at(v, 1);
}

size_t item_size(struct slice item)
{
	struct value_iter it = value_iter(item_value(item));
	struct slice name;
	struct value v;
	size_t size = 0;
	while (value_next(&it, &name, &v))
		size += name.len + value_size(v);
	return size;
}
