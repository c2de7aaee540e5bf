#include "engine/expr/lexer.h"

#include "engine/value/utf8.h"

static const struct {
	const char *text;
	enum token_type type;
} keywords[] = {{"AND", TOK_AND}, {"OR", TOK_OR}, {"NOT", TOK_NOT}, {"BETWEEN", TOK_BETWEEN}, {"IN", TOK_IN}};

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool lex_is_word(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

bool lex_is_keyword(struct slice word, const char *keyword)
{
	size_t i = 0;
	for (; i < word.len && keyword[i]; i++)
		if ((word.ptr[i] >= 'a' ? word.ptr[i] - 0x20 : word.ptr[i]) != keyword[i])
			return false;
	return i == word.len && !keyword[i];
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t run(struct slice s, size_t from, bool (*is)(uint8_t))
{
	while (from < s.len && is(s.ptr[from]))
		from++;
	return from;
}

static struct token word(struct slice s)
{
	struct token t = {TOK_WORD, slice_of(s.ptr, run(s, 1, lex_is_word))};
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (lex_is_keyword(t.text, keywords[i].text))
			t.type = keywords[i].type;
	return t;
}

static struct token sign_token(struct slice s)
{
	size_t n = run(s, 1, lex_is_word);
	return (struct token){n == 1 ? TOK_BAD : *s.ptr == '#' ? TOK_NAME : TOK_VALUE, slice_of(s.ptr, n)};
}

static struct token comparator(struct slice s)
{
	uint8_t second = s.len > 1 ? s.ptr[1] : 0;
	bool less = *s.ptr == '<';
	if (second == '=')
		return (struct token){less ? TOK_LE : TOK_GE, slice_of(s.ptr, 2)};
	if (less && second == '>')
		return (struct token){TOK_NE, slice_of(s.ptr, 2)};
	return (struct token){less ? TOK_LT : TOK_GT, slice_of(s.ptr, 1)};
}

static enum token_type punctuation(uint8_t c)
{
	switch (c) {
	case '=':
		return TOK_EQ;
	case '+':
		return TOK_PLUS;
	case '-':
		return TOK_MINUS;
	case '(':
		return TOK_OPEN;
	case ')':
		return TOK_CLOSE;
	case '[':
		return TOK_OPEN_INDEX;
	case ']':
		return TOK_CLOSE_INDEX;
	case ',':
		return TOK_COMMA;
	case '.':
		return TOK_DOT;
	default:
		return TOK_BAD;
	}
}

/** The token at the start of `s`, which is not empty and does not begin with white space. */
static struct token next_token(struct slice s)
{
	uint8_t c = *s.ptr;
	if (is_letter(c))
		return word(s);
	if (is_digit(c))
		return (struct token){TOK_INDEX, slice_of(s.ptr, run(s, 1, is_digit))};
	if (c == '#' || c == ':')
		return sign_token(s);
	if (c == '<' || c == '>')
		return comparator(s);
	size_t n = utf8_char(s.ptr, s.len);
	return (struct token){punctuation(c), slice_of(s.ptr, n ? n : 1)};
}

void lex_expression(struct slice text, struct buf *out)
{
	size_t at = run(text, 0, is_space);
	while (at < text.len) {
		struct token t = next_token(slice_from(text, at));
		buf_add(out, &t, sizeof t);
		at = run(text, at + t.text.len, is_space);
	}
	struct token end = {TOK_END, slice_from(text, text.len)};
	buf_add(out, &end, sizeof end);
}
