/**
 * What table/, op/ and engine.c share: the open engine, the tables it knows, and the state of the commit under way.
 *
 * Locks, in the order in which they are taken (README.md of engine/):
 *   ddl          one change of the catalog at a time; held across store_write()
 *   [writer]     the store's own, inside store_write(): guards everything marked "writer" here
 *   catalog.lock the hash tables of the catalog; held for a few instructions, never across a call of the store
 *   table.lock   the definition and the key pointer of one table; likewise
 *   counts_lock  the committed counts of all tables; likewise
 *   waiters.lock the queue of calls that wait for capacity; likewise
 */
#ifndef ENGINE_TABLE_STATE_H
#define ENGINE_TABLE_STATE_H

#include <stdatomic.h>
#include <uthash.h>

#include "engine/base/thread.h"
#include "engine/crypt/keys.h"
#include "engine/crypt/users.h"
#include "engine/change.h"
#include "engine/store/store.h"
#include "engine/table.h"
#include "engine/table/meter.h"

#define UUID_TEXT 37
#define REGION_TEXT 32
#define ACCOUNT_TEXT 13

struct counts {
	uint64_t items, bytes, text_bytes;
	uint64_t modified_ns;
};

/* A secondary index as operations see it. Never changes but for its counts; shared by the sets that hold it. */
struct index_counts {
	uint64_t items, bytes;
};
struct name_list { /* sorted, each once */
	char **names;
	size_t count;
};
struct index {
	_Atomic(uint32_t) refs;
	uint16_t id;
	char name[LIMIT_INDEX_NAME_MAX + 1];
	bool local;
	struct key_schema schema;
	enum projection_type projection;
	struct name_list keys;      /* key attributes of table and index */
	struct name_list projected; /* those and the NonKeyAttributes; with ALL everything is */
	struct index_counts committed; /* guarded by engine->counts_lock */
	struct index_counts pending;   /* writer */
	_Atomic(bool) warned;          /* the log has a word of an entry that leads nowhere */
};

/** The indexes of a table at one moment, sorted by name. Counted references; never changes. */
struct index_entry {
	struct index *x;
	enum index_status status;
};
struct index_set {
	_Atomic(uint32_t) refs;
	bool local; /* one of them is */
	size_t count;
	struct index_entry entries[];
};
#define INDEX_COLLECTIONS UINT16_MAX /* in the place of an index id: sizes of item collections */
#define INDEX_IDS_MAX (UINT16_MAX - 1)

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
	_Atomic(bool) closed; /* CREATING or DELETING: no operations on items */
	_Atomic(struct data_key *) key; /* opened at first use; freed with the table */

	struct mutex lock;
	struct table_def def GUARDED_BY(lock);
	uint64_t changed_ns GUARDED_BY(lock);
	enum table_state state GUARDED_BY(lock);
	uint64_t until_ns GUARDED_BY(lock); /* the machine's clock: when the state ends */

	struct table_meters meters; /* follow the definition; engine/table/meter.h */

	struct index_set *indexes GUARDED_BY(lock); /* as committed; NULL: none. index_set_of() gives a reference */
	uint16_t last_index_id;                     /* last one given. Under engine->ddl */

	struct counts committed; /* guarded by engine->counts_lock */

	/* writer: */
	struct counts pending;
	struct index_set *writing; /* as the transaction under way has it; borrowed */
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
	bool incomplete; /* a table's record was broken */
};

#define LISTENERS_MAX 4
struct engine;
typedef bool background_fn(struct engine *e);

struct engine {
	char *path;
	char store_id[UUID_TEXT];
	struct store *store;
	struct masters *masters;
	struct users *users;
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
	struct {
		table_change_fn *fn;
		void *arg;
	} table_listeners[LISTENERS_MAX];
	size_t table_listener_count;
	struct {
		enum face face;
		settle_fn *fn;
		void *arg;
	} settlers[LISTENERS_MAX];
	size_t settler_count;
	char region[REGION_TEXT], account[ACCOUNT_TEXT];

	uint64_t state_delay_ns;
	struct mutex states_lock;
	pthread_cond_t states_wake;
	pthread_t states;
	bool states_running; /* guarded by ddl */
	bool states_stop GUARDED_BY(states_lock), states_work GUARDED_BY(states_lock);

	bool throttle;                /* capacity is limited, not only counted */
	uint64_t (*meter_ns)(void);   /* the clock of the token buckets */
	struct meter_waiters waiters;

	struct mutex reaper_lock;
	pthread_cond_t reaper_wake;
	pthread_t reaper;
	background_fn *backfill;  /* a step of filling new indexes; false: nothing to do. op/index_backfill.c */
	uint32_t backfill_after; /* the background thread's own: the table that failed last */
	uint64_t collection_max;  /* LIMIT_COLLECTION; tests set another */
	uint64_t reaper_retry_ns; /* a second; tests set less */
	bool reaper_failed, reaper_complained; /* its thread's own */
	bool reaper_running, reaper_stop GUARDED_BY(reaper_lock), reaper_work GUARDED_BY(reaper_lock);
};

/* meta.c: sealed records of STORE_META. Key: one letter, then the table id (big-endian) where there is one. */

enum meta_kind {
	META_STORE_KEY = 'K', /* the wrapped store key: not sealed, it seals itself */
	META_STATE = 'S',     /* sequence, clock, next table id */
	META_TABLE = 'T',     /* a table's record */
	META_COUNTS = 'C',    /* its counts */
	META_DOOMED = 'D',    /* a deleted table whose rows are still being freed */
	META_BACKFILL = 'B',  /* how far the backfill of a table's new index is */
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
void commit_index_counted(struct table *t, struct index *x, int64_t items, int64_t bytes);
void commit_changed(struct engine *e, const struct pending_change *change);
void commit_mark(struct table *t); /* puts the table on the list of what this batch touched */
void commit_finish(struct engine *e);
/** After a change by `by` was committed: the other faces have taken note. Holds no lock. */
void commit_settle(struct engine *e, const struct caller *by);

/* record.c: what stands in META_TABLE. */
struct table_record {
	const struct table_def *def;
	uint64_t changed_ns;
	enum table_state state;
	uint64_t until_ns;
};
enum status table_record_write(
	struct engine *e, struct store_txn *txn, struct table *t, const struct table_record *r, struct err *err);
enum status table_record_read(struct engine *e, uint32_t id, struct slice plain, struct table **ret, struct err *err);
/** Also those of the table's indexes. */
void counts_encode(const struct table *t, struct buf *out);
bool counts_decode(struct slice plain, struct table *t);

/* catalog.c */
struct table *table_new(struct engine *e);
enum status catalog_load(struct engine *e, struct store_txn *txn, struct err *err);
void catalog_add(struct engine *e, struct table *t);
void catalog_remove(struct engine *e, struct table *t);
void catalog_finish(struct engine *e);
/** The definition in memory was replaced: what hangs on it follows. */
void table_def_changed(struct table *t) REQUIRES(t->lock);
struct table *catalog_find(struct engine *e, const char *name); /* a reference, or NULL */
const struct sort_cipher *catalog_sort_cipher(uint32_t table_id, void *engine);
enum status catalog_prepare(uint32_t table_id, void *engine, struct err *err); /* for store_replay() */
/** The table's data key, opened at first use. Errors: ST_KEY_LOCKED, ST_KEY_DESTROYED, ST_CORRUPT, ST_NO_TABLE once it is gone. */
enum status table_use(struct table *t, struct data_key **ret, struct err *err);

/* index_set.c: the indexes that are live, as a value. */
struct index_set *index_set_new(const struct table *t, const struct table_def *def, const struct index_set *old); /* NULL: has none */
struct index_set *index_set_ref(struct index_set *s);
void index_set_unref(struct index_set *s); /* NULL is fine */
struct index_set *index_set_of(struct table *t); /* a reference to what is committed, or NULL */
const struct index_entry *index_set_find(const struct index_set *s, struct slice name);
const struct index_entry *index_set_id(const struct index_set *s, uint16_t id);
void index_set_publish(struct table *t); /* on commit: what was written is what others see */
void index_set_abort(struct table *t);

/* index_ddl.c */
/** To those that have none yet. Under engine->ddl. */
enum status index_ids_give(struct table *t, struct table_def *def, struct err *err);
/** ACTIVE after CREATING; or taken out after DELETING (`gone`). False: it is not in that state. */
bool index_def_close(struct table_def *def, uint16_t id, bool gone);

/* ddl.c: the end of a backfill, or of a deletion (`gone`). ST_NOT_FOUND: the index is not in that state any more. */
enum status table_index_done(struct engine *e, struct table *t, uint16_t id, bool gone, struct err *err);

/* def.c */
enum status table_def_check(const struct table_def *def, struct err *err);

/* ddl.c: changes of the catalog, one at a time. */
/**
 * Changes a definition: `edit` gets a copy of the one that there is now, under the lock that keeps others from changing it, and may refuse. What
 * must not change, and what goes with the changes (counts of decreases, labels, indexes that come and go), is seen to here.
 * Errors: those of `edit`, of table_update(), ST_NO_TABLE.
 */
typedef enum status ddl_edit_fn(const struct table *t, struct table_def *def, void *arg, struct err *err);
enum ddl_mode {
	DDL_TABLE,  /* a change of the table: it must be ACTIVE, and is UPDATING for a while */
	DDL_NOTES, /* what stands beside the table (tags, owner): it may be in any state, and keeps it */
};
enum status ddl_edit(struct engine *e, const struct caller *c, struct table *t, enum ddl_mode mode, ddl_edit_fn *edit, void *arg,
		     struct err *err);
/** Writes the record anew as the table stands, with another state. Caller holds ddl. */
enum status ddl_set_state(struct engine *e, struct table *t, enum table_state state, uint64_t until_ns, struct err *err);
enum status ddl_drop(struct engine *e, const struct caller *c, struct table *t, bool only_if_empty, struct err *err); /* holds ddl */
void ddl_tell(struct engine *e, enum table_change_kind kind, struct table *t, const struct caller *by);
/** ST_TABLE_BUSY unless the table is ACTIVE; while one of its indexes is built or taken away it is UPDATING. */
enum status table_check_active(struct table *t, struct err *err);
/** Whether the table is UPDATING for as long as state_delay_ns says; what the background does for its indexes begins after that. */
bool table_update_lasts(struct table *t);

/* def_settle.c */
/**
 * From one definition to the next: refuses what cannot change, carries over the engine's own part, notes what changes now. Indexes that are not
 * in the new one any more come into it as DELETING, new ones are CREATING with the id 0.
 */
enum status def_settle(const struct table_def *old, struct table_def *def, uint64_t now_ns, struct err *err);
uint32_t throughput_decreases_today(const struct throughput_history *h, uint64_t now_ns);

/* states.c: states that take time end by themselves. */
void states_begin(struct engine *e); /* there is one that will end; caller holds ddl */
void states_resume(struct engine *e); /* those that an earlier process left */
void states_finish(struct engine *e);

/* reaper.c: frees the rows of deleted tables. */
enum status reaper_start(struct engine *e, struct err *err);
void reaper_poke(struct engine *e);
/** What a step of the background thread says when it fails: one word in the log, and it is tried again. */
void background_failed(struct engine *e, const char *what, const struct err *err);
void reaper_finish(struct engine *e);

#endif
