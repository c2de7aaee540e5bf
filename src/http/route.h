/** One row an operation: what X-Amz-Target names, and who answers. */
#ifndef SRC_HTTP_ROUTE_H
#define SRC_HTTP_ROUTE_H

#include "engine/engine.h"
#include "engine/op_table.h"

/** One request, as the operations see it. */
struct http_call {
	struct engine *engine;
	struct caller caller;
	struct slice host; /* by which the client calls us, "127.0.0.1:8000" */
	struct slice body; /* the request: one JSON object, checked by json_scan() */
	struct buf *reply; /* appended to: the JSON of the reply. What is there after a failure is thrown away. */
	struct buf *
		failure; /* appended to on failure: further members of the error's JSON, such as "Item":{...}, without comma around */
};

typedef enum status http_op(struct http_call *call, struct err *err);

struct route {
	const char *name;      /* "PutItem" */
	http_op *op;           /* or */
	document_op *document; /* an operation that speaks JSON itself; neither: the service has it, and it is not there yet */
	bool quick; /* only reads, and briefly: the event loop itself answers. Others get a thread of their own, since they wait for the disk. */
};

/** `target`: the value of X-Amz-Target, "DynamoDB_20120810.PutItem". NULL: ST_UNKNOWN_OPERATION. */
const struct route *route_find(struct slice target);

/* ops/: one operation a file */
http_op http_put_item, http_get_item, http_update_item, http_delete_item, http_query, http_scan, http_batch_get_item,
	http_batch_write_item, http_transact_write_items, http_transact_get_items, http_execute_statement,
	http_batch_execute_statement, http_execute_transaction, http_describe_endpoints;

#endif
