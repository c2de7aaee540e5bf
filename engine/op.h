/**
 * The operations on items: typed request, typed result. Both faces call these and nothing else.
 *
 * Every operation takes the caller first. Requests borrow everything they point to for the length of the call.
 * Locks: safe from any thread; none may be called from inside a callback of another operation (a listing's row function).
 * More of them: op_query.h, op_batch.h, op_transact.h.
 * Source: DynamoDB API Reference, PutItem, GetItem, UpdateItem, DeleteItem.
 */
#ifndef ENGINE_OP_H
#define ENGINE_OP_H

#include "engine/caller.h"
#include "engine/capacity.h"
#include "engine/expr.h"
#include "engine/key.h"
#include "engine/table.h"

/** What the store knows about an item besides its attributes. */
struct item_meta {
	uint64_t version;     /* commit sequence number of the change that wrote it; grows over the whole store, never 0 */
	uint64_t created_ns;  /* when an item with this key was first put (since its last delete) */
	uint64_t changed_ns;  /* commit time of this version */
	uint64_t modified_ns; /* what stat shows as mtime: changed_ns, unless the writer gave one (rsync -t) */
	uint32_t text_len;    /* length of its canonical file, natural form, in bytes */
	uint32_t size;        /* DynamoDB's item size in bytes */
};

/** What must be true of the item that is there now. */
enum cond_kind {
	COND_NONE,
	COND_ABSENT,  /* else ST_EXISTS */
	COND_PRESENT, /* else ST_NOT_FOUND */
	COND_VERSION, /* item is there with exactly this version: else ST_VERSION */
};
struct cond {
	enum cond_kind kind;
	uint64_t version;
};

/** VISIBLE: returns once every reader sees the change; it reaches the disk soon (op_sync() waits for it). DURABLE: returns once it is on disk. */
enum commit_mode { COMMIT_VISIBLE, COMMIT_DURABLE };

/** A read of one item, as GetItem, BatchGetItem and TransactGetItems have it. */
struct get_request {
	struct table *table;
	struct key key;
	const struct expr *projection;  /* EXPR_PROJECTION, or NULL: the whole item */
	bool consistent;                /* for the units; what is read is always consistent */
	struct consumed_list *consumed; /* the same one in all requests of a call, or NULL. Also what is not there uses units. */
};

/** GetItem: appends what the projection takes of the item to `item`. Errors: those of op_get(). meta (may be NULL) is the whole item's. */
MUST_CHECK enum status op_get_item(struct engine *e, const struct caller *c, const struct get_request *r, struct item_meta *meta,
	struct buf *item, struct err *err);

/**
 * Look at one item, which uses no capacity. Appends its binary form to `item` (may be NULL: only the meta is wanted).
 * Errors: ST_NOT_FOUND, ST_NO_TABLE, ST_CORRUPT, ST_KEY_LOCKED, ST_KEY_DESTROYED, store errors. On failure nothing is appended.
 */
MUST_CHECK enum status op_get(struct engine *e, const struct caller *c, struct table *t, const struct key *key,
	struct item_meta *meta, struct buf *item, struct err *err);

/**
 * What a write gives back of the item that was there; NULL: not wanted. The buffers are the caller's and are appended to: nothing when there
 * was no item, nor when the write failed for another reason.
 */
struct write_returns {
	struct buf *old;                /* on success (ReturnValues ALL_OLD) */
	struct buf *failed;             /* when a condition failed (ReturnValuesOnConditionCheckFailure ALL_OLD) */
	struct consumed_list *consumed; /* table and indexes */
	struct collection *collection;  /* on success: of the item, where the table has local indexes */
};

/** ItemCollectionMetrics: the items of one partition key together with their local index entries. */
struct collection {
	bool present; /* the table has local indexes */
	uint64_t bytes;
};

struct put_request {
	struct table *table;
	struct slice item; /* binary form, with its key attributes */
	struct cond cond;
	const struct expr *condition; /* EXPR_CONDITION on the item that is there, or NULL: else ST_CONDITION */
	struct write_returns returns;
	enum commit_mode mode;
	uint64_t modified_ns; /* 0: the commit time */
};

/**
 * Create or replace one item: one transaction. meta (may be NULL) is that of the new item.
 * Errors: ST_VALIDATION, ST_KEY_TOO_LONG, ST_ITEM_TOO_LARGE, those of the condition, ST_FULL, ...; the old item then stands.
 */
MUST_CHECK enum status op_put(
	struct engine *e, const struct caller *c, const struct put_request *r, struct item_meta *meta, struct err *err);

/**
 * Many puts in one transaction, all or nothing (import, batches). At most OP_PUT_MANY_MAX. On failure *ret_index is the request that
 * failed, or n when the commit itself did. What the requests say about returns is not looked at. Capacity is counted, never refused.
 */
#define OP_PUT_MANY_MAX 1000
MUST_CHECK enum status op_put_many(
	struct engine *e, const struct caller *c, const struct put_request *r, size_t n, size_t *ret_index, struct err *err);

struct delete_request {
	struct table *table;
	struct key key;
	struct cond cond;             /* COND_PRESENT for rm; COND_NONE: deleting what is not there is no failure */
	const struct expr *condition; /* as in a put */
	struct write_returns returns;
	enum commit_mode mode;
};
MUST_CHECK enum status op_delete(struct engine *e, const struct caller *c, const struct delete_request *r, struct err *err);

struct move_request {
	struct table *table;
	struct key from, to;
	bool no_replace;              /* ST_EXISTS if `to` is there */
	const struct expr *condition; /* on the item at `from` */
	enum commit_mode mode;
};
/** What an update gives back. */
enum update_return { UPDATE_NONE, UPDATE_ALL_OLD, UPDATE_UPDATED_OLD, UPDATE_ALL_NEW, UPDATE_UPDATED_NEW };

struct update_request {
	struct table *table;
	struct key key;
	const struct expr *update; /* EXPR_UPDATE; NULL: changes no attribute, but makes the item when there is none */
	struct cond cond;
	const struct expr *condition; /* as in a put */
	enum update_return return_values;
	struct buf *attributes;       /* gets what return_values says, as an item; may be NULL with UPDATE_NONE */
	struct write_returns returns; /* `old` is left to return_values */
	enum commit_mode mode;
};
/**
 * Change attributes of one item, or make it. meta may be NULL.
 * Errors: those of op_put() and expr_update(); ST_CORRUPT where the item cannot be read: put or delete it.
 * Source: UpdateItem.
 */
MUST_CHECK enum status op_update(
	struct engine *e, const struct caller *c, const struct update_request *r, struct item_meta *meta, struct err *err);

/** Give an item another key in its table: put and delete in one transaction, the key attributes rewritten. meta may be NULL. */
MUST_CHECK enum status op_move(
	struct engine *e, const struct caller *c, const struct move_request *r, struct item_meta *meta, struct err *err);

/**
 * A place in the order of a table's partitions (by keyed hash of the partition key). Stable over restarts: two partitions never
 * change their order. Zeroed: before the first.
 */
#define PARTITION_HASH_SIZE 16
struct partition_pos {
	bool set; /* after the partition with this hash */
	uint8_t hash[PARTITION_HASH_SIZE];
};

/** One row of a listing; everything is valid during the call only. Return false to stop. A row whose seal is broken comes with status
 * ST_CORRUPT (or ST_KEY_...) and an empty item, and the listing goes on after it. */
struct list_row {
	enum status status;
	uint8_t hash[PARTITION_HASH_SIZE]; /* of its partition */
	struct key key;                    /* borrowed from `item`; empty when status is not ST_OK */
	struct item_meta meta;
	struct slice item;
};
typedef bool list_fn(const struct list_row *row, void *arg);

/** The first item of each partition after `after`, in the order of partitions. */
MUST_CHECK enum status op_list_partitions(struct engine *e, const struct caller *c, struct table *t,
	const struct partition_pos *after, list_fn *fn, void *arg, struct err *err);

/** The items of one partition in sort key order, from after `after_sk` (empty: from the first; may name a key that is gone). reverse: from
 * before it (empty: from the last), backward. */
MUST_CHECK enum status op_list_items(struct engine *e, const struct caller *c, struct table *t, struct slice pk,
	struct slice after_sk, bool reverse, list_fn *fn, void *arg, struct err *err);

/** Every item of the table, partition by partition. Resumes after the item (after, after_sk): after_sk empty means after the whole
 * partition `after`; after->set false: from the first. */
MUST_CHECK enum status op_scan(struct engine *e, const struct caller *c, struct table *t, const struct partition_pos *after,
	struct slice after_sk, list_fn *fn, void *arg, struct err *err);

/** Whether the partition has an item. ST_OK or ST_NOT_FOUND. Where the table has no sort key this asks for the item. */
MUST_CHECK enum status op_partition_exists(
	struct engine *e, const struct caller *c, struct table *t, struct slice pk, struct err *err);

/** The partition hash of a key: names a place in the listings above, and is a stable identity (inode numbers). */
void op_partition_hash(struct table *t, struct slice pk, uint8_t hash[PARTITION_HASH_SIZE]);

/** A stable 64-bit identity of one item of a table, the same over restarts; never 0. */
uint64_t op_item_identity(struct table *t, const struct key *key);
/** The same of a row of a listing whose status is ST_OK, for less, since the row brings its hash. Inside the row function too. */
uint64_t op_row_identity(struct table *t, const struct list_row *row);

/** Waits until everything committed before the call is on disk. */
MUST_CHECK enum status op_sync(struct engine *e, struct err *err);

#endif
