/*
 * Random puts, updates, deletions, moves, batches and transactions on a table with several indexes: after every few hundred, each index is what a
 * rescan of the table would make of it, and random queries give what filtering the table gives. Then indexes that come and go while threads
 * write and the store is closed and opened. The seed is printed; ITEMFS_SEED sets it.
 */
#include "tests/unit/index_harness.h"

#include <pthread.h>

#include "engine/op_batch.h"
#include "engine/op_table.h"
#include "engine/op_transact.h"

static uint64_t rng_state;
static struct h_store s;
static struct table *t;

static uint32_t rng_of(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 33) % below);
}

static uint32_t rng(uint32_t below)
{
	return rng_of(&rng_state, below);
}

#define ATTRIBUTES                                                                                                                 \
	"\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\","                  \
	"\"AttributeType\":\"N\"}"
#define A ",{\"AttributeName\":\"a\",\"AttributeType\":\"S\"}"
#define B ",{\"AttributeName\":\"b\",\"AttributeType\":\"S\"}"
#define N ",{\"AttributeName\":\"n\",\"AttributeType\":\"N\"}"
#define KEY(p, s) "[{\"AttributeName\":\"" p "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" s "\",\"KeyType\":\"RANGE\"}]"
#define TABLE "],\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":" KEY("pk", "sk")
#define INDEX(n, keys, projection)                                                                                                 \
	"{\"IndexName\":\"" n "\",\"KeySchema\":" keys ",\"Projection\":{\"ProjectionType\":" projection "}}"
#define LOCAL                                                                                                                      \
	",\"LocalSecondaryIndexes\":[" INDEX("local_b", KEY("pk", "b"), "\"KEYS_ONLY\"") "," INDEX(                                \
		"local_n", KEY("pk", "n"), "\"ALL\"") "]"
#define A_B INDEX("a_b", KEY("a", "b"), "\"ALL\"")
#define N_SK INDEX("n_sk", KEY("n", "sk"), "\"INCLUDE\",\"NonKeyAttributes\":[\"v\",\"w\"]")
#define B_ONLY INDEX("b_only", "[{\"AttributeName\":\"b\",\"KeyType\":\"HASH\"}]", "\"KEYS_ONLY\"")

static const char with_all[] = "{" ATTRIBUTES A B N TABLE LOCAL ",\"GlobalSecondaryIndexes\":[" A_B "," N_SK "," B_ONLY "]}";
static const char with_local[] = "{" ATTRIBUTES B N TABLE LOCAL "}";
static const char with_n[] = "{" ATTRIBUTES B N TABLE LOCAL ",\"GlobalSecondaryIndexes\":[" N_SK "]}";
static const char *const names[] = {"a_b", "b_only", "local_b", "local_n", "n_sk"};
#define NAMES (sizeof names / sizeof *names)

/** Index keys come from few values, now and then none; b may be long. */
static void random_item(uint64_t *state, struct buf *json)
{
	uint32_t pk = rng_of(state, 6), sk = rng_of(state, 40);
	buf_addf(json, "{\"pk\":\"p%u\",\"sk\":%u", pk, sk);
	if (rng_of(state, 4))
		buf_addf(json, ",\"a\":\"a%u\"", rng_of(state, 4));
	if (rng_of(state, 4))
		buf_addf(json, ",\"b\":\"%0*u\"", rng_of(state, 10) ? 1 : 500 + (int)rng_of(state, 500), rng_of(state, 7));
	if (rng_of(state, 4))
		buf_addf(json, ",\"n\":%d", (int)rng_of(state, 9) - 4);
	if (rng_of(state, 2))
		buf_addf(json, ",\"v\":\"%0*u\"", 1 + (int)rng_of(state, 30), 1);
	buf_add_str(json, "}");
}

/** The item's key attributes alone. */
static void make_key(struct slice item, struct key *key)
{
	assert_ok(key_from_item(&t->schema, item, key, NULL));
}

static void random_update(struct key key)
{
	static const char *const updates[] = {
		"SET a = :s", "SET b = :s, n = :n", "REMOVE a, v", "REMOVE b", "ADD n :n", "SET w = :s", "SET n = :n REMOVE a"};
	const char *text = updates[rng(sizeof updates / sizeof *updates)];
	char values[64];
	bool has_s = strstr(text, ":s"), has_n = strstr(text, ":n");
	snprintf(values, sizeof values, "{%s%c%s%s%d}", has_s ? "\":s\":\"" : "", has_s ? (char)('0' + rng(7)) : ' ',
		has_s ? "\"" : "",
		has_s && has_n ? ",\":n\":"
		: has_n        ? "\":n\":"
			       : "",
		(int)rng(5));
	if (!has_n)
		snprintf(values, sizeof values, "{\":s\":\"%u\"}", rng(7));
	struct update_request u = {.table = t, .key = key, .update = h_expr(EXPR_UPDATE, text, has_s || has_n ? values : NULL)};
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	h_exprs_free();
}

static void random_batch(bool transact)
{
	struct buf items[5] = {0};
	struct batch_write w[5];
	struct transact_action a[5];
	bool left[5];
	for (int i = 0; i < 5; i++) {
		struct buf json = BUF_INIT;
		random_item(&rng_state, &json);
		h_item(buf_str(&json), &items[i]);
		buf_finish(&json);
		bool put = rng(3) > 0;
		w[i] = (struct batch_write){.table = t, .item = put ? buf_slice(&items[i]) : slice_of(NULL, 0)};
		make_key(buf_slice(&items[i]), &w[i].key);
		a[i] = (struct transact_action){
			.kind = put ? TRANSACT_PUT : TRANSACT_DELETE, .table = t, .item = w[i].item, .key = w[i].key};
	}
	struct transact_request r = {.actions = a, .n = 5};
	struct transact_result result = {0};
	enum status st = transact ? op_transact_write(s.e, &h_caller, &r, &result, &h_err)
				  : op_batch_write(s.e, &h_caller, w, 5, COMMIT_VISIBLE, left, &h_err);
	assert_true(st == ST_OK || st == ST_VALIDATION); /* an item twice */
	for (int i = 0; i < 5; i++)
		buf_finish(&items[i]);
}

static void step(void)
{
	struct buf json = BUF_INIT, item = BUF_INIT, other = BUF_INIT;
	struct key key, to;
	random_item(&rng_state, &json);
	h_item(buf_str(&json), &item);
	make_key(buf_slice(&item), &key);
	struct delete_request d = {.table = t, .key = key};
	struct move_request m = {.table = t, .from = key};
	switch (rng(8)) {
	case 0:
	case 1:
	case 2:
		x_put(s.e, t, buf_str(&json));
		break;
	case 3:
		assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
		break;
	case 4:
		random_batch(rng(2));
		break;
	case 5:
		h_item("{\"pk\":\"p1\",\"sk\":100}", &other);
		make_key(buf_slice(&other), &to);
		m.to = to;
		(void)!op_move(s.e, &h_caller, &m, NULL, &h_err);
		break;
	default:
		random_update(key);
	}
	buf_finish(&json);
	buf_finish(&item);
	buf_finish(&other);
}

static bool pass(const struct list_row *row, void *arg)
{
	return true;
}

static uint64_t partition_bytes(const char *index, const char *pk)
{
	char values[32];
	struct page page = {0};
	snprintf(values, sizeof values, "{\":p\":\"%s\"}", pk);
	struct query_request q = {
		.page = {.table = t, .index = slice_str(index)}, .key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :p", values)};
	assert_ok(op_query(s.e, &h_caller, &q, pass, NULL, &page, &h_err));
	assert_false(page.has_more);
	page_finish(&page);
	h_exprs_free();
	return page.bytes;
}

/** The size kept of a collection is what its items and their entries in local indexes add up to. */
static void check_collections(void)
{
	for (int i = 0; i < 6; i++) {
		char pk[8], json[64];
		struct collection c = {0};
		struct buf item = BUF_INIT;
		struct key key;
		snprintf(pk, sizeof pk, "p%d", i);
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"sk\":999}", pk);
		h_item(json, &item);
		make_key(buf_slice(&item), &key);
		x_put(s.e, t, json);
		struct delete_request d = {.table = t, .key = key, .returns = {.collection = &c}};
		assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
		assert_true(c.present);
		assert_int_equal(
			c.bytes, partition_bytes("", pk) + partition_bytes("local_b", pk) + partition_bytes("local_n", pk));
		buf_finish(&item);
	}
}

static void check_indexes(void)
{
	check_collections();
	for (size_t i = 0; i < NAMES; i++) {
		struct index_info info;
		if (table_get_index_info(t, names[i], &info) && info.status == INDEX_ACTIVE)
			x_equals_rescan(s.e, t, names[i], rng(3) ? 1 + rng(20) : 0);
	}
}

/* Random queries */

struct answer {
	struct buf last; /* sort key */
	bool backward;
	size_t n;
	const char *sort;
};

static bool take_answer(const struct list_row *row, void *arg)
{
	struct answer *a = arg;
	struct slice sk = item_get(row->item, slice_str(a->sort)).body;
	assert_int_equal(row->status, ST_OK);
	if (a->n++) {
		int c = slice_cmp(buf_slice(&a->last), sk);
		assert_true(a->backward ? c >= 0 : c <= 0);
	}
	buf_reset(&a->last);
	buf_add_slice(&a->last, sk);
	return true;
}

/** As many as a scan of the table with the same words as its filter gives. */
static void random_query(void)
{
	static const struct {
		const char *index, *key, *sort;
	} what[] = {{"a_b", "a = :p", "b"}, {"n_sk", "n = :p", "sk"}, {"local_n", "pk = :p", "n"}};
	static const char *const ranges[] = {"<", "<=", "=", ">=", ">", "BETWEEN :s AND"};
	size_t w = rng(3), range = rng(7); /* 0: none */
	char condition[128], filter[160], values[64], tail[64];
	snprintf(tail, sizeof tail, " AND %s %s :s", what[w].sort, ranges[range ? range - 1 : 0]);
	snprintf(condition, sizeof condition, "%s%s", what[w].key, range ? tail : "");
	snprintf(filter, sizeof filter, "%s AND attribute_exists(%s)", condition, what[w].sort);
	snprintf(values, sizeof values,
		w == 0   ? "{\":p\":\"a%u\"%s%.0u"
		: w == 1 ? "{\":p\":%u%s%u"
			 : "{\":p\":\"p%u\"%s%u",
		rng(4), range ? w ? ",\":s\":" : ",\":s\":\"3\"" : "", range && w ? rng(9) : 0);
	if (!range && w)
		values[strlen(values) - 1] = 0;
	strncat(values, "}", sizeof values - strlen(values) - 1);
	struct query_request q = {.page = {.table = t, .index = slice_str(what[w].index), .limit = rng(2) ? 1 + rng(9) : 0},
		.key_condition = h_expr(EXPR_KEY_CONDITION, condition, values),
		.backward = rng(2)};
	struct scan_request scan = {.page = {.table = t, .filter = h_expr(EXPR_FILTER, filter, values), .select = SELECT_COUNT}};
	struct answer a = {.backward = q.backward, .sort = what[w].sort};
	struct page page = {0};
	struct buf start = BUF_INIT;
	do {
		assert_ok(op_query(s.e, &h_caller, &q, take_answer, &a, &page, &h_err));
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		q.page.start_key = buf_slice(&start);
	} while (page.has_more);
	assert_ok(op_scan_page(s.e, &h_caller, &scan, take_answer, NULL, &page, &h_err));
	if (a.n != page.count)
		fail_msg("%s %s: %zu instead of %llu", condition, values, a.n, (unsigned long long)page.count);
	page_finish(&page);
	buf_finish(&start);
	buf_finish(&a.last);
	h_exprs_free();
}

static void begin(const char *definition)
{
	const char *seed = getenv("ITEMFS_SEED");
	rng_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)rng_state);
	h_create(&s);
	t = x_table(s.e, "Model", definition);
}

static void reopen(void)
{
	table_unref(t);
	h_reopen(&s);
	assert_ok(table_open(s.e, "Model", &t, &h_err));
}

static void test_random_changes(void **state)
{
	begin(with_all);
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < 300; i++)
			step();
		check_indexes();
		for (int i = 0; i < 60; i++)
			random_query();
		if (round % 3 == 2)
			reopen();
	}
	check_indexes();
	table_unref(t);
	h_remove(&s);
}

/* Indexes that come and go */

static _Atomic(bool) stop;

static void *writer(void *arg)
{
	uint64_t state = (uintptr_t)arg;
	while (!atomic_load(&stop)) {
		struct buf json = BUF_INIT, item = BUF_INIT;
		struct err err;
		random_item(&state, &json);
		(void)!json_read_item(buf_slice(&json), JSON_NATURAL, &item, &err);
		struct put_request r = {.table = t, .item = buf_slice(&item)};
		struct key key;
		make_key(buf_slice(&item), &key);
		struct delete_request d = {.table = t, .key = key};
		enum status st = rng_of(&state, 4) ? op_put(s.e, &h_caller, &r, NULL, &err) : op_delete(s.e, &h_caller, &d, &err);
		buf_finish(&json);
		buf_finish(&item);
		if (st) {
			fprintf(stderr, "writer: %s\n", err.text);
			abort();
		}
	}
	return NULL;
}

static void fill(int n)
{
	for (int i = 0; i < n; i++) {
		char json[160];
		snprintf(json, sizeof json, "{\"pk\":\"fill%d\",\"sk\":%d,\"a\":\"a%d\",\"b\":\"b%d\",\"n\":%d,\"v\":1}", i / 50, i,
			i % 5, i % 7, i % 9);
		x_put(s.e, t, json);
	}
}

static void test_built_under_writers(void **state)
{
	pthread_t threads[3];
	begin(with_local);
	fill(2500);
	x_put(s.e, t, "{\"pk\":\"odd\",\"sk\":1,\"a\":5}"); /* of the wrong type for the index to come: left out */
	atomic_store(&stop, false);
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, writer, (void *)(i + 1));
	assert_ok(x_update(s.e, "Model", with_all));
	x_wait(t, "a_b", false);
	x_wait(t, "b_only", false);
	x_wait(t, "n_sk", false);
	assert_ok(x_update(s.e, "Model", with_n)); /* drops two */
	x_wait(t, "a_b", true);
	x_wait(t, "b_only", true);
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	check_indexes();
	struct table_def def;
	table_get_def(t, &def);
	assert_int_equal(def.index_count, 3);
	table_def_finish(&def);
	assert_ok(x_update(s.e, "Model", with_all)); /* the same names, other ids */
	x_wait(t, "b_only", false);
	x_wait(t, "a_b", false);
	check_indexes();
	reopen();
	check_indexes();
	table_unref(t);
	h_remove(&s);
}

static bool none(const struct store_row *row, void *arg)
{
	*(size_t *)arg += 1;
	return true;
}

struct look {
	uint32_t table;
	size_t rows;
};

static enum status count_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct look *look = arg;
	uint8_t prefix[4] = {
		(uint8_t)(look->table >> 24), (uint8_t)(look->table >> 16), (uint8_t)(look->table >> 8), (uint8_t)look->table};
	struct store_key whole = {.prefix = slice_of(prefix, sizeof prefix)};
	struct store_range range = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	return store_range(txn, &range, none, &look->rows, err);
}

static void test_built_over_restarts(void **state)
{
	begin(with_local);
	fill(3000);
	assert_ok(x_update(s.e, "Model", with_all));
	struct query_request r = {.page = {.table = t, .index = SLICE_LIT("b_only")}};
	struct page page = {0};
	struct buf out = BUF_INIT;
	enum status st = x_query(s.e, &r, "b = :b", "{\":b\":\"b1\"}", &page, &out);
	if (st)
		assert_string_equal(h_err.text, "Cannot read from backfilling global secondary index: b_only");
	for (int i = 0; i < 6; i++) {
		x_sleep_ms(rng(8));
		reopen();
		step();
	}
	x_wait(t, "a_b", false);
	x_wait(t, "b_only", false);
	x_wait(t, "n_sk", false);
	check_indexes();
	assert_ok(x_update(s.e, "Model", with_local));
	for (int i = 0; i < 4; i++) {
		x_sleep_ms(rng(8));
		reopen();
		step();
	}
	x_wait(t, "n_sk", true);
	x_wait(t, "a_b", true);
	x_wait(t, "b_only", true);
	check_indexes();
	assert_ok(x_update(s.e, "Model", with_all)); /* and the table goes meanwhile */
	struct look look = {.table = table_id(t)};
	while (table_delete(s.e, &h_caller, "Model", false, &h_err) == ST_TABLE_BUSY)
		x_sleep_ms(1);
	table_unref(t);
	h_reopen(&s);
	for (int i = 0; i < 4000; i++) {
		look.rows = 0;
		assert_ok(store_read(s.e->store, count_rows, &look, &h_err));
		if (!look.rows)
			break;
		x_sleep_ms(5);
	}
	assert_int_equal(look.rows, 0);
	page_finish(&page);
	buf_finish(&out);
	h_exprs_free();
	h_remove(&s);
}

/** An index that is being filled can be deleted, though its table is UPDATING; nothing else can be changed. */
static void test_given_up(void **state)
{
	struct buf reply = BUF_INIT;
	begin(with_local);
	fill(3000);
	for (int i = 0; i < 3; i++) {
		assert_ok(op_update_table(s.e, &h_caller,
			SLICE_LIT("{\"TableName\":\"Model\",\"AttributeDefinitions\":[{\"AttributeName\":\"b\",\"AttributeType\":"
				  "\"S\"}],"
				  "\"GlobalSecondaryIndexUpdates\":[{\"Create\":{\"IndexName\":\"b_only\",\"KeySchema\":[{"
				  "\"AttributeName\":"
				  "\"b\",\"KeyType\":\"HASH\"}],\"Projection\":{\"ProjectionType\":\"ALL\"}}}]}"),
			&reply, &h_err));
		assert_int_equal(op_update_table(s.e, &h_caller,
					 SLICE_LIT("{\"TableName\":\"Model\",\"DeletionProtectionEnabled\":false,"
						   "\"GlobalSecondaryIndexUpdates\":[{\"Delete\":{\"IndexName\":\"b_only\"}}]}"),
					 &reply, &h_err),
			ST_LIMIT);
		assert_ok(op_update_table(s.e, &h_caller,
			SLICE_LIT("{\"TableName\":\"Model\",\"GlobalSecondaryIndexUpdates\":[{\"Delete\":{\"IndexName\":\"b_only\"}"
				  "}]}"),
			&reply, &h_err));
		x_wait(t, "b_only", true);
	}
	check_indexes();
	buf_finish(&reply);
	table_unref(t);
	h_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_changes), cmocka_unit_test(test_built_under_writers),
		cmocka_unit_test(test_built_over_restarts), cmocka_unit_test(test_given_up)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
