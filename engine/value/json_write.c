#include "engine/json.h"

#include "engine/number.h"
#include "engine/value/base64.h"
#include "engine/value/codec.h"
#include "engine/value/utf8.h"

/** Where the text goes: into a buffer, or, without one, only its length is counted. So both always agree. */
struct sink {
	struct buf *out;
	size_t counted;
	enum json_form form;
	bool line;
};

/** Nearly all pieces are a few bytes long, so that calls would cost more than the copying. The NUL of the buffer is put back at the end. */
static inline void put(struct sink *s, const void *bytes, size_t n)
{
	if (!s->out) {
		s->counted += n;
		return;
	}
	if (s->out->cap - s->out->len <= n)
		buf_reserve(s->out, n);
	memcpy(s->out->ptr + s->out->len, bytes, n);
	s->out->len += n;
}

static void finish(struct sink *s)
{
	buf_reserve(s->out, 0);
	buf_added(s->out, 0);
}

static inline void put_str(struct sink *s, const char *text)
{
	put(s, text, strlen(text));
}

static void put_newline(struct sink *s, unsigned depth)
{
	static const char spaces[] = "\n                                                                        ";
	size_t n = 2 * (size_t)depth;
	if (s->line)
		return;
	put(s, spaces, 1 + (n < sizeof spaces - 2 ? n : sizeof spaces - 2));
}

/* Strings */

static void put_escape(struct sink *s, uint8_t c)
{
	static const char hex[] = "0123456789abcdef", shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = c ? strchr(shorts, c) : NULL;
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	if (found)
		text[1] = letters[found - shorts];
	put(s, text, found ? 2 : 6);
}

/** `bytes` are good UTF-8. */
static void put_escaped(struct sink *s, struct slice bytes)
{
	const uint8_t *p = bytes.ptr, *end = bytes.len ? p + bytes.len : p;
	while (p < end) {
		size_t n = json_plain_run(p, end, false);
		put(s, p, n);
		p += n;
		if (p < end)
			put_escape(s, *p++);
	}
}

static void put_string(struct sink *s, struct slice bytes)
{
	put(s, "\"", 1);
	put_escaped(s, bytes);
	put(s, "\"", 1);
}

void json_write_string(struct slice bytes, struct buf *out)
{
	struct sink s = {.out = out};
	put(&s, "\"", 1);
	while (bytes.len > 0) {
		size_t n = utf8_run(bytes);
		put_escaped(&s, slice_of(bytes.ptr, n));
		if (n < bytes.len)
			put_str(&s, "\xef\xbf\xbd");
		bytes = slice_from(bytes, n + (n < bytes.len));
	}
	put(&s, "\"", 1);
	finish(&s);
}

static void put_base64(struct sink *s, struct slice bytes)
{
	size_t n = base64_length(bytes.len);
	put(s, "\"", 1);
	if (s->out) {
		base64_encode(bytes, (char *)buf_reserve(s->out, n));
		buf_added(s->out, n);
	} else {
		s->counted += n;
	}
	put(s, "\"", 1);
}

/* Wrappers: {"$b": .. in the natural form, {"B": .. in the typed one */

static void open_wrapper(struct sink *s, const char *name)
{
	put(s, "{\"", 2);
	put_str(s, name);
	put(s, "\": ", s->line ? 2 : 3);
}

static void close_wrapper(struct sink *s)
{
	put(s, "}", 1);
}

static void put_number(struct sink *s, struct slice enc)
{
	char text[NUMBER_TEXT_MAX];
	size_t n = s->form == JSON_TYPED ? number_format_plain(enc, text) : number_format(enc, text);
	if (s->form == JSON_NATURAL && number_fits_double(enc)) {
		put(s, text, n);
		return;
	}
	if (s->form == JSON_NATURAL)
		open_wrapper(s, "$n");
	put(s, "\"", 1);
	put(s, text, n);
	put(s, "\"", 1);
	if (s->form == JSON_NATURAL)
		close_wrapper(s);
}

/* Containers */

static void put_value(struct sink *s, struct value v, unsigned depth);

static void put_name(struct sink *s, struct slice name)
{
	put_string(s, name);
	put(s, ": ", s->line ? 1 : 2);
}

static void put_member(struct sink *s, struct value v)
{
	if (v.type == VALUE_N)
		put_number(s, v.body);
	else if (v.type == VALUE_B)
		put_base64(s, v.body);
	else
		put_string(s, v.body);
}

/** Brackets and entries. Deeper than any valid value goes nothing is written: bytes that hostile hands made must not exhaust the stack. */
static void put_entries(struct sink *s, struct value v, unsigned depth)
{
	struct value_iter it = value_iter(v);
	struct slice name;
	struct value entry;
	bool map = v.type == VALUE_M, any = false;
	put(s, map ? "{" : "[", 1);
	while (depth <= LIMIT_NESTING + 1 && value_next(&it, &name, &entry)) {
		if (any)
			put(s, ",", 1);
		put_newline(s, depth + 1);
		any = true;
		if (map)
			put_name(s, name);
		if (type_is_set(v.type))
			put_member(s, entry);
		else
			put_value(s, entry, depth + 1);
	}
	if (any)
		put_newline(s, depth);
	put(s, map ? "}" : "]", 1);
}

/** A map that would read as a wrapper: its only name starts with '$'. */
static bool looks_wrapped(struct value map)
{
	struct value_iter it = value_iter(map);
	struct slice name;
	struct value v;
	return map.count == 1 && value_next(&it, &name, &v) && name.len > 0 && name.ptr[0] == '$';
}

/** A value in its wrapper; the inside is written by one of the functions above. */
static void put_wrapped(struct sink *s, const char *wrapper, struct value v, unsigned depth)
{
	open_wrapper(s, wrapper);
	if (type_is_container(v.type))
		put_entries(s, v, depth);
	else
		put_member(s, v);
	close_wrapper(s);
}

static const char *word(enum value_type type)
{
	return type == VALUE_TRUE ? "true" : type == VALUE_FALSE ? "false" : "null";
}

static void put_natural(struct sink *s, struct value v, unsigned depth)
{
	switch (v.type) {
	case VALUE_S:
		put_string(s, v.body);
		break;
	case VALUE_N:
		put_number(s, v.body);
		break;
	case VALUE_B:
		put_wrapped(s, "$b", v, depth);
		break;
	case VALUE_SS:
		put_wrapped(s, "$ss", v, depth);
		break;
	case VALUE_NS:
		put_wrapped(s, "$ns", v, depth);
		break;
	case VALUE_BS:
		put_wrapped(s, "$bs", v, depth);
		break;
	case VALUE_L:
		put_entries(s, v, depth);
		break;
	case VALUE_M:
		if (looks_wrapped(v))
			put_wrapped(s, "$m", v, depth);
		else
			put_entries(s, v, depth);
		break;
	default:
		put_str(s, word(v.type));
		break;
	}
}

static void put_typed(struct sink *s, struct value v, unsigned depth)
{
	bool is_word = v.type == VALUE_TRUE || v.type == VALUE_FALSE || v.type == VALUE_NULL;
	if (!is_word) {
		put_wrapped(s, value_type_name(v.type), v, depth);
		return;
	}
	open_wrapper(s, value_type_name(v.type));
	put_str(s, v.type == VALUE_FALSE ? "false" : "true");
	close_wrapper(s);
}

static void put_value(struct sink *s, struct value v, unsigned depth)
{
	if (s->form == JSON_TYPED)
		put_typed(s, v, depth);
	else
		put_natural(s, v, depth);
}

/* The item */

static void put_attribute(struct sink *s, struct slice name, struct value v, bool *any)
{
	if (*any)
		put(s, ",", 1);
	put_newline(s, 1);
	put_name(s, name);
	put_value(s, v, 1);
	*any = true;
}

static bool is_first(const struct json_style *style, struct slice name)
{
	return (style->first[0].len && slice_eq(style->first[0], name)) || (style->first[1].len && slice_eq(style->first[1], name));
}

static void put_item(struct sink *s, struct slice item, const struct json_style *style)
{
	bool any = false;
	struct slice name;
	struct value v;
	put(s, "{", 1);
	for (size_t i = 0; i < 2; i++) {
		bool again = i == 1 && slice_eq(style->first[0], style->first[1]);
		if (style->first[i].len == 0 || again)
			continue;
		v = item_get(item, style->first[i]);
		if (v.type != VALUE_NONE)
			put_attribute(s, style->first[i], v, &any);
	}
	struct value_iter it = value_iter(item_value(item));
	while (value_next(&it, &name, &v))
		if (!is_first(style, name))
			put_attribute(s, name, v, &any);
	if (any)
		put_newline(s, 0);
	put(s, "}", 1);
	if (!style->line)
		put(s, "\n", 1);
}

void json_write_item(struct slice item, const struct json_style *style, struct buf *out)
{
	struct sink s = {.out = out, .form = style->form, .line = style->line};
	buf_reserve(out, item.len + item.len / 2);
	put_item(&s, item, style);
	finish(&s);
}

size_t json_item_length(struct slice item, const struct json_style *style)
{
	struct sink s = {.form = style->form, .line = style->line};
	put_item(&s, item, style);
	return s.counted;
}
