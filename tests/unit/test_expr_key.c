#include "expr_harness.h"

#include "engine/number.h"

static const struct key_schema text_schema = {.pk = {"id", VALUE_S}, .sk = {"sk", VALUE_S}};
static const struct key_schema number_schema = {.pk = {"id", VALUE_S}, .sk = {"sk", VALUE_N}};
static const struct key_schema plain_schema = {.pk = {"id", VALUE_S}};

static void not_parsed(const char *text, const char *values, const char *message)
{
	refused(EXPR_KEY_CONDITION, text, "", values, message);
}

static void not_a_key(const struct key_schema *schema, const char *text, const char *values, const char *message)
{
	struct given g = parsed(EXPR_KEY_CONDITION, text, "", values);
	struct key_range r;
	struct err err = {0};
	enum status st = expr_key_range(g.e, schema, &r, &err);
	assert_true(st == ST_VALIDATION || st == ST_KEY_TOO_LONG);
	assert_string_equal(err.text, message);
	given_finish(&g);
}

/** Which of the sort keys "a" to "e" and "bb" are in the range: "b bb" and so on. */
static void holds(const char *text, const char *values, const char *want)
{
	static const char *const keys[] = {"a", "b", "bb", "c", "d"};
	struct given g = parsed(EXPR_KEY_CONDITION, text, "", values);
	struct key_range r;
	struct err err;
	struct buf got = BUF_INIT;
	if (expr_key_range(g.e, &text_schema, &r, &err) != ST_OK)
		fail_msg("%s: %s", text, err.text);
	assert_true(slice_eq_str(r.pk, "p"));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (key_range_has(&r, slice_str(keys[i])))
			buf_addf(&got, "%s%s", got.len ? " " : "", keys[i]);
	assert_string_equal(buf_str(&got), want);
	buf_finish(&got);
	given_finish(&g);
}

static void test_ranges(void **state)
{
	holds("id = :p", "{\":p\":\"p\"}", "a b bb c d");
	holds("id = :p AND sk = :b", "{\":p\":\"p\",\":b\":\"b\"}", "b");
	holds("sk = :b AND id = :p", "{\":p\":\"p\",\":b\":\"b\"}", "b");
	holds("(sk < :b) AND (id = :p)", "{\":p\":\"p\",\":b\":\"b\"}", "a");
	holds("(id = :p AND sk <= :b)", "{\":p\":\"p\",\":b\":\"b\"}", "a b");
	holds("id = :p AND sk > :b", "{\":p\":\"p\",\":b\":\"b\"}", "bb c d");
	holds("id = :p AND sk >= :b", "{\":p\":\"p\",\":b\":\"b\"}", "b bb c d");
	holds(":p = id AND :b > sk", "{\":p\":\"p\",\":b\":\"b\"}", "a");
	holds("id = :p AND sk BETWEEN :b AND :c", "{\":p\":\"p\",\":b\":\"b\",\":c\":\"c\"}", "b bb c");
	holds("id = :p AND begins_with(sk, :b)", "{\":p\":\"p\",\":b\":\"b\"}", "b bb");
}

static void test_bounds(void **state)
{
	struct given g = parsed(
		EXPR_KEY_CONDITION, "#i = :p AND sk BETWEEN :a AND :b", "{\"#i\":\"id\"}", "{\":p\":\"p\",\":a\":-2,\":b\":10}");
	struct key_range r;
	struct err err;
	char text[NUMBER_TEXT_MAX];
	assert_int_equal(expr_key_range(g.e, &number_schema, &r, &err), ST_OK);
	number_format(r.lo, text);
	assert_string_equal(text, "-2");
	number_format(r.hi, text);
	assert_string_equal(text, "10");
	assert_false(r.lo_open || r.hi_open || r.prefix.len);
	given_finish(&g);
	g = parsed(EXPR_KEY_CONDITION, "id = :p AND begins_with(sk, :a)", "", "{\":p\":\"p\",\":a\":\"x\"}");
	assert_int_equal(expr_key_range(g.e, &text_schema, &r, &err), ST_OK);
	assert_true(slice_eq_str(r.prefix, "x") && slice_eq_str(r.lo, "x") && r.hi.len == 0);
	given_finish(&g);
}

static void test_wrong_keys(void **state)
{
	const char *p = "{\":p\":\"p\"}", *pq = "{\":p\":\"p\",\":q\":\"q\"}";
	not_a_key(&text_schema, "sk = :p", p, "Query condition missed key schema element: id");
	not_a_key(&text_schema, "id = :p AND misc = :p", p, "Query condition missed key schema element: sk");
	not_a_key(&plain_schema, "id = :p AND misc = :p", p, "Query key condition not supported");
	not_a_key(&text_schema, "id > :p", p, "Query key condition not supported");
	not_a_key(&text_schema, "id = :p AND id = :q", pq, "KeyConditionExpressions must only contain one condition per key");
	not_a_key(&text_schema, "id = :p AND sk > :p AND sk < :q", pq,
		"KeyConditionExpressions must only contain one condition per key");
	not_a_key(&text_schema, "id = :p AND sk > :p AND misc < :q", pq, "Conditions can be of length 1 or 2 only");
	not_a_key(&text_schema, "id = :p AND sk.a = :p", p, "KeyConditionExpressions cannot have conditions on nested attributes");
	not_a_key(&text_schema, ":p = :q", pq, "Invalid condition in KeyConditionExpression: No key attribute specified");
	not_a_key(&text_schema, "id = sk", "",
		"Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
	not_a_key(&text_schema, "id = :p AND begins_with(:p, sk)", p,
		"Invalid condition in KeyConditionExpression: begins_with operator must have the attribute name as its first "
		"operand");
}

static void test_operators(void **state)
{
	const char *p = "{\":p\":\"p\"}";
	not_a_key(&text_schema, "id = :p OR sk = :p", p, "Invalid operator used in KeyConditionExpression: OR");
	not_a_key(&text_schema, "NOT id = :p", p, "Invalid operator used in KeyConditionExpression: NOT");
	not_a_key(&text_schema, "id = :p AND sk <> :p", p, "Invalid operator used in KeyConditionExpression: <>");
	not_a_key(&text_schema, "id = :p AND sk IN (:p)", p, "Invalid operator used in KeyConditionExpression: IN");
	not_a_key(&text_schema, "id = :p AND contains(sk, :p)", p, "Invalid operator used in KeyConditionExpression: contains");
	not_a_key(&text_schema, "id = :p AND attribute_exists(sk)", p,
		"Invalid operator used in KeyConditionExpression: attribute_exists");
	not_a_key(&text_schema, "id = :p AND size(sk) = :p", p, "Invalid operator used in KeyConditionExpression: size");
}

static void test_values(void **state)
{
	const char *mismatch = "One or more parameter values were invalid: Condition parameter type does not match schema type";
	not_a_key(&text_schema, "id = :p", "{\":p\":1}", mismatch);
	not_a_key(&text_schema, "id = :p AND sk > :q", "{\":p\":\"p\",\":q\":1}", mismatch);
	not_a_key(&number_schema, "id = :p AND begins_with(sk, :p)", "{\":p\":\"p\"}", mismatch);
	not_a_key(&text_schema, "id = :p", "{\":p\":\"\"}",
		"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
		"value. Key: id");
	not_parsed("id = :p AND begins_with(sk, :q)", "{\":p\":\"p\",\":q\":1}",
		"Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "
		"begins_with, "
		"operand type: N");
	not_parsed("id = :p AND sk BETWEEN :p AND :a", "{\":p\":\"p\",\":a\":\"a\"}",
		"Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower "
		"bound; lower bound operand: AttributeValue: {S:p}, upper bound operand: AttributeValue: {S:a}");
	not_parsed("", "", "Invalid KeyConditionExpression: The expression can not be empty;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
