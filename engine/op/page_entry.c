/*
 * From an entry of an index to its item. The item is read in the same snapshot, and must still have the key that the entry says: an entry that
 * damage left behind is skipped, with one word in the log for each index.
 */
#include "engine/base/log.h"
#include "engine/op/page.h"

static bool dangling(struct page_run *p)
{
	if (!atomic_exchange(&p->x->warned, true))
		log_warn("table '%s': index '%s' has an entry that leads to no item of its key; it is left out", p->r->table->name,
			p->x->name);
	return false;
}

/** Whether the item belongs where the entry stands. */
static bool leads_here(const struct page_run *p, const struct store_row *row, const struct index_entry_plain *e, struct slice item)
{
	uint8_t hash[PARTITION_HASH_SIZE], sort_hash[INDEX_HASH_SIZE];
	struct key key;
	if (index_key(p->x, item, &key))
		return false;
	data_key_hash(p->dk, key.pk, hash);
	data_key_hash(p->dk, key.sk, sort_hash);
	return memcmp(hash, row->stored.ptr + 6, sizeof hash) == 0 && memcmp(sort_hash, e->sort_hash, sizeof sort_hash) == 0;
}

static enum status read_item(struct page_run *p, const struct key *base, struct list_row *out)
{
	struct row_key k;
	bool astray;
	row_key_init(&k, p->r->table, p->dk, base);
	memcpy(out->hash, k.prefix + 6, PARTITION_HASH_SIZE);
	struct row_place place = {p->r->table, p->dk, base, &k};
	return row_find(p->txn, &place, &out->meta, &out->item, &astray, p->err);
}

/** What the index has of the item. */
static void project(struct page_run *p, struct list_row *out, struct slice whole, uint32_t *size)
{
	*size = (uint32_t)index_entry_size(p->x, whole, out->meta.size);
	if (p->fetch || p->x->projection == PROJECTION_ALL)
		return;
	buf_reset(&p->entry_item);
	index_pick(&p->x->projected, whole, &p->entry_item);
	out->item = buf_slice(&p->entry_item);
}

bool page_entry(struct page_run *p, const struct store_row *row, struct list_row *out, struct slice *whole, uint32_t *size)
{
	const struct key_schema *s = &p->r->table->schema;
	struct index_entry_plain e;
	if (row->stored.len < STORE_PREFIX_SIZE)
		return false;
	buf_reset(&p->entry);
	out->status = unseal_record(p->dk->seal, STORE_ITEMS, row->stored, row->value, &p->entry, NULL);
	if (!out->status && !index_entry_decode(buf_slice(&p->entry), schema_has_sk(s), &e))
		out->status = ST_CORRUPT;
	if (out->status)
		return true; /* whose entry it was nobody knows */
	out->status = read_item(p, &e.base, out);
	if (out->status == ST_NOT_FOUND)
		return dangling(p);
	if (out->status == ST_CORRUPT) {
		out->item = slice_of(NULL, 0);
		return true;
	}
	p->failed = out->status;
	if (p->failed)
		return false;
	if (!leads_here(p, row, &e, out->item) || key_from_item(s, out->item, &out->key, NULL))
		return dangling(p);
	*whole = out->item;
	project(p, out, *whole, size);
	return true;
}

void page_start_sort(struct page_run *p, struct buf *out)
{
	struct index_row row;
	index_row_init(&row, p->r->table, p->dk, p->x, &p->start, &p->start_base);
	buf_add_slice(out, buf_slice(&row.sort));
	index_row_finish(&row);
}
