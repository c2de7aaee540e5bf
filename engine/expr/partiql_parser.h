/**
 * The parts of the PartiQL parser: recursive descent over an array of tokens.
 *
 *   partiql.c             statements and their clauses
 *   partiql_token.c       what all of them share: tokens, messages, memory, paths, slots of values
 *   partiql_value.c       literals and parameters
 *   partiql_condition.c   WHERE
 *   partiql_plan.c        what a WHERE says about keys
 *
 * Every function that returns a pointer or bool answers NULL or false after the first failure, which is then in p->status and p->err.
 */
#ifndef ENGINE_EXPR_PARTIQL_PARSER_H
#define ENGINE_EXPR_PARTIQL_PARSER_H

#include "engine/expr/partiql.h"
#include "engine/expr/partiql_lexer.h"
#include "engine/expr/tree.h"

/** Bytes of literals and names that were computed, and the text; freed with the statement. */
struct partiql_memory {
	struct partiql_memory *next;
	struct buf bytes;
};

struct pq_parser {
	struct partiql *out;
	const struct pq_token *tokens; /* the last is PQ_END */
	size_t token_count;
	size_t at;
	const struct value *parameters;
	size_t parameter_count, parameters_used;
	struct tree *tree; /* of the clause that is being read */
	struct buf values; /* struct value by slot of that tree */
	size_t operators;  /* of that tree */
	unsigned depth;    /* of parentheses and NOTs */
	enum status status;
	struct err *err;
};

static inline const struct pq_token *pq_peek(const struct pq_parser *p)
{
	return &p->tokens[p->at];
}

static inline bool pq_failed(const struct pq_parser *p)
{
	return p->status != ST_OK;
}

/** Fails with this text. Returns NULL. */
void *pq_fail(struct pq_parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Fails with "Statement wasn't well formed, can't be processed: " and this. Returns NULL. */
void *pq_malformed(struct pq_parser *p, const char *what);
/** Fails: the next token is not one that may stand here. Returns NULL. */
void *pq_unexpected(struct pq_parser *p);
bool pq_try(struct pq_parser *p, enum pq_token_type type);
bool pq_take(struct pq_parser *p, enum pq_token_type type);
/** Whether the next token is this keyword (in capitals). */
bool pq_is(const struct pq_parser *p, const char *keyword);
bool pq_try_word(struct pq_parser *p, const char *keyword);
bool pq_take_word(struct pq_parser *p, const char *keyword);
/** A word and '(' are next. */
bool pq_call_is_next(const struct pq_parser *p);

/** A new buffer that lives as long as the statement. */
struct buf *pq_memory(struct pq_parser *p);
/** The text of a quoted token, with doubled quotes made single. */
struct slice pq_unquote(struct pq_parser *p, const struct pq_token *t);

/** A name, in double quotes or not; keywords only in quotes. False: failed. */
bool pq_name(struct pq_parser *p, struct slice *ret);
/** name (. name | [ index ] | ['name'])* */
struct node *pq_path(struct pq_parser *p);

/** A clause with a tree of its own: begin, parse into p->tree, end. `end` hands out the expression and checks it, or fails. */
void pq_tree_begin(struct pq_parser *p, enum expr_kind kind);
struct expr *pq_tree_end(struct pq_parser *p, struct node *root);
/** A node of a value, which takes a slot. */
struct node *pq_slot(struct pq_parser *p, struct value v);

/** Whether a literal or a parameter is next. */
bool pq_value_is_next(const struct pq_parser *p);
/** The value of an INSERT: its attributes may be as deep as any. */
bool pq_item(struct pq_parser *p, struct value *ret);
struct node *pq_value_node(struct pq_parser *p);

struct node *pq_condition(struct pq_parser *p);
/** name ( operand, ... ): the '(' is next but one; operands are put behind each other. */
struct node *pq_call(struct pq_parser *p, enum node_type type, struct node *(*operand)(struct pq_parser *));

#endif
