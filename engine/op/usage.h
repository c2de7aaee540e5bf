/**
 * What one call uses, noted while it runs: bytes read and written, table by table and index by index, as units.
 *
 * An operation that reads or changes items owns a struct usage and runs its function through usage_read() or usage_write(). Whoever touches rows
 * on its behalf notes it: change.c for writes, the operations themselves for reads. Indexes are named by the id of their rows; 0 is the table.
 * A function of the store may run twice: the notes of the first run are dropped.
 * Locks: none, but for usage_give(), which takes table.lock.
 */
#ifndef ENGINE_OP_USAGE_H
#define ENGINE_OP_USAGE_H

#include "engine/capacity.h"
#include "engine/table/state.h"

struct usage_row {
	struct table *table; /* borrowed from the request */
	uint16_t index;
	struct units units;
};

#define USAGE_ROWS 3 /* without a heap block: a table and two indexes */
struct usage {
	bool transactional; /* each write counts twice */
	struct usage_row some[USAGE_ROWS], *more;
	size_t n, more_cap;
};

/** Notes units. A NULL usage is fine: nobody counts. */
void usage_add_read(struct usage *u, struct table *t, uint16_t index, uint64_t bytes, enum read_kind kind);
/** `bytes`: of the greater of what was there and what is there now; 0 (nothing was there) is one unit. An entry that moves is two writes. */
void usage_add_write(struct usage *u, struct table *t, uint16_t index, uint64_t bytes);

/** Drops all notes. */
void usage_reset(struct usage *u);

/** Runs fn over a snapshot, or in a write transaction; the notes are then those of the run that counted, whatever it returned. */
enum status usage_read(struct usage *u, struct engine *e, store_fn *fn, void *arg, struct err *err);
enum status usage_write(struct usage *u, struct engine *e, store_fn *fn, void *arg, enum store_commit commit, struct err *err);

/** Adds the notes to the caller's list (may be NULL) and lets go of them. The last thing that an operation does. */
void usage_give(struct usage *u, struct consumed_list *list);

#endif
