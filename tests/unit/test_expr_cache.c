/* Texts that were parsed before: the same tree with other values, more texts than are kept, several threads. */
#include "tests/unit/harness.h"

#include "engine/expr/cache.h"

#include <pthread.h>

static struct tree *get(enum expr_kind kind, const char *text)
{
	struct tree *t = NULL;
	assert_ok(cache_parse(kind, slice_str(text), &t, &h_err));
	return t;
}

static void test_same_text(void **state)
{
	struct tree *a = get(EXPR_CONDITION, "a = :a"), *b = get(EXPR_CONDITION, "a = :a"), *c = get(EXPR_FILTER, "a = :a"),
		    *d = get(EXPR_CONDITION, "a = :b");
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(a, d);
	tree_unref(a);
	tree_unref(b);
	tree_unref(c);
	tree_unref(d);
}

static void test_other_values(void **state)
{
	struct buf item = BUF_INIT;
	h_item("{\"a\":1}", &item);
	assert_true(expr_test(h_expr(EXPR_CONDITION, "a = :v", "{\":v\":1}"), buf_slice(&item)));
	assert_false(expr_test(h_expr(EXPR_CONDITION, "a = :v", "{\":v\":2}"), buf_slice(&item)));
	assert_false(expr_test(h_expr(EXPR_CONDITION, "a = :v", "{\":v\":\"1\"}"), buf_slice(&item)));
	h_exprs_free();
	buf_finish(&item);
}

static void test_failures_are_not_kept(void **state)
{
	struct tree *t;
	for (int i = 0; i < 3; i++) {
		assert_status(ST_VALIDATION, cache_parse(EXPR_CONDITION, SLICE_LIT("a = = b"), &t, &h_err));
		assert_non_null(strstr(h_err.text, "Syntax error"));
	}
}

static void test_held_while_others_push_it_out(void **state)
{
	char text[64];
	struct tree *held = get(EXPR_CONDITION, "held = :v");
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "a%d = :v", i);
		tree_unref(get(EXPR_CONDITION, text));
	}
	assert_true(slice_eq_str(held->text, "held = :v"));
	assert_int_equal(held->root->type, NODE_EQ);
	tree_unref(held);
}

static void *hammer(void *arg)
{
	char text[64];
	for (int i = 0; i < 5000; i++) {
		struct tree *t = NULL;
		snprintf(text, sizeof text, "b%d = :v", (i * 7) % 700);
		enum status st = cache_parse(EXPR_CONDITION, slice_str(text), &t, NULL);
		if (st || !slice_eq_str(t->text, text))
			abort();
		tree_unref(t);
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_text),
		cmocka_unit_test(test_other_values),
		cmocka_unit_test(test_failures_are_not_kept),
		cmocka_unit_test(test_held_while_others_push_it_out),
		cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
