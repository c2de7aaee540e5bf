/**
 * Index entries: their rows, what they project, how a change of an item changes them.
 *
 * Key prefix: table id (4) || index id (2) || hash of the index partition key (16). Sort part: the index sort key with every 0 byte followed by
 * 0xFF, then two 0 bytes (nothing of this without a sort key), then a keyed hash of the base key (16). So entries stand in the order of
 * the index sort key, and each item has a place of its own.
 * Plain bytes of the record: format (1), keyed hash of the index sort key (16), base key. Nothing that is projected is copied: it is read from
 * the item. The entry of an item whose index key has changed is none: readers check, and skip it.
 */
#ifndef ENGINE_OP_INDEX_H
#define ENGINE_OP_INDEX_H

#include "engine/op/row.h"

#define INDEX_HASH_SIZE 16

/** The key of an item's entry; ST_OK when it has one. */
static inline enum status index_key(const struct index *x, struct slice item, struct key *ret)
{
	return key_from_item(&x->schema, item, ret, NULL);
}

/** Where an entry stands. Not to be copied. */
struct index_row {
	struct row_key k;
	struct buf sort;
};
void index_row_init(struct index_row *r, const struct table *t, const struct data_key *dk, const struct index *x, const struct key *key,
		    const struct key *base);
void index_row_finish(struct index_row *r);

/** Appends a sort key as it stands in front of the terminator. */
void index_escape(struct slice sk, struct buf *out);

/** Appends the plain bytes of the record. */
void index_entry_encode(const struct data_key *dk, const struct key *key, const struct key *base, struct buf *out);
struct index_entry_plain {
	struct key base; /* borrowed */
	uint8_t sort_hash[INDEX_HASH_SIZE];
};
bool index_entry_decode(struct slice plain, bool has_sk, struct index_entry_plain *ret);

/** DynamoDB's size of the entry; `whole`: that of the item. */
size_t index_entry_size(const struct index *x, struct slice item, size_t whole);
/** Appends an item of those attributes: the entry's key, or what an index that does not project ALL does project. */
void index_pick(const struct name_list *names, struct slice item, struct buf *out);
bool index_projects(const struct index *x, struct slice attribute);

/** One item's change as indexes see it. Empty slices: there was, or is, no item. */
struct index_change {
	const struct key *key; /* of the item */
	struct slice old, now;
	size_t old_size, now_size;
	bool unknown; /* something was there that cannot be read */
};
/** Whether each global index that the change touches has write capacity left. Writes nothing. */
enum status index_admit(const struct change_ctx *x, const struct index_change *c, struct err *err);
enum status index_maintain(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c, struct err *err);

/** Puts the item's entry where there is none yet. *added: it was missing. */
enum status index_add_entry(struct store_txn *txn, const struct change_ctx *x, const struct index *index, const struct key *key,
			    const struct key *base, bool *added, struct err *err);

/** Counts the change into the size of the item's collection. Errors: ST_COLLECTION_FULL, before anything is written. */
enum status collection_count(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c, struct err *err);

/** A step of filling new indexes; false when there is none to be filled. */
bool index_backfill(struct engine *e);

#endif
