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
	refuse("{\"TableName\":\"abc\"}", ST_VALIDATION, "KeySchema is missing");
	refuse("{\"TableName\":\"ab\"," KEYS "}", ST_VALIDATION, "at least 3");
	refuse("{\"TableName\":\"a/b\"," KEYS "}", ST_VALIDATION, "pattern");
	refuse("{\"TableName\":\"abc\\u0000d\"," KEYS "}", ST_VALIDATION, "NUL");
	refuse("{\"TableName\":\"abc\",\"Colour\":1," KEYS "}", ST_VALIDATION, "'Colour'");
	refuse("{\"TableName\":\"abc\",\"TableName\":\"abd\"," KEYS "}", ST_VALIDATION, "twice");
	refuse("{\"TableName\":\"abc\",\"GlobalSecondaryIndexes\":[{}]," KEYS "}", ST_UNSUPPORTED, "GlobalSecondaryIndexes");
	refuse("{\"TableName\":\"abc\",\"BillingMode\":\"FREE\"," KEYS "}", ST_VALIDATION, "BillingMode");
	refuse("{\"TableName\":\"abc\",\"BillingMode\":\"PROVISIONED\"," KEYS "}", ST_VALIDATION, "ReadCapacityUnits");
	refuse("{\"TableName\":\"abc\",\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[]}",
		ST_VALIDATION, "not defined");
	refuse("{\"TableName\":\"abc\",\"Owner\":{\"Mode\":\"99\"}," KEYS "}", ST_VALIDATION, "octal");
	refuse("{\"TableName\":\"abc\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"\"},{\"Key\":\"a\",\"Value\":\"\"}]," KEYS "}",
		ST_VALIDATION, "twice");
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
		cmocka_unit_test(test_name_must_agree_with_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
