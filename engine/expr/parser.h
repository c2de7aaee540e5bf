/**
 * The parts of the parser: recursive descent over an array of tokens.
 *
 *   parse.c            entry; what all grammars share: tokens, messages, limits
 *   parse_path.c       document paths, projections, placeholders
 *   parse_condition.c  conditions, filters, key conditions; function calls
 *   parse_update.c     updates
 *
 * Every function that returns a pointer or bool answers NULL or false after the first failure, which is then in p->status and p->err.
 */
#ifndef ENGINE_EXPR_PARSER_H
#define ENGINE_EXPR_PARSER_H

#include "engine/expr/lexer.h"
#include "engine/expr/tree.h"

struct parser {
	enum expr_kind kind;
	struct tree *tree;
	const struct token *tokens; /* the last is TOK_END */
	size_t at;
	size_t operators; /* LIMIT_EXPR_OPERATORS */
	unsigned depth;   /* parentheses that are open */
	enum status status;
	struct err *err;
};

static inline const struct token *peek(const struct parser *p)
{
	return &p->tokens[p->at];
}

static inline bool parse_failed(const struct parser *p)
{
	return p->status != ST_OK;
}

/** Fails with "Invalid ...Expression: ". Returns NULL. */
void *parse_fail(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Fails: the next token is not one that may stand here. Returns NULL. */
void *parse_unexpected(struct parser *p);
/** Takes the next token if it is of this type. */
bool parse_try(struct parser *p, enum token_type type);
/** Takes it, or fails. */
bool parse_take(struct parser *p, enum token_type type);
/** '(' was taken: one level deeper, which is not without end. */
bool parse_open(struct parser *p);
/** Takes the ')' of a group whose content is `n`; two pairs around the same content fail. */
struct node *parse_close(struct parser *p, struct node *n);

struct node *parse_path(struct parser *p);
struct node *parse_value(struct parser *p); /* :value */
struct node *parse_projection(struct parser *p);

/** A word and '(' are next: a call of a function that this kind of expression may have, with any operands. */
struct node *parse_call(struct parser *p, struct node *(*operand)(struct parser *));
bool parse_call_is_next(const struct parser *p);
/** Fails: the function stands where its result is of no use. */
void *parse_misplaced(struct parser *p, const struct node *call);

struct node *parse_condition(struct parser *p);
struct node *parse_update(struct parser *p);

#endif
