#include "engine/value/json_reader.h"

#include "engine/value/base64.h"
#include "engine/value/decimal.h"
#include "engine/value/utf8.h"

#define NUMBER_RANGE "1E-130 to 9.9999999999999999999999999999999999999E+125"

static bool read_value(struct reader *r, unsigned depth)
{
	if (r->form == JSON_API)
		return api_value(r, depth);
	return r->form == JSON_TYPED ? typed_value(r, depth) : natural_value(r, depth);
}

/* Scalars */

void reader_put(struct reader *r, enum value_type type, struct slice body)
{
	uint8_t *to = buf_reserve(r->out, 1 + VARINT_MAX + body.len);
	to[0] = (uint8_t)type;
	size_t n = 1 + varint_put(to + 1, body.len);
	if (body.len)
		memcpy(to + n, body.ptr, body.len);
	buf_added(r->out, n + body.len);
}

bool reader_number(struct reader *r, struct slice text, const uint8_t *at, struct number *ret)
{
	struct decimal d;
	size_t digits;
	if (r->form == JSON_API)
		return api_number(r, text, ret);
	switch (decimal_parse(text, &d, &digits)) {
	case DECIMAL_OK:
		decimal_encode(&d, ret);
		return true;
	case DECIMAL_TOO_MANY_DIGITS:
		return lex_fail(r, at, ST_VALIDATION, "number has %zu digits, at most %d are kept", digits, LIMIT_NUMBER_DIGITS);
	case DECIMAL_TOO_LARGE:
		return lex_fail(r, at, ST_VALIDATION, "Number overflow: the magnitude of a number is 0 or " NUMBER_RANGE);
	case DECIMAL_TOO_SMALL:
		return lex_fail(r, at, ST_VALIDATION, "Number underflow: the magnitude of a number is 0 or " NUMBER_RANGE);
	case DECIMAL_NOT_A_NUMBER:
		break;
	}
	return lex_fail(r, at, ST_VALIDATION, "The parameter cannot be converted to a numeric value: %.*s", utf8_cut(text, 80),
		(const char *)text.ptr);
}

bool reader_base64(struct reader *r, struct slice *ret)
{
	struct slice text;
	size_t n;
	lex_space(r);
	const uint8_t *at = r->p;
	if (!lex_string(r, &text))
		return false;
	/* With escapes the text stands in the scratch buffer, else in the caller's text: decode into what follows it there. */
	size_t used = text.ptr == r->scratch.ptr ? text.len : 0;
	uint8_t *to = buf_reserve(&r->scratch, used + text.len);
	if (used)
		text.ptr = r->scratch.ptr;
	if (!base64_decode(text, to, &n) && r->form == JSON_API)
		return api_not_base64(r, text);
	if (!base64_decode(text, to, &n))
		return lex_fail(r, at, ST_VALIDATION, "this is not base64 (RFC 4648, with padding)");
	*ret = slice_of(to, n);
	return true;
}

/* Containers */

struct group {
	size_t from;  /* where its entries begin in r->out */
	size_t first; /* its first entry in r->entries, in bytes */
};

static struct group group_begin(const struct reader *r)
{
	return (struct group){r->out->len, r->entries.len};
}

static void entry_begin(struct reader *r, const uint8_t *pos)
{
	struct entry e = {.at = (uint32_t)r->out->len, .pos = (uint32_t)(pos - r->start)};
	buf_add(&r->entries, &e, sizeof e);
}

/** The entry begun last is complete: inner containers have taken theirs off the stack again. */
static void entry_end(struct reader *r)
{
	struct entry *e = (struct entry *)(void *)(r->entries.ptr + r->entries.len) - 1;
	e->len = (uint32_t)(r->out->len - e->at);
}

/** Sorts the group's entries and takes them off the stack. *ret_twice: an entry that is there twice, or NULL. */
static size_t group_sort(struct reader *r, const struct group *g, const uint8_t **ret_twice)
{
	size_t n = (r->entries.len - g->first) / sizeof(struct entry);
	*ret_twice = NULL;
	if (n == 0)
		return 0;
	struct entry *e = (struct entry *)(void *)(r->entries.ptr + g->first);
	const struct entry *twice = entries_sort(r->out, e, n);
	*ret_twice = twice ? r->start + twice->pos : NULL;
	buf_resize(&r->entries, g->first);
	return n;
}

static bool read_name(struct reader *r)
{
	struct slice name;
	lex_space(r);
	const uint8_t *at = r->p;
	entry_begin(r, at);
	if (!lex_name(r, &name))
		return false;
	if (r->form == JSON_API && !api_name(r, name))
		return false;
	if (name.len == 0)
		return lex_fail(r, at, ST_VALIDATION, "an attribute name cannot be empty");
	if (name.len > LIMIT_ATTR_NAME)
		return lex_fail(
			r, at, ST_VALIDATION, "an attribute name has %zu bytes, at most %d are allowed", name.len, LIMIT_ATTR_NAME);
	bytes_put(r->out, name);
	return true;
}

/** The entries of a map up to its '}', sorted; *ret_n of them. */
static bool read_entries(struct reader *r, unsigned depth, size_t *ret_n)
{
	struct group g = group_begin(r);
	const uint8_t *twice;
	if (!lex_try(r, '}')) {
		do {
			if (!read_name(r) || !read_value(r, depth))
				return false;
			entry_end(r);
		} while (lex_more(r, '}'));
		if (lex_failed(r))
			return false;
	}
	*ret_n = group_sort(r, &g, &twice);
	return !twice || lex_fail(r, twice, ST_SYNTAX, "this name is there twice");
}

bool reader_depth(struct reader *r, const uint8_t *at, unsigned depth)
{
	if (depth >= LIMIT_NESTING && r->form == JSON_API)
		return api_too_deep(r);
	return depth < LIMIT_NESTING ||
	       lex_fail(r, at, ST_VALIDATION, "nested deeper than %d levels, the most that an item can have", LIMIT_NESTING);
}

bool reader_map(struct reader *r, unsigned depth)
{
	size_t n;
	buf_add_byte(r->out, VALUE_M);
	size_t from = r->out->len;
	if (!read_entries(r, depth + 1, &n))
		return false;
	container_close(r->out, from, n);
	return true;
}

bool reader_list(struct reader *r, unsigned depth)
{
	size_t n = 0;
	buf_add_byte(r->out, VALUE_L);
	size_t from = r->out->len;
	if (!lex_try(r, ']')) {
		do {
			if (!read_value(r, depth + 1))
				return false;
			n++;
		} while (lex_more(r, ']'));
		if (lex_failed(r))
			return false;
	}
	container_close(r->out, from, n);
	return true;
}

static bool read_number_member(struct reader *r, struct number *ret)
{
	struct slice text;
	if (r->form == JSON_NATURAL)
		return natural_number_member(r, ret);
	const uint8_t *at = r->p;
	return lex_string(r, &text) && reader_number(r, text, at, ret);
}

static bool read_member(struct reader *r, enum value_type set)
{
	struct slice body;
	struct number n;
	lex_space(r);
	entry_begin(r, r->p);
	if (!api_expect_member(r, set == VALUE_BS ? JSON_WANT_BLOB : JSON_WANT_STRING))
		return false;
	if (set == VALUE_NS) {
		if (!read_number_member(r, &n))
			return false;
		body = number_slice(&n);
	} else if (!(set == VALUE_SS ? lex_string(r, &body) : reader_base64(r, &body))) {
		return false;
	}
	bytes_put(r->out, body);
	entry_end(r);
	return true;
}

bool reader_set(struct reader *r, enum value_type type)
{
	struct group g;
	const uint8_t *twice;
	lex_space(r);
	const uint8_t *at = r->p;
	if (!lex_take(r, '[', "'[' and the members of the set"))
		return false;
	if (lex_try(r, ']') && r->form == JSON_API)
		return api_empty_set(r, type);
	if (r->p[-1] == ']')
		return lex_fail(r, at, ST_VALIDATION, "One or more parameter values were invalid: An %s set may not be empty",
			type == VALUE_SS   ? "string"
			: type == VALUE_NS ? "number"
					   : "binary");
	buf_add_byte(r->out, (uint8_t)type);
	g = group_begin(r);
	do {
		if (!read_member(r, type))
			return false;
	} while (lex_more(r, ']'));
	if (lex_failed(r))
		return false;
	size_t n = group_sort(r, &g, &twice);
	if (twice && r->form == JSON_API)
		return api_duplicates(r, type, at);
	if (twice)
		return lex_fail(r, twice, ST_VALIDATION,
			"One or more parameter values were invalid: Input collection contains duplicates: this member is there "
			"twice");
	container_close(r->out, g.from, n);
	return true;
}

/* Entry points */

static bool read_item(struct reader *r)
{
	size_t n, from = r->out->len;
	uint8_t count[VARINT_MAX];
	if (!lex_take(r, '{', "'{', the beginning of an item") || !read_entries(r, 0, &n))
		return false;
	buf_insert(r->out, from, count, varint_put(count, n));
	return true;
}

static bool read_one_value(struct reader *r)
{
	return read_value(r, 0);
}

static enum status read_all(struct slice text, enum json_form form, bool (*read)(struct reader *), struct buf *out, struct err *err)
{
	static const uint8_t nothing[1];
	const uint8_t *start = text.len ? text.ptr : nothing;
	struct reader r = {.start = start, .p = start, .end = start + text.len, .form = form, .out = out, .err = err};
	size_t before = out->len;
	if (text.len > JSON_TEXT_MAX && form == JSON_API)
		return err_set(err, ST_ITEM_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	if (text.len > JSON_TEXT_MAX)
		return err_set(
			err, ST_ITEM_TOO_LARGE, "the text has %zu bytes, at most %u are read as one item", text.len, JSON_TEXT_MAX);
	if (read(&r)) {
		lex_space(&r);
		if (r.p < r.end)
			lex_fail(&r, r.p, ST_SYNTAX, "nothing may follow the end of the %s", read == read_item ? "item" : "value");
	}
	if (lex_failed(&r))
		buf_resize(out, before);
	buf_finish(&r.scratch);
	buf_finish(&r.entries);
	return r.status;
}

enum status json_read_item(struct slice text, enum json_form form, struct buf *out, struct err *err)
{
	return read_all(text, form, read_item, out, err);
}

enum status json_read_value(struct slice text, enum json_form form, struct buf *out, struct err *err)
{
	return read_all(text, form, read_one_value, out, err);
}
