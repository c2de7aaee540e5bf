/* Ranges: upward, downward, deleting. */
#include "engine/store/lmdb_private.h"

#include <assert.h>

struct walk {
	struct lmdb_txn *t;
	const struct store_range *range;
	MDB_cursor *cursor;
	MDB_val k, v;
};

static struct slice stored(const struct walk *w)
{
	return slice_of(w->k.mv_data, w->k.mv_size);
}

static int step(struct walk *w, MDB_cursor_op op)
{
	return call_cursor_get(w->t, w->cursor, &w->k, &w->v, op);
}

static int seek(struct walk *w, const struct store_key *key)
{
	order_set(w->t, key->prefix.ptr, key);
	w->k = (MDB_val){key->prefix.len, (void *)key->prefix.ptr};
	return step(w, MDB_SET_RANGE);
}

static int compare(struct walk *w, const struct store_key *bound, int *order, bool *within)
{
	order_set(w->t, NULL, bound);
	return call_bound(bound, stored(w), order, within);
}

/** Whether the row lies on the right side of the bound where the walk ends. */
static int inside(struct walk *w, bool *ret)
{
	const struct store_range *r = w->range;
	const struct store_key *end = r->reverse ? &r->lo : &r->hi;
	int order;
	bool within;
	*ret = true;
	if (end->prefix.len == 0)
		return 0;
	int rc = compare(w, end, &order, &within);
	if (order == 0)
		*ret = !(r->reverse ? r->lo_open : r->hi_open);
	else
		*ret = r->reverse ? order > 0 : order < 0 || (within && !r->hi_open);
	return rc;
}

static int first_upward(struct walk *w)
{
	const struct store_range *r = w->range;
	int order = 1, rc = r->lo.prefix.len ? seek(w, &r->lo) : step(w, MDB_FIRST);
	bool within;
	if (!rc && r->lo.prefix.len && r->lo_open)
		rc = compare(w, &r->lo, &order, &within);
	return !rc && order == 0 ? step(w, MDB_NEXT) : rc;
}

/** The first key after all that begin with the bound; false when there can be none. */
static bool past_all(const struct store_key *bound, uint8_t bytes[STORE_PLAIN_KEY_MAX], struct store_key *ret)
{
	size_t n = bound->prefix.len;
	memcpy(bytes, bound->prefix.ptr, n);
	while (n > 0 && bytes[n - 1] == 0xFF)
		n--;
	if (n == 0)
		return false;
	bytes[n - 1]++;
	*ret = store_key_plain(slice_of(bytes, n));
	return true;
}

static int first_downward(struct walk *w)
{
	const struct store_range *r = w->range;
	uint8_t bytes[STORE_PLAIN_KEY_MAX];
	struct store_key past;
	bool through = !r->hi.has_sort && !r->hi_open, within; /* all that begin with the bound are in */
	if (r->hi.prefix.len == 0 || (through && !past_all(&r->hi, bytes, &past)))
		return step(w, MDB_LAST);
	int order = 1, rc = seek(w, through ? &past : &r->hi);
	if (rc == MDB_NOTFOUND)
		return order_lacked_key() ? rc : step(w, MDB_LAST);
	if (!rc && !through)
		rc = compare(w, &r->hi, &order, &within);
	return !rc && (order != 0 || r->hi_open) ? step(w, MDB_PREV) : rc;
}

static enum status outcome(struct walk *w, int rc, struct err *err)
{
	if (order_lacked_key())
		return err_set(err, ST_KEY_LOCKED, "the table's key is not available");
	return rc && rc != MDB_NOTFOUND ? lmdb_status(w->t->s, rc, "read", err) : ST_OK;
}

enum status lmdb_range(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg, struct err *err)
{
	struct walk w = {.t = (struct lmdb_txn *)txn, .range = range};
	bool more = true;
	order_set(w.t, NULL, NULL);
	int rc = call_cursor_open(w.t, range->db, &w.cursor);
	if (rc)
		return lmdb_status(w.t->s, rc, "read", err);
	rc = range->reverse ? first_downward(&w) : first_upward(&w);
	enum status st = outcome(&w, rc, err);
	while (!st && !rc) {
		rc = inside(&w, &more);
		st = outcome(&w, rc, err);
		if (st || !more || !fn(&(struct store_row){stored(&w), slice_of(w.v.mv_data, w.v.mv_size)}, arg))
			break;
		order_set(w.t, NULL, NULL);
		rc = step(&w, range->reverse ? MDB_PREV : MDB_NEXT);
		st = outcome(&w, rc, err);
	}
	mdb_cursor_close(w.cursor);
	return st;
}

/** Whether all of a table or of an index goes: nobody compares its sort keys any more, and their cipher may be gone. */
static bool whole_table(const struct store_range *r)
{
	return r->db == STORE_ITEMS && (r->lo.prefix.len == 4 || r->lo.prefix.len == 6) && slice_eq(r->lo.prefix, r->hi.prefix);
}

static int del_here(struct walk *w)
{
	uint8_t key[STORED_KEY_MAX], number[8];
	bool whole = whole_table(w->range), is_long = w->range->db == STORE_ITEMS && stored_number(stored(w), number);
	if (!is_long && !whole)
		record_del(w->t, w->range->db, stored(w));
	if (!is_long)
		return call_cursor_del(w->t, w->cursor);
	if (whole) {
		int rc = call_cursor_del(w->t, w->cursor);
		return rc ? rc : lmdb_del_rest(w->t, number);
	}
	MDB_val k = {w->k.mv_size, memcpy(key, w->k.mv_data, w->k.mv_size)};
	order_set(w->t, NULL, NULL);
	return lmdb_del_row(w->t, STORE_ITEMS, &k);
}

/* The first row that is left is sought anew each time: no place of a cursor has to outlive a deletion. */
enum status lmdb_del_range(struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret, struct err *err)
{
	struct walk w = {.t = (struct lmdb_txn *)txn, .range = range};
	bool more = true;
	assert(w.t->write);
	record_settle(w.t);
	*ret = 0;
	order_set(w.t, NULL, NULL);
	int rc = call_cursor_open(w.t, range->db, &w.cursor);
	if (rc)
		return lmdb_status(w.t->s, rc, "delete", err);
	enum status st = ST_OK;
	while (!st && *ret < limit) {
		rc = first_upward(&w);
		if (!rc)
			rc = inside(&w, &more);
		st = outcome(&w, rc, err);
		if (st || rc || !more)
			break;
		rc = del_here(&w);
		st = rc ? lmdb_status(w.t->s, rc, "delete", err) : ST_OK;
		*ret += !st;
	}
	if (whole_table(range) && *ret > 0)
		record_del_first(w.t, range->db, range->lo.prefix, *ret);
	if (!w.t->abandoned)
		mdb_cursor_close(w.cursor);
	return st;
}
