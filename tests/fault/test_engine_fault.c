/*
 * The n-th call of the store fails, for every n that a fixed run of operations makes. Afterwards what was acknowledged is there, what was
 * refused is not, and the counts are those of a full scan.
 */
#include "tests/unit/harness.h"

#include "engine/op_transact.h"
#include "engine/table/state.h"

#define KEYS 8

struct world {
	struct h_store s;
	struct table *t;
	int value[KEYS]; /* -1: absent */
};

static void make_key(int k, char text[16])
{
	snprintf(text, 16, "key%d", k);
}

static enum status put(struct world *w, int k, int value)
{
	char json[64];
	snprintf(json, sizeof json, "{\"pk\":\"key%d\",\"v\":%d}", k, value);
	return h_put(w->s.e, w->t, json, (struct cond){0}, NULL);
}

static void do_put(struct world *w, int k, int value)
{
	if (put(w, k, value) == ST_OK)
		w->value[k] = value;
}

static void do_delete(struct world *w, int k)
{
	char text[16];
	make_key(k, text);
	struct delete_request d = {.table = w->t, .key = h_key(text, NULL)};
	if (op_delete(w->s.e, &h_caller, &d, &h_err) == ST_OK)
		w->value[k] = -1;
}

static void do_move(struct world *w, int from, int to)
{
	char a[16], b[16];
	make_key(from, a);
	make_key(to, b);
	struct move_request r = {.table = w->t, .from = h_key(a, NULL), .to = h_key(b, NULL)};
	if (op_move(w->s.e, &h_caller, &r, NULL, &h_err) == ST_OK) {
		w->value[to] = w->value[from];
		w->value[from] = -1;
	}
}

static void do_many(struct world *w, int first, int value)
{
	struct buf items[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	struct put_request r[3];
	char json[64];
	for (int i = 0; i < 3; i++) {
		snprintf(json, sizeof json, "{\"pk\":\"key%d\",\"v\":%d}", first + i, value);
		h_item(json, &items[i]);
		r[i] = (struct put_request){.table = w->t, .item = buf_slice(&items[i])};
	}
	if (op_put_many(w->s.e, &h_caller, r, 3, NULL, &h_err) == ST_OK)
		for (int i = 0; i < 3; i++)
			w->value[first + i] = value;
	for (int i = 0; i < 3; i++)
		buf_finish(&items[i]);
}

static void do_update(struct world *w, int k, int value)
{
	char text[16], values[32];
	make_key(k, text);
	snprintf(values, sizeof values, "{\":v\":%d}", value);
	struct update_request r = {.table = w->t, .key = h_key(text, NULL), .update = h_expr(EXPR_UPDATE, "SET v = :v", values)};
	if (op_update(w->s.e, &h_caller, &r, NULL, &h_err) == ST_OK)
		w->value[k] = value;
	h_exprs_free();
}

/** An update, a deletion and a check under a token; then the same again, as a client does that got no answer. */
static void do_transaction(struct world *w, int update, int remove, int check)
{
	char a[16], b[16], c[16];
	make_key(update, a);
	make_key(remove, b);
	make_key(check, c);
	struct transact_action actions[] = {
		{.kind = TRANSACT_UPDATE,
			.table = w->t,
			.key = h_key(a, NULL),
			.update = h_expr(EXPR_UPDATE, "ADD v :v", "{\":v\":5}")},
		{.kind = TRANSACT_DELETE, .table = w->t, .key = h_key(b, NULL)},
		{.kind = TRANSACT_CHECK,
			.table = w->t,
			.key = h_key(c, NULL),
			.condition = h_expr(EXPR_CONDITION, "v > :v", "{\":v\":0}")},
	};
	struct transact_request r = {.actions = actions, .n = 3, .token = SLICE_LIT("token")};
	struct transact_result result;
	bool done = false;
	for (int i = 0; i < 2; i++) {
		if (op_transact_write(w->s.e, &h_caller, &r, &result, &h_err))
			continue;
		assert_int_equal(result.repeated, done);
		if (!done) {
			w->value[update] = (w->value[update] < 0 ? 0 : w->value[update]) + 5;
			w->value[remove] = -1;
		}
		done = true;
	}
	h_exprs_free();
}

static void workload(struct world *w)
{
	for (int k = 0; k < KEYS; k++)
		do_put(w, k, 10 + k);
	do_put(w, 0, 1);
	do_delete(w, 1);
	do_move(w, 2, 3);
	do_many(w, 4, 7);
	do_delete(w, 7);
	do_update(w, 5, 50);
	do_update(w, 7, 70);
	do_transaction(w, 7, 4, 6);
	(void)!op_sync(w->s.e, &h_err);
}

static bool count(const struct list_row *row, void *arg)
{
	assert_int_equal(row->status, ST_OK);
	((struct table_info *)arg)->item_count++;
	((struct table_info *)arg)->item_bytes += row->meta.size;
	((struct table_info *)arg)->text_bytes += row->meta.text_len;
	return true;
}

static void check(struct world *w, uint64_t n)
{
	struct table_info info, seen = {0};
	for (int k = 0; k < KEYS; k++) {
		char text[16], json[64];
		struct buf item = BUF_INIT, want = BUF_INIT;
		make_key(k, text);
		struct key key = h_key(text, NULL);
		enum status st = op_get(w->s.e, &h_caller, w->t, &key, NULL, &item, &h_err);
		if (st != (w->value[k] < 0 ? ST_NOT_FOUND : ST_OK))
			fail_msg("call %llu failing: %s answers %s", (unsigned long long)n, text, status_info(st)->name);
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"v\":%d}", text, w->value[k]);
		h_item(json, &want);
		assert_true(st || slice_eq(buf_slice(&item), buf_slice(&want)));
		buf_finish(&item);
		buf_finish(&want);
	}
	assert_ok(op_scan(w->s.e, &h_caller, w->t, &(struct partition_pos){0}, slice_of(NULL, 0), count, &seen, &h_err));
	table_get_info(w->t, &info);
	assert_int_equal(info.item_count, seen.item_count);
	assert_int_equal(info.item_bytes, seen.item_bytes);
	assert_int_equal(info.text_bytes, seen.text_bytes);
}

/** Returns how many calls the workload made. */
static uint64_t trial(uint64_t n, bool full)
{
	struct world w;
	memset(&w, 0, sizeof w);
	for (int k = 0; k < KEYS; k++)
		w.value[k] = -1;
	h_create(&w.s);
	w.t = h_table(w.s.e, "Things", 'S', 0);
	w.s.e->store = store_wrap_fault(w.s.e->store, 0, false);
	commit_install(w.s.e);
	store_fault_arm(w.s.e->store, n, full);
	workload(&w);
	uint64_t calls = store_fault_calls(w.s.e->store);
	store_fault_arm(w.s.e->store, 0, false);
	check(&w, n);
	table_unref(w.t);
	h_reopen(&w.s);
	assert_ok(table_open(w.s.e, "Things", &w.t, &h_err));
	check(&w, n);
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
