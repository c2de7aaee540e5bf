/**
 * What the operations on items share: a request's members with the service's checks, its expressions, the parts of a reply.
 *
 *   struct wire *w = wire_begin(call, err);
 *   st = wire_take(w, &shape, &r, &legacy);       members and their JSON types, attribute values (their faults kept for later), constraints
 *   ...                                           the operation's own rules, in the service's order
 *   return wire_end(w, st);                       frees everything below
 *
 * A body was found good by json_scan(). Nothing of an item becomes a tree: members are slices of the body, attribute values go straight to their
 * binary form.
 *
 * Lifetime: everything that these functions return lives until wire_end().
 * Locks: none; a struct wire belongs to its thread.
 * Source: DynamoDB API Reference, the operations and their data types.
 */
#ifndef SRC_HTTP_WIRE_H
#define SRC_HTTP_WIRE_H

#include "engine/json.h"
#include "engine/op.h"
#include "src/http/route.h"

/* Members */

#define WIRE_NS "com.amazonaws.dynamodb.v20120810."
#define WIRE_MAP_OF(of) "java.util.Map<java.lang.String, " of ">"
#define WIRE_LIST_OF(of) "java.util.List<" of ">"
#define WIRE_VALUE WIRE_NS "AttributeValue"

/** Identifier, name, what stands there, of what. The order is the one in which messages list them. */
#define WIRE_MEMBERS(X) \
	X(REQUEST_ITEMS, "RequestItems", MAP, WIRE_MAP_OF(WIRE_NS "KeysAndAttributes")) \
	X(WRITE_ITEMS, "RequestItems", MAP, WIRE_MAP_OF(WIRE_LIST_OF(WIRE_NS "WriteRequest"))) \
	X(TRANSACT_ITEMS, "TransactItems", LIST, WIRE_LIST_OF(WIRE_NS "TransactWriteItem")) \
	X(TRANSACT_STATEMENTS, "TransactStatements", LIST, WIRE_LIST_OF(WIRE_NS "ParameterizedStatement")) \
	X(STATEMENTS, "Statements", LIST, WIRE_LIST_OF(WIRE_NS "BatchStatementRequest")) \
	X(STATEMENT, "Statement", STRING, NULL) \
	X(PARAMETERS, "Parameters", LIST, WIRE_LIST_OF(WIRE_VALUE)) \
	X(TABLE_NAME, "TableName", STRING, NULL) \
	X(INDEX_NAME, "IndexName", STRING, NULL) \
	X(KEYS, "Keys", LIST, WIRE_LIST_OF(WIRE_MAP_OF(WIRE_VALUE))) \
	X(KEY, "Key", MAP, WIRE_MAP_OF(WIRE_VALUE)) \
	X(ITEM, "Item", MAP, WIRE_MAP_OF(WIRE_VALUE)) \
	X(ATTRIBUTES_TO_GET, "AttributesToGet", LIST, WIRE_LIST_OF("java.lang.String")) \
	X(SCAN_FILTER, "ScanFilter", MAP, WIRE_MAP_OF(WIRE_NS "Condition")) \
	X(QUERY_FILTER, "QueryFilter", MAP, WIRE_MAP_OF(WIRE_NS "Condition")) \
	X(ATTRIBUTE_UPDATES, "AttributeUpdates", MAP, WIRE_MAP_OF(WIRE_NS "AttributeValueUpdate")) \
	X(EXPECTED, "Expected", MAP, WIRE_MAP_OF(WIRE_NS "ExpectedAttributeValue")) \
	X(CONDITIONAL_OPERATOR, "ConditionalOperator", STRING, NULL) \
	X(KEY_CONDITIONS, "KeyConditions", MAP, WIRE_MAP_OF(WIRE_NS "Condition")) \
	X(PROJECTION_EXPRESSION, "ProjectionExpression", STRING, NULL) \
	X(FILTER_EXPRESSION, "FilterExpression", STRING, NULL) \
	X(UPDATE_EXPRESSION, "UpdateExpression", STRING, NULL) \
	X(CONDITION_EXPRESSION, "ConditionExpression", STRING, NULL) \
	X(KEY_CONDITION_EXPRESSION, "KeyConditionExpression", STRING, NULL) \
	X(NAMES, "ExpressionAttributeNames", MAP, WIRE_MAP_OF("java.lang.String")) \
	X(VALUES, "ExpressionAttributeValues", MAP, WIRE_MAP_OF(WIRE_VALUE)) \
	X(CONSISTENT_READ, "ConsistentRead", BOOLEAN, NULL) \
	X(SCAN_INDEX_FORWARD, "ScanIndexForward", BOOLEAN, NULL) \
	X(SELECT, "Select", STRING, NULL) \
	X(LIMIT, "Limit", INTEGER, NULL) \
	X(SEGMENT, "Segment", INTEGER, NULL) \
	X(TOTAL_SEGMENTS, "TotalSegments", INTEGER, NULL) \
	X(START_KEY, "ExclusiveStartKey", MAP, WIRE_MAP_OF(WIRE_VALUE)) \
	X(NEXT_TOKEN, "NextToken", STRING, NULL) \
	X(RETURN_CONSUMED_CAPACITY, "ReturnConsumedCapacity", STRING, NULL) \
	X(RETURN_ITEM_COLLECTION_METRICS, "ReturnItemCollectionMetrics", STRING, NULL) \
	X(RETURN_VALUES, "ReturnValues", STRING, NULL) \
	X(RETURN_VALUES_ON_FAILURE, "ReturnValuesOnConditionCheckFailure", STRING, NULL) \
	X(CLIENT_REQUEST_TOKEN, "ClientRequestToken", STRING, NULL) \
	X(PUT_REQUEST, "PutRequest", STRUCTURE, "class " WIRE_NS "PutRequest") \
	X(DELETE_REQUEST, "DeleteRequest", STRUCTURE, "class " WIRE_NS "DeleteRequest") \
	X(CONDITION_CHECK, "ConditionCheck", STRUCTURE, "class " WIRE_NS "ConditionCheck") \
	X(PUT, "Put", STRUCTURE, "class " WIRE_NS "Put") \
	X(DELETE, "Delete", STRUCTURE, "class " WIRE_NS "Delete") \
	X(UPDATE, "Update", STRUCTURE, "class " WIRE_NS "Update") \
	X(GET, "Get", STRUCTURE, "class " WIRE_NS "Get") \
	X(COMPARISON_OPERATOR, "ComparisonOperator", STRING, NULL) \
	X(ATTRIBUTE_VALUE_LIST, "AttributeValueList", LIST, WIRE_LIST_OF(WIRE_VALUE)) \
	X(VALUE, "Value", STRUCTURE, "class " WIRE_VALUE) \
	X(EXISTS, "Exists", BOOLEAN, NULL) \
	X(ACTION, "Action", STRING, NULL)

enum wire_member {
#define X(id, ...) M_##id,
	WIRE_MEMBERS(X)
#undef X
	M_COUNT
};
#define WIRE_BIT(id) (UINT64_C(1) << M_##id)
_Static_assert(M_COUNT <= 64, "a shape has a bit for each member");

/** What a request, or a structure in it, may have and must have. Other members are ignored, as the service does. */
struct wire_shape {
	uint64_t members, required;
};

/** A map of attribute values, read. */
struct wire_map {
	struct slice item;       /* in binary form; empty: the request has none */
	const struct err *fault; /* what is wrong with the values; NULL: nothing */
};

struct wire_request {
	struct slice at[M_COUNT]; /* strings without their escapes; of the others the JSON. ptr NULL: not there */
	struct wire_map item, key, start_key, values;
	struct slice names; /* ExpressionAttributeNames as an item */
};

static inline bool wire_has(const struct wire_request *r, enum wire_member m)
{
	return r->at[m].ptr != NULL;
}
static inline bool wire_is(const struct wire_request *r, enum wire_member m, const char *text)
{
	return wire_has(r, m) && slice_eq_str(r->at[m], text);
}
bool wire_bool(const struct wire_request *r, enum wire_member m, bool otherwise);
/** Numbers with a fraction lose it; those that are too large for the type are its greatest. */
int64_t wire_int(const struct wire_request *r, enum wire_member m, int64_t otherwise);
/** How many of these members (bits) there are. */
unsigned wire_count(const struct wire_request *r, uint64_t members);

/* A request under way */

struct wire;

/** `call` and `err` are borrowed. */
struct wire *wire_begin(struct http_call *call, struct err *err);
/** Frees; returns st. */
enum status wire_end(struct wire *w, enum status st);
struct err *wire_err(struct wire *w);
struct http_call *wire_call(struct wire *w);

/** Zeroed. */
void *wire_alloc(struct wire *w, size_t n);
/** An empty buffer. */
struct buf *wire_buf(struct wire *w);
/** The text of a string literal between its quotes. */
struct slice wire_text(struct wire *w, struct slice inside);

/** Errors: ST_SYNTAX. */
MUST_CHECK enum status wire_read(struct wire *w, struct slice object, const struct wire_shape *shape, struct wire_request *ret);
/**
 * That a value is no good is told after what is wrong with the request around it: keeps `fault` in *ret and gives ST_OK. One of the JSON (ST_SYNTAX) is
 * told at once.
 */
MUST_CHECK enum status wire_keep_fault(struct wire *w, const struct err *fault, const struct err **ret);
/** A map of attribute values that stands elsewhere. Errors: ST_SYNTAX. */
MUST_CHECK enum status wire_read_map(struct wire *w, struct slice map, struct wire_map *ret);

/** How many entries a list or map has. */
size_t wire_entries(struct slice container);
/** As messages show a map of lists: "{Things=[..]}". */
struct slice wire_java_map(struct wire *w, struct slice map);

/* Constraints: all are noted first, so that one answer names them all */

/** Notes what breaks the constraints of members. `path`: of the structure in the request ("transactItems.1.member.put."), or "". */
void wire_constrain(struct wire *w, const struct wire_shape *shape, const struct wire_request *r, const char *path);
/** "Value %s at '%s' failed to satisfy constraint: %s". `value` empty: null. */
void wire_violation(struct wire *w, struct slice value, const char *path, const char *member, const char *constraint);
/** ST_VALIDATION if anything was noted: "2 validation errors detected: ...". */
MUST_CHECK enum status wire_violations(struct wire *w);
/** A member's name in paths: "tableName". */
const char *wire_path_name(enum wire_member m);

/* Rules that several operations have */

/**
 * No expression beside older parameters; names and values only where there are expressions that may use them. `values_in`: the expressions that may
 * have values (bits).
 */
MUST_CHECK enum status wire_check_mix(struct wire *w, const struct wire_request *r, uint64_t values_in);
/** The fault of the map, if it has one. */
MUST_CHECK enum status wire_check_map(struct wire *w, const struct wire_map *map);
/** Of a put or delete. */
MUST_CHECK enum status wire_check_return_values(struct wire *w, const struct wire_request *r);
MUST_CHECK enum status wire_check_item_size(struct wire *w, struct slice item);
/** Key (`key`): these are the attributes of the key and no others. Errors: the service's of a request's key. */
MUST_CHECK enum status wire_key(struct wire *w, struct table *t, struct slice item, struct key *ret);
/** The key of a batch's put, for which the service has the words of a request's key. */
MUST_CHECK enum status wire_batch_item(struct wire *w, struct table *t, struct slice item);
/** Whether a key of the right types has an empty value: that is refused before a transaction begins, other faults of keys cancel it. */
bool wire_empty_key(struct table *t, struct slice item);

/** The table of a name or ARN, which is let go of at the end. */
MUST_CHECK enum status wire_table(struct wire *w, struct slice name, struct table **ret);

/* Expressions (wire_expr.c, wire_legacy.c) */

struct wire_exprs {
	struct expr_params *params;
	struct expr *update, *condition, *filter, *key_condition, *projection; /* NULL: none */
};
/** Names and values, then every expression that the request has, and that all names and values are used. */
MUST_CHECK enum status wire_exprs(struct wire *w, const struct wire_request *r, struct wire_exprs *ret);
/** Frees at the end. */
void wire_own_expr(struct wire *w, struct expr *e);

/** The older parameters, as read and checked for types and constraints; made into expressions by wire_legacy(). */
struct wire_conditions;
struct wire_updates;
struct wire_legacy {
	struct wire_conditions *expected, *filter, *key_conditions;
	struct wire_updates *updates;
	struct slice *attributes;
	size_t attribute_count;
};
/** Reads those that the request has, and notes what breaks constraints. Errors: ST_SYNTAX. */
MUST_CHECK enum status wire_legacy_read(struct wire *w, const struct wire_request *r, struct wire_legacy *ret);
/** The whole request, read; then the constraints of all its members. For requests without structures of their own. */
MUST_CHECK enum status wire_take(struct wire *w, const struct wire_shape *shape, struct wire_request *ret, struct wire_legacy *ret_legacy);
/** Their rules, and the expressions that they become, into `to`. */
MUST_CHECK enum status wire_legacy(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *to);

/** An operation whose request has no structures of its own: what it takes, its rules in the service's order, and the call of the engine. */
struct wire_operation {
	struct wire_shape shape;
	enum status (*check)(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs);
	enum status (*run)(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs);
};
MUST_CHECK enum status wire_serve(const struct wire_operation *op, struct http_call *call, struct err *err);

/** Type byte and body of values that stand one after the other, taken apart. */
struct value *wire_values(struct wire *w, const struct buf *encoded, size_t n);

/* Replies (wire_reply.c) */

/** ReturnConsumedCapacity: NULL without it. */
struct consumed_list *wire_consumed(struct wire *w, const struct wire_request *r);
/** ReturnItemCollectionMetrics SIZE. */
bool wire_wants_metrics(const struct wire_request *r);

void wire_open(struct wire *w); /* { */
void wire_close(struct wire *w);
/** "name": with the comma before it if one is due. */
struct buf *wire_member(struct wire *w, const char *name);
void wire_item(struct wire *w, const char *name, struct slice item);
void wire_put_item(struct buf *out, struct slice item);
/** ConsumedCapacity, of one table or, with `list`, of all; nothing when it was not wanted. `transaction`: reads and writes are told apart. */
void wire_put_consumed(struct wire *w, const struct wire_request *r, bool list, bool transaction);
/** ItemCollectionMetrics, where there are any. */
void wire_put_metrics(struct wire *w, struct table *t, struct slice key_item, const struct collection *c);
void wire_metrics_object(struct buf *out, struct table *t, struct slice key_item, const struct collection *c);
/** The condition failed and this is the item that failed it: into the error's members. */
void wire_failed_item(struct wire *w, const struct buf *item);

/* What writes of one item give back */

struct wire_write {
	struct write_returns returns; /* for the request */
	struct buf attributes, failed;
	struct collection collection;
};
void wire_write_begin(struct wire *w, const struct wire_request *r, struct wire_write *ret);
/** The reply to a write that ended with `st`, which is returned; the item of a failed condition. `key_item`: has the partition key. */
MUST_CHECK enum status wire_write_reply(
	struct wire *w, const struct wire_request *r, struct wire_write *back, struct table *t, struct slice key_item, enum status st);

#endif
