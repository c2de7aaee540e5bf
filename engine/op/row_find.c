/*
 * Finding a row although keys may have gone bad. A byte that went bad inside a stored key hides its row from searches, and may mislead the
 * searches for other rows of its page. But every row is still in its place, where the bad one breaks its seal. So before an item is said not
 * to be there, the rows on both sides of its place must be sound; if one is not, those around are gone through one by one.
 */
#include "engine/base/bytes.h"
#include "engine/op/row.h"

#define ROWS_AROUND 128 /* more than a page holds: a bad key misleads searches in its own page only */

struct around {
	const struct row_place *at;
	struct item_meta *meta;
	struct slice *item;
	bool damage, found;
	size_t left; /* rows to look at */
};

static bool is_wanted(const struct row_place *at, struct slice item)
{
	struct key key;
	return key_from_item(&at->t->schema, item, &key, NULL) == ST_OK && slice_eq(key.pk, at->key->pk) &&
	       slice_eq(key.sk, at->key->sk);
}

/** Rows of the table itself only: what lies beyond belongs to another order. */
static bool in_table(const struct around *a, struct slice stored)
{
	return stored.len >= STORE_PREFIX_SIZE && memcmp(stored.ptr, a->at->k->prefix, 6) == 0;
}

static bool look_at_row(const struct store_row *row, void *arg)
{
	struct around *a = arg;
	if (!in_table(a, row->stored))
		return false;
	struct item_meta meta;
	struct slice item;
	enum status st = row_open(a->at->dk, row, row_scratch(), &meta, &item, NULL);
	a->damage |= st == ST_CORRUPT;
	a->found = st == ST_OK && is_wanted(a->at, item);
	if (a->found) {
		*a->meta = meta;
		*a->item = item;
	}
	return !a->found && --a->left > 0;
}

/** Looks at up to `rows` rows on either side of the key's place. */
static enum status look_around(struct store_txn *txn, struct around *a, size_t rows, struct err *err)
{
	struct store_range up = {.db = STORE_ITEMS, .lo = a->at->k->key};
	struct store_range down = {.db = STORE_ITEMS, .hi = a->at->k->key, .reverse = true};
	a->left = rows;
	enum status st = store_range(txn, &up, look_at_row, a, err);
	a->left = rows;
	return st || a->found ? st : store_range(txn, &down, look_at_row, a, err);
}

static enum status not_found(struct store_txn *txn, struct around *a, struct err *err)
{
	enum status st = look_around(txn, a, 1, err);
	if (!st && a->damage)
		st = look_around(txn, a, ROWS_AROUND, err);
	if (st || a->found)
		return st;
	return a->damage ? err_set(err, ST_CORRUPT,
				   "the item is not found, but near its place lies a record whose seal is broken: it may have been "
				   "this one")
			 : err_code(err, ST_NOT_FOUND);
}

enum status row_find(struct store_txn *txn, const struct row_place *at, struct item_meta *meta, struct slice *item, bool *astray,
	struct err *err)
{
	struct around a = {.at = at, .meta = meta, .item = item};
	enum status st = row_get(txn, at->dk, at->k, meta, item, err);
	*astray = false;
	if (st != ST_NOT_FOUND)
		return st;
	st = not_found(txn, &a, err);
	*astray = a.damage;
	return st;
}
