/**
 * DynamoDB's expression language: conditions, filters, projections, key conditions and updates over binary items.
 *
 * An expression is parsed once into an immutable struct expr and then runs on items as they are stored, without a tree of the item:
 *
 *   struct expr_params *params;
 *   st = expr_params_new(names, values, &params, err);          #names and :values of the request
 *   st = expr_parse(EXPR_CONDITION, text, params, &cond, err);  once for each expression of the request
 *   st = expr_params_check(params, "ConditionExpression is null", err);   every #name and :value was used
 *   ... if (!expr_test(cond, item)) return err_code(err, ST_CONDITION);
 *   expr_free(cond); expr_params_free(params);
 *
 * The legacy parameters (Expected, AttributeUpdates, ...) become the same struct expr through expr_from_...().
 *
 * Lifetime: a struct expr copies the text of the expression; the names and values given are borrowed, and outlive it.
 * Errors: ST_VALIDATION with the service's words, nothing else; *ret is set only on ST_OK.
 * Locks: none. A struct expr never changes: any number of threads may use it.
 * Source: DynamoDB Developer Guide, "Using expressions in DynamoDB", "Reserved words", "Legacy conditional parameters".
 */
#ifndef ENGINE_EXPR_H
#define ENGINE_EXPR_H

#include "engine/item.h"
#include "engine/key.h"

struct expr;
struct expr_params;

enum expr_kind { EXPR_CONDITION, EXPR_FILTER, EXPR_PROJECTION, EXPR_KEY_CONDITION, EXPR_UPDATE };

/* Names and values of one request */

/**
 * ExpressionAttributeNames and ExpressionAttributeValues, both in the form of items: attributes "#x" of type S, attributes ":x" of any type. So
 * json_read_item() reads either: the names as natural, the values as typed JSON. An empty slice: the request has none.
 * Errors: an empty map, a key that is no #name or :value, an empty name.
 */
MUST_CHECK enum status expr_params_new(struct slice names, struct slice values, struct expr_params **ret, struct err *err);
void expr_params_free(struct expr_params *p); /* NULL is fine */

/**
 * After all expressions of the request were parsed: refuses names and values that none of them used. `absent` says for the message what a
 * request without any expression lacks: "ConditionExpression is null".
 */
MUST_CHECK enum status expr_params_check(const struct expr_params *p, const char *absent, struct err *err);

/* Expressions */

/** Parses and checks. `params` notes what was used; NULL: the request has neither names nor values. */
MUST_CHECK enum status expr_parse(
	enum expr_kind kind, struct slice text, struct expr_params *params, struct expr **ret, struct err *err);
void expr_free(struct expr *e); /* NULL is fine */
enum expr_kind expr_kind(const struct expr *e);
bool expr_is_legacy(const struct expr *e); /* made by one of expr_from_...() */

/** Appends bytes that are the same for expressions that say the same, names and values filled in: for comparing requests, not for keeping. */
void expr_encode(const struct expr *e, struct buf *out);

/** EXPR_CONDITION, EXPR_FILTER: is it true of the item? An item that is not there is the empty slice. Never fails. */
bool expr_test(const struct expr *e, struct slice item);

/** EXPR_CONDITION, EXPR_FILTER: each top-level attribute that it reads, as often as it does. Of a PartiQL statement: none, since it has rules of its own. */
void expr_each_name(const struct expr *e, void (*fn)(struct slice name, void *arg), void *arg);

/** EXPR_FILTER of a query: refuses a filter that names an attribute of the key. */
MUST_CHECK enum status expr_check_filter(const struct expr *e, const struct key_schema *schema, struct err *err);

/**
 * EXPR_PROJECTION: appends an item with what stands at the paths; list elements close ranks. A path that leads nowhere adds nothing.
 * EXPR_UPDATE: the same for the paths that the update names, which is what UPDATED_OLD returns.
 */
void expr_project(const struct expr *e, struct slice item, struct buf *out);

/** EXPR_UPDATE: what stands at the paths that the update does not REMOVE, for UPDATED_NEW: of a list, another element may stand there now. */
void expr_project_set(const struct expr *e, struct slice item, struct buf *out);

/* Key conditions */

/** The items that a key condition asks for: sort key bytes from lo to hi, as key.h orders them. Slices borrowed from the values. */
struct key_range {
	struct slice pk;
	struct slice lo, hi;   /* empty: no bound on that side */
	bool lo_open, hi_open; /* the bound itself is out */
	struct slice prefix;   /* begins_with: keys that begin so; lo is then the same bytes. Empty: any */
};

/** EXPR_KEY_CONDITION against the key of a table or index. Errors: also those of keys (empty, too long, type). */
MUST_CHECK enum status expr_key_range(
	const struct expr *e, const struct key_schema *schema, struct key_range *ret, struct err *err);

/** Whether a sort key lies in the range. */
bool key_range_has(const struct key_range *r, struct slice sk);

/* Updates */

/** EXPR_UPDATE: refuses one that changes an attribute of the key. */
MUST_CHECK enum status expr_check_update(const struct expr *e, const struct key_schema *schema, struct err *err);

/**
 * EXPR_UPDATE: appends the changed item to `out`, which is left as it was on failure and does not own `item`. A new item starts from its key
 * attributes alone. All right-hand sides see the item as it was. The size of the result is the caller's to check.
 * Errors: a path that is invalid for update, an operand that is missing or of the wrong type, a number out of range, nesting.
 */
MUST_CHECK enum status expr_update(const struct expr *e, struct slice item, struct buf *out, struct err *err);

/** EXPR_UPDATE: whether it only takes away (REMOVE, DELETE), so that it makes no item where there is none. */
bool expr_only_removes(const struct expr *e);

/** EXPR_UPDATE, EXPR_PROJECTION: the i-th top-level attribute named, in the order of their bytes, each once; false past the last. */
bool expr_attribute(const struct expr *e, size_t i, struct slice *ret);

/* Legacy parameters */

/** ComparisonOperator. */
enum expr_operator {
	EXPR_EQ,
	EXPR_NE,
	EXPR_LE,
	EXPR_LT,
	EXPR_GE,
	EXPR_GT,
	EXPR_IN,
	EXPR_BETWEEN,
	EXPR_BEGINS_WITH,
	EXPR_CONTAINS,
	EXPR_NOT_CONTAINS,
	EXPR_NULL,
	EXPR_NOT_NULL,
};

struct expr_legacy_condition {
	struct slice name;
	enum expr_operator op;
	const struct value *values; /* AttributeValueList */
	size_t count;
};

/** "EQ", "BEGINS_WITH", ... as the API writes it. False: no such operator. */
bool expr_operator_parse(struct slice text, enum expr_operator *ret);

/**
 * Expected, QueryFilter, ScanFilter (kind EXPR_CONDITION or EXPR_FILTER), KeyConditions (EXPR_KEY_CONDITION). `any`: ConditionalOperator OR.
 * Expected in its oldest form is EXPR_EQ with one value (Value), EXPR_NULL (Exists: false).
 */
MUST_CHECK enum status expr_from_conditions(enum expr_kind kind, const struct expr_legacy_condition *c, size_t n, bool any,
					    struct expr **ret, struct err *err);

enum expr_action { EXPR_PUT, EXPR_ADD, EXPR_DELETE };
struct expr_legacy_update {
	struct slice name;
	enum expr_action action;
	struct value value; /* VALUE_NONE: none was given, which DELETE alone allows */
};

/** AttributeUpdates. */
MUST_CHECK enum status expr_from_updates(const struct expr_legacy_update *u, size_t n, struct expr **ret, struct err *err);

/** AttributesToGet. */
MUST_CHECK enum status expr_from_attributes(const struct slice *names, size_t n, struct expr **ret, struct err *err);

#endif
