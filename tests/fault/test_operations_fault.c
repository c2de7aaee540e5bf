/*
 * The n-th call of the store fails, for every n that writes of all kinds on a table with indexes make: updates, batches, transactions, statements,
 * an index that comes and one that goes. Afterwards what was acknowledged is there and what was refused is not, counts are those of a scan,
 * indexes those of a rescan, sizes of collections what their items add up to; and the table's meter says what the answers said.
 */
#include "tests/unit/index_harness.h"
#include "tests/unit/partiql_harness.h"

#include "engine/capacity.h"
#include "engine/op_batch.h"

#define KEY(p, s) "[{\"AttributeName\":\"" p "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" s "\",\"KeyType\":\"RANGE\"}]"
#define ATTR(n) "{\"AttributeName\":\"" n "\",\"AttributeType\":\"S\"}"
#define INDEX(n, keys, kind) "{\"IndexName\":\"" n "\",\"KeySchema\":" keys ",\"Projection\":{\"ProjectionType\":\"" kind "\"}}"
#define TABLE(globals)                                                                                                             \
	"{\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[" ATTR("pk") "," ATTR("sk") "," ATTR(                      \
		"a") "],\"KeySchema\":" KEY("pk", "sk") ",\"LocalSecondaryIndexes\":[" INDEX("lll", KEY("pk", "a"),                \
		"ALL") "],\"GlobalSecondaryIndexes\":[" globals "]}"

static const char before[] = TABLE(INDEX("ggg", KEY("a", "pk"), "ALL"));
static const char after[] = TABLE(INDEX("hhh", KEY("a", "sk"), "KEYS_ONLY"));

#define KEYS 6

struct value_of {
	bool there;
	char a; /* 0: the attribute is missing */
	int v;
};

struct world {
	struct h_store s;
	struct table *t;
	struct value_of values[KEYS];
	struct consumed_list used;
	uint64_t n;
};

/** Two items a collection. */
static struct key key_of(int k)
{
	static const char *const pks[] = {"p0", "p0", "p1", "p1", "p2", "p2"}, *const sks[] = {"s0", "s1"};
	return h_key(pks[k], sks[k % 2]);
}

static void print(int k, const struct value_of *v, char json[96])
{
	char a[16] = "";
	if (v->a)
		snprintf(a, sizeof a, ",\"a\":\"%c\"", v->a);
	snprintf(json, 96, "{\"pk\":\"p%d\",\"sk\":\"s%d\"%s,\"v\":%d}", k / 2, k % 2, a, v->v);
}

static void make_item(int k, char a, int v, struct buf *out)
{
	char json[96];
	print(k, &(struct value_of){true, a, v}, json);
	buf_reset(out);
	h_item(json, out);
}

static void do_put(struct world *w, int k, char a, int v)
{
	struct buf item = BUF_INIT;
	make_item(k, a, v, &item);
	struct put_request r = {.table = w->t, .item = buf_slice(&item), .returns = {.consumed = &w->used}};
	if (!op_put(w->s.e, &h_caller, &r, NULL, &h_err))
		w->values[k] = (struct value_of){true, a, v};
	buf_finish(&item);
}

static void do_delete(struct world *w, int k)
{
	struct delete_request r = {.table = w->t, .key = key_of(k), .returns = {.consumed = &w->used}};
	if (!op_delete(w->s.e, &h_caller, &r, &h_err))
		w->values[k].there = false;
}

/** Moves the item in each index, or takes it out of them. */
static void do_update(struct world *w, int k, char a, int v)
{
	char values[64];
	snprintf(values, sizeof values, a ? "{\":v\":%d,\":a\":\"%c\"}" : "{\":v\":%d}", v, a);
	struct update_request r = {.table = w->t,
		.key = key_of(k),
		.update = h_expr(EXPR_UPDATE, a ? "SET v = :v, a = :a" : "SET v = :v REMOVE a", values),
		.returns = {.consumed = &w->used}};
	if (!op_update(w->s.e, &h_caller, &r, NULL, &h_err))
		w->values[k] = (struct value_of){true, a, v};
	h_exprs_free();
}

static void do_batch(struct world *w, int put, int add, int gone)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	bool left[3];
	make_item(put, 'm', 31, &one);
	make_item(add, 'n', 32, &two);
	struct batch_write r[] = {
		{.table = w->t, .item = buf_slice(&one), .consumed = &w->used},
		{.table = w->t, .item = buf_slice(&two), .consumed = &w->used},
		{.table = w->t, .key = key_of(gone), .consumed = &w->used},
	};
	if (!op_batch_write(w->s.e, &h_caller, r, 3, COMMIT_VISIBLE, left, &h_err)) {
		assert_false(left[0] || left[1] || left[2]);
		w->values[put] = (struct value_of){true, 'm', 31};
		w->values[add] = (struct value_of){true, 'n', 32};
		w->values[gone].there = false;
	}
	buf_finish(&one);
	buf_finish(&two);
}

/** Sent twice, as by a client that got no answer. */
static void do_transaction(struct world *w, int put, int update, int gone)
{
	struct buf item = BUF_INIT;
	make_item(put, 't', 41, &item);
	struct transact_action actions[] = {
		{.kind = TRANSACT_PUT, .table = w->t, .item = buf_slice(&item)},
		{.kind = TRANSACT_UPDATE,
			.table = w->t,
			.key = key_of(update),
			.update = h_expr(EXPR_UPDATE, "SET a = :a, v = :v", "{\":a\":\"u\",\":v\":42}")},
		{.kind = TRANSACT_DELETE, .table = w->t, .key = key_of(gone)},
	};
	struct transact_request r = {.actions = actions, .n = 3, .token = SLICE_LIT("token"), .consumed = &w->used};
	struct transact_result result;
	bool done = false;
	for (int i = 0; i < 2; i++) {
		if (op_transact_write(w->s.e, &h_caller, &r, &result, &h_err))
			continue;
		assert_int_equal(result.repeated, done);
		done = true;
		w->values[put] = (struct value_of){true, 't', 41};
		w->values[update] = (struct value_of){true, 'u', 42};
		w->values[gone].there = false;
	}
	h_exprs_free();
	buf_finish(&item);
}

static enum status statement(struct world *w, const char *head, const char *tail, int k)
{
	char text[160];
	struct run run = {.r.consumed = &w->used};
	if (*tail)
		snprintf(text, sizeof text, "%s {'pk': 'p%d', 'sk': 's%d', %s}", head, k / 2, k % 2, tail);
	else
		snprintf(text, sizeof text, "%s WHERE pk = 'p%d' AND sk = 's%d'", head, k / 2, k % 2);
	enum status st = run_statement(w->s.e, &run, text, NULL);
	run_finish(&run);
	return st;
}

static void do_statements(struct world *w, int k)
{
	if (!statement(w, "INSERT INTO Things VALUE", "'v': 51, 'a': 'i'", k))
		w->values[k] = (struct value_of){true, 'i', 51};
	if (!statement(w, "UPDATE Things SET a = 'j' SET v = 52", "", k))
		w->values[k] = (struct value_of){true, 'j', 52};
	if (!statement(w, "DELETE FROM Things", "", k))
		w->values[k].there = false;
}

static void note_ok(size_t at, const char *table, const struct err *err, struct slice item, void *arg)
{
	((bool *)arg)[at] = !err->code;
}

#define UPDATE "UPDATE Things SET a = '%c' WHERE pk = 'p%d' AND sk = 's%d'"

static void write_updates(const int k[2], const char a[2], char text[2][96], struct statement s[2])
{
	for (int i = 0; i < 2; i++) {
		snprintf(text[i], 96, UPDATE, a[i], k[i] / 2, k[i] % 2);
		s[i] = (struct statement){.text = slice_str(text[i])};
	}
}

static void do_batch_statement(struct world *w, int one, int two)
{
	char text[2][96];
	struct statement s[2];
	bool ok[2] = {false, false};
	const int k[] = {one, two};
	write_updates(k, "bc", text, s);
	if (op_batch_statement(w->s.e, &h_caller, s, 2, COMMIT_VISIBLE, &w->used, note_ok, ok, &h_err))
		return;
	for (int i = 0; i < 2; i++)
		if (ok[i])
			w->values[k[i]].a = "bc"[i];
}

static void do_transact_statement(struct world *w, int one, int two)
{
	char text[2][96];
	struct statement s[2];
	bool ok[2];
	const int k[] = {one, two};
	struct transact_result result = {0};
	write_updates(k, "de", text, s);
	struct statement_transaction r = {.statements = s, .n = 2, .token = SLICE_LIT("other"), .consumed = &w->used};
	for (int i = 0; i < 2; i++)
		if (!op_transact_statement(w->s.e, &h_caller, &r, note_ok, ok, &result, &h_err)) {
			w->values[one].a = 'd';
			w->values[two].a = 'e';
		}
}

static void workload(struct world *w)
{
	do_put(w, 0, 'x', 1);
	do_put(w, 1, 'x', 2);
	do_put(w, 2, 0, 3);
	do_put(w, 3, 'y', 4);
	do_update(w, 0, 'y', 11);
	do_update(w, 2, 'z', 12);
	do_update(w, 3, 0, 13);
	do_update(w, 5, 'w', 14);
	do_batch(w, 2, 4, 1);
	do_transaction(w, 1, 2, 5);
	do_statements(w, 5);
	do_batch_statement(w, 0, 2);
	do_transact_statement(w, 1, 4);
	do_delete(w, 3);
	enum status st = x_update(w->s.e, "Things", after);
	do_put(w, 5, 'v', 61);
	do_update(w, 0, 'v', 62);
	if (st)
		return;
	x_wait(w->t, "hhh", false);
	x_wait(w->t, "ggg", true);
}

/* What there is afterwards */

static void check_values(struct world *w)
{
	for (int k = 0; k < KEYS; k++) {
		char json[96];
		struct buf item = BUF_INIT, want = BUF_INIT;
		struct key key = key_of(k);
		enum status st = op_get(w->s.e, &h_caller, w->t, &key, NULL, &item, &h_err);
		if (st != (w->values[k].there ? ST_OK : ST_NOT_FOUND))
			fail_msg("call %llu failing: item %d answers %s", (unsigned long long)w->n, k, status_info(st)->name);
		print(k, &w->values[k], json);
		h_item(json, &want);
		if (!st && !slice_eq(buf_slice(&item), buf_slice(&want)))
			fail_msg("call %llu failing: item %d is not %s", (unsigned long long)w->n, k, json);
		buf_finish(&item);
		buf_finish(&want);
	}
}

static bool add_row(const struct list_row *row, void *arg)
{
	assert_int_equal(row->status, ST_OK);
	((struct table_info *)arg)->item_count++;
	((struct table_info *)arg)->item_bytes += row->meta.size;
	((struct table_info *)arg)->text_bytes += row->meta.text_len;
	return true;
}

static void check_counts(struct world *w)
{
	struct table_info info, seen = {0};
	assert_ok(op_scan(w->s.e, &h_caller, w->t, &(struct partition_pos){0}, slice_of(NULL, 0), add_row, &seen, &h_err));
	table_get_info(w->t, &info);
	assert_int_equal(info.item_count, seen.item_count);
	assert_int_equal(info.item_bytes, seen.item_bytes);
	assert_int_equal(info.text_bytes, seen.text_bytes);
}

static bool pass(const struct list_row *row, void *arg)
{
	return true;
}

/** Of one partition, in the table ("") or an index. */
static uint64_t partition_bytes(struct world *w, const char *index, int p)
{
	char values[32];
	struct page page = {0};
	snprintf(values, sizeof values, "{\":p\":\"p%d\"}", p);
	struct query_request q = {
		.page = {.table = w->t, .index = slice_str(index)}, .key_condition = h_expr(EXPR_KEY_CONDITION, "pk = :p", values)};
	assert_ok(op_query(w->s.e, &h_caller, &q, pass, NULL, &page, &h_err));
	uint64_t bytes = page.bytes;
	page_finish(&page);
	h_exprs_free();
	return bytes;
}

/** A change tells the size kept; this one leaves it as it was. */
static void check_collections(struct world *w)
{
	for (int p = 0; p < KEYS / 2; p++) {
		static const char *const pks[] = {"p0", "p1", "p2"};
		struct collection c = {0};
		char json[64];
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"sk\":\"none\",\"a\":\"q\"}", pks[p]);
		x_put(w->s.e, w->t, json);
		struct delete_request d = {.table = w->t, .key = h_key(pks[p], "none"), .returns = {.collection = &c}};
		assert_ok(op_delete(w->s.e, &h_caller, &d, &h_err));
		assert_true(c.present);
		assert_int_equal(c.bytes, partition_bytes(w, "", p) + partition_bytes(w, "lll", p));
	}
}

static void check_indexes(struct world *w)
{
	static const char *const names[] = {"lll", "ggg", "hhh"};
	for (size_t i = 0; i < 3; i++)
		if (x_status(w->t, names[i]) == INDEX_ACTIVE)
			x_equals_rescan(w->s.e, w->t, names[i], 0);
}

static void check(struct world *w)
{
	check_values(w);
	check_counts(w);
	check_indexes(w);
	check_collections(w);
}

/** What failed is neither told of nor taken. */
static void check_meter(struct world *w)
{
	struct table_stats stats = {0};
	double told = w->used.count ? w->used.tables[0].own.write : 0;
	table_get_stats(w->t, &stats);
	assert_true(w->n || told > 20);
	if (stats.meters[0].used.write != told)
		fail_msg("call %llu failing: %g write units metered, %g told of", (unsigned long long)w->n,
			stats.meters[0].used.write, told);
	table_stats_finish(&stats);
	consumed_finish(&w->used);
}

static uint64_t trial(uint64_t n, bool full)
{
	struct world w = {.n = n};
	h_create(&w.s);
	w.t = x_table(w.s.e, "Things", before);
	x_wrap_fault(w.s.e);
	store_fault_arm(w.s.e->store, n, full);
	workload(&w);
	uint64_t calls = store_fault_calls(w.s.e->store);
	store_fault_arm(w.s.e->store, 0, false);
	check_meter(&w);
	check(&w);
	table_unref(w.t);
	h_reopen(&w.s);
	assert_ok(table_open(w.s.e, "Things", &w.t, &h_err));
	check(&w);
	table_unref(w.t);
	h_remove(&w.s);
	return calls;
}

static void test_every_call_failing(void **state)
{
	uint64_t calls = trial(0, false);
	print_message("%llu calls of the store\n", (unsigned long long)calls);
	for (uint64_t n = 1; n <= calls; n++)
		trial(n, n % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_failing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
