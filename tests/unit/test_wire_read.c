/* The pieces of a request: walking good JSON without a copy, and a request's members. */
#include "tests/unit/harness.h"

#include "src/http/wire.h"

static const struct wire_shape shape = {
	WIRE_BIT(TABLE_NAME) | WIRE_BIT(ITEM) | WIRE_BIT(LIMIT) | WIRE_BIT(CONSISTENT_READ) | WIRE_BIT(NAMES) | WIRE_BIT(KEYS),
	WIRE_BIT(TABLE_NAME)};

static struct http_call call;
static struct wire_request r;

static struct wire *begin(void)
{
	return wire_begin(&call, &h_err);
}

static struct wire *take(const char *json)
{
	struct wire *w = begin();
	assert_ok(wire_read(w, slice_str(json), &shape, &r));
	return w;
}

static void test_walk(void **state)
{
	static const char *const want[] = {"1", "\"a\\\"]\"", "[[2], {\"x\": \"}\"}]", "{}", "null", "-1.5e3"};
	struct slice text =
		slice_str(" { \"a\" : 1,\"b\":\"a\\\"]\" , \"c\": [[2], {\"x\": \"}\"}],\"d\":{},\"e\":null ,\"f\\n\":-1.5e3 } ");
	struct slice object = json_take_value(&text), rest = json_enter(object), name, value;
	assert_int_equal(text.len, 0);
	size_t n = 0;
	for (; json_next(&rest, &name, &value); n++)
		assert_true(slice_eq_str(value, want[n]));
	assert_int_equal(n, 6);
}

static void test_walk_of_bad_text_ends(void **state)
{
	static const char *const bad[] = {
		"", "{", "[", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"\\", "[[[", "[\"a", ",,,", "}", "{a:1}", "[1,,2]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct slice rest = json_enter(slice_str(bad[i])), name, value;
		size_t n = 0;
		while (n < 100 && json_next(&rest, *bad[i] == '[' ? NULL : &name, &value))
			n++;
		assert_true(n < 100);
	}
}

static void test_members(void **state)
{
	struct wire *w =
		take("{\"TableName\":\"a\\u0062\",\"Limit\":3.9,\"ConsistentRead\":true,\"Other\":{\"TableName\":1},\"Item\":null,"
		     "\"Segment\":\"not of this shape\"}");
	assert_true(wire_is(&r, M_TABLE_NAME, "ab"));
	assert_int_equal(wire_int(&r, M_LIMIT, 0), 3);
	assert_true(wire_bool(&r, M_CONSISTENT_READ, false));
	assert_false(wire_has(&r, M_ITEM));
	assert_false(wire_has(&r, M_SEGMENT));
	assert_int_equal(wire_int(&r, M_SEGMENT, 7), 7);
	assert_int_equal(wire_end(w, ST_OK), ST_OK);
}

static void test_numbers_out_of_range(void **state)
{
	struct wire *w = take("{\"Limit\":99999999999999999999999999999999999999999999}");
	assert_int_equal(wire_int(&r, M_LIMIT, 0), INT32_MAX);
	(void)wire_end(w, ST_OK);
	w = take("{\"Limit\":-1e300}");
	assert_int_equal(wire_int(&r, M_LIMIT, 0), INT32_MIN);
	(void)wire_end(w, ST_OK);
}

static void test_the_last_of_two_counts(void **state)
{
	struct wire *w = take("{\"TableName\":\"a\",\"TableName\":\"b\"}");
	assert_true(wire_is(&r, M_TABLE_NAME, "b"));
	(void)wire_end(w, ST_OK);
}

static void test_faults_of_values_wait(void **state)
{
	struct wire *w = take("{\"Item\":{\"a\":{\"N\":\"x\"}}}");
	assert_non_null(r.item.fault);
	wire_constrain(w, &shape, &r, "put.");
	assert_status(ST_VALIDATION, wire_violations(w));
	assert_string_equal(h_err.text,
		"1 validation error detected: Value null at 'put.tableName' failed to satisfy constraint: Member must not be null");
	assert_status(ST_VALIDATION, wire_check_map(w, &r.item));
	assert_string_equal(h_err.text, "The parameter cannot be converted to a numeric value: x");
	(void)wire_end(w, ST_OK);
}

static void test_constraints_with_brackets(void **state)
{
	struct wire *w = take("{\"TableName\":\"{\",\"Keys\":[]}");
	wire_constrain(w, &shape, &r, "");
	assert_status(ST_VALIDATION, wire_violations(w));
	assert_string_equal(h_err.text, "1 validation error detected: Value '[]' at 'keys' failed to satisfy constraint: Member "
					"must have length greater than or equal to "
					"1");
	(void)wire_end(w, ST_OK);
}

/** A request leaves nothing for the next one of its thread. */
static void test_one_after_the_other(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct wire *w = begin();
		for (int j = 0; j < 40; j++)
			assert_int_equal(wire_buf(w)->len, 0);
		buf_add_str(wire_buf(w), "left behind");
		assert_int_equal(wire_read(w, SLICE_LIT("{\"Item\":7}"), &shape, &r), ST_SYNTAX);
		assert_int_equal(wire_end(w, ST_SYNTAX), ST_SYNTAX);
	}
}

static void test_in_the_words_of_the_service(void **state)
{
	struct buf out = BUF_INIT;
	assert_status(ST_SYNTAX, json_read_value(SLICE_LIT("{\"N\":1}"), JSON_API, &out, &h_err));
	assert_string_equal(h_err.text, "NUMBER_VALUE cannot be converted to String");
	assert_status(ST_VALIDATION, json_read_value(SLICE_LIT("{\"Unknown\":{\"S\":\"x\"}}"), JSON_API, &out, &h_err));
	assert_status(ST_SYNTAX, json_read_value(SLICE_LIT("{\"SS\":[\"a\",null]}"), JSON_API, &out, &h_err));
	assert_ok(json_read_value(SLICE_LIT("{\"N\":null,\"S\":\"x\",\"Unknown\":[{}]}"), JSON_API, &out, &h_err));
	assert_int_equal(out.len, 3);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_of_bad_text_ends),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_numbers_out_of_range),
		cmocka_unit_test(test_the_last_of_two_counts),
		cmocka_unit_test(test_faults_of_values_wait),
		cmocka_unit_test(test_constraints_with_brackets),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_in_the_words_of_the_service),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
