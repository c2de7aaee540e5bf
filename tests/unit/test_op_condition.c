/* Puts, deletes and moves under a condition expression, and what they give back. */
#include "tests/unit/harness.h"

static struct h_store s;

static int setup(void **state)
{
	h_create(&s);
	return 0;
}

static int teardown(void **state)
{
	h_exprs_free();
	h_remove(&s);
	return 0;
}

static const struct cond none = {COND_NONE, 0};

static enum status put_if(
	struct table *t, const char *json, const char *condition, const char *values, struct write_returns returns)
{
	struct buf item = BUF_INIT;
	h_item(json, &item);
	struct put_request r = {.table = t,
		.item = buf_slice(&item),
		.condition = condition ? h_expr(EXPR_CONDITION, condition, values) : NULL,
		.returns = returns};
	enum status st = op_put(s.e, &h_caller, &r, NULL, &h_err);
	buf_finish(&item);
	return st;
}

static void test_put(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct buf old = BUF_INIT, failed = BUF_INIT;
	struct consumed_list used = {0};
	struct write_returns returns = {.old = &old, .failed = &failed, .consumed = &used};
	assert_ok(put_if(t, "{\"pk\":\"a\",\"n\":12}", "attribute_not_exists(pk)", NULL, returns));
	h_same(&old, NULL);
	h_used(&used, 0, 1);
	assert_status(ST_CONDITION, put_if(t, "{\"pk\":\"a\",\"n\":2}", "attribute_not_exists(pk)", NULL, returns));
	assert_string_equal(h_err.text, "The conditional request failed");
	h_same(&old, NULL);
	h_same(&failed, "{\"pk\":\"a\",\"n\":12}");
	assert_ok(put_if(t, "{\"pk\":\"a\"}", "n = :n", "{\":n\":12}", returns));
	h_same(&old, "{\"pk\":\"a\",\"n\":12}");
	h_same(&failed, NULL);
	assert_status(ST_CONDITION, put_if(t, "{\"pk\":\"b\"}", "n = :n", "{\":n\":12}", returns));
	h_same(&failed, NULL);
	h_used(&used, 0, 3); /* each of the three, refused or not */
	h_stands(s.e, t, h_key("a", NULL), "{\"pk\":\"a\"}");
	h_stands(s.e, t, h_key("b", NULL), NULL);
	table_unref(t);
}

/** A face may use both kinds of condition: the item as it was read, and what the user wrote. */
static void test_both_kinds(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct buf item = BUF_INIT;
	h_item("{\"pk\":\"a\",\"n\":2}", &item);
	struct put_request r = {.table = t, .item = buf_slice(&item), .cond = {COND_PRESENT, 0}};
	r.condition = h_expr(EXPR_CONDITION, "n = :n", "{\":n\":1}");
	assert_status(ST_NOT_FOUND, op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":1}", none, NULL));
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_status(ST_CONDITION, op_put(s.e, &h_caller, &r, NULL, &h_err));
	size_t at;
	assert_status(ST_CONDITION, op_put_many(s.e, &h_caller, &r, 1, &at, &h_err));
	buf_finish(&item);
	table_unref(t);
}

static void test_delete(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 'S');
	struct buf old = BUF_INIT, failed = BUF_INIT;
	struct delete_request d = {.table = t, .key = h_key("a", "1"), .returns = {.old = &old, .failed = &failed}};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	h_same(&old, NULL);
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\",\"flag\":true}", none, NULL));
	d.condition = h_expr(EXPR_CONDITION, "flag = :no", "{\":no\":false}");
	assert_status(ST_CONDITION, op_delete(s.e, &h_caller, &d, &h_err));
	h_same(&failed, "{\"pk\":\"a\",\"sk\":\"1\",\"flag\":true}");
	h_same(&old, NULL);
	d.condition = h_expr(EXPR_CONDITION, "flag = :yes", "{\":yes\":true}");
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	h_same(&old, "{\"pk\":\"a\",\"sk\":\"1\",\"flag\":true}");
	assert_status(ST_CONDITION, op_delete(s.e, &h_caller, &d, &h_err));
	h_same(&failed, NULL);
	h_stands(s.e, t, d.key, NULL);
	table_unref(t);
}

static void test_move(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct move_request m = {.table = t, .from = h_key("a", NULL), .to = h_key("b", NULL)};
	m.condition = h_expr(EXPR_CONDITION, "n < :n", "{\":n\":2}");
	assert_status(ST_NOT_FOUND, op_move(s.e, &h_caller, &m, NULL, &h_err));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":2}", none, NULL));
	assert_status(ST_CONDITION, op_move(s.e, &h_caller, &m, NULL, &h_err));
	h_stands(s.e, t, h_key("a", NULL), "{\"pk\":\"a\",\"n\":2}");
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":1}", none, NULL));
	assert_ok(op_move(s.e, &h_caller, &m, NULL, &h_err));
	h_stands(s.e, t, h_key("a", NULL), NULL);
	h_stands(s.e, t, h_key("b", NULL), "{\"pk\":\"b\",\"n\":1}");
	m.from = m.to;
	assert_ok(op_move(s.e, &h_caller, &m, NULL, &h_err));
	m.condition = h_expr(EXPR_CONDITION, "n > :n", "{\":n\":2}");
	assert_status(ST_CONDITION, op_move(s.e, &h_caller, &m, NULL, &h_err));
	table_unref(t);
}

/** A refusal leaves no trace: version, counts and listeners see nothing of it. */
static void test_refusals_leave_nothing(void **state)
{
	struct table *t = h_table(s.e, "Things", 'S', 0);
	struct engine_status before, after;
	struct table_info a, b;
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"n\":1}", none, NULL));
	engine_get_status(s.e, &before);
	table_get_info(t, &a);
	for (int i = 0; i < 20; i++)
		assert_status(ST_CONDITION, put_if(t, "{\"pk\":\"a\",\"n\":2}", "n > :n", "{\":n\":1}", (struct write_returns){0}));
	engine_get_status(s.e, &after);
	table_get_info(t, &b);
	assert_int_equal(before.sequence, after.sequence);
	assert_memory_equal(&a, &b, sizeof a);
	table_unref(t);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_put), T(test_both_kinds), T(test_delete), T(test_move), T(test_refusals_leave_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
