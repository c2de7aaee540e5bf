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

#define CAPACITY_READ_BYTES 4096
#define CAPACITY_WRITE_BYTES 1024

enum read_kind { READ_EVENTUAL, READ_CONSISTENT, READ_TRANSACTIONAL };

/** 0.5, 1 or 2 for every 4 KB begun. */
double capacity_read(uint64_t bytes, enum read_kind kind);

/** 1 for every KB begun, 2 in a transaction. `bytes`: the greater of the sizes before and after. */
double capacity_write(uint64_t bytes, bool transactional);

#endif
