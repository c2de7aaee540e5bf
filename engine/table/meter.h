/**
 * Token buckets and counters: what a table or a global index may use in a second, what it used, and who waits for it.
 *
 * A bucket of rate r (units a second) holds at most what r gives in CAPACITY_BURST_S, and begins full. It is one number: the time at which it is full
 * again. Taking u units moves that time by u/r; the bucket is empty while that time is CAPACITY_BURST_S or more ahead. So refilling costs nothing, and a
 * bucket without a limit (rate 0) costs one addition for its counter.
 * Whoever finds a bucket not empty is let in; what he used is taken afterwards, also where it is more than there is.
 *
 * Time is the engine's monotonic clock in ns, given by the caller.
 * Locks: none but waiters.lock, a leaf, in meter_wait() and meter_leave().
 */
#ifndef ENGINE_TABLE_METER_H
#define ENGINE_TABLE_METER_H

#include <stdatomic.h>

#include "engine/base/thread.h"
#include "engine/caller.h"
#include "engine/capacity.h"
#include "engine/table.h"

enum meter_use { METER_READ, METER_WRITE };

struct meter {
	_Atomic(uint64_t) rate;      /* units a second; 0: no limit */
	_Atomic(uint64_t) full_at;   /* ns */
	_Atomic(bool) on_demand;     /* the rate is a maximum that somebody set, not what was provisioned */
	_Atomic(uint64_t) used;      /* half units, since the store was opened */
	_Atomic(uint64_t) throttled; /* calls that were refused or had to wait */
	_Atomic(uint32_t) waiting;   /* calls in the queue */
};

void meter_set_rate(struct meter *m, uint64_t rate, bool on_demand, uint64_t now_ns);
/** Whether more than `promised` units are left. */
bool meter_has(const struct meter *m, double promised, uint64_t now_ns);
/** When it is no longer empty; not later than now_ns if it is not. */
uint64_t meter_ready_at(const struct meter *m);
void meter_take(struct meter *m, double units, uint64_t now_ns);
void meter_count(struct meter *m, double units);

/* Of a table */

struct index_meter {
	uint16_t id; /* of its rows */
	bool local;  /* uses the table's capacity */
	char name[LIMIT_INDEX_NAME_MAX + 1];
	struct meter use[2];
	_Atomic(struct index_meter *) next;
};

/** The part of struct table. Index meters are made when an index is, and live as long as the table: readers go through them without a lock. */
struct table_meters {
	struct meter use[2];
	_Atomic(struct index_meter *) indexes;
};

void table_meters_follow(struct table_meters *m, const struct table_def *def, uint64_t now_ns); /* one caller at a time: table.lock */
void table_meters_finish(struct table_meters *m);
struct index_meter *table_meters_index(struct table_meters *m, uint16_t id); /* NULL: there was never such an index */

/* Waiting */

/** One call's place in the queue of a meter. Zeroed: in none. */
struct meter_turn {
	struct meter *meter;
	pthread_cond_t wake;
	struct meter_turn *prev, *next;
};

struct meter_waiters {
	struct mutex lock;
	struct meter_turn *first GUARDED_BY(lock); /* of all meters, in the order in which they came */
	size_t count GUARDED_BY(lock);
};
void meter_waiters_init(struct meter_waiters *w);
void meter_waiters_finish(struct meter_waiters *w);

/** Whether a call with this turn may go ahead: nobody waits, or it is the first of those who do. */
bool meter_is_turn(const struct meter *m, const struct meter_turn *turn);

/**
 * Queues for `m` (where `turn` does not yet) and waits until the meter is not empty and the turn has come; the turn then stays at the head of its queue
 * until meter_leave(), so that the next one sees what this one took. Wakes up now and then to ask whether the caller is still interested.
 * Errors: ST_THROTTLED (not before `until_ns` of clock_monotonic_ns(), or too many wait); ST_INTERRUPTED. The turn is then left.
 */
enum status meter_wait(struct meter_waiters *w, struct meter *m, struct meter_turn *turn, const struct caller *c, uint64_t until_ns,
		       uint64_t (*clock_ns)(void));
void meter_leave(struct meter_waiters *w, struct meter_turn *turn);

#endif
