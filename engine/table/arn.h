/** ARNs of this store's tables: arn:aws:dynamodb:REGION:ACCOUNT:table/NAME, and what hangs below one. Source: Service Authorization Reference. */
#ifndef ENGINE_TABLE_ARN_H
#define ENGINE_TABLE_ARN_H

#include "engine/base/buf.h"
#include "engine/status.h"

struct engine;

/** Appends the ARN of the table, and after it "/" and what is below, if anything: "index/NAME", "stream/LABEL". */
void arn_of_table(const struct engine *e, const char *table, const char *below, const char *name, struct buf *out);
/** Appends the ARN of a KMS key of this store's account. A name that is an ARN already stays as it is. */
void arn_of_key(const struct engine *e, const char *key, struct buf *out);

bool arn_is(struct slice text); /* begins as an ARN does */
/**
 * The name of the table that an ARN names, borrowed from it: nothing of it says that there is such a table. Errors: ST_VALIDATION (no ARN of a
 * table, another region), ST_DENIED (another service or account).
 */
MUST_CHECK enum status arn_table_name(const struct engine *e, struct slice arn, struct slice *ret, struct err *err);

#endif
