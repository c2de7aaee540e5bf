/* expr_encode(): the same bytes for the same expression, however it is spelled; others for any other. */
#include "tests/unit/harness.h"

static int teardown(void **state)
{
	h_exprs_free();
	return 0;
}

static bool same(enum expr_kind kind, const char *a, const char *a_values, const char *b, const char *b_values)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	expr_encode(h_expr(kind, a, a_values), &x);
	expr_encode(h_expr(kind, b, b_values), &y);
	bool ret = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_finish(&x);
	buf_finish(&y);
	return ret;
}

#define ONE "{\":v\":1}"

static void test_spelling(void **state)
{
	assert_true(same(EXPR_CONDITION, "a = :v", ONE, "  a=:x ", "{\":x\":1.0}"));
	assert_true(same(EXPR_CONDITION, "a.b[1] > :v AND c <> :v", ONE, "a.b[01] > :v and c <> :v", ONE));
	assert_true(same(EXPR_UPDATE, "SET a = :v", ONE, "set a=:v", ONE));
}

static void test_differences(void **state)
{
	assert_false(same(EXPR_CONDITION, "a = :v", ONE, "a = :v", "{\":v\":2}"));
	assert_false(same(EXPR_CONDITION, "a = :v", ONE, "a = :v", "{\":v\":\"1\"}"));
	assert_false(same(EXPR_CONDITION, "a = :v", ONE, "a < :v", ONE));
	assert_false(same(EXPR_CONDITION, "a = :v", ONE, "b = :v", ONE));
	assert_false(same(EXPR_CONDITION, "a.b = :v", ONE, "ab = :v", ONE));
	assert_false(same(EXPR_CONDITION, "a[1] = :v", ONE, "a[2] = :v", ONE));
	assert_false(same(EXPR_CONDITION, "NOT (a = :v AND b = :v)", ONE, "(NOT a = :v) AND b = :v", ONE));
	assert_false(same(EXPR_UPDATE, "SET a = :v REMOVE b", ONE, "SET a = :v", ONE));
	assert_false(same(EXPR_UPDATE, "SET a = :v", ONE, "ADD a :v", ONE));
	assert_false(same(EXPR_UPDATE, "REMOVE a, b", NULL, "REMOVE a.b", NULL));
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_spelling), T(test_differences)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
