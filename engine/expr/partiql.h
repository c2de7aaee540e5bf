/**
 * PartiQL statements, taken apart into what the other operations take: for op/statement*.c.
 *
 * A WHERE is the very tree that a FilterExpression or ConditionExpression is, SET and REMOVE are that of an UpdateExpression, a select list
 * that of a ProjectionExpression. Literals and parameters stand in the slots of values.
 *
 * Lifetime: a struct partiql copies the text; parameters are borrowed and outlive it.
 * Errors: ST_VALIDATION, nothing else.
 * Source: DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB".
 */
#ifndef ENGINE_EXPR_PARTIQL_H
#define ENGINE_EXPR_PARTIQL_H

#include "engine/expr.h"

#define PARTIQL_ORDER_MAX 8     /* terms of ORDER BY; more than a key has can only repeat */
#define PARTIQL_HASH_KEYS_MAX 50 /* values of the partition key that one statement may name */

enum partiql_kind { PARTIQL_SELECT, PARTIQL_INSERT, PARTIQL_UPDATE, PARTIQL_DELETE, PARTIQL_EXISTS };
enum partiql_returning { RETURNING_NOTHING, RETURNING_ALL_OLD, RETURNING_MODIFIED_OLD, RETURNING_ALL_NEW, RETURNING_MODIFIED_NEW };

struct partiql_order {
	struct slice name;
	bool descending;
};

struct partiql_memory;
struct partiql {
	enum partiql_kind kind;
	struct slice table, index; /* index: empty where there is none */
	struct expr *where;        /* EXPR_FILTER of a SELECT, else EXPR_CONDITION; NULL: there is none */
	struct expr *update;       /* UPDATE: EXPR_UPDATE */
	struct expr *columns;      /* SELECT: EXPR_PROJECTION, not sorted into targets; NULL: all */
	struct expr *attributes;   /* the attributes that the columns stand in: EXPR_PROJECTION. NULL: all */
	struct slice item;         /* INSERT */
	enum partiql_returning returning;
	struct partiql_order order[PARTIQL_ORDER_MAX];
	size_t order_count;
	struct partiql_memory *memory;
};

MUST_CHECK enum status partiql_parse(
	struct slice text, const struct value *parameters, size_t n, struct partiql **ret, struct err *err);
void partiql_free(struct partiql *p); /* NULL is fine */

/** Appends the item that the select list makes of what a row holds: each column under the last name of its path. */
void partiql_columns(const struct partiql *p, struct slice row, struct buf *out);

/* What a WHERE says about keys */

/**
 * The one item that the WHERE names: an equality for every attribute of the key, each with AND to the rest. False: it names none, ST_VALIDATION in
 * *ret_st when a value is not of the key's type. Slices borrowed from the statement.
 */
bool partiql_key(const struct partiql *p, const struct key_schema *schema, struct key *ret, enum status *ret_st, struct err *err);

/** The partition keys outside of which the WHERE is true of nothing, in the order written, each once. */
struct partiql_hashes {
	struct value values[PARTIQL_HASH_KEYS_MAX];
	size_t count;
	bool too_many;
};
/** False: any partition may hold what is asked for. */
bool partiql_hashes(const struct partiql *p, const struct key_schema *schema, struct partiql_hashes *ret);

/** The key condition of one of them, together with what the WHERE says of the sort key. */
MUST_CHECK enum status partiql_key_condition(const struct partiql *p, const struct key_schema *schema, struct value hash,
	struct expr **ret, struct err *err);

/** Turns the condition of a DELETE into one that an absent item passes, too: there is then nothing to delete. */
void partiql_pass_absent(struct partiql *p, const struct key_schema *schema);

#endif
