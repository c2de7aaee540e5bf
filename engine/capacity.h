/**
 * Capacity units, as DynamoDB counts them: exact in a double, since a half is the smallest.
 *
 * Bytes are DynamoDB's item sizes (struct item_meta, size): of a query or scan the sum of what was examined, else of one item. The least is
 * one unit's worth, also for what is not there.
 *
 * Tables and global indexes with a limit (provisioned throughput; on demand a maximum, where one is set) have a token bucket for reads and one for
 * writes: it gets the limit's units each second, holds CAPACITY_BURST_S seconds' worth and begins full. A call is let in while the bucket is not empty, and
 * what it used is taken afterwards. Else it is refused: ST_THROTTLED, on demand ST_REQUEST_RATE. Calls that came through files (FACE_FS) wait for up to
 * CAPACITY_WAIT_S seconds before that, those of the same bucket in turn, a few at a time. Local indexes use the table's capacity. Looks (op_get(), listings) and
 * op_put_many() use none, or are counted only, see there.
 * Locks: none, but for table_get_stats() (table.lock).
 * Source: DynamoDB Developer Guide, "Read and write operations" (capacity unit consumption), "Burst capacity".
 */
#ifndef ENGINE_CAPACITY_H
#define ENGINE_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/table.h"

#define CAPACITY_READ_BYTES 4096
#define CAPACITY_WRITE_BYTES 1024
#define CAPACITY_BURST_S 300    /* what a bucket holds, in seconds of its limit */
#define CAPACITY_WAIT_S 10      /* the longest wait of a call through files */
#define CAPACITY_WAITERS_MAX 16 /* calls that wait at once, in one store; each may hold a thread of its face */

enum read_kind { READ_EVENTUAL, READ_CONSISTENT, READ_TRANSACTIONAL };

/** 0.5, 1 or 2 for every 4 KB begun. */
double capacity_read(uint64_t bytes, enum read_kind kind);

/** 1 for every KB begun, 2 in a transaction. `bytes`: the greater of the sizes before and after. */
double capacity_write(uint64_t bytes, bool transactional);

struct units {
	double read, write;
};

/** What one call used of one table: ReturnConsumedCapacity. */
struct consumed_index {
	char name[LIMIT_INDEX_NAME_MAX + 1];
	bool local;
	struct units units;
};
struct consumed {
	struct table *table;            /* a reference of the list's own: statements open their tables themselves */
	struct units own;               /* of the table itself, without its indexes */
	struct consumed_index *indexes; /* those that were used, in the order of their first use */
	size_t index_count;
};

/**
 * What a call used, table by table in the order of first use. Requests take one (NULL: not wanted), zeroed or with what earlier calls used: they add.
 * Filled on success, and where the service counts failed requests too: a write whose condition was false has used its units.
 */
struct consumed_list {
	struct consumed *tables;
	size_t count;
};
void consumed_finish(struct consumed_list *list); /* frees; the list is then empty */
struct consumed *consumed_of(
	struct consumed_list *list, struct table *t); /* its entry, made if need be; valid until the next call */
struct units *consumed_index(struct consumed *c, const char *name, bool local); /* likewise of an index */
struct units consumed_total(const struct consumed *c);                          /* the table and its indexes together */


/** What was used of a table or an index since the store was opened. */
struct meter_stats {
	char index[LIMIT_INDEX_NAME_MAX + 1]; /* empty: the table itself, without its indexes */
	bool local;
	struct units used;
	uint64_t throttled_reads, throttled_writes; /* calls, or items of a batch, that were refused or had to wait */
};
/** The table first, then its present indexes in the order of its definition. Zeroed before; table_stats_finish() after. */
struct table_stats {
	struct meter_stats *meters;
	size_t count;
};
void table_get_stats(struct table *t, struct table_stats *ret);
void table_stats_finish(struct table_stats *s);

#endif
