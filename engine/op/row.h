/**
 * The row of an item: key in STORE_ITEMS, record under its seal.
 *
 * Key prefix: table id (4) || index id (2, 0: the table itself) || partition hash (16). Sort part: the sort key's bytes.
 * Plain bytes of the record: a header of ROW_HEADER_SIZE bytes (layout: engine/README.md), then the item.
 */
#ifndef ENGINE_OP_ROW_H
#define ENGINE_OP_ROW_H

#include "engine/op.h"
#include "engine/op/usage.h"
#include "engine/table/state.h"

#define ROW_HEADER_SIZE 48

struct row_key {
	uint8_t prefix[STORE_PREFIX_SIZE];
	struct store_key key; /* points into prefix: do not copy the struct */
};
void row_key_init(struct row_key *k, const struct table *t, const struct data_key *dk, const struct key *key);
/** The first possible key of a partition, or, after row_key_step(), of whatever follows it. */
void row_key_hash(struct row_key *k, const struct table *t, const uint8_t hash[PARTITION_HASH_SIZE]);
void row_key_step(struct row_key *k);
/** row_key_hash() among the rows of an index; 0: the table's own. */
void row_key_in(struct row_key *k, const struct table *t, uint16_t index, const uint8_t hash[PARTITION_HASH_SIZE]);

/** Appends an item of nothing but these key attributes. */
void row_key_item(const struct key_schema *s, const struct key *key, struct buf *out);

/** Writes the header's bytes; the room is the first ROW_HEADER_SIZE bytes of `plain`. */
void row_header(const struct item_meta *meta, uint8_t *plain);

/** Unseals a row into `plain` (emptied first) and reads its header; *item is borrowed from plain. Errors: ST_CORRUPT. */
enum status row_open(const struct data_key *dk, const struct store_row *row, struct buf *plain, struct item_meta *meta,
		     struct slice *item, struct err *err);

/** A buffer of this thread for the plain bytes of one row: valid until the next call in the same thread. */
struct buf *row_scratch(void);

/** The row that is there now. ST_NOT_FOUND; ST_CORRUPT with *present true: something is there that cannot be read. */
enum status row_get(struct store_txn *txn, const struct data_key *dk, const struct row_key *k, struct item_meta *meta,
		    struct slice *item, struct err *err);

/** Whose row is sought, and where it belongs. */
struct row_place {
	const struct table *t;
	const struct data_key *dk;
	const struct key *key;
	const struct row_key *k;
};
/**
 * row_get(), but ST_NOT_FOUND is said only when the rows beside the place are sound (row_find.c). *astray: a stored key near it is damaged, so
 * that the item was found by looking around (ST_OK), or may have been the damaged one (ST_CORRUPT); no write finds its row.
 */
enum status row_find(struct store_txn *txn, const struct row_place *at, struct item_meta *meta, struct slice *item, bool *astray,
		     struct err *err);

/** Puts the plain bytes (header and item) under the key. */
enum status row_put(struct store_txn *txn, const struct data_key *dk, const struct row_key *k, struct slice plain, struct err *err);

/** Is what is there (st of row_get(), meta) as the condition wants it? */
enum status row_condition(const struct cond *cond, enum status st, const struct item_meta *meta, struct err *err);

static inline enum store_commit row_commit(enum commit_mode mode)
{
	return mode == COMMIT_DURABLE ? STORE_DURABLE : STORE_VISIBLE;
}

/* change.c: one put or delete inside a write transaction, shared by all operations. */

/** An item made ready outside of the transaction: checked, measured, its plain bytes laid out but for version and times. */
struct put_plan {
	struct key key; /* borrowed from `plain` */
	struct buf plain;
	uint32_t text_len, size;
	uint64_t modified_ns;
};
enum status put_plan(const struct table *t, struct slice item, uint64_t modified_ns, struct put_plan *plan, struct err *err);
void put_plan_finish(struct put_plan *plan);

struct change_ctx {
	struct engine *e;
	const struct caller *by;
	struct table *t;
	struct data_key *dk;
	struct usage *usage; /* of the operation; NULL: nobody counts */
	struct collection *collection; /* gets the size of the item's collection; or NULL */
};
/** What must be true of what is there, and whether it is wanted. */
struct change_check {
	const struct cond *cond;
	const struct expr *expr; /* or NULL */
	bool keep;
	struct buf kept; /* with `keep`: the item that is there; empty when there is none that can be read */
};
void change_check_init(struct change_check *check, const struct cond *cond, const struct expr *expr, const struct write_returns *r);
/** Hands the kept item to whom it belongs, by the outcome of the write, and lets go of it. */
void change_check_finish(struct change_check *check, enum status st, const struct write_returns *r);

/** What stands under a key before its change. Not to be copied (struct row_key). */
struct change_old {
	struct row_key k;
	enum status there; /* ST_OK, ST_NOT_FOUND, or ST_CORRUPT: something that can be replaced */
	bool unsure;       /* not found, but a record beside its place is broken and may have been it: only a put goes on */
	struct item_meta meta;
	struct slice item; /* with ST_OK: until this thread reads another row; where the table has indexes, a copy in `image` */
	struct buf image;
};
/** To be called for each one that change_read() was given, which may be given it again. Zero it before. */
void change_old_finish(struct change_old *old);

/**
 * Whether indexes take the item that is about to be written; to be asked before anything is written. *empty (may be NULL): a key of an index is an
 * empty value, for which a transaction is not even begun.
 */
enum status change_check_indexes(const struct change_ctx *x, const struct put_plan *plan, bool update, bool *empty, struct err *err);
/** Reads and decides; the two below write, which nothing but the store can then refuse. All note what they use; a failed condition, too. */
enum status change_read(struct store_txn *txn, const struct change_ctx *x, const struct key *key, struct change_check *check,
			struct change_old *old, struct err *err);
/** Whether the global indexes that the change touches have capacity left, before anything is written. `plan`: NULL when the item goes. */
enum status change_admit(const struct change_ctx *x, const struct change_old *old, const struct put_plan *plan, struct err *err);
enum status change_write(struct store_txn *txn, const struct change_ctx *x, const struct change_old *old, struct put_plan *plan,
			 struct item_meta *meta, struct err *err);
enum status change_remove(struct store_txn *txn, const struct change_ctx *x, const struct change_old *old, const struct key *key,
			  struct err *err);

/** What an update or a deletion answers when `unsure`. */
enum status change_unsure(struct err *err);

enum status change_put(struct store_txn *txn, const struct change_ctx *x, struct put_plan *plan, struct change_check *check,
		       struct item_meta *meta, struct err *err);
enum status change_delete(struct store_txn *txn, const struct change_ctx *x, const struct key *key, struct change_check *check,
			  struct err *err);

static inline uint32_t change_size(const struct change_old *old, uint32_t now)
{
	return old->there == ST_OK && old->meta.size > now ? old->meta.size : now;
}

/* update_plan.c: what an update makes of an item. */

/**
 * The changed item in `plan`, which put_plan_finish() empties; to be called again after that. `update` may be NULL. The plan stays empty, and nothing is to be
 * written, where there is no item and the update only takes away.
 */
enum status update_plan(const struct change_ctx *x, const struct key *key, const struct expr *update, const struct change_old *old,
			struct put_plan *plan, struct err *err);

#endif
