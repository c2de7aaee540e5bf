/* BatchGetItem, BatchWriteItem. */
#include "tests/unit/op_fixture.h"

#include "engine/op_batch.h"

static int setup(void **state)
{
	return things_begin('S');
}

static void see(size_t at, const struct list_row *row, void *arg)
{
	struct buf *text = arg;
	assert_int_equal(row->status, ST_OK);
	buf_addf(text, "%zu:", at);
	json_write_item(row->item, &(struct json_style){.line = true}, text);
}

/** How many were done; those that are left come last. */
static size_t done_of(const bool *left, size_t n)
{
	size_t done = 0;
	while (done < n && !left[done])
		done++;
	for (size_t i = done; i < n; i++)
		assert_true(left[i]);
	return done;
}

static void test_get(void **state)
{
	struct buf text = BUF_INIT;
	bool left[4];
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"2\",\"v\":2}", none, NULL));
	assert_ok(h_put(s.e, other, "{\"pk\":\"a\",\"v\":3}", none, NULL));
	struct get_request r[] = {{.table = t, .key = h_key("a", "2"), .projection = NULL},
		{.table = t, .key = h_key("b", "1"), .projection = NULL},
		{.table = other, .key = h_key("a", NULL), .projection = h_expr(EXPR_PROJECTION, "v", NULL)},
		{.table = t, .key = h_key("a", "1"), .projection = NULL}};
	assert_ok(op_batch_get(s.e, &h_caller, r, 4, see, &text, left, &h_err));
	assert_int_equal(done_of(left, 4), 4);
	assert_string_equal(
		buf_str(&text), "0:{\"pk\":\"a\",\"sk\":\"2\",\"v\":2}2:{\"v\":3}3:{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}");
	r[1] = r[3];
	assert_status(ST_VALIDATION, op_batch_get(s.e, &h_caller, r, 4, see, &text, left, &h_err));
	assert_string_equal(h_err.text, "Provided list of item keys contains duplicates");
	r[1].key = h_key("a", NULL);
	assert_status(ST_VALIDATION, op_batch_get(s.e, &h_caller, r, 4, see, &text, left, &h_err));
	struct get_request many[OP_BATCH_GET_MAX + 1] = {{0}};
	assert_status(ST_VALIDATION, op_batch_get(s.e, &h_caller, many, OP_BATCH_GET_MAX + 1, see, &text, left, &h_err));
	assert_string_equal(h_err.text, "Too many items requested for the BatchGetItem call");
	buf_finish(&text);
}

static void put_big(int i, size_t len)
{
	struct buf json = BUF_INIT;
	buf_addf(&json, "{\"pk\":\"%d\",\"x\":\"", i);
	buf_resize(&json, json.len + len);
	memset(json.ptr + json.len - len, 'x', len);
	buf_add_str(&json, "\"}");
	assert_ok(h_put(s.e, other, buf_str(&json), none, NULL));
	buf_finish(&json);
}

static void count(size_t at, const struct list_row *row, void *arg)
{
	assert_int_equal(at, *(size_t *)arg);
	++*(size_t *)arg;
}

/** 50 items of 400,004 bytes: 41 of them are within 16 MB. The rest comes with the next call. */
static void test_answer_of_16_megabytes(void **state)
{
	struct get_request r[50];
	char keys[50][4];
	bool left[50];
	size_t seen = 0;
	for (int i = 0; i < 50; i++) {
		put_big(i, 400000);
		snprintf(keys[i], sizeof keys[i], "%d", i);
		r[i] = (struct get_request){.table = other, .key = h_key(keys[i], NULL)};
	}
	assert_ok(op_batch_get(s.e, &h_caller, r, 50, count, &seen, left, &h_err));
	size_t first = done_of(left, 50);
	assert_int_equal(first, OP_BATCH_GET_BYTES / 400005);
	assert_int_equal(seen, first);
	seen = 0;
	assert_ok(op_batch_get(s.e, &h_caller, r + first, 50 - first, count, &seen, left, &h_err));
	assert_int_equal(done_of(left, 50 - first), 50 - first);
}

static void test_write(void **state)
{
	bool left[4];
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct consumed_list used = {0};
	struct table_info info;
	assert_ok(h_put(s.e, t, "{\"pk\":\"gone\",\"sk\":\"1\"}", none, NULL));
	h_item("{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}", &a);
	h_item("{\"pk\":\"a\",\"v\":2}", &b);
	struct batch_write w[] = {{.table = t, .item = buf_slice(&a), .consumed = &used},
		{.table = t, .key = h_key("gone", "1"), .consumed = &used},
		{.table = t, .key = h_key("never", "1"), .consumed = &used},
		{.table = other, .item = buf_slice(&b), .consumed = &used}};
	assert_ok(op_batch_write(s.e, &h_caller, w, 4, COMMIT_DURABLE, left, &h_err));
	h_stands(s.e, t, h_key("a", "1"), "{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}");
	h_stands(s.e, t, h_key("gone", "1"), NULL);
	h_stands(s.e, other, h_key("a", NULL), "{\"pk\":\"a\",\"v\":2}");
	assert_int_equal(used.count, 2);
	assert_true(used.tables[0].table == t && used.tables[0].own.write == 3);
	assert_true(used.tables[1].table == other && used.tables[1].own.write == 1);
	consumed_finish(&used);
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 1);
	buf_finish(&a);
	buf_finish(&b);
}

static void test_write_refusals(void **state)
{
	bool left[OP_BATCH_WRITE_MAX + 1];
	struct buf a = BUF_INIT, bad = BUF_INIT;
	struct batch_write many[OP_BATCH_WRITE_MAX + 1] = {{0}};
	h_item("{\"pk\":\"a\",\"sk\":\"1\"}", &a);
	h_item("{\"pk\":\"a\"}", &bad);
	struct batch_write w[] = {{.table = t, .item = buf_slice(&a)}, {.table = t, .key = h_key("a", "1")}};
	assert_status(ST_VALIDATION, op_batch_write(s.e, &h_caller, w, 2, COMMIT_VISIBLE, left, &h_err));
	assert_string_equal(h_err.text, "Provided list of item keys contains duplicates");
	w[1].item = buf_slice(&bad);
	assert_status(ST_VALIDATION, op_batch_write(s.e, &h_caller, w, 2, COMMIT_VISIBLE, left, &h_err));
	w[1] = (struct batch_write){.table = t, .key = h_key("a", NULL)};
	assert_status(ST_VALIDATION, op_batch_write(s.e, &h_caller, w, 2, COMMIT_VISIBLE, left, &h_err));
	assert_status(ST_VALIDATION, op_batch_write(s.e, &h_caller, many, OP_BATCH_WRITE_MAX + 1, COMMIT_VISIBLE, left, &h_err));
	assert_string_equal(h_err.text, "Too many items requested for the BatchWriteItem call");
	h_stands(s.e, t, h_key("a", "1"), NULL);
	buf_finish(&a);
	buf_finish(&bad);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, things_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_get),
		T(test_answer_of_16_megabytes),
		T(test_write),
		T(test_write_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
