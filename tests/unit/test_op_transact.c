/* TransactWriteItems and TransactGetItems: atomicity, reasons, tokens. */
#include "tests/unit/op_fixture.h"

#include <pthread.h>

#include "engine/base/clock.h"
#include "engine/op_transact.h"
#include "engine/table/state.h"

static int setup(void **state)
{
	return things_begin('S');
}

static enum status run(const struct transact_action *actions, size_t n, const char *token, struct transact_result *result)
{
	struct transact_result unused = {0};
	struct transact_request r = {.actions = actions, .n = n, .token = slice_str(token)};
	return op_transact_write(s.e, &h_caller, &r, result ? result : &unused, &h_err);
}

static void test_all_kinds(void **state)
{
	struct buf item = BUF_INIT;
	struct table_info info;
	assert_ok(h_put(s.e, t, "{\"pk\":\"gone\",\"sk\":\"1\"}", none, NULL));
	assert_ok(h_put(s.e, other, "{\"pk\":\"guard\",\"open\":true}", none, NULL));
	h_item("{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}", &item);
	struct transact_action a[] = {
		{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)},
		{.kind = TRANSACT_UPDATE,
			.table = other,
			.key = h_key("count", NULL),
			.update = h_expr(EXPR_UPDATE, "ADD n :n", "{\":n\":1}")},
		{.kind = TRANSACT_DELETE, .table = t, .key = h_key("gone", "1")},
		{.kind = TRANSACT_CHECK,
			.table = other,
			.key = h_key("guard", NULL),
			.condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL)},
	};
	assert_ok(run(a, 4, "", NULL));
	h_stands(s.e, t, h_key("a", "1"), "{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}");
	h_stands(s.e, t, h_key("gone", "1"), NULL);
	h_stands(s.e, other, h_key("count", NULL), "{\"pk\":\"count\",\"n\":1}");
	h_stands(s.e, other, h_key("guard", NULL), "{\"pk\":\"guard\",\"open\":true}");
	table_get_info(t, &info);
	assert_int_equal(info.item_count, 1);
	table_get_info(other, &info);
	assert_int_equal(info.item_count, 2);
	buf_finish(&item);
}

static void test_reasons(void **state)
{
	struct buf item = BUF_INIT, failed[4] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
	struct err reasons[4];
	struct transact_result result = {.reasons = reasons};
	struct engine_status before, after;
	assert_ok(h_put(s.e, t, "{\"pk\":\"b\",\"sk\":\"1\",\"v\":7}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"c\",\"sk\":\"1\",\"v\":\"text\"}", none, NULL));
	h_item("{\"pk\":\"a\",\"sk\":\"1\"}", &item);
	struct transact_action a[] = {
		{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item), .failed = &failed[0]},
		{.kind = TRANSACT_DELETE,
			.table = t,
			.key = h_key("b", "1"),
			.failed = &failed[1],
			.condition = h_expr(EXPR_CONDITION, "v = :v", "{\":v\":8}")},
		{.kind = TRANSACT_UPDATE,
			.table = t,
			.key = h_key("c", "1"),
			.failed = &failed[2],
			.update = h_expr(EXPR_UPDATE, "SET v = v + :v", "{\":v\":8}")},
		{.kind = TRANSACT_CHECK,
			.table = other,
			.key = h_key("none", NULL),
			.failed = &failed[3],
			.condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL)},
	};
	engine_get_status(s.e, &before);
	assert_status(ST_CANCELED, run(a, 4, "token", &result));
	engine_get_status(s.e, &after);
	assert_int_equal(before.sequence, after.sequence);
	assert_string_equal(h_err.text, "Transaction cancelled, please refer cancellation reasons for specific reasons "
					"[None, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed]");
	assert_int_equal(reasons[0].code, ST_OK);
	assert_string_equal(reasons[1].text, "The conditional request failed");
	assert_int_equal(reasons[2].code, ST_VALIDATION);
	assert_int_equal(reasons[3].code, ST_CONDITION);
	h_same(&failed[0], NULL);
	h_same(&failed[1], "{\"pk\":\"b\",\"sk\":\"1\",\"v\":7}");
	h_same(&failed[2], NULL);
	h_same(&failed[3], NULL);
	h_stands(s.e, t, h_key("a", "1"), NULL);
	assert_ok(run(a, 1, "token", &result)); /* the token of a canceled one is free */
	assert_false(result.repeated);
	h_stands(s.e, t, h_key("a", "1"), "{\"pk\":\"a\",\"sk\":\"1\"}");
	buf_finish(&item);
}

static void test_refusals(void **state)
{
	struct buf item = BUF_INIT;
	h_item("{\"pk\":\"a\",\"sk\":\"1\"}", &item);
	struct transact_action a[] = {{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&item)},
		{.kind = TRANSACT_CHECK,
			.table = t,
			.key = h_key("a", "1"),
			.condition = h_expr(EXPR_CONDITION, "attribute_exists(pk)", NULL)}};
	assert_status(ST_VALIDATION, run(a, 2, "", NULL));
	assert_string_equal(h_err.text, "Transaction request cannot include multiple operations on one item");
	a[1].key = h_key("b", "1");
	a[1].condition = NULL;
	assert_status(ST_VALIDATION, run(a, 2, "", NULL));
	a[1].kind = TRANSACT_UPDATE;
	a[1].update = h_expr(EXPR_UPDATE, "SET sk = :v", "{\":v\":\"x\"}");
	assert_status(ST_CANCELED, run(a, 2, "", NULL));
	assert_status(ST_VALIDATION, run(a, 1, "a token of more than thirty-six bytes", NULL));
	struct transact_action many[OP_TRANSACT_MAX + 1] = {{0}};
	assert_status(ST_VALIDATION, run(many, OP_TRANSACT_MAX + 1, "", NULL));
	h_stands(s.e, t, h_key("a", "1"), NULL);
	buf_finish(&item);
}

static void ignore(size_t at, const struct list_row *row, void *arg)
{
	++*(size_t *)arg;
}

/** Eleven items of 400,000 bytes are more than 4 MB, ten are not. */
static void test_four_megabytes(void **state)
{
	struct buf items[11] = {BUF_INIT};
	struct transact_action a[11];
	struct get_request g[11];
	char keys[11][4];
	size_t n = 0;
	for (int i = 0; i < 11; i++) {
		struct buf json = BUF_INIT;
		buf_addf(&json, "{\"pk\":\"%d\",\"x\":\"", i);
		buf_resize(&json, json.len + 400000);
		memset(json.ptr + json.len - 400000, 'x', 400000);
		buf_add_str(&json, "\"}");
		h_item(buf_str(&json), &items[i]);
		buf_finish(&json);
		snprintf(keys[i], sizeof keys[i], "%d", i);
		a[i] = (struct transact_action){.kind = TRANSACT_PUT, .table = other, .item = buf_slice(&items[i])};
		g[i] = (struct get_request){.table = other, .key = h_key(keys[i], NULL)};
	}
	assert_status(ST_VALIDATION, run(a, 11, "", NULL));
	h_stands(s.e, other, h_key("0", NULL), NULL);
	assert_ok(run(a, 10, "", NULL));
	assert_ok(run(a + 10, 1, "", NULL));
	assert_ok(op_transact_get(s.e, &h_caller, g, 10, ignore, &n, &(struct transact_result){0}, &h_err));
	assert_int_equal(n, 10);
	assert_status(ST_VALIDATION, op_transact_get(s.e, &h_caller, g, 11, ignore, &n, &(struct transact_result){0}, &h_err));
	for (int i = 0; i < 11; i++)
		buf_finish(&items[i]);
}

static enum status add(const char *key, const char *values, const char *token, bool *repeated)
{
	struct transact_result result = {0};
	struct transact_action a = {.kind = TRANSACT_UPDATE,
		.table = other,
		.key = h_key(key, NULL),
		.update = h_expr(EXPR_UPDATE, "ADD n :n", values)};
	enum status st = run(&a, 1, token, &result);
	*repeated = result.repeated;
	return st;
}

static void test_tokens(void **state)
{
	bool repeated;
	assert_ok(add("a", "{\":n\":1}", "one", &repeated));
	assert_false(repeated);
	assert_ok(add("a", "{\":n\":1}", "one", &repeated));
	assert_true(repeated);
	assert_status(ST_IDEMPOTENT, add("a", "{\":n\":2}", "one", &repeated));
	assert_status(ST_IDEMPOTENT, add("b", "{\":n\":1}", "one", &repeated));
	assert_ok(add("a", "{\":n\":1}", "two", &repeated));
	assert_ok(add("a", "{\":n\":1}", "", &repeated));
	h_stands(s.e, other, h_key("a", NULL), "{\"pk\":\"a\",\"n\":3}");
	things_reopen();
	assert_ok(add("a", "{\":n\":1}", "one", &repeated));
	assert_true(repeated);
	clock_raise_floor(clock_hybrid_ns() + (OP_TOKEN_KEPT_S - 5) * NS_PER_S);
	assert_ok(add("a", "{\":n\":1}", "one", &repeated));
	assert_true(repeated);
	clock_raise_floor(clock_hybrid_ns() + 5 * NS_PER_S);
	assert_ok(add("b", "{\":n\":1}", "one", &repeated));
	assert_false(repeated);
	assert_status(ST_IDEMPOTENT, add("a", "{\":n\":1}", "one", &repeated));
	h_stands(s.e, other, h_key("a", NULL), "{\"pk\":\"a\",\"n\":3}");
}

static bool count_row(const struct store_row *row, void *arg)
{
	++*(size_t *)arg;
	return true;
}

static enum status count_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_range all = {.db = STORE_META};
	return store_range(txn, &all, count_row, arg, err);
}

static size_t meta_rows(void)
{
	size_t n = 0;
	assert_ok(store_read(s.e->store, count_rows, &n, &h_err));
	return n;
}

/** What is old is cleared away by what comes, and a token that was used again is not cleared with its old use. */
static void test_old_tokens_go(void **state)
{
	size_t before = meta_rows();
	char token[16];
	bool repeated;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 100; i++) {
			snprintf(token, sizeof token, "%d", round % 2 ? i : 99 - i);
			assert_ok(add("a", "{\":n\":1}", token, &repeated));
			assert_false(repeated);
		}
		for (int i = 0; i < 100; i++) {
			snprintf(token, sizeof token, "%d", i);
			assert_ok(add("a", "{\":n\":1}", token, &repeated));
			assert_true(repeated);
		}
		clock_raise_floor(clock_hybrid_ns() + OP_TOKEN_KEPT_S * NS_PER_S);
	}
	assert_int_equal(meta_rows() - before, 2 * 100); /* of one round, not of four */
	h_stands(s.e, other, h_key("a", NULL), "{\"pk\":\"a\",\"n\":400}");
}

static void see(size_t at, const struct list_row *row, void *arg)
{
	struct buf *text = arg;
	buf_addf(text, "%zu:", at);
	json_write_item(row->item, &(struct json_style){.line = true}, text);
}

static void test_get(void **state)
{
	struct buf text = BUF_INIT;
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}", none, NULL));
	assert_ok(h_put(s.e, other, "{\"pk\":\"a\",\"v\":3}", none, NULL));
	struct get_request r[] = {{.table = other, .key = h_key("a", NULL), .projection = h_expr(EXPR_PROJECTION, "v", NULL)},
		{.table = t, .key = h_key("b", "1"), .projection = NULL}, {.table = t, .key = h_key("a", "1"), .projection = NULL}};
	assert_ok(op_transact_get(s.e, &h_caller, r, 3, see, &text, &(struct transact_result){0}, &h_err));
	assert_string_equal(buf_str(&text), "0:{\"v\":3}2:{\"pk\":\"a\",\"sk\":\"1\",\"v\":1}");
	r[1] = r[2];
	assert_status(ST_VALIDATION, op_transact_get(s.e, &h_caller, r, 3, see, &text, &(struct transact_result){0}, &h_err));
	buf_finish(&text);
}

#define ACCOUNTS 4
#define TRANSFERS 150

struct teller {
	const struct expr *take, *give, *enough;
	unsigned seed;
	bool failed;
};

static const char *const accounts[ACCOUNTS] = {"a0", "a1", "a2", "a3"};

static void *transfer(void *arg)
{
	struct teller *teller = arg;
	for (int i = 0; i < TRANSFERS; i++) {
		unsigned from = (teller->seed = teller->seed * 1103515245 + 12345) >> 16 & 3, to = (from + 1 + i % 3) & 3;
		struct transact_action a[] = {{.kind = TRANSACT_UPDATE,
						      .table = other,
						      .key = h_key(accounts[from], NULL),
						      .update = teller->take,
						      .condition = teller->enough},
			{.kind = TRANSACT_UPDATE, .table = other, .key = h_key(accounts[to], NULL), .update = teller->give}};
		struct transact_request r = {.actions = a, .n = 2};
		struct transact_result result = {0};
		struct err err;
		enum status st = op_transact_write(s.e, &h_caller, &r, &result, &err);
		teller->failed |= st && st != ST_CANCELED;
	}
	return NULL;
}

/** The sum over all accounts, in one snapshot. */
static long sum(void)
{
	struct get_request r[ACCOUNTS];
	struct buf text = BUF_INIT;
	long total = 0;
	for (int i = 0; i < ACCOUNTS; i++)
		r[i] = (struct get_request){.table = other, .key = h_key(accounts[i], NULL)};
	assert_ok(op_transact_get(s.e, &h_caller, r, ACCOUNTS, see, &text, &(struct transact_result){0}, &h_err));
	for (const char *at = buf_str(&text); (at = strstr(at, "\"n\":")); at++) {
		long n = strtol(at + 4, NULL, 10);
		assert_true(n >= 0);
		total += n;
	}
	buf_finish(&text);
	return total;
}

/** Money is neither made nor lost, and nobody ever sees it on its way. */
static void test_transfers_in_threads(void **state)
{
	pthread_t threads[3];
	struct teller tellers[3];
	for (int i = 0; i < ACCOUNTS; i++) {
		char json[64];
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"n\":5}", accounts[i]);
		assert_ok(h_put(s.e, other, json, none, NULL));
	}
	for (unsigned i = 0; i < 3; i++)
		tellers[i] = (struct teller){.take = h_expr(EXPR_UPDATE, "SET n = n - :n", "{\":n\":1}"),
			.give = h_expr(EXPR_UPDATE, "ADD n :n", "{\":n\":1}"),
			.enough = h_expr(EXPR_CONDITION, "n >= :n", "{\":n\":1}"),
			.seed = i};
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, transfer, &tellers[i]), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(sum(), 5 * ACCOUNTS);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_false(tellers[i].failed);
	}
	assert_int_equal(sum(), 5 * ACCOUNTS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, things_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_kinds),
		T(test_reasons),
		T(test_refusals),
		T(test_four_megabytes),
		T(test_tokens),
		T(test_old_tokens_go),
		T(test_get),
		T(test_transfers_in_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
