/* What each operation uses, in capacity units: ReturnConsumedCapacity. */
#include "engine/op_query.h"
#include "engine/op_transact.h"

#include "tests/unit/op_fixture.h"

static struct consumed_list used;

static int setup(void **state)
{
	return things_begin('S');
}

static int teardown(void **state)
{
	consumed_finish(&used);
	return things_end(state);
}

/** An item of exactly `size` bytes under ("a", sk). */
static struct buf sized(const char *sk, size_t size)
{
	struct buf json = BUF_INIT, item = BUF_INIT;
	size_t fill = size - (2 + 1 + 2 + strlen(sk) + 1); /* names pk, sk and t */
	buf_addf(&json, "{\"pk\":\"a\",\"sk\":\"%s\",\"t\":\"", sk);
	for (size_t i = 0; i < fill; i++)
		buf_add_byte(&json, 'x');
	buf_add_str(&json, "\"}");
	h_item(buf_str(&json), &item);
	buf_finish(&json);
	return item;
}

static enum status put(const char *sk, size_t size, const char *condition)
{
	struct buf item = sized(sk, size);
	struct put_request r = {.table = t, .item = buf_slice(&item), .returns = {.consumed = &used}};
	if (condition)
		r.condition = h_expr(EXPR_CONDITION, condition, NULL);
	enum status st = op_put(s.e, &h_caller, &r, NULL, &h_err);
	buf_finish(&item);
	return st;
}

static void test_numbers(void **state)
{
	assert_true(capacity_read(0, READ_EVENTUAL) == 0.5 && capacity_read(4096, READ_EVENTUAL) == 0.5);
	assert_true(capacity_read(4097, READ_EVENTUAL) == 1 && capacity_read(4097, READ_TRANSACTIONAL) == 4);
	assert_true(capacity_write(0, false) == 1 && capacity_write(1024, true) == 2 && capacity_write(1025, false) == 2);
	assert_true(capacity_write(409600, false) == 400);
}

static void test_put_and_delete(void **state)
{
	assert_ok(put("1", 1024, NULL));
	h_used(&used, 0, 1);
	assert_ok(put("1", 1025, NULL));
	h_used(&used, 0, 2);
	assert_ok(put("1", 100, NULL)); /* of the greater one */
	h_used(&used, 0, 2);
	assert_ok(put("2", 5000, NULL));
	h_used(&used, 0, 5);
	struct delete_request d = {.table = t, .key = h_key("a", "2"), .returns = {.consumed = &used}};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	h_used(&used, 0, 5);
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	h_used(&used, 0, 1);
}

/** A condition that is false has used the units of the item that is there, or one. */
static void test_failed_conditions(void **state)
{
	assert_status(ST_CONDITION, put("1", 5000, "attribute_exists(pk)"));
	h_used(&used, 0, 1);
	assert_ok(put("1", 3000, NULL));
	h_used(&used, 0, 3);
	assert_status(ST_CONDITION, put("1", 5000, "attribute_not_exists(pk)"));
	h_used(&used, 0, 3);
	struct delete_request d = {.table = t, .key = h_key("a", "1"), .returns = {.consumed = &used}};
	d.condition = h_expr(EXPR_CONDITION, "attribute_not_exists(pk)", NULL);
	assert_status(ST_CONDITION, op_delete(s.e, &h_caller, &d, &h_err));
	h_used(&used, 0, 3);
	struct update_request u = {.table = t, .key = h_key("a", "2"), .returns = {.consumed = &used}};
	u.condition = d.condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL);
	assert_status(ST_CONDITION, op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_used(&used, 0, 1);
}

/** A request that breaks a rule uses nothing. */
static void test_refusals(void **state)
{
	struct buf item = BUF_INIT;
	h_item("{\"pk\":\"a\"}", &item);
	struct put_request r = {.table = t, .item = buf_slice(&item), .returns = {.consumed = &used}};
	assert_status(ST_VALIDATION, op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_int_equal(used.count, 0);
	buf_finish(&item);
}

static void test_update(void **state)
{
	struct update_request u = {.table = t, .key = h_key("a", "1"), .returns = {.consumed = &used}};
	assert_ok(put("1", 3000, NULL));
	consumed_finish(&used);
	u.update = h_expr(EXPR_UPDATE, "SET n = :n", "{\":n\":1}");
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_used(&used, 0, 3);
	u.update = h_expr(EXPR_UPDATE, "REMOVE t", NULL);
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_used(&used, 0, 3); /* as it was before */
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_used(&used, 0, 1);
}

static void test_get(void **state)
{
	struct get_request g = {.table = t, .key = h_key("a", "1"), .consumed = &used};
	struct buf item = BUF_INIT;
	assert_status(ST_NOT_FOUND, op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	h_used(&used, 0.5, 0);
	g.consistent = true;
	assert_status(ST_NOT_FOUND, op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	h_used(&used, 1, 0);
	assert_ok(put("1", 4097, NULL));
	consumed_finish(&used);
	assert_ok(op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	h_used(&used, 2, 0);
	g.consistent = false;
	g.projection = h_expr(EXPR_PROJECTION, "pk", NULL); /* the whole item counts */
	assert_ok(op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	h_used(&used, 1, 0);
	assert_ok(op_get(s.e, &h_caller, t, &g.key, NULL, &item, &h_err));
	assert_int_equal(used.count, 0);
	buf_finish(&item);
}

static void ignore(size_t at, const struct list_row *row, void *arg) {}

static void test_batches(void **state)
{
	bool left[3];
	struct get_request g[] = {{.table = t, .key = h_key("a", "1"), .consumed = &used},
		{.table = t, .key = h_key("a", "2"), .consumed = &used}, {.table = t, .key = h_key("a", "3"), .consumed = &used}};
	struct buf one = sized("1", 1500), two = sized("2", 6500);
	struct batch_write w[] = {{.table = t, .item = buf_slice(&one), .consumed = &used},
		{.table = t, .item = buf_slice(&two), .consumed = &used}, {.table = t, .key = h_key("a", "3"), .consumed = &used}};
	assert_ok(op_batch_write(s.e, &h_caller, w, 3, COMMIT_VISIBLE, left, &h_err));
	h_used(&used, 0, 2 + 7 + 1);
	assert_ok(op_batch_get(s.e, &h_caller, g, 3, ignore, NULL, left, &h_err));
	h_used(&used, 0.5 + 1 + 0.5, 0); /* each item by itself */
	g[0].consistent = g[1].consistent = g[2].consistent = true;
	assert_ok(op_batch_get(s.e, &h_caller, g, 3, ignore, NULL, left, &h_err));
	h_used(&used, 1 + 2 + 1, 0);
	assert_ok(op_transact_get(s.e, &h_caller, g, 3, ignore, NULL, &(struct transact_result){0}, &h_err));
	h_used(&used, 2 + 4 + 2, 0);
	buf_finish(&one);
	buf_finish(&two);
}

static bool take(const struct list_row *row, void *arg)
{
	return true;
}

static void test_pages(void **state)
{
	struct page page = {0};
	struct query_request q = {.page = {.table = t, .consumed = &used}};
	struct scan_request scan = {.page = {.table = t, .consumed = &used}};
	q.key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :p", "{\":p\":\"a\"}");
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	h_used(&used, 0.5, 0);
	for (int i = 0; i < 5; i++)
		assert_ok(put((const char *[]){"1", "2", "3", "4", "5"}[i], 1000, NULL));
	consumed_finish(&used);
	q.page.filter = scan.page.filter = h_expr(EXPR_FILTER, "attribute_exists(nothing)", NULL);
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	h_used(&used, 1, 0); /* 5000 bytes, rounded once; what is filtered out counts */
	scan.page.consistent = true;
	assert_ok(op_scan_page(s.e, &h_caller, &scan, take, NULL, &page, &h_err));
	h_used(&used, 2, 0);
	scan.page.limit = 4;
	assert_ok(op_scan_page(s.e, &h_caller, &scan, take, NULL, &page, &h_err));
	h_used(&used, 1, 0);
	page_finish(&page);
}

static void test_transactions(void **state)
{
	struct transact_result result = {0};
	struct buf item = sized("1", 1025);
	assert_ok(put("2", 3000, NULL));
	assert_ok(put("3", 2000, NULL));
	consumed_finish(&used);
	struct transact_action a[] = {
		{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)},
		{.kind = TRANSACT_DELETE, .table = t, .key = h_key("a", "2")},
		{.kind = TRANSACT_CHECK, .table = t, .key = h_key("a", "3")},
		{.kind = TRANSACT_UPDATE, .table = t, .key = h_key("a", "4")},
	};
	a[2].condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL);
	struct transact_request r = {.actions = a, .n = 4, .token = SLICE_LIT("token"), .consumed = &used};
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	h_used(&used, 0, 2 * (2 + 3 + 2 + 1));
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_true(result.repeated);
	h_used(&used, 2 * (1 + 1 + 1 + 1), 0);
	buf_finish(&item);
}

/** Calls add to one list, table by table in the order of first use; a failed operation of the store's adds nothing. */
static void test_list(void **state)
{
	struct buf item = BUF_INIT;
	h_item("{\"pk\":\"a\"}", &item);
	struct put_request r = {.table = other, .item = buf_slice(&item), .returns = {.consumed = &used}};
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_ok(put("1", 1025, NULL));
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_int_equal(used.count, 2);
	assert_ptr_equal(used.tables[0].table, other);
	assert_true(used.tables[0].own.write == 2 && used.tables[1].own.write == 2);
	struct units *u = consumed_index(&used.tables[1], "first", false);
	u->write = 1;
	consumed_index(&used.tables[1], "second", true)->read = 2.5;
	consumed_index(&used.tables[1], "first", false)->write += 1;
	assert_int_equal(used.tables[1].index_count, 2);
	assert_true(used.tables[1].indexes[1].local);
	struct units sum = consumed_total(&used.tables[1]);
	assert_true(sum.read == 2.5 && sum.write == 4);
	buf_finish(&item);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), T(test_put_and_delete), T(test_failed_conditions),
		T(test_refusals), T(test_update), T(test_get), T(test_batches), T(test_pages), T(test_transactions), T(test_list)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
