/* Capacity that is used up: what each operation then says, who waits, what is counted. */
#include "engine/base/clock.h"
#include "engine/op_query.h"
#include "engine/op_transact.h"
#include "engine/table/state.h"

#include "tests/unit/harness.h"

#define TABLE_WORDS                                                                                                                \
	"The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level "  \
	"with the UpdateTable API."
#define MAXIMUM_WORDS "Throughput exceeds the maximum OnDemandThroughput configured on table or index"

static struct h_store s;
static struct table *t, *free_table;
static _Atomic(uint64_t) now_ns;

static uint64_t fake_clock(void)
{
	return now_ns;
}

static struct table *make(const char *name, const char *rest)
{
	struct buf text = BUF_INIT;
	struct table_def def;
	struct table *made;
	buf_addf(&text,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"}],"
		"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}]%s}",
		rest);
	assert_ok(table_def_parse(buf_slice(&text), name, &h_caller, &def, &h_err));
	assert_ok(table_create(s.e, &h_caller, &def, &made, &h_err));
	table_def_finish(&def);
	buf_finish(&text);
	return made;
}

static int setup(void **state)
{
	h_create(&s);
	now_ns = 1000 * NS_PER_S;
	s.e->meter_ns = fake_clock;
	t = make("Limited",
		",\"BillingMode\":\"PROVISIONED\",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":1,\"WriteCapacityUnits\":2}");
	free_table = make("Free", "");
	return 0;
}

static int teardown(void **state)
{
	table_unref(t);
	table_unref(free_table);
	h_exprs_free();
	h_remove(&s);
	return 0;
}

static const struct cond none = {COND_NONE, 0};
#define ITEM "{\"pk\":\"a\"}"

static void drain(enum meter_use use)
{
	struct meter *m = &t->meters.use[use];
	meter_take(m, (double)m->rate * CAPACITY_BURST_S, now_ns);
}

static void expect_throttled(uint64_t reads, uint64_t writes)
{
	struct table_stats stats = {0};
	table_get_stats(t, &stats);
	assert_int_equal(stats.meters[0].throttled_reads, reads);
	assert_int_equal(stats.meters[0].throttled_writes, writes);
	table_stats_finish(&stats);
}

static void test_writes(void **state)
{
	for (int i = 0; i < 600; i++)
		assert_ok(h_put(s.e, t, ITEM, none, NULL));
	assert_status(ST_THROTTLED, h_put(s.e, t, ITEM, none, NULL));
	assert_string_equal(h_err.text, TABLE_WORDS);
	struct delete_request d = {.table = t, .key = h_key("a", NULL)};
	assert_status(ST_THROTTLED, op_delete(s.e, &h_caller, &d, &h_err));
	struct update_request u = {.table = t, .key = d.key};
	assert_status(ST_THROTTLED, op_update(s.e, &h_caller, &u, NULL, &h_err));
	struct move_request m = {.table = t, .from = d.key, .to = h_key("b", NULL)};
	assert_status(ST_THROTTLED, op_move(s.e, &h_caller, &m, NULL, &h_err));
	h_stands(s.e, t, d.key, ITEM);
	assert_ok(h_put(s.e, free_table, ITEM, none, NULL));
	expect_throttled(0, 4);
	now_ns += NS_PER_S / 10;
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_status(ST_THROTTLED, op_delete(s.e, &h_caller, &d, &h_err));
	now_ns += 1000 * NS_PER_S;
	for (int i = 0; i < 600; i++) /* a condition that fails uses units, too */
		assert_status(ST_EXISTS, i ? h_put(s.e, t, ITEM, (struct cond){COND_ABSENT, 0}, NULL)
					   : (h_put(s.e, t, ITEM, none, NULL), ST_EXISTS));
	assert_status(ST_THROTTLED, h_put(s.e, t, ITEM, (struct cond){COND_ABSENT, 0}, NULL));
}

/* An index without capacity holds up what writes to it, and nothing else. */
static void test_index_writes(void **state)
{
	struct buf text = BUF_INIT;
	struct table_def def;
	struct table *x;
	buf_add_str(&text,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"a\","
		"\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],"
		"\"BillingMode\":\"PROVISIONED\",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":50,\"WriteCapacityUnits\":50},"
		"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by_a\",\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}]"
		","
		"\"Projection\":{\"ProjectionType\":\"ALL\"},\"ProvisionedThroughput\":{\"ReadCapacityUnits\":1,"
		"\"WriteCapacityUnits\":1}}]}");
	assert_ok(table_def_parse(buf_slice(&text), "Indexed", &h_caller, &def, &h_err));
	assert_ok(table_create(s.e, &h_caller, &def, &x, &h_err));
	enum status st = ST_OK;
	char json[64];
	int n = 0;
	for (; !st && n < 1000; n++) {
		snprintf(json, sizeof json, "{\"pk\":\"p%d\",\"a\":\"x\"}", n);
		st = h_put(s.e, x, json, none, NULL);
	}
	assert_int_equal(st, ST_THROTTLED);
	assert_int_equal(n - 1, CAPACITY_BURST_S);
	assert_ok(h_put(s.e, x, "{\"pk\":\"other\"}", none, NULL));
	assert_ok(h_put(s.e, x, "{\"pk\":\"p1\",\"a\":\"x\"}", none, NULL)); /* changes nothing there */
	assert_status(ST_THROTTLED, h_put(s.e, x, "{\"pk\":\"p1\"}", none, NULL));
	struct delete_request d = {.table = x, .key = h_key("p1", NULL)};
	assert_status(ST_THROTTLED, op_delete(s.e, &h_caller, &d, &h_err));
	now_ns += 2 * NS_PER_S;
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	table_def_finish(&def);
	buf_finish(&text);
	table_unref(x);
}

static bool take(const struct list_row *row, void *arg)
{
	return true;
}

static void ignore(size_t at, const struct list_row *row, void *arg) {}

static void test_reads(void **state)
{
	struct get_request g = {.table = t, .key = h_key("a", NULL), .consistent = true};
	struct buf item = BUF_INIT;
	struct page page = {0};
	assert_ok(h_put(s.e, t, ITEM, none, NULL));
	for (int i = 0; i < 300; i++)
		assert_ok(op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	buf_reset(&item);
	assert_status(ST_THROTTLED, op_get_item(s.e, &h_caller, &g, NULL, &item, &h_err));
	assert_string_equal(h_err.text, TABLE_WORDS);
	assert_int_equal(item.len, 0);
	struct query_request q = {.page = {.table = t}};
	q.key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :p", "{\":p\":\"a\"}");
	assert_status(ST_THROTTLED, op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	struct scan_request scan = {.page = {.table = t}};
	assert_status(ST_THROTTLED, op_scan_page(s.e, &h_caller, &scan, take, NULL, &page, &h_err));
	expect_throttled(3, 0);
	h_stands(s.e, t, g.key, ITEM); /* a look is free, and so are listings and writes */
	assert_ok(op_scan(s.e, &h_caller, t, &(struct partition_pos){0}, slice_of(NULL, 0), take, NULL, &h_err));
	assert_ok(h_put(s.e, t, ITEM, none, NULL));
	now_ns += NS_PER_S / 2;
	assert_ok(op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	assert_status(ST_THROTTLED, op_query(s.e, &h_caller, &q, take, NULL, &page, &h_err));
	buf_finish(&item);
	page_finish(&page);
}

/** Of a batch goes what there is capacity for. */
static void test_batch_write(void **state)
{
	struct consumed_list used = {0};
	struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;
	bool left[4];
	h_item("{\"pk\":\"a\"}", &a);
	h_item("{\"pk\":\"b\"}", &b);
	h_item("{\"pk\":\"c\"}", &c);
	struct batch_write w[] = {{.table = t, .item = buf_slice(&a), .consumed = &used},
		{.table = free_table, .item = buf_slice(&a), .consumed = &used},
		{.table = t, .item = buf_slice(&b), .consumed = &used}, {.table = t, .item = buf_slice(&c), .consumed = &used}};
	drain(METER_WRITE);
	now_ns += 3 * NS_PER_S / 4; /* one and a half units: a second item is let in with what the first leaves */
	assert_ok(op_batch_write(s.e, &h_caller, w, 4, COMMIT_VISIBLE, left, &h_err));
	assert_true(!left[0] && !left[1] && !left[2] && left[3]);
	assert_int_equal(used.count, 2);
	assert_true(used.tables[0].own.write == 2 && used.tables[1].own.write == 1);
	h_stands(s.e, t, h_key("b", NULL), "{\"pk\":\"b\"}");
	h_stands(s.e, t, h_key("c", NULL), NULL);
	assert_ok(op_batch_write(s.e, &h_caller, w, 4, COMMIT_VISIBLE, left, &h_err));
	assert_true(left[0] && !left[1] && left[2] && left[3]);
	assert_status(ST_THROTTLED, op_batch_write(s.e, &h_caller, w + 2, 2, COMMIT_VISIBLE, left, &h_err));
	assert_string_equal(h_err.text, TABLE_WORDS);
	consumed_finish(&used);
	buf_finish(&a);
	buf_finish(&b);
	buf_finish(&c);
}

static void test_batch_get(void **state)
{
	bool left[3];
	struct get_request g[] = {{.table = t, .key = h_key("a", NULL), .consistent = true},
		{.table = t, .key = h_key("b", NULL), .consistent = true},
		{.table = free_table, .key = h_key("a", NULL), .consistent = true}};
	drain(METER_READ);
	now_ns += NS_PER_S;
	assert_ok(op_batch_get(s.e, &h_caller, g, 3, ignore, NULL, left, &h_err));
	assert_true(!left[0] && left[1] && !left[2]);
	assert_ok(op_batch_get(s.e, &h_caller, g, 3, ignore, NULL, left, &h_err));
	assert_true(left[0] && left[1] && !left[2]);
	assert_status(ST_THROTTLED, op_batch_get(s.e, &h_caller, g, 2, ignore, NULL, left, &h_err));
	assert_string_equal(h_err.text, TABLE_WORDS);
}

static void test_transactions(void **state)
{
	struct err reasons[2];
	struct transact_result result = {.reasons = reasons};
	struct buf item = BUF_INIT;
	h_item(ITEM, &item);
	struct transact_action a[] = {{.kind = TRANSACT_PUT, .table = free_table, .item = buf_slice(&item)},
		{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)}};
	struct transact_request r = {.actions = a, .n = 2};
	struct get_request g[] = {{.table = t, .key = h_key("a", NULL)}, {.table = free_table, .key = h_key("a", NULL)}};
	drain(METER_WRITE);
	drain(METER_READ);
	assert_status(ST_CANCELED, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_string_equal(h_err.text, "Transaction cancelled, please refer cancellation reasons for specific reasons "
					"[None, ProvisionedThroughputExceeded]");
	assert_int_equal(reasons[1].code, ST_THROTTLED);
	assert_string_equal(reasons[1].text, TABLE_WORDS);
	h_stands(s.e, free_table, h_key("a", NULL), NULL);
	assert_status(ST_CANCELED, op_transact_get(s.e, &h_caller, g, 2, ignore, NULL, &result, &h_err));
	assert_string_equal(h_err.text, "Transaction cancelled, please refer cancellation reasons for specific reasons "
					"[ProvisionedThroughputExceeded, None]");
	assert_string_equal(reasons[0].text, TABLE_WORDS);
	assert_int_equal(reasons[1].code, ST_OK);
	now_ns += 2 * NS_PER_S;
	assert_ok(op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_ok(op_transact_get(s.e, &h_caller, g, 2, ignore, NULL, &result, &h_err));
	buf_finish(&item);
}

static void test_on_demand_maximum(void **state)
{
	struct err reasons[1];
	struct transact_result result = {.reasons = reasons};
	struct buf item = BUF_INIT;
	h_item(ITEM, &item);
	table_unref(t);
	t = make("Bounded", ",\"BillingMode\":\"PAY_PER_REQUEST\",\"OnDemandThroughput\":{\"MaxWriteRequestUnits\":1}");
	assert_ok(h_put(s.e, t, ITEM, none, NULL));
	drain(METER_WRITE);
	assert_status(ST_REQUEST_RATE, h_put(s.e, t, ITEM, none, NULL));
	assert_string_equal(h_err.text, MAXIMUM_WORDS);
	struct transact_action a[] = {{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)}};
	struct transact_request r = {.actions = a, .n = 1};
	assert_status(ST_CANCELED, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_string_equal(transact_reason_code(reasons[0].code), "ThrottlingError");
	for (int i = 0; i < 1000; i++) /* no maximum for reads */
		assert_status(ST_NOT_FOUND, op_get_item(s.e, &h_caller, &(struct get_request){.table = t, .key = h_key("b", NULL)},
						    NULL, &item, &h_err));
	buf_finish(&item);
}

/** A change of the table's throughput holds at once. */
static void test_update_table(void **state)
{
	struct table_def def;
	drain(METER_WRITE);
	assert_status(ST_THROTTLED, h_put(s.e, t, ITEM, none, NULL));
	table_get_def(t, &def);
	def.write_units = 100;
	assert_ok(table_update(s.e, &h_caller, &def, &h_err));
	now_ns += NS_PER_S / 10;
	for (int i = 0; i < 10; i++)
		assert_ok(h_put(s.e, t, ITEM, none, NULL));
	assert_status(ST_THROTTLED, h_put(s.e, t, ITEM, none, NULL));
	def.billing = BILLING_PAY_PER_REQUEST;
	def.read_units = def.write_units = 0;
	assert_ok(table_update(s.e, &h_caller, &def, &h_err));
	for (int i = 0; i < 100; i++)
		assert_ok(h_put(s.e, t, ITEM, none, NULL));
	table_def_finish(&def);
}

static void test_counted_only(void **state)
{
	struct buf item = BUF_INIT;
	h_item(ITEM, &item);
	struct put_request r = {.table = t, .item = buf_slice(&item)};
	drain(METER_WRITE);
	assert_ok(op_put_many(s.e, &h_caller, &r, 1, NULL, &h_err)); /* an import */
	s.e->throttle = false;                                       /* engine_options.no_throttle */
	assert_ok(h_put(s.e, t, ITEM, none, NULL));
	struct table_stats stats = {0};
	table_get_stats(t, &stats);
	assert_int_equal(stats.count, 1);
	assert_true(stats.meters[0].used.write == 2);
	assert_int_equal(stats.meters[0].throttled_writes, 0);
	table_stats_finish(&stats);
	buf_finish(&item);
}

/* Through files one waits. The clock of the buckets stands still until the test moves it. */

static _Atomic(bool) stop;

static bool asked_to_stop(void *arg)
{
	return stop;
}

static void *put_through_files(void *arg)
{
	struct buf item = BUF_INIT;
	static const struct caller files = {.face = FACE_FS, .interrupted = asked_to_stop};
	if (json_read_item(SLICE_LIT(ITEM), JSON_NATURAL, &item, NULL))
		return (void *)(intptr_t)ST_INTERNAL;
	struct put_request r = {.table = t, .item = buf_slice(&item)};
	enum status st = op_put(s.e, &files, &r, NULL, NULL);
	buf_finish(&item);
	return (void *)(intptr_t)st;
}

static void await(uint32_t waiting)
{
	while (t->meters.use[METER_WRITE].waiting != waiting)
		usleep(1000);
}

static void expect(pthread_t thread, enum status want)
{
	void *st;
	pthread_join(thread, &st);
	assert_int_equal((intptr_t)st, want);
}

static void test_files_wait(void **state)
{
	pthread_t thread[3];
	stop = false;
	drain(METER_WRITE);
	for (uint32_t i = 0; i < 3; i++) {
		pthread_create(&thread[i], NULL, put_through_files, NULL);
		await(i + 1);
	}
	assert_ok(h_put(s.e, free_table, ITEM, none, NULL)); /* others go on meanwhile */
	now_ns += NS_PER_S / 10;
	expect(thread[0], ST_OK);
	assert_status(ST_THROTTLED, h_put(s.e, t, ITEM, none, NULL)); /* who does not wait does not go first */
	now_ns += NS_PER_S;
	expect(thread[1], ST_OK);
	expect(thread[2], ST_OK);
	expect_throttled(0, 4);
	drain(METER_WRITE);
	pthread_create(&thread[0], NULL, put_through_files, NULL);
	await(1);
	stop = true;
	expect(thread[0], ST_INTERRUPTED);
	stop = false;
}

static void *put_often(void *arg)
{
	intptr_t done = 0;
	struct err err;
	struct buf item = BUF_INIT;
	if (json_read_item(SLICE_LIT(ITEM), JSON_NATURAL, &item, NULL))
		return NULL;
	for (int i = 0; i < 400; i++) {
		struct put_request r = {.table = t, .item = buf_slice(&item)};
		done += op_put(s.e, &h_caller, &r, NULL, &err) == ST_OK;
	}
	buf_finish(&item);
	return (void *)done;
}

/** Several at once get what there is: each may overdraw by the one call that was let in already. */
static void test_many_writers(void **state)
{
	pthread_t thread[4];
	intptr_t sum = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, put_often, NULL);
	for (int i = 0; i < 4; i++) {
		void *done;
		pthread_join(thread[i], &done);
		sum += (intptr_t)done;
	}
	assert_in_range(sum, 600, 603);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_writes), T(test_index_writes), T(test_reads), T(test_batch_write),
		T(test_batch_get), T(test_transactions), T(test_on_demand_maximum), T(test_update_table), T(test_counted_only),
		T(test_files_wait), T(test_many_writers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
