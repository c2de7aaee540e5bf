#include "engine/value/json_reader.h"

#include "engine/value/utf8.h"

/* Attribute values as requests of the API bring them. The text around them is known to be good JSON. */

#define EXACTLY_ONE "must contain exactly one of the supported datatypes"
#define INVALID "One or more parameter values were invalid: "
#define VALUE_CLASS "com.amazonaws.dynamodb.v20120810.AttributeValue"

static const struct datatype {
	const char *name;
	enum value_type type; /* VALUE_TRUE stands for BOOL */
	enum json_want want;
	const char *of;
} datatypes[] = {
	{"S", VALUE_S, JSON_WANT_STRING, NULL},
	{"N", VALUE_N, JSON_WANT_STRING, NULL},
	{"BOOL", VALUE_TRUE, JSON_WANT_BOOLEAN, NULL},
	{"L", VALUE_L, JSON_WANT_LIST, "java.util.List<" VALUE_CLASS ">"},
	{"M", VALUE_M, JSON_WANT_MAP, "java.util.Map<java.lang.String, " VALUE_CLASS ">"},
	{"B", VALUE_B, JSON_WANT_BLOB, NULL},
	{"NULL", VALUE_NULL, JSON_WANT_BOOLEAN, NULL},
	{"SS", VALUE_SS, JSON_WANT_LIST, "java.util.List<java.lang.String>"},
	{"NS", VALUE_NS, JSON_WANT_LIST, "java.util.List<java.lang.String>"},
	{"BS", VALUE_BS, JSON_WANT_LIST, "java.util.List<java.nio.ByteBuffer>"},
};

static const struct datatype *datatype_of(struct slice name)
{
	for (size_t i = 0; i < sizeof datatypes / sizeof *datatypes; i++)
		if (slice_eq_str(name, datatypes[i].name))
			return &datatypes[i];
	return NULL;
}

/** The value that stands at r->p, which stays where it is. */
static struct slice next_value(struct reader *r)
{
	lex_space(r);
	struct slice rest = slice_of(r->p, (size_t)(r->end - r->p));
	return json_take_value(&rest);
}

static bool expect(struct reader *r, enum json_want want, const char *of)
{
	/* The first byte decides, and of what is wanted it is enough. */
	lex_space(r);
	if (r->p < r->end && json_expect(slice_of(r->p, 1), want, of, NULL) == ST_OK)
		return true;
	r->status = json_expect(next_value(r), want, of, r->err);
	return false;
}

bool api_expect_member(struct reader *r, enum json_want want)
{
	return r->form != JSON_API || expect(r, want, NULL);
}

static bool fail(struct reader *r, enum status code, const char *text)
{
	return lex_fail(r, r->p, code, "%s", text);
}

/* What is wrong with a value, in the service's words: the spaces too many and the letters too few are its own */

bool api_number(struct reader *r, struct slice text, struct number *ret)
{
	enum status st = number_parse(text, ret, r->err);
	r->status = st;
	return st == ST_OK;
}

bool api_name(struct reader *r, struct slice name)
{
	enum status st = item_check_name(name, r->err);
	r->status = st;
	return st == ST_OK;
}

bool api_not_base64(struct reader *r, struct slice text)
{
	if (text.len % 4)
		return lex_fail(
			r, r->p, ST_SYNTAX, "Base64 encoded length is expected a multiple of 4 bytes but found: %zu", text.len);
	return fail(r, ST_SYNTAX, "Invalid last non-pad Base64 character dectected");
}

bool api_too_deep(struct reader *r)
{
	return fail(r, ST_VALIDATION,
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit");
}

bool api_empty_set(struct reader *r, enum value_type type)
{
	return fail(r, ST_VALIDATION,
		type == VALUE_SS   ? INVALID "An string set  may not be empty"
		: type == VALUE_NS ? INVALID "An number set  may not be empty"
				   : INVALID "Binary sets should not be empty");
}

/** Appends "[a, b, a]": the members of the set that begins at `at`, in their order. */
static void list_members(struct reader *r, const uint8_t *at, struct buf *out)
{
	struct slice rest = json_enter(slice_of(at, (size_t)(r->p - at))), member;
	buf_add_byte(out, '[');
	for (bool any = false; json_next(&rest, NULL, &member); any = true) {
		if (any)
			buf_add_str(out, ", ");
		json_unquote(member, out);
	}
	buf_add_byte(out, ']');
}

bool api_duplicates(struct reader *r, enum value_type type, const uint8_t *at)
{
	struct buf list = BUF_INIT;
	if (type == VALUE_NS)
		return fail(r, ST_VALIDATION, "Input collection contains duplicates");
	list_members(r, at, &list);
	lex_fail(r, at, ST_VALIDATION, INVALID "Input collection %.*s%s", utf8_cut(buf_slice(&list), 300), buf_str(&list),
		type == VALUE_SS ? " contains duplicates." : "of type BS contains duplicates.");
	buf_finish(&list);
	return false;
}

/* Values */

static bool read_text(struct reader *r, enum value_type type)
{
	struct slice body;
	struct number n;
	if (type == VALUE_B) {
		if (!reader_base64(r, &body))
			return false;
	} else if (!lex_string(r, &body)) {
		return false;
	}
	if (type == VALUE_N) {
		if (!api_number(r, body, &n))
			return false;
		body = number_slice(&n);
	}
	reader_put(r, type, body);
	return true;
}

static bool read_bool(struct reader *r, enum value_type type)
{
	bool yes = *r->p == 't';
	if (!lex_word(r, yes ? "true" : "false"))
		return false;
	if (type == VALUE_NULL && !yes)
		return fail(r, ST_VALIDATION, INVALID "Null attribute value types must have the value of true");
	buf_add_byte(r->out, type == VALUE_NULL ? VALUE_NULL : yes ? VALUE_TRUE : VALUE_FALSE);
	return true;
}

static bool read_of_type(struct reader *r, const struct datatype *type, unsigned depth)
{
	if (!expect(r, type->want, type->of))
		return false;
	switch (type->type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return read_text(r, type->type);
	case VALUE_TRUE:
	case VALUE_NULL:
		return read_bool(r, type->type);
	case VALUE_L:
		return reader_depth(r, r->p, depth) && lex_take(r, '[', "'['") && reader_list(r, depth);
	case VALUE_M:
		return reader_depth(r, r->p, depth) && lex_take(r, '{', "'{'") && reader_map(r, depth);
	default:
		return reader_set(r, type->type);
	}
}

/** One member of an attribute value. *ret_count: those that hold a value. */
static bool read_member(struct reader *r, unsigned depth, unsigned *ret_count)
{
	struct slice name;
	if (!lex_name(r, &name))
		return false;
	const struct datatype *type = datatype_of(name);
	if (type && *ret_count == 0 && (lex_space(r), r->p < r->end) && *r->p != 'n') {
		++*ret_count;
		return read_of_type(r, type, depth);
	}
	struct slice value = next_value(r);
	if (value.len == 0)
		return fail(r, ST_SYNTAX, "a value is missing");
	r->p = value.ptr + value.len;
	*ret_count += type && *value.ptr != 'n';
	return true;
}

bool api_value(struct reader *r, unsigned depth)
{
	unsigned count = 0;
	lex_space(r);
	if (r->p < r->end && *r->p == 'n')
		return fail(r, ST_VALIDATION, "Supplied AttributeValue is empty, " EXACTLY_ONE);
	if (!expect(r, JSON_WANT_STRUCTURE, "class " VALUE_CLASS) || !lex_take(r, '{', "'{'"))
		return false;
	if (!lex_try(r, '}')) {
		do {
			if (!read_member(r, depth, &count))
				return false;
		} while (lex_more(r, '}'));
		if (lex_failed(r))
			return false;
	}
	if (count == 0)
		return fail(r, ST_VALIDATION, "Supplied AttributeValue is empty, " EXACTLY_ONE);
	return count == 1 || fail(r, ST_VALIDATION, "Supplied AttributeValue has more than one datatypes set, " EXACTLY_ONE);
}
