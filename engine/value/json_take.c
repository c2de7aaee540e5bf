#include "engine/value/json_reader.h"

#include "engine/value/utf8.h"

/* Strings are looked for their end only, containers for the bracket that closes them: the text is known to be good. */

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/** Behind the closing quote of the string whose opening quote is at p. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
	for (p++; p < end && *p != '"'; p++) {
		p += json_plain_run(p, end, false);
		if (p == end || *p == '"')
			break;
		p += *p == '\\' && p + 1 < end;
	}
	return p < end ? p + 1 : end;
}

static const uint8_t *skip_container(const uint8_t *p, const uint8_t *end)
{
	size_t open = 0;
	while (p < end) {
		uint8_t c = *p;
		if (c == '"') {
			p = skip_string(p, end);
			continue;
		}
		p++;
		if (c == '{' || c == '[')
			open++;
		if ((c == '}' || c == ']') && --open == 0)
			break;
	}
	return p;
}

static bool ends_word(uint8_t c)
{
	return c == ',' || c == '}' || c == ']' || c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const uint8_t *skip_word(const uint8_t *p, const uint8_t *end)
{
	while (p < end && !ends_word(*p))
		p++;
	return p;
}

static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end)
{
	if (p == end)
		return p;
	if (*p == '"')
		return skip_string(p, end);
	return *p == '{' || *p == '[' ? skip_container(p, end) : skip_word(p, end);
}

struct slice json_take_value(struct slice *rest)
{
	if (rest->len == 0)
		return slice_of(NULL, 0);
	const uint8_t *end = rest->ptr + rest->len;
	const uint8_t *from = skip_space(rest->ptr, end), *to = skip_value(from, end);
	const uint8_t *next = skip_space(to, end);
	*rest = slice_of(next, (size_t)(end - next));
	return slice_of(from, (size_t)(to - from));
}

struct slice json_enter(struct slice container)
{
	return container.len ? slice_from(container, 1) : container;
}

/** Takes `c`, white space before and behind it, if it is next. */
static void pass(struct slice *rest, uint8_t c)
{
	if (rest->len == 0)
		return;
	const uint8_t *end = rest->ptr + rest->len, *p = skip_space(rest->ptr, end);
	if (p < end && *p == c)
		p = skip_space(p + 1, end);
	*rest = slice_of(p, (size_t)(end - p));
}

bool json_next(struct slice *rest, struct slice *name, struct slice *value)
{
	pass(rest, ',');
	if (name) {
		*name = json_take_value(rest);
		if (name->len < 2 || *name->ptr != '"')
			return false;
		*name = slice_of(name->ptr + 1, name->len - 2);
		pass(rest, ':');
	}
	*value = json_take_value(rest);
	return value->len > 0;
}

void json_unquote(struct slice literal, struct buf *out)
{
	struct reader r = {.start = literal.ptr, .p = literal.ptr, .end = literal.ptr + literal.len, .form = JSON_API};
	struct slice text;
	if (lex_string(&r, &text))
		buf_add_slice(out, text);
	buf_finish(&r.scratch);
}

/* What stands there is not what is wanted */

static bool is_decimal(struct slice number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.ptr[i] == '.' || (number.ptr[i] | 0x20) == 'e')
			return true;
	return false;
}

static const char *scalar_name(struct slice value)
{
	switch (*value.ptr) {
	case '"':
		return "STRING_VALUE";
	case 't':
		return "TRUE_VALUE";
	case 'f':
		return "FALSE_VALUE";
	case 'n':
		return "NULL_VALUE";
	default:
		return is_decimal(value) ? "DECIMAL_VALUE" : "NUMBER_VALUE";
	}
}

static bool is_wanted(enum json_want want, uint8_t c)
{
	switch (want) {
	case JSON_WANT_STRING:
	case JSON_WANT_BLOB:
		return c == '"';
	case JSON_WANT_BOOLEAN:
		return c == 't' || c == 'f';
	case JSON_WANT_INTEGER:
		return c == '-' || (c >= '0' && c <= '9');
	case JSON_WANT_LIST:
		return c == '[';
	case JSON_WANT_MAP:
	case JSON_WANT_STRUCTURE:
		break;
	}
	return c == '{';
}

static const char *class_name(enum json_want want, const char *of)
{
	switch (want) {
	case JSON_WANT_STRING:
		return "class java.lang.String";
	case JSON_WANT_BOOLEAN:
		return "class java.lang.Boolean";
	case JSON_WANT_INTEGER:
		return "class java.lang.Integer";
	case JSON_WANT_BLOB:
		return "class java.nio.ByteBuffer";
	default:
		return of ? of : "";
	}
}

static enum status scalar_refused(struct slice value, enum json_want want, struct err *err)
{
	switch (want) {
	case JSON_WANT_STRING:
		return err_set(err, ST_SYNTAX, "%s cannot be converted to String", scalar_name(value));
	case JSON_WANT_BOOLEAN:
		if (*value.ptr == '"')
			return err_set(err, ST_SYNTAX, "Unexpected token received from parser");
		return err_set(err, ST_SYNTAX, "%s cannot be converted to Boolean", scalar_name(value));
	case JSON_WANT_INTEGER:
		return err_set(err, ST_SYNTAX, "%s cannot be converted to Integer", scalar_name(value));
	case JSON_WANT_BLOB:
		return err_set(err, ST_SYNTAX, "only base-64-encoded strings are convertible to bytes");
	case JSON_WANT_STRUCTURE:
		return err_set(err, ST_SYNTAX, "Unexpected value type in payload");
	default:
		return err_set(err, ST_SYNTAX, "Unexpected field type");
	}
}

enum status json_expect(struct slice value, enum json_want want, const char *of, struct err *err)
{
	uint8_t c = value.len ? *value.ptr : 0;
	if (is_wanted(want, c))
		return ST_OK;
	if (c == '{')
		return err_set(err, ST_SYNTAX, "Start of structure or map found where not expected");
	if (c == '[')
		return err_set(err, ST_SYNTAX, "Unrecognized collection type %s", class_name(want, of));
	return c ? scalar_refused(value, want, err) : err_set(err, ST_SYNTAX, "Unexpected end of the document");
}
