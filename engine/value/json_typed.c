#include "engine/value/json_reader.h"

#define ONE_TYPE "must contain exactly one of the supported datatypes"

static const struct type_name {
	const char *name;
	enum value_type type; /* VALUE_TRUE stands for BOOL */
} type_names[] = {
	{"S", VALUE_S},
	{"N", VALUE_N},
	{"B", VALUE_B},
	{"BOOL", VALUE_TRUE},
	{"NULL", VALUE_NULL},
	{"L", VALUE_L},
	{"M", VALUE_M},
	{"SS", VALUE_SS},
	{"NS", VALUE_NS},
	{"BS", VALUE_BS},
};

static enum value_type type_of(struct slice name)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (slice_eq_str(name, type_names[i].name))
			return type_names[i].type;
	return VALUE_NONE;
}

/** Fails: the JSON is good so far, but what stands here is not what the type wants. */
static bool wrong(struct reader *r, const char *what)
{
	if (r->p == r->end)
		return lex_expected(r, what);
	return lex_fail(r, r->p, ST_VALIDATION, "expected %s", what);
}

/** White space, then `c` must come. */
static bool begins(struct reader *r, uint8_t c, const char *what)
{
	lex_space(r);
	return (r->p < r->end && *r->p == c) || wrong(r, what);
}

static bool read_string(struct reader *r)
{
	struct slice s;
	if (!begins(r, '"', "a string as the value of S") || !lex_string(r, &s))
		return false;
	reader_put(r, VALUE_S, s);
	return true;
}

static bool read_number(struct reader *r)
{
	struct slice text;
	struct number n;
	if (!begins(r, '"', "a string of digits as the value of N; DynamoDB's JSON writes numbers in quotes"))
		return false;
	const uint8_t *at = r->p;
	if (!lex_string(r, &text) || !reader_number(r, text, at, &n))
		return false;
	reader_put(r, VALUE_N, number_slice(&n));
	return true;
}

static bool read_binary(struct reader *r)
{
	struct slice bytes;
	if (!begins(r, '"', "a string of base64 as the value of B") || !reader_base64(r, &bytes))
		return false;
	reader_put(r, VALUE_B, bytes);
	return true;
}

static bool read_bool(struct reader *r)
{
	lex_space(r);
	bool yes = r->p < r->end && *r->p == 't', no = r->p < r->end && *r->p == 'f';
	if (!yes && !no)
		return wrong(r, "true or false as the value of BOOL");
	buf_add_byte(r->out, yes ? VALUE_TRUE : VALUE_FALSE);
	return lex_word(r, yes ? "true" : "false");
}

static bool read_null(struct reader *r)
{
	lex_space(r);
	if (r->p == r->end || *r->p != 't')
		return wrong(r, "true: Null attribute value types must have the value of true");
	buf_add_byte(r->out, VALUE_NULL);
	return lex_word(r, "true");
}

static bool read_list(struct reader *r, unsigned depth)
{
	if (!begins(r, '[', "an array as the value of L") || !reader_depth(r, r->p, depth))
		return false;
	r->p++;
	return reader_list(r, depth);
}

static bool read_map(struct reader *r, unsigned depth)
{
	if (!begins(r, '{', "an object as the value of M") || !reader_depth(r, r->p, depth))
		return false;
	r->p++;
	return reader_map(r, depth);
}

static bool read_of_type(struct reader *r, enum value_type type, unsigned depth)
{
	switch (type) {
	case VALUE_S:
		return read_string(r);
	case VALUE_N:
		return read_number(r);
	case VALUE_B:
		return read_binary(r);
	case VALUE_TRUE:
		return read_bool(r);
	case VALUE_NULL:
		return read_null(r);
	case VALUE_L:
		return read_list(r, depth);
	case VALUE_M:
		return read_map(r, depth);
	default:
		return begins(r, '[', "an array as the value of a set") && reader_set(r, type);
	}
}

static bool read_type(struct reader *r, enum value_type *ret)
{
	struct slice name;
	lex_space(r);
	const uint8_t *at = r->p;
	if (!lex_name(r, &name))
		return false;
	*ret = type_of(name);
	return *ret != VALUE_NONE ||
	       lex_fail(r, at, ST_VALIDATION,
		       "Supplied AttributeValue has an unknown datatype, " ONE_TYPE " (S N B BOOL NULL L M SS NS BS)");
}

bool typed_value(struct reader *r, unsigned depth)
{
	enum value_type type;
	if (!begins(r, '{', "an attribute value such as {\"S\": \"text\"} or {\"N\": \"1\"}"))
		return false;
	const uint8_t *at = r->p++;
	if (lex_try(r, '}'))
		return lex_fail(r, at, ST_VALIDATION, "Supplied AttributeValue is empty, " ONE_TYPE);
	if (!read_type(r, &type) || !read_of_type(r, type, depth))
		return false;
	if (lex_try(r, ','))
		return lex_fail(r, at, ST_VALIDATION, "Supplied AttributeValue has more than one datatypes set, " ONE_TYPE);
	return lex_take(r, '}', "'}'");
}
