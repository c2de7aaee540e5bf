/* A store that fails on demand: counts the calls of store.h and lets the n-th answer an error. */
#include "engine/store/backend.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "engine/base/buf.h"

struct fault_store {
	struct store base;
	struct store *inner;
	_Atomic uint64_t calls, fail_at;
	_Atomic bool full;
	struct store_hooks hooks; /* the user's; the inner store has ours around them */
};

struct fault_txn {
	struct store_txn base;
	struct fault_store *f;
	struct store_txn *inner;
};

struct shim {
	struct fault_store *f;
	store_fn *fn;
	void *arg;
};

static const struct store_ops fault_ops;

static struct fault_store *fault_of(struct store *s)
{
	return (struct fault_store *)s;
}

static struct fault_txn *txn_of(struct store_txn *t)
{
	return (struct fault_txn *)t;
}

static enum status count(struct fault_store *f, const char *what, struct err *err)
{
	if (atomic_fetch_add(&f->calls, 1) + 1 != f->fail_at)
		return ST_OK;
	return err_set(err, f->full ? ST_FULL : ST_IO, "%s: made to fail", what);
}

static enum status run_inside(struct store_txn *inner, void *arg, struct err *err)
{
	struct shim *shim = arg;
	struct fault_txn t = {.base.ops = &fault_ops, .f = shim->f, .inner = inner};
	return shim->fn(&t.base, shim->arg, err);
}

static enum status fault_read(struct store *s, store_fn *fn, void *arg, struct err *err)
{
	struct shim shim = {fault_of(s), fn, arg};
	enum status st = count(shim.f, "begin", err);
	return st ? st : store_read(shim.f->inner, run_inside, &shim, err);
}

static enum status fault_sync(struct store *s, struct err *err)
{
	enum status st = count(fault_of(s), "sync", err);
	return st ? st : store_sync(fault_of(s)->inner, err);
}

static enum status fault_replay(struct store *s, store_table_fn *prepare, void *arg, struct err *err)
{
	enum status st = count(fault_of(s), "replay", err);
	return st ? st : store_replay(fault_of(s)->inner, prepare, arg, err);
}

static enum status fault_write(struct store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	struct shim shim = {fault_of(s), fn, arg};
	enum status st = count(shim.f, "begin", err);
	if (!st)
		st = store_write(shim.f->inner, run_inside, &shim, STORE_VISIBLE, err);
	return st || commit == STORE_VISIBLE ? st : fault_sync(s, err);
}

/* The commit fails where the real one would: after everything is written, so that the whole batch is undone. */
static enum status precommit(struct store_txn *inner, void *arg, struct err *err)
{
	struct fault_store *f = arg;
	struct shim shim = {f, f->hooks.precommit, f->hooks.arg};
	enum status st = f->hooks.precommit ? run_inside(inner, &shim, err) : ST_OK;
	return st ? st : count(f, "commit", err);
}

static void committed(void *arg)
{
	struct fault_store *f = arg;
	if (f->hooks.committed)
		f->hooks.committed(f->hooks.arg);
}

static void aborted(void *arg)
{
	struct fault_store *f = arg;
	if (f->hooks.aborted)
		f->hooks.aborted(f->hooks.arg);
}

static void set_inner_hooks(struct fault_store *f)
{
	store_set_hooks(f->inner, &(struct store_hooks){precommit, committed, aborted, f});
}

static void fault_set_hooks(struct store *s, const struct store_hooks *hooks)
{
	fault_of(s)->hooks = *hooks;
}

static void fault_get_stat(struct store *s, struct store_stat *ret)
{
	store_get_stat(fault_of(s)->inner, ret);
}

static void fault_close(struct store *s)
{
	store_close(fault_of(s)->inner);
	free(s);
}

static enum status fault_get(
	struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row, struct err *err)
{
	enum status st = count(txn_of(txn)->f, "get", err);
	return st ? st : store_get(txn_of(txn)->inner, db, key, row, err);
}

static enum status fault_put(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len, uint8_t **value,
	struct store_row *row, struct err *err)
{
	enum status st = count(txn_of(txn)->f, "put", err);
	return st ? st : store_put(txn_of(txn)->inner, db, key, len, value, row, err);
}

static enum status fault_del(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err)
{
	enum status st = count(txn_of(txn)->f, "del", err);
	return st ? st : store_del(txn_of(txn)->inner, db, key, err);
}

static enum status fault_range(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg, struct err *err)
{
	enum status st = count(txn_of(txn)->f, "range", err);
	return st ? st : store_range(txn_of(txn)->inner, range, fn, arg, err);
}

static enum status fault_del_range(
	struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret, struct err *err)
{
	enum status st = count(txn_of(txn)->f, "range", err);
	return st ? st : store_del_range(txn_of(txn)->inner, range, limit, ret, err);
}

static const struct store_ops fault_ops = {
	.read = fault_read,
	.write = fault_write,
	.sync = fault_sync,
	.replay = fault_replay,
	.set_hooks = fault_set_hooks,
	.get_stat = fault_get_stat,
	.close = fault_close,
	.get = fault_get,
	.put = fault_put,
	.del = fault_del,
	.range = fault_range,
	.del_range = fault_del_range,
};

struct store *store_wrap_fault(struct store *inner, uint64_t fail_at, bool full)
{
	struct fault_store *f = xcalloc(1, sizeof *f);
	f->base.ops = &fault_ops;
	f->inner = inner;
	f->fail_at = fail_at;
	f->full = full;
	set_inner_hooks(f);
	return &f->base;
}

void store_fault_arm(struct store *s, uint64_t fail_at, bool full)
{
	struct fault_store *f = fault_of(s);
	f->full = full;
	f->fail_at = fail_at;
	f->calls = 0;
}

uint64_t store_fault_calls(struct store *s)
{
	return fault_of(s)->calls;
}
