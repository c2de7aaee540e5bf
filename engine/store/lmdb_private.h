/**
 * The LMDB store's inside, shared by its files:
 *
 *   lmdb.c        open, close, the pool of readers
 *   lmdb_call.c   LMDB's functions under the guard
 *   lmdb_txn.c    get, put, del    lmdb_range.c   range, del_range
 *   lmdb_order.c  the order of STORE_ITEMS, long sort keys
 *   lmdb_page.c   whether a page of the map can be trusted
 *   batch.c       group commit
 *   record.c      what a transaction changes, for the log
 *   wal.c         the write-ahead log
 *   durable.c     who waits for the log, who flushes it
 *   replay.c      the log's changes put back after a power loss
 *   space.c       what is kept free for deletions
 *   checkpoint.c  checkpoints and the thread that makes them
 *   recover.c     the checkpoint file, what is restored from it at open
 *
 * Lock order: commit_lock, then sync_lock or readers_lock or queue_lock (never two of these). README.md says what each is for.
 */
#ifndef ENGINE_STORE_LMDB_PRIVATE_H
#define ENGINE_STORE_LMDB_PRIVATE_H

#include <lmdb.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "engine/base/thread.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/backend.h"
#include "engine/store/guard.h"
#include "engine/store/recover.h"
#include "engine/store/wal.h"

#define STORED_KEY_MAX (STORE_PREFIX_SIZE + SORT_SIV_SIZE + SORT_INLINE_MAX + 8)
#define READERS_MAX 512
#define READERS_POOLED_MAX 500 /* the rest are the checkpoints' */

struct request;

/** Who waits until a commit is on disk. Woken by a semaphore, so that many can be woken without one lock that they all want. */
struct waiter {
	uint64_t commit;
	enum { WAITING, ON_DISK, NO_LOG } state;
	_Atomic bool over;  /* there is nothing more to wait for: nobody knows the waiter any more, but for wakes that are still to come */
	unsigned wakes;     /* so many were or will be sent; changed under queue_lock, and not once it is over */
	unsigned awoken;    /* the waiter's own */
	sem_t wake;
	struct waiter *next;
};

struct lmdb_store {
	struct store base;
	char *path;
	MDB_env *env;
	MDB_dbi dbi[STORE_DB_COUNT];
	const struct sort_cipher *(*sort_cipher)(uint32_t table_id, void *arg);
	void *sort_cipher_arg;
	bool read_only;
	int lock_fd;
	int data_fd;
	uint64_t data_dev, data_ino;
	uint32_t page_size;
	const uint8_t *map; /* LMDB's map of data.mdb; NULL when it was not found */
	uint64_t map_size;
	_Atomic uint64_t file_size; /* as last looked up */
	_Atomic(uint64_t) *checked; /* a bit for each page: looked at and found good, or written by us */
	uint64_t checked_pages;
	_Atomic bool damaged; /* writes are refused */

	struct mutex readers_lock; /* guards the three below */
	pthread_cond_t reader_free;
	struct reader *idle;
	unsigned reader_count;

	struct mutex queue_lock; /* guards those below */
	struct request *queue, **queue_end;
	bool leading;
	struct waiter *waiting; /* for the log's next flush */
	bool flushing;
	bool gathering; /* the flush under way has many who wait for it: durable writes that come meanwhile share a commit after it */
	_Atomic uint64_t flushed; /* the last commit that the log has on disk; changed under queue_lock */

	struct mutex commit_lock; /* the writer's: fns run, the commit, the start of a checkpoint */
	struct store_hooks hooks;
	struct buf changes;       /* of the transaction under way, for the log */
	_Atomic uint64_t visible; /* commits so far; changed under commit_lock */
	_Atomic uint64_t dirty_bytes;

	struct mutex sync_lock; /* guards the flags below */
	pthread_cond_t sync_done, sync_wanted;
	bool syncing, stopping, armed;
	_Atomic uint64_t synced; /* the commit that the last checkpoint holds; changed under sync_lock */
	_Atomic uint64_t sync_count;
	_Atomic bool sync_broken; /* the disk lost writes once: nothing may be promised any more */
	pthread_t syncer;
	bool syncer_runs;
	MDB_txn *pin; /* the snapshot of the last checkpoint; whoever is `syncing` has it */
	struct checkpoint_file checkpoint;
	uint64_t checkpoint_due_ns; /* of commits that are only in the log; the syncer's */
	struct wal wal;
	struct buf replay; /* commits of the log that store_replay() has yet to put back */
	bool replaying;
	uint64_t reserved_to; /* blocks of data.mdb are allocated up to here; `syncing` has it */
};

/* A read transaction between two uses, and the cursors for store_get() that belong to it. */
struct reader {
	MDB_txn *txn;
	MDB_cursor *cursors[STORE_DB_COUNT];
	struct reader *next;
};

struct lmdb_txn {
	struct store_txn base;
	struct lmdb_store *s;
	MDB_txn *txn;
	MDB_cursor **cursors; /* for store_get(), opened at first use */
	bool write;
	bool tight; /* room for deletions only */
	bool wrote;                          /* by the fn that runs */
	bool recording;                      /* into s->changes */
	struct slice unsettled;              /* the value of the last put, which its caller is still to write */
	bool abandoned;                      /* a fault inside a change: LMDB's transaction is in no state to be ended */
	uint8_t stored[STORED_KEY_MAX + 16]; /* of the last put */
};

/* lmdb.c */
/** The status of an LMDB error; one that means damage closes the store to writes. */
enum status lmdb_status(struct lmdb_store *s, int rc, const char *what, struct err *err);

extern const struct store_ops lmdb_ops;

/* lmdb_txn.c */
enum status lmdb_get(struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row, struct err *err);
enum status lmdb_put(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len, uint8_t **value,
	struct store_row *row, struct err *err);
enum status lmdb_del(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err);

/** The number under which a long stored key has its rest; false for one that is not long. */
bool stored_number(struct slice stored, uint8_t id[8]);
/** Deletes the row that stands under the key, and the rest of its key when nothing needs it any more. `k` as order_set() was told. */
int lmdb_del_row(struct lmdb_txn *t, enum store_db db, MDB_val *k);
/** Numbers given from now on are higher than this one. */
enum status lmdb_raise_number(struct lmdb_txn *t, uint64_t given, struct err *err);
int lmdb_del_rest(struct lmdb_txn *t, const uint8_t number[8]);

/* lmdb_range.c */
enum status lmdb_range(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg, struct err *err);
enum status lmdb_del_range(struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret, struct err *err);

/* space.c */
/** Whether so little room is left in the map or on the disk that only deletions may have it. Under commit_lock. */
bool space_tight(struct lmdb_store *s);
/** Allocates what is kept for deletions. Caller: whoever is `syncing`. */
void space_reserve(struct lmdb_store *s);

/* lmdb_call.c: LMDB's functions under the guard. What they return is a code of LMDB's, an errno, or GUARD_FAULT. */
int call_txn_begin(struct lmdb_txn *t, unsigned flags);
int call_txn_renew(MDB_txn *txn);
int call_cursor_open(struct lmdb_txn *t, enum store_db db, MDB_cursor **ret);
/** mdb_cursor_get(); what it found is checked: inside the map, on a sound page, readable. */
int call_cursor_get(struct lmdb_txn *t, MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op);
/* These change: a fault inside leaves the transaction abandoned. */
int call_put(struct lmdb_txn *t, enum store_db db, MDB_val *k, MDB_val *v, unsigned flags);
int call_del(struct lmdb_txn *t, enum store_db db, MDB_val *k);
int call_cursor_del(struct lmdb_txn *t, MDB_cursor *c);
int call_commit(struct lmdb_txn *t);
/** order_bound() under the guard. */
int call_bound(const struct store_key *bound, struct slice stored, int *order, bool *within);

/* lmdb_order.c */
/** What the comparators of this thread need to know; set before each call into LMDB. */
void order_set(struct lmdb_txn *t, const void *searched, const struct store_key *key);
/** Whether a comparison since order_set() wanted the key of a table that is not to be had. */
bool order_lacked_key(void);
/** How often a comparison since order_set() found the very key, a long one, and the number of its rest. */
unsigned order_matches(uint8_t number[8]);
/** The very key as it is stored, when a comparison since order_set() found it: of STORE_ITEMS. */
struct slice order_found(void);
const struct sort_cipher *order_cipher(struct lmdb_store *s, uint32_t table_id);
int order_items(const MDB_val *a, const MDB_val *b);
int order_plain(const MDB_val *a, const MDB_val *b);
/** How the stored key lies to the bound: <0 before, 0 the very key, >0 after. `within`: it begins with the bound. In a guarded call. */
int order_bound(const struct store_key *bound, struct slice stored, bool *within);
static inline bool stored_is_long(struct slice stored)
{
	return stored.len == STORED_KEY_MAX;
}

/* lmdb_page.c */
/** Whether LMDB may look into the page that holds `p` (true as well for memory outside the map: a page of the transaction's own). */
bool page_trusted(struct lmdb_store *s, const void *p);
/** Whether n bytes from p lie inside the file, or outside the map in a write transaction. */
bool bytes_inside(struct lmdb_store *s, const void *p, size_t n, bool write);
/** The header of the overflow page that a value begins in, if it does. */
bool value_trusted(struct lmdb_store *s, const void *p, size_t n);
/** Looks at the whole structure for at most `budget_ns`: false when something is wrong. In a guarded call. */
bool pages_walk(struct lmdb_store *s, uint64_t budget_ns);

/* batch.c */
/** Runs fn in a commit; with STORE_DURABLE returns when that is on disk. */
enum status batch_write(struct lmdb_store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err);

/** Sees to it that somebody leads when there is a queue. */
void batch_poke(struct lmdb_store *s) REQUIRES(s->queue_lock);

/* record.c: all but record_next() in a write transaction; they do nothing while nothing is recorded. */
#define CHANGE_HEADER 8
enum change_kind_logged {
	CHANGE_PUT = 1,      /* a row */
	CHANGE_REST = 2,     /* the rest of the long key of the row that follows */
	CHANGE_DEL = 3,      /* a row */
	CHANGE_DEL_FIRST = 4 /* the first `count` rows whose keys begin so */
};
struct change_logged {
	enum change_kind_logged kind;
	enum store_db db;
	struct slice key, value;
	size_t count;
};
void record_put(struct lmdb_txn *t, enum store_db db, struct slice stored, struct slice value);
void record_rest(struct lmdb_txn *t, struct slice stored, const struct sort_cipher *c, struct slice sort);
void record_del(struct lmdb_txn *t, enum store_db db, struct slice stored);
void record_del_first(struct lmdb_txn *t, enum store_db db, struct slice prefix, size_t count);
/** Before the next change, and at the end of a fn: the value of the last put is written now. */
void record_settle(struct lmdb_txn *t);
/** The next change of a commit's. False at the end (an empty rest), or when it is none. */
bool record_next(struct slice *rest, struct change_logged *ret);

/* durable.c */
/** Waits until the commit is on disk. */
enum status durable_wait(struct lmdb_store *s, uint64_t commit, struct err *err);
void waiter_init(struct waiter *w);
/** Sleeps until a wake. */
void waiter_sleep(struct waiter *w);
/** Takes the wakes that are still to come, so that none finds it gone. Once it is over. */
void waiter_finish(struct waiter *w);
/** A wake for somebody whom it is not over for: to lead, or to flush. */
void waiter_poke(struct lmdb_store *s, struct waiter *w) REQUIRES(s->queue_lock);
/** It is over: puts it on the list for wake_all(). */
void waiter_over(struct lmdb_store *s, struct waiter *w, struct waiter **woken) REQUIRES(s->queue_lock);
/** To be called without a lock. */
void wake_all(struct waiter *woken);
/** Puts a waiter on the list of those whom the next flush serves. */
void durable_expect(struct lmdb_store *s, struct waiter *w) REQUIRES(s->queue_lock);
/** Flushes for all when somebody has to, and no one does. */
void durable_flush(struct lmdb_store *s, const struct waiter *w);
/** Sees to it that one of those who wait flushes. */
void durable_poke(struct lmdb_store *s) REQUIRES(s->queue_lock);

/* replay.c */
/** Reads what the log holds beyond the checkpoint that data.mdb was put back to, and puts back the rows of STORE_META. */
enum status replay_begin(struct lmdb_store *s, struct err *err);
/** Puts back all other rows. */
enum status replay_rest(struct lmdb_store *s, store_table_fn *prepare, void *arg, struct err *err);

/* checkpoint.c */
enum status checkpoint_start(struct lmdb_store *s, struct err *err);
enum status checkpoint_wait(struct lmdb_store *s, uint64_t commit, struct err *err);
/** The same, but returns as well as soon as the log is on. */
enum status checkpoint_wait_or_log(struct lmdb_store *s, uint64_t commit, struct err *err);
/** ST_STORE_GONE when data.mdb was removed or replaced. */
enum status checkpoint_check_file(struct lmdb_store *s, struct err *err);
/** Reserves the pages of the newest snapshot until the next checkpoint is on disk. */
enum status checkpoint_pin(struct lmdb_store *s, struct err *err);
/** Makes a writer wait while far more was written than the disk could take. */
void checkpoint_keep_up(struct lmdb_store *s);
void checkpoint_commit_made(struct lmdb_store *s);
void checkpoint_finish(struct lmdb_store *s);

#endif
