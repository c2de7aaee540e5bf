/** Writes items through a mount: the way in while the store belongs to the process that serves it. */
#ifndef SRC_IMPORT_THROUGH_H
#define SRC_IMPORT_THROUGH_H

#include "engine/table.h"

struct through {
	char *mount;
	struct table_def def;
	struct buf path, text; /* reused */
	size_t table_len;      /* of the table's path, at the front of `path` */
};

/** Errors: ST_NO_TABLE (through_create() may follow), ST_IO. */
MUST_CHECK enum status through_open(struct through *t, const char *mount, const char *table, struct err *err);
/** Takes over `def`. */
MUST_CHECK enum status through_create(struct through *t, const struct table_def *def, struct err *err);
void through_close(struct through *t);

/** Puts one item. Errors: ST_VALIDATION (the mount refused it; the text says why), ST_FULL, ST_IO. */
MUST_CHECK enum status through_put(struct through *t, struct slice item, struct err *err);
MUST_CHECK enum status through_sync(struct through *t, struct err *err);

#endif
