/**
 * Capacity units, as DynamoDB counts them: exact in a double, since a half is the smallest.
 *
 * Bytes are DynamoDB's item sizes (struct item_meta, size): of a query or scan the sum of what was examined, else of one item. The least is
 * one unit's worth, also for what is not there.
 * Locks: none.
 * Source: DynamoDB Developer Guide, "Read and write operations" (capacity unit consumption).
 */
#ifndef ENGINE_CAPACITY_H
#define ENGINE_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/table.h"

#define CAPACITY_READ_BYTES 4096
#define CAPACITY_WRITE_BYTES 1024

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
	struct table *table;            /* borrowed from the request */
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

#endif
