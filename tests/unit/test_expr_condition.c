#include "expr_harness.h"

static const char item_json[] =
	"{\"id\":\"x1\",\"n\":10,\"s\":\"hello\",\"u\":\"\xc3\xa9t\xc3\xa9\",\"bin\":{\"$b\":\"AAEC\"},\"yes\":true,\"off\":false,"
	"\"nil\":null,\"l\":[1,\"two\",[3],{\"k\":4}],\"m\":{\"a\":{\"b\":5},\"x.y\":6},\"ss\":{\"$ss\":[\"a\",\"b\"]},"
	"\"ns\":{\"$ns\":[1,2.5]},\"bs\":{\"$bs\":[\"AA==\"]},\"neg\":-3,\"blank\":\"\",\"big\":{\"$n\":"
	"\"12345678901234567890123456789012345678\"}}";

static bool is_true(const char *text, const char *names, const char *values)
{
	struct buf item = item_of(item_json);
	struct given g = parsed(EXPR_CONDITION, text, names, values);
	bool yes = expr_test(g.e, buf_slice(&item));
	given_finish(&g);
	buf_finish(&item);
	return yes;
}

#define YES(text, values) assert_true(is_true(text, "", values))
#define NO(text, values) assert_false(is_true(text, "", values))

static void test_comparisons(void **state)
{
	YES("n = :v", "{\":v\":10.0}");
	NO("n = :v", "{\":v\":\"10\"}");
	YES("n <> :v", "{\":v\":\"10\"}");
	YES("n < :v", "{\":v\":10.5}");
	NO("n < :v", "{\":v\":10}");
	YES("n <= :v", "{\":v\":10}");
	YES("n > :v", "{\":v\":-11}");
	YES("neg < n", "");
	YES("neg > :v", "{\":v\":-3.5}");
	YES("n >= :v", "{\":v\":10}");
	YES(":v < n", "{\":v\":9}");
	NO("n < :v", "{\":v\":\"99\"}");
	NO("n >= :v", "{\":v\":\"0\"}");
	YES("s > :v", "{\":v\":\"hell\"}");
	YES("s < :v", "{\":v\":\"hello \"}");
	YES("bin > :v", "{\":v\":{\"$b\":\"AAE=\"}}");
	YES("ss = :v", "{\":v\":{\"$ss\":[\"b\",\"a\"]}}");
	YES("yes = :v", "{\":v\":true}");
	NO("yes = :v", "{\":v\":false}");
	YES("nil = :v", "{\":v\":null}");
	YES("m.a = :v", "{\":v\":{\"b\":5}}");
	YES("l[2] = :v", "{\":v\":[3]}");
	YES("big = :v", "{\":v\":12345678901234567890123456789012345678}");
	NO("big = :v", "{\":v\":12345678901234567890123456789012345677}");
}

static void test_missing(void **state)
{
	NO("gone = :v", "{\":v\":1}");
	YES("gone <> :v", "{\":v\":1}");
	NO("gone < :v", "{\":v\":1}");
	NO("gone = away", "");
	NO("gone BETWEEN :v AND :v", "{\":v\":1}");
	NO("gone IN (:v)", "{\":v\":1}");
	YES("NOT gone = :v", "{\":v\":1}");
	NO("contains(gone, :v)", "{\":v\":\"\"}");
	NO("begins_with(gone, :v)", "{\":v\":\"\"}");
	NO("size(gone) >= :v", "{\":v\":0}");
	NO("attribute_type(gone, :v)", "{\":v\":\"S\"}");
}

static void test_between_and_in(void **state)
{
	YES("n BETWEEN :a AND :b", "{\":a\":10,\":b\":10}");
	YES("n between :a and :b", "{\":a\":-1,\":b\":11}");
	NO("n BETWEEN :a AND :b", "{\":a\":11,\":b\":12}");
	YES("n BETWEEN neg AND :b AND s = :c", "{\":b\":11,\":c\":\"hello\"}");
	YES("NOT n BETWEEN :a AND :b", "{\":a\":11,\":b\":12}");
	YES(":a BETWEEN neg AND n", "{\":a\":0}");
	NO("s BETWEEN :a AND :b", "{\":a\":10,\":b\":10}");
	YES("s IN (:a, :b)", "{\":a\":10,\":b\":\"hello\"}");
	NO("s IN (:a, :b)", "{\":a\":10,\":b\":\"hell\"}");
	YES("l[0] IN (ns, m.a.b, :a)", "{\":a\":1}");
	YES(":a IN (l[0])", "{\":a\":1}");
}

static void test_logic(void **state)
{
	const char *v = "{\":t\":true,\":f\":false}";
	YES("yes = :t OR yes = :f AND off = :t", v);
	NO("(yes = :t OR yes = :f) AND off = :t", v);
	YES("NOT yes = :f AND off = :f", "{\":f\":false}");
	NO("NOT (yes = :t AND off = :f)", v);
	YES("NOT NOT yes = :t", "{\":t\":true}");
	YES("yes = :t and not off = :t or yes = :f", v);
	YES("off = :t OR off = :t OR yes = :t", "{\":t\":true}");
}

static void test_functions(void **state)
{
	YES("attribute_exists(m.a.b)", "");
	NO("attribute_exists(m.a.c)", "");
	YES("attribute_exists(l[3].k)", "");
	NO("attribute_exists(l[4])", "");
	NO("attribute_exists(s.x)", "");
	NO("attribute_exists(m[0])", "");
	NO("attribute_exists(l.k)", "");
	YES("attribute_not_exists(gone)", "");
	YES("attribute_exists(nil)", "");
	YES("attribute_type(yes, :t)", "{\":t\":\"BOOL\"}");
	YES("attribute_type(off, :t)", "{\":t\":\"BOOL\"}");
	YES("attribute_type(nil, :t)", "{\":t\":\"NULL\"}");
	YES("attribute_type(ns, :t)", "{\":t\":\"NS\"}");
	NO("attribute_type(ns, :t)", "{\":t\":\"N\"}");
	YES("begins_with(s, :p)", "{\":p\":\"hel\"}");
	YES("begins_with(s, :p)", "{\":p\":\"\"}");
	NO("begins_with(s, :p)", "{\":p\":\"hello!\"}");
	YES("begins_with(bin, :p)", "{\":p\":{\"$b\":\"AAE=\"}}");
	NO("begins_with(n, :p)", "{\":p\":\"1\"}");
	YES("contains(s, :p)", "{\":p\":\"ell\"}");
	NO("contains(s, :p)", "{\":p\":\"elo\"}");
	YES("contains(bin, :p)", "{\":p\":{\"$b\":\"AQI=\"}}");
	NO("contains(s, :p)", "{\":p\":1}");
	YES("contains(ss, :p)", "{\":p\":\"b\"}");
	NO("contains(ss, :p)", "{\":p\":\"c\"}");
	NO("contains(ns, :p)", "{\":p\":\"1\"}");
	YES("contains(ns, :p)", "{\":p\":2.5}");
	YES("contains(bs, :p)", "{\":p\":{\"$b\":\"AA==\"}}");
	YES("contains(l, :p)", "{\":p\":\"two\"}");
	YES("contains(l, :p)", "{\":p\":{\"k\":4}}");
	NO("contains(l, :p)", "{\":p\":2}");
	YES("contains(:p, s)", "{\":p\":[\"hello\"]}");
	NO("contains(m, :p)", "{\":p\":\"a\"}");
}

static void test_size(void **state)
{
	YES("size(s) = :n", "{\":n\":5}");
	YES("size(u) = :n", "{\":n\":3}"); /* units of UTF-16 */
	YES("size(:s) = :n", "{\":n\":3,\":s\":\"\xc3\xa9\xf0\x9d\x84\x9e\"}");
	YES("size(blank) = :n", "{\":n\":0}");
	YES("size(bin) = :n", "{\":n\":3}");
	YES("size(l) = :n AND size(m) = :k", "{\":n\":4,\":k\":2}");
	YES("size(ss) < :n", "{\":n\":3}");
	YES("size(ns) BETWEEN :a AND :b", "{\":a\":2,\":b\":2}");
	YES(":a IN (size(ns))", "{\":a\":2}");
	YES("size(:v) = :n", "{\":v\":[1],\":n\":1}");
	YES("size(ss) = size(ns)", "");
	NO("size(n) > :n", "{\":n\":0}");
	NO("size(yes) = :n", "{\":n\":1}");
	NO("attribute_exists(gone) AND size(gone) = :n", "{\":n\":0}");
}

static void test_names(void **state)
{
	assert_true(is_true("#m.#xy = :v", "{\"#m\":\"m\",\"#xy\":\"x.y\"}", "{\":v\":6}"));
	assert_false(is_true("attribute_exists(#mab)", "{\"#mab\":\"m.a.b\"}", ""));
	assert_true(is_true("#m.a.#b = :v", "{\"#m\":\"m\",\"#b\":\"b\"}", "{\":v\":5}"));
}

static void test_no_item(void **state)
{
	struct given g = parsed(EXPR_CONDITION, "attribute_not_exists(id)", "", "");
	assert_true(expr_test(g.e, slice_of(NULL, 0)));
	given_finish(&g);
}

static void test_filter_names(void **state)
{
	struct key_schema schema = {.pk = {"id", VALUE_S}, .sk = {"n", VALUE_N}};
	struct given g = parsed(EXPR_FILTER, "s = :v AND (size(l) > :v OR begins_with(n, :p))", "", "{\":v\":1,\":p\":\"\"}");
	struct err err;
	assert_int_equal(expr_check_filter(g.e, &schema, &err), ST_VALIDATION);
	assert_string_equal(err.text, "Filter Expression can only contain non-primary key attributes: Primary key attribute: n");
	schema.sk.type = VALUE_NONE;
	assert_int_equal(expr_check_filter(g.e, &schema, &err), ST_OK);
	given_finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_between_and_in),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_item),
		cmocka_unit_test(test_filter_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
