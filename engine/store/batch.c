/*
 * Group commit. Who comes to write and finds nobody writing leads: it runs its own fn and those that queued up, in one transaction, and
 * wakes their callers. A caller that is alone never waits for another thread.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/store/lmdb_private.h"

#define BATCH_MAX 128
#define CHANGES_KEPT (1 << 20) /* memory */
#define PAGES_A_COMMIT 5       /* roots, the main tree, the free list */

struct request {
	store_fn *fn;
	void *arg;
	struct err *err; /* its caller's; NULL is allowed */
	enum status status;
	bool durable, done;
	struct waiter on_disk; /* also wakes to lead */
	struct request *next;
};

struct batch {
	struct request *all[BATCH_MAX];
	size_t count;
};

/** Undoes the transaction. One that a fault left half-changed cannot even be ended: it stays, and with it the refusal of writes. */
static void undo(struct lmdb_store *s, struct lmdb_txn *t) REQUIRES(s->commit_lock)
{
	if (t->txn && !t->abandoned)
		mdb_txn_abort(t->txn);
	t->txn = NULL;
	if (s->hooks.aborted)
		s->hooks.aborted(s->hooks.arg);
}

static enum status refuse_writes(struct lmdb_store *s, struct err *err)
{
	struct stat st;
	if (s->read_only)
		return err_set(err, ST_READ_ONLY, "the store is open for reading only");
	if (s->damaged)
		return err_set(err, ST_STRUCTURE,
			"the store's page structure is damaged, so nothing is written any more; export what reads and restore into "
			"a new store");
	if (fstat(s->data_fd, &st) || st.st_nlink == 0)
		return err_code(err, ST_STORE_GONE);
	return ST_OK;
}

/* LMDB answers EIO to a write cut short, which is what a disk that fills up does. */
static bool disk_full(struct lmdb_store *s)
{
	struct statvfs v;
	return fstatvfs(s->data_fd, &v) == 0 && (uint64_t)v.f_bavail * v.f_frsize < (UINT64_C(1) << 20);
}

static enum status commit(struct lmdb_store *s, struct lmdb_txn *t, struct err *err) REQUIRES(s->commit_lock)
{
	if (s->hooks.precommit) {
		enum status st = s->hooks.precommit(&t->base, s->hooks.arg, err);
		if (st)
			return st;
		record_settle(t);
	}
	int rc = call_commit(t);
	t->txn = NULL; /* gone, done or not */
	if (rc == EIO && disk_full(s))
		rc = ENOSPC;
	return rc ? lmdb_status(s, rc, "commit", err) : ST_OK;
}

static void committed(struct lmdb_store *s) REQUIRES(s->commit_lock)
{
	wal_add(&s->wal, s->visible + 1, buf_slice(&s->changes));
	if (s->changes.cap > CHANGES_KEPT)
		buf_finish(&s->changes);
	s->visible++;
	s->dirty_bytes += PAGES_A_COMMIT * s->page_size;
	if (s->hooks.committed)
		s->hooks.committed(s->hooks.arg);
}

/** Runs the fns in one transaction, commits. *late: the one that failed after it had written; the batch is undone, without a verdict. */
static enum status try_batch(struct lmdb_store *s, struct batch *b, struct request **late, struct err *err) REQUIRES(s->commit_lock)
{
	MDB_cursor *cursors[STORE_DB_COUNT] = {NULL}; /* LMDB closes them with the transaction */
	struct lmdb_txn t = {.base.ops = &lmdb_ops, .s = s, .cursors = cursors, .write = true};
	bool any = false;
	enum status st = refuse_writes(s, err);
	if (st)
		return st;
	int rc = call_txn_begin(&t, 0);
	if (rc)
		return lmdb_status(s, rc, "begin a commit", err);
	t.tight = space_tight(s);
	t.recording = s->wal.state != WAL_OFF;
	buf_reset(&s->changes);
	for (size_t i = 0; i < b->count; i++) {
		struct request *r = b->all[i];
		t.wrote = false;
		r->status = r->fn(&t.base, r->arg, r->err);
		record_settle(&t);
		any |= r->status == ST_OK;
		if (t.abandoned && !r->status)
			r->status = err_code(r->err, ST_STRUCTURE);
		if (r->status && t.wrote) {
			*late = r;
			undo(s, &t);
			return r->status;
		}
	}
	if (any)
		st = s->damaged ? refuse_writes(s, err) : commit(s, &t, err);
	else
		mdb_txn_abort(t.txn); /* only refusals */
	if (st) {
		undo(s, &t);
		return st;
	}
	if (any)
		committed(s);
	for (size_t i = 0; i < b->count; i++)
		b->all[i]->on_disk.commit = s->visible;
	return ST_OK;
}

static void fail_all(struct batch *b, enum status st, const struct err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		b->all[i]->status = st;
		if (b->all[i]->err)
			*b->all[i]->err = *err;
	}
}

static void run_alone(struct lmdb_store *s, struct request *r) REQUIRES(s->commit_lock)
{
	struct batch one = {.all = {r}, .count = 1};
	struct request *late = NULL;
	struct err err = {0};
	if (r->err)
		*r->err = err;
	enum status st = try_batch(s, &one, &late, &err);
	if (st && !late)
		fail_all(&one, st, &err);
}

/* A failure that may be one request's own (it failed late, the transaction grew too big) must not become the others': each gets a
 * transaction to itself. */
static void run_batch(struct lmdb_store *s, struct batch *b)
{
	struct request *late = NULL;
	struct err err = {0};
	mutex_lock(&s->commit_lock);
	uint64_t before = s->visible;
	enum status st = try_batch(s, b, &late, &err);
	if (st && !late && (b->count == 1 || s->damaged))
		fail_all(b, st, &err);
	else if (st)
		for (size_t i = 0; i < b->count; i++)
			if (b->all[i] != late)
				run_alone(s, b->all[i]);
	bool committed = s->visible != before;
	mutex_unlock(&s->commit_lock);
	if (committed)
		checkpoint_commit_made(s);
}

/** Takes the head of the queue. */
static void take_batch(struct lmdb_store *s, struct batch *b) REQUIRES(s->queue_lock)
{
	b->count = 0;
	while (s->queue && b->count < BATCH_MAX) {
		b->all[b->count++] = s->queue;
		s->queue = s->queue->next;
	}
	if (!s->queue)
		s->queue_end = &s->queue;
}

void batch_poke(struct lmdb_store *s)
{
	if (s->queue && !s->leading)
		waiter_poke(s, &s->queue->on_disk);
}

/** Who wants to know that the change is on disk sleeps on until it is. */
static void done(struct lmdb_store *s, struct request *r, struct waiter **woken) REQUIRES(s->queue_lock)
{
	r->done = true;
	if (r->durable && !r->status)
		durable_expect(s, &r->on_disk);
	else
		waiter_over(s, &r->on_disk, woken);
}

/** Leads batches until the caller's own request is done, then hands on. */
static void lead(struct lmdb_store *s, const struct request *own, struct waiter **woken) REQUIRES(s->queue_lock)
{
	struct batch b;
	s->leading = true;
	while (!own->done) {
		take_batch(s, &b);
		mutex_unlock(&s->queue_lock);
		run_batch(s, &b);
		mutex_lock(&s->queue_lock);
		for (size_t i = 0; i < b.count; i++)
			done(s, b.all[i], woken);
	}
	s->leading = false;
	batch_poke(s);
	if (!own->durable || own->status)
		durable_poke(s);
}

/** Leads if it is this request's turn. True: the request is done, and may have to be flushed. */
static bool try_to_lead(struct lmdb_store *s, const struct request *r)
{
	struct waiter *woken = NULL;
	mutex_lock(&s->queue_lock);
	if (!r->done && !s->leading && !(r->durable && s->gathering))
		lead(s, r, &woken);
	bool done = r->done;
	mutex_unlock(&s->queue_lock);
	wake_all(woken);
	return done;
}

static void enqueue(struct lmdb_store *s, struct request *r)
{
	mutex_lock(&s->queue_lock);
	*s->queue_end = r;
	s->queue_end = &r->next;
	mutex_unlock(&s->queue_lock);
}

enum status batch_write(struct lmdb_store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	struct request r = {.fn = fn, .arg = arg, .err = err, .durable = commit == STORE_DURABLE};
	waiter_init(&r.on_disk);
	enqueue(s, &r);
	while (!r.on_disk.over) {
		if (try_to_lead(s, &r))
			durable_flush(s, &r.on_disk);
		if (!r.on_disk.over)
			waiter_sleep(&r.on_disk);
	}
	waiter_finish(&r.on_disk);
	if (r.status || !r.durable || r.on_disk.state == ON_DISK)
		return r.status;
	return durable_wait(s, r.on_disk.commit, err);
}
