/* UpdateItem: creation, expressions, conditions, return values, what it refuses. */
#include "tests/unit/op_fixture.h"

#include <pthread.h>

static int setup(void **state)
{
	return things_begin('N');
}

static struct buf number = BUF_INIT;

/** The key ("a", 1). */
static struct key the_key(void)
{
	buf_reset(&number);
	h_item("{\"n\":1}", &number);
	struct value v = item_get(buf_slice(&number), SLICE_LIT("n"));
	return (struct key){SLICE_LIT("a"), v.body};
}

static enum status update(const char *text, const char *values, enum update_return what, struct buf *out)
{
	struct update_request r = {.table = t, .key = the_key(), .return_values = what, .attributes = out};
	if (text)
		r.update = h_expr(EXPR_UPDATE, text, values);
	return op_update(s.e, &h_caller, &r, NULL, &h_err);
}

static void test_creates(void **state)
{
	struct buf out = BUF_INIT;
	assert_ok(update(NULL, NULL, UPDATE_ALL_NEW, &out));
	h_same(&out, "{\"pk\":\"a\",\"sk\":1}");
	struct delete_request d = {.table = t, .key = the_key()};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_ok(update("SET x = :x ADD n :n", "{\":x\":\"hello\",\":n\":5}", UPDATE_ALL_OLD, &out));
	h_same(&out, NULL);
	h_stands(s.e, t, the_key(), "{\"pk\":\"a\",\"sk\":1,\"x\":\"hello\",\"n\":5}");
	assert_ok(update(NULL, NULL, UPDATE_NONE, NULL));
	h_stands(s.e, t, the_key(), "{\"pk\":\"a\",\"sk\":1,\"x\":\"hello\",\"n\":5}");
}

/** An update that only takes away makes no item, whatever it returns. */
static void test_only_removes(void **state)
{
	struct buf out = BUF_INIT;
	struct key key = the_key();
	assert_ok(update("REMOVE x DELETE y :s", "{\":s\":{\"$ss\":[\"a\"]}}", UPDATE_ALL_NEW, &out));
	h_same(&out, NULL);
	assert_int_equal(op_get(s.e, &h_caller, t, &key, NULL, NULL, NULL), ST_NOT_FOUND);
	assert_int_equal(update("REMOVE x.y", NULL, UPDATE_NONE, NULL), ST_VALIDATION);
	assert_ok(update("REMOVE x SET z = :s", "{\":s\":1}", UPDATE_ALL_NEW, &out));
	h_same(&out, "{\"pk\":\"a\",\"sk\":1,\"z\":1}");
	assert_ok(update("REMOVE z", NULL, UPDATE_ALL_NEW, &out));
	h_same(&out, "{\"pk\":\"a\",\"sk\":1}");
}

static void test_return_values(void **state)
{
	struct buf out = BUF_INIT;
	static const char *const values = "{\":one\":1}", *const text = "SET n = n + :one, m.a = :one REMOVE gone";
	static const char *const first = "{\"pk\":\"a\",\"sk\":1,\"n\":1,\"m\":{\"a\":0,\"b\":7},\"gone\":true}";
	assert_ok(h_put(s.e, t, first, none, NULL));
	assert_ok(update(text, values, UPDATE_ALL_OLD, &out));
	h_same(&out, first);
	assert_ok(update(text, values, UPDATE_UPDATED_OLD, &out));
	h_same(&out, "{\"n\":2,\"m\":{\"a\":1}}");
	assert_ok(update(text, values, UPDATE_ALL_NEW, &out));
	h_same(&out, "{\"pk\":\"a\",\"sk\":1,\"n\":4,\"m\":{\"a\":1,\"b\":7}}");
	assert_ok(update(text, values, UPDATE_UPDATED_NEW, &out));
	h_same(&out, "{\"n\":5,\"m\":{\"a\":1}}");
	assert_ok(update(text, values, UPDATE_NONE, &out));
	h_same(&out, NULL);
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":1,\"l\":[0,1,2],\"m\":{}}", none, NULL));
	assert_ok(update("SET m.a = :one REMOVE l[1]", values, UPDATE_UPDATED_NEW, &out));
	h_same(&out, "{\"m\":{\"a\":1}}"); /* nothing of l, where another element has moved up */
	struct delete_request d = {.table = t, .key = the_key()};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_ok(update("SET n = :one", values, UPDATE_UPDATED_OLD, &out));
	h_same(&out, NULL);
}

static void test_meta_and_counts(void **state)
{
	struct item_meta put, now;
	struct table_info info;
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":1,\"text\":\"hello\"}", none, &put));
	struct update_request r = {.table = t, .key = the_key()};
	r.update = h_expr(EXPR_UPDATE, "REMOVE gone SET extra = :t", "{\":t\":\"x\"}");
	assert_ok(op_update(s.e, &h_caller, &r, &now, &h_err));
	assert_true(now.version > put.version);
	assert_int_equal(now.created_ns, put.created_ns);
	assert_int_equal(now.size, put.size + 5 + 1);
	r.update = h_expr(EXPR_UPDATE, "REMOVE extra", NULL);
	assert_ok(op_update(s.e, &h_caller, &r, &now, &h_err));
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 1);
	assert_int_equal(info.item_bytes, now.size);
	assert_int_equal(info.text_bytes, now.text_len);
}

static void test_conditions(void **state)
{
	struct buf failed = BUF_INIT;
	struct update_request r = {.table = t, .key = the_key(), .returns = {.failed = &failed}};
	r.update = h_expr(EXPR_UPDATE, "SET n = :n", "{\":n\":1}");
	r.condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL);
	assert_status(ST_CONDITION, op_update(s.e, &h_caller, &r, NULL, &h_err));
	h_same(&failed, NULL);
	h_stands(s.e, t, the_key(), NULL);
	r.condition = NULL;
	r.cond.kind = COND_PRESENT;
	assert_status(ST_NOT_FOUND, op_update(s.e, &h_caller, &r, NULL, &h_err));
	r.cond.kind = COND_ABSENT;
	assert_ok(op_update(s.e, &h_caller, &r, NULL, &h_err));
	r.cond.kind = COND_NONE;
	r.condition = h_expr(EXPR_CONDITION, "n <> :n", "{\":n\":1}");
	assert_status(ST_CONDITION, op_update(s.e, &h_caller, &r, NULL, &h_err));
	h_same(&failed, "{\"pk\":\"a\",\"sk\":1,\"n\":1}");
}

static void test_refusals(void **state)
{
	static const char *const item = "{\"pk\":\"a\",\"sk\":1,\"s\":\"text\"}";
	assert_ok(h_put(s.e, t, item, none, NULL));
	assert_status(ST_VALIDATION, update("SET sk = :v", "{\":v\":1}", UPDATE_NONE, NULL));
	assert_string_equal(h_err.text,
		"One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key");
	assert_status(ST_VALIDATION, update("SET s = s + :v", "{\":v\":1}", UPDATE_NONE, NULL));
	assert_status(ST_VALIDATION, update("SET m.a = :v", "{\":v\":1}", UPDATE_NONE, NULL));
	struct update_request r = {.table = t, .key = h_key("a", "")};
	assert_status(ST_VALIDATION, op_update(s.e, &h_caller, &r, NULL, &h_err));
	struct buf big = BUF_INIT;
	buf_add_str(&big, "{\":v\":\"");
	buf_resize(&big, big.len + LIMIT_ITEM_SIZE - 8);
	memset(big.ptr + big.len - (LIMIT_ITEM_SIZE - 8), 'x', LIMIT_ITEM_SIZE - 8);
	buf_add_str(&big, "\"}");
	assert_status(ST_ITEM_TOO_LARGE, update("SET big = :v", buf_str(&big), UPDATE_NONE, NULL));
	assert_string_equal(h_err.text, "Item size to update has exceeded the maximum allowed size");
	buf_finish(&big);
	h_stands(s.e, t, the_key(), item);
	assert_ok(table_delete(s.e, &h_caller, "Things", false, &h_err));
	assert_status(ST_NO_TABLE, update("SET x = :v", "{\":v\":1}", UPDATE_NONE, NULL));
}

static void *add_many(void *arg)
{
	struct update_request r = {.table = t, .key = *(struct key *)arg};
	r.update = h_exprs[0].expr;
	struct err err;
	for (int i = 0; i < 200; i++)
		if (op_update(s.e, &h_caller, &r, NULL, &err))
			return (void *)1;
	return NULL;
}

/** Concurrent counters lose nothing. */
static void test_threads(void **state)
{
	pthread_t threads[4];
	struct key key = the_key();
	h_expr(EXPR_UPDATE, "ADD n :one", "{\":one\":1}");
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &key), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	h_stands(s.e, t, key, "{\"pk\":\"a\",\"sk\":1,\"n\":800}");
}

static int end(void **state)
{
	buf_finish(&number);
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, things_end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_creates), T(test_only_removes), T(test_return_values), T(test_meta_and_counts),
		T(test_conditions), T(test_refusals), T(test_threads)};
	return cmocka_run_group_tests(tests, NULL, end);
}
