#include "engine/value/json_reader.h"

/** A map of one entry whose name starts with '$' is a wrapper: it says what plain JSON cannot. */
static const struct wrapper {
	const char *name;
	enum value_type type;
} wrappers[] = {
	{"$n", VALUE_N},
	{"$b", VALUE_B},
	{"$ss", VALUE_SS},
	{"$ns", VALUE_NS},
	{"$bs", VALUE_BS},
	{"$m", VALUE_M},
};

static enum value_type wrapper_type(struct slice name)
{
	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
		if (slice_eq_str(name, wrappers[i].name))
			return wrappers[i].type;
	return VALUE_NONE;
}

/** Behind the string whose opening quote is at p. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < end;
	return p < end ? p + 1 : end;
}

/**
 * Looks over one value from p on: does the map end behind it? Only brackets and strings are looked at; in a text with mistakes the
 * answer does not matter, since the reader finds them either way.
 */
static bool map_ends_after_value(const uint8_t *p, const uint8_t *end)
{
	unsigned open = 0;
	while (p < end) {
		uint8_t c = *p;
		if (c == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (open == 0 && (c == ',' || c == '}' || c == ']'))
			return c == '}';
		open += c == '{' || c == '[';
		open -= c == '}' || c == ']';
		p++;
	}
	return false;
}

/** At '{"$..': takes the name if it is a wrapper's; otherwise takes nothing. */
static bool try_wrapper(struct reader *r, enum value_type *ret, const uint8_t **ret_name)
{
	const uint8_t *from = r->p;
	struct slice name;
	lex_space(r);
	*ret_name = r->p;
	/* '$' may be written as an escape, too. */
	bool maybe = r->end - r->p >= 2 && r->p[0] == '"' && (r->p[1] == '$' || r->p[1] == '\\');
	if (maybe && lex_name(r, &name) && name.len > 0 && name.ptr[0] == '$' && map_ends_after_value(r->p, r->end)) {
		*ret = wrapper_type(name);
		return true;
	}
	r->p = from;
	return false;
}

static bool wrapped_number(struct reader *r, struct number *ret)
{
	struct slice text;
	lex_space(r);
	const uint8_t *at = r->p;
	if (r->p < r->end && *r->p != '"')
		return lex_fail(r, at, ST_VALIDATION, "the value of \"$n\" is a string of digits, in double quotes");
	return lex_string(r, &text) && reader_number(r, text, at, ret);
}

static bool wrapped_map(struct reader *r, unsigned depth)
{
	lex_space(r);
	return reader_depth(r, r->p, depth) && lex_take(r, '{', "'{', since the value of \"$m\" is a map") && reader_map(r, depth);
}

static bool wrapped_value(struct reader *r, enum value_type type, const uint8_t *name_at, unsigned depth)
{
	struct number n;
	struct slice bytes;
	switch (type) {
	case VALUE_N:
		if (!wrapped_number(r, &n))
			return false;
		reader_put(r, VALUE_N, number_slice(&n));
		return true;
	case VALUE_B:
		if (!reader_base64(r, &bytes))
			return false;
		reader_put(r, VALUE_B, bytes);
		return true;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return reader_set(r, type);
	case VALUE_M:
		return wrapped_map(r, depth);
	default:
		return lex_fail(r, name_at, ST_VALIDATION,
			"unknown wrapper; there are $n $b $ss $ns $bs $m; a map with this one name is written {\"$m\": {..}}");
	}
}

static bool object(struct reader *r, unsigned depth)
{
	enum value_type type;
	const uint8_t *name_at, *at = r->p++;
	bool wrapper = try_wrapper(r, &type, &name_at);
	if (lex_failed(r))
		return false;
	if (wrapper)
		return wrapped_value(r, type, name_at, depth) && lex_take(r, '}', "'}'");
	return reader_depth(r, at, depth) && reader_map(r, depth);
}

static bool array(struct reader *r, unsigned depth)
{
	if (!reader_depth(r, r->p, depth))
		return false;
	r->p++;
	return reader_list(r, depth);
}

static bool string(struct reader *r)
{
	struct slice s;
	if (!lex_string(r, &s))
		return false;
	reader_put(r, VALUE_S, s);
	return true;
}

static bool bare_number(struct reader *r, struct number *ret)
{
	struct slice text;
	const uint8_t *at = r->p;
	return lex_number(r, &text) && reader_number(r, text, at, ret);
}

static bool number(struct reader *r)
{
	struct number n;
	if (!bare_number(r, &n))
		return false;
	reader_put(r, VALUE_N, number_slice(&n));
	return true;
}

static bool word(struct reader *r, const char *spelled, enum value_type type)
{
	if (!lex_word(r, spelled))
		return false;
	buf_add_byte(r->out, (uint8_t)type);
	return true;
}

bool natural_number_member(struct reader *r, struct number *ret)
{
	enum value_type type;
	const uint8_t *name_at;
	if (r->p == r->end || *r->p != '{') {
		bool begins = r->p < r->end && (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'));
		return begins ? bare_number(r, ret) : lex_expected(r, "a number");
	}
	const uint8_t *at = r->p++;
	bool wrapper = try_wrapper(r, &type, &name_at);
	if (lex_failed(r))
		return false;
	if (!wrapper || type != VALUE_N)
		return lex_fail(r, at, ST_VALIDATION, "a member of \"$ns\" is a number or {\"$n\": \"..\"}");
	return wrapped_number(r, ret) && lex_take(r, '}', "'}'");
}

bool natural_value(struct reader *r, unsigned depth)
{
	lex_space(r);
	if (r->p == r->end)
		return lex_expected(r, "a value");
	switch (*r->p) {
	case '{':
		return object(r, depth);
	case '[':
		return array(r, depth);
	case '"':
		return string(r);
	case 't':
		return word(r, "true", VALUE_TRUE);
	case 'f':
		return word(r, "false", VALUE_FALSE);
	case 'n':
		return word(r, "null", VALUE_NULL);
	case 'N':
	case 'I':
		return lex_fail(r, r->p, ST_SYNTAX, "expected a value; NaN and Infinity are none");
	default:
		break;
	}
	if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'))
		return number(r);
	return lex_expected(r, "a value");
}
