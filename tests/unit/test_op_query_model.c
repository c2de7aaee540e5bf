/*
 * Random updates, batches and transactions against a model in memory, a sorted array of (pk, sk, n); random queries and parallel scans, page by
 * page, must give the model's items. The seed is printed; ITEMFS_SEED sets it.
 */
#include "tests/unit/harness.h"

#include <time.h>

#include "engine/op_query.h"
#include "engine/op_transact.h"

#define ENTRIES 1000

struct entry {
	char *pk, *sk;
	int n;
};

static struct entry model[ENTRIES];
static size_t live;
static uint64_t rng_state;
static struct h_store s;
static struct table *t;

static uint32_t rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((rng_state >> 33) % below);
}

/** Few distinct keys; sort keys share long beginnings now and then. */
static char *random_pk(void)
{
	char *k = xmalloc(2);
	k[0] = (char)('p' + rng(4));
	k[1] = 0;
	return k;
}

static char *random_sk(void)
{
	static const uint32_t lengths[] = {1, 2, 3, 5, 439, 440, 441, 1000};
	uint32_t n = lengths[rng(8)];
	char *k = xmalloc(n + 1);
	memset(k, 'k', n);
	k[n - 1] = (char)('i' + rng(5));
	if (n > 2)
		k[n - 2] = (char)('i' + rng(5));
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

static void model_set(const char *pk, const char *sk, int n)
{
	struct entry *e = model_find(pk, sk);
	if (e) {
		e->n = n;
		return;
	}
	assert_true(live < ENTRIES);
	model[live++] = (struct entry){xstrdup(pk), xstrdup(sk), n};
	qsort(model, live, sizeof *model, compare);
}

static void model_del(struct entry *e)
{
	if (!e)
		return;
	free(e->pk);
	free(e->sk);
	*e = model[--live];
	qsort(model, live, sizeof *model, compare);
}

static void make_item(const char *pk, const char *sk, int n, struct buf *out)
{
	struct buf json = BUF_INIT;
	buf_addf(&json, "{\"pk\":\"%s\",\"sk\":\"%s\",\"n\":%d}", pk, sk, n);
	h_item(buf_str(&json), out);
	buf_finish(&json);
}

static struct expr *expr_n(enum expr_kind kind, const char *text, int n)
{
	char values[32];
	snprintf(values, sizeof values, "{\":n\":%d}", n);
	return h_expr(kind, text, values);
}

/* Transactions, batches and single updates: the same actions */

struct step {
	char *pk, *sk;
	int n, bound;
	bool conditional;
	struct buf item;
};

static struct transact_action make_action(struct step *step)
{
	struct transact_action a = {.kind = (enum transact_kind)rng(4), .table = t};
	step->pk = random_pk();
	step->sk = random_sk();
	step->n = (int)rng(20) - 8;
	step->bound = (int)rng(30) - 20;
	step->conditional = a.kind == TRANSACT_CHECK || rng(2);
	a.key = h_key(step->pk, step->sk);
	if (step->conditional)
		a.condition = expr_n(EXPR_CONDITION, "attribute_not_exists(pk) OR n >= :n", step->bound);
	if (a.kind == TRANSACT_UPDATE)
		a.update = expr_n(EXPR_UPDATE, "ADD n :n", step->n);
	if (a.kind == TRANSACT_PUT) {
		make_item(step->pk, step->sk, step->n, &step->item);
		a.item = buf_slice(&step->item);
	}
	return a;
}

static bool holds(const struct step *step)
{
	const struct entry *e = model_find(step->pk, step->sk);
	return !step->conditional || !e || e->n >= step->bound;
}

static void apply(const struct step *step, enum transact_kind kind)
{
	struct entry *e = model_find(step->pk, step->sk);
	if (kind == TRANSACT_PUT)
		model_set(step->pk, step->sk, step->n);
	else if (kind == TRANSACT_UPDATE)
		model_set(step->pk, step->sk, (e ? e->n : 0) + step->n);
	else if (kind == TRANSACT_DELETE)
		model_del(e);
}

static bool repeats(const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(steps[i].pk, steps[n].pk) && !strcmp(steps[i].sk, steps[n].sk))
			return true;
	return false;
}

static void steps_finish(struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(steps[i].pk);
		free(steps[i].sk);
		buf_finish(&steps[i].item);
	}
	h_exprs_free();
}

static void transaction(void)
{
	struct step steps[6];
	struct transact_action actions[6];
	struct err reasons[6];
	struct transact_result result = {.reasons = reasons};
	size_t n = 1 + rng(6);
	bool all = true, twice = false;
	memset(steps, 0, sizeof steps);
	for (size_t i = 0; i < n; i++) {
		actions[i] = make_action(&steps[i]);
		twice |= repeats(steps, i);
		all &= holds(&steps[i]);
	}
	struct transact_request r = {.actions = actions, .n = n};
	enum status st = op_transact_write(s.e, &h_caller, &r, &result, &h_err);
	assert_int_equal(st, twice ? ST_VALIDATION : all ? ST_OK : ST_CANCELED);
	for (size_t i = 0; i < n; i++) {
		if (st == ST_CANCELED)
			assert_int_equal(reasons[i].code, holds(&steps[i]) ? ST_OK : ST_CONDITION);
		if (st == ST_OK)
			apply(&steps[i], actions[i].kind);
	}
	steps_finish(steps, n);
}

static void single(void)
{
	struct step step = {0};
	struct transact_action a = make_action(&step);
	bool good = holds(&step);
	enum status st;
	if (a.kind == TRANSACT_PUT) {
		struct put_request r = {.table = t, .item = a.item, .condition = a.condition};
		st = op_put(s.e, &h_caller, &r, NULL, &h_err);
	} else if (a.kind == TRANSACT_DELETE) {
		struct delete_request r = {.table = t, .key = a.key, .condition = a.condition};
		st = op_delete(s.e, &h_caller, &r, &h_err);
	} else {
		struct update_request r = {.table = t, .key = a.key, .update = a.update, .condition = a.condition};
		r.update = a.update ? a.update : expr_n(EXPR_UPDATE, "ADD n :n", step.n);
		st = op_update(s.e, &h_caller, &r, NULL, &h_err);
		a.kind = TRANSACT_UPDATE;
	}
	assert_int_equal(st, good ? ST_OK : ST_CONDITION);
	if (good)
		apply(&step, a.kind);
	steps_finish(&step, 1);
}

static void batch(void)
{
	struct step steps[8];
	struct batch_write w[8];
	size_t n = 1 + rng(8);
	bool twice = false;
	memset(steps, 0, sizeof steps);
	for (size_t i = 0; i < n; i++) {
		struct transact_action a = make_action(&steps[i]);
		twice |= repeats(steps, i);
		w[i] = (struct batch_write){.table = t, .item = a.item, .key = a.key};
	}
	enum status st = op_batch_write(s.e, &h_caller, w, n, COMMIT_VISIBLE, (bool[OP_BATCH_WRITE_MAX]){0}, &h_err);
	assert_int_equal(st, twice ? ST_VALIDATION : ST_OK);
	for (size_t i = 0; i < n && !st; i++)
		apply(&steps[i], w[i].item.len ? TRANSACT_PUT : TRANSACT_DELETE);
	steps_finish(steps, n);
}

/* Queries */

enum shape { ALL, EQ, LT, LE, GT, GE, BETWEEN, PREFIX, SHAPES };

static const char *const shapes[SHAPES] = {
	[ALL] = "pk = :p",
	[EQ] = "pk = :p AND sk = :a",
	[LT] = "pk = :p AND sk < :a",
	[LE] = "pk = :p AND sk <= :a",
	[GT] = "pk = :p AND sk > :a",
	[GE] = "pk = :p AND sk >= :a",
	[BETWEEN] = "pk = :p AND sk BETWEEN :a AND :b",
	[PREFIX] = "pk = :p AND begins_with(sk, :a)",
};

static bool in_shape(enum shape shape, const char *sk, const char *a, const char *b)
{
	int c = strcmp(sk, a);
	switch (shape) {
	case EQ:
		return c == 0;
	case LT:
		return c < 0;
	case LE:
		return c <= 0;
	case GT:
		return c > 0;
	case GE:
		return c >= 0;
	case BETWEEN:
		return c >= 0 && strcmp(sk, b) <= 0;
	case PREFIX:
		return strncmp(sk, a, strlen(a)) == 0;
	default:
		return true;
	}
}

struct walk {
	const struct entry *want[ENTRIES]; /* in order, filter applied */
	size_t n, at, stop;
};

static bool check_row(const struct list_row *row, void *arg)
{
	struct walk *w = arg;
	struct buf item = BUF_INIT;
	assert_int_equal(row->status, ST_OK);
	assert_true(w->at < w->n);
	make_item(w->want[w->at]->pk, w->want[w->at]->sk, w->want[w->at]->n, &item);
	assert_true(slice_eq(row->item, buf_slice(&item)));
	buf_finish(&item);
	w->at++;
	return !w->stop || w->at % w->stop != 0;
}

/** Fills the walk with what the query should give; returns how many items it should examine. */
static size_t expected(struct walk *w, const char *pk, enum shape shape, const char *a, const char *b, bool backward, int least)
{
	size_t examined = 0;
	for (size_t i = 0; i < live; i++) {
		const struct entry *e = &model[backward ? live - 1 - i : i];
		if (strcmp(e->pk, pk) || !in_shape(shape, e->sk, a, b))
			continue;
		examined++;
		if (e->n >= least)
			w->want[w->n++] = e;
	}
	return examined;
}

static struct expr *key_condition(enum shape shape, const char *pk, const char *a, const char *b)
{
	struct buf values = BUF_INIT;
	buf_addf(&values, "{\":p\":\"%s\"", pk);
	if (shape != ALL)
		buf_addf(&values, ",\":a\":\"%s\"", a);
	if (shape == BETWEEN)
		buf_addf(&values, ",\":b\":\"%s\"", b);
	buf_add_byte(&values, '}');
	struct expr *e = h_expr(EXPR_KEY_CONDITION, shapes[shape], buf_str(&values));
	buf_finish(&values);
	return e;
}

/** All pages of the query; how many items they examined. */
static uint64_t walk_pages(struct query_request *r, struct walk *w)
{
	struct page page = {0};
	struct buf start = BUF_INIT;
	uint64_t examined = 0;
	do {
		assert_ok(op_query(s.e, &h_caller, r, check_row, w, &page, &h_err));
		assert_true(!r->page.limit || page.scanned_count <= r->page.limit);
		examined += page.scanned_count;
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		r->page.start_key = buf_slice(&start);
	} while (page.has_more);
	buf_finish(&start);
	page_finish(&page);
	return examined;
}

static void query(void)
{
	char *pk = random_pk(), *a = random_sk(), *b = random_sk();
	enum shape shape = (enum shape)rng(SHAPES);
	if (shape == PREFIX && rng(2))
		a[1 + rng((uint32_t)strlen(a))] = 0;
	if (strcmp(a, b) > 0) {
		char *c = a;
		a = b;
		b = c;
	}
	int least = rng(2) ? (int)rng(20) - 10 : -1000000;
	struct walk w = {.stop = rng(3) ? 0 : 1 + rng(5)};
	struct query_request r = {.backward = rng(2), .key_condition = key_condition(shape, pk, a, b)};
	r.page = (struct page_request){.table = t, .limit = rng(2) ? 0 : 1 + rng(6)};
	if (least > -1000000)
		r.page.filter = expr_n(EXPR_FILTER, "n >= :n", least);
	size_t examined = expected(&w, pk, shape, a, b, r.backward, least);
	assert_int_equal(walk_pages(&r, &w), examined);
	assert_int_equal(w.at, w.n);
	free(pk);
	free(a);
	free(b);
	h_exprs_free();
}

static bool count_row(const struct list_row *row, void *arg)
{
	assert_int_equal(row->status, ST_OK);
	++*(size_t *)arg;
	return true;
}

static void scan(void)
{
	size_t n = 0;
	struct scan_request r = {.page = {.table = t, .limit = 1 + rng(40)}, .total_segments = 1 + rng(6)};
	for (r.segment = 0; r.segment < r.total_segments; r.segment++) {
		struct page page = {0};
		struct buf start = BUF_INIT;
		do {
			r.page.start_key = buf_slice(&start);
			assert_ok(op_scan_page(s.e, &h_caller, &r, count_row, &n, &page, &h_err));
			buf_reset(&start);
			buf_add_slice(&start, buf_slice(&page.last_key));
		} while (page.has_more);
		buf_finish(&start);
		page_finish(&page);
	}
	assert_int_equal(n, live);
	struct table_info info;
	table_get_info(t, &info);
	assert_int_equal(info.item_count, live);
}

static void test_random_operations(void **state)
{
	static void (*const moves[])(void) = {single, transaction, batch, query, query};
	const char *seed = getenv("ITEMFS_SEED");
	rng_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)rng_state);
	h_create(&s);
	t = h_table(s.e, "Model", 'S', 'S');
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < 300; i++)
			moves[rng(5)]();
		scan();
		if (round % 4 == 3) {
			table_unref(t);
			h_reopen(&s);
			assert_ok(table_open(s.e, "Model", &t, &h_err));
			scan();
		}
	}
	print_message("%zu items\n", live);
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
