#include "expr_harness.h"

#define INVALID "One or more parameter values were invalid: "

/** The values of {"0": .., "1": ..} in order. */
static size_t values_of(struct slice item, struct value v[8])
{
	struct value_iter it = value_iter(item_value(item));
	struct slice name;
	size_t n = 0;
	while (n < 8 && value_next(&it, &name, &v[n]))
		n++;
	return n;
}

/** One condition on the item {"a": 5, "s": "text", "l": [1]}. */
static enum status holds(const char *name, const char *op, const char *values, bool *ret, struct err *err)
{
	struct buf given = item_of(values), item = item_of("{\"a\":5,\"s\":\"text\",\"l\":[1],\"d.e\":1}");
	struct value v[8];
	struct expr_legacy_condition c = {.name = slice_str(name), .values = v};
	struct expr *e;
	assert_true(expr_operator_parse(slice_str(op), &c.op));
	c.count = values_of(buf_slice(&given), v);
	enum status st = expr_from_conditions(EXPR_CONDITION, &c, 1, false, &e, err);
	if (st == ST_OK) {
		*ret = expr_test(e, buf_slice(&item));
		expr_free(e);
	}
	buf_finish(&given);
	buf_finish(&item);
	return st;
}

static bool is_true(const char *name, const char *op, const char *values)
{
	struct err err;
	bool yes = false;
	if (holds(name, op, values, &yes, &err) != ST_OK)
		fail_msg("%s %s: %s", name, op, err.text);
	return yes;
}

static void is_refused(const char *op, const char *values, const char *message)
{
	struct err err;
	bool yes;
	assert_int_equal(holds("a", op, values, &yes, &err), ST_VALIDATION);
	assert_string_equal(err.text, message);
}

static void test_operators(void **state)
{
	enum expr_operator op;
	assert_false(expr_operator_parse(SLICE_LIT("eq"), &op));
	assert_true(is_true("a", "EQ", "{\"0\":5}"));
	assert_false(is_true("a", "NE", "{\"0\":5}"));
	assert_true(is_true("a", "LE", "{\"0\":5}"));
	assert_false(is_true("a", "LT", "{\"0\":5}"));
	assert_true(is_true("a", "GE", "{\"0\":5}"));
	assert_true(is_true("a", "GT", "{\"0\":4}"));
	assert_true(is_true("a", "IN", "{\"0\":4,\"1\":5}"));
	assert_true(is_true("a", "BETWEEN", "{\"0\":4,\"1\":5}"));
	assert_true(is_true("s", "BEGINS_WITH", "{\"0\":\"te\"}"));
	assert_true(is_true("s", "CONTAINS", "{\"0\":\"ex\"}"));
	assert_true(is_true("l", "CONTAINS", "{\"0\":1}"));
	assert_true(is_true("l", "NOT_CONTAINS", "{\"0\":2}"));
	assert_true(is_true("gone", "NULL", ""));
	assert_true(is_true("a", "NOT_NULL", ""));
	assert_true(is_true("d.e", "EQ", "{\"0\":1}"));
}

static void test_refused(void **state)
{
	is_refused("EQ", "", INVALID "Invalid number of argument(s) for the EQ ComparisonOperator");
	is_refused("NULL", "{\"0\":1}", INVALID "Invalid number of argument(s) for the NULL ComparisonOperator");
	is_refused("BETWEEN", "{\"0\":1}", INVALID "Invalid number of argument(s) for the BETWEEN ComparisonOperator");
	is_refused("LT", "{\"0\":[]}", INVALID "ComparisonOperator LT is not valid for L AttributeValue type");
	is_refused("BEGINS_WITH", "{\"0\":1}", INVALID "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type");
	is_refused("BETWEEN", "{\"0\":1,\"1\":0}",
		"The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
	is_refused("BETWEEN", "{\"0\":1,\"1\":\"x\"}",
		INVALID "AttributeValues inside AttributeValueList must all be of the same type");
}

static void test_and_or(void **state)
{
	struct buf item = item_of("{\"a\":1,\"b\":2}");
	struct value two = item_get(buf_slice(&item), SLICE_LIT("b"));
	const struct expr_legacy_condition c[] = {
		{SLICE_LIT("a"), EXPR_EQ, &two, 1},
		{SLICE_LIT("b"), EXPR_EQ, &two, 1},
	};
	const struct key_schema schema = {.pk = {"b", VALUE_N}};
	struct expr *e;
	struct err err;
	for (int any = 0; any < 2; any++) {
		assert_int_equal(expr_from_conditions(EXPR_FILTER, c, 2, any, &e, NULL), ST_OK);
		assert_int_equal(expr_test(e, buf_slice(&item)), any);
		assert_int_equal(expr_check_filter(e, &schema, &err), ST_VALIDATION);
		assert_string_equal(err.text, "QueryFilter can only contain non-primary key attributes: Primary key attribute: b");
		expr_free(e);
	}
	assert_int_equal(expr_from_conditions(EXPR_FILTER, c, 0, false, &e, NULL), ST_OK);
	assert_true(expr_test(e, buf_slice(&item)));
	expr_free(e);
	buf_finish(&item);
}

static void test_key_conditions(void **state)
{
	const struct key_schema schema = {.pk = {"a", VALUE_S}, .sk = {"b", VALUE_S}};
	struct buf item = item_of("{\"v\":\"x\"}");
	struct value v = item_get(buf_slice(&item), SLICE_LIT("v"));
	struct expr_legacy_condition c[] = {
		{SLICE_LIT("b"), EXPR_BEGINS_WITH, &v, 1},
		{SLICE_LIT("a"), EXPR_EQ, &v, 1},
	};
	struct expr *e;
	struct key_range r;
	struct err err;
	assert_int_equal(expr_from_conditions(EXPR_KEY_CONDITION, c, 2, false, &e, &err), ST_OK);
	assert_int_equal(expr_key_range(e, &schema, &r, &err), ST_OK);
	assert_true(slice_eq_str(r.prefix, "x") && slice_eq_str(r.pk, "x"));
	expr_free(e);
	c[0].op = EXPR_NE;
	assert_int_equal(expr_from_conditions(EXPR_KEY_CONDITION, c, 2, false, &e, &err), ST_OK);
	assert_int_equal(expr_key_range(e, &schema, &r, &err), ST_VALIDATION);
	assert_string_equal(err.text, "Attempted conditional constraint is not an indexable operation");
	expr_free(e);
	assert_int_equal(expr_from_conditions(EXPR_KEY_CONDITION, c, 0, false, &e, &err), ST_VALIDATION);
	assert_string_equal(err.text, "Conditions can be of length 1 or 2 only");
	buf_finish(&item);
}

static void test_updates(void **state)
{
	struct buf item = item_of("{\"gone\":1,\"n\":1,\"s\":{\"$ss\":[\"a\",\"b\"]},\"z\":1}"), out = BUF_INIT;
	struct buf values = item_of("{\"n\":2,\"s\":{\"$ss\":[\"a\"]},\"t\":\"x\"}");
	struct slice v = buf_slice(&values);
	struct expr_legacy_update u[] = {
		{SLICE_LIT("n"), EXPR_ADD, item_get(v, SLICE_LIT("n"))},
		{SLICE_LIT("s"), EXPR_DELETE, item_get(v, SLICE_LIT("s"))},
		{SLICE_LIT("gone"), EXPR_DELETE, {.type = VALUE_NONE}},
		{SLICE_LIT("a.b"), EXPR_PUT, item_get(v, SLICE_LIT("t"))},
	};
	struct expr *e;
	struct err err;
	assert_int_equal(expr_from_updates(u, 4, &e, &err), ST_OK);
	assert_int_equal(expr_update(e, buf_slice(&item), &out, &err), ST_OK);
	same_item(buf_slice(&out), "{\"a.b\":\"x\",\"n\":3,\"s\":{\"$ss\":[\"b\"]},\"z\":1}", "updates");
	expr_free(e);
	u[0].name = SLICE_LIT("s");
	assert_int_equal(expr_from_updates(u, 1, &e, &err), ST_OK);
	assert_int_equal(expr_update(e, buf_slice(&item), &out, &err), ST_VALIDATION);
	assert_string_equal(err.text, "Type mismatch for attribute to update");
	expr_free(e);
	u[0].value.type = VALUE_NONE;
	assert_int_equal(expr_from_updates(u, 1, &e, &err), ST_VALIDATION);
	assert_string_equal(err.text, INVALID "Only DELETE action is allowed when no attribute value is specified");
	u[1].value = item_get(v, SLICE_LIT("t"));
	assert_int_equal(expr_from_updates(u + 1, 1, &e, &err), ST_VALIDATION);
	assert_string_equal(err.text, INVALID "DELETE action is not supported for the type S");
	buf_finish(&item);
	buf_finish(&values);
	buf_finish(&out);
}

static void test_attributes(void **state)
{
	const struct slice names[] = {SLICE_LIT("b"), SLICE_LIT("a.x"), SLICE_LIT("b")};
	struct buf item = item_of("{\"a\":1,\"a.x\":2,\"b\":3}"), out = BUF_INIT;
	struct expr *e;
	struct err err;
	assert_int_equal(expr_from_attributes(names, 2, &e, &err), ST_OK);
	expr_project(e, buf_slice(&item), &out);
	same_item(buf_slice(&out), "{\"a.x\":2,\"b\":3}", "attributes");
	expr_free(e);
	assert_int_equal(expr_from_attributes(names, 3, &e, &err), ST_VALIDATION);
	assert_string_equal(err.text, INVALID "Duplicate value in attribute name: b");
	buf_finish(&item);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_and_or),
		cmocka_unit_test(test_key_conditions),
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_attributes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
