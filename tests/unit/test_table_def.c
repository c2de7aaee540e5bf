#include "tests/unit/harness.h"

static const char good[] =
	"{\"TableName\":\"Orders\",\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"},"
	"{\"AttributeName\":\"at\",\"AttributeType\":\"N\"}],\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"},"
	"{\"AttributeName\":\"at\",\"KeyType\":\"RANGE\"}],\"Tags\":[{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"a\",\"Value\":"
	"\"1\"}]}";

static enum status parse(const char *text, const char *name, struct table_def *def)
{
	h_err.text[0] = 0;
	return table_def_parse(slice_str(text), name, &h_caller, def, &h_err);
}

static void refuse(const char *text, enum status want, const char *words)
{
	struct table_def def;
	enum status st = parse(text, "", &def);
	if (st != want || !strstr(h_err.text, words))
		fail_msg("%s\n  answered %s: %s\n  wanted %s: ..%s..", text, status_info(st)->name, h_err.text,
			status_info(want)->name, words);
}

static void test_reads_create_table(void **state)
{
	struct table_def def;
	assert_ok(parse(good, "", &def));
	assert_string_equal(def.name, "Orders");
	assert_string_equal(def.schema.pk.name, "id");
	assert_int_equal(def.schema.sk.type, VALUE_N);
	assert_int_equal(def.billing, BILLING_PAY_PER_REQUEST);
	assert_int_equal(def.mode, 0755);
	assert_int_equal(def.tag_count, 2);
	assert_string_equal(def.tags[0].key, "a");
	table_def_finish(&def);
}

static void test_what_it_prints_it_reads(void **state)
{
	struct table_def def, again;
	struct buf one = BUF_INIT, two = BUF_INIT;
	assert_ok(parse(good, "Orders", &def));
	table_def_print(&def, &one);
	assert_ok(parse(buf_str(&one), "Orders", &again));
	table_def_print(&again, &two);
	assert_string_equal(buf_str(&one), buf_str(&two));
	assert_null(strchr(buf_str(&one), '\t'));
	table_def_finish(&def);
	table_def_finish(&again);
	buf_finish(&one);
	buf_finish(&two);
}

static void test_refusals_name_the_member(void **state)
{
#define KEYS                                                                                                                       \
	"\"AttributeDefinitions\":[{\"AttributeName\":\"a\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":\"a\","    \
	"\"KeyType\":\"HASH\"}]"
	refuse("{", ST_INCOMPLETE, "");
	refuse("{\"a\" 1}", ST_SYNTAX, "line 1, column");
	refuse("{\"TableName\":\"abc\"}", ST_VALIDATION,
		"2 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not "
		"be "
		"null; Value null at 'keySchema' failed to satisfy constraint: Member must not be null");
	refuse("{\"TableName\":\"ab\"," KEYS "}", ST_VALIDATION, "at least 3");
	refuse("{\"TableName\":\"a/b\"," KEYS "}", ST_VALIDATION, "pattern");
	refuse("{\"TableName\":\"abc\\u0000d\"," KEYS "}", ST_VALIDATION, "NUL");
	refuse("{\"TableName\":\"abc\",\"Colour\":1," KEYS "}", ST_VALIDATION, "'Colour'");
	refuse("{\"TableName\":\"abc\",\"TableName\":\"abd\"," KEYS "}", ST_VALIDATION, "twice");
	refuse("{\"TableName\":\"abc\",\"ResourcePolicy\":\"{}\"," KEYS "}", ST_UNSUPPORTED, "ResourcePolicy");
	refuse("{\"TableName\":\"abc\",\"BillingMode\":\"FREE\"," KEYS "}", ST_VALIDATION,
		"Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, "
		"PAY_PER_REQUEST]");
	refuse("{\"TableName\":\"abc\",\"BillingMode\":\"PROVISIONED\"," KEYS "}", ST_VALIDATION, "ReadCapacityUnits");
	refuse("{\"TableName\":\"abc\",\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[]}",
		ST_VALIDATION, "Invalid KeySchema: Some index key attribute have no definition");
	refuse("{\"TableName\":\"abc\",\"Owner\":{\"Mode\":\"99\"}," KEYS "}", ST_VALIDATION, "octal");
	refuse("{\"TableName\":\"abc\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"\"},{\"Key\":\"a\",\"Value\":\"\"}]," KEYS "}",
		ST_VALIDATION, "twice");
}

#define ATTR(name) "{\"AttributeName\":\"" name "\",\"AttributeType\":\"S\"}"
#define KEY(name, type) "{\"AttributeName\":\"" name "\",\"KeyType\":\"" type "\"}"
#define TABLE(attributes, more)                                                                                                    \
	"{\"TableName\":\"abc\",\"AttributeDefinitions\":[" attributes                                                             \
	"],\"KeySchema\":[" KEY("p", "HASH") "," KEY("s", "RANGE") "]" more "}"
#define INDEX(name, keys, projection) "{\"IndexName\":\"" name "\",\"KeySchema\":[" keys "],\"Projection\":" projection "}"
#define ALL "{\"ProjectionType\":\"ALL\"}"
#define GSI(i) ",\"GlobalSecondaryIndexes\":[" i "]"
#define LSI(i) ",\"LocalSecondaryIndexes\":[" i "]"
#define PS ATTR("p") "," ATTR("s")
#define PSA PS "," ATTR("a")
#define WRONG "One or more parameter values were invalid: "

static const char full[] = "{\"TableName\":\"Orders\",\"AttributeDefinitions\":[" PSA "," ATTR("b") "],\"KeySchema\":[" KEY(
	"p", "HASH") "," KEY("s", "RANGE") "]" LSI(INDEX("by-b", KEY("p", "HASH") "," KEY("b", "RANGE"),
	"{\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":[\"z\",\"y\",\"z\"]}")) ",\"GlobalSecondaryIndexes\":["
										      "{\"IndexName\":\"zzz\",\"KeySchema\":[" KEY(
											      "a",
											      "HASH") "],\"Projection\":{"
												      "\"ProjectionType\":\"KEYS_"
												      "ONLY\"},"
												      "\"ProvisionedThroughput\":{"
												      "\"ReadCapacityUnits\":3,"
												      "\"WriteCapacityUnits\":4}},"
												      "{\"IndexName\":\"aaa\","
												      "\"KeySchema\":[" KEY("b",
													      "HASH") "," KEY("a",
													      "RANGE") "],"
														       "\"Projectio"
														       "n\":" ALL
														       ","
														       "\"Provision"
														       "edThroughpu"
														       "t\":{"
														       "\"ReadCapac"
														       "ityUnits\":"
														       "5,"
														       "\"WriteCapa"
														       "cityUnits\""
														       ":6},"
														       "\"WarmThrou"
														       "ghput\":{"
														       "\"ReadUnits"
														       "PerSecond\""
														       ":12000}}],"
														       "\"BillingMo"
														       "de\":"
														       "\"PROVISION"
														       "ED\","
														       "\"Provision"
														       "edThroughpu"
														       "t\":{"
														       "\"ReadCapac"
														       "ityUnits\":"
														       "10,"
														       "\"WriteCapa"
														       "cityUnits\""
														       ":9007199254"
														       "740991},"
														       "\"WarmThrou"
														       "ghput\":{"
														       "\"ReadUnits"
														       "PerSecond\""
														       ":13000,"
														       "\"WriteUnit"
														       "sPerSecond"
														       "\":5000},"
														       "\"StreamSpe"
														       "cification"
														       "\":{"
														       "\"StreamEna"
														       "bled\":"
														       "true,"
														       "\"StreamVie"
														       "wType\":"
														       "\"NEW_AND_"
														       "OLD_"
														       "IMAGES\"},"
														       "\"SSESpecif"
														       "ication\":{"
														       "\"Enabled\""
														       ":true,"
														       "\"SSEType\""
														       ":\"KMS\","
														       "\"KMSMaster"
														       "KeyId\":"
														       "\"alias/"
														       "mine\"},"
														       "\"TimeToLiv"
														       "eSpecificat"
														       "ion\":{"
														       "\"Enabled\""
														       ":true,"
														       "\"Attribute"
														       "Name\":"
														       "\"expires\""
														       "},"
														       "\"TableClas"
														       "s\":"
														       "\"STANDARD_"
														       "INFREQUENT_"
														       "ACCESS\","
														       "\"DeletionP"
														       "rotectionEn"
														       "abled\":"
														       "true,"
														       "\"Tags\":[{"
														       "\"Key\":"
														       "\"k\","
														       "\"Value\":"
														       "\"v\"}],"
														       "\"Owner\":{"
														       "\"Uid\":7,"
														       "\"Gid\":8,"
														       "\"Mode\":"
														       "\"0700\"}}";

static void test_reads_indexes(void **state)
{
	struct table_def def;
	char text[sizeof full];
	memcpy(text, full, sizeof full);
	memcpy(strstr(text, "9007199254740991"), "20              ", 16);
	assert_ok(parse(text, "", &def));
	assert_int_equal(def.index_count, 3);
	assert_string_equal(def.indexes[0].name, "by-b");
	assert_true(def.indexes[0].local);
	assert_int_equal(def.indexes[0].projection, PROJECTION_INCLUDE);
	assert_int_equal(def.indexes[0].include_count, 2);
	assert_string_equal(def.indexes[0].include[0], "y");
	assert_string_equal(def.indexes[1].name, "aaa");
	assert_string_equal(def.indexes[1].schema.sk.name, "a");
	assert_int_equal(def.indexes[1].provisioned.write, 6);
	assert_int_equal(def.indexes[1].warm.read, 12000);
	assert_int_equal(def.indexes[2].projection, PROJECTION_KEYS_ONLY);
	assert_int_equal(def.stream, STREAM_NEW_AND_OLD_IMAGES);
	assert_string_equal(def.sse_key, "alias/mine");
	assert_true(def.ttl && !strcmp(def.ttl_attribute, "expires"));
	assert_int_equal(def.warm.write, 5000);
	assert_int_equal(def.class, TABLE_CLASS_STANDARD_INFREQUENT_ACCESS);
	table_def_finish(&def);
}

static void round_trip(const char *text)
{
	struct table_def def, again;
	struct buf one = BUF_INIT, two = BUF_INIT;
	assert_ok(parse(text, "", &def));
	table_def_print(&def, &one);
	assert_ok(parse(buf_str(&one), "", &again));
	table_def_print(&again, &two);
	assert_string_equal(buf_str(&one), buf_str(&two));
	table_def_finish(&def);
	table_def_finish(&again);
	buf_finish(&one);
	buf_finish(&two);
}

static void test_round_trips(void **state)
{
	char text[sizeof full];
	memcpy(text, full, sizeof full);
	memcpy(strstr(text, "9007199254740991"), "999999999999    ", 16);
	round_trip(text);
	round_trip(TABLE(PS, ",\"OnDemandThroughput\":{\"MaxReadRequestUnits\":5,\"MaxWriteRequestUnits\":-1}"));
	round_trip(TABLE(PSA, ",\"StreamSpecification\":{\"StreamEnabled\":false},\"SSESpecification\":{\"Enabled\":false}"
			      ",\"TimeToLiveSpecification\":{\"Enabled\":false,\"AttributeName\":\"x\"}" GSI(
				      INDEX("i-1", KEY("a", "HASH"), ALL))));
}

static void test_rules_of_keys(void **state)
{
	refuse(TABLE(PSA, ""), ST_VALIDATION,
		WRONG
		"Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions");
	refuse(TABLE(PS "," ATTR("s"), ""), ST_VALIDATION, "Attribute Name is duplicated: s");
	refuse(TABLE(PSA "," ATTR("b"), GSI(INDEX("i-1", KEY("a", "HASH"), ALL))), ST_VALIDATION,
		WRONG "Some AttributeDefinitions are not used. AttributeDefinitions: [p, a, b, s], keys used: [p, a, s]");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" ATTR("key") "," ATTR("assignedTo") "," ATTR("roles") "," ATTR(
		       "tt") "],\"KeySchema\":[" KEY("key", "HASH") "," KEY("assignedTo",
		       "RANGE") "]" GSI(INDEX("i-1", KEY("tt", "HASH"), ALL)) "}",
		ST_VALIDATION,
		WRONG "Some AttributeDefinitions are not used. AttributeDefinitions: [tt, key, assignedTo, roles], keys used: "
		      "[tt, key, assignedTo]"); /* as the service was seen to print them */
	refuse(TABLE(PS, GSI(INDEX("i-1", KEY("a", "HASH") "," KEY("s", "RANGE"), ALL))), ST_VALIDATION,
		WRONG
		"Some index key attributes are not defined in AttributeDefinitions. Keys: [a, s], AttributeDefinitions: [p, s]");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PS
	       "],\"KeySchema\":[" KEY("p", "RANGE") "," KEY("s", "HASH") "]}",
		ST_VALIDATION, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PS
	       "],\"KeySchema\":[" KEY("p", "HASH") "," KEY("s", "HASH") "]}",
		ST_VALIDATION, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PS
	       "],\"KeySchema\":[" KEY("p", "HASH") "," KEY("p", "RANGE") "]}",
		ST_VALIDATION, "Both the Hash Key and the Range Key element in the KeySchema have the same name");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PS "],\"KeySchema\":[]}", ST_VALIDATION,
		"1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length "
		"greater "
		"than or equal to 1");
}

static void test_rules_of_indexes(void **state)
{
	refuse(TABLE(PSA, LSI(INDEX("i-1", KEY("p", "HASH"), ALL))), ST_VALIDATION,
		WRONG "Index KeySchema does not have a range key for index: i-1");
	refuse(TABLE(PSA, LSI(INDEX("i-1", KEY("a", "HASH") "," KEY("s", "RANGE"), ALL))), ST_VALIDATION,
		WRONG
		"Index KeySchema does not have the same leading hash key as table KeySchema for index: i-1. index hash key: a, "
		"table hash key: p");
	refuse("{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PS
	       "],\"KeySchema\":[" KEY("p", "HASH") "]" LSI(INDEX("i-1", KEY("p", "HASH") "," KEY("s", "RANGE"), ALL)) "}",
		ST_VALIDATION,
		WRONG "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
	refuse(TABLE(PSA, GSI(INDEX("i-1", KEY("a", "HASH"), ALL) "," INDEX("i-1", KEY("a", "HASH"), ALL))), ST_VALIDATION,
		WRONG "Duplicate index name: i-1");
	refuse(TABLE(PSA, GSI(INDEX("i-1", KEY("a", "HASH"), "{}"))), ST_VALIDATION, WRONG "Unknown ProjectionType: null");
	refuse(TABLE(PSA, GSI(INDEX("i-1", KEY("a", "HASH"), "{\"ProjectionType\":\"INCLUDE\"}"))), ST_VALIDATION,
		WRONG "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	refuse(TABLE(PSA, GSI(INDEX("i-1", KEY("a", "HASH"), "{\"ProjectionType\":\"ALL\",\"NonKeyAttributes\":[\"x\"]}"))),
		ST_VALIDATION, WRONG "ProjectionType is ALL, but NonKeyAttributes is specified");
	refuse(TABLE(PS, GSI("")), ST_VALIDATION, WRONG "List of GlobalSecondaryIndexes is empty");
	refuse(TABLE(PSA, GSI(INDEX("i", KEY("a", "HASH"), ALL))), ST_VALIDATION,
		"Value 'i' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have length "
		"greater "
		"than or equal to 3");
#define UNITS ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":1,\"WriteCapacityUnits\":1}"
	refuse(TABLE(PSA, UNITS GSI(INDEX("i-1", KEY("a", "HASH"), ALL))), ST_VALIDATION,
		WRONG "ProvisionedThroughput must be specified for index: i-1");
	refuse(TABLE(PSA, GSI("{\"IndexName\":\"i-1\",\"KeySchema\":[" KEY("a", "HASH") "],\"Projection\":" ALL UNITS "}")),
		ST_VALIDATION,
		WRONG "ProvisionedThroughput should not be specified for index: i-1 when BillingMode is PAY_PER_REQUEST");
}

/** {..,"GlobalSecondaryIndexes" or "LocalSecondaryIndexes":[n of them]} */
static void refuse_many(int n, bool local, const char *projection, const char *words)
{
	struct buf text = BUF_INIT;
	buf_addf(&text,
		"{\"TableName\":\"abc\",\"AttributeDefinitions\":[" PSA
		"],\"KeySchema\":[" KEY("p", "HASH") "," KEY("s", "RANGE") "],\"%sSecondaryIndexes\":[",
		local ? "Local" : "Global");
	for (int i = 0; i < n; i++)
		buf_addf(&text,
			"%s{\"IndexName\":\"i-%d\",\"KeySchema\":[" KEY("%s", "HASH") "," KEY("%s", "RANGE") "],\"Projection\":%s}",
			i ? "," : "", i, local ? "p" : "a", local ? "a" : "s", projection);
	buf_add_str(&text, "]}");
	refuse(buf_str(&text), ST_VALIDATION, words);
	buf_finish(&text);
}

static void test_limits_of_indexes(void **state)
{
	struct buf include = BUF_INIT;
	refuse_many(21, false, ALL, WRONG "GlobalSecondaryIndex count exceeds the per-table limit of 20");
	refuse_many(6, true, ALL, WRONG "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
	buf_add_str(&include, "{\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":[\"x\"");
	for (int i = 0; i < 19; i++)
		buf_addf(&include, ",\"x%d\"", i);
	buf_add_str(&include, "]}");
	refuse_many(6, false, buf_str(&include), "limit of 100");
	buf_finish(&include);
}

static void test_rules_of_the_rest(void **state)
{
	refuse(TABLE(PS, ",\"BillingMode\":\"PAY_PER_REQUEST\"" UNITS), ST_VALIDATION,
		WRONG "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	refuse(TABLE(PS, ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":0}"), ST_VALIDATION,
		"2 validation errors detected: Value null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy "
		"constraint: Member must not be null; Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy "
		"constraint: Member must have value greater than or equal to 1");
	refuse(TABLE(PS, ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":1000000000001,\"WriteCapacityUnits\":1}"),
		ST_VALIDATION, "Given value 1000000000001 for ReadCapacityUnits is out of bounds");
	refuse(TABLE(PS, ",\"StreamSpecification\":{\"StreamEnabled\":true}"), ST_VALIDATION, "UpdateViewType should be specified");
	refuse(TABLE(PS, ",\"StreamSpecification\":{\"StreamEnabled\":false,\"StreamViewType\":\"NEW_IMAGE\"}"), ST_VALIDATION,
		"Table is being created with a stream disabled, UpdateViewType should not be specified");
	refuse(TABLE(PS, ",\"TableName\":7"), ST_VALIDATION, "twice");
	refuse(TABLE(PS, ",\"TableClass\":7"), ST_SYNTAX, "NUMBER_VALUE cannot be converted to String");
	refuse(TABLE(PS, ",\"TableClass\":[]"), ST_SYNTAX, "Unrecognized collection type class java.lang.String");
	refuse(TABLE(PS, ",\"TableClass\":{}"), ST_SYNTAX, "Start of structure or map found where not expected");
	refuse(TABLE(PS, ",\"DeletionProtectionEnabled\":\"yes\""), ST_SYNTAX, "Unexpected token received from parser");
	refuse(TABLE(PS, GSI("{\"IndexName\":\"i-1\",\"Colour\":1}")), ST_VALIDATION,
		"GlobalSecondaryIndexes: unknown member 'Colour'");
	refuse(TABLE(PS, GSI("null")), ST_VALIDATION, "null");
	refuse(TABLE(PS ",null", ""), ST_VALIDATION, "null");
}

static void test_name_must_agree_with_the_place(void **state)
{
	struct table_def def;
	assert_status(ST_VALIDATION, parse(good, "Other", &def));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_create_table),
		cmocka_unit_test(test_what_it_prints_it_reads),
		cmocka_unit_test(test_refusals_name_the_member),
		cmocka_unit_test(test_reads_indexes),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_rules_of_keys),
		cmocka_unit_test(test_rules_of_indexes),
		cmocka_unit_test(test_limits_of_indexes),
		cmocka_unit_test(test_rules_of_the_rest),
		cmocka_unit_test(test_name_must_agree_with_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
