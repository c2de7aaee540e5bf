#include "engine/op/page.h"

void page_finish(struct page *p)
{
	buf_finish(&p->last_key);
}

/** The key attributes of table and index, all of them and nothing else. */
static bool read_start_key(struct page_run *p, struct slice item)
{
	size_t count = p->x ? p->x->keys.count : schema_has_sk(p->schema) ? 2 : 1;
	bool good = item_value(item).count == count && !key_from_item(p->schema, item, &p->start, NULL);
	return good && (!p->x || !key_from_item(&p->r->table->schema, item, &p->start_base, NULL));
}

enum status page_run_start(struct page_run *p, bool scan, struct err *err)
{
	if (!p->r->start_key.len || read_start_key(p, p->r->start_key))
		return ST_OK;
	p->start = (struct key){0};
	return err_set(err, ST_VALIDATION, "The provided starting key is invalid%s",
		scan ? ": The provided key element does not match the schema" : "");
}

enum status page_run_init(struct page_run *p, const struct page_request *r, list_fn *fn, void *arg, struct err *err)
{
	p->r = r;
	p->schema = &r->table->schema;
	p->fn = fn;
	p->arg = arg;
	enum status st = table_use(r->table, &p->dk, err);
	return st ? st : page_check(p, err);
}

static enum read_kind kind(const struct page_run *p)
{
	return p->r->consistent ? READ_CONSISTENT : READ_EVENTUAL;
}

static void note_examined(struct page_run *p, const struct list_row *row, struct slice whole, uint32_t size)
{
	p->got.scanned_count++;
	p->got.bytes += size;
	buf_reset(&p->last);
	if (p->x) {
		index_pick(&p->x->keys, whole, &p->last);
		if (p->fetch) /* each item is a read of its own */
			usage_add_read(&p->usage, p->r->table, 0, row->meta.size, kind(p));
		return;
	}
	buf_add_slice(&p->last, row->key.pk);
	buf_add_slice(&p->last, row->key.sk);
	p->last_pk_len = row->key.pk.len;
}

/** The page ends behind the last row examined, whatever may follow. */
static bool end_page(struct page_run *p)
{
	struct slice last = buf_slice(&p->last);
	struct key key = {slice_of(last.ptr, p->last_pk_len), slice_from(last, p->last_pk_len)};
	if (p->x)
		buf_add_slice(&p->got.last_key, last);
	else
		row_key_item(p->schema, &key, &p->got.last_key);
	p->got.has_more = true;
	return false;
}

/** An item that passed the filter. False: the caller wants no more. */
static bool give(struct page_run *p, struct list_row *row)
{
	p->got.count++;
	if (p->r->select == SELECT_COUNT)
		return true;
	if (p->r->projection) {
		buf_reset(&p->projected);
		expr_project(p->r->projection, row->item, &p->projected);
		row->item = buf_slice(&p->projected);
	}
	return p->fn(row, p->arg);
}

/** `size`: what the row counts for; `whole`: the item it is of. */
static bool examine(struct page_run *p, struct list_row *row, struct slice whole, uint32_t size)
{
	if (p->got.scanned_count > 0 && p->got.bytes + size > OP_PAGE_BYTES)
		return end_page(p);
	note_examined(p, row, whole, size);
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
		return examine(p, &out, out.item, out.meta.size);
	out.item = slice_of(NULL, 0);
	(void)p->fn(&out, p->arg); /* nobody knows its key: no page can end here */
	return true;
}

static bool index_page_row(const struct store_row *row, void *arg)
{
	struct page_run *p = arg;
	struct list_row out = {0};
	struct slice whole;
	uint32_t size;
	if (!page_entry(p, row, &out, &whole, &size))
		return p->failed == ST_OK;
	if (!out.status)
		return examine(p, &out, whole, size);
	(void)p->fn(&out, p->arg);
	return true;
}

/** An index that was dropped since the request began may have lost entries in this snapshot. */
static enum status check_active(const struct page_run *p, struct err *err)
{
	struct index_set *now = index_set_of(p->r->table);
	const struct index_entry *entry = index_set_id(now, p->x->id);
	bool active = entry && entry->status == INDEX_ACTIVE;
	index_set_unref(now);
	return active ? ST_OK : err_set(err, ST_NO_INDEX, "The table does not have the specified index: %s", p->x->name);
}

static enum status read_page(struct store_txn *txn, void *arg, struct err *err)
{
	struct page_run *p = arg;
	p->txn = txn;
	p->err = err;
	enum status st = p->x ? check_active(p, err) : ST_OK;
	if (!st)
		st = usage_admit(&p->usage, p->r->table, p->x ? p->x->id : 0, METER_READ, err);
	if (!st)
		st = store_range(txn, &p->rows, p->x ? index_page_row : page_row, p, err);
	if (!st)
		st = p->failed;
	if (!st)
		usage_add_read(&p->usage, p->r->table, p->x ? p->x->id : 0, p->got.bytes, kind(p));
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
	index_set_unref(p->indexes);
	buf_finish(&p->entry);
	buf_finish(&p->entry_item);
	buf_finish(&p->lo_sort);
	buf_finish(&p->hi_sort);
	buf_finish(&p->projected);
	buf_finish(&p->last);
	page_finish(&p->got);
}
