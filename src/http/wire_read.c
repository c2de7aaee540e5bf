#include "src/http/wire_private.h"

#include <limits.h>
#include <stdlib.h>

static const struct member {
	struct slice name;
	enum json_want want;
	const char *of;
} members[] = {
#define X(id, name, want, of) [M_##id] = {{(const uint8_t *)(name), sizeof(name) - 1}, JSON_WANT_##want, of},
	WIRE_MEMBERS(X)
#undef X
};

/** The member of that name that the shape has, or M_COUNT. */
static enum wire_member find_member(const struct wire_shape *shape, struct slice name)
{
	for (uint64_t left = shape->members; left; left &= left - 1) {
		unsigned m = (unsigned)__builtin_ctzll(left);
		if (slice_eq(members[m].name, name))
			return (enum wire_member)m;
	}
	return M_COUNT;
}

static enum status read_names(struct wire *w, struct slice map, struct slice *ret)
{
	struct slice rest = json_enter(map), name, value;
	enum status st = ST_OK;
	while (!st && json_next(&rest, &name, &value))
		st = json_expect(value, JSON_WANT_STRING, NULL, w->err);
	if (st)
		return st;
	struct buf *item = wire_buf(w);
	st = json_read_item(map, JSON_NATURAL, item, w->err);
	*ret = buf_slice(item);
	return st;
}

enum status wire_keep_fault(struct wire *w, const struct err *fault, const struct err **ret)
{
	bool now = fault->code == ST_SYNTAX;
	struct err *kept = now ? w->err : wire_alloc(w, sizeof *kept);
	*kept = *fault;
	*ret = kept;
	return now ? ST_SYNTAX : ST_OK;
}

enum status wire_read_map(struct wire *w, struct slice map, struct wire_map *ret)
{
	struct err fault;
	struct buf *item = wire_buf(w);
	enum status st = json_read_item(map, JSON_API, item, &fault);
	*ret = (struct wire_map){.item = buf_slice(item)};
	if (st == ST_OK)
		return ST_OK;
	ret->item = slice_of("", 1); /* for the time being: an item of nothing */
	return wire_keep_fault(w, &fault, &ret->fault);
}

static enum status read_strings(struct wire *w, struct slice list)
{
	struct slice rest = json_enter(list), value;
	enum status st = ST_OK;
	while (!st && json_next(&rest, NULL, &value))
		st = json_expect(value, JSON_WANT_STRING, NULL, w->err);
	return st;
}

/** What is read at once, since its JSON types are part of the request's. */
static enum status read_inside(struct wire *w, enum wire_member m, struct slice value, struct wire_request *r)
{
	switch (m) {
	case M_ITEM:
		return wire_read_map(w, value, &r->item);
	case M_KEY:
		return wire_read_map(w, value, &r->key);
	case M_START_KEY:
		return wire_read_map(w, value, &r->start_key);
	case M_VALUES:
		return wire_read_map(w, value, &r->values);
	case M_NAMES:
		return read_names(w, value, &r->names);
	case M_ATTRIBUTES_TO_GET:
		return read_strings(w, value);
	default:
		return ST_OK;
	}
}

static enum status read_member(struct wire *w, enum wire_member m, struct slice value, struct wire_request *r)
{
	enum status st = json_expect(value, members[m].want, members[m].of, w->err);
	if (st)
		return st;
	if (members[m].want == JSON_WANT_STRING) {
		r->at[m] = wire_text(w, slice_of(value.ptr + 1, value.len - 2));
		return ST_OK;
	}
	r->at[m] = value;
	return read_inside(w, m, value, r);
}

enum status wire_read(struct wire *w, struct slice object, const struct wire_shape *shape, struct wire_request *ret)
{
	memset(ret, 0, sizeof *ret);
	struct slice first = json_take_value(&object), rest = json_enter(first), name, value;
	enum status st = json_expect(first, JSON_WANT_STRUCTURE, NULL, w->err);
	while (!st && json_next(&rest, &name, &value)) {
		enum wire_member m = find_member(shape, wire_text(w, name));
		if (m != M_COUNT && *value.ptr != 'n')
			st = read_member(w, m, value, ret);
	}
	return st;
}

bool wire_bool(const struct wire_request *r, enum wire_member m, bool otherwise)
{
	return wire_has(r, m) ? *r->at[m].ptr == 't' : otherwise;
}

/** The whole part of a JSON number. */
int64_t wire_int(const struct wire_request *r, enum wire_member m, int64_t otherwise)
{
	struct slice text = r->at[m];
	if (!wire_has(r, m))
		return otherwise;
	char digits[32];
	size_t n = text.len < sizeof digits - 1 ? text.len : sizeof digits - 1;
	memcpy(digits, text.ptr, n);
	digits[n] = 0;
	double value = strtod(digits, NULL);
	if (!(value > INT_MIN))
		return INT_MIN;
	return value < INT_MAX ? (int64_t)value : INT_MAX;
}

unsigned wire_count(const struct wire_request *r, uint64_t wanted)
{
	unsigned count = 0;
	for (; wanted; wanted &= wanted - 1)
		count += wire_has(r, (enum wire_member)__builtin_ctzll(wanted));
	return count;
}

size_t wire_entries(struct slice container)
{
	struct slice rest = json_enter(container), name, value;
	struct slice *named = *container.ptr == '{' ? &name : NULL;
	size_t n = 0;
	while (json_next(&rest, named, &value))
		n++;
	return n;
}

struct slice wire_java_map(struct wire *w, struct slice map)
{
	struct slice rest = json_enter(map), name, value;
	struct buf *out = wire_buf(w);
	buf_add_byte(out, '{');
	while (json_next(&rest, &name, &value)) {
		buf_add_str(out, out->len > 1 ? ", " : "");
		buf_add_slice(out, wire_text(w, name));
		buf_add_byte(out, '=');
		buf_add_slice(out, value);
	}
	buf_add_byte(out, '}');
	return buf_slice(out);
}
