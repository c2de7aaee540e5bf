/** What the operations on tables share: the request's document, and the table that it names. */
#ifndef ENGINE_OP_TABLES_H
#define ENGINE_OP_TABLES_H

#include "engine/op_table.h"
#include "engine/table/describe.h"
#include "engine/table/shapes.h"

/**
 * The request's document, checked against the shape; the caller deletes it. An ARN as TableName is replaced by the name in it.
 * Errors: ST_SYNTAX, ST_VALIDATION, ST_DENIED (the ARN of somebody else's table).
 */
MUST_CHECK enum status tables_request(
	struct engine *e, struct slice request, const struct shape *shape, cJSON **ret, struct err *err);

/** Such a document of one table, and a reference to it. */
struct tables_named {
	cJSON *document;
	struct table *table;
};
MUST_CHECK enum status tables_named(
	struct engine *e, struct slice request, const struct shape *shape, struct tables_named *ret, struct err *err);
void tables_named_finish(struct tables_named *n);

#endif
