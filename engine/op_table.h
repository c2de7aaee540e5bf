/**
 * The operations on tables, in the API's own documents: the JSON text of a request in, that of the reply out.
 *
 * Tables are described in JSON wherever they are seen: by the API, in .schema.json, in the catalog. So these operations take and give JSON, and a
 * face has nothing to translate. `request` is one JSON object in strict JSON (json_scan()); members that the operation does not know are ignored, as
 * the service does; one of the wrong type is ST_SYNTAX. The reply, compact JSON, is appended; nothing on failure. Numbers in these documents
 * fit a double. Where the service takes a table's name it takes its ARN, too.
 *
 * Locks: as in op.h.
 * Source: DynamoDB API Reference, the operation of each function's name.
 */
#ifndef ENGINE_OP_TABLE_H
#define ENGINE_OP_TABLE_H

#include "engine/caller.h"
#include "engine/table.h"

/** One operation on documents. */
typedef enum status document_op(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err);

document_op op_create_table, op_describe_table, op_update_table, op_delete_table, op_list_tables;
document_op op_tag_resource, op_untag_resource, op_list_tags_of_resource;
document_op op_update_time_to_live, op_describe_time_to_live;
document_op op_describe_limits;

/** A reference by name or ARN. Errors: ST_NO_TABLE; ST_VALIDATION (neither a name nor an ARN of a table of this store). */
MUST_CHECK enum status table_open_named(struct engine *e, struct slice name_or_arn, struct table **ret, struct err *err);

#endif
