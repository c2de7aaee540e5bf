/**
 * What table/, op/ and engine.c share: the open engine, the tables it knows, and the state of the commit under way.
 *
 * Locks, in the order in which they are taken (README.md of engine/):
 *   ddl          one change of the catalog at a time; held across store_write()
 *   [writer]     the store's own, inside store_write(): guards everything marked "writer" here
 *   catalog.lock the hash tables of the catalog; held for a few instructions, never across a call of the store
 *   table.lock   the definition and the key pointer of one table; likewise
 *   counts_lock  the committed counts of all tables; likewise
 */
#ifndef ENGINE_TABLE_STATE_H
#define ENGINE_TABLE_STATE_H

#include <stdatomic.h>
#include <uthash.h>

#include "engine/base/thread.h"
#include "engine/crypt/keys.h"
#include "engine/change.h"
#include "engine/store/store.h"
#include "engine/table.h"

#define UUID_TEXT 37

struct counts {
	uint64_t items, bytes, text_bytes;
	uint64_t modified_ns;
};

struct table {
	struct engine *engine;
	uint32_t id;
	char name[LIMIT_TABLE_NAME_MAX + 1];
	char uuid[UUID_TEXT];
	struct key_schema schema;
	uint64_t created_ns;
	char master_id[UUID_TEXT];
	uint32_t key_version;
	uint8_t wrapped[DATA_KEY_WRAPPED_SIZE];

	_Atomic(uint32_t) refs; /* the catalog holds one */
	_Atomic(bool) gone;
	_Atomic(struct data_key *) key; /* opened at first use; freed with the table */

	struct mutex lock;
	struct table_def def GUARDED_BY(lock);
	uint64_t changed_ns GUARDED_BY(lock);

	struct counts committed; /* guarded by engine->counts_lock */

	/* writer: */
	struct counts pending;
	bool dirty, pending_gone;
	struct table *next_dirty;

	UT_hash_handle by_name, by_id;
};

/** A change of an item in the batch under way. Key and caller are borrowed from the request, which waits for the commit. */
struct pending_change {
	enum change_kind kind;
	struct table *table;
	struct key key;
	uint64_t version;
	const struct caller *by;
};

struct commit_state { /* writer */
	uint64_t sequence, committed_sequence;
	uint64_t clock_ns;
	uint32_t next_table_id, committed_next_table_id;
	struct table *dirty;
	struct pending_change *changes;
	size_t change_count, change_cap;
};

struct catalog {
	struct mutex lock;
	struct table *by_name GUARDED_BY(lock), *by_id GUARDED_BY(lock); /* by_id in rising order of ids */
};

#define LISTENERS_MAX 4

struct engine {
	char *path;
	char store_id[UUID_TEXT];
	struct store *store;
	struct masters *masters;
	struct data_key *meta_key;
	struct mutex ddl;
	struct catalog catalog;
	struct mutex counts_lock;
	struct commit_state commit;
	struct {
		change_fn *fn;
		void *arg;
	} listeners[LISTENERS_MAX];
	size_t listener_count;

	struct mutex reaper_lock;
	pthread_cond_t reaper_wake;
	pthread_t reaper;
	bool reaper_running, reaper_stop GUARDED_BY(reaper_lock), reaper_work GUARDED_BY(reaper_lock);
};

/* meta.c: sealed records of STORE_META. Key: one letter, then the table id (big-endian) where there is one. */

enum meta_kind {
	META_STORE_KEY = 'K', /* the wrapped store key: not sealed, it seals itself */
	META_STATE = 'S',     /* sequence, clock, next table id */
	META_TABLE = 'T',     /* a table's record */
	META_COUNTS = 'C',    /* its counts */
	META_DOOMED = 'D',    /* a deleted table whose rows are still being freed */
};
#define META_KEY_SIZE 5
struct store_key meta_key(enum meta_kind kind, uint32_t table_id, uint8_t space[META_KEY_SIZE]);
enum status meta_get(struct engine *e, struct store_txn *txn, enum meta_kind kind, uint32_t id, struct buf *plain, struct err *err);
enum status meta_put(struct engine *e, struct store_txn *txn, enum meta_kind kind, uint32_t id, struct slice plain, struct err *err);
enum status meta_del(struct store_txn *txn, enum meta_kind kind, uint32_t id, struct err *err);
/** Calls fn for each record of a kind, unsealed, in the order of ids. status tells of a broken seal. */
typedef bool meta_fn(enum status status, uint32_t id, struct slice plain, void *arg);
enum status meta_each(struct engine *e, struct store_txn *txn, enum meta_kind kind, meta_fn *fn, void *arg, struct err *err);

/* commit.c: the hooks, and what operations tell them. All inside a write fn. */
void commit_install(struct engine *e);
enum status commit_load(struct engine *e, struct store_txn *txn, struct err *err);
uint64_t commit_next_version(struct engine *e);
uint64_t commit_time(struct engine *e);
void commit_counted(struct table *t, int64_t items, int64_t bytes, int64_t text_bytes, uint64_t time_ns);
void commit_changed(struct engine *e, const struct pending_change *change);
void commit_mark(struct table *t); /* puts the table on the list of what this batch touched */
void commit_finish(struct engine *e);

/* record.c */
enum status table_record_write(struct engine *e, struct store_txn *txn, struct table *t, const struct table_def *def,
			       uint64_t changed_ns, struct err *err);
enum status table_record_read(struct engine *e, uint32_t id, struct slice plain, struct table **ret, struct err *err);
void counts_encode(const struct counts *c, uint8_t out[32]);
bool counts_decode(struct slice plain, struct counts *c);

/* catalog.c */
struct table *table_new(struct engine *e);
enum status catalog_load(struct engine *e, struct store_txn *txn, struct err *err);
void catalog_add(struct engine *e, struct table *t);
void catalog_remove(struct engine *e, struct table *t);
void catalog_finish(struct engine *e);
struct table *catalog_find(struct engine *e, const char *name); /* a reference, or NULL */
const struct sort_cipher *catalog_sort_cipher(uint32_t table_id, void *engine);
/** The table's data key, opened at first use. Errors: ST_KEY_LOCKED, ST_KEY_DESTROYED, ST_CORRUPT, ST_NO_TABLE once it is gone. */
enum status table_use(struct table *t, struct data_key **ret, struct err *err);

/* def.c */
enum status table_def_check(const struct table_def *def, struct err *err);

/* reaper.c: frees the rows of deleted tables. */
enum status reaper_start(struct engine *e, struct err *err);
void reaper_poke(struct engine *e);
void reaper_finish(struct engine *e);

#endif
