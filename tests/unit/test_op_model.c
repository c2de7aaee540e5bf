/*
 * Random operations against a model in memory: a sorted array of (pk, sk, value). After every few hundred of them, and after reopening, the
 * listings, the counts and every item must be the model's. The seed is printed; ITEMFS_SEED sets it.
 */
#include "tests/unit/harness.h"

#include <time.h>

#define ENTRIES 400

struct entry {
	char *pk, *sk;
	int value;
};

static struct entry model[ENTRIES];
static size_t live;
static uint64_t rng_state;

static uint32_t rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((rng_state >> 33) % below);
}

/** Few distinct keys, long shared beginnings now and then, up to 1024 bytes. */
static char *random_key(bool sort)
{
	static const uint32_t lengths[] = {1, 3, 20, 430, 440, 441, 455, 1000};
	uint32_t n = lengths[rng(sort ? 8 : 3)];
	char *k = xmalloc(n + 1);
	memset(k, sort ? 'k' : 'p', n);
	k[n - 1] = (char)('a' + rng(6));
	if (n > 2)
		k[rng(2) ? n - 2 : n / 2] = (char)('a' + rng(4));
	k[n] = 0;
	return k;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->pk, y->pk);
	return c ? c : strcmp(x->sk, y->sk);
}

static struct entry *model_find(const char *pk, const char *sk)
{
	struct entry want = {(char *)pk, (char *)sk, 0};
	return bsearch(&want, model, live, sizeof want, compare);
}

static void model_put(char *pk, char *sk, int value)
{
	struct entry *e = model_find(pk, sk);
	if (e) {
		e->value = value;
		free(pk);
		free(sk);
		return;
	}
	model[live++] = (struct entry){pk, sk, value};
	qsort(model, live, sizeof *model, compare);
}

static void model_del(struct entry *e)
{
	free(e->pk);
	free(e->sk);
	*e = model[--live];
	qsort(model, live, sizeof *model, compare);
}

static void make_json(const char *pk, const char *sk, int value, struct buf *out)
{
	buf_addf(out, "{\"pk\":\"%s\",\"sk\":\"%s\",\"v\":%d,\"w\":\"%.*s\"}", pk, sk, value, value % 50,
		"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
}

static void step(struct engine *e, struct table *t)
{
	char *pk = random_key(false), *sk = random_key(true);
	struct entry *there = model_find(pk, sk);
	struct buf json = BUF_INIT;
	int value = (int)rng(100000);
	if (live < ENTRIES && rng(10) < 6) {
		struct cond cond = {.kind = rng(4) ? COND_NONE : COND_ABSENT};
		make_json(pk, sk, value, &json);
		enum status st = h_put(e, t, buf_str(&json), cond, NULL);
		if (cond.kind == COND_ABSENT && there) {
			assert_status(ST_EXISTS, st);
		} else {
			assert_ok(st);
			model_put(pk, sk, value);
			pk = sk = NULL;
		}
	} else {
		struct delete_request d = {.table = t, .key = h_key(pk, sk), .cond = {.kind = COND_PRESENT}};
		enum status st = op_delete(e, &h_caller, &d, &h_err);
		assert_int_equal(st, there ? ST_OK : ST_NOT_FOUND);
		if (there)
			model_del(there);
	}
	free(pk);
	free(sk);
	buf_finish(&json);
}

struct check {
	const struct entry *at; /* next one expected in this partition */
	struct table *t;
	size_t n, page;
	char last[1100];
	size_t partitions;
	struct partition_pos pos;
	char pk[1100];
};

static bool check_row(const struct list_row *row, void *arg)
{
	struct check *c = arg;
	assert_int_equal(row->status, ST_OK);
	struct buf json = BUF_INIT, item = BUF_INIT;
	make_json(c->at->pk, c->at->sk, c->at->value, &json);
	h_item(buf_str(&json), &item);
	assert_true(slice_eq(row->item, buf_slice(&item)));
	assert_true(op_row_identity(c->t, row) == op_item_identity(c->t, &row->key));
	buf_finish(&json);
	buf_finish(&item);
	snprintf(c->last, sizeof c->last, "%s", c->at->sk);
	c->at++;
	c->n++;
	return c->n % c->page != 0;
}

/** Pages of a few items each, forward; then backward from the end. */
static void check_partition(struct engine *e, struct table *t, const struct entry *first, size_t n)
{
	struct check c = {.at = first, .t = t, .page = 1 + rng(7)};
	size_t before;
	do {
		before = c.n;
		assert_ok(op_list_items(e, &h_caller, t, slice_str(first->pk), slice_str(c.last), false, check_row, &c, &h_err));
	} while (c.n != before);
	assert_int_equal(c.n, n);
}

static bool take_partition(const struct list_row *row, void *arg)
{
	struct check *c = arg;
	c->partitions++;
	c->pos.set = true;
	memcpy(c->pos.hash, row->hash, sizeof row->hash);
	snprintf(c->pk, sizeof c->pk, "%.*s", SLICE_ARG(row->key.pk));
	return c->partitions % c->page != 0;
}

static bool count_row(const struct list_row *row, void *arg)
{
	struct check *c = arg;
	c->n++;
	c->pos.set = true;
	memcpy(c->pos.hash, row->hash, sizeof row->hash);
	snprintf(c->last, sizeof c->last, "%.*s", SLICE_ARG(row->key.sk));
	return c->n % c->page != 0;
}

static size_t check_partitions(struct engine *e, struct table *t)
{
	size_t partitions = 0;
	for (size_t i = 0, n; i < live; i += n) {
		for (n = 1; i + n < live && !strcmp(model[i + n].pk, model[i].pk); n++)
			;
		check_partition(e, t, &model[i], n);
		partitions++;
	}
	return partitions;
}

static void check_all(struct engine *e, struct table *t)
{
	size_t partitions = check_partitions(e, t), before;
	struct check c = {.page = 1 + rng(5)}, all = {.page = 1 + rng(50)};
	do {
		before = c.partitions;
		assert_ok(op_list_partitions(e, &h_caller, t, &c.pos, take_partition, &c, &h_err));
	} while (c.partitions != before);
	assert_int_equal(c.partitions, partitions);
	do {
		before = all.n;
		assert_ok(op_scan(e, &h_caller, t, &all.pos, slice_str(all.last), count_row, &all, &h_err));
	} while (all.n != before);
	assert_int_equal(all.n, live);
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, live);
	uint64_t bytes = 0;
	for (size_t i = 0; i < live; i++) {
		struct buf json = BUF_INIT, item = BUF_INIT;
		make_json(model[i].pk, model[i].sk, model[i].value, &json);
		h_item(buf_str(&json), &item);
		bytes += item_size(buf_slice(&item));
		buf_finish(&json);
		buf_finish(&item);
	}
	assert_int_equal(info.item_bytes, bytes);
}

static void test_random_operations(void **state)
{
	const char *seed = getenv("ITEMFS_SEED");
	rng_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)rng_state);
	struct h_store s;
	h_create(&s);
	struct table *t = h_table(s.e, "Model", 'S', 'S');
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < 300; i++)
			step(s.e, t);
		check_all(s.e, t);
		if (round % 4 == 3) {
			table_unref(t);
			h_reopen(&s);
			assert_ok(table_open(s.e, "Model", &t, &h_err));
			check_all(s.e, t);
		}
	}
	table_unref(t);
	while (live)
		model_del(&model[0]);
	h_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_operations)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
