#include <errno.h>
#include <stddef.h>

#include "engine/store/lmdb_private.h"

struct call {
	struct lmdb_txn *t;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cursor;
	MDB_val *k, *v;
	unsigned flags;
	MDB_cursor_op op;
};

static int do_begin(void *arg)
{
	struct call *c = arg;
	return mdb_txn_begin(c->t->s->env, NULL, c->flags, &c->txn);
}

int call_txn_begin(struct lmdb_txn *t, unsigned flags)
{
	struct call c = {.t = t, .flags = flags};
	int rc = guard_run(do_begin, &c);
	t->txn = rc ? NULL : c.txn;
	return rc;
}

static int do_renew(void *arg)
{
	return mdb_txn_renew(arg);
}

int call_txn_renew(MDB_txn *txn)
{
	return guard_run(do_renew, txn);
}

static int do_cursor_open(void *arg)
{
	struct call *c = arg;
	return mdb_cursor_open(c->t->txn, c->dbi, &c->cursor);
}

int call_cursor_open(struct lmdb_txn *t, enum store_db db, MDB_cursor **ret)
{
	struct call c = {.t = t, .dbi = t->s->dbi[db]};
	int rc = guard_run(do_cursor_open, &c);
	if (!rc)
		*ret = c.cursor;
	return rc;
}

/* A page of the file that the disk cannot give faults when it is first read: here, not in the hands of a caller without a guard. */
static void touch(const MDB_val *v)
{
	const volatile uint8_t *p = v->mv_data;
	for (size_t i = 0; i < v->mv_size; i += 4096)
		(void)p[i];
	if (v->mv_size)
		(void)p[v->mv_size - 1];
}

static int check_found(struct lmdb_txn *t, const MDB_val *k, const MDB_val *v)
{
	bool good = k->mv_size <= 511 && bytes_inside(t->s, k->mv_data, k->mv_size, t->write) && page_trusted(t->s, k->mv_data) &&
		    bytes_inside(t->s, v->mv_data, v->mv_size, t->write) && value_trusted(t->s, v->mv_data, v->mv_size);
	if (!good)
		return MDB_CORRUPTED;
	touch(k);
	touch(v);
	return 0;
}

static int do_cursor_get(void *arg)
{
	struct call *c = arg;
	int rc = mdb_cursor_get(c->cursor, c->k, c->v, c->op);
	return rc ? rc : check_found(c->t, c->k, c->v);
}

int call_cursor_get(struct lmdb_txn *t, MDB_cursor *cursor, MDB_val *k, MDB_val *v, MDB_cursor_op op)
{
	struct call c = {.t = t, .cursor = cursor, .k = k, .v = v, .op = op};
	return guard_run(do_cursor_get, &c);
}

/* LMDB's own bookkeeping may be half done, and points into the stack that was left. */
static int after_change(struct lmdb_txn *t, int rc)
{
	if (rc == GUARD_FAULT)
		t->abandoned = true;
	return rc;
}

static int do_put(void *arg)
{
	struct call *c = arg;
	return mdb_put(c->t->txn, c->dbi, c->k, c->v, c->flags);
}

int call_put(struct lmdb_txn *t, enum store_db db, MDB_val *k, MDB_val *v, unsigned flags)
{
	struct call c = {.t = t, .dbi = t->s->dbi[db], .k = k, .v = v, .flags = flags};
	t->wrote = true; /* even when it fails: the transaction cannot be committed any more */
	return after_change(t, guard_run(do_put, &c));
}

static int do_del(void *arg)
{
	struct call *c = arg;
	return mdb_del(c->t->txn, c->dbi, c->k, NULL);
}

int call_del(struct lmdb_txn *t, enum store_db db, MDB_val *k)
{
	struct call c = {.t = t, .dbi = t->s->dbi[db], .k = k};
	int rc = guard_run(do_del, &c);
	t->wrote |= rc != MDB_NOTFOUND;
	return after_change(t, rc);
}

static int do_cursor_del(void *arg)
{
	return mdb_cursor_del(arg, 0);
}

int call_cursor_del(struct lmdb_txn *t, MDB_cursor *c)
{
	t->wrote = true;
	return after_change(t, guard_run(do_cursor_del, c));
}

static int do_commit(void *arg)
{
	return mdb_txn_commit(arg);
}

int call_commit(struct lmdb_txn *t)
{
	return after_change(t, guard_run(do_commit, t->txn));
}

struct bound_call {
	const struct store_key *bound;
	struct slice stored;
	int order;
	bool within;
};

static int do_bound(void *arg)
{
	struct bound_call *c = arg;
	c->order = order_bound(c->bound, c->stored, &c->within);
	return 0;
}

int call_bound(const struct store_key *bound, struct slice stored, int *order, bool *within)
{
	struct bound_call c = {.bound = bound, .stored = stored};
	int rc = bound->has_sort ? guard_run(do_bound, &c) : do_bound(&c);
	*order = c.order;
	*within = c.within;
	return rc;
}
