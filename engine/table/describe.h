/** The API's description of a table, as DescribeTable and every reply that shows a table has it. */
#ifndef ENGINE_TABLE_DESCRIBE_H
#define ENGINE_TABLE_DESCRIBE_H

#include <cjson/cJSON.h>

#include "engine/table.h"

/**
 * A TableDescription; the caller deletes it. `shown`: the state to show, where it is not the one that the table is in: the reply of DeleteTable says
 * DELETING of a table that may be gone when it arrives. TABLE_ACTIVE: the one that it is in.
 */
cJSON *table_description(struct table *t, enum table_state shown);

/** Appends {"member": description} as compact JSON. */
void table_reply(struct table *t, enum table_state shown, const char *member, struct buf *out);
/** Appends a document as compact JSON, and deletes it. */
void document_reply(cJSON *document, struct buf *out);

/** Seconds since 1970 with three decimals, as the API has times. */
void json_add_time(cJSON *o, const char *name, uint64_t ns);

#endif
