#include "engine/expr/partiql_lexer.h"

#include "engine/expr/lexer.h"
#include "engine/value/utf8.h"

struct scan {
	struct slice text;
	size_t at;
	uint32_t line, column;
};

static uint8_t peek_at(const struct scan *s, size_t ahead)
{
	return s->text.len - s->at > ahead ? s->text.ptr[s->at + ahead] : 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/** Moves on by `n` bytes; columns count characters. */
static void advance(struct scan *s, size_t n)
{
	for (; n > 0; n--, s->at++) {
		uint8_t c = s->text.ptr[s->at];
		if (c == '\n') {
			s->line++;
			s->column = 1;
		} else if ((c & 0xc0) != 0x80) {
			s->column++;
		}
	}
}

/** Past the end of a comment that starts here; of one that is not closed, the end of the text. */
static void skip_comment(struct scan *s)
{
	bool line = peek_at(s, 0) == '-';
	const char *end = line ? "\n" : "*/";
	size_t from = s->at + 2;
	const void *found = memmem(s->text.ptr + from, s->text.len - from, end, strlen(end));
	size_t to = found ? (size_t)((const uint8_t *)found - s->text.ptr) + strlen(end) : s->text.len;
	advance(s, to - s->at);
}

static void skip_blank(struct scan *s)
{
	for (;;) {
		uint8_t c = peek_at(s, 0), next = peek_at(s, 1);
		if (s->at < s->text.len && is_space(c))
			advance(s, 1);
		else if ((c == '-' && next == '-') || (c == '/' && next == '*'))
			skip_comment(s);
		else
			return;
	}
}

static size_t word_length(const struct scan *s)
{
	size_t n = 0;
	while (lex_is_word(peek_at(s, n)) || peek_at(s, n) == '$')
		n++;
	return n;
}

static size_t digits(const struct scan *s, size_t from)
{
	while (is_digit(peek_at(s, from)))
		from++;
	return from;
}

/** 12, 1.5, .5, 1e-3 */
static size_t number_length(const struct scan *s)
{
	size_t n = digits(s, 0);
	if (peek_at(s, n) == '.')
		n = digits(s, n + 1);
	if ((peek_at(s, n) | 0x20) == 'e') {
		size_t sign = peek_at(s, n + 1) == '+' || peek_at(s, n + 1) == '-';
		if (is_digit(peek_at(s, n + 1 + sign)))
			n = digits(s, n + 1 + sign);
	}
	return n;
}

/** With both quotes; 0: it is not closed. */
static size_t quoted_length(const struct scan *s, uint8_t quote)
{
	size_t n = 1, left = s->text.len - s->at;
	for (; n < left; n++) {
		if (peek_at(s, n) != quote)
			continue;
		if (n + 1 == left || peek_at(s, n + 1) != quote)
			return n + 1;
		n++;
	}
	return 0;
}

static enum pq_token_type pair_type(uint8_t a, uint8_t b)
{
	static const struct {
		char text[3];
		enum pq_token_type type;
	} pairs[] = {{"<=", PQ_LE}, {">=", PQ_GE}, {"<>", PQ_NE}, {"!=", PQ_NE}, {"<<", PQ_OPEN_BAG}, {">>", PQ_CLOSE_BAG}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].text[0] == (char)a && pairs[i].text[1] == (char)b)
			return pairs[i].type;
	return PQ_BAD;
}

static enum pq_token_type single_type(uint8_t c)
{
	static const char signs[] = "?=<>+-*()[]{},.:;";
	static const enum pq_token_type types[] = {PQ_PARAMETER, PQ_EQ, PQ_LT, PQ_GT, PQ_PLUS, PQ_MINUS, PQ_STAR, PQ_OPEN, PQ_CLOSE,
		PQ_OPEN_LIST, PQ_CLOSE_LIST, PQ_OPEN_TUPLE, PQ_CLOSE_TUPLE, PQ_COMMA, PQ_DOT, PQ_COLON, PQ_SEMICOLON};
	const char *found = c ? strchr(signs, c) : NULL;
	return found ? types[found - signs] : PQ_BAD;
}

static struct pq_token quoted(const struct scan *s, uint8_t quote, size_t *ret_len)
{
	size_t n = quoted_length(s, quote);
	*ret_len = n ? n : s->text.len - s->at;
	const uint8_t *from = s->text.ptr + s->at;
	if (n == 0)
		return (struct pq_token){.type = PQ_BAD, .text = slice_of(from, *ret_len)};
	return (struct pq_token){.type = quote == '"' ? PQ_NAME : PQ_STRING, .text = slice_of(from + 1, n - 2)};
}

/** The token that starts here, which is not the end. */
static struct pq_token next_token(const struct scan *s, size_t *len)
{
	uint8_t c = peek_at(s, 0), next = peek_at(s, 1);
	enum pq_token_type type = PQ_BAD;
	if (c == '\'' || c == '"')
		return quoted(s, c, len);
	if (is_digit(c) || (c == '.' && is_digit(next))) {
		type = PQ_NUMBER;
		*len = number_length(s);
	} else if (lex_is_word(c) || c == '$') {
		type = PQ_WORD;
		*len = word_length(s);
	} else {
		type = pair_type(c, next);
		*len = type == PQ_BAD ? 1 : 2;
		if (type == PQ_BAD)
			type = single_type(c);
		if (type == PQ_BAD)
			*len = utf8_char(s->text.ptr + s->at, s->text.len - s->at);
		*len += *len == 0;
	}
	return (struct pq_token){.type = type, .text = slice_of(s->text.ptr + s->at, *len)};
}

void pq_lex(struct slice text, struct buf *out)
{
	struct scan s = {.text = text, .line = 1, .column = 1};
	skip_blank(&s);
	while (s.at < text.len) {
		size_t len;
		struct pq_token t = next_token(&s, &len);
		t.line = s.line;
		t.column = s.column;
		buf_add(out, &t, sizeof t);
		advance(&s, len);
		skip_blank(&s);
	}
	struct pq_token end = {PQ_END, slice_from(text, text.len), s.line, s.column};
	buf_add(out, &end, sizeof end);
}
