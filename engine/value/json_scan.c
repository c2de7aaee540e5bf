#include "engine/json.h"

#include "engine/value/json_reader.h"
#include "engine/value/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/** What may come next. */
enum mode {
	AT_START, /* the item's '{' */
	AT_NAME_OR_END,
	AT_NAME,
	AT_COLON,
	AT_VALUE_OR_END,
	AT_VALUE,
	AFTER_VALUE, /* ',' or the bracket that closes */
	AT_END,      /* white space only */
	IN_STRING,
	IN_ESCAPE,
	IN_HEX,
	IN_LOW_BACKSLASH, /* of the second half of a surrogate pair */
	IN_LOW_U,
	IN_NUMBER, /* sub: enum number_part */
	IN_WORD,   /* sub: offset into `words` */
};

/** Where in a number literal; those that are even can be its end. */
enum number_part {
	IN_ZERO = 0,
	IN_SIGN = 1,
	IN_WHOLE = 2,
	AFTER_POINT = 3,
	IN_FRACTION = 4,
	AFTER_E = 5,
	IN_EXPONENT = 6,
	AFTER_E_SIGN = 7
};

/** In IN_STRING and the modes inside a string, `sub` says what the string is. */
enum { STRING_IS_VALUE, STRING_IS_NAME };

static const char words[] = "true\0false\0null";
enum { WORD_TRUE = 0, WORD_FALSE = 5, WORD_NULL = 11 };

static_assert(JSON_DEPTH_MAX <= JSON_SCAN_DEPTH_MAX && JSON_SCAN_DEPTH_MAX <= 8 * sizeof((struct json_scan *)0)->stack,
	"the stack of json_scan holds every level");

void json_scan_init(struct json_scan *s)
{
	*s = (struct json_scan){.state = JSON_SCAN_MORE, .line = 1, .column = 1, .depth_max = JSON_DEPTH_MAX, .mode = AT_START};
}

static bool bad(struct json_scan *s, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static bool bad(struct json_scan *s, struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->state = JSON_SCAN_BAD;
	err_set(err, ST_SYNTAX, "line %u, column %u: %s", s->line, s->column, text);
	return false;
}

static bool unexpected(struct json_scan *s, uint8_t c, const char *what, struct err *err)
{
	if (s->line == 1 && s->column == 1 && c == 0xef)
		return bad(s, err, "expected %s; a byte-order mark is not allowed", what);
	if (c == '/' || c == '#')
		return bad(s, err, "expected %s; comments are not allowed", what);
	if (c < 0x20 || c >= 0x7f)
		return bad(s, err, "expected %s, not byte 0x%02x", what, c);
	return bad(s, err, "expected %s, not '%c'", what, c);
}

/* Levels */

static bool in_object(const struct json_scan *s)
{
	uint32_t top = s->depth - 1;
	return s->stack[top / 8] >> (top % 8) & 1;
}

static bool push(struct json_scan *s, bool object, struct err *err)
{
	if (s->depth >= s->depth_max)
		return bad(s, err, "nested deeper than %d levels, the most that an item can have", LIMIT_NESTING);
	uint8_t bit = (uint8_t)(1u << (s->depth % 8));
	s->stack[s->depth / 8] = (uint8_t)(object ? s->stack[s->depth / 8] | bit : s->stack[s->depth / 8] & ~bit);
	s->depth++;
	s->mode = object ? AT_NAME_OR_END : AT_VALUE_OR_END;
	return true;
}

static bool pop(struct json_scan *s)
{
	s->depth--;
	s->mode = s->depth ? AFTER_VALUE : AT_END;
	if (s->depth == 0)
		s->state = JSON_SCAN_DONE;
	return true;
}

/* Between tokens */

static bool enter(struct json_scan *s, enum mode mode, unsigned sub)
{
	s->mode = (uint8_t)mode;
	s->sub = (uint8_t)sub;
	return true;
}

static bool value_begins(struct json_scan *s, uint8_t c, struct err *err)
{
	switch (c) {
	case '{':
		return push(s, true, err);
	case '[':
		return push(s, false, err);
	case '"':
		return enter(s, IN_STRING, STRING_IS_VALUE);
	case '-':
		return enter(s, IN_NUMBER, IN_SIGN);
	case '0':
		return enter(s, IN_NUMBER, IN_ZERO);
	case 't':
		return enter(s, IN_WORD, WORD_TRUE + 1);
	case 'f':
		return enter(s, IN_WORD, WORD_FALSE + 1);
	case 'n':
		return enter(s, IN_WORD, WORD_NULL + 1);
	default:
		break;
	}
	if (c >= '1' && c <= '9')
		return enter(s, IN_NUMBER, IN_WHOLE);
	return unexpected(s, c, "a value", err);
}

static bool after_value(struct json_scan *s, uint8_t c, struct err *err)
{
	bool object = in_object(s);
	if (c == (object ? '}' : ']'))
		return pop(s);
	if (c == ',')
		return enter(s, object ? AT_NAME : AT_VALUE, 0);
	return unexpected(s, c, object ? "',' or '}'" : "',' or ']'", err);
}

/** A byte outside strings, numbers and words; white space is done with. */
static bool structure(struct json_scan *s, uint8_t c, struct err *err)
{
	switch ((enum mode)s->mode) {
	case AT_START:
		return c == '{' ? push(s, true, err) : unexpected(s, c, "'{', the beginning of an item", err);
	case AT_NAME_OR_END:
		if (c == '}')
			return pop(s);
		return c == '"' ? enter(s, IN_STRING, STRING_IS_NAME) : unexpected(s, c, "a name in double quotes or '}'", err);
	case AT_NAME:
		return c == '"' ? enter(s, IN_STRING, STRING_IS_NAME) : unexpected(s, c, "a name in double quotes", err);
	case AT_COLON:
		return c == ':' ? enter(s, AT_VALUE, 0) : unexpected(s, c, "':' after the name", err);
	case AT_VALUE_OR_END:
		return c == ']' ? pop(s) : value_begins(s, c, err);
	case AT_VALUE:
		return value_begins(s, c, err);
	case AFTER_VALUE:
		return after_value(s, c, err);
	default:
		return bad(s, err, "nothing may follow the end of the item");
	}
}

/* Strings */

static bool surrogate_bad(struct json_scan *s, struct err *err)
{
	return bad(s, err, "half of a surrogate pair, and the other half is missing");
}

static bool hex_done(struct json_scan *s, struct err *err)
{
	bool high = s->hex >= 0xd800 && s->hex <= 0xdbff, low = s->hex >= 0xdc00 && s->hex <= 0xdfff;
	if (low != (s->surrogate != 0))
		return surrogate_bad(s, err);
	s->surrogate = high ? s->hex : 0;
	s->mode = high ? IN_LOW_BACKSLASH : IN_STRING;
	return true;
}

static bool hex_digit(struct json_scan *s, uint8_t c, struct err *err)
{
	uint8_t lower = c | 0x20;
	bool decimal = c >= '0' && c <= '9';
	if (!decimal && (lower < 'a' || lower > 'f'))
		return bad(s, err, "\\u needs four hexadecimal digits");
	s->hex = (uint16_t)(s->hex << 4 | (decimal ? c - '0' : lower - 'a' + 10));
	return --s->hex_left > 0 || hex_done(s, err);
}

static bool escape_letter(struct json_scan *s, uint8_t c, struct err *err)
{
	if (c == 'u') {
		s->hex_left = 4;
		s->hex = 0;
		s->mode = IN_HEX;
		return true;
	}
	if (c == 0 || !strchr("\"\\/bfnrt", c))
		return bad(s, err, "unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
	s->mode = IN_STRING;
	return true;
}

static bool utf8_bad(struct json_scan *s, uint8_t c, struct err *err)
{
	return bad(s, err, "byte 0x%02x is not UTF-8; binary goes into base64", c);
}

static bool utf8_follows(struct json_scan *s, uint8_t c, struct err *err)
{
	if (c < s->utf8_low || c > s->utf8_high)
		return utf8_bad(s, c, err);
	s->utf8_left--;
	s->utf8_low = 0x80;
	s->utf8_high = 0xbf;
	return true;
}

static bool string_byte(struct json_scan *s, uint8_t c, struct err *err)
{
	if (s->utf8_left)
		return utf8_follows(s, c, err);
	if (c == '"')
		return enter(s, s->sub == STRING_IS_NAME ? AT_COLON : AFTER_VALUE, 0);
	if (c == '\\') {
		s->mode = IN_ESCAPE;
		return true;
	}
	if (c < 0x20)
		return bad(s, err, "a string holds control character 0x%02x; write it as \\u%04x", c, c);
	if (c < 0x80)
		return true;
	struct utf8_lead lead = utf8_lead(c);
	if (lead.left == 0)
		return utf8_bad(s, c, err);
	s->utf8_left = lead.left;
	s->utf8_low = lead.low;
	s->utf8_high = lead.high;
	return true;
}

/* Numbers and words */

static int number_part_after(enum number_part part, uint8_t c)
{
	bool digit = c >= '0' && c <= '9', e = (c | 0x20) == 'e';
	switch (part) {
	case IN_SIGN:
		return c == '0' ? IN_ZERO : digit ? IN_WHOLE : -1;
	case IN_ZERO:
		return c == '.' ? AFTER_POINT : e ? AFTER_E : -1;
	case IN_WHOLE:
		return digit ? IN_WHOLE : c == '.' ? AFTER_POINT : e ? AFTER_E : -1;
	case AFTER_POINT:
		return digit ? IN_FRACTION : -1;
	case IN_FRACTION:
		return digit ? IN_FRACTION : e ? AFTER_E : -1;
	case AFTER_E:
		return digit ? IN_EXPONENT : c == '+' || c == '-' ? AFTER_E_SIGN : -1;
	case AFTER_E_SIGN:
	case IN_EXPONENT:
		return digit ? IN_EXPONENT : -1;
	}
	return -1;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool number_byte(struct json_scan *s, uint8_t c, struct err *err)
{
	int next = number_part_after(s->sub, c);
	if (next >= 0) {
		s->sub = (uint8_t)next;
		return true;
	}
	if (s->sub % 2 == 1)
		return unexpected(s, c, "a digit", err);
	/* The literal has ended, and this byte belongs to what follows it. */
	s->mode = AFTER_VALUE;
	return is_space(c) || after_value(s, c, err);
}

static bool word_byte(struct json_scan *s, uint8_t c, struct err *err)
{
	if (c != (uint8_t)words[s->sub])
		return bad(s, err, "expected a value; words must be spelled true, false or null");
	s->sub++;
	if (words[s->sub] == 0)
		s->mode = AFTER_VALUE;
	return true;
}

static bool one_byte(struct json_scan *s, uint8_t c, struct err *err)
{
	switch ((enum mode)s->mode) {
	case IN_STRING:
		return string_byte(s, c, err);
	case IN_ESCAPE:
		return escape_letter(s, c, err);
	case IN_HEX:
		return hex_digit(s, c, err);
	case IN_LOW_BACKSLASH:
		s->mode = IN_LOW_U;
		return c == '\\' || surrogate_bad(s, err);
	case IN_LOW_U:
		return c == 'u' ? escape_letter(s, c, err) : surrogate_bad(s, err);
	case IN_NUMBER:
		return number_byte(s, c, err);
	case IN_WORD:
		return word_byte(s, c, err);
	default:
		return is_space(c) || structure(s, c, err);
	}
}

/** Moves the place past a good byte. A character counts once, with its last byte. */
static void advance(struct json_scan *s, uint8_t c)
{
	if (c == '\n') {
		s->line++;
		s->column = 1;
	} else if (s->utf8_left == 0) {
		s->column++;
	}
}

enum json_scan_state json_scan(struct json_scan *s, struct slice bytes, struct err *err)
{
	const uint8_t *p = bytes.ptr, *end = bytes.len ? p + bytes.len : p;
	if (s->state == JSON_SCAN_BAD)
		bad(s, err, "the text went wrong here");
	while (s->state != JSON_SCAN_BAD && p < end) {
		if (s->mode == IN_STRING && s->utf8_left == 0) {
			size_t n = json_plain_run(p, end, true);
			s->column += (uint32_t)n;
			p += n;
			if (p == end)
				break;
		}
		if (one_byte(s, *p, err))
			advance(s, *p++);
	}
	return s->state;
}
