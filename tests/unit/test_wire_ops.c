/* Requests of the API and what comes of them, against the operations themselves: no socket, no server. */
#include "tests/unit/harness.h"

#include "src/http/route.h"

static struct h_store s;

struct row {
	const char *op, *request;
	const char *reply; /* or "Exception: message", with the members that the error has besides behind a line feed */
};

static int setup(void **state)
{
	h_create(&s);
	table_unref(h_table(s.e, "Hash", 'S', 0));
	table_unref(h_table(s.e, "Both", 'S', 'N'));
	return 0;
}

static int teardown(void **state)
{
	h_remove(&s);
	return 0;
}

/** Runs one request; what comes back, as in struct row. */
static void call(const char *op, struct slice request, struct buf *out)
{
	char target[64];
	struct buf reply = BUF_INIT, failure = BUF_INIT;
	struct json_scan scan;
	json_scan_init(&scan);
	scan.depth_max = JSON_SCAN_DEPTH_MAX;
	if (json_scan(&scan, request, &h_err) != JSON_SCAN_DONE)
		fail_msg("%s: %.*s", h_err.text, SLICE_ARG(request));
	snprintf(target, sizeof target, "DynamoDB_20120810.%s", op);
	const struct route *route = route_find(slice_str(target));
	assert_non_null(route);
	struct http_call c = {.engine = s.e,
		.caller = {.face = FACE_HTTP},
		.host = SLICE_LIT("here:8000"),
		.body = request,
		.reply = &reply,
		.failure = &failure};
	memset(&h_err, 0, sizeof h_err);
	enum status st = route->op ? route->op(&c, &h_err) : route->document(s.e, &c.caller, request, &reply, &h_err);
	if (!st)
		buf_add_slice(out, buf_slice(&reply));
	else
		buf_addf(out, "%s: %s%s%s", status_info(st)->exception, h_err.text, failure.len ? "\n" : "", buf_str(&failure));
	buf_finish(&reply);
	buf_finish(&failure);
}

/** Rows are in JSON with ' for ", so that they can be read. */
static void unquote(const char *text, struct buf *out)
{
	for (; *text; text++)
		buf_add_byte(out, *text == '`' ? '"' : (uint8_t)*text);
}

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf request = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
		unquote(rows[i].request, &request);
		unquote(rows[i].reply, &want);
		call(rows[i].op, buf_slice(&request), &got);
		if (!slice_eq(buf_slice(&got), buf_slice(&want)))
			fail_msg("row %zu: %s %s\n got: %s\nwant: %s", i, rows[i].op, buf_str(&request), buf_str(&got),
				buf_str(&want));
		buf_finish(&request);
		buf_finish(&want);
		buf_finish(&got);
	}
}

#define RUN(rows) run(rows, sizeof(rows) / sizeof *(rows))
#define ONE "1 validation error detected: "
#define NO_NULL " failed to satisfy constraint: Member must not be null"

static void test_put_and_get(void **state)
{
	static const struct row rows[] = {
		{"PutItem",
			"{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`n`:{`N`:`01.50`},`b`:{`B`:`AAE=`},`t`:{`BOOL`:true},`z`:{`"
			"NULL`:true},"
			"`l`:{`L`:[{`S`:``},{`M`:{`k`:{`SS`:[`y`,`x`]}}}]}}}",
			"{}"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`ConsistentRead`:true,`ReturnConsumedCapacity`:`TOTAL`}",
			"{`Item`:{`b`:{`B`:`AAE=`},`l`:{`L`:[{`S`:``},{`M`:{`k`:{`SS`:[`x`,`y`]}}}]},`n`:{`N`:`1.5`},`pk`:{`S`:`a`}"
			","
			"`t`:{`BOOL`:true},`z`:{`NULL`:true}},`ConsumedCapacity`:{`TableName`:`Hash`,`CapacityUnits`:1.0}}"},
		{"GetItem",
			"{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`ProjectionExpression`:`#n,l[1].k`,`ExpressionAttributeNames`:{"
			"`#n`:`n`},"
			"`ReturnConsumedCapacity`:`INDEXES`}",
			"{`Item`:{`l`:{`L`:[{`M`:{`k`:{`SS`:[`x`,`y`]}}}]},`n`:{`N`:`1.5`}},`ConsumedCapacity`:{`TableName`:`Hash`,"
			"`CapacityUnits`:0.5,`Table`:{`CapacityUnits`:0.5}}}"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`AttributesToGet`:[`n`,`nowhere`]}",
			"{`Item`:{`n`:{`N`:`1.5`}}}"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`ProjectionExpression`:`nowhere`}", "{`Item`:{}}"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`b`}},`ReturnConsumedCapacity`:`NONE`}", "{}"},
		{"PutItem",
			"{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`}},`ReturnValues`:`ALL_OLD`,`ReturnConsumedCapacity`:`TOTAL`}",
			"{`Attributes`:{`b`:{`B`:`AAE=`},`l`:{`L`:[{`S`:``},{`M`:{`k`:{`SS`:[`x`,`y`]}}}]},`n`:{`N`:`1.5`},`pk`:{`"
			"S`:`a`},"
			"`t`:{`BOOL`:true},`z`:{`NULL`:true}},`ConsumedCapacity`:{`TableName`:`Hash`,`CapacityUnits`:1.0}}"},
		{"PutItem",
			"{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`2`}},`ConditionExpression`:`attribute_not_exists(pk)`"
			","
			"`ReturnValuesOnConditionCheckFailure`:`ALL_OLD`}",
			"ConditionalCheckFailedException: The conditional request failed\n`Item`:{`pk`:{`S`:`a`}}"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`}},`Expected`:{`pk`:{`Exists`:false}}}",
			"ConditionalCheckFailedException: The conditional request failed"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`3`}},`Expected`:{`pk`:{`Value`:{`S`:`a`}}}}",
			"{}"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`\\u00e9\\n`}},`Unknown`:{`x`:[1]},`Expected`:null}", "{}"},
		{"GetItem", "{`T\\u0061bleName`:`H\\u0061sh`,`Key`:{`pk`:{`S`:`\\u00e9\\n`}}}",
			"{`Item`:{`pk`:{`S`:`\303\251\\n`}}}"},
	};
	RUN(rows);
}

static void test_types(void **state)
{
#define IS "SerializationException: "
	static const struct row rows[] = {
		{"GetItem", "{`TableName`:23}", IS "NUMBER_VALUE cannot be converted to String"},
		{"GetItem", "{`TableName`:2.5}", IS "DECIMAL_VALUE cannot be converted to String"},
		{"GetItem", "{`TableName`:true}", IS "TRUE_VALUE cannot be converted to String"},
		{"GetItem", "{`TableName`:false}", IS "FALSE_VALUE cannot be converted to String"},
		{"GetItem", "{`TableName`:{`a`:1}}", IS "Start of structure or map found where not expected"},
		{"GetItem", "{`TableName`:[1]}", IS "Unrecognized collection type class java.lang.String"},
		{"GetItem", "{`ConsistentRead`:`true`}", IS "Unexpected token received from parser"},
		{"GetItem", "{`ConsistentRead`:1}", IS "NUMBER_VALUE cannot be converted to Boolean"},
		{"GetItem", "{`Key`:`a`}", IS "Unexpected field type"},
		{"GetItem", "{`Key`:[]}",
			IS "Unrecognized collection type java.util.Map<java.lang.String, "
			   "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
		{"GetItem", "{`Key`:{`a`:`b`}}", IS "Unexpected value type in payload"},
		{"GetItem", "{`Key`:{`a`:[]}}",
			IS "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
		{"GetItem", "{`Key`:{`a`:{`S`:1}}}", IS "NUMBER_VALUE cannot be converted to String"},
		{"GetItem", "{`Key`:{`a`:{`BOOL`:`true`}}}", IS "Unexpected token received from parser"},
		{"GetItem", "{`Key`:{`a`:{`SS`:[1]}}}", IS "NUMBER_VALUE cannot be converted to String"},
		{"GetItem", "{`Key`:{`a`:{`L`:{}}}}", IS "Start of structure or map found where not expected"},
		{"GetItem", "{`Key`:{`a`:{`B`:1}}}", IS "only base-64-encoded strings are convertible to bytes"},
		{"GetItem", "{`Key`:{`a`:{`B`:`abc`}}}", IS "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
		{"GetItem", "{`AttributesToGet`:`a`}", IS "Unexpected field type"},
		{"GetItem", "{`AttributesToGet`:[1]}", IS "NUMBER_VALUE cannot be converted to String"},
		{"GetItem", "{`ExpressionAttributeNames`:{`#a`:1}}", IS "NUMBER_VALUE cannot be converted to String"},
		{"Query", "{`Limit`:`1`}", IS "STRING_VALUE cannot be converted to Integer"},
	};
	RUN(rows);
}

static void test_constraints(void **state)
{
#define V "ValidationException: "
	static const struct row rows[] = {
		{"PutItem", "{}",
			V "2 validation errors detected: Value null at 'tableName'" NO_NULL "; Value null at 'item'" NO_NULL},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`ReturnValues`:`X`}",
			V ONE
			"Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, "
			"UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`ReturnConsumedCapacity`:``,`ReturnItemCollectionMetrics`:`total`}",
			V
			"2 validation errors detected: Value '' at 'returnConsumedCapacity' failed to satisfy constraint: Member "
			"must "
			"satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'total' at 'returnItemCollectionMetrics' failed to "
			"satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"},
		{"Query", "{`TableName`:`Hash`,`Limit`:0}",
			V ONE
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"Scan", "{`TableName`:`Hash`,`TotalSegments`:1000001,`Segment`:-1}",
			V "2 validation errors detected: Value '-1' at 'segment' failed to satisfy constraint: Member must have "
			  "value "
			  "greater than or equal to 0; Value '1000001' at 'totalSegments' failed to satisfy constraint: Member "
			  "must have "
			  "value less than or equal to 1000000"},
		{"Scan", "{`TableName`:`Hash`,`Segment`:1}",
			V "The TotalSegments parameter is required but was not present in the request "
			  "when Segment parameter is present"},
		{"Scan", "{`TableName`:`Hash`,`TotalSegments`:1}",
			V "The Segment parameter is required but was not present in the request "
			  "when parameter TotalSegments is present"},
		{"Scan", "{`TableName`:`Hash`,`Segment`:2,`TotalSegments`:2}",
			V "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not "
			  "less than "
			  "TotalSegments: 2"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{`ComparisonOperator`:`x`}}}",
			V ONE
			"Value 'x' at 'expected.a.member.comparisonOperator' failed to satisfy constraint: Member must satisfy "
			"enum "
			"value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"},
		{"Query", "{`TableName`:`Hash`,`IndexName`:`a/`}",
			V "2 validation errors detected: Value 'a/' at 'indexName' failed to satisfy constraint: Member must "
			  "satisfy regular "
			  "expression pattern: [a-zA-Z0-9_.-]+; Value 'a/' at 'indexName' failed to satisfy constraint: Member "
			  "must have length "
			  "greater than or equal to 3"},
		{"Query", "{`TableName`:`Hash`,`KeyConditions`:{`a`:{}}}",
			V ONE "Value null at 'keyConditions.a.member.comparisonOperator'" NO_NULL},
	};
	RUN(rows);
}

static void test_values(void **state)
{
#define PUT(v) "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:" v "}}"
#define INVALID V "One or more parameter values were invalid: "
	static const struct row rows[] = {
		{"PutItem", PUT("{}"), V "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", PUT("{`X`:1}"),
			V "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", PUT("{`S`:null}"),
			V "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", PUT("{`S`:`a`,`N`:`1`}"),
			V "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
			  "datatypes"},
		{"PutItem", PUT("{`S`:`a`,`N`:null,`X`:{`y`:[]}}"), "{}"},
		{"PutItem", PUT("{`NULL`:false}"), INVALID "Null attribute value types must have the value of true"},
		{"PutItem", PUT("{`SS`:[]}"), INVALID "An string set  may not be empty"},
		{"PutItem", PUT("{`NS`:[]}"), INVALID "An number set  may not be empty"},
		{"PutItem", PUT("{`BS`:[]}"), INVALID "Binary sets should not be empty"},
		{"PutItem", PUT("{`SS`:[`b`,`a`,`a`]}"), INVALID "Input collection [b, a, a] contains duplicates."},
		{"PutItem", PUT("{`BS`:[`AAA=`,`AAA=`]}"), INVALID "Input collection [AAA=, AAA=]of type BS contains duplicates."},
		{"PutItem", PUT("{`NS`:[`1`,`1.0`]}"), V "Input collection contains duplicates"},
		{"PutItem", PUT("{`N`:``}"), V "The parameter cannot be converted to a numeric value"},
		{"PutItem", PUT("{`N`:`x`}"), V "The parameter cannot be converted to a numeric value: x"},
		{"PutItem", PUT("{`N`:`123456789012345678901234567890123456789`}"),
			V "Attempting to store more than 38 significant digits in a Number"},
		{"PutItem", PUT("{`L`:[{`N`:`1E126`}]}"),
			V "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"PutItem", PUT("{`M`:{`a`:{`N`:`1E-131`}}}"),
			V "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{"PutItem", "{`TableName`:`Nowhere`,`Item`:{`pk`:{}},`ReturnValues`:`ALL_NEW`}",
			V "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", "{`TableName`:`Nowhere`,`Item`:{`pk`:{`N`:`1`}},`ReturnValues`:`ALL_NEW`}",
			V "ReturnValues can only be ALL_OLD or NONE"},
		{"PutItem", "{`TableName`:`Nowhere`,`Item`:{`pk`:{`N`:`1`}}}",
			"ResourceNotFoundException: Requested resource not found"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`N`:`1`}}}",
			INVALID "Type mismatch for key pk expected: S actual: N"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`x`:{`N`:`1`}}}", INVALID "Missing the key pk in the item"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:``}}}",
			V "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
			  "empty string "
			  "value. Key: pk"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`N`:`1`}}}", V "The provided key element does not match the schema"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`1`},`x`:{`S`:`1`}}}",
			V "The provided key element does not match the schema"},
		{"GetItem", "{`TableName`:`Both`,`Key`:{`pk`:{`S`:`1`}}}", V "The provided key element does not match the schema"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{}}", V "The provided key element does not match the schema"},
		{"GetItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:``}}}",
			V "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
			  "empty string "
			  "value. Key: pk"},
	};
	RUN(rows);
}

static void test_combinations(void **state)
{
#define AT "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}}"
	static const struct row rows[] = {
		{"UpdateItem", AT ",`Expected`:{},`AttributeUpdates`:{},`UpdateExpression`:``,`ConditionExpression`:``}",
			V
			"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
			"{AttributeUpdates, Expected} Expression parameters: {UpdateExpression, ConditionExpression}"},
		{"GetItem", AT ",`AttributesToGet`:[`a`],`ProjectionExpression`:`b`}",
			V
			"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
			"{AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"GetItem", AT ",`ExpressionAttributeNames`:{}}",
			V "ExpressionAttributeNames can only be specified when using expressions"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`ExpressionAttributeValues`:{}}",
			V "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"UpdateItem", AT ",`ExpressionAttributeValues`:{}}",
			V "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
			  "ConditionExpression are null"},
		{"Query", "{`TableName`:`Hash`,`ProjectionExpression`:`a`,`ExpressionAttributeValues`:{}}",
			V "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and "
			  "KeyConditionExpression are null"},
		{"DeleteItem", AT ",`ConditionExpression`:`a = :a`,`ExpressionAttributeNames`:{}}",
			V "ExpressionAttributeNames must not be empty"},
		{"DeleteItem", AT ",`ConditionExpression`:`a = :a`,`ExpressionAttributeValues`:{}}",
			V "ExpressionAttributeValues must not be empty"},
		{"DeleteItem", AT ",`ConditionExpression`:`a = :a`,`ExpressionAttributeValues`:{`:a`:{`N`:`x`}}}",
			V "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: "
			  "x for key "
			  ":a"},
		{"DeleteItem", AT ",`ConditionExpression`:`a = :a`}",
			V "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute "
			  "value: :a"},
		{"DeleteItem", AT ",`ConditionExpression`:`a = :a`,`ExpressionAttributeValues`:{`:a`:{`N`:`1`},`:b`:{`N`:`1`}}}",
			V "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"},
		{"DeleteItem", AT ",`ConditionExpression`:``}", V "Invalid ConditionExpression: The expression can not be empty;"},
		{"DeleteItem", AT ",`ReturnValues`:`UPDATED_NEW`}", V "ReturnValues can only be ALL_OLD or NONE"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`ConditionalOperator`:`OR`}",
			V "ConditionalOperator cannot be used without Filter or Expected"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`ConditionalOperator`:`OR`,`Expected`:{`a`:{`Exists`:false}}}",
			V "ConditionalOperator can only be used when Filter or Expected has two or more elements"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{}}}",
			INVALID "Value must be provided when Exists is null for Attribute: a"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{`Exists`:true}}}",
			INVALID "Value must be provided when Exists is true for Attribute: a"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{`Exists`:false,`Value`:{`S`:`x`}}}}",
			INVALID "Value cannot be used when Exists is false for Attribute: a"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{`ComparisonOperator`:`EQ`}}}",
			INVALID "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{},`Expected`:{`a`:{`ComparisonOperator`:`LT`,`AttributeValueList`:[]}}}",
			INVALID "Invalid number of argument(s) for the LT ComparisonOperator"},
		{"Query", "{`TableName`:`Hash`}",
			V "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
	};
	RUN(rows);
}

static void test_update_and_delete(void **state)
{
	static const struct row rows[] = {
		{"UpdateItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`AttributeUpdates`:{``:{`Value`:{`N`:`1`}}}}",
			INVALID "Empty attribute name"},
		{"UpdateItem", AT ",`ReturnValues`:`ALL_NEW`}", "{`Attributes`:{`pk`:{`S`:`a`}}}"},
		{"UpdateItem",
			AT
			",`UpdateExpression`:`SET v = if_not_exists(v, :z) + :o, #s = :s`,`ExpressionAttributeNames`:{`#s`:`size`},"
			"`ExpressionAttributeValues`:{`:z`:{`N`:`5`},`:o`:{`N`:`1`},`:s`:{`SS`:[`x`]}},`ReturnValues`:`UPDATED_NEW`"
			","
			"`ReturnConsumedCapacity`:`INDEXES`}",
			"{`Attributes`:{`size`:{`SS`:[`x`]},`v`:{`N`:`6`}},`ConsumedCapacity`:{`TableName`:`Hash`,`CapacityUnits`:"
			"1.0,"
			"`Table`:{`CapacityUnits`:1.0}}}"},
		{"UpdateItem", AT ",`UpdateExpression`:`REMOVE v`,`ReturnValues`:`UPDATED_NEW`}", "{}"},
		{"UpdateItem",
			AT ",`AttributeUpdates`:{`v`:{`Action`:`ADD`,`Value`:{`N`:`7`}},`size`:{`Action`:`DELETE`}},`ReturnValues`:"
			   "`ALL_NEW`}",
			"{`Attributes`:{`pk`:{`S`:`a`},`v`:{`N`:`7`}}}"},
		{"UpdateItem", AT ",`AttributeUpdates`:{`v`:{}}}",
			INVALID "Only DELETE action is allowed when no attribute value is specified"},
		{"UpdateItem", AT ",`UpdateExpression`:`SET pk = :a`,`ExpressionAttributeValues`:{`:a`:{`S`:`x`}}}",
			INVALID "Cannot update attribute pk. This attribute is part of the key"},
		{"UpdateItem",
			AT ",`UpdateExpression`:`SET v = :a`,`ConditionExpression`:`v > "
			   ":a`,`ExpressionAttributeValues`:{`:a`:{`N`:`9`}},"
			   "`ReturnValuesOnConditionCheckFailure`:`ALL_OLD`}",
			"ConditionalCheckFailedException: The conditional request failed\n`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`7`}}"},
		{"DeleteItem", AT ",`ReturnValues`:`ALL_OLD`}", "{`Attributes`:{`pk`:{`S`:`a`},`v`:{`N`:`7`}}}"},
		{"DeleteItem", AT ",`ReturnValues`:`ALL_OLD`,`ReturnConsumedCapacity`:`TOTAL`}",
			"{`ConsumedCapacity`:{`TableName`:`Hash`,`CapacityUnits`:1.0}}"},
	};
	RUN(rows);
}

static void test_query_and_scan(void **state)
{
#define ITEM(sk) "{`TableName`:`Both`,`Item`:{`pk`:{`S`:`p`},`sk`:{`N`:`" sk "`},`v`:{`N`:`" sk "0`}}}"
#define QUERY "{`TableName`:`Both`,`KeyConditionExpression`:`pk = :p`,`ExpressionAttributeValues`:{`:p`:{`S`:`p`}}"
	static const struct row rows[] = {
		{"Query", "{`TableName`:`Both`,`KeyConditions`:{}}", V "Conditions can be of length 1 or 2 only"},
		{"PutItem", ITEM("1"), "{}"},
		{"PutItem", ITEM("2"), "{}"},
		{"PutItem", ITEM("3"), "{}"},
		{"Query", QUERY ",`Limit`:2,`ProjectionExpression`:`sk`}",
			"{`Items`:[{`sk`:{`N`:`1`}},{`sk`:{`N`:`2`}}],`Count`:2,`ScannedCount`:2,"
			"`LastEvaluatedKey`:{`pk`:{`S`:`p`},`sk`:{`N`:`2`}}}"},
		{"Query", QUERY ",`ExclusiveStartKey`:{`pk`:{`S`:`p`},`sk`:{`N`:`2`}},`ReturnConsumedCapacity`:`TOTAL`}",
			"{`Items`:[{`pk`:{`S`:`p`},`sk`:{`N`:`3`},`v`:{`N`:`30`}}],`Count`:1,`ScannedCount`:1,"
			"`ConsumedCapacity`:{`TableName`:`Both`,`CapacityUnits`:0.5}}"},
		{"Query", QUERY ",`ScanIndexForward`:false,`Select`:`COUNT`}", "{`Count`:3,`ScannedCount`:3}"},
		{"Query",
			"{`TableName`:`Both`,`KeyConditions`:{`pk`:{`ComparisonOperator`:`EQ`,`AttributeValueList`:[{`S`:`p`}]},"
			"`sk`:{`ComparisonOperator`:`GT`,`AttributeValueList`:[{`N`:`1`}]}},"
			"`QueryFilter`:{`v`:{`ComparisonOperator`:`NE`,`AttributeValueList`:[{`N`:`30`}]}},`AttributesToGet`:[`v`]"
			"}",
			"{`Items`:[{`v`:{`N`:`20`}}],`Count`:1,`ScannedCount`:2}"},
		{"Query",
			"{`TableName`:`Both`,`KeyConditionExpression`:`pk = :p`,`ExpressionAttributeValues`:{`:p`:{`S`:`nobody`}}}",
			"{`Items`:[],`Count`:0,`ScannedCount`:0}"},
		{"Query", QUERY ",`Select`:`SPECIFIC_ATTRIBUTES`}",
			V "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{"Query", QUERY ",`Select`:`ALL_ATTRIBUTES`,`ProjectionExpression`:`sk`}",
			V "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"},
		{"Query", QUERY ",`ExclusiveStartKey`:{`pk`:{`S`:`p`}}}", V "The provided starting key is invalid"},
		{"Query", QUERY ",`FilterExpression`:`sk > :p`}",
			V "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
		{"Scan", "{`TableName`:`Both`,`FilterExpression`:`v > :v`,`ExpressionAttributeValues`:{`:v`:{`N`:`20`}}}",
			"{`Items`:[{`pk`:{`S`:`p`},`sk`:{`N`:`3`},`v`:{`N`:`30`}}],`Count`:1,`ScannedCount`:3}"},
		{"Scan",
			"{`TableName`:`Both`,`ScanFilter`:{`v`:{`ComparisonOperator`:`BETWEEN`,`AttributeValueList`:[{`N`:`10`},{`"
			"N`:`20`}]}},"
			"`Select`:`COUNT`}",
			"{`Count`:2,`ScannedCount`:3}"},
		{"Scan", "{`TableName`:`Both`,`Segment`:0,`TotalSegments`:1,`Limit`:1,`AttributesToGet`:[`sk`]}",
			"{`Items`:[{`sk`:{`N`:`1`}}],`Count`:1,`ScannedCount`:1,`LastEvaluatedKey`:{`pk`:{`S`:`p`},`sk`:{`N`:`1`}}"
			"}"},
	};
	RUN(rows);
}

static void test_batches(void **state)
{
#define TOO_MANY_CANCELED "Transaction cancelled, please refer cancellation reasons for specific reasons "
	static const struct row rows[] = {
		{"BatchWriteItem", "{}", V ONE "Value null at 'requestItems'" NO_NULL},
		{"BatchWriteItem", "{`RequestItems`:{}}",
			V ONE "Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or "
			      "equal to 1"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[]}}",
			V ONE "Value '{Hash=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy "
			      "constraint: [Member must "
			      "have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[{`PutRequest`:{}}]}}",
			V ONE "Value null at 'requestItems.Hash.member.1.member.putRequest.item'" NO_NULL},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:{}}}", IS "Start of structure or map found where not expected"},
		{"BatchWriteItem",
			"{`RequestItems`:{`Hash`:[{`PutRequest`:{`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`1`}}}},{`PutRequest`:{`Item`:{`"
			"pk`:{`S`:`b`}}}}],"
			"`Both`:[{`PutRequest`:{`Item`:{`pk`:{`S`:`a`},`sk`:{`N`:`1`}}}},{`DeleteRequest`:{`Key`:{`pk`:{`S`:`a`},`"
			"sk`:{`N`:`2`}}}}]},"
			"`ReturnConsumedCapacity`:`TOTAL`}",
			"{`UnprocessedItems`:{},`ConsumedCapacity`:[{`TableName`:`Hash`,`CapacityUnits`:2.0},"
			"{`TableName`:`Both`,`CapacityUnits`:2.0}]}"},
		{"BatchWriteItem",
			"{`RequestItems`:{`Hash`:[{`PutRequest`:{`Item`:{`pk`:{`S`:`a`}}}},{`DeleteRequest`:{`Key`:{`pk`:{`S`:`a`}}"
			"}}]}}",
			V "Provided list of item keys contains duplicates"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[{`DeleteRequest`:{`Key`:{`x`:{`S`:`a`}}}}]}}",
			V "The provided key element does not match the schema"},
		{"BatchWriteItem", "{`RequestItems`:{`Nowhere`:[{`DeleteRequest`:{`Key`:{`x`:{`S`:`a`}}}}]}}",
			"ResourceNotFoundException: Requested resource not found"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[{`PutRequest`:{`Item`:{`pk`:{`N`:`1`}}}}]}}",
			V "The provided key element does not match the schema"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[{`PutRequest`:{`Item`:{`x`:{`N`:`1`}}}}]}}",
			V "The provided key element does not match the schema"},
		{"BatchWriteItem", "{`RequestItems`:{`Hash`:[{`PutRequest`:{`Item`:{`pk`:{`S`:``}}}}]}}",
			V "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
			  "empty string value. Key: pk"},
		{"BatchGetItem", "{`RequestItems`:{`Hash`:[]}}",
			IS "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.KeysAndAttributes"},
		{"BatchGetItem", "{`RequestItems`:{`Hash`:{}}}", V ONE "Value null at 'requestItems.Hash.member.keys'" NO_NULL},
		{"BatchGetItem",
			"{`RequestItems`:{`Hash`:{`Keys`:[{`pk`:{`S`:`b`}},{`pk`:{`S`:`a`}},{`pk`:{`S`:`c`}}],`"
			"ProjectionExpression`:`#v`,"
			"`ExpressionAttributeNames`:{`#v`:`v`}},`Both`:{`Keys`:[{`pk`:{`S`:`a`},`sk`:{`N`:`2`}}],`ConsistentRead`:"
			"true}},"
			"`ReturnConsumedCapacity`:`INDEXES`}",
			"{`Responses`:{`Hash`:[{},{`v`:{`N`:`1`}}],`Both`:[]},`UnprocessedKeys`:{},`ConsumedCapacity`:[{`TableName`"
			":`Hash`,"
			"`CapacityUnits`:1.5,`Table`:{`CapacityUnits`:1.5}},{`TableName`:`Both`,`CapacityUnits`:1.0,`Table`:{`"
			"CapacityUnits`:1.0}}]}"},
		{"BatchGetItem",
			"{`RequestItems`:{`Hash`:{`Keys`:[{`pk`:{`S`:`b`}}],`ProjectionExpression`:`v`},"
			"`Both`:{`Keys`:[{}],`AttributesToGet`:[`v`]}}}",
			V
			"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
			"{AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"BatchGetItem", "{`RequestItems`:{`Hash`:{`Keys`:[{`pk`:{`S`:`b`}},{`pk`:{`S`:`b`}}]}}}",
			V "Provided list of item keys contains duplicates"},
	};
	RUN(rows);
}

static void test_transactions(void **state)
{
	static const struct row rows[] = {
		{"TransactWriteItems", "{`TransactItems`:[]}",
			V ONE "Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or "
			      "equal to 1"},
		{"TransactWriteItems", "{`TransactItems`:[{`Put`:{}},{`Update`:{`TableName`:`Hash`,`Key`:{}}}]}",
			V "3 validation errors detected: Value null at 'transactItems.1.member.put.tableName'" NO_NULL
			  "; Value null at 'transactItems.1.member.put.item'" NO_NULL
			  "; Value null at 'transactItems.2.member.update.updateExpression'" NO_NULL},
#define EMPTY_PK                                                                                                                   \
	V "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "     \
	  "value. Key: pk"
		{"TransactWriteItems", "{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`S`:``}}}}]}", EMPTY_PK},
		{"TransactWriteItems",
			"{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`N`:`1`}}}},"
			"{`Delete`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:``}}}}]}",
			EMPTY_PK},
		{"TransactWriteItems", "{`TransactItems`:[{}]}",
			V "TransactItems can only contain one of Check, Put, Update or Delete"},
		{"TransactWriteItems",
			"{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`1`}}}},"
			"{`Update`:{`TableName`:`Both`,`Key`:{`pk`:{`S`:`a`},`sk`:{`N`:`1`}},`UpdateExpression`:`SET v = :v`,"
			"`ExpressionAttributeValues`:{`:v`:{`N`:`5`}}}}],`ClientRequestToken`:`t1`,`ReturnConsumedCapacity`:`TOTAL`"
			"}",
			"{`ConsumedCapacity`:[{`TableName`:`Hash`,`CapacityUnits`:2.0,`WriteCapacityUnits`:2.0},"
			"{`TableName`:`Both`,`CapacityUnits`:2.0,`WriteCapacityUnits`:2.0}]}"},
		{"TransactWriteItems",
			"{`TransactItems`:[{`Delete`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}}}}],`ClientRequestToken`:`t1`}",
			"IdempotentParameterMismatchException: DynamoDB rejected the request because you retried a request with a "
			"different payload but with an idempotent token that was already used."},
		{"TransactWriteItems",
			"{`TransactItems`:[{`ConditionCheck`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`ConditionExpression`:`v = "
			":v`,"
			"`ExpressionAttributeValues`:{`:v`:{`N`:`2`}},`ReturnValuesOnConditionCheckFailure`:`ALL_OLD`}},"
			"{`Delete`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`b`}}}}]}",
			"TransactionCanceledException: " TOO_MANY_CANCELED
			"[ConditionalCheckFailed, None]\n`CancellationReasons`:[{`Code`:"
			"`ConditionalCheckFailed`,`Message`:`The conditional request "
			"failed`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`1`}}},{`Code`:`None`}]"},
		{"TransactWriteItems", "{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`N`:`1`}}}}]}",
			"TransactionCanceledException: " TOO_MANY_CANCELED
			"[ValidationError]\n`CancellationReasons`:[{`Code`:`ValidationError`,"
			"`Message`:`One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N`}]"},
		{"TransactWriteItems",
			"{`TransactItems`:[{`Delete`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}}}},{`Delete`:{`TableName`:`Hash`,`"
			"Key`:{`pk`:{`S`:`a`}}}}]}",
			V "Transaction request cannot include multiple operations on one item"},
		{"TransactWriteItems",
			"{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`q`}}}},{`Update`:{`TableName`:`Hash`,"
			"`Key`:{`pk`:{`S`:`a`}},`UpdateExpression`:`SET pk = :v`,`ExpressionAttributeValues`:{`:v`:{`S`:`5`}}}}]}",
			"TransactionCanceledException: " TOO_MANY_CANCELED
			"[None, ValidationError]\n`CancellationReasons`:[{`Code`:`None`},{`Code`:`ValidationError`,`Message`:`One "
			"or more parameter "
			"values were invalid: Cannot update attribute pk. This attribute is part of the key`}]"},
		{"TransactGetItems", "{`TransactItems`:[{}]}", V ONE "Value null at 'transactItems.1.member.get'" NO_NULL},
		{"TransactGetItems",
			"{`TransactItems`:[{`Get`:{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`none`}}}},{`Get`:{`TableName`:`Both`,"
			"`Key`:{`pk`:{`S`:`a`},`sk`:{`N`:`1`}},`ProjectionExpression`:`v`}},{`Get`:{`TableName`:`Hash`,`Key`:{`pk`:"
			"{`S`:`no`}}}}],"
			"`ReturnConsumedCapacity`:`TOTAL`}",
			"{`Responses`:[{},{`Item`:{`v`:{`N`:`5`}}},{}],`ConsumedCapacity`:[{`TableName`:`Hash`,`CapacityUnits`:4.0,"
			"`ReadCapacityUnits`:4.0},{`TableName`:`Both`,`CapacityUnits`:2.0,`ReadCapacityUnits`:2.0}]}"},
		{"TransactGetItems", "{`TransactItems`:[{`Get`:{`TableName`:`Hash`,`Key`:{`x`:{`S`:`none`}}}}]}",
			"TransactionCanceledException: " TOO_MANY_CANCELED
			"[ValidationError]\n`CancellationReasons`:[{`Code`:`ValidationError`,"
			"`Message`:`The provided key element does not match the schema`}]"},
	};
	RUN(rows);
}

/** A request with `from` in place of each '@'. */
static void replace(const char *text, struct slice by, struct buf *out)
{
	for (; *text; text++)
		if (*text == '@')
			buf_add_slice(out, by);
		else
			buf_add_byte(out, *text == '`' ? '"' : (uint8_t)*text);
}

static void refused_with(const char *op, const char *request, size_t n, const char *want)
{
	struct buf name = BUF_INIT, text = BUF_INIT, got = BUF_INIT;
	for (size_t i = 0; i < n; i++)
		buf_add_byte(&name, 'n');
	replace(request, buf_slice(&name), &text);
	call(op, buf_slice(&text), &got);
	assert_string_equal(buf_str(&got), want);
	buf_finish(&name);
	buf_finish(&text);
	buf_finish(&got);
}

static void test_too_large(void **state)
{
#define TOO_LARGE V ONE "Attribute name is too large, must be less than 65536 bytes"
	static const struct {
		const char *op, *request;
	} names[] = {
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`@`:{`S`:`b`}}}"},
		{"PutItem", "{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`m`:{`M`:{`@`:{`S`:`b`}}}}}"},
		{"UpdateItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`AttributeUpdates`:{`@`:{`Value`:{`S`:`b`}}}}"},
		{"UpdateItem", "{`TableName`:`Hash`,`Key`:{`pk`:{`S`:`a`}},`UpdateExpression`:`SET #n = :v`,"
			       "`ExpressionAttributeNames`:{`#n`:`@`},`ExpressionAttributeValues`:{`:v`:{`S`:`b`}}}"},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		refused_with(names[i].op, names[i].request, LIMIT_ATTR_NAME, "{}");
		refused_with(names[i].op, names[i].request, LIMIT_ATTR_NAME + 1, TOO_LARGE);
	}
	refused_with("TransactWriteItems", "{`TransactItems`:[{`Put`:{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:{`S`:`@`}}}}]}",
		LIMIT_ITEM_SIZE - 3,
		"TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[ValidationError]\n\"CancellationReasons\":[{\"Code\":\"ValidationError\",\"Message\":\"Item size has exceeded "
		"the "
		"maximum allowed size\"}]");
}

static void test_statements(void **state)
{
	static const struct row rows[] = {
		{"ExecuteStatement", "{}", V ONE "Value null at 'statement'" NO_NULL},
		{"ExecuteStatement", "{`Statement`:`INSERT INTO Hash VALUE {'pk': ?, 'v': ?}`,`Parameters`:[{`S`:`a`},{`N`:`1`}]}",
			"{`Items`:[]}"},
		{"ExecuteStatement", "{`Statement`:`INSERT INTO Hash VALUE {'pk': ?}`,`Parameters`:[{`S`:`a`}]}",
			"DuplicateItemException: Duplicate primary key exists in table"},
		{"ExecuteStatement",
			"{`Statement`:`SELECT * FROM Hash WHERE pk = ?`,`Parameters`:[{`S`:`a`}],`ReturnConsumedCapacity`:`TOTAL`}",
			"{`Items`:[{`pk`:{`S`:`a`},`v`:{`N`:`1`}}],`ConsumedCapacity`:{`TableName`:`Hash`,`CapacityUnits`:0.5}}"},
		{"ExecuteStatement", "{`Statement`:`UPDATE Hash SET v = v + 1 WHERE pk = 'a' RETURNING ALL NEW *`}",
			"{`Items`:[{`pk`:{`S`:`a`},`v`:{`N`:`2`}}]}"},
		{"ExecuteStatement", "{`Statement`:`SELECT * FROM Hash`,`Parameters`:[{`N`:`x`}]}",
			V "The parameter cannot be converted to a numeric value: x"},
		{"BatchExecuteStatement",
			"{`Statements`:[{`Statement`:`SELECT * FROM Hash WHERE pk = 'a'`},{`Statement`:`SELECT * FROM Hash WHERE "
			"pk = 'b'`}]}",
			"{`Responses`:[{`TableName`:`Hash`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`2`}}},{`TableName`:`Hash`}]}"},
		{"BatchExecuteStatement", "{`Statements`:[{}]}", V ONE "Value null at 'statements.1.member.statement'" NO_NULL},
		{"ExecuteTransaction",
			"{`TransactStatements`:[{`Statement`:`SELECT * FROM Hash WHERE pk = 'a'`},{`Statement`:`SELECT * FROM Hash "
			"WHERE pk = 'b'`}]}",
			"{`Responses`:[{`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`2`}}},{}]}"},
		{"ExecuteTransaction",
			"{`TransactStatements`:[{`Statement`:`UPDATE Hash SET v = 3 WHERE pk = 'a' AND v = 9`,"
			"`ReturnValuesOnConditionCheckFailure`:`ALL_OLD`},{`Statement`:`INSERT INTO Hash VALUE {'pk': 'c'}`}]}",
			"TransactionCanceledException: " TOO_MANY_CANCELED
			"[ConditionalCheckFailed, None]\n`CancellationReasons`:[{`Code`:"
			"`ConditionalCheckFailed`,`Message`:`The conditional request "
			"failed`,`Item`:{`pk`:{`S`:`a`},`v`:{`N`:`2`}}},{`Code`:`None`}]"},
		{"DescribeEndpoints", "{}", "{`Endpoints`:[{`Address`:`here:8000`,`CachePeriodInMinutes`:1440}]}"},
	};
	RUN(rows);
}

static void test_indexes(void **state)
{
#define INDEXED                                                                                                                    \
	"{`TableName`:`Index`,`Item`:{`pk`:{`S`:`p`},`sk`:{`N`:`1`},`ls`:{`S`:`l`},`gp`:{`S`:`g`}},`ReturnConsumedCapacity`:`"     \
	"INDEXES`,"
	struct buf out = BUF_INIT;
	static const char create[] =
		"{\"TableName\":\"Index\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{\"AttributeName\":\"pk\","
		"\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\",\"AttributeType\":\"N\"},{\"AttributeName\":\"ls\","
		"\"AttributeType\":\"S\"},"
		"{\"AttributeName\":\"gp\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}"
		","
		"{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],\"LocalSecondaryIndexes\":[{\"IndexName\":\"lsi\",\"KeySchema\":"
		"["
		"{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"ls\",\"KeyType\":\"RANGE\"}],\"Projection\":"
		"{\"ProjectionType\":\"KEYS_ONLY\"}}],\"GlobalSecondaryIndexes\":[{\"IndexName\":\"gsi\",\"KeySchema\":[{"
		"\"AttributeName\":\"gp\","
		"\"KeyType\":\"HASH\"}],\"Projection\":{\"ProjectionType\":\"ALL\"}}]}";
	static const struct row rows[] = {
		{"PutItem", INDEXED "`ReturnItemCollectionMetrics`:`SIZE`}",
			"{`ConsumedCapacity`:{`TableName`:`Index`,`CapacityUnits`:3.0,`Table`:{`CapacityUnits`:1.0},`"
			"LocalSecondaryIndexes`:"
			"{`lsi`:{`CapacityUnits`:1.0}},`GlobalSecondaryIndexes`:{`gsi`:{`CapacityUnits`:1.0}}},`"
			"ItemCollectionMetrics`:"
			"{`ItemCollectionKey`:{`pk`:{`S`:`p`}},`SizeEstimateRangeGB`:[0.0,1.0]}}"},
		{"Query",
			"{`TableName`:`Index`,`IndexName`:`gsi`,`KeyConditionExpression`:`gp = :g`,`ExpressionAttributeValues`:"
			"{`:g`:{`S`:`g`}},`Limit`:1,`ProjectionExpression`:`sk`,`ReturnConsumedCapacity`:`INDEXES`}",
			"{`Items`:[{`sk`:{`N`:`1`}}],`Count`:1,`ScannedCount`:1,`LastEvaluatedKey`:{`gp`:{`S`:`g`},`pk`:{`S`:`p`},"
			"`sk`:{`N`:`1`}},`ConsumedCapacity`:{`TableName`:`Index`,`CapacityUnits`:0.5,`Table`:{`CapacityUnits`:0.0},"
			"`GlobalSecondaryIndexes`:{`gsi`:{`CapacityUnits`:0.5}}}}"},
		{"Query",
			"{`TableName`:`Index`,`IndexName`:`gsi`,`KeyConditionExpression`:`gp = :g`,`ExpressionAttributeValues`:"
			"{`:g`:{`S`:`g`}},`ExclusiveStartKey`:{`gp`:{`S`:`g`},`pk`:{`S`:`p`},`sk`:{`N`:`1`}}}",
			"{`Items`:[],`Count`:0,`ScannedCount`:0}"},
		{"Query",
			"{`TableName`:`Index`,`IndexName`:`gsi`,`KeyConditionExpression`:`gp = :g`,`ExpressionAttributeValues`:"
			"{`:g`:{`S`:`g`}},`ConsistentRead`:true}",
			V "Consistent reads are not supported on global secondary indexes"},
		{"BatchWriteItem",
			"{`RequestItems`:{`Index`:[{`DeleteRequest`:{`Key`:{`pk`:{`S`:`p`},`sk`:{`N`:`1`}}}}]},"
			"`ReturnItemCollectionMetrics`:`SIZE`}",
			"{`UnprocessedItems`:{},`ItemCollectionMetrics`:{`Index`:[{`ItemCollectionKey`:{`pk`:{`S`:`p`}},"
			"`SizeEstimateRangeGB`:[0.0,1.0]}]}}"},
	};
	call("CreateTable", SLICE_LIT(create), &out);
	assert_non_null(strstr(buf_str(&out), "\"TableStatus\":\"ACTIVE\""));
	buf_finish(&out);
	RUN(rows);
}

/** `n` members "tab0":BODY, "tab1":BODY, ... of the map that a batch asks for. */
static void batch_of(const char *op, size_t n, const char *body, const char *begins)
{
	struct buf request = BUF_INIT, got = BUF_INIT;
	buf_add_str(&request, "{\"RequestItems\":{");
	for (size_t i = 0; i < n; i++)
		buf_addf(&request, "%s\"tab%zu\":%s", i ? "," : "", i, body);
	buf_add_str(&request, "}}");
	call(op, buf_slice(&request), &got);
	if (strncmp(buf_str(&got), begins, strlen(begins)) != 0)
		fail_msg("%s of %zu: %.200s", op, n, buf_str(&got));
	buf_finish(&request);
	buf_finish(&got);
}

static void test_number_of_entries(void **state)
{
	const char *get = "{\"Keys\":[{\"pk\":{\"S\":\"a\"}}]}", *put = "[{\"PutRequest\":{\"Item\":{\"pk\":{\"S\":\"a\"}}}}]";
	batch_of("BatchGetItem", 100, get, "ResourceNotFoundException: ");
	batch_of("BatchGetItem", 101, get, "ValidationException: Too many items requested for the BatchGetItem call");
	batch_of("BatchGetItem", 12, "{}", "ValidationException: 10 validation errors detected: ");
	batch_of("BatchWriteItem", 25, put, "ResourceNotFoundException: ");
	batch_of("BatchWriteItem", 26, put, "ValidationException: Too many items requested for the BatchWriteItem call");
	batch_of("BatchWriteItem", 26, "[]", "ValidationException: 1 validation error detected: Value '{tab0=[], ");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_put_and_get),
		T(test_types),
		T(test_constraints),
		T(test_values),
		T(test_combinations),
		T(test_update_and_delete),
		T(test_query_and_scan),
		T(test_batches),
		T(test_transactions),
		T(test_too_large),
		T(test_statements),
		T(test_indexes),
		T(test_number_of_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
