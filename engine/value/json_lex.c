#include "engine/value/json_reader.h"

#include "engine/value/utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* Messages */

struct place {
	size_t line, column;
};

static struct place place_of(const struct reader *r, const uint8_t *at)
{
	struct place place = {1, 1};
	for (const uint8_t *p = r->start; p < at; p++) {
		if (*p == '\n')
			place = (struct place){place.line + 1, 1};
		else
			place.column += (*p & 0xc0) != 0x80;
	}
	return place;
}

bool lex_fail(struct reader *r, const uint8_t *at, enum status code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (r->form == JSON_API) {
		r->status = err_set(r->err, code, "%s", text);
		return false;
	}
	struct place place = place_of(r, at);
	r->status = err_set(r->err, code, "line %zu, column %zu: %s", place.line, place.column, text);
	return false;
}

bool lex_expected(struct reader *r, const char *what)
{
	if (r->p == r->end)
		return lex_fail(r, r->p, ST_SYNTAX, "expected %s, but the text ends here", what);
	size_t n = utf8_char(r->p, (size_t)(r->end - r->p));
	if (n == 0)
		return lex_fail(r, r->p, ST_SYNTAX, "expected %s, not byte 0x%02x, which is not UTF-8", what, *r->p);
	if (r->p == r->start && n == 3 && memcmp(r->p, "\xef\xbb\xbf", 3) == 0)
		return lex_fail(r, r->p, ST_SYNTAX, "a byte-order mark is not allowed; save as UTF-8 without it");
	if (*r->p == '/' || *r->p == '#')
		return lex_fail(r, r->p, ST_SYNTAX, "expected %s; comments are not allowed", what);
	if (*r->p < 0x20 || *r->p == 0x7f)
		return lex_fail(r, r->p, ST_SYNTAX, "expected %s, not control character 0x%02x", what, *r->p);
	return lex_fail(r, r->p, ST_SYNTAX, "expected %s, not '%.*s'", what, (int)n, (const char *)r->p);
}

/* Punctuation */

void lex_space(struct reader *r)
{
	const uint8_t *p = r->p;
	while (p < r->end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	r->p = p;
}

bool lex_try(struct reader *r, uint8_t c)
{
	lex_space(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

bool lex_take(struct reader *r, uint8_t c, const char *what)
{
	return lex_try(r, c) || lex_expected(r, what);
}

bool lex_more(struct reader *r, uint8_t close)
{
	if (lex_try(r, close))
		return false;
	if (!lex_try(r, ','))
		return lex_expected(r, close == '}' ? "',' or '}'" : "',' or ']'");
	lex_space(r);
	if (r->p < r->end && *r->p == close)
		return lex_fail(r, r->p, ST_SYNTAX, "a comma before '%c' is not allowed", close);
	return true;
}

bool lex_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return lex_fail(r, r->p, ST_SYNTAX, "expected a value; words must be spelled true, false or null");
	r->p += n;
	return true;
}

/* Strings */

/** Four hexadecimal digits at p, or -1. */
static int hex4(const uint8_t *p, const uint8_t *end)
{
	int v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i], lower = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (lower >= 'a' && lower <= 'f')
			v = v * 16 + lower - 'a' + 10;
		else
			return -1;
	}
	return v;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	uint8_t b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (uint8_t)(0x80 | (c & 0x3f));
	b[0] = (uint8_t)(lead[n] | c);
	buf_add(out, b, n);
}

/** \uXXXX, r->p at the 'u'; a surrogate needs its other half. */
static bool unicode_escape(struct reader *r)
{
	const uint8_t *at = r->p - 1;
	int c = hex4(r->p + 1, r->end), low;
	if (c < 0)
		return lex_fail(r, at, ST_SYNTAX, "\\u needs four hexadecimal digits");
	r->p += 5;
	if (c < 0xd800 || c > 0xdfff) {
		put_utf8(&r->scratch, (uint32_t)c);
		return true;
	}
	bool pair = c < 0xdc00 && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u';
	low = pair ? hex4(r->p + 2, r->end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return lex_fail(
			r, at, ST_SYNTAX, "\\u%04x is half of a surrogate pair, and the other half is missing", (unsigned)c);
	r->p += 6;
	put_utf8(&r->scratch, 0x10000 + (((uint32_t)c - 0xd800) << 10) + ((uint32_t)low - 0xdc00));
	return true;
}

/** What stands for itself behind a backslash, and what it means. */
static int plain_escape(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return -1;
	}
}

/** r->p behind the backslash. */
static bool escape(struct reader *r)
{
	if (r->p == r->end)
		return lex_fail(r, r->p, ST_SYNTAX, "the text ends inside a string");
	if (*r->p == 'u')
		return unicode_escape(r);
	int c = plain_escape(*r->p);
	if (c < 0)
		return lex_fail(r, r->p - 1, ST_SYNTAX, "unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
	buf_add_byte(&r->scratch, (uint8_t)c);
	r->p++;
	return true;
}

/** Good characters that stand for themselves, from r->p; stops at '"' and '\'. */
static bool plain_characters(struct reader *r)
{
	for (;;) {
		r->p += json_plain_run(r->p, r->end, true);
		if (r->p == r->end)
			return lex_fail(r, r->p, ST_SYNTAX, "the text ends inside a string");
		if (*r->p == '"' || *r->p == '\\')
			return true;
		if (*r->p < 0x20)
			return lex_fail(
				r, r->p, ST_SYNTAX, "a string holds control character 0x%02x; write it as \\u%04x", *r->p, *r->p);
		size_t n = utf8_char(r->p, (size_t)(r->end - r->p));
		if (n == 0)
			return lex_fail(r, r->p, ST_SYNTAX, "byte 0x%02x is not UTF-8; binary goes into base64", *r->p);
		r->p += n;
	}
}

bool lex_string(struct reader *r, struct slice *ret)
{
	if (!lex_take(r, '"', "a string in double quotes"))
		return false;
	const uint8_t *from = r->p;
	if (!plain_characters(r))
		return false;
	if (*r->p == '"') {
		*ret = slice_of(from, (size_t)(r->p - from));
		r->p++;
		return true;
	}
	buf_reset(&r->scratch);
	while (*r->p != '"') {
		buf_add(&r->scratch, from, (size_t)(r->p - from));
		r->p++;
		if (!escape(r))
			return false;
		from = r->p;
		if (!plain_characters(r))
			return false;
	}
	buf_add(&r->scratch, from, (size_t)(r->p - from));
	r->p++;
	*ret = buf_slice(&r->scratch);
	return true;
}

bool lex_name(struct reader *r, struct slice *ret)
{
	return lex_string(r, ret) && lex_take(r, ':', "':' after the name");
}

/* Numbers */

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool need_digits(struct reader *r)
{
	const uint8_t *from = r->p;
	r->p = digits(r->p, r->end);
	return r->p > from || lex_expected(r, "a digit");
}

bool lex_number(struct reader *r, struct slice *ret)
{
	const uint8_t *from = r->p;
	r->p += r->p < r->end && *r->p == '-';
	const uint8_t *whole = r->p;
	if (!need_digits(r))
		return false;
	if (*whole == '0' && r->p > whole + 1)
		return lex_fail(r, from, ST_SYNTAX, "a number does not begin with 0 unless a point follows");
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!need_digits(r))
			return false;
	}
	if (r->p < r->end && (*r->p | 0x20) == 'e') {
		r->p++;
		r->p += r->p < r->end && (*r->p == '-' || *r->p == '+');
		if (!need_digits(r))
			return false;
	}
	*ret = slice_of(from, (size_t)(r->p - from));
	return true;
}
