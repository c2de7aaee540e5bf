#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/json.h"

static enum json_scan_state scan_by(const char *text, size_t step, struct err *err)
{
	struct json_scan s;
	size_t n = strlen(text);
	json_scan_init(&s);
	for (size_t i = 0; i < n && s.state != JSON_SCAN_BAD; i += step)
		json_scan(&s, slice_of(text + i, n - i < step ? n - i : step), err);
	return s.state;
}

/** However the text is cut, the answer is the same. */
static struct err scans(const char *text, enum json_scan_state want)
{
	struct err err = {0};
	for (size_t step = 1; step <= 17; step++) {
		struct err cut = {0};
		if (scan_by(text, step, &cut) != want)
			fail_msg("%s by %zu: not state %d; %s", text, step, (int)want, cut.text);
		if (step > 1)
			assert_string_equal(cut.text, err.text);
		err = cut;
	}
	return err;
}

static void test_done(void **state)
{
	static const char *const good[] = {"{}", " { } \n\t\r", "{\"a\":1}",
		"{\"a\":[1,-0.5e+10,0,0E1,true,false,null,\"\",[],{}]}", "{\"a\":{\"b\":{\"c\":[{\"d\":[[]]}]}},\"e\":12}",
		"{\"\\u00e9\\ud83d\\ude00\\n\":\"é漢😀 longer than eight\"}", "{\"a\" :\n1 , \"b\": 2}"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		scans(good[i], JSON_SCAN_DONE);
}

static void test_every_prefix_waits(void **state)
{
	static const char text[] = " {\"a\\u00e9\\ud83d\\ude00é😀\":[1,-0.5e+10,true,{\"b\":null,\"c\":\"\"}],\"d\":12}";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct json_scan s;
		json_scan_init(&s);
		assert_int_equal(json_scan(&s, slice_of(text, n), NULL), JSON_SCAN_MORE);
		assert_int_equal(json_scan(&s, slice_of(text + n, sizeof text - 1 - n), NULL), JSON_SCAN_DONE);
	}
}

static void bad_at(const char *text, const char *want)
{
	struct err err = scans(text, JSON_SCAN_BAD);
	if (!strstr(err.text, want))
		fail_msg("%s: %s, wanted %s", text, err.text, want);
}

static void test_bad(void **state)
{
	bad_at("[]", "line 1, column 1: expected '{'");
	bad_at("\xef\xbb\xbf{}", "a byte-order mark is not allowed");
	bad_at("{} x", "line 1, column 4: nothing may follow");
	bad_at("{\n\"é\":x", "line 2, column 5: expected a value, not 'x'");
	bad_at("{\"a\":1,}", "line 1, column 8: expected a name");
	bad_at("{\"a\":[1,]}", "line 1, column 9: expected a value");
	bad_at("{\"a\":[1}", "expected ',' or ']'");
	bad_at("{\"a\":1]", "expected ',' or '}'");
	bad_at("{\"a\" 1", "expected ':'");
	bad_at("{\"a\":01", "line 1, column 7: expected ',' or '}'");
	bad_at("{\"a\":1.}", "expected a digit");
	bad_at("{\"a\":-}", "expected a digit");
	bad_at("{\"a\":1e+}", "expected a digit");
	bad_at("{\"a\":nulk", "true, false or null");
	bad_at("{\"a\":truex", "expected ',' or '}'");
	bad_at("{\"a\":NaN", "expected a value");
	bad_at("{\"a\":1//", "comments are not allowed");
	bad_at("{\"a\":\"\xc3(\"", "is not UTF-8");
	bad_at("{\"a\":\"\xed\xa0", "is not UTF-8");
	bad_at("{\"a\":\"\\ud800x", "half of a surrogate pair");
	bad_at("{\"a\":\"\\ud800\\n", "half of a surrogate pair");
	bad_at("{\"a\":\"\\ud800\\u0041", "half of a surrogate pair");
	bad_at("{\"a\":\"\\udc00", "half of a surrogate pair");
	bad_at("{\"a\":\"\\q", "unknown escape");
	bad_at("{\"a\":\"\\u00g", "hexadecimal");
	bad_at("{\"a\":\"line\nend", "control character 0x0a");
}

static void test_stays_bad(void **state)
{
	struct json_scan s;
	struct err err = {0};
	json_scan_init(&s);
	assert_int_equal(json_scan(&s, SLICE_LIT("x"), &err), JSON_SCAN_BAD);
	err = (struct err){0};
	assert_int_equal(json_scan(&s, SLICE_LIT("{}"), &err), JSON_SCAN_BAD);
	assert_int_equal(err.code, ST_SYNTAX);
}

static void test_depth(void **state)
{
	struct json_scan s;
	json_scan_init(&s);
	json_scan(&s, SLICE_LIT("{\"a\":"), NULL);
	for (int i = 0; i < 67; i++)
		assert_int_equal(json_scan(&s, SLICE_LIT("["), NULL), JSON_SCAN_MORE);
	for (int i = 0; i < 67; i++)
		assert_int_equal(json_scan(&s, SLICE_LIT("]"), NULL), JSON_SCAN_MORE);
	assert_int_equal(json_scan(&s, SLICE_LIT("}"), NULL), JSON_SCAN_DONE);
	json_scan_init(&s);
	json_scan(&s, SLICE_LIT("{\"a\":"), NULL);
	for (int i = 0; i < 68; i++)
		json_scan(&s, SLICE_LIT("["), NULL);
	assert_int_equal(s.state, JSON_SCAN_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_every_prefix_waits),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_stays_bad),
		cmocka_unit_test(test_depth),
	};
	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
