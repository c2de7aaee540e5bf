/**
 * Several items in one call: BatchGetItem, BatchWriteItem.
 *
 * Locks: as in op.h; item functions must not call operations.
 * Source: DynamoDB API Reference, BatchGetItem, BatchWriteItem.
 */
#ifndef ENGINE_OP_BATCH_H
#define ENGINE_OP_BATCH_H

#include "engine/expr.h"
#include "engine/op.h"

#define OP_BATCH_GET_MAX 100
#define OP_BATCH_WRITE_MAX 25
#define OP_BATCH_GET_BYTES (16u << 20) /* of items in one answer */

/** One item that was found, or that is there but cannot be read (status, as in a listing). Valid during the call only. `at`: which request. */
typedef void get_fn(size_t at, const struct list_row *row, void *arg);

/**
 * Reads items. fn is called in the order of requests for those that are there; the row's meta is that of the whole
 * item. unprocessed[i], with room for n, says of each request whether it is left for another call (UnprocessedKeys): those from where the answer
 * reached 16 MB, and those whose table has no read capacity left (engine/capacity.h).
 * Errors: ST_VALIDATION (too many, a key twice, a key that is none); ST_THROTTLED, ST_REQUEST_RATE (no capacity for any); those of op_get() but for
 * what fn is told.
 */
MUST_CHECK enum status op_batch_get(struct engine *e, const struct caller *c, const struct get_request *r, size_t n, get_fn *fn,
	void *arg, bool *unprocessed, struct err *err);

struct batch_write {
	struct table *table;
	struct slice item; /* PutRequest; empty: DeleteRequest of `key` */
	struct key key;
	struct consumed_list *consumed; /* the same one in all, or NULL */
	struct collection *collection;  /* or NULL */
};

/**
 * Puts and deletes, in one transaction: all or none, which is more than the service says, but for those that find no write capacity left in their
 * table or in an index that they change. unprocessed[i], with room for n, is set for these (UnprocessedItems).
 * Errors: ST_VALIDATION (too many, an item twice), ST_THROTTLED, ST_REQUEST_RATE (no capacity for any), those of op_put() and op_delete().
 */
MUST_CHECK enum status op_batch_write(
	struct engine *e, const struct caller *c, const struct batch_write *r, size_t n, enum commit_mode mode, bool *unprocessed, struct err *err);

#endif
