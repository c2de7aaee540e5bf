/* Capacity of secondary indexes: the units of each, and global ones that have none left. */
#include "engine/base/clock.h"
#include "engine/op_query.h"
#include "engine/op_transact.h"
#include "engine/table/state.h"

#include "tests/unit/harness.h"

static struct h_store s;
static struct table *t;
static struct consumed_list used;
static _Atomic(uint64_t) now_ns;

static uint64_t fake_clock(void)
{
	return now_ns;
}

#define ATTR(n) "{\"AttributeName\":\"" n "\",\"AttributeType\":\"S\"}"
#define KEY(n, kind) "{\"AttributeName\":\"" n "\",\"KeyType\":\"" kind "\"}"
#define INDEX(n, keys, type) "{\"IndexName\":\"" n "\",\"KeySchema\":[" keys "],\"Projection\":{\"ProjectionType\":\"" type "\"}"
#define UNITS(r, w) ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":" r ",\"WriteCapacityUnits\":" w "}"

static int setup(void **state)
{
	struct table_def def;
	static const char text[] = "{\"AttributeDefinitions\":[" ATTR("pk") "," ATTR("sk") "," ATTR("a") "," ATTR(
		"b") "],"
		     "\"KeySchema\":[" KEY("pk", "HASH") "," KEY("sk", "RANGE") "],\"BillingMode\":\"PROVISIONED\"" UNITS(
			     "1000", "1000") ",\"LocalSecondaryIndexes\":[" INDEX("local", KEY("pk", "HASH") "," KEY("b", "RANGE"),
			     "ALL") "}],"
				    "\"GlobalSecondaryIndexes\":[" INDEX("by_a", KEY("a", "HASH"), "KEYS_ONLY")
					    UNITS("1", "1") "}]}";
	h_create(&s);
	now_ns = 1000 * NS_PER_S;
	s.e->meter_ns = fake_clock;
	assert_ok(table_def_parse(SLICE_LIT(text), "Indexed", &h_caller, &def, &h_err));
	assert_ok(table_create(s.e, &h_caller, &def, &t, &h_err));
	table_def_finish(&def);
	return 0;
}

static int teardown(void **state)
{
	consumed_finish(&used);
	table_unref(t);
	h_exprs_free();
	h_remove(&s);
	return 0;
}

static enum status put(const char *json)
{
	struct buf item = BUF_INIT;
	h_item(json, &item);
	struct put_request r = {.table = t, .item = buf_slice(&item), .returns = {.consumed = &used}};
	enum status st = op_put(s.e, &h_caller, &r, NULL, &h_err);
	buf_finish(&item);
	return st;
}

static struct meter *meter_of(const char *name, enum meter_use use)
{
	struct index_meter *i = atomic_load(&t->meters.indexes);
	while (i && strcmp(i->name, name) != 0)
		i = atomic_load(&i->next);
	assert_non_null(i);
	return &i->use[use];
}

/** What the table itself, "local" and "by_a" used; they stand in the list only if they used something. */
static void expect(double own, double local, double by_a)
{
	assert_int_equal(used.count, 1);
	const struct consumed *c = &used.tables[0];
	double got[2] = {0, 0};
	for (size_t i = 0; i < c->index_count; i++) {
		bool is_local = strcmp(c->indexes[i].name, "local") == 0;
		assert_int_equal(c->indexes[i].local, is_local);
		got[is_local ? 0 : 1] = c->indexes[i].units.write + c->indexes[i].units.read;
	}
	if (c->own.write + c->own.read != own || got[0] != local || got[1] != by_a)
		fail_msg("%g %g %g instead of %g %g %g", c->own.write + c->own.read, got[0], got[1], own, local, by_a);
	assert_int_equal(c->index_count, (local > 0) + (by_a > 0));
	consumed_finish(&used);
}

static void test_writes(void **state)
{
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\"}")); /* in no index */
	expect(1, 0, 0);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\"}"));
	expect(1, 0, 1);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"c\":1}")); /* not projected */
	expect(1, 0, 0);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"c\":1}")); /* the entry moves: two writes */
	expect(1, 0, 2);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"1\"}"));
	expect(1, 1, 0);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"1\",\"c\":2}")); /* projected by "local" */
	expect(1, 1, 0);
	struct delete_request d = {.table = t, .key = h_key("p", "1"), .returns = {.consumed = &used}};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	expect(1, 1, 1);
	struct table_stats stats = {0};
	table_get_stats(t, &stats);
	assert_int_equal(stats.count, 3);
	assert_string_equal(stats.meters[1].index, "local");
	assert_string_equal(stats.meters[2].index, "by_a");
	assert_true(stats.meters[0].used.write == 7 && stats.meters[1].used.write == 3 && stats.meters[2].used.write == 4);
	table_stats_finish(&stats);
}

static void test_transaction(void **state)
{
	struct transact_result result = {0};
	struct buf item = BUF_INIT;
	h_item("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"1\"}", &item);
	struct transact_action a = {.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)};
	struct transact_request r = {.actions = &a, .n = 1, .consumed = &used};
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	expect(2, 2, 2);
	buf_finish(&item);
}

static bool take(const struct list_row *row, void *arg)
{
	return true;
}

#define INDEX_WORDS                                                                                                                \
	"The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. "      \
	"Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API"

static void test_reads(void **state)
{
	struct page page = {0};
	struct query_request q = {.page = {.table = t, .index = SLICE_LIT("by_a"), .consumed = &used}};
	q.key_condition = h_expr(EXPR_KEY_CONDITION, "a = :a", "{\":a\":\"x\"}");
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	expect(0, 0, 0.5);
	meter_take(meter_of("by_a", METER_READ), 300, now_ns);
	assert_status(ST_THROTTLED, op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	assert_string_equal(h_err.text, INDEX_WORDS);
	q.page.index = SLICE_LIT("local");
	q.key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :a", "{\":a\":\"x\"}");
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	expect(0, 0.5, 0);
	meter_take(&t->meters.use[METER_READ], 300000, now_ns); /* the table's, which local indexes use */
	assert_status(ST_THROTTLED, op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	now_ns += NS_PER_S / 1000;
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	page_finish(&page);
}

/** Only what touches the index is refused, and all of it. */
static void test_starved_index(void **state)
{
	bool left[2];
	struct err reasons[1];
	struct transact_result result = {.reasons = reasons};
	struct buf in = BUF_INIT, out = BUF_INIT;
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\"}"));
	meter_take(meter_of("by_a", METER_WRITE), 300, now_ns);
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"2\"}"));
	assert_ok(put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"c\":1}"));
	consumed_finish(&used);
	assert_status(ST_THROTTLED, put("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\"}"));
	assert_string_equal(h_err.text, INDEX_WORDS);
	assert_int_equal(used.count, 0);
	assert_status(ST_THROTTLED, put("{\"pk\":\"p\",\"sk\":\"1\"}"));
	struct delete_request d = {.table = t, .key = h_key("p", "1")};
	assert_status(ST_THROTTLED, op_delete(s.e, &h_caller, &d, &h_err));
	struct update_request u = {.table = t, .key = d.key, .update = h_expr(EXPR_UPDATE, "REMOVE a", NULL)};
	assert_status(ST_THROTTLED, op_update(s.e, &h_caller, &u, NULL, &h_err));
	u.update = h_expr(EXPR_UPDATE, "REMOVE c", NULL);
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_item("{\"pk\":\"p\",\"sk\":\"3\",\"a\":\"x\"}", &in);
	h_item("{\"pk\":\"p\",\"sk\":\"4\"}", &out);
	struct batch_write w[] = {{.table = t, .item = buf_slice(&in)}, {.table = t, .item = buf_slice(&out)}};
	assert_ok(op_batch_write(s.e, &h_caller, w, 2, COMMIT_VISIBLE, left, &h_err));
	assert_true(left[0] && !left[1]);
	h_stands(s.e, t, h_key("p", "3"), NULL);
	struct transact_action a = {.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&in)};
	struct transact_request r = {.actions = &a, .n = 1};
	assert_status(ST_CANCELED, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_int_equal(reasons[0].code, ST_THROTTLED);
	assert_string_equal(reasons[0].text, INDEX_WORDS);
	struct table_stats stats = {0};
	table_get_stats(t, &stats);
	assert_int_equal(stats.meters[0].throttled_writes, 0);
	assert_int_equal(stats.meters[2].throttled_writes, 6);
	table_stats_finish(&stats);
	now_ns += 2 * NS_PER_S; /* it was one unit below */
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	buf_finish(&in);
	buf_finish(&out);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_writes), T(test_transaction), T(test_reads), T(test_starved_index)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
