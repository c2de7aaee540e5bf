/* What a change of an item changes in the indexes of its table: inside the change's transaction, by the indexes as that transaction has them. */
#include "engine/op/index.h"

/** One entry before and after. */
struct entry_change {
	struct index *x;
	bool creating; /* entries may not be there yet */
	bool was, is;
	struct key old, now;
	size_t old_size, now_size;
};

static void entry_change_init(struct entry_change *e, const struct index_entry *entry, const struct index_change *c)
{
	*e = (struct entry_change){.x = entry->x, .creating = entry->status == INDEX_CREATING};
	e->was = c->old.len && !index_key(e->x, c->old, &e->old);
	e->is = c->now.len && !index_key(e->x, c->now, &e->now);
	if (e->was)
		e->old_size = index_entry_size(e->x, c->old, c->old_size);
	if (e->is)
		e->now_size = index_entry_size(e->x, c->now, c->now_size);
}

static bool same_key(const struct entry_change *e)
{
	return e->was && e->is && slice_eq(e->old.pk, e->now.pk) && slice_eq(e->old.sk, e->now.sk);
}

/** Whether what the entry projects is the same as before. */
static bool same_content(const struct index *x, const struct index_change *c)
{
	if (x->projection == PROJECTION_ALL)
		return slice_eq(c->old, c->now);
	bool same = true;
	for (size_t i = 0; i < x->projected.count && same; i++) {
		struct slice name = slice_str(x->projected.names[i]);
		same = value_eq(item_get(c->old, name), item_get(c->now, name));
	}
	return same;
}

static enum status put_entry(struct store_txn *txn, const struct change_ctx *x, const struct index_row *row, const struct key *key,
	const struct key *base, struct err *err)
{
	struct buf plain = BUF_INIT;
	index_entry_encode(x->dk, key, base, &plain);
	enum status st = row_put(txn, x->dk, &row->k, buf_slice(&plain), err);
	buf_finish(&plain);
	return st;
}

/** Puts the entry; with `look`, only when it is not there. */
static enum status add_entry(struct store_txn *txn, const struct change_ctx *x, const struct index *index, const struct key *key,
	const struct key *base, bool look, bool *added, struct err *err)
{
	struct index_row row;
	struct store_row there;
	index_row_init(&row, x->t, x->dk, index, key, base);
	enum status st = look ? store_get(txn, STORE_ITEMS, &row.k.key, &there, err) : ST_NOT_FOUND;
	*added = st == ST_NOT_FOUND;
	if (*added)
		st = put_entry(txn, x, &row, key, base, err);
	index_row_finish(&row);
	return st;
}

enum status index_add_entry(struct store_txn *txn, const struct change_ctx *x, const struct index *index, const struct key *key,
	const struct key *base, bool *added, struct err *err)
{
	return add_entry(txn, x, index, key, base, true, added, err);
}

static enum status remove_old(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c,
	const struct entry_change *e, struct err *err)
{
	struct index_row row;
	index_row_init(&row, x->t, x->dk, e->x, &e->old, c->key);
	enum status st = store_del(txn, STORE_ITEMS, &row.k.key, err);
	index_row_finish(&row);
	if (st && st != ST_NOT_FOUND)
		return st;
	if (st == ST_OK || !e->creating) /* one that was lost was counted, too */
		commit_index_counted(x->t, e->x, -1, -(int64_t)e->old_size);
	usage_add_write(x->usage, x->t, e->x->id, e->old_size);
	return ST_OK;
}

static enum status put_now(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c,
	const struct entry_change *e, struct err *err)
{
	bool added;
	enum status st = add_entry(txn, x, e->x, &e->now, c->key, e->creating || c->unknown, &added, err);
	if (st)
		return st;
	if (added)
		commit_index_counted(x->t, e->x, 1, (int64_t)e->now_size);
	usage_add_write(x->usage, x->t, e->x->id, e->now_size);
	return ST_OK;
}

/** The entry stays where it is; of a new index it may have to be made. */
static enum status keep_entry(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c,
	const struct entry_change *e, struct err *err)
{
	bool added = false;
	enum status st = ST_OK;
	if (e->creating)
		st = add_entry(txn, x, e->x, &e->now, c->key, true, &added, err);
	if (st)
		return st;
	int64_t grown = (int64_t)e->now_size - (int64_t)(added ? 0 : e->old_size);
	if (added || grown)
		commit_index_counted(x->t, e->x, added, grown);
	if (!same_content(e->x, c))
		usage_add_write(x->usage, x->t, e->x->id, e->now_size > e->old_size ? e->now_size : e->old_size);
	return ST_OK;
}

static enum status maintain_one(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c,
	const struct index_entry *entry, struct err *err)
{
	struct entry_change e;
	entry_change_init(&e, entry, c);
	if (same_key(&e))
		return keep_entry(txn, x, c, &e, err);
	enum status st = e.was ? remove_old(txn, x, c, &e, err) : ST_OK;
	return st || !e.is ? st : put_now(txn, x, c, &e, err);
}

enum status index_maintain(struct store_txn *txn, const struct change_ctx *x, const struct index_change *c, struct err *err)
{
	const struct index_set *set = x->t->writing;
	enum status st = ST_OK;
	for (size_t i = 0; set && i < set->count && !st; i++)
		if (set->entries[i].status != INDEX_DELETING)
			st = maintain_one(txn, x, c, &set->entries[i], err);
	return st;
}

static bool is_touched(const struct index_entry *entry, const struct index_change *c)
{
	struct entry_change e;
	entry_change_init(&e, entry, c);
	return same_key(&e) ? !same_content(e.x, c) : e.was || e.is;
}

enum status index_admit(const struct change_ctx *x, const struct index_change *c, struct err *err)
{
	const struct index_set *set = x->t->writing;
	enum status st = ST_OK;
	for (size_t i = 0; set && i < set->count && !st; i++) {
		const struct index_entry *entry = &set->entries[i];
		if (entry->x->local || entry->status == INDEX_DELETING) /* local ones use the table's capacity */
			continue;
		if (usage_may_refuse(x->usage, x->t, entry->x->id, METER_WRITE) && is_touched(entry, c))
			st = usage_admit(x->usage, x->t, entry->x->id, METER_WRITE, err);
	}
	return st;
}
