#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/item.h"
#include "engine/json.h"
#include "engine/limits.h"
#include "engine/number.h"

#include <stdio.h>

static struct buf item_of(const char *json)
{
	struct buf b = BUF_INIT;
	struct err err = {0};
	if (json_read_item(slice_str(json), JSON_NATURAL, &b, &err) != ST_OK)
		fail_msg("%s: %s", json, err.text);
	assert_true(item_valid(buf_slice(&b)));
	return b;
}

static void same_as(struct buf *got, const char *json)
{
	struct buf want = item_of(json);
	assert_true(slice_eq(buf_slice(got), buf_slice(&want)));
	buf_finish(&want);
}

static struct value text_value(const char *s)
{
	return (struct value){.type = VALUE_S, .body = slice_str(s)};
}

static void test_get(void **state)
{
	struct buf item = item_of("{\"b\":1,\"a\":\"x\",\"c\":null,\"ab\":true,\"l\":[1,2,3],\"m\":{}}");
	struct slice it = buf_slice(&item);
	assert_true(value_eq(item_get(it, SLICE_LIT("a")), text_value("x")));
	assert_int_equal(item_get(it, SLICE_LIT("b")).type, VALUE_N);
	assert_int_equal(item_get(it, SLICE_LIT("ab")).type, VALUE_TRUE);
	assert_int_equal(item_get(it, SLICE_LIT("c")).type, VALUE_NULL);
	assert_int_equal(item_get(it, SLICE_LIT("l")).count, 3);
	assert_int_equal(item_get(it, SLICE_LIT("m")).type, VALUE_M);
	assert_int_equal(item_get(it, SLICE_LIT("")).type, VALUE_NONE);
	assert_int_equal(item_get(it, SLICE_LIT("aa")).type, VALUE_NONE);
	assert_int_equal(item_get(it, SLICE_LIT("z")).type, VALUE_NONE);
	assert_int_equal(item_value(it).count, 6);
	buf_finish(&item);
}

static void test_iterate(void **state)
{
	struct buf item = item_of("{\"s\":{\"$ns\":[3,-1,20]},\"m\":{\"y\":1,\"x\":2}}");
	static const char *const numbers[] = {"-1", "3", "20"};
	struct value_iter it = value_iter(item_get(buf_slice(&item), SLICE_LIT("s")));
	struct slice name;
	struct value v;
	char text[NUMBER_TEXT_MAX];
	for (int i = 0; i < 3; i++) {
		assert_true(value_next(&it, &name, &v));
		number_format(v.body, text);
		assert_string_equal(text, numbers[i]);
		assert_int_equal(name.len, 0);
		assert_int_equal(v.type, VALUE_N);
	}
	assert_false(value_next(&it, &name, &v));
	it = value_iter(item_get(buf_slice(&item), SLICE_LIT("m")));
	assert_true(value_next(&it, &name, &v) && slice_eq_str(name, "x"));
	assert_true(value_next(&it, &name, &v) && slice_eq_str(name, "y"));
	assert_false(value_next(&it, &name, &v));
	it = value_iter(text_value("no container"));
	assert_false(value_next(&it, &name, &v));
	buf_finish(&item);
}

static void test_build(void **state)
{
	struct item_builder b;
	struct buf item = BUF_INIT, inside = BUF_INIT;
	struct number one;
	struct err err;
	assert_int_equal(number_parse(SLICE_LIT("1"), &one, NULL), ST_OK);
	item_builder_init(&b);
	item_add(&b, SLICE_LIT("k"), text_value("v"));
	item_add(&b, SLICE_LIT("a"), (struct value){.type = VALUE_FALSE});
	assert_int_equal(item_builder_end(&b, &inside, &err), ST_OK);
	item_add(&b, SLICE_LIT("z"), item_value(buf_slice(&inside)));
	item_add(&b, SLICE_LIT("n"), (struct value){.type = VALUE_N, .body = number_slice(&one)});
	item_add(&b, SLICE_LIT("b"), (struct value){.type = VALUE_B, .body = SLICE_LIT("\1\2")});
	assert_int_equal(item_builder_end(&b, &item, &err), ST_OK);
	same_as(&item, "{\"b\":{\"$b\":\"AQI=\"},\"n\":1,\"z\":{\"a\":false,\"k\":\"v\"}}");
	buf_reset(&item);
	assert_int_equal(item_builder_end(&b, &item, &err), ST_OK);
	same_as(&item, "{}");
	item_builder_finish(&b);
	buf_finish(&item);
	buf_finish(&inside);
}

static void test_build_refused(void **state)
{
	struct item_builder b;
	struct buf out = BUF_INIT, name = BUF_INIT;
	struct err err;
	item_builder_init(&b);
	item_add(&b, SLICE_LIT("b"), text_value("1"));
	item_add(&b, SLICE_LIT("a"), text_value("2"));
	item_add(&b, SLICE_LIT("b"), text_value("3"));
	assert_int_equal(item_builder_end(&b, &out, &err), ST_VALIDATION);
	assert_non_null(strstr(err.text, "the attribute b is there twice"));
	item_add(&b, SLICE_LIT(""), text_value("1"));
	assert_int_equal(item_builder_end(&b, &out, &err), ST_VALIDATION);
	buf_resize(&name, LIMIT_ATTR_NAME + 1);
	memset(name.ptr, 'n', name.len);
	item_add(&b, buf_slice(&name), text_value("1"));
	assert_int_equal(item_builder_end(&b, &out, &err), ST_VALIDATION);
	assert_int_equal(out.len, 0);
	item_builder_finish(&b);
	buf_finish(&out);
	buf_finish(&name);
}

static void check_with(const char *json, const char *name, const char *want_with, const char *want_without)
{
	struct buf item = item_of(json), out = BUF_INIT;
	item_with(buf_slice(&item), slice_str(name), text_value("!"), &out);
	same_as(&out, want_with);
	buf_reset(&out);
	item_without(buf_slice(&item), slice_str(name), &out);
	same_as(&out, want_without);
	buf_finish(&item);
	buf_finish(&out);
}

static void test_with_and_without(void **state)
{
	check_with("{}", "a", "{\"a\":\"!\"}", "{}");
	check_with("{\"b\":1,\"d\":2}", "a", "{\"a\":\"!\",\"b\":1,\"d\":2}", "{\"b\":1,\"d\":2}");
	check_with("{\"b\":1,\"d\":2}", "b", "{\"b\":\"!\",\"d\":2}", "{\"d\":2}");
	check_with("{\"b\":1,\"d\":2}", "c", "{\"b\":1,\"c\":\"!\",\"d\":2}", "{\"b\":1,\"d\":2}");
	check_with("{\"b\":1,\"d\":2}", "d", "{\"b\":1,\"d\":\"!\"}", "{\"b\":1}");
	check_with("{\"b\":1,\"d\":2}", "e", "{\"b\":1,\"d\":2,\"e\":\"!\"}", "{\"b\":1,\"d\":2}");
}

static void sized(const char *json, size_t want)
{
	struct buf item = item_of(json);
	assert_int_equal(item_size(buf_slice(&item)), want);
	buf_finish(&item);
}

static void test_size(void **state)
{
	sized("{}", 0);
	sized("{\"id\":\"abc\"}", 2 + 3);
	sized("{\"é\":\"é\"}", 2 + 2);
	sized("{\"a\":\"\"}", 1);
	sized("{\"a\":true,\"b\":null}", 4);
	sized("{\"a\":123}", 1 + 3);
	sized("{\"a\":-123}", 1 + 4);
	sized("{\"a\":{\"$b\":\"AAEC\"}}", 1 + 3);
	sized("{\"a\":[]}", 1 + 3);
	sized("{\"a\":[1,\"xy\"]}", 1 + 3 + 2 + 2 + 2);
	sized("{\"a\":{\"k\":\"v\"}}", 1 + 3 + 1 + 2);
	sized("{\"a\":{\"$ss\":[\"x\",\"yz\"]}}", 1 + 3);
	sized("{\"a\":{\"$ns\":[1,22]}}", 1 + 4);
}

static void test_equality(void **state)
{
	struct buf item = item_of("{\"a\":{\"$ss\":[\"x\",\"y\"]},\"b\":{\"$ss\":[\"y\",\"x\"]},\"c\":[\"x\",\"y\"],\"d\":[\"y\","
				  "\"x\"],\"e\":1.0,\"f\":1,\"g\":\"1\"}");
	struct slice it = buf_slice(&item);
	assert_true(value_eq(item_get(it, SLICE_LIT("a")), item_get(it, SLICE_LIT("b"))));
	assert_false(value_eq(item_get(it, SLICE_LIT("c")), item_get(it, SLICE_LIT("d"))));
	assert_true(value_eq(item_get(it, SLICE_LIT("e")), item_get(it, SLICE_LIT("f"))));
	assert_false(value_eq(item_get(it, SLICE_LIT("f")), item_get(it, SLICE_LIT("g"))));
	buf_finish(&item);
}

static void test_damaged(void **state)
{
	const struct slice bad[] = {
		SLICE_LIT(""), SLICE_LIT("\0\0"),     /* something behind the empty item */
		SLICE_LIT("\1"),                      /* an attribute is missing */
		SLICE_LIT("\1\1aZZ"),                 /* something behind the last attribute */
		SLICE_LIT("\1\1aq"),                  /* no such type */
		SLICE_LIT("\1\1aS\5x"),               /* shorter than it says */
		SLICE_LIT("\1\1aS\201\0x"),           /* a length spelt too long */
		SLICE_LIT("\2\1bZ\1aZ"),              /* names out of order */
		SLICE_LIT("\2\1aZ\1aZ"),              /* a name twice */
		SLICE_LIT("\1\0Z"),                   /* an empty name */
		SLICE_LIT("\1\1\377Z"),               /* a name that is not UTF-8 */
		SLICE_LIT("\1\1aS\1\377"),            /* a string that is not UTF-8 */
		SLICE_LIT("\1\1aN\1\60"),             /* no number */
		SLICE_LIT("\1\1as\1\0"),              /* an empty set */
		SLICE_LIT("\1\1as\5\2\1b\1a"),        /* a set out of order */
		SLICE_LIT("\1\1as\5\2\1a\1a"),        /* a member twice */
		SLICE_LIT("\1\1aL\2\2Z"),             /* a list with less than it says */
		SLICE_LIT("\1\1aL\3\1ZZ"),            /* a list with more than it says */
		SLICE_LIT("\377\377\377\377\17\1aZ"), /* an enormous count */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (item_valid(bad[i]))
			fail_msg("row %zu passes", i);
		item_size(bad[i]);
		item_get(bad[i], SLICE_LIT("b"));
	}
	assert_true(item_valid(SLICE_LIT("\0")));
	assert_true(item_valid(SLICE_LIT("\1\1aZ")));
}

static void test_depth(void **state)
{
	struct buf item = BUF_INIT;
	for (int levels = LIMIT_NESTING; levels <= LIMIT_NESTING + 1; levels++) {
		buf_reset(&item);
		struct buf list = BUF_INIT;
		struct value v = {.type = VALUE_L};
		for (int i = 1; i < levels; i++) {
			struct buf outer = BUF_INIT;
			value_encode(v, &outer);
			buf_finish(&list);
			list = outer;
			v = (struct value){.type = VALUE_L, .body = buf_slice(&list), .count = 1};
		}
		item_with(SLICE_LIT("\0"), SLICE_LIT("a"), v, &item);
		assert_int_equal(item_valid(buf_slice(&item)), levels == LIMIT_NESTING);
		buf_finish(&list);
	}
	buf_finish(&item);
}

static void test_type_names(void **state)
{
	assert_string_equal(value_type_name(VALUE_TRUE), "BOOL");
	assert_string_equal(value_type_name(VALUE_FALSE), "BOOL");
	assert_string_equal(value_type_name(VALUE_NULL), "NULL");
	assert_string_equal(value_type_name(VALUE_BS), "BS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_iterate),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_refused),
		cmocka_unit_test(test_with_and_without),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_type_names),
	};
	return cmocka_run_group_tests_name("item", tests, NULL, NULL);
}
