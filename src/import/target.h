/**
 * Where imported items go: the store itself, or, while that is mounted and so belongs to another process, its mount.
 *
 * The store takes batches in one transaction each; the mount takes files one by one, which is slower but the same to its readers.
 */
#ifndef SRC_IMPORT_TARGET_H
#define SRC_IMPORT_TARGET_H

#include "engine/table.h"
#include "src/config.h"

struct target;

struct target_plan {
	const struct settings *settings; /* how to unlock */
	const char *store;               /* absolute; of a store or of a mount */
	const char *table;
	const struct key_schema *schema; /* the table is made with it when it is not there; NULL: it must be there */
};

/** Errors: those of engine_open(), table_create(); ST_NO_TABLE; ST_VALIDATION (the table has other keys). */
MUST_CHECK enum status target_open(const struct target_plan *plan, struct target **ret, struct err *err);
/** NULL is fine. */
void target_close(struct target *t);

const struct key_schema *target_schema(const struct target *t);

/** The directory of the mount that is written through, or NULL. */
const char *target_mount(const struct target *t);

/**
 * Puts n items, at most OP_PUT_MANY_MAX. On failure *ret_done of them, the first ones, are in, and *ret_failed is the one that was refused (n:
 * nothing in particular).
 */
MUST_CHECK enum status target_put(
	struct target *t, const struct slice *items, size_t n, size_t *ret_done, size_t *ret_failed, struct err *err);

/** Waits until all of it is on disk. */
MUST_CHECK enum status target_sync(struct target *t, struct err *err);

#endif
