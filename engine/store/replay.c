/*
 * After a power loss data.mdb stands at its last checkpoint; the log's commits after it are put back here, in their order, before anybody
 * else writes. In two steps, because rows of STORE_ITEMS can be placed only with the ciphers of their tables, which STORE_META has: first its
 * rows alone, then, when the catalog has been read, all others. The checkpoint's pages stay reserved until the checkpoint that
 * follows, so a replay that is cut short is done again from the start.
 */
#include "engine/base/bytes.h"
#include "engine/base/log.h"
#include "engine/store/lmdb_private.h"

#define CHANGES_A_COMMIT 2000

struct replay {
	struct lmdb_store *s;
	struct lmdb_txn t;
	MDB_cursor *cursors[STORE_DB_COUNT];
	unsigned changes; /* in the transaction */
	bool meta;        /* the step: STORE_META, or all others */
	store_table_fn *prepare;
	void *arg;
	uint32_t table_id; /* the last one that was prepared, and what came of it */
	enum status prepared;
};

static enum status begin(struct replay *r, struct err *err)
{
	memset(r->cursors, 0, sizeof r->cursors);
	r->t = (struct lmdb_txn){.base.ops = &lmdb_ops, .s = r->s, .cursors = r->cursors, .write = true};
	r->changes = 0;
	int rc = call_txn_begin(&r->t, 0);
	return rc ? lmdb_status(r->s, rc, "begin to replay the log", err) : ST_OK;
}

static enum status finish(struct replay *r, struct err *err)
{
	int rc = call_commit(&r->t);
	r->t.txn = NULL;
	return rc ? lmdb_status(r->s, rc, "replay the log", err) : ST_OK;
}

static int put(struct replay *r, enum store_db db, struct slice key, struct slice value)
{
	MDB_val k = {key.len, (void *)key.ptr}, v = {value.len, (void *)value.ptr};
	order_set(&r->t, NULL, NULL);
	return call_put(&r->t, db, &k, &v, 0);
}

/** The rest of a long key, under the number that its row has: numbers given later are higher. */
static enum status put_rest(struct replay *r, struct slice number, struct slice rest, struct err *err)
{
	int rc = put(r, STORE_LONGKEYS, number, rest);
	return rc ? lmdb_status(r->s, rc, "replay the log", err) : lmdb_raise_number(&r->t, get_be64(number.ptr), err);
}

static int del(struct replay *r, enum store_db db, struct slice key)
{
	MDB_val k = {key.len, (void *)key.ptr};
	order_set(&r->t, NULL, NULL);
	int rc = lmdb_del_row(&r->t, db, &k);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static enum status del_first(struct replay *r, struct slice prefix, size_t count, struct err *err)
{
	struct store_key whole = store_key_plain(prefix);
	struct store_range range = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	return lmdb_del_range(&r->t.base, &range, count, &count, err);
}

/* Rows of a table that is gone were, or are being, freed all of them. Without its cipher none can be found, but it is all the same which of
 * them a deletion takes: put ones are left out, so the log's deletions are enough for what the checkpoint holds. */
static enum status change_gone(struct replay *r, const struct change_logged *c, struct err *err)
{
	if (c->kind == CHANGE_PUT || r->prepared == ST_KEY_DESTROYED)
		return ST_OK;
	return del_first(r, slice_of(c->key.ptr, 4), c->kind == CHANGE_DEL ? 1 : c->count, err);
}

static enum status prepare_table(struct replay *r, uint32_t table_id, struct err *err)
{
	if (r->table_id != table_id || r->prepared == ST_INTERNAL)
		r->prepared = r->prepare ? r->prepare(table_id, r->arg, err) : ST_OK;
	r->table_id = table_id;
	if (r->prepared == ST_OK || r->prepared == ST_NO_TABLE || r->prepared == ST_KEY_DESTROYED)
		return ST_OK;
	err_prefix(err, "the last changes cannot be put back without the key of their table");
	return r->prepared;
}

static bool key_fits(const struct change_logged *c)
{
	if (c->kind == CHANGE_REST)
		return c->db == STORE_LONGKEYS && c->key.len == 8;
	return c->db != STORE_LONGKEYS &&
	       (c->db != STORE_ITEMS || c->key.len >= (c->kind == CHANGE_DEL_FIRST ? 4 : STORE_PREFIX_SIZE));
}

static enum status change(struct replay *r, const struct change_logged *c, struct err *err)
{
	int rc = 0;
	if (!key_fits(c))
		return err_code(err, ST_STRUCTURE);
	if (c->db == STORE_ITEMS) {
		enum status st = prepare_table(r, get_be32(c->key.ptr), err);
		if (st)
			return st;
		if (r->prepared)
			return change_gone(r, c, err);
	}
	switch (c->kind) {
	case CHANGE_PUT:
		rc = put(r, c->db, c->key, c->value);
		break;
	case CHANGE_REST:
		return put_rest(r, c->key, c->value, err);
	case CHANGE_DEL:
		rc = del(r, c->db, c->key);
		break;
	case CHANGE_DEL_FIRST:
		return del_first(r, c->key, c->count, err);
	}
	if (order_lacked_key())
		return err_code(err, ST_KEY_LOCKED);
	return rc ? lmdb_status(r->s, rc, "replay the log", err) : ST_OK;
}

static enum status commit_changes(struct replay *r, struct slice changes, struct err *err)
{
	struct change_logged c;
	enum status st = ST_OK;
	while (!st && record_next(&changes, &c)) {
		if ((c.db == STORE_META) != r->meta)
			continue;
		st = change(r, &c, err);
		if (!st && ++r->changes == CHANGES_A_COMMIT) {
			st = finish(r, err);
			st = st ? st : begin(r, err);
		}
	}
	return st || changes.len == 0 ? st : err_set(err, ST_STRUCTURE, "STORE/wal holds a change that is none");
}

/** One of the two steps. */
static enum status run(struct replay *r, struct err *err)
{
	struct slice rest = buf_slice(&r->s->replay);
	struct wal_commit c;
	enum status st = begin(r, err);
	while (!st && wal_next_commit(&rest, &c))
		st = commit_changes(r, c.changes, err);
	if (!st)
		return finish(r, err);
	if (r->t.txn && !r->t.abandoned)
		mdb_txn_abort(r->t.txn);
	return st;
}

enum status replay_begin(struct lmdb_store *s, struct err *err)
{
	enum status st = wal_read(&s->wal, &s->checkpoint.base, &s->replay, err);
	if (st || s->replay.len == 0)
		return st;
	if (s->read_only)
		return err_set(err, ST_READ_ONLY,
			"the store was not closed before the machine stopped; open it for writing once to recover it");
	s->replaying = true;
	log_warn("the changes since its last checkpoint are put back from STORE/wal");
	st = checkpoint_pin(s, err);
	struct replay r = {.s = s, .meta = true};
	return st ? st : run(&r, err);
}

enum status replay_rest(struct lmdb_store *s, store_table_fn *prepare, void *arg, struct err *err)
{
	struct replay r = {.s = s, .prepare = prepare, .arg = arg, .prepared = ST_INTERNAL};
	enum status st = run(&r, err);
	if (!st) {
		s->replaying = false;
		buf_finish(&s->replay);
	}
	return st;
}
