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

/* Index id 0, the table's own rows: row_key_hash() says so. */
static void bound_rows(struct page_run *p, const struct key_range *range, bool backward)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	data_key_hash(p->dk, range->pk, hash);
	row_key_hash(&p->lo, p->r->table, hash);
	row_key_hash(&p->hi, p->r->table, hash);
	row_key_step(&p->hi);
	p->rows = (struct store_range){.db = STORE_ITEMS, .lo = p->lo.key, .hi = p->hi.key, .hi_open = true, .reverse = backward};
	if (range->lo.len)
		set_bound(p, false, range->lo, range->lo_open);
	if (range->hi.len)
		set_bound(p, true, range->hi, range->hi_open);
	if (range->prefix.len && prefix_end(range->prefix, &p->bound))
		set_bound(p, true, buf_slice(&p->bound), true);
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
	if (!st && p->start.pk.len)
		st = check_start(p, &range, err);
	if (st)
		return st;
	bound_rows(p, &range, r->backward);
	if (p->start.sk.len)
		set_bound(p, r->backward, p->start.sk, true);
	else if (p->start.pk.len) /* the one item there can be was examined */
		p->rows.hi = p->rows.lo;
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
