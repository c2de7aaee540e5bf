/* The operations on tables, by their documents. */
#include "tests/unit/harness.h"

#include "engine/base/clock.h"
#include "engine/op_table.h"

static struct h_store store;
static struct buf reply;

static enum status call(document_op *op, const char *request)
{
	buf_reset(&reply);
	h_err.text[0] = 0;
	return op(store.e, &h_caller, slice_str(request), &reply, &h_err);
}

static void ok(document_op *op, const char *request)
{
	assert_ok(call(op, request));
}

/** The reply has these pieces, in this order. */
static void has(const char *const *pieces)
{
	const char *at = buf_str(&reply);
	for (; *pieces; pieces++) {
		const char *found = strstr(at, *pieces);
		if (!found)
			fail_msg("'%s' is not (or not there) in %s", *pieces, buf_str(&reply));
		at = found + strlen(*pieces);
	}
}
#define HAS(...) has((const char *const[]){__VA_ARGS__, NULL})

static void lacks(const char *piece)
{
	if (strstr(buf_str(&reply), piece))
		fail_msg("'%s' is in %s", piece, buf_str(&reply));
}

static void refuse(document_op *op, const char *request, enum status want, const char *words)
{
	enum status st = call(op, request);
	if (st != want || strcmp(h_err.text, words))
		fail_msg("%s\n  answered %s: %s\n  wanted   %s: %s", request, status_info(st)->name, h_err.text,
			status_info(want)->name, words);
	assert_int_equal(reply.len, 0);
}

#define A(name) "{\"AttributeName\":\"" name "\",\"AttributeType\":\"S\"}"
#define K(name, type) "{\"AttributeName\":\"" name "\",\"KeyType\":\"" type "\"}"
#define UNITS(r, w) "\"ProvisionedThroughput\":{\"ReadCapacityUnits\":" #r ",\"WriteCapacityUnits\":" #w "}"
#define INDEX(name, key, more)                                                                                                     \
	"{\"IndexName\":\"" name "\",\"KeySchema\":[" K(key, "HASH") "],\"Projection\":{\"ProjectionType\":\"ALL\"}" more "}"
#define T "\"TableName\":\"Orders\""
#define KEYS "\"AttributeDefinitions\":[" A("id") "],\"KeySchema\":[" K("id", "HASH") "]"
#define ON_DEMAND "{" T "," KEYS ",\"BillingMode\":\"PAY_PER_REQUEST\"}"
#define PROVISIONED "{" T "," KEYS "," UNITS(10, 5) "}"
#define ARN "arn:aws:dynamodb:us-east-1:000000000000:table/Orders"
#define WRONG "One or more parameter values were invalid: "

static int setup(void **state)
{
	h_create(&store);
	return 0;
}

static int teardown(void **state)
{
	h_remove(&store);
	buf_finish(&reply);
	return 0;
}

static void test_create_and_describe(void **state)
{
	ok(op_create_table, PROVISIONED);
	HAS("{\"TableDescription\":{\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],\"TableName\":"
	    "\"Orders\",",
		"\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],\"TableStatus\":\"ACTIVE\","
		"\"CreationDateTime\":",
		"\"ProvisionedThroughput\":{\"NumberOfDecreasesToday\":0,\"ReadCapacityUnits\":10,\"WriteCapacityUnits\":5},"
		"\"TableSizeBytes\":0,\"ItemCount\":0,\"TableArn\":\"" ARN "\",\"TableId\":\"",
		"\"DeletionProtectionEnabled\":false", "\"WarmThroughput\":{\"ReadUnitsPerSecond\":10,\"WriteUnitsPerSecond\":5,");
	lacks("BillingModeSummary");
	lacks("Owner");
	ok(op_describe_table, "{" T "}");
	HAS("{\"Table\":{", "\"TableStatus\":\"ACTIVE\"");
	ok(op_describe_table, "{\"TableName\":\"" ARN "\",\"Unknown\":1}");
	HAS("\"TableStatus\":\"ACTIVE\"");
	refuse(op_create_table, PROVISIONED, ST_TABLE_EXISTS, "Table already exists: Orders");
}

static void test_counts_what_is_in_it(void **state)
{
	struct table *t;
	struct item_meta meta;
	ok(op_create_table, ON_DEMAND);
	assert_ok(table_open_named(store.e, slice_str(ARN), &t, &h_err));
	assert_ok(h_put(store.e, t, "{\"id\":\"abc\",\"x\":\"12345\"}", (struct cond){0}, &meta));
	table_unref(t);
	ok(op_describe_table, "{" T "}");
	HAS("\"TableSizeBytes\":11,\"ItemCount\":1");
}

static void test_counts_of_indexes(void **state)
{
	struct table *t;
	struct item_meta meta;
	ok(op_create_table, "{" T ",\"AttributeDefinitions\":[" A("id") "," A("who") "],\"KeySchema\":[" K("id",
				    "HASH") "],\"BillingMode\":\"PAY_PER_REQUEST\",\"GlobalSecondaryIndexes\":[" INDEX("by-who",
				    "who", "") "]}");
	assert_ok(table_open_named(store.e, SLICE_LIT("Orders"), &t, &h_err));
	assert_ok(h_put(store.e, t, "{\"id\":\"a\",\"who\":\"me\"}", (struct cond){0}, &meta));
	assert_ok(h_put(store.e, t, "{\"id\":\"b\"}", (struct cond){0}, &meta));
	table_unref(t);
	ok(op_describe_table, "{" T "}");
	HAS("\"ItemCount\":2,", "\"IndexName\":\"by-who\"", "\"IndexSizeBytes\":8,\"ItemCount\":1,\"IndexArn\":");
}

static void test_everything_described(void **state)
{
	ok(op_create_table,
		"{" T ",\"AttributeDefinitions\":[" A("id") "," A("at") "," A("who") "],\"KeySchema\":[" K("id", "HASH") "," K(
			"at", "RANGE") "],\"BillingMode\":\"PAY_PER_REQUEST\","
				       "\"LocalSecondaryIndexes\":[{\"IndexName\":\"local\",\"KeySchema\":[" K("id", "HASH") "," K(
					       "who", "RANGE") "],"
							       "\"Projection\":{\"ProjectionType\":\"INCLUDE\","
							       "\"NonKeyAttributes\":[\"x\"]}}],"
							       "\"GlobalSecondaryIndexes\":[" INDEX("global", "who",
								       ",\"OnDemandThroughput\":{\"MaxReadRequestUnits\":"
								       "7}") "],"
									     "\"StreamSpecification\":{\"StreamEnabled\":"
									     "true,\"StreamViewType\":\"NEW_IMAGE\"},"
									     "\"SSESpecification\":{\"Enabled\":true,"
									     "\"KMSMasterKeyId\":\"alias/mine\"},"
									     "\"TableClass\":\"STANDARD_INFREQUENT_"
									     "ACCESS\",\"DeletionProtectionEnabled\":true,"
									     "\"OnDemandThroughput\":{"
									     "\"MaxReadRequestUnits\":100,"
									     "\"MaxWriteRequestUnits\":50},"
									     "\"WarmThroughput\":{\"ReadUnitsPerSecond\":"
									     "13000,\"WriteUnitsPerSecond\":4000},"
									     "\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}");
	ok(op_describe_table, "{" T "}");
	HAS("\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\",\"LastUpdateToPayPerRequestDateTime\":",
		"\"LocalSecondaryIndexes\":[{\"IndexName\":\"local\",", "\"NonKeyAttributes\":[\"x\"]",
		"\"IndexArn\":\"" ARN "/index/local\"", "\"GlobalSecondaryIndexes\":[{\"IndexName\":\"global\",",
		"\"IndexStatus\":\"ACTIVE\",", "\"OnDemandThroughput\":{\"MaxReadRequestUnits\":7}",
		"\"IndexArn\":\"" ARN "/index/global\"",
		"\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_IMAGE\"},\"LatestStreamLabel\":\"20",
		"\"LatestStreamArn\":\"" ARN "/stream/20",
		"\"SSEDescription\":{\"Status\":\"ENABLED\",\"SSEType\":\"KMS\",\"KMSMasterKeyArn\":\"arn:aws:kms:us-east-1:"
		"000000000000:"
		"alias/mine\"}",
		"\"TableClassSummary\":{\"TableClass\":\"STANDARD_INFREQUENT_ACCESS\"}", "\"DeletionProtectionEnabled\":true",
		"\"OnDemandThroughput\":{\"MaxReadRequestUnits\":100,\"MaxWriteRequestUnits\":50}",
		"\"WarmThroughput\":{\"ReadUnitsPerSecond\":13000,\"WriteUnitsPerSecond\":4000,\"Status\":\"ACTIVE\"}");
	struct buf before = BUF_INIT;
	buf_add_slice(&before, buf_slice(&reply));
	h_reopen(&store);
	ok(op_describe_table, "{" T "}");
	assert_string_equal(buf_str(&before), buf_str(&reply));
	buf_finish(&before);
	refuse(op_delete_table, "{" T "}", ST_TABLE_PROTECTED,
		"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
	ok(op_update_table, "{" T ",\"DeletionProtectionEnabled\":false}");
	ok(op_delete_table, "{" T "}");
}

#define NO_NAME "The parameter 'TableName' is required but was not present in the request"

static void test_refusals_of_requests(void **state)
{
	refuse(op_describe_table, "{}", ST_VALIDATION, NO_NAME);
	refuse(op_create_table, "{\"KeySchema\":[]}", ST_VALIDATION, NO_NAME);
	refuse(op_update_time_to_live, "{\"TableName\":null}", ST_VALIDATION, NO_NAME);
	refuse(op_create_table, "{\"TableName\":\"\",\"KeySchema\":[]}", ST_VALIDATION,
		"TableName must be at least 3 characters long and at most 255 characters long");
	refuse(op_describe_table, "{\"TableName\":7}", ST_SYNTAX, "NUMBER_VALUE cannot be converted to String");
	refuse(op_describe_table, "{\"TableName\":\"ab\"}", ST_VALIDATION,
		"TableName must be at least 3 characters long and at most 255 characters long");
	refuse(op_describe_table, "{\"TableName\":\"a;b\"}", ST_VALIDATION,
		"1 validation error detected: Value 'a;b' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
		"expression "
		"pattern: [a-zA-Z0-9_.-]+");
	refuse(op_describe_table, "{" T "}", ST_NO_TABLE, "Requested resource not found: Table: Orders not found");
	refuse(op_delete_table, "{" T "}", ST_NO_TABLE, "Requested resource not found: Table: Orders not found");
	refuse(op_update_table, "{" T ",\"DeletionProtectionEnabled\":true}", ST_NO_TABLE,
		"Requested resource not found: Table: Orders not found");
	refuse(op_update_table, "{" T "}", ST_VALIDATION,
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
		"SSESpecification or ReplicaUpdates is required"); /* a table that is not there: the request is looked at first */
	refuse(op_update_table, "{" T ",\"GlobalSecondaryIndexUpdates\":[]}", ST_VALIDATION,
		WRONG "List of GlobalSecondaryIndexUpdates is empty");
	refuse(op_update_table, "{" T ",\"BillingMode\":\"PAY_PER_REQUEST\"," UNITS(1, 1) "}", ST_VALIDATION,
		WRONG "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	refuse(op_create_table, "{\"TableName\":\"abc\"}", ST_VALIDATION,
		"2 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not "
		"be null; Value "
		"null at 'keySchema' failed to satisfy constraint: Member must not be null");
	refuse(op_create_table, "{" T "," KEYS "}", ST_VALIDATION,
		WRONG "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
	refuse(op_describe_table, "{\"TableName\":\"arn:aws:dynamodb:us-east-1:999999999999:table/Orders\"}", ST_DENIED,
		"The caller is not authorized to access the resource arn:aws:dynamodb:us-east-1:999999999999:table/Orders");
}

static void test_delete(void **state)
{
	ok(op_create_table, PROVISIONED);
	ok(op_delete_table, "{" T "}");
	HAS("{\"TableDescription\":{\"TableName\":\"Orders\",\"TableStatus\":\"DELETING\"", "\"TableArn\":\"" ARN "\"");
	lacks("KeySchema");
	refuse(op_describe_table, "{" T "}", ST_NO_TABLE, "Requested resource not found: Table: Orders not found");
	ok(op_create_table, PROVISIONED);
}

static void create_named(const char *name)
{
	char text[400];
	snprintf(text, sizeof text, "{\"TableName\":\"%s\"," KEYS ",\"BillingMode\":\"PAY_PER_REQUEST\"}", name);
	ok(op_create_table, text);
}

static void test_list(void **state)
{
	ok(op_list_tables, "{}");
	assert_string_equal(buf_str(&reply), "{\"TableNames\":[]}");
	create_named("ccc");
	create_named("aaa");
	create_named("Bbb");
	ok(op_list_tables, "{}");
	assert_string_equal(buf_str(&reply), "{\"TableNames\":[\"Bbb\",\"aaa\",\"ccc\"]}");
	ok(op_list_tables, "{\"Limit\":2}");
	assert_string_equal(buf_str(&reply), "{\"TableNames\":[\"Bbb\",\"aaa\"],\"LastEvaluatedTableName\":\"aaa\"}");
	ok(op_list_tables, "{\"Limit\":2,\"ExclusiveStartTableName\":\"aaa\"}");
	assert_string_equal(buf_str(&reply), "{\"TableNames\":[\"ccc\"]}");
	ok(op_list_tables, "{\"ExclusiveStartTableName\":\"a.not-there\"}");
	assert_string_equal(buf_str(&reply), "{\"TableNames\":[\"aaa\",\"ccc\"]}");
	refuse(op_list_tables, "{\"Limit\":101}", ST_VALIDATION,
		"1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less "
		"than or equal to "
		"100");
	refuse(op_list_tables, "{\"Limit\":\"1\"}", ST_SYNTAX, "STRING_VALUE cannot be converted to Integer");
}

static void test_update_capacity(void **state)
{
	ok(op_create_table, PROVISIONED);
	refuse(op_update_table, "{" T "}", ST_VALIDATION,
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
		"SSESpecification or "
		"ReplicaUpdates is required");
	refuse(op_update_table, "{" T "," UNITS(10, 5) "}", ST_VALIDATION,
		"The provisioned throughput for the table will not change. The requested value equals the current value. Current "
		"ReadCapacityUnits provisioned for the table: 10. Requested ReadCapacityUnits: 10. Current WriteCapacityUnits "
		"provisioned for "
		"the table: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits "
		"and how to "
		"request higher limits.");
	ok(op_update_table, "{" T "," UNITS(20, 5) "}");
	HAS("\"TableStatus\":\"ACTIVE\"",
		"\"LastIncreaseDateTime\":", "\"NumberOfDecreasesToday\":0,\"ReadCapacityUnits\":20,\"WriteCapacityUnits\":5");
	refuse(op_update_table, "{" T ",\"BillingMode\":\"PAY_PER_REQUEST\"," UNITS(1, 1) "}", ST_VALIDATION,
		WRONG "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	ok(op_update_table, "{" T ",\"BillingMode\":\"PAY_PER_REQUEST\"}");
	HAS("\"ReadCapacityUnits\":0,\"WriteCapacityUnits\":0", "\"BillingMode\":\"PAY_PER_REQUEST\"");
	refuse(op_update_table, "{" T "," UNITS(1, 1) "}", ST_VALIDATION,
		WRONG "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	refuse(op_update_table, "{" T ",\"BillingMode\":\"PROVISIONED\"}", ST_VALIDATION,
		WRONG "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
	ok(op_update_table, "{" T ",\"BillingMode\":\"PROVISIONED\"," UNITS(1, 1) "}");
	HAS("\"BillingModeSummary\":{\"BillingMode\":\"PROVISIONED\",\"LastUpdateToPayPerRequestDateTime\":");
	ok(op_describe_table, "{" T "}");
	HAS("\"TableStatus\":\"ACTIVE\"");
}

/** A day that is nobody's yesterday: the clock is moved to `hours` after its midnight. */
static void at_hour(unsigned hours)
{
	clock_raise_floor((UINT64_C(86400) * 40000 + 3600 * hours) * NS_PER_S);
}

static void test_decreases_are_counted(void **state)
{
	char text[200];
	ok(op_create_table, "{" T "," KEYS "," UNITS(100, 100) "}");
	at_hour(1);
	for (int i = 1; i <= 4; i++) {
		snprintf(text, sizeof text,
			"{" T ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":%d,\"WriteCapacityUnits\":100}}", 100 - i);
		ok(op_update_table, text);
		snprintf(text, sizeof text, "\"NumberOfDecreasesToday\":%d,", i);
		HAS("\"LastDecreaseDateTime\":3456003600.000", text);
	}
	const char *fifth = "{" T "," UNITS(200, 95) "}"; /* more of one and less of the other is a decrease */
	refuse(op_update_table, fifth, ST_LIMIT,
		"Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 "
		"decreases, "
		"each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of "
		"decreases today: 4. "
		"Last decrease at Saturday, July 8, 2079 at 1:00:00 AM Coordinated Universal Time. Next decrease can be made at "
		"Saturday, July "
		"8, 2079 at 2:00:00 AM Coordinated Universal Time");
	ok(op_update_table, "{" T "," UNITS(200, 100) "}");
	h_reopen(&store);
	assert_int_equal(call(op_update_table, "{" T "," UNITS(200, 95) "}"), ST_LIMIT);
	at_hour(3);
	ok(op_update_table, fifth);
	HAS("\"NumberOfDecreasesToday\":5,");
	assert_int_equal(call(op_update_table, "{" T "," UNITS(200, 94) "}"), ST_LIMIT);
	at_hour(24);
	ok(op_describe_table, "{" T "}");
	HAS("\"NumberOfDecreasesToday\":0,");
	ok(op_update_table, "{" T "," UNITS(200, 94) "}");
	HAS("\"NumberOfDecreasesToday\":1,");
}

#define UNDEFINED "Invalid KeySchema: Some index key attribute have no definition"

static void test_maxima_on_demand(void **state)
{
#define OF_PROVISIONED(name) WRONG name " for OnDemandThroughput cannot be specified when "
#define OUTSIDE(name) WRONG "Requested " name " for OnDemandThroughput for table is outside of valid range"
#define MAXIMA(members) ",\"OnDemandThroughput\":{" members "}"
#define WITH_MAXIMA(members) "{" T "," KEYS ",\"BillingMode\":\"PAY_PER_REQUEST\"" MAXIMA(members) "}"
	refuse(op_create_table, "{" T "," KEYS "," UNITS(1, 1) MAXIMA("\"MaxWriteRequestUnits\":0") "}", ST_VALIDATION,
		OF_PROVISIONED("MaxWriteRequestUnits") "table BillingMode is PROVISIONED.");
	refuse(op_create_table, WITH_MAXIMA("\"MaxReadRequestUnits\":1,\"MaxWriteRequestUnits\":0"), ST_VALIDATION,
		OUTSIDE("MaxWriteRequestUnits"));
	refuse(op_create_table, WITH_MAXIMA("\"MaxReadRequestUnits\":-1"), ST_VALIDATION, OUTSIDE("MaxReadRequestUnits"));
	ok(op_create_table, WITH_MAXIMA("\"MaxReadRequestUnits\":20,\"MaxWriteRequestUnits\":15"));
	ok(op_update_table, "{" T MAXIMA("\"MaxReadRequestUnits\":40") "}");
	HAS("\"OnDemandThroughput\":{\"MaxReadRequestUnits\":40,\"MaxWriteRequestUnits\":15}");
	refuse(op_update_table, "{" T MAXIMA("\"MaxReadRequestUnits\":-2") "}", ST_VALIDATION, OUTSIDE("MaxReadRequestUnits"));
	ok(op_update_table, "{" T MAXIMA("\"MaxWriteRequestUnits\":-1") "}");
	HAS("\"OnDemandThroughput\":{\"MaxReadRequestUnits\":40,\"MaxWriteRequestUnits\":-1}");
	ok(op_update_table, "{" T MAXIMA("\"MaxReadRequestUnits\":-1") "}");
	HAS("\"OnDemandThroughput\":{\"MaxReadRequestUnits\":-1}");
	ok(op_describe_table, "{" T "}");
	assert_null(strstr(buf_str(&reply), "OnDemandThroughput"));
	refuse(op_update_table, "{" T ",\"BillingMode\":\"PROVISIONED\"," UNITS(1, 1) MAXIMA("\"MaxReadRequestUnits\":5") "}",
		ST_VALIDATION, OF_PROVISIONED("MaxReadRequestUnits") "the table BillingMode is PROVISIONED");
}

static void test_update_indexes(void **state)
{
	ok(op_create_table, "{" T ",\"AttributeDefinitions\":[" A("id") "," A("who") "],\"KeySchema\":[" K("id", "HASH") "]," UNITS(
				    10, 10) ",\"GlobalSecondaryIndexes\":[" INDEX("by-who", "who", "," UNITS(3, 3)) "]}");
#define CHANGE(what) "{" T ",\"GlobalSecondaryIndexUpdates\":[" what "]}"
	refuse(op_update_table, CHANGE(""), ST_VALIDATION, WRONG "List of GlobalSecondaryIndexUpdates is empty");
	refuse(op_update_table, CHANGE("{\"Update\":{\"IndexName\":\"nope\"," UNITS(1, 1) "}}"), ST_NO_RESOURCE,
		"Requested resource not found");
	refuse(op_update_table, CHANGE("{\"Delete\":{\"IndexName\":\"nope\"}}"), ST_NO_RESOURCE, "Requested resource not found");
	refuse(op_update_table, CHANGE("{\"Create\":" INDEX("by-who", "who", "," UNITS(1, 1)) "}"), ST_VALIDATION,
		"Attempting to create an index which already exists");
#define CREATE(type, index) "{" T ",\"AttributeDefinitions\":[" type "],\"GlobalSecondaryIndexUpdates\":[{\"Create\":" index "}]}"
	refuse(op_update_table, CREATE(A("id"), INDEX("by-x", "x", "," UNITS(1, 1))), ST_VALIDATION, UNDEFINED);
	refuse(op_update_table, CREATE(A("x"), INDEX("by-id", "id", "," UNITS(1, 1))), ST_VALIDATION, UNDEFINED);
	refuse(op_update_table, CHANGE("{\"Create\":" INDEX("by-id", "id", "," UNITS(1, 1)) "}"), ST_VALIDATION, UNDEFINED);
	refuse(op_update_table, CREATE(A("id"), INDEX("by-id", "id", "")), ST_VALIDATION,
		WRONG "ProvisionedThroughput must be specified for index: by-id");
	refuse(op_update_table,
		CHANGE("{\"Create\":" INDEX("by-id", "id", "," UNITS(1, 1)) "},{\"Delete\":{\"IndexName\":\"by-who\"}}"), ST_LIMIT,
		"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
	refuse(op_update_table, CHANGE("{\"Update\":{\"IndexName\":\"by-who\"," UNITS(3, 3) "}}"), ST_VALIDATION,
		"The provisioned throughput for the index by-who will not change. The requested value equals the current value. "
		"Current "
		"ReadCapacityUnits provisioned for the index: 3. Requested ReadCapacityUnits: 3. Current WriteCapacityUnits "
		"provisioned for "
		"the index: 3. Requested WriteCapacityUnits: 3. Refer to the Amazon DynamoDB Developer Guide for current limits "
		"and how to "
		"request higher limits.");
	refuse(op_update_table,
		"{" T
		",\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"N\"}],\"GlobalSecondaryIndexUpdates\":[{"
		"\"Create\":" INDEX("by-id", "id", "," UNITS(1, 1)) "}]}",
		ST_VALIDATION, WRONG "AttributeDefinitions: the attribute 'id' is of type S in this table");
	refuse(op_update_table, CHANGE("{}"), ST_VALIDATION,
		WRONG "A GlobalSecondaryIndexUpdate must have exactly one of Create, Update, Delete");
	ok(op_update_table, CHANGE("{\"Update\":{\"IndexName\":\"by-who\"," UNITS(2, 4) "}}"));
	HAS("\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-who\"", "\"LastIncreaseDateTime\":", "\"LastDecreaseDateTime\":",
		"\"NumberOfDecreasesToday\":1,\"ReadCapacityUnits\":2,\"WriteCapacityUnits\":4");
	ok(op_update_table, "{" T ",\"BillingMode\":\"PAY_PER_REQUEST\"}");
	refuse(op_update_table, "{" T ",\"BillingMode\":\"PROVISIONED\"," UNITS(1, 1) "}", ST_VALIDATION,
		WRONG "ProvisionedThroughput must be specified for index: by-who");
	ok(op_update_table, "{" T ",\"BillingMode\":\"PROVISIONED\"," UNITS(1, 1) ",\"GlobalSecondaryIndexUpdates\":[{\"Update\":{"
										  "\"IndexName\":\"by-who\"," UNITS(1, 1) "}}]}");
	ok(op_update_table, "{" T ",\"AttributeDefinitions\":[" A("x") "],\"GlobalSecondaryIndexUpdates\":[{\"Create\":" INDEX(
				    "by-x", "x", "," UNITS(1, 1)) "}]}");
	HAS("\"IndexName\":\"by-x\"");
}

static void test_update_streams_and_encryption(void **state)
{
#define STREAM(spec) "{" T ",\"StreamSpecification\":{" spec "}}"
#define SSE(spec) "{" T ",\"SSESpecification\":{" spec "}}"
	ok(op_create_table, PROVISIONED);
	ok(op_update_table, STREAM("\"StreamEnabled\":true,\"StreamViewType\":\"KEYS_ONLY\""));
	HAS("\"StreamViewType\":\"KEYS_ONLY\"", "\"LatestStreamArn\":\"" ARN "/stream/2");
	refuse(op_update_table, STREAM("\"StreamEnabled\":true,\"StreamViewType\":\"OLD_IMAGE\""), ST_VALIDATION,
		"Table already has an enabled stream: TableName: Orders");
	refuse(op_update_table, "{" T "," UNITS(9, 9) ",\"StreamSpecification\":{\"StreamEnabled\":false}}", ST_VALIDATION,
		WRONG "You cannot modify stream status while updating table IOPS");
	ok(op_update_table, STREAM("\"StreamEnabled\":false"));
	lacks("StreamSpecification");
	HAS("\"LatestStreamLabel\":");
	refuse(op_update_table, SSE("\"Enabled\":false"), ST_VALIDATION, WRONG "Table is already encrypted by default");
	ok(op_update_table, SSE("\"Enabled\":true"));
	HAS("\"SSEDescription\":{\"Status\":\"ENABLED\",\"SSEType\":\"KMS\",\"KMSMasterKeyArn\":\"arn:aws:kms:us-east-1:"
	    "000000000000:key/");
	refuse(op_update_table, SSE("\"Enabled\":true"), ST_VALIDATION,
		WRONG "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change "
		      "Master Key");
	ok(op_update_table, "{" T ",\"TableClass\":\"STANDARD_INFREQUENT_ACCESS\"}");
	HAS("\"TableClassSummary\":{\"TableClass\":\"STANDARD_INFREQUENT_ACCESS\",\"LastUpdateDateTime\":");
	ok(op_update_table, "{" T ",\"WarmThroughput\":{\"ReadUnitsPerSecond\":100}}");
	refuse(op_update_table, "{" T ",\"WarmThroughput\":{\"ReadUnitsPerSecond\":99}}", ST_VALIDATION,
		WRONG "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, decreasing "
		      "WarmThroughput "
		      "is not supported");
}

static void test_tags(void **state)
{
#define R "\"ResourceArn\":\"" ARN "\""
	ok(op_create_table, ON_DEMAND);
	ok(op_list_tags_of_resource, "{" R "}");
	assert_string_equal(buf_str(&reply), "{\"Tags\":[]}");
	ok(op_tag_resource, "{" R ",\"Tags\":[{\"Key\":\"b\",\"Value\":\"1\"},{\"Key\":\"a\",\"Value\":\"2\"}]}");
	assert_int_equal(reply.len, 0);
	ok(op_tag_resource, "{" R ",\"Tags\":[{\"Key\":\"b\",\"Value\":\"3\"}]}");
	ok(op_list_tags_of_resource, "{" R "}");
	assert_string_equal(buf_str(&reply), "{\"Tags\":[{\"Key\":\"a\",\"Value\":\"2\"},{\"Key\":\"b\",\"Value\":\"3\"}]}");
	ok(op_untag_resource, "{" R ",\"TagKeys\":[\"a\",\"nope\"]}");
	h_reopen(&store);
	ok(op_list_tags_of_resource, "{" R "}");
	assert_string_equal(buf_str(&reply), "{\"Tags\":[{\"Key\":\"b\",\"Value\":\"3\"}]}");
	refuse(op_tag_resource, "{" R ",\"Tags\":[]}", ST_VALIDATION, "Atleast one Tag needs to be provided as Input.");
	refuse(op_untag_resource, "{" R ",\"TagKeys\":[]}", ST_VALIDATION, "Atleast one Tag Key needs to be provided as Input.");
	refuse(op_tag_resource, "{" R ",\"Tags\":[{\"Key\":\"aws:x\",\"Value\":\"\"}]}", ST_VALIDATION,
		WRONG "Tag key 'aws:x': keys that begin with aws: are reserved for the service's own use");
	refuse(op_list_tags_of_resource, "{}", ST_VALIDATION, "Invalid TableArn");
	refuse(op_list_tags_of_resource, "{\"ResourceArn\":\"nonsense\"}", ST_VALIDATION,
		"Invalid TableArn: Invalid ResourceArn provided as input nonsense");
	refuse(op_list_tags_of_resource, "{\"ResourceArn\":\"" ARN "x\"}", ST_NO_RESOURCE,
		"Requested resource not found: ResourceArn: " ARN "x not found");
	struct buf many = BUF_INIT;
	buf_add_str(&many, "{" R ",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}");
	for (int i = 0; i < 49; i++)
		buf_addf(&many, ",{\"Key\":\"k%d\",\"Value\":\"v\"}", i);
	buf_add_str(&many, "]}");
	assert_int_equal(call(op_tag_resource, buf_str(&many)), ST_VALIDATION); /* 50 and the one there */
	buf_finish(&many);
}

static void test_time_to_live(void **state)
{
#define TTL(on, name) "{" T ",\"TimeToLiveSpecification\":{\"Enabled\":" #on ",\"AttributeName\":\"" name "\"}}"
	ok(op_create_table, ON_DEMAND);
	ok(op_describe_time_to_live, "{" T "}");
	assert_string_equal(buf_str(&reply), "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}");
	refuse(op_update_time_to_live, TTL(false, "t"), ST_VALIDATION, "TimeToLive is already disabled");
	ok(op_update_time_to_live, TTL(true, "t"));
	assert_string_equal(buf_str(&reply), "{\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":\"t\"}}");
	refuse(op_update_time_to_live, TTL(true, "t"), ST_VALIDATION, "TimeToLive is already enabled");
	refuse(op_update_time_to_live, TTL(true, "u"), ST_VALIDATION,
		"TimeToLive is active on a different AttributeName: current AttributeName is t");
	refuse(op_update_time_to_live, TTL(true, ""), ST_VALIDATION,
		"1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: "
		"Member must have "
		"length greater than or equal to 1");
	ok(op_describe_time_to_live, "{" T "}");
	assert_string_equal(
		buf_str(&reply), "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"ENABLED\",\"AttributeName\":\"t\"}}");
	ok(op_update_time_to_live, TTL(false, "t"));
	ok(op_update_time_to_live, TTL(true, "u"));
}

static void test_limits(void **state)
{
	ok(op_describe_limits, "{}");
	assert_string_equal(buf_str(&reply),
		"{\"AccountMaxReadCapacityUnits\":80000,\"AccountMaxWriteCapacityUnits\":80000,\"TableMaxReadCapacityUnits\":40000,"
		"\"TableMaxWriteCapacityUnits\":40000}");
}

/* States that take time. */

static void reopen_slowly(uint64_t delay_ms)
{
	struct engine_options o = {.path = store.path, .unlock = &h_unlock, .map_size = 1u << 30, .state_delay_ms = delay_ms};
	engine_close(store.e);
	assert_ok(engine_open(&o, &store.e, &h_err));
}

/** Until the table that `request` names has the state (NULL: is gone), at most 10 s. */
static void wait_for_table(const char *request, const char *state)
{
	for (int i = 0; i < 1000; i++) {
		enum status st = call(op_describe_table, request);
		if (state ? !st && strstr(buf_str(&reply), state) : st == ST_NO_TABLE)
			return;
		usleep(10000);
	}
	fail_msg("the table did not become %s: %s", state ? state : "gone", buf_str(&reply));
}

static void wait_for(const char *state)
{
	wait_for_table("{" T "}", state);
}

#define IN_USE "Attempt to change a resource which is still in use: Table is being "

static void test_states(void **state)
{
	struct table *t;
	struct item_meta meta;
	reopen_slowly(300);
	ok(op_create_table, PROVISIONED);
	HAS("\"TableStatus\":\"CREATING\"");
	ok(op_describe_table, "{" T "}");
	HAS("\"TableStatus\":\"CREATING\"");
	assert_ok(table_open_named(store.e, SLICE_LIT("Orders"), &t, &h_err));
	assert_int_equal(h_put(store.e, t, "{\"id\":\"a\"}", (struct cond){0}, &meta), ST_NO_TABLE);
	refuse(op_delete_table, "{" T "}", ST_TABLE_BUSY, IN_USE "created: Orders");
	refuse(op_update_table, "{" T "," UNITS(1, 1) "}", ST_TABLE_BUSY, IN_USE "created: Orders");
	refuse(op_create_table, PROVISIONED, ST_TABLE_EXISTS, "Table already exists: Orders");
	wait_for("\"TableStatus\":\"ACTIVE\"");
	assert_ok(h_put(store.e, t, "{\"id\":\"a\"}", (struct cond){0}, &meta));
	ok(op_update_table, "{" T "," UNITS(1, 1) "}");
	ok(op_describe_table, "{" T "}");
	HAS("\"TableStatus\":\"UPDATING\"");
	refuse(op_update_table, "{" T "," UNITS(2, 2) "}", ST_TABLE_BUSY, IN_USE "updated: Orders");
	assert_ok(h_put(store.e, t, "{\"id\":\"b\"}", (struct cond){0}, &meta));
	wait_for("\"TableStatus\":\"ACTIVE\"");
	ok(op_delete_table, "{" T "}");
	ok(op_describe_table, "{" T "}");
	HAS("\"TableStatus\":\"DELETING\"");
	assert_int_equal(h_put(store.e, t, "{\"id\":\"c\"}", (struct cond){0}, &meta), ST_NO_TABLE);
	refuse(op_update_table, "{" T "," UNITS(2, 2) "}", ST_TABLE_BUSY, IN_USE "deleted: Orders");
	ok(op_delete_table,
		"{" T "}"); /* API Reference, DeleteTable: "If table is already in the DELETING state, no error is returned." */
	HAS("\"TableStatus\":\"DELETING\"");
	wait_for(NULL);
	table_unref(t);
}

static void test_states_outlive_a_restart(void **state)
{
	reopen_slowly(60000);
	ok(op_create_table, PROVISIONED);
	reopen_slowly(0);
	ok(op_describe_table, "{" T "}");
	HAS("\"TableStatus\":\"CREATING\"");
	reopen_slowly(300);
	ok(op_create_table, "{\"TableName\":\"Other\"," KEYS ",\"BillingMode\":\"PAY_PER_REQUEST\"}");
	wait_for_table("{\"TableName\":\"Other\"}", "\"TableStatus\":\"ACTIVE\"");
	ok(op_delete_table, "{\"TableName\":\"Other\"}");
	reopen_slowly(0);
	wait_for_table("{\"TableName\":\"Other\"}", NULL);
	refuse(op_describe_table, "{\"TableName\":\"Other\"}", ST_NO_TABLE, "Requested resource not found: Table: Other not found");
}

/* Listeners. */

static char told[400];

static void listen(const struct table_change *change, void *arg)
{
	size_t n = strlen(told);
	snprintf(told + n, sizeof told - n, "%c:%s ", "+~-"[change->kind], table_name(change->table));
}

static void test_listeners_are_told(void **state)
{
	told[0] = 0;
	engine_on_table(store.e, listen, NULL);
	ok(op_create_table, PROVISIONED);
	ok(op_update_table, "{" T "," UNITS(1, 1) "}");
	ok(op_tag_resource, "{" R ",\"Tags\":[{\"Key\":\"b\",\"Value\":\"1\"}]}");
	assert_int_equal(call(op_update_table, "{" T "," UNITS(1, 1) "}"), ST_VALIDATION);
	ok(op_delete_table, "{" T "}");
	assert_string_equal(told, "+:Orders ~:Orders ~:Orders -:Orders ");
}

/** As a mount that goes away before the engine closes, while the background threads still work. */
static void test_a_listener_is_forgotten(void **state)
{
	int other;
	reopen_slowly(100);
	told[0] = 0;
	engine_on_table(store.e, listen, &other);
	engine_on_table(store.e, listen, told);
	ok(op_create_table, PROVISIONED);
	engine_forget_listener(store.e, told);
	for (int i = 0; i < 1000 && !strstr(reply.len ? buf_str(&reply) : "", "\"TableStatus\":\"ACTIVE\""); i++) {
		usleep(10000);
		ok(op_describe_table, "{" T "}");
	}
	engine_forget_listener(store.e, &other);
	ok(op_delete_table, "{" T "}");
	assert_string_equal(told, "+:Orders +:Orders ~:Orders ");
}

static void test_a_store_has_a_place(void **state)
{
	struct h_store other = {0};
	struct engine_place place = {"eu-west-1", "123456789012"};
	struct table *t;
	snprintf(other.path, sizeof other.path, "/tmp/itemfs-unit-XXXXXX");
	assert_non_null(mkdtemp(other.path));
	assert_int_equal(engine_create_at(other.path, &h_unlock, &(struct engine_place){"EU", NULL}, &h_err), ST_USAGE);
	assert_int_equal(engine_create_at(other.path, &h_unlock, &(struct engine_place){NULL, "12"}, &h_err), ST_USAGE);
	assert_ok(engine_create_at(other.path, &h_unlock, &place, &h_err));
	h_open(&other);
	assert_string_equal(engine_place(other.e).region, "eu-west-1");
	t = h_table(other.e, "Orders", 'S', 0);
	assert_ok(op_describe_table(other.e, &h_caller, SLICE_LIT("{\"TableName\":\"Orders\"}"), &reply, &h_err));
	HAS("\"TableArn\":\"arn:aws:dynamodb:eu-west-1:123456789012:table/Orders\"");
	table_unref(t);
	h_remove(&other);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_create_and_describe), TEST(test_counts_what_is_in_it), TEST(test_counts_of_indexes),
		TEST(test_everything_described), TEST(test_refusals_of_requests), TEST(test_delete), TEST(test_list),
		TEST(test_update_capacity), TEST(test_maxima_on_demand), TEST(test_update_indexes),
		TEST(test_update_streams_and_encryption), TEST(test_tags), TEST(test_time_to_live), TEST(test_limits),
		TEST(test_states), TEST(test_states_outlive_a_restart), TEST(test_listeners_are_told),
		TEST(test_a_listener_is_forgotten), TEST(test_a_store_has_a_place),
		TEST(test_decreases_are_counted), /* last: the clock goes to another century */
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
