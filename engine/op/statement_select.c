/* SELECT: a Query of each partition that the WHERE names, else a Scan, a page at a time. */
#include "engine/op/statement.h"

#include <stdlib.h>

#define SEVERAL_KEYS_ITEMS_MAX 10 /* of a page, where the WHERE names several partition keys */

struct select_run {
	struct engine *e;
	const struct caller *c;
	const struct prepared *x;
	const struct statement_request *r;
	statement_row_fn *fn;
	void *arg;

	struct key_schema schema; /* of the table or index */
	struct partiql_hashes hashes;
	bool by_hash, backward, single; /* single: at most one item can be there */
	size_t at;                      /* which of the hashes */
	struct buf start_key;
	struct buf columns;
	uint64_t scanned, bytes;
	size_t given, given_max;
};

static bool give_row(const struct list_row *row, void *arg)
{
	struct select_run *run = arg;
	struct slice item = row->item;
	if (!row->status && run->x->p->columns) {
		buf_reset(&run->columns);
		partiql_columns(run->x->p, item, &run->columns);
		item = buf_slice(&run->columns);
	}
	run->given++;
	return run->fn(row->status, item, run->arg) && run->given < run->given_max;
}

/* The plan */

static enum status find_index(struct select_run *run, struct err *err)
{
	struct slice name = run->x->p->index;
	struct table_def def;
	bool found = false;
	table_get_def(run->x->t, &def);
	for (size_t i = 0; i < def.index_count && !found; i++) {
		found = slice_eq_str(name, def.indexes[i].name);
		if (found)
			run->schema = def.indexes[i].schema;
	}
	table_def_finish(&def);
	if (found)
		return ST_OK;
	return err_set(err, ST_NO_INDEX, "The table does not have the specified index: %.*s",
		(int)(name.len < LIMIT_INDEX_NAME_MAX ? name.len : LIMIT_INDEX_NAME_MAX), (const char *)name.ptr);
}

static int hash_cmp(const void *a, const void *b, void *descending)
{
	int c = slice_cmp(((const struct value *)a)->body, ((const struct value *)b)->body);
	return *(const bool *)descending ? -c : c;
}

static enum status apply_order_term(struct select_run *run, const struct partiql_order *o, struct err *err)
{
	bool descending = o->descending;
	if (slice_eq_str(o->name, run->schema.pk.name)) {
		qsort_r(run->hashes.values, run->hashes.count, sizeof *run->hashes.values, hash_cmp, &descending);
		return ST_OK;
	}
	if (schema_has_sk(&run->schema) && slice_eq_str(o->name, run->schema.sk.name)) {
		run->backward = descending;
		return ST_OK;
	}
	return err_set(err, ST_VALIDATION, "Variable reference %.*s in ORDER BY clause must be part of the primary key",
		(int)(o->name.len < LIMIT_KEY_ATTR_NAME ? o->name.len : LIMIT_KEY_ATTR_NAME), (const char *)o->name.ptr);
}

static enum status apply_order(struct select_run *run, struct err *err)
{
	const struct partiql *p = run->x->p;
	enum status st = ST_OK;
	if (p->order_count == 0)
		return ST_OK;
	if (!run->by_hash)
		return err_set(err, ST_VALIDATION,
			"Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
	for (size_t i = p->order_count; i-- > 0 && !st;) /* of two terms on one attribute the first counts */
		st = apply_order_term(run, &p->order[i], err);
	if (!st && run->hashes.count > 1 && !slice_eq_str(p->order[0].name, run->schema.pk.name))
		st = err_set(err, ST_VALIDATION,
			"ORDER BY must begin with the hash key %s where the WHERE clause names several of its values",
			run->schema.pk.name);
	return st;
}

static enum status plan(struct select_run *run, struct err *err)
{
	const struct partiql *p = run->x->p;
	struct key key;
	enum status st = p->index.len ? find_index(run, err) : ST_OK, ignored;
	if (st)
		return st;
	run->by_hash = partiql_hashes(p, &run->schema, &run->hashes);
	run->single = !p->index.len && run->hashes.count == 1 && partiql_key(p, &run->schema, &key, &ignored, NULL);
	run->given_max = run->hashes.count > 1 ? SEVERAL_KEYS_ITEMS_MAX : SIZE_MAX;
	if (run->hashes.too_many)
		return err_set(err, ST_VALIDATION,
			"The IN operator is provided with too many operands; at most %d values of the hash key are allowed",
			PARTIQL_HASH_KEYS_MAX);
	return apply_order(run, err);
}

/* Pages */

static struct page_request page_request(struct select_run *run)
{
	const struct partiql *p = run->x->p;
	return (struct page_request){.table = run->x->t,
		.index = p->index,
		.filter = p->where,
		.projection = p->attributes,
		.consistent = run->r->statement.consistent,
		.limit = run->r->limit ? (uint32_t)(run->r->limit - run->scanned) : 0,
		.start_key = buf_slice(&run->start_key),
		.consumed = run->r->consumed};
}

static enum status scan(struct select_run *run, struct page *page, struct err *err)
{
	struct scan_request r = {.page = page_request(run)};
	return op_scan_page(run->e, run->c, &r, give_row, run, page, err);
}

static enum status query(struct select_run *run, struct page *page, struct err *err)
{
	struct query_request r = {.page = page_request(run), .backward = run->backward};
	struct expr *condition;
	enum status st = partiql_key_condition(run->x->p, &run->schema, run->hashes.values[run->at], &condition, err);
	if (st)
		return st;
	r.key_condition = condition;
	st = op_query(run->e, run->c, &r, give_row, run, page, err);
	expr_free(condition);
	return st;
}

/** Whether the answer has room for another partition. */
static bool has_room(const struct select_run *run)
{
	return run->bytes < OP_PAGE_BYTES && run->given < run->given_max && (!run->r->limit || run->scanned < run->r->limit);
}

/** One after the other, until one's page is full, or the answer. *at_end: there are no more. */
static enum status query_partitions(struct select_run *run, struct page *page, bool *at_end, struct err *err)
{
	enum status st = ST_OK;
	*at_end = run->at >= run->hashes.count;
	while (!st && !*at_end) {
		st = query(run, page, err);
		if (st || (page->has_more && !run->single))
			break;
		run->scanned += page->scanned_count;
		run->bytes += page->bytes;
		buf_reset(&run->start_key);
		*at_end = ++run->at == run->hashes.count;
		page_finish(page);
		*page = (struct page){0};
		if (!has_room(run))
			break;
	}
	return st;
}

static enum status read_pages(struct select_run *run, struct statement_page *out, struct err *err)
{
	struct page page = {0};
	bool at_end = false;
	enum status st = run->by_hash ? query_partitions(run, &page, &at_end, err) : scan(run, &page, err);
	if (!st && !run->by_hash)
		at_end = !page.has_more;
	if (!st && !at_end)
		statement_token_write(run->e, run->x->s, run->at, buf_slice(&page.last_key), &out->next_token);
	if (!st && page.last_key.len) {
		out->has_last_key = true;
		buf_add_slice(&out->last_key, buf_slice(&page.last_key));
	}
	page_finish(&page);
	return st;
}

enum status statement_select(struct engine *e, const struct caller *c, const struct prepared *x, const struct statement_request *r,
	statement_row_fn *fn, void *arg, struct statement_page *page, struct err *err)
{
	struct select_run run = {.e = e, .c = c, .x = x, .r = r, .fn = fn, .arg = arg, .schema = x->t->schema};
	enum status st = plan(&run, err);
	if (!st && r->next_token.len)
		st = statement_token_read(e, x->s, r->next_token, &run.at, &run.start_key, err);
	if (!st)
		st = read_pages(&run, page, err);
	buf_finish(&run.start_key);
	buf_finish(&run.columns);
	return st;
}
