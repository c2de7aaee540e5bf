/** Text of an expression to tokens. */
#ifndef ENGINE_EXPR_LEXER_H
#define ENGINE_EXPR_LEXER_H

#include "engine/base/buf.h"

enum token_type {
	TOK_END,
	TOK_BAD,   /* a character that no expression has */
	TOK_WORD,  /* a name, a function, SET, REMOVE, ...: what it is depends on where it stands */
	TOK_NAME,  /* #name */
	TOK_VALUE, /* :value */
	TOK_INDEX, /* digits */
	TOK_EQ,
	TOK_NE,
	TOK_LT,
	TOK_LE,
	TOK_GT,
	TOK_GE,
	TOK_PLUS,
	TOK_MINUS,
	TOK_OPEN,
	TOK_CLOSE,
	TOK_OPEN_INDEX,
	TOK_CLOSE_INDEX,
	TOK_COMMA,
	TOK_DOT,
	/* words that are never names */
	TOK_AND,
	TOK_OR,
	TOK_NOT,
	TOK_BETWEEN,
	TOK_IN,
};

struct token {
	enum token_type type;
	struct slice text; /* in the expression */
};

/** Appends struct tokens to `out`, the last of them TOK_END. Never fails. */
void lex_expression(struct slice text, struct buf *out);

/** Letters, digits, underscore: what may follow the first letter of a name, and the '#' or ':' of a #name or :value. */
bool lex_is_word(uint8_t c);

/** Whether `word` is `keyword` (in capitals), in capitals or not. */
bool lex_is_keyword(struct slice word, const char *keyword);

#endif
