/** What the tests of indexes share: tables from JSON, a query in one line, and the question whether an index is what a rescan would make of it. */
#ifndef TESTS_UNIT_INDEX_HARNESS_H
#define TESTS_UNIT_INDEX_HARNESS_H

#include "tests/unit/harness.h"

#include <time.h>

#include "engine/base/bytes.h"
#include "engine/op/index.h"
#include "engine/op_query.h"

static inline struct table *x_table(struct engine *e, const char *name, const char *json)
{
	struct table_def def;
	struct table *t;
	assert_ok(table_def_parse(slice_str(json), name, &h_caller, &def, &h_err));
	assert_ok(table_create(e, &h_caller, &def, &t, &h_err));
	table_def_finish(&def);
	return t;
}

static inline enum status x_update(struct engine *e, const char *name, const char *json)
{
	struct table_def def;
	assert_ok(table_def_parse(slice_str(json), name, &h_caller, &def, &h_err));
	enum status st = table_update(e, &h_caller, &def, &h_err);
	table_def_finish(&def);
	return st;
}

static inline void x_sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/** What the definition says of the index; INDEX_UPDATING, which no index is: nothing. */
static inline enum index_status x_status(struct table *t, const char *index)
{
	enum index_status status = INDEX_UPDATING;
	struct table_def def;
	table_get_def(t, &def);
	for (size_t i = 0; i < def.index_count; i++)
		if (!strcmp(def.indexes[i].name, index))
			status = def.indexes[i].status;
	table_def_finish(&def);
	return status;
}

/** Waits until the index is ACTIVE, or (`gone`) no more there. */
static inline void x_wait(struct table *t, const char *index, bool gone)
{
	for (int i = 0; i < 6000 && x_status(t, index) != (gone ? INDEX_UPDATING : INDEX_ACTIVE); i++)
		x_sleep_ms(5);
	assert_int_equal(x_status(t, index), gone ? INDEX_UPDATING : INDEX_ACTIVE);
}

static inline void x_put(struct engine *e, struct table *t, const char *json)
{
	assert_ok(h_put(e, t, json, (struct cond){0}, NULL));
}

/** Items as text, one behind the other. */
static inline bool x_add_text(const struct list_row *row, void *arg)
{
	struct buf *out = arg;
	if (row->status)
		buf_addf(out, "<%s>", status_info(row->status)->name);
	else
		json_write_item(row->item, &(struct json_style){.line = true}, out);
	buf_add_byte(out, '\n');
	return true;
}

/** Appends what the query gives, one item a line. */
static inline enum status x_query(struct engine *e, struct query_request *r, const char *condition, const char *values, struct page *page,
	struct buf *out)
{
	r->key_condition = h_expr(EXPR_KEY_CONDITION, condition, values);
	return op_query(e, &h_caller, r, x_add_text, out, page, &h_err);
}

/** Fails unless a query of the index gives these lines. */
static inline void x_gives(struct engine *e, struct table *t, const char *index, const char *condition, const char *values, const char *want)
{
	struct query_request r = {.page = {.table = t, .index = slice_str(index)}};
	struct page page = {0};
	struct buf out = BUF_INIT;
	assert_ok(x_query(e, &r, condition, values, &page, &out));
	assert_string_equal(buf_str(&out), want);
	page_finish(&page);
	buf_finish(&out);
}

/** From here on the store can be made to fail (store_fault_arm()); the background thread, which uses it, stands still meanwhile. */
static inline void x_wrap_fault(struct engine *e)
{
	reaper_finish(e);
	e->reaper_stop = false;
	e->reaper_retry_ns = 1000000;
	e->store = store_wrap_fault(e->store, 0, false);
	commit_install(e);
	assert_ok(reaper_start(e, &h_err));
}

/* Rescan */

struct x_item {
	struct buf item;
	struct key key;
	size_t size;
	bool seen;
};
struct x_items {
	struct x_item *items;
	size_t n, cap;
	struct table *t;
	const struct index *x;
	size_t entries, bytes;
	struct buf last_pk, last_sk;
};

static inline bool x_take_item(const struct list_row *row, void *arg)
{
	struct x_items *all = arg;
	assert_int_equal(row->status, ST_OK);
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->items = xrealloc(all->items, all->cap * sizeof *all->items);
	}
	struct x_item *it = &all->items[all->n++];
	*it = (struct x_item){.size = row->meta.size};
	buf_add_slice(&it->item, row->item);
	assert_ok(key_from_item(&all->t->schema, buf_slice(&it->item), &it->key, &h_err));
	return true;
}

static inline int x_compare(const void *a, const void *b)
{
	const struct x_item *x = a, *y = b;
	int c = slice_cmp(x->key.pk, y->key.pk);
	return c ? c : slice_cmp(x->key.sk, y->key.sk);
}

static inline void x_check_projection(struct x_items *all, const struct x_item *it, struct slice got)
{
	struct buf want = BUF_INIT;
	if (all->x->projection == PROJECTION_ALL)
		buf_add_slice(&want, buf_slice(&it->item));
	else
		index_pick(&all->x->projected, buf_slice(&it->item), &want);
	assert_true(slice_eq(buf_slice(&want), got));
	all->bytes += item_size(got);
	buf_finish(&want);
}

static inline bool x_take_entry(const struct list_row *row, void *arg)
{
	struct x_items *all = arg;
	struct key key;
	assert_int_equal(row->status, ST_OK);
	struct x_item want = {.key = row->key}, *it = bsearch(&want, all->items, all->n, sizeof want, x_compare);
	assert_non_null(it);
	assert_false(it->seen);
	it->seen = true;
	x_check_projection(all, it, row->item);
	assert_ok(index_key(all->x, buf_slice(&it->item), &key));
	if (all->entries++ && slice_eq(buf_slice(&all->last_pk), key.pk))
		assert_true(slice_cmp(buf_slice(&all->last_sk), key.sk) <= 0);
	buf_reset(&all->last_pk);
	buf_reset(&all->last_sk);
	buf_add_slice(&all->last_pk, key.pk);
	buf_add_slice(&all->last_sk, key.sk);
	return true;
}

static inline void x_scan_index(struct engine *e, struct x_items *all, uint32_t limit)
{
	struct scan_request r = {.page = {.table = all->t, .index = slice_str(all->x->name), .limit = limit}};
	struct page page = {0};
	struct buf start = BUF_INIT;
	do {
		assert_ok(op_scan_page(e, &h_caller, &r, x_take_entry, all, &page, &h_err));
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		r.page.start_key = buf_slice(&start);
		assert_true(!limit || page.scanned_count <= limit);
	} while (page.has_more);
	page_finish(&page);
	buf_finish(&start);
}

/* Rows as they lie in the store: readers skip an entry that leads nowhere. */

struct x_rows {
	uint8_t prefix[6];
	size_t n;
};

static inline bool x_count_row(const struct store_row *row, void *arg)
{
	((struct x_rows *)arg)->n++;
	return true;
}

static inline enum status x_count_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct x_rows *rows = arg;
	struct store_key whole = {.prefix = slice_of(rows->prefix, sizeof rows->prefix)};
	struct store_range range = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	return store_range(txn, &range, x_count_row, rows, err);
}

static inline size_t x_rows_of(struct engine *e, const struct table *t, uint16_t index)
{
	struct x_rows rows = {.n = 0};
	put_be32(rows.prefix, t->id);
	put_be16(rows.prefix + 4, index);
	assert_ok(store_read(e->store, x_count_in_txn, &rows, &h_err));
	return rows.n;
}

/** The index has an entry for each item with its key, and no other; in order; its counts are exact. */
static inline void x_equals_rescan(struct engine *e, struct table *t, const char *index, uint32_t limit)
{
	struct index_set *set = index_set_of(t);
	const struct index_entry *entry = index_set_find(set, slice_str(index));
	assert_non_null(entry);
	struct x_items all = {.t = t, .x = entry->x};
	struct partition_pos first = {0};
	struct index_info info;
	struct key key;
	size_t wanted = 0;
	assert_ok(op_scan(e, &h_caller, t, &first, slice_of(NULL, 0), x_take_item, &all, &h_err));
	if (all.n)
		qsort(all.items, all.n, sizeof *all.items, x_compare);
	for (size_t i = 0; i < all.n; i++)
		wanted += !index_key(all.x, buf_slice(&all.items[i].item), &key);
	x_scan_index(e, &all, limit);
	assert_int_equal(all.entries, wanted);
	assert_int_equal(x_rows_of(e, t, all.x->id), wanted);
	assert_true(table_get_index_info(t, index, &info));
	assert_int_equal(info.item_count, all.entries);
	assert_int_equal(info.item_bytes, all.bytes);
	for (size_t i = 0; i < all.n; i++)
		buf_finish(&all.items[i].item);
	free(all.items);
	buf_finish(&all.last_pk);
	buf_finish(&all.last_sk);
	index_set_unref(set);
}

#endif
