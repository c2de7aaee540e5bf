/*
 * The n-th call of the store fails, for every n that a fixed run of changes, an index that comes and one that goes make. Afterwards each index is
 * what a rescan of the table makes of it, and its counts are exact; after a restart, too.
 */
#include "tests/unit/index_harness.h"

#include "engine/op_batch.h"

#define KEY(p, s) "[{\"AttributeName\":\"" p "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" s "\",\"KeyType\":\"RANGE\"}]"
#define ATTR(n) "{\"AttributeName\":\"" n "\",\"AttributeType\":\"S\"}"
#define INDEX(n, keys) "{\"IndexName\":\"" n "\",\"KeySchema\":" keys ",\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}"
#define TABLE(attrs, globals)                                                                                                      \
	"{\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[" ATTR("pk") "," ATTR("sk") "," ATTR("a") attrs            \
		"],\"KeySchema\":" KEY("pk", "sk") ",\"LocalSecondaryIndexes\":[" INDEX(                                           \
			"lll", KEY("pk", "a")) "],\"GlobalSecondaryIndexes\":[" globals "]}"

static const char before[] = TABLE("", INDEX("ggg", KEY("a", "pk")));
static const char after[] = TABLE("," ATTR("b"), INDEX("hhh", KEY("b", "a")));

struct world {
	struct h_store s;
	struct table *t;
};

static void put(struct world *w, int k, const char *rest)
{
	char json[128];
	snprintf(json, sizeof json, "{\"pk\":\"p%d\",\"sk\":\"s\"%s}", k, rest);
	(void)!h_put(w->s.e, w->t, json, (struct cond){0}, NULL);
}

static void del(struct world *w, int k)
{
	char pk[8];
	snprintf(pk, sizeof pk, "p%d", k);
	struct delete_request d = {.table = w->t, .key = h_key(pk, "s")};
	(void)!op_delete(w->s.e, &h_caller, &d, &h_err);
}

static void batch(struct world *w)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	bool left[2];
	h_item("{\"pk\":\"p1\",\"sk\":\"s\",\"a\":\"z\"}", &one);
	h_item("{\"pk\":\"p9\",\"sk\":\"s\",\"a\":\"z\",\"b\":\"q\"}", &two);
	struct batch_write r[] = {{.table = w->t, .item = buf_slice(&one)}, {.table = w->t, .item = buf_slice(&two)}};
	(void)!op_batch_write(w->s.e, &h_caller, r, 2, COMMIT_VISIBLE, left, &h_err);
	buf_finish(&one);
	buf_finish(&two);
}

static void workload(struct world *w)
{
	put(w, 1, ",\"a\":\"x\",\"b\":\"1\"");
	put(w, 2, ",\"a\":\"x\",\"b\":\"2\"");
	put(w, 3, ",\"b\":\"3\"");
	put(w, 1, ",\"a\":\"y\",\"b\":\"1\"");
	batch(w);
	del(w, 2);
	enum status st = x_update(w->s.e, "Things", after);
	put(w, 4, ",\"a\":\"x\",\"b\":\"4\"");
	put(w, 3, ",\"a\":\"x\",\"b\":\"4\"");
	if (st)
		return;
	x_wait(w->t, "hhh", false);
	x_wait(w->t, "ggg", true);
}

static void check(struct world *w)
{
	static const char *const names[] = {"lll", "ggg", "hhh"};
	for (size_t i = 0; i < 3; i++)
		if (x_status(w->t, names[i]) == INDEX_ACTIVE)
			x_equals_rescan(w->s.e, w->t, names[i], 0);
}

static uint64_t trial(uint64_t n, bool full)
{
	struct world w;
	h_create(&w.s);
	w.t = x_table(w.s.e, "Things", before);
	x_wrap_fault(w.s.e);
	store_fault_arm(w.s.e->store, n, full);
	workload(&w);
	uint64_t calls = store_fault_calls(w.s.e->store);
	store_fault_arm(w.s.e->store, 0, false);
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
