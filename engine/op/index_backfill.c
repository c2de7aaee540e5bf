/*
 * Filling a new index with the items that were there before it. Since the commit that made it CREATING every write maintains it, so the
 * background thread needs to walk over the table once, in the order of its rows, some items a transaction, adding the entries that are missing.
 * How far it is stands in META_BACKFILL, in the same transaction: index id 2 (big-endian), the last item's key.
 */
#include "engine/base/bytes.h"
#include "engine/op/index.h"
#include "engine/value/codec.h"

#define ITEMS_PER_COMMIT 64
#define BYTES_PER_COMMIT (1u << 20)

/** An entry to be made; keys lie in the fill's bytes. */
struct wanted {
	struct key key, base;
	size_t size;
};

struct fill {
	struct engine *e;
	struct table *t;
	struct data_key *dk;
	uint16_t id;
	struct index *x; /* as the transaction has it */
	struct buf mark; /* META_BACKFILL as it was */
	struct buf last; /* key of the last item seen, as the mark has it */
	struct buf bytes, wanted;
	size_t items, seen_bytes;
	bool done; /* the last item was seen */
};

static bool find_creating(struct table *t, void *arg)
{
	struct fill *f = arg;
	struct index_set *set = table_update_lasts(t) ? NULL : index_set_of(t);
	for (size_t i = 0; set && i < set->count && !f->t; i++)
		if (set->entries[i].status == INDEX_CREATING) {
			f->t = table_ref(t);
			f->id = set->entries[i].x->id;
		}
	index_set_unref(set);
	return !f->t;
}

/** Keeps a copy of the bytes; the buffer is as large as it gets before the first one (see collect()). */
static struct slice keep(struct fill *f, struct slice s)
{
	size_t at = f->bytes.len;
	buf_add_slice(&f->bytes, s);
	return slice_of(f->bytes.ptr + at, s.len);
}

static void note_last(struct fill *f, const struct key *base)
{
	buf_reset(&f->last);
	bytes_put(&f->last, base->pk);
	buf_add_slice(&f->last, base->sk);
}

static bool take_row(const struct store_row *row, void *arg)
{
	struct fill *f = arg;
	struct item_meta meta;
	struct slice item;
	struct key base, key;
	if (row_open(f->dk, row, row_scratch(), &meta, &item, NULL) || key_from_item(&f->t->schema, item, &base, NULL))
		return true; /* cannot be read: has no entry before it is written anew */
	note_last(f, &base);
	f->items++;
	f->seen_bytes += meta.size;
	if (!index_key(f->x, item, &key)) {
		struct wanted w = {.size = index_entry_size(f->x, item, meta.size)};
		w.key = (struct key){keep(f, key.pk), keep(f, key.sk)};
		w.base = (struct key){keep(f, base.pk), keep(f, base.sk)};
		buf_add(&f->wanted, &w, sizeof w);
	}
	return f->items < ITEMS_PER_COMMIT && f->seen_bytes < BYTES_PER_COMMIT;
}

/** Where the walk goes on: behind the item in the mark, or at the first one. */
static void set_range(struct fill *f, struct row_key *lo, struct row_key *hi, struct store_range *range)
{
	static const uint8_t zero[PARTITION_HASH_SIZE];
	struct slice rest = slice_from(buf_slice(&f->mark), f->mark.len ? 2 : 0), pk;
	row_key_hash(hi, f->t, zero);
	hi->key.prefix.len = 6; /* as a bound: everything of the table itself */
	row_key_hash(lo, f->t, zero);
	*range = (struct store_range){.db = STORE_ITEMS, .lo = lo->key, .hi = hi->key};
	if (!f->mark.len || get_be16(f->mark.ptr) != f->id || !bytes_get(&rest, &pk))
		return;
	row_key_init(lo, f->t, f->dk, &(struct key){pk, rest});
	if (!schema_has_sk(&f->t->schema))
		row_key_step(lo);
	range->lo = lo->key;
	range->lo_open = schema_has_sk(&f->t->schema);
}

static enum status collect(struct store_txn *txn, struct fill *f, struct err *err)
{
	struct row_key lo, hi;
	struct store_range range;
	buf_reset(&f->mark);
	buf_reset(&f->bytes);
	buf_reset(&f->wanted);
	buf_reset(&f->last);
	(void)buf_reserve(&f->bytes, (size_t)ITEMS_PER_COMMIT * 2 * (LIMIT_PK_SIZE + LIMIT_SK_SIZE)); /* copies must not move */
	f->items = f->seen_bytes = 0;
	enum status st = meta_get(f->e, txn, META_BACKFILL, f->t->id, &f->mark, err);
	if (st == ST_CORRUPT)
		buf_reset(&f->mark); /* from the beginning */
	else if (st && st != ST_NOT_FOUND)
		return st;
	set_range(f, &lo, &hi, &range);
	st = store_range(txn, &range, take_row, f, err);
	f->done = !st && f->items < ITEMS_PER_COMMIT && f->seen_bytes < BYTES_PER_COMMIT;
	return st;
}

static enum status add_entries(struct store_txn *txn, struct fill *f, struct err *err)
{
	const struct wanted *w = (const void *)f->wanted.ptr;
	const struct change_ctx x = {.e = f->e, .t = f->t, .dk = f->dk};
	enum status st = ST_OK;
	for (size_t n = f->wanted.len / sizeof *w; n > 0 && !st; n--, w++) {
		bool added;
		st = index_add_entry(txn, &x, f->x, &w->key, &w->base, &added, err);
		if (!st && added)
			commit_index_counted(f->t, f->x, 1, (int64_t)w->size);
	}
	return st;
}

static enum status write_mark(struct store_txn *txn, struct fill *f, struct err *err)
{
	uint8_t id[2];
	if (!f->last.len)
		return ST_OK;
	put_be16(id, f->id);
	buf_insert(&f->last, 0, id, sizeof id);
	return meta_put(f->e, txn, META_BACKFILL, f->t->id, buf_slice(&f->last), err);
}

static enum status fill_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct fill *f = arg;
	const struct index_entry *entry = index_set_id(f->t->writing, f->id);
	if (f->t->pending_gone || !entry || entry->status != INDEX_CREATING)
		return ST_NOT_FOUND; /* the table or the index was deleted meanwhile */
	f->x = entry->x;
	enum status st = collect(txn, f, err);
	if (!st)
		st = add_entries(txn, f, err);
	return st ? st : write_mark(txn, f, err);
}

static enum status fill_some(struct fill *f, struct err *err)
{
	enum status st = table_use(f->t, &f->dk, err);
	if (!st)
		st = store_write(f->e->store, fill_in_txn, f, STORE_VISIBLE, err);
	if (!st && f->done)
		st = table_index_done(f->e, f->t, f->id, false, err);
	return st;
}

bool index_backfill(struct engine *e)
{
	struct fill f = {.e = e};
	struct err err = {0};
	table_list(e, e->backfill_after, find_creating, &f);
	if (!f.t && e->backfill_after) {
		e->backfill_after = 0;
		table_list(e, 0, find_creating, &f);
	}
	if (!f.t)
		return false;
	enum status st = fill_some(&f, &err);
	bool gone = st == ST_NOT_FOUND || st == ST_NO_TABLE;
	if (st && !gone) {
		background_failed(e, "filling an index", &err);
		e->backfill_after = f.t->id; /* one whose key is locked keeps no other waiting */
	}
	table_unref(f.t);
	buf_finish(&f.mark);
	buf_finish(&f.last);
	buf_finish(&f.bytes);
	buf_finish(&f.wanted);
	return !st || gone;
}
