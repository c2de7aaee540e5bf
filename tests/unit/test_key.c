#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/json.h"
#include "engine/key.h"
#include "engine/number.h"

static const struct key_schema simple = {.pk = {"id", VALUE_S}};
static const struct key_schema pair = {.pk = {"id", VALUE_S}, .sk = {"n", VALUE_N}};
static const struct key_schema binary = {.pk = {"b", VALUE_B}};

static struct buf item_of(const char *json)
{
	struct buf b = BUF_INIT;
	assert_int_equal(json_read_item(slice_str(json), JSON_NATURAL, &b, NULL), ST_OK);
	return b;
}

static void key_refused(const struct key_schema *schema, const char *json, enum status code, const char *want)
{
	struct buf item = item_of(json);
	struct key key = {.pk = SLICE_LIT("kept")};
	struct err err = {0};
	assert_int_equal(key_from_item(schema, buf_slice(&item), &key, &err), code);
	assert_string_equal(err.text, want);
	assert_true(slice_eq_str(key.pk, "kept"));
	buf_finish(&item);
}

static void test_from_item(void **state)
{
	struct buf item = item_of("{\"n\":10,\"id\":\"k\",\"x\":1}");
	struct key key;
	char text[40];
	assert_int_equal(key_from_item(&simple, buf_slice(&item), &key, NULL), ST_OK);
	assert_true(slice_eq_str(key.pk, "k") && key.sk.len == 0);
	assert_int_equal(key_from_item(&pair, buf_slice(&item), &key, NULL), ST_OK);
	key_describe(VALUE_N, key.sk, text, sizeof text);
	assert_string_equal(text, "10");
	assert_int_equal(key_check(&pair, &key, NULL), ST_OK);
	buf_finish(&item);
}

static void test_refused(void **state)
{
	key_refused(
		&simple, "{\"x\":1}", ST_VALIDATION, "One or more parameter values were invalid: Missing the key id in the item");
	key_refused(
		&pair, "{\"id\":\"k\"}", ST_VALIDATION, "One or more parameter values were invalid: Missing the key n in the item");
	key_refused(&pair, "{\"id\":\"k\",\"n\":\"1\"}", ST_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for key n expected: N actual: S");
	key_refused(&simple, "{\"id\":true}", ST_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for key id expected: S actual: BOOL");
	key_refused(&simple, "{\"id\":\"\"}", ST_VALIDATION,
		"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
		"value. Key: id");
	key_refused(&binary, "{\"b\":{\"$b\":\"\"}}", ST_VALIDATION,
		"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary "
		"value. Key: b");
}

static void test_too_long(void **state)
{
	static const struct key_schema strings = {.pk = {"id", VALUE_S}, .sk = {"s", VALUE_S}};
	struct buf text = BUF_INIT;
	struct err err = {0};
	buf_resize(&text, LIMIT_PK_SIZE + 1);
	memset(text.ptr, 'k', text.len);
	struct key key = {.pk = slice_of(text.ptr, LIMIT_PK_SIZE), .sk = slice_of(text.ptr, LIMIT_SK_SIZE)};
	assert_int_equal(key_check(&strings, &key, &err), ST_OK);
	key.sk.len++;
	assert_int_equal(key_check(&strings, &key, &err), ST_KEY_TOO_LONG);
	assert_non_null(strstr(err.text, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"));
	key.pk.len++;
	assert_int_equal(key_check(&strings, &key, &err), ST_KEY_TOO_LONG);
	assert_non_null(strstr(err.text, "Size of hashkey has exceeded the maximum size limit of2048 bytes"));
	buf_finish(&text);
}

static void test_check(void **state)
{
	struct key key = {.pk = SLICE_LIT("k")};
	assert_int_equal(key_check(&simple, &key, NULL), ST_OK);
	assert_int_equal(key_check(&pair, &key, NULL), ST_VALIDATION);
	key.sk = SLICE_LIT("no number");
	assert_int_equal(key_check(&pair, &key, NULL), ST_VALIDATION);
	assert_int_equal(key_check(&simple, &key, NULL), ST_VALIDATION);
	key = (struct key){.pk = SLICE_LIT("\xff")};
	assert_int_equal(key_check(&simple, &key, NULL), ST_VALIDATION);
	key.pk.len = 0;
	assert_int_equal(key_check(&simple, &key, NULL), ST_VALIDATION);
}

static void fills(const char *json, const char *want, enum status code, const char *message)
{
	struct buf item = item_of(json), out = BUF_INIT, expected = item_of(want);
	struct number ten;
	struct err err = {0};
	assert_int_equal(number_parse(SLICE_LIT("10"), &ten, NULL), ST_OK);
	struct key key = {.pk = SLICE_LIT("k"), .sk = number_slice(&ten)};
	assert_int_equal(key_fill_item(&pair, &key, buf_slice(&item), &out, &err), code);
	if (code == ST_OK)
		assert_true(slice_eq(buf_slice(&out), buf_slice(&expected)));
	else
		assert_int_equal(out.len, 0);
	assert_string_equal(err.text, message);
	buf_finish(&item);
	buf_finish(&out);
	buf_finish(&expected);
}

static void test_fill(void **state)
{
	static const char all[] = "{\"a\":1,\"id\":\"k\",\"n\":10}";
	fills("{\"a\":1}", all, ST_OK, "");
	fills("{\"a\":1,\"id\":\"k\"}", all, ST_OK, "");
	fills("{\"a\":1,\"n\":10.0}", all, ST_OK, "");
	fills(all, all, ST_OK, "");
	fills("{}", "{\"id\":\"k\",\"n\":10}", ST_OK, "");
	fills("{\"id\":\"j\"}", "{}", ST_KEY_MISMATCH,
		"key id: the name says k, the document says j; leave it out or write the same");
	fills("{\"n\":11}", "{}", ST_KEY_MISMATCH, "key n: the name says 10, the document says 11; leave it out or write the same");
	fills("{\"n\":\"10\"}", "{}", ST_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for key n expected: N actual: S");
}

static void describes(enum value_type type, struct slice bytes, size_t max, const char *want)
{
	char text[40];
	key_describe(type, bytes, text, max);
	assert_string_equal(text, want);
	assert_true(strlen(text) < max);
}

static void test_describe(void **state)
{
	describes(VALUE_S, SLICE_LIT("key"), 40, "key");
	describes(VALUE_S, SLICE_LIT("a\nb\xff"), 40, "a?b?");
	describes(VALUE_S, SLICE_LIT("abcdefghij"), 8, "abcd...");
	describes(VALUE_S, SLICE_LIT("ééééé"), 8, "éé...");
	describes(VALUE_B, SLICE_LIT("\x01\xab"), 40, "01ab");
	describes(VALUE_N, SLICE_LIT("damaged"), 40, "");
	describes(VALUE_S, SLICE_LIT("abc"), 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_item),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_describe),
	};
	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
