#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/item.h"
#include "engine/json.h"

#include <stdio.h>

static void reads_same(enum json_form fa, const char *a, enum json_form fb, const char *b)
{
	struct buf ia = BUF_INIT, ib = BUF_INIT;
	struct err err = {0};
	if (json_read_item(slice_str(a), fa, &ia, &err) != ST_OK)
		fail_msg("%s: %s", a, err.text);
	if (json_read_item(slice_str(b), fb, &ib, &err) != ST_OK)
		fail_msg("%s: %s", b, err.text);
	assert_true(item_valid(buf_slice(&ia)));
	if (!slice_eq(buf_slice(&ia), buf_slice(&ib)))
		fail_msg("%s and %s read differently", a, b);
	buf_finish(&ia);
	buf_finish(&ib);
}

static void same(const char *a, const char *b)
{
	reads_same(JSON_NATURAL, a, JSON_NATURAL, b);
}

static void typed_is(const char *typed, const char *natural)
{
	reads_same(JSON_TYPED, typed, JSON_NATURAL, natural);
}

struct bad {
	const char *text, *want;
};

static void all_refused(enum json_form form, enum status code, const struct bad *rows, size_t n)
{
	struct buf out = BUF_INIT;
	buf_add_str(&out, "kept");
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		enum status st = json_read_item(slice_str(rows[i].text), form, &out, &err);
		if (st != code || err.code != code || !strstr(err.text, rows[i].want))
			fail_msg("%s: %s, wanted %s", rows[i].text, err.text, rows[i].want);
		assert_string_equal(buf_str(&out), "kept");
	}
	buf_finish(&out);
}

#define ALL_REFUSED(form, code, rows) all_refused(form, code, rows, sizeof(rows) / sizeof *(rows))

static void test_order_and_space(void **state)
{
	same("{\"a\":1,\"b\":2}", " \r\n\t{ \"b\" : 2 ,\n\"a\" : 1 } \n");
	same("{\"m\":{\"x\":[1,{\"q\":1,\"p\":2}],\"w\":3}}", "{\"m\":{\"w\":3,\"x\":[1,{\"p\":2,\"q\":1}]}}");
	same("{}", "{ }");
	same("{\"a\":[],\"b\":{}}", "{\"b\":{ },\"a\":[ ]}");
}

static void test_strings(void **state)
{
	same("{\"a\":\"\\u00e9\\ud83d\\ude00\\/\\\"\"}", "{\"a\":\"é😀/\\u0022\"}");
	same("{\"\\u0061\":\"\\n\\t\\b\\f\\r\\\\\"}", "{\"a\":\"\\u000a\\u0009\\u0008\\u000C\\u000D\\u005c\"}");
	same("{\"a\":\"plain text that is longer than eight bytes é and on\"}",
		"{\"a\":\"plain text that is longer than eight bytes \\u00E9 and on\"}");
	struct buf item = BUF_INIT;
	assert_int_equal(json_read_item(SLICE_LIT("{\"a\":\"x\\u0000y\"}"), JSON_NATURAL, &item, NULL), ST_OK);
	struct value v = item_get(buf_slice(&item), SLICE_LIT("a"));
	assert_true(slice_eq(v.body, SLICE_LIT("x\0y")));
	buf_finish(&item);
}

static void test_numbers(void **state)
{
	same("{\"a\":[1,-0,100,0.5,12]}", "{\"a\":[1.0,0,1e2,5E-1,{\"$n\":\"+12.\"}]}");
	same("{\"a\":12345678901234567890123456789012345678}", "{\"a\":{\"$n\":\"1.2345678901234567890123456789012345678e37\"}}");
}

static void test_wrappers(void **state)
{
	typed_is("{\"a\":{\"B\":\"AAEC\"},\"b\":{\"BS\":[\"\",\"/w==\"]}}",
		"{\"a\":{\"$b\":\"AAEC\"},\"b\":{\"$bs\":[\"\\/w==\",\"\"]}}");
	typed_is("{\"a\":{\"NS\":[\"2\",\"1\"]}}", "{\"a\":{\"$ns\":[1,{\"$n\":\"2\"}]}}");
	typed_is("{\"a\":{\"SS\":[\"x\",\"\"]}}", "{\"a\":{\"\\u0024ss\":[\"\",\"x\"]}}");
	typed_is("{\"a\":{\"M\":{\"$n\":{\"S\":\"5\"}}}}", "{\"a\":{\"$m\":{\"$n\":\"5\"}}}");
	typed_is("{\"a\":{\"M\":{\"$m\":{\"M\":{\"$m\":{\"N\":\"1\"}}}}}}", "{\"a\":{\"$m\":{\"$m\":{\"$m\":{\"$m\":1}}}}}");
	typed_is("{\"a\":{\"M\":{\"$n\":{\"S\":\"5\"},\"x\":{\"N\":\"1\"}}}}", "{\"a\":{\"$n\":\"5\",\"x\":1}}");
	typed_is("{\"a\":{\"M\":{\"x\":{\"N\":\"1\"}}},\"b\":{\"M\":{}}}", "{\"a\":{\"$m\":{\"x\":1}},\"b\":{\"$m\":{}}}");
	typed_is("{\"$n\":{\"S\":\"5\"}}", "{\"$n\":\"5\"}");
	typed_is("{\"a\":{\"M\":{\"$a\":{\"S\":\"} , \\\"\"},\"b\":{\"NULL\":true}}}}", "{\"a\":{\"$a\":\"} , \\\"\",\"b\":null}}");
}

static void test_typed(void **state)
{
	typed_is("{\"s\":{\"S\":\"\"},\"n\":{\"N\":\"1e2\"},\"t\":{\"BOOL\":true},\"f\":{\"BOOL\":false},\"z\":{\"NULL\":true},"
		 "\"l\":{\"L\":[{\"S\":\"x\"},{\"L\":[]}]},\"m\":{\"M\":{\"k\":{\"N\":\"-3\"}}}}",
		"{\"f\":false,\"l\":[\"x\",[]],\"m\":{\"k\":-3},\"n\":100,\"s\":\"\",\"t\":true,\"z\":null}");
}

static void test_syntax(void **state)
{
	static const struct bad rows[] = {
		{"", "line 1, column 1: expected '{'"},
		{" \n ", "line 2, column 2: expected '{'"},
		{"[]", "line 1, column 1: expected '{'"},
		{"\xef\xbb\xbf{}", "line 1, column 1: a byte-order mark"},
		{"{\"a\":1,\n\"a\":2}", "line 2, column 1: this name is there twice"},
		{"{\"a\":{\"x\":1,\"y\":2,\"x\":3}}", "line 1, column 19: this name is there twice"},
		{"{\"é\":\"\xc3(\"}", "line 1, column 7: byte 0xc3 is not UTF-8"},
		{"{\"a\":\"\xed\xa0\x80\"}", "is not UTF-8"},
		{"{\"a\":\"\xc0\x80\"}", "is not UTF-8"},
		{"{\"a\":\"\xf4\x90\x80\x80\"}", "is not UTF-8"},
		{"{\"a\":\"\\ud800\"}", "line 1, column 7: \\ud800 is half"},
		{"{\"a\":\"\\udc00\"}", "is half"},
		{"{\"a\":\"\\ud800\\u0041\"}", "is half"},
		{"{\"a\":\"\\x\"}", "unknown escape"},
		{"{\"a\":\"\\u12g4\"}", "four hexadecimal digits"},
		{"{\"a\":\"\n\"}", "control character 0x0a"},
		{"{\"a\":NaN}", "NaN"},
		{"{\"a\":Infinity}", "Infinity"},
		{"{\"a\":-Infinity}", "expected a digit"},
		{"{\"a\":01}", "does not begin with 0"},
		{"{\"a\":+1}", "expected a value, not '+'"},
		{"{\"a\":.5}", "expected a value, not '.'"},
		{"{\"a\":5.}", "expected a digit, not '}'"},
		{"{\"a\":1e}", "expected a digit"},
		{"{\"a\":nul}", "true, false or null"},
		{"{\"a\":1 /* no */}", "comments are not allowed"},
		{"# no\n{}", "comments are not allowed"},
		{"{\"a\":1,}", "line 1, column 8: a comma before '}'"},
		{"{\"a\":[1,]}", "a comma before ']'"},
		{"{\"a\":[,1]}", "expected a value, not ','"},
		{"{\"a\" 1}", "expected ':'"},
		{"{a:1}", "a string in double quotes, not 'a'"},
		{"{'a':1}", "a string in double quotes"},
		{"{\"a\":1} x", "line 1, column 9: nothing may follow"},
		{"{}{}", "nothing may follow"},
		{"{\"a\":\"", "the text ends inside a string"},
		{"{\"a\":\"x\\", "the text ends inside a string"},
		{"{\"a\":[1", "but the text ends here"},
		{"{\"a\":[1}", "expected ',' or ']', not '}'"},
	};
	ALL_REFUSED(JSON_NATURAL, ST_SYNTAX, rows);
}

static void test_rules(void **state)
{
	static const struct bad rows[] = {
		{"{\n\"a\":\n 12345678901234567890123456789012345678901}",
			"line 3, column 2: number has 41 digits, at most 38 are kept"},
		{"{\"a\":{\"$n\":\"12345678901234567890123456789012345678.5\"}}", "line 1, column 12: number has 39 digits"},
		{"{\"a\":1e126}", "Number overflow"},
		{"{\"a\":1e-131}", "Number underflow"},
		{"{\"a\":{\"$n\":\"x\"}}", "cannot be converted to a numeric value: x"},
		{"{\"a\":{\"$n\":5}}", "is a string of digits"},
		{"{\"a\":{\"$q\":1}}", "line 1, column 7: unknown wrapper"},
		{"{\"a\":{\"$ss\":[]}}", "An string set may not be empty"},
		{"{\"a\":{\"$ns\":[]}}", "An number set may not be empty"},
		{"{\"a\":{\"$bs\":[]}}", "An binary set may not be empty"},
		{"{\"a\":{\"$ss\":[\"x\",\"y\",\"x\"]}}",
			"line 1, column 22: One or more parameter values were invalid: Input collection contains duplicates"},
		{"{\"a\":{\"$ns\":[1,1.0]}}", "contains duplicates"},
		{"{\"a\":{\"$ns\":[{\"$b\":\"\"}]}}", "a member of \"$ns\""},
		{"{\"a\":{\"$b\":\"AA\"}}", "not base64"},
		{"{\"a\":{\"$b\":\"AB==\"}}", "not base64"},
		{"{\"a\":{\"$b\":\"A=A=\"}}", "not base64"},
		{"{\"a\":{\"$b\":\"AA-_\"}}", "not base64"},
		{"{\"\":1}", "an attribute name cannot be empty"},
	};
	ALL_REFUSED(JSON_NATURAL, ST_VALIDATION, rows);
}

static void test_typed_rules(void **state)
{
	static const struct bad rows[] = {
		{"{\"a\":1}", "line 1, column 6: expected an attribute value"},
		{"{\"a\":{}}", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"{\"a\":{\"S\":\"x\",\"N\":\"1\"}}", "Supplied AttributeValue has more than one datatypes set"},
		{"{\"a\":{\"Q\":\"x\"}}", "unknown datatype"},
		{"{\"a\":{\"S\":1}}", "the value of S"},
		{"{\"a\":{\"N\":1}}", "the value of N"},
		{"{\"a\":{\"N\":\"one\"}}", "cannot be converted to a numeric value: one"},
		{"{\"a\":{\"BOOL\":\"true\"}}", "the value of BOOL"},
		{"{\"a\":{\"NULL\":false}}", "Null attribute value types must have the value of true"},
		{"{\"a\":{\"L\":{}}}", "the value of L"},
		{"{\"a\":{\"M\":[]}}", "the value of M"},
		{"{\"a\":{\"SS\":\"x\"}}", "the value of a set"},
		{"{\"a\":{\"NS\":[\"1\",\"1.0\"]}}", "contains duplicates"},
	};
	ALL_REFUSED(JSON_TYPED, ST_VALIDATION, rows);
}

static void check_depth(enum json_form form, const char *open, const char *inside, const char *close, int levels, enum status want)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	buf_add_str(&text, "{\"a\":");
	for (int i = 0; i < levels; i++)
		buf_add_str(&text, open);
	buf_add_str(&text, inside);
	for (int i = 0; i < levels; i++)
		buf_add_str(&text, close);
	buf_add_str(&text, "}");
	assert_int_equal(json_read_item(buf_slice(&text), form, &out, NULL), want);
	assert_true(want != ST_OK || item_valid(buf_slice(&out)));
	buf_finish(&text);
	buf_finish(&out);
}

static void test_depth(void **state)
{
	for (int extra = 0; extra <= 1; extra++) {
		enum status want = extra ? ST_VALIDATION : ST_OK;
		check_depth(JSON_NATURAL, "[", "", "]", 32 + extra, want);
		check_depth(JSON_NATURAL, "{\"k\":", "1", "}", 32 + extra, want);
		check_depth(JSON_NATURAL, "{\"$m\":{\"$m\":", "{\"$ss\":[\"x\"]}", "}}", 32 + extra, want);
		check_depth(JSON_TYPED, "{\"L\":[", "{\"NS\":[\"1\"]}", "]}", 32 + extra, want);
		check_depth(JSON_TYPED, "{\"M\":{\"k\":", "{\"S\":\"\"}", "}}", 32 + extra, want);
	}
	check_depth(JSON_NATURAL, "[", "", "", 100000, ST_VALIDATION);
}

static void test_value(void **state)
{
	struct buf out = BUF_INIT;
	assert_int_equal(json_read_value(SLICE_LIT(" \"x\" "), JSON_NATURAL, &out, NULL), ST_OK);
	assert_true(slice_eq(buf_slice(&out), SLICE_LIT("S\1x")));
	buf_reset(&out);
	assert_int_equal(json_read_value(SLICE_LIT("{\"BOOL\":true}"), JSON_TYPED, &out, NULL), ST_OK);
	assert_true(slice_eq(buf_slice(&out), SLICE_LIT("T")));
	buf_reset(&out);
	assert_int_equal(json_read_value(SLICE_LIT("{\"$b\":\"AA==\"}"), JSON_NATURAL, &out, NULL), ST_OK);
	assert_true(slice_eq(buf_slice(&out), SLICE_LIT("B\1\0")));
	assert_int_equal(json_read_value(SLICE_LIT("1 2"), JSON_NATURAL, &out, NULL), ST_SYNTAX);
	assert_int_equal(out.len, 3);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_space),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_wrappers),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_typed_rules),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_value),
	};
	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
