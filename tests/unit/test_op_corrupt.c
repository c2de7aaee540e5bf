/* A row whose seal is broken, in the way of every operation: it hides nothing else, and puts and deletes are the way out. */
#include "tests/unit/harness.h"

#include "engine/op/row.h"
#include "engine/op_query.h"
#include "engine/op_transact.h"

static struct h_store s;
static struct table *t;

static const struct cond none = {COND_NONE, 0};

static enum status spoil(struct store_txn *txn, void *arg, struct err *err)
{
	struct data_key *dk;
	struct row_key k;
	struct store_row row;
	uint8_t *value;
	struct key key = h_key("a", "2");
	enum status st = table_use(t, &dk, err);
	if (st)
		return st;
	row_key_init(&k, t, dk, &key);
	st = store_put(txn, STORE_ITEMS, &k.key, 100, &value, &row, err);
	if (!st)
		memset(value, 'x', 100);
	return st;
}

/** Three items, of which the second cannot be read. */
static int setup(void **state)
{
	h_create(&s);
	t = h_table(s.e, "Things", 'S', 'S');
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\"}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"2\"}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"3\"}", none, NULL));
	assert_ok(store_write(s.e->store, spoil, NULL, STORE_VISIBLE, &h_err));
	return 0;
}

static int teardown(void **state)
{
	table_unref(t);
	h_exprs_free();
	h_remove(&s);
	return 0;
}

struct seen {
	size_t good, bad;
};

static bool see(const struct list_row *row, void *arg)
{
	struct seen *seen = arg;
	assert_true(row->status == ST_OK || (row->status == ST_CORRUPT && row->item.len == 0));
	seen->good += row->status == ST_OK;
	seen->bad += row->status == ST_CORRUPT;
	return row->status == ST_OK; /* no page can end at the other */
}

static void see_one(size_t at, const struct list_row *row, void *arg)
{
	assert_int_equal(row->status, at == 1 ? ST_CORRUPT : ST_OK);
	(void)see(row, arg);
}

static void test_reads(void **state)
{
	struct page page = {0};
	struct seen seen = {0};
	struct query_request q = {.page = {.table = t}, .key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :p", "{\":p\":\"a\"}")};
	assert_ok(op_query(s.e, &h_caller, &q, see, &seen, &page, &h_err));
	assert_int_equal(seen.good, 2);
	assert_int_equal(seen.bad, 1);
	assert_int_equal(page.scanned_count, 2);
	assert_false(page.has_more);
	q.page.limit = 1; /* a page of the first one alone; the next begins with the broken one */
	assert_ok(op_query(s.e, &h_caller, &q, see, &seen, &page, &h_err));
	h_same(&page.last_key, "{\"pk\":\"a\",\"sk\":\"1\"}");
	struct scan_request scan = {.page = {.table = t, .select = SELECT_COUNT}};
	seen = (struct seen){0};
	assert_ok(op_scan_page(s.e, &h_caller, &scan, see, &seen, &page, &h_err));
	assert_int_equal(page.count, 2);
	assert_int_equal(seen.bad, 1);
	page_finish(&page);
	struct get_request g[] = {{.table = t, .key = h_key("a", "1"), .projection = NULL},
		{.table = t, .key = h_key("a", "2"), .projection = NULL}, {.table = t, .key = h_key("a", "3"), .projection = NULL}};
	bool left[3];
	seen = (struct seen){0};
	assert_ok(op_batch_get(s.e, &h_caller, g, 3, see_one, &seen, left, &h_err));
	assert_int_equal(seen.good + seen.bad, 3);
	assert_ok(op_transact_get(s.e, &h_caller, g, 3, see_one, &seen, &(struct transact_result){0}, &h_err));
}

static void test_update_and_conditions_refuse(void **state)
{
	struct buf item = BUF_INIT;
	struct update_request u = {.table = t, .key = h_key("a", "2"), .update = h_expr(EXPR_UPDATE, "SET x = :x", "{\":x\":1}")};
	assert_status(ST_CORRUPT, op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_item("{\"pk\":\"a\",\"sk\":\"2\"}", &item);
	struct put_request p = {
		.table = t, .item = buf_slice(&item), .condition = h_expr(EXPR_CONDITION, "attribute_not_exists(pk)", NULL)};
	assert_status(ST_CORRUPT, op_put(s.e, &h_caller, &p, NULL, &h_err));
	struct transact_action a[] = {{.kind = TRANSACT_DELETE, .table = t, .key = h_key("a", "1")},
		{.kind = TRANSACT_UPDATE, .table = t, .key = h_key("a", "2"), .update = u.update}};
	struct transact_request r = {.actions = a, .n = 2};
	struct transact_result result = {0};
	assert_status(ST_CORRUPT, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	h_stands(s.e, t, h_key("a", "1"), "{\"pk\":\"a\",\"sk\":\"1\"}");
	buf_finish(&item);
}

static void test_ways_out(void **state)
{
	struct buf item = BUF_INIT, old = BUF_INIT;
	struct consumed_list used = {0};
	h_item("{\"pk\":\"a\",\"sk\":\"2\",\"v\":1}", &item);
	struct transact_action a = {.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)};
	struct transact_request r = {.actions = &a, .n = 1};
	struct transact_result result = {0};
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	h_stands(s.e, t, h_key("a", "2"), "{\"pk\":\"a\",\"sk\":\"2\",\"v\":1}");
	assert_ok(store_write(s.e->store, spoil, NULL, STORE_VISIBLE, &h_err));
	struct batch_write w = {.table = t, .item = buf_slice(&item)};
	bool left;
	assert_ok(op_batch_write(s.e, &h_caller, &w, 1, COMMIT_VISIBLE, &left, &h_err));
	h_stands(s.e, t, h_key("a", "2"), "{\"pk\":\"a\",\"sk\":\"2\",\"v\":1}");
	assert_ok(store_write(s.e->store, spoil, NULL, STORE_VISIBLE, &h_err));
	struct delete_request d = {.table = t, .key = h_key("a", "2"), .returns = {.old = &old, .consumed = &used}};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	h_same(&old, NULL);
	h_used(&used, 0, 1);
	h_stands(s.e, t, h_key("a", "2"), NULL);
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 2);
	buf_finish(&item);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_reads), T(test_update_and_conditions_refuse), T(test_ways_out)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
