/* The items of one partition that a key condition asks for: their range of rows, cut by the start key. */
#include "engine/op/page.h"

/** The bytes after all that begin with `prefix`; false: there are none. */
static bool prefix_end(struct slice prefix, struct buf *out)
{
	buf_add_slice(out, prefix);
	while (out->len > 0 && out->ptr[out->len - 1] == 0xFF)
		buf_resize(out, out->len - 1);
	if (out->len == 0)
		return false;
	out->ptr[out->len - 1]++;
	return true;
}

static void set_bound(struct page_run *p, bool hi, struct slice sort, bool open)
{
	struct store_key *bound = hi ? &p->rows.hi : &p->rows.lo;
	*bound = p->lo.key; /* the partition */
	bound->sort = sort;
	bound->has_sort = true;
	*(hi ? &p->rows.hi_open : &p->rows.lo_open) = open;
}

/** The partition as a whole. */
static void bound_partition(struct page_run *p, struct slice pk, bool backward)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	uint16_t index = p->x ? p->x->id : 0;
	data_key_hash(p->dk, pk, hash);
	row_key_in(&p->lo, p->r->table, index, hash);
	row_key_in(&p->hi, p->r->table, index, hash);
	row_key_step(&p->hi);
	p->rows = (struct store_range){.db = STORE_ITEMS, .lo = p->lo.key, .hi = p->hi.key, .hi_open = true, .reverse = backward};
}

static void bound_rows(struct page_run *p, const struct key_range *range)
{
	if (range->lo.len)
		set_bound(p, false, range->lo, range->lo_open);
	if (range->hi.len)
		set_bound(p, true, range->hi, range->hi_open);
	if (range->prefix.len && prefix_end(range->prefix, &p->hi_sort))
		set_bound(p, true, buf_slice(&p->hi_sort), true);
}

/* All entries of a sort key begin with it, escaped, and 0 0. What is greater goes on with at least 0 1: with 0 0xFF where it has a 0 itself. */
static void bound_entry(struct page_run *p, bool hi, struct slice sk, bool behind)
{
	struct buf *sort = hi ? &p->hi_sort : &p->lo_sort;
	index_escape(sk, sort);
	buf_add(sort, behind ? "\0\1" : "\0\0", 2);
	set_bound(p, hi, buf_slice(sort), hi);
}

static void bound_entries(struct page_run *p, const struct key_range *range)
{
	struct buf prefix = BUF_INIT;
	if (range->lo.len && !range->prefix.len)
		bound_entry(p, false, range->lo, range->lo_open);
	if (range->hi.len)
		bound_entry(p, true, range->hi, !range->hi_open);
	index_escape(range->prefix, &prefix);
	if (range->prefix.len) {
		buf_add_slice(&p->lo_sort, buf_slice(&prefix));
		set_bound(p, false, buf_slice(&p->lo_sort), false);
	}
	if (range->prefix.len && prefix_end(buf_slice(&prefix), &p->hi_sort))
		set_bound(p, true, buf_slice(&p->hi_sort), true);
	buf_finish(&prefix);
}

/** The start key cuts the range. */
static void bound_start(struct page_run *p, bool backward)
{
	struct buf *sort = backward ? &p->hi_sort : &p->lo_sort;
	if (p->x) {
		buf_reset(sort);
		page_start_sort(p, sort);
		set_bound(p, backward, buf_slice(sort), true);
	} else if (p->start.sk.len) {
		set_bound(p, backward, p->start.sk, true);
	} else { /* the one item there can be was examined */
		p->rows.hi = p->rows.lo;
	}
}

/** A start key is one that an earlier page of the same query ended with. */
static enum status check_start(const struct page_run *p, const struct key_range *range, struct err *err)
{
	if (!slice_eq(p->start.pk, range->pk))
		return err_set(
			err, ST_VALIDATION, "The provided starting key is outside query boundaries based on provided conditions");
	if (p->start.sk.len && !key_range_has(range, p->start.sk))
		return err_set(err, ST_VALIDATION, "The provided starting key does not match the range key predicate");
	return ST_OK;
}

static enum status query_page(
	struct page_run *p, struct engine *e, const struct query_request *r, struct page *page, struct err *err)
{
	struct key_range range;
	enum status st = expr_key_range(r->key_condition, p->schema, &range, err);
	if (!st && r->page.filter)
		st = expr_check_filter(r->page.filter, p->schema, err);
	if (!st)
		st = page_run_start(p, false, err);
	if (!st && p->start.pk.len)
		st = check_start(p, &range, err);
	if (st)
		return st;
	bound_partition(p, range.pk, r->backward);
	(p->x ? bound_entries : bound_rows)(p, &range);
	if (p->start.pk.len)
		bound_start(p, r->backward);
	return page_run(p, e, page, err);
}

enum status op_query(struct engine *e, const struct caller *c, const struct query_request *r, list_fn *fn, void *arg,
	struct page *page, struct err *err)
{
	struct page_run p = {.usage = {.by = c}};
	enum status st = page_run_init(&p, &r->page, fn, arg, err);
	if (!st)
		st = query_page(&p, e, r, page, err);
	page_run_finish(&p);
	return st;
}
