/* Sort keys of every length and likeness against a sorted list in memory: gets, ranges both ways with every kind of bound, deletions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

#define ROWS_MAX 700
#define KEY_MAX STORE_SORT_MAX

struct row {
	uint8_t prefix[STORE_PREFIX_SIZE];
	uint8_t sort[KEY_MAX];
	size_t sort_len;
	bool has_sort;
	uint32_t value;
};

static char folder[64];
static struct sort_cipher cipher;
static struct store *store;
static struct row *model[ROWS_MAX];
static size_t count;

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static unsigned rng(unsigned n)
{
	return (unsigned)random() % n;
}

static int compare(const struct row *a, const struct row *b)
{
	int c = memcmp(a->prefix, b->prefix, STORE_PREFIX_SIZE);
	if (c || !a->has_sort || !b->has_sort)
		return c ? c : (int)a->has_sort - (int)b->has_sort;
	return slice_cmp(slice_of(a->sort, a->sort_len), slice_of(b->sort, b->sort_len));
}

static int compare_rows(const void *a, const void *b)
{
	return compare(*(struct row *const *)a, *(struct row *const *)b);
}

/* Families that meet the cipher's and the store's edges: blocks of 16, first looks of 32, 440 bytes inline, numbers' short binary. */
static void random_sort(struct row *r, int family)
{
	static const size_t edges[] = {
		0, 1, 15, 16, 17, 31, 32, 33, 438, 439, 440, 441, 442, 456, 1023, 1024, 1025, KEY_MAX - 1, KEY_MAX};
	switch (family) {
	case 0: /* anything */
		r->sort_len = 1 + rng(KEY_MAX);
		for (size_t i = 0; i < r->sort_len; i++)
			r->sort[i] = (uint8_t)random();
		break;
	case 1: /* alike for hundreds of bytes, unlike around 440 */
		r->sort_len = 430 + rng(30);
		memset(r->sort, 'q', r->sort_len);
		for (size_t i = r->sort_len - 5; i < r->sort_len; i++)
			r->sort[i] = (uint8_t)("pqr"[rng(3)]);
		break;
	case 2: /* alike for 890 bytes */
		r->sort_len = 900 + rng(8);
		memset(r->sort, 'z', r->sort_len);
		r->sort[895] = (uint8_t)rng(4);
		break;
	case 3: /* prefixes of each other */
		r->sort_len = edges[rng(sizeof edges / sizeof edges[0])];
		memset(r->sort, 'e', r->sort_len);
		break;
	default: /* short binary */
		r->sort_len = 1 + rng(4);
		for (size_t i = 0; i < r->sort_len; i++)
			r->sort[i] = (uint8_t)(rng(4) * 85);
	}
}

static struct row *random_row(void)
{
	struct row *r = xcalloc(1, sizeof *r);
	r->prefix[3] = (uint8_t)(1 + rng(2));
	r->prefix[6] = (uint8_t)(rng(3) * 127);
	r->prefix[21] = (uint8_t)rng(2);
	r->has_sort = rng(12) != 0;
	if (r->has_sort)
		random_sort(r, (int)rng(5));
	r->value = (uint32_t)random();
	return r;
}

static struct store_key key_of(const struct row *r)
{
	return (struct store_key){slice_of(r->prefix, STORE_PREFIX_SIZE), slice_of(r->sort, r->sort_len), r->has_sort};
}

static size_t place_of(const struct row *r, bool *found)
{
	size_t i = 0;
	while (i < count && compare(model[i], r) < 0)
		i++;
	*found = i < count && compare(model[i], r) == 0;
	return i;
}

static enum status put_row(struct store_txn *txn, void *arg, struct err *err)
{
	struct row *r = arg;
	struct store_key key = key_of(r);
	struct store_row row;
	uint8_t *to;
	size_t n = 4 + r->value % 3 * 8;
	enum status st = store_put(txn, STORE_ITEMS, &key, n, &to, &row, err);
	if (!st) {
		memset(to, 0, n);
		memcpy(to, &r->value, 4);
	}
	return st;
}

static enum status del_row(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key key = key_of(arg);
	return store_del(txn, STORE_ITEMS, &key, err);
}

static enum status get_row(struct store_txn *txn, void *arg, struct err *err)
{
	struct row *r = arg;
	struct store_key key = key_of(r);
	struct store_row row;
	enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
	if (!st)
		memcpy(&r->value, row.value.ptr, 4);
	return st;
}

static void change(void)
{
	bool found;
	struct row *r = random_row();
	size_t at = place_of(r, &found);
	if (rng(3) == 0 || count == ROWS_MAX) {
		if (!found && count && rng(2)) {
			free(r);
			at = rng((unsigned)count);
			r = xcalloc(1, sizeof *r);
			*r = *model[at];
			found = true;
		}
		assert_int_equal(store_write(store, del_row, r, STORE_VISIBLE, NULL), found ? ST_OK : ST_NOT_FOUND);
		free(r);
		if (!found)
			return;
		free(model[at]);
		memmove(&model[at], &model[at + 1], (--count - at) * sizeof model[0]);
		return;
	}
	assert_int_equal(store_write(store, put_row, r, STORE_VISIBLE, NULL), ST_OK);
	if (found) {
		free(model[at]);
		model[at] = r;
		return;
	}
	model[count++] = r;
	qsort(model, count, sizeof model[0], compare_rows);
}

static void check_gets(void)
{
	for (size_t i = 0; i < count; i++) {
		struct row r = *model[i];
		r.value = 0;
		assert_int_equal(store_read(store, get_row, &r, NULL), ST_OK);
		assert_int_equal(r.value, model[i]->value);
	}
}

/* Ranges. The model's verdict on one row, straight from the contract. */
static bool past_bound(const struct row *r, const struct store_key *bound, bool open, bool upper)
{
	if (bound->prefix.len == 0)
		return false;
	struct slice prefix = slice_of(r->prefix, STORE_PREFIX_SIZE);
	if (!bound->has_sort) {
		bool begins = slice_has_prefix(prefix, bound->prefix);
		bool very_key = bound->prefix.len == STORE_PREFIX_SIZE && begins && !r->has_sort;
		if (very_key)
			return open;
		if (begins)
			return upper && open;
		int c = slice_cmp(prefix, bound->prefix);
		return upper ? c > 0 : c < 0;
	}
	struct row b = {.has_sort = true, .sort_len = bound->sort.len};
	memcpy(b.prefix, bound->prefix.ptr, STORE_PREFIX_SIZE);
	if (bound->sort.len)
		memcpy(b.sort, bound->sort.ptr, bound->sort.len);
	int c = compare(r, &b);
	return c == 0 ? open : upper ? c > 0 : c < 0;
}

struct walk {
	struct store_range range;
	uint32_t got[ROWS_MAX + 1];
	size_t n;
	size_t deleted;
};

static bool take(const struct store_row *row, void *arg)
{
	struct walk *w = arg;
	assert_true(w->n < ROWS_MAX);
	memcpy(&w->got[w->n++], row->value.ptr, 4);
	return true;
}

static enum status walk_range(struct store_txn *txn, void *arg, struct err *err)
{
	struct walk *w = arg;
	w->n = 0;
	return store_range(txn, &w->range, take, w, err);
}

static void random_bound(struct store_key *bound, struct row *r)
{
	static const size_t cuts[] = {0, 1, 4, 6, 7, 21, 22};
	*bound = key_of(r);
	if (rng(2) && r->has_sort)
		return;
	bound->has_sort = false;
	bound->prefix.len = cuts[rng(7)];
}

static void check_range(void)
{
	static struct walk w;
	struct row *new_lo = random_row(), *new_hi = random_row();
	struct row *lo = rng(2) && count ? model[rng((unsigned)count)] : new_lo;
	struct row *hi = rng(2) && count ? model[rng((unsigned)count)] : new_hi;
	w.range = (struct store_range){.db = STORE_ITEMS, .lo_open = rng(2), .hi_open = rng(2), .reverse = rng(2)};
	random_bound(&w.range.lo, lo);
	random_bound(&w.range.hi, hi);
	assert_int_equal(store_read(store, walk_range, &w, NULL), ST_OK);
	size_t n = 0;
	for (size_t j = 0; j < count; j++) {
		const struct row *r = model[w.range.reverse ? count - 1 - j : j];
		if (past_bound(r, &w.range.lo, w.range.lo_open, false) || past_bound(r, &w.range.hi, w.range.hi_open, true))
			continue;
		assert_true(n < w.n);
		assert_int_equal(w.got[n++], r->value);
	}
	assert_int_equal(w.n, n);
	free(new_lo);
	free(new_hi);
}

static enum status del_some(struct store_txn *txn, void *arg, struct err *err)
{
	struct walk *w = arg;
	return store_del_range(txn, &w->range, 7, &w->deleted, err);
}

static enum status count_long(struct store_txn *txn, void *arg, struct err *err)
{
	struct walk *w = arg;
	w->n = 0;
	w->range = (struct store_range){.db = STORE_LONGKEYS};
	return store_range(txn, &w->range, take, w, err);
}

/* Everything of one table, as the removal of a table does it; nothing of long keys may stay behind. */
static void check_del_range(void)
{
	static struct walk w;
	size_t gone = 0, left = 0, with_rest = 0;
	uint8_t table[4] = {0, 0, 0, 1};
	struct store_key whole = {.prefix = slice_of(table, 4)};
	do {
		w.range = (struct store_range){.db = STORE_ITEMS, .lo = whole, .hi = whole};
		assert_int_equal(store_write(store, del_some, &w, STORE_VISIBLE, NULL), ST_OK);
		gone += w.deleted;
	} while (w.deleted == 7);
	for (size_t i = 0; i < count; i++) {
		if (model[i]->prefix[3] == 1) {
			free(model[i]);
			continue;
		}
		with_rest += model[i]->has_sort && model[i]->sort_len > SORT_INLINE_MAX;
		model[left++] = model[i];
	}
	assert_int_equal(gone, count - left);
	count = left;
	assert_int_equal(store_read(store, count_long, &w, NULL), ST_OK);
	assert_true(w.n > with_rest && w.n <= with_rest + with_rest / 2 + 40); /* the counter; rests that branch pages need */
}

static void test_order(void **state)
{
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	print_message("SEED=%u\n", seed);
	srandom(seed);
	for (int i = 0; i < 2500; i++)
		change();
	check_gets();
	for (int i = 0; i < 600; i++)
		check_range();
	check_del_range();
	check_gets();
	for (int i = 0; i < 500; i++)
		change();
	check_gets();
}

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	snprintf(folder, sizeof folder, "/tmp/itemfs-order-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	struct store_options o = {.path = folder, .create = true, .sort_cipher = the_cipher};
	return (int)store_open_lmdb(&o, &store, NULL);
}

static int finish(void **state)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	char path[128];
	store_close(store);
	while (count)
		free(model[--count]);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
	return cmocka_run_group_tests(tests, start, finish);
}
