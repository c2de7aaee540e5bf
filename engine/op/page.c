#include "engine/op/page.h"

void page_finish(struct page *p)
{
	buf_finish(&p->last_key);
}

static enum status check_start_key(const struct key_schema *s, struct slice item, struct key *key, struct err *err)
{
	if (item_value(item).count != (schema_has_sk(s) ? 2 : 1) || key_from_item(s, item, key, NULL))
		return err_set(err, ST_VALIDATION,
			"The provided starting key is invalid: The provided key element does not match the schema");
	return ST_OK;
}

enum status page_run_init(struct page_run *p, const struct page_request *r, list_fn *fn, void *arg, struct err *err)
{
	p->r = r;
	p->schema = &r->table->schema;
	p->fn = fn;
	p->arg = arg;
	enum status st = table_use(r->table, &p->dk, err);
	return st || !r->start_key.len ? st : check_start_key(p->schema, r->start_key, &p->start, err);
}

static void note_examined(struct page_run *p, const struct list_row *row)
{
	p->got.scanned_count++;
	p->got.bytes += row->meta.size;
	buf_reset(&p->last);
	buf_add_slice(&p->last, row->key.pk);
	buf_add_slice(&p->last, row->key.sk);
	p->last_pk_len = row->key.pk.len;
}

/** The page ends behind the last row examined, whatever may follow. */
static bool end_page(struct page_run *p)
{
	struct slice last = buf_slice(&p->last);
	struct key key = {slice_of(last.ptr, p->last_pk_len), slice_from(last, p->last_pk_len)};
	row_key_item(p->schema, &key, &p->got.last_key);
	p->got.has_more = true;
	return false;
}

/** An item that passed the filter. False: the caller wants no more. */
static bool give(struct page_run *p, struct list_row *row)
{
	p->got.count++;
	if (p->r->count_only)
		return true;
	if (p->r->projection) {
		buf_reset(&p->projected);
		expr_project(p->r->projection, row->item, &p->projected);
		row->item = buf_slice(&p->projected);
	}
	return p->fn(row, p->arg);
}

static bool examine(struct page_run *p, struct list_row *row)
{
	if (p->got.scanned_count > 0 && p->got.bytes + row->meta.size > PAGE_BYTES_MAX)
		return end_page(p);
	note_examined(p, row);
	bool more = true;
	if (!p->r->filter || expr_test(p->r->filter, row->item))
		more = give(p, row);
	return more && p->got.scanned_count != p->r->limit ? true : end_page(p);
}

static bool page_row(const struct store_row *row, void *arg)
{
	struct page_run *p = arg;
	struct list_row out = {0};
	if (row->stored.len < STORE_PREFIX_SIZE)
		return true;
	memcpy(out.hash, row->stored.ptr + 6, PARTITION_HASH_SIZE);
	out.status = row_open(p->dk, row, row_scratch(), &out.meta, &out.item, NULL);
	if (!out.status)
		out.status = key_from_item(p->schema, out.item, &out.key, NULL) ? ST_CORRUPT : ST_OK;
	if (!out.status)
		return examine(p, &out);
	out.item = slice_of(NULL, 0);
	(void)p->fn(&out, p->arg); /* nobody knows its key: no page can end here */
	return true;
}

static enum status read_page(struct store_txn *txn, void *arg, struct err *err)
{
	struct page_run *p = arg;
	enum status st = usage_admit(&p->usage, p->r->table, 0, METER_READ, err);
	if (!st)
		st = store_range(txn, &p->rows, page_row, p, err);
	if (!st)
		usage_add_read(&p->usage, p->r->table, 0, p->got.bytes, p->r->consistent ? READ_CONSISTENT : READ_EVENTUAL);
	return st;
}

enum status page_run(struct page_run *p, struct engine *e, struct page *page, struct err *err)
{
	enum status st = usage_read(&p->usage, e, read_page, p, err);
	usage_give(&p->usage, p->r->consumed);
	if (st)
		return st;
	page_finish(page);
	*page = p->got;
	p->got.last_key = (struct buf)BUF_INIT;
	return ST_OK;
}

void page_run_finish(struct page_run *p)
{
	buf_finish(&p->bound);
	buf_finish(&p->projected);
	buf_finish(&p->last);
	page_finish(&p->got);
}
