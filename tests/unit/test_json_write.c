#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/item.h"
#include "engine/json.h"

static void writes(const char *natural, struct json_style style, const char *want)
{
	struct buf item = BUF_INIT, text = BUF_INIT, back = BUF_INIT;
	struct err err = {0};
	if (json_read_item(slice_str(natural), JSON_NATURAL, &item, &err) != ST_OK)
		fail_msg("%s: %s", natural, err.text);
	json_write_item(buf_slice(&item), &style, &text);
	assert_string_equal(buf_str(&text), want);
	assert_int_equal(json_item_length(buf_slice(&item), &style), text.len);
	assert_int_equal(json_read_item(buf_slice(&text), style.form, &back, &err), ST_OK);
	assert_true(slice_eq(buf_slice(&item), buf_slice(&back)));
	buf_finish(&item);
	buf_finish(&text);
	buf_finish(&back);
}

static void writes_line(const char *natural, const char *want)
{
	writes(natural, (struct json_style){.line = true}, want);
}

static void test_pretty(void **state)
{
	writes("{}", (struct json_style){0}, "{}\n");
	writes("{\"l\":[1,[],{\"k\":\"v\"}],\"a\":{},\"b\":{\"$b\":\"AA==\"},\"s\":{\"$ss\":[\"y\",\"x\"]},\"m\":{\"$m\":{\"$x\":"
	       "null}}}",
		(struct json_style){0},
		"{\n  \"a\": {},\n  \"b\": {\"$b\": \"AA==\"},\n  \"l\": [\n    1,\n    [],\n    {\n      \"k\": \"v\"\n    }\n  "
		"],\n"
		"  \"m\": {\"$m\": {\n    \"$x\": null\n  }},\n  \"s\": {\"$ss\": [\n    \"x\",\n    \"y\"\n  ]}\n}\n");
}

static void test_typed(void **state)
{
	writes("{\"n\":1e40,\"l\":[true,null],\"s\":\"x\"}", (struct json_style){.form = JSON_TYPED, .line = true},
		"{\"l\":{\"L\":[{\"BOOL\":true},{\"NULL\":true}]},\"n\":{\"N\":\"10000000000000000000000000000000000000000\"},"
		"\"s\":{\"S\":\"x\"}}");
	writes("{\"n\":1,\"l\":[false]}", (struct json_style){.form = JSON_TYPED},
		"{\n  \"l\": {\"L\": [\n    {\"BOOL\": false}\n  ]},\n  \"n\": {\"N\": \"1\"}\n}\n");
}

static void test_keys_first(void **state)
{
	struct json_style both = {.line = true, .first = {SLICE_LIT("pk"), SLICE_LIT("a")}};
	struct json_style one = {.line = true, .first = {SLICE_LIT("z")}};
	writes("{\"a\":1,\"b\":2,\"pk\":3,\"z\":4}", both, "{\"pk\":3,\"a\":1,\"b\":2,\"z\":4}");
	writes("{\"b\":2,\"a\":1}", both, "{\"a\":1,\"b\":2}");
	writes("{\"a\":1,\"z\":4}", one, "{\"z\":4,\"a\":1}");
	writes("{\"a\":{\"z\":1,\"b\":2}}", one, "{\"a\":{\"b\":2,\"z\":1}}");
}

static void test_strings(void **state)
{
	writes_line("{\"a\":\"\\u0000\\u001f\\u007f\\u0022\\u005c\\/\\b\\f\\n\\r\\t\"}",
		"{\"a\":\"\\u0000\\u001f\x7f\\\"\\\\/\\b\\f\\n\\r\\t\"}");
	writes_line("{\"\\u00e9\\n\":\"\\ud83d\\ude00 \\u2028\"}", "{\"é\\n\":\"😀 \xe2\x80\xa8\"}");
}

static void test_numbers(void **state)
{
	writes_line("{\"a\":[-0,1.50,123456789012345,1234567890123456,1e39,1e40,-1e39,1e125,1E-130,0.1]}",
		"{\"a\":[0,1.5,123456789012345,{\"$n\":\"1234567890123456\"},1000000000000000000000000000000000000000,1E+40,-1E+39,"
		"1E+125,1E-130,0.1]}");
	writes_line("{\"a\":{\"$ns\":[{\"$n\":\"12345678901234567890\"},-2,10,9]}}",
		"{\"a\":{\"$ns\":[-2,9,10,{\"$n\":\"12345678901234567890\"}]}}");
}

static void test_dollar(void **state)
{
	writes_line("{\"$n\":\"5\"}", "{\"$n\":\"5\"}");
	writes_line("{\"a\":{\"$x\":1,\"b\":2}}", "{\"a\":{\"$x\":1,\"b\":2}}");
	writes_line("{\"a\":{\"$m\":{\"b\":2}}}", "{\"a\":{\"b\":2}}");
	writes_line("{\"a\":{\"$m\":{\"$m\":{\"$m\":{\"$\":2}}}}}", "{\"a\":{\"$m\":{\"$m\":{\"$m\":{\"$\":2}}}}}");
}

static void test_write_string(void **state)
{
	struct buf out = BUF_INIT;
	json_write_string(SLICE_LIT("a\"\xff"
				    "é\xc3"),
		&out);
	assert_string_equal(buf_str(&out), "\"a\\\"\xef\xbf\xbd"
					   "é\xef\xbf\xbd\"");
	buf_reset(&out);
	json_write_string(slice_of(NULL, 0), &out);
	assert_string_equal(buf_str(&out), "\"\"");
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_keys_first),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_dollar),
		cmocka_unit_test(test_write_string),
	};
	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
