/** Text of a PartiQL statement to tokens. */
#ifndef ENGINE_EXPR_PARTIQL_LEXER_H
#define ENGINE_EXPR_PARTIQL_LEXER_H

#include "engine/base/buf.h"

enum pq_token_type {
	PQ_END,
	PQ_BAD,    /* a character that no statement has, or a quote that is not closed */
	PQ_WORD,   /* a keyword, a function or a name without quotes: what it is depends on where it stands */
	PQ_NAME,   /* "name" */
	PQ_STRING, /* 'text' */
	PQ_NUMBER,
	PQ_PARAMETER, /* ? */
	PQ_EQ, /* the comparators in the order of enum node_type */
	PQ_NE,
	PQ_LT,
	PQ_LE,
	PQ_GT,
	PQ_GE,
	PQ_PLUS,
	PQ_MINUS,
	PQ_STAR,
	PQ_OPEN,
	PQ_CLOSE,
	PQ_OPEN_LIST,
	PQ_CLOSE_LIST,
	PQ_OPEN_TUPLE,
	PQ_CLOSE_TUPLE,
	PQ_OPEN_BAG,
	PQ_CLOSE_BAG,
	PQ_COMMA,
	PQ_DOT,
	PQ_COLON,
	PQ_SEMICOLON,
};

struct pq_token {
	enum pq_token_type type;
	struct slice text; /* in the statement; of quoted ones without the quotes, doubled quotes still doubled */
	uint32_t line, column; /* 1-based, in characters */
};

/** Appends struct pq_tokens to `out`, the last of them PQ_END. Never fails. */
void pq_lex(struct slice text, struct buf *out);

#endif
