/**
 * The front door: make, open and close a store.
 *
 * One process has a store open at a time (ST_STORE_BUSY for a second one), and opens it once. After fork() the child must not touch the
 * engine: open it after the last fork.
 *
 * A store on disk: store.json (format, id, defaults; nothing secret), keyring (engine/keyring.h), data.mdb and lock.mdb, checkpoint.
 * Layout: engine/README.md.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/change.h"
#include "engine/keyring.h"
#include "engine/op.h"
#include "engine/status.h"
#include "engine/table.h"

struct engine_options {
	const char *path;
	const struct unlock *unlock; /* borrowed for the call */
	uint64_t map_size;           /* bytes; 0: 1 TiB. The most that the store can grow to. */
	bool read_only;
	uint64_t state_delay_ms; /* how long tables stay CREATING, UPDATING, DELETING; 0: no time */
	bool no_throttle;        /* capacity is counted, never refused (engine/capacity.h) */
};

/** Where a store says that it is: the part of its tables' ARNs that names do not tell. NULL: the default. Kept in store.json. */
struct engine_place {
	const char *region;  /* "us-east-1" */
	const char *account; /* "000000000000" */
};

/**
 * Makes a store in the directory `path` (created 0700, parents must exist; an existing directory must be empty) and its keyring.
 * Errors: ST_STORE_EXISTS, ST_IO, ST_FULL, ST_UNSUPPORTED (a network file system).
 */
MUST_CHECK enum status engine_create(const char *path, const struct unlock *unlock, struct err *err);
/** With a place of its own. Errors: ST_USAGE too (not a region, an account that is not 12 digits). */
MUST_CHECK enum status engine_create_at(
	const char *path, const struct unlock *unlock, const struct engine_place *place, struct err *err);

/**
 * Errors: ST_NO_STORE, ST_STORE_BUSY, ST_STORE_FORMAT (tells both versions), ST_WRONG_KEY, ST_KEYRING, ST_STRUCTURE, ST_IO.
 * After a loss of power the store comes back as of its last checkpoint: everything that op_sync() or COMMIT_DURABLE acknowledged.
 */
MUST_CHECK enum status engine_open(const struct engine_options *o, struct engine **ret, struct err *err);

/** Makes everything durable, stops the threads, wipes the keys. NULL is fine. Errors of the last sync go to the log. */
void engine_close(struct engine *e);

/** Tells fn of every change from now on. One listener a face, at most 4, set before the face starts. */
void engine_on_change(struct engine *e, change_fn *fn, void *arg);

/** Tells fn of every change of a table. Likewise. */
void engine_on_table(struct engine *e, table_change_fn *fn, void *arg);

/**
 * What other faces than `face` change is acknowledged only after fn has returned, so that whoever was told of it sees it through `face`, too. One a face,
 * set before the face starts.
 */
void engine_on_settle(struct engine *e, enum face face, settle_fn *fn, void *arg);

/**
 * What was registered with this arg is called no more, also not by what goes on behind the scenes. Items must not be changed through another face
 * meanwhile.
 */
void engine_forget_listener(struct engine *e, const void *arg);

struct engine_status {
	char store_id[37];
	uint32_t format;
	uint64_t tables, items, item_bytes;
	uint64_t sequence;      /* last version given */
	uint64_t map_bytes, used_bytes; /* of the map; used: pages in use times their size */
	uint64_t disk_free_bytes;
	uint64_t commits, synced_commits; /* since open */
	const char *cipher;     /* "AES-256-GCM" or "XChaCha20-Poly1305" */
	bool damaged;           /* structure damage seen: writes are refused */
};
void engine_get_status(struct engine *e, struct engine_status *ret);

/** Region and account of this store's ARNs; borrowed. */
struct engine_place engine_place(const struct engine *e);

/** The directory that the store is in; borrowed. */
const char *engine_path(const struct engine *e);

#endif
