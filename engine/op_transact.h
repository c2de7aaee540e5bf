/**
 * All or nothing: TransactWriteItems, TransactGetItems.
 *
 * Every condition is checked, and every update computed, on the items as they were before the transaction; only then is anything written.
 * Locks: as in op.h; item functions must not call operations.
 * Source: DynamoDB API Reference, TransactWriteItems, TransactGetItems; Developer Guide, "Amazon DynamoDB Transactions: How it works".
 */
#ifndef ENGINE_OP_TRANSACT_H
#define ENGINE_OP_TRANSACT_H

#include "engine/op_batch.h"

#define OP_TRANSACT_MAX 100
#define OP_TRANSACT_BYTES (4u << 20) /* sizes of the items together */
#define OP_TOKEN_MAX 36
#define OP_TOKEN_KEPT_S 600

enum transact_kind { TRANSACT_PUT, TRANSACT_UPDATE, TRANSACT_DELETE, TRANSACT_CHECK };

struct transact_action {
	enum transact_kind kind;
	struct table *table;
	struct slice item;            /* put */
	struct key key;               /* the others */
	const struct expr *update;    /* EXPR_UPDATE; NULL: as in op_update() */
	const struct expr *condition; /* EXPR_CONDITION; a check must have one */
	struct buf *failed;           /* gets the item that failed the condition; NULL: not wanted */
	struct collection *collection; /* or NULL */
};

struct transact_request {
	const struct transact_action *actions;
	size_t n;
	struct slice token; /* ClientRequestToken; empty: none */
	enum commit_mode mode;
	struct consumed_list *
		consumed; /* twice what the writes alone would use; of a request that is repeated, what reading its items uses. Or NULL */
};

struct transact_result {
	struct err *reasons; /* room for n, or NULL. With ST_CANCELED: why, action by action; code ST_OK: not because of this one */
	bool repeated;       /* this very request was carried out before, under the same token: nothing was done now */
};

/**
 * Errors: ST_CANCELED (a condition; also what op_put() and op_update() refuse whatever the items); ST_IDEMPOTENT (the token came with another
 * request in the last ten minutes); ST_VALIDATION (too many, two actions on one item, more than 4 MB); store errors. Nothing was then changed.
 * A token is kept for ten minutes, also over a restart. One whose request failed is not.
 */
MUST_CHECK enum status op_transact_write(struct engine *e, const struct caller *c, const struct transact_request *r,
	struct transact_result *result, struct err *err);

/** "None", "ConditionalCheckFailed", ...: the Code of a cancellation reason. */
const char *transact_reason_code(enum status st);

/** Appends "Transaction cancelled, please refer ...": the whole message, which struct err may have cut. */
void transact_reasons_print(const struct err *reasons, size_t n, struct buf *out);

/**
 * Reads items as they are at one moment. fn as in op_batch_get(). When this fails, what fn was told is void.
 * Errors: ST_CANCELED (result->reasons: a table has no read capacity left); ST_VALIDATION (too many, an item twice, more than 4 MB, a key that is none); those of op_batch_get().
 */
MUST_CHECK enum status op_transact_get(
	struct engine *e, const struct caller *c, const struct get_request *r, size_t n, get_fn *fn, void *arg, struct transact_result *result,
	struct err *err);

#endif
