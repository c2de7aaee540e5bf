/**
 * What one call uses, noted while it runs: bytes read and written, table by table and index by index, as units. And whether it may: the one place
 * where capacity limits.
 *
 * An operation that reads or changes items owns a struct usage and runs its function through usage_read() or usage_write(). Whoever touches rows
 * on its behalf first asks usage_admit() and then notes what was used: change.c for writes, the operations themselves for reads. Indexes are named by
 * the id of their rows; 0 is the table. A function of the store may run twice: the notes of the first run are dropped.
 *
 * A function that is told to stop returns that status before it writes anything. A caller that came through files then waits for the capacity that
 * was missing, outside of the store's transaction, and the function runs again.
 * Locks: none, but for usage_give(), which takes table.lock, and the waiters' own.
 */
#ifndef ENGINE_OP_USAGE_H
#define ENGINE_OP_USAGE_H

#include "engine/capacity.h"
#include "engine/table/state.h"

struct usage_row {
	struct table *table; /* borrowed from the request */
	uint16_t index;
	struct units units, promised;
};

#define USAGE_ROWS 3 /* without a heap block: a table and two indexes */
/** Zeroed with `by` set, or usage_init(). */
struct usage {
	const struct caller *by; /* NULL: nobody who would wait */
	bool transactional;      /* each write counts twice */
	bool unlimited;          /* counted only */
	struct meter *starved;   /* what had no capacity left, when usage_admit() last refused */
	struct meter_turn turn;
	struct usage_row *more;
	size_t n, more_cap;
	struct usage_row some[USAGE_ROWS];
};

/** For who is in a hurry: leaves rows as they are, which are written before they are read. */
static inline void usage_init(struct usage *u, const struct caller *by)
{
	u->by = by;
	u->transactional = u->unlimited = false;
	u->starved = NULL;
	u->turn.meter = NULL;
	u->more = NULL;
	u->n = u->more_cap = 0;
}

/** Notes units. A NULL usage is fine: nobody counts. */
void usage_add_read(struct usage *u, struct table *t, uint16_t index, uint64_t bytes, enum read_kind kind);
/** `bytes`: of the greater of what was there and what is there now; 0 (nothing was there) is one unit. An entry that moves is two writes. */
void usage_add_write(struct usage *u, struct table *t, uint16_t index, uint64_t bytes);

/**
 * Whether the call may use the table or index. Errors: ST_THROTTLED, ST_REQUEST_RATE, with the service's words.
 */
enum status usage_admit(struct usage *u, struct table *t, uint16_t index, enum meter_use use, struct err *err);
/** False: usage_admit() would let it in whatever was used. For who has to find out first what would be touched. */
bool usage_may_refuse(const struct usage *u, struct table *t, uint16_t index, enum meter_use use);
static inline bool usage_refused(enum status st)
{
	return st == ST_THROTTLED || st == ST_REQUEST_RATE;
}

/** Of a batch: what an item will use is no longer there for the next one. */
void usage_promise_read(struct usage *u, struct table *t, uint64_t bytes, enum read_kind kind);
void usage_promise_write(struct usage *u, struct table *t, uint64_t bytes);

/** Drops all notes. */
void usage_reset(struct usage *u);

/** Runs fn over a snapshot, or in a write transaction; the notes are then those of the run that counted, whatever it returned. */
enum status usage_read(struct usage *u, struct engine *e, store_fn *fn, void *arg, struct err *err);
enum status usage_write(struct usage *u, struct engine *e, store_fn *fn, void *arg, enum store_commit commit, struct err *err);

/** Adds the notes to the caller's list (may be NULL) and lets go of them. The last thing that an operation does. */
void usage_give(struct usage *u, struct consumed_list *list);

#endif
