/** Reads sources, checks, batches, puts; keeps account of what was refused. */
#ifndef SRC_IMPORT_IMPORTER_H
#define SRC_IMPORT_IMPORTER_H

#include <signal.h>
#include <stdio.h>

#include "engine/op.h"
#include "src/import/progress.h"
#include "src/import/source.h"
#include "src/import/target.h"

/** Items in one transaction: large enough that its cost is shared, small enough that others get their turn. */
#define IMPORT_BATCH OP_PUT_MANY_MAX
#define IMPORT_BATCH_BYTES (8u << 20)
#define IMPORT_REJECTS_SHOWN 10

struct importer {
	struct target *target;
	FILE *rejects_file; /* NULL: the first IMPORT_REJECTS_SHOWN go to standard error */
	struct progress progress;
	struct record batch[IMPORT_BATCH]; /* batch[count] is being read */
	size_t count;
	size_t batch_bytes;
	uint64_t items, rejects;
	uint64_t bytes; /* of the sources that are done */
	volatile sig_atomic_t *stop;
};

void importer_finish(struct importer *im);

/** Puts everything that the source holds, but for what is refused; the last of it waits for importer_end(). Errors: those that end the import: the store's, a source that cannot be
 * read, ST_INTERRUPTED. What is in by then stays in. */
MUST_CHECK enum status importer_take(struct importer *im, struct source *source, struct err *err);

/** Puts what waits and makes all of it durable. */
MUST_CHECK enum status importer_end(struct importer *im, struct err *err);

#endif
