/**
 * The ordered transactional store: everything above sees only this.
 *
 *   read(fn)   runs fn over one snapshot
 *   write(fn)  runs fn as (part of) one serialisable transaction; many fns share a commit (group commit)
 *
 * Implementations: lmdb.c (the embedded default) and fault.c (wraps another and makes the n-th call fail, for tests). A remote,
 * PostgreSQL-protocol one fits the same table.
 *
 * Keys. In STORE_ITEMS a key is a fixed prefix, compared as bytes, and a sort part, given in the clear and ordered by memcmp() (shorter
 * first) but stored encrypted; up to STORE_SORT_MAX bytes in spite of LMDB's 511. Elsewhere a key is plain bytes, at most 500, in `prefix`.
 *
 * Writing. A write fn may be run more than once (when another one of its batch failed late), so it must have no effect but through the
 * transaction. It reads and decides first and writes last: a refusal (any status but ST_OK) returned before its first put or del costs
 * nothing; after it, the batch is undone and the others run again without it.
 *
 * Errors of every call: ST_NOT_FOUND where said; ST_IO, ST_FULL, ST_STRUCTURE (page structure damaged: found by LMDB or by a fault while
 * reading the map; writes are refused from then on), ST_STORE_GONE.
 * Locks: store_write() takes the writer lock while fns run; fns must not call store_read() or store_write().
 */
#ifndef ENGINE_STORE_STORE_H
#define ENGINE_STORE_STORE_H

#include "engine/base/slice.h"
#include "engine/status.h"

enum store_db {
	STORE_META,  /* catalog, counters, sequence */
	STORE_ITEMS, /* items and index entries */
	STORE_LONGKEYS, /* rests of long sort keys: the store's own */
	STORE_LOG,
	STORE_HISTORY,
	STORE_EXPIRY,
	STORE_DB_COUNT
};

struct store_key {
	struct slice prefix; /* STORE_ITEMS: STORE_PREFIX_SIZE bytes, or fewer in range bounds; its first 4 are the table id (big-endian) */
	struct slice sort;   /* STORE_ITEMS with a full prefix only */
	bool has_sort;
};
#define STORE_PREFIX_SIZE 22 /* table id 4, index id 2, partition hash 16 */
#define STORE_PLAIN_KEY_MAX 500
#define STORE_SORT_MAX 2066 /* of an index entry: 1024 bytes of sort key, all of them escaped, terminator, hash */

static inline struct store_key store_key_plain(struct slice bytes)
{
	return (struct store_key){.prefix = bytes};
}

/** One row. Valid inside the transaction until its next write. `stored`: the key's bytes as stored, which the seal is bound to. */
struct store_row {
	struct slice stored;
	struct slice value;
};

struct store;
struct store_txn;

typedef enum status store_fn(struct store_txn *txn, void *arg, struct err *err);

enum store_commit { STORE_VISIBLE, STORE_DURABLE };

/** Runs fn over one snapshot; returns what fn returned, or the store's own error. */
MUST_CHECK enum status store_read(struct store *s, store_fn *fn, void *arg, struct err *err);

/** Runs fn in a write transaction and commits. ST_OK: visible to every later read (STORE_DURABLE: and on disk). */
MUST_CHECK enum status store_write(struct store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err);

/** Waits until every commit that was visible at the call is on disk. */
MUST_CHECK enum status store_sync(struct store *s, struct err *err);

/* Inside fn: */

/** ST_NOT_FOUND leaves err alone (it is no failure of the store). */
MUST_CHECK enum status store_get(struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row,
				 struct err *err);

/** Makes room for a value of `len` bytes under the key and says where to write it: all of it, at once, before the next call. row->stored is
 * the key to bind the seal to. */
MUST_CHECK enum status store_put(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len,
				 uint8_t **value, struct store_row *row, struct err *err);

/** ST_NOT_FOUND when there was none. */
MUST_CHECK enum status store_del(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err);

/**
 * Calls fn for each row in [lo, hi], upward or downward, until it returns false. An empty prefix is no bound. A bound without sort part
 * stands for all keys that begin so: as `lo` before them, as `hi` after them; an open `hi` ends before them. *_open: the very key of the
 * bound is left out. fn must not write.
 */
struct store_range {
	enum store_db db;
	struct store_key lo, hi;
	bool lo_open, hi_open;
	bool reverse;
};
typedef bool store_row_fn(const struct store_row *row, void *arg);
MUST_CHECK enum status store_range(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg,
				   struct err *err);

/** Deletes at most `limit` rows of [lo, hi] (bounds as above; needs no decryption when they have no sort part). *ret: how many. */
MUST_CHECK enum status store_del_range(struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret,
				       struct err *err);

/**
 * What the layer above hangs into each commit; all run on the committing thread under the writer lock.
 * precommit: writes what goes with the whole batch (counts, sequence); a failure undoes the batch. committed: the batch is visible.
 * aborted: the batch, or a first try at it, was undone.
 */
struct store_hooks {
	store_fn *precommit;
	void (*committed)(void *arg);
	void (*aborted)(void *arg);
	void *arg;
};
void store_set_hooks(struct store *s, const struct store_hooks *hooks);

struct store_stat {
	uint64_t map_bytes, used_bytes;
	uint64_t commits, syncs;
	bool damaged; /* ST_STRUCTURE was seen */
};
void store_get_stat(struct store *s, struct store_stat *ret);
void store_close(struct store *s); /* syncs; NULL is fine */

/* Opening. */

struct sort_cipher; /* engine/crypt/sort_cipher.h */

struct store_options {
	const char *path;    /* the store's directory */
	uint64_t map_size;   /* 0: 1 TiB */
	bool create;         /* otherwise data.mdb must exist: ST_NO_STORE */
	bool read_only;
	/** The cipher of a table's sort keys, from its id; NULL when its key cannot be had. Called inside comparisons, from any thread: quick,
	 * takes no lock that is held across store calls. The result stays valid while the table is used. */
	const struct sort_cipher *(*sort_cipher)(uint32_t table_id, void *arg);
	void *arg;
};
/** Errors: ST_NO_STORE, ST_STORE_BUSY, ST_STRUCTURE, ST_IO, ST_UNSUPPORTED (network file system). */
MUST_CHECK enum status store_open_lmdb(const struct store_options *o, struct store **ret, struct err *err);

/**
 * After a power loss store_open_lmdb() leaves the last changes in the write-ahead log, all but those of STORE_META, since placing rows of
 * STORE_ITEMS needs the ciphers of their tables. This puts them back and begins the store's life as a writer. To be called once after each
 * open, before the first write and the first look at anything but STORE_META; without anything to put back it does nothing.
 * prepare: makes a table's cipher available to `sort_cipher`: ST_OK; ST_NO_TABLE: the table is gone, its rows are going; ST_KEY_DESTROYED: its
 * rows cannot be read any more, their changes are dropped; anything else ends the call, and the next open tries again. NULL: always ST_OK.
 */
typedef enum status store_table_fn(uint32_t table_id, void *arg, struct err *err);
MUST_CHECK enum status store_replay(struct store *s, store_table_fn *prepare, void *arg, struct err *err);

/** Wraps `inner` (owned from now on). The `fail_at`-th call (1-based, of the kinds below, counted over all threads) answers ST_IO, or ST_FULL
 * when `full`; 0 never. Calls counted: begin, get, put, del, range, commit, sync, replay. */
struct store *store_wrap_fault(struct store *inner, uint64_t fail_at, bool full);
void store_fault_arm(struct store *s, uint64_t fail_at, bool full); /* counts anew from 1 */
uint64_t store_fault_calls(struct store *s);                        /* counted since the last arming */

#endif
