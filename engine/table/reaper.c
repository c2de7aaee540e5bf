/*
 * What is done behind everybody's back, a few hundred rows a transaction, so that it costs its caller one small commit and holds up no writer:
 * freeing the rows of deleted tables (noted in META_DOOMED records) and of deleted indexes (DELETING in their table's definition), filling new
 * indexes (CREATING there). All of it goes on after a restart.
 */
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/table/state.h"

#define ROWS_PER_COMMIT 256

struct reap {
	struct engine *e;
	uint32_t id; /* 0: none found */
	size_t freed;
	struct table *t; /* of an index */
	uint16_t index;
};

void background_failed(struct engine *e, const char *what, const struct err *err)
{
	if (!e->reaper_complained)
		log_warn("%s: %s; it is tried again every second", what, err->text);
	e->reaper_failed = e->reaper_complained = true;
}

static bool take_first(enum status st, uint32_t id, struct slice plain, void *arg)
{
	struct reap *r = arg;
	r->id = id;
	return false;
}

static enum status find_doomed(struct store_txn *txn, void *arg, struct err *err)
{
	struct reap *r = arg;
	return meta_each(r->e, txn, META_DOOMED, take_first, r, err);
}

static enum status free_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct reap *r = arg;
	uint8_t prefix[4];
	put_be32(prefix, r->id);
	struct store_key whole = {.prefix = slice_of(prefix, sizeof prefix)};
	struct store_range range = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	enum status st = store_del_range(txn, &range, ROWS_PER_COMMIT, &r->freed, err);
	if (!st && r->freed < ROWS_PER_COMMIT)
		st = meta_del(txn, META_DOOMED, r->id, err);
	return st;
}

/** False when there is nothing (more) to do. */
static bool reap_some(struct engine *e)
{
	struct reap r = {.e = e};
	struct err err = {0};
	enum status st = store_read(e->store, find_doomed, &r, &err);
	if (!st && !r.id)
		return false;
	if (!st)
		st = store_write(e->store, free_rows, &r, STORE_VISIBLE, &err);
	if (st)
		background_failed(e, "freeing the rows of a deleted table", &err);
	return !st;
}

static bool find_deleted_index(struct table *t, void *arg)
{
	struct reap *r = arg;
	struct index_set *set = table_update_lasts(t) ? NULL : index_set_of(t);
	for (size_t i = 0; set && i < set->count && !r->t; i++)
		if (set->entries[i].status == INDEX_DELETING) {
			r->t = table_ref(t);
			r->index = set->entries[i].x->id;
		}
	index_set_unref(set);
	return !r->t;
}

static enum status free_index_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct reap *r = arg;
	uint8_t prefix[6];
	put_be32(prefix, r->t->id);
	put_be16(prefix + 4, r->index);
	struct store_key whole = {.prefix = slice_of(prefix, sizeof prefix)};
	struct store_range range = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	return store_del_range(txn, &range, ROWS_PER_COMMIT, &r->freed, err);
}

/** The same for an index that was dropped. */
static bool reap_some_of_index(struct engine *e)
{
	struct reap r = {.e = e};
	struct err err = {0};
	table_list(e, 0, find_deleted_index, &r);
	if (!r.t)
		return false;
	enum status st = store_write(e->store, free_index_rows, &r, STORE_VISIBLE, &err);
	if (!st && r.freed < ROWS_PER_COMMIT)
		st = table_index_done(e, r.t, r.index, true, &err);
	if (st && st != ST_NOT_FOUND)
		background_failed(e, "freeing the rows of a deleted index", &err);
	table_unref(r.t);
	return !st || st == ST_NOT_FOUND;
}

/** A step of everything there is to do; false when there is nothing. */
static bool work_some(struct engine *e)
{
	e->reaper_failed = false;
	bool tables = reap_some(e), indexes = reap_some_of_index(e);
	bool more = e->backfill(e) || tables || indexes;
	e->reaper_complained &= e->reaper_failed;
	return more;
}

/** After a failure only for a while: what failed is tried again. */
static bool wait_for_work(struct engine *e)
{
	uint64_t until_ns = clock_wall_ns() + e->reaper_retry_ns;
	struct timespec until = clock_timespec(until_ns);
	mutex_lock(&e->reaper_lock);
	while (!e->reaper_work && !e->reaper_stop && (!e->reaper_failed || clock_wall_ns() < until_ns))
		if (e->reaper_failed)
			pthread_cond_timedwait(&e->reaper_wake, &e->reaper_lock.os, &until);
		else
			mutex_wait(&e->reaper_lock, &e->reaper_wake);
	e->reaper_work = false;
	bool go_on = !e->reaper_stop;
	mutex_unlock(&e->reaper_lock);
	return go_on;
}

static bool stopping(struct engine *e)
{
	mutex_lock(&e->reaper_lock);
	bool stop = e->reaper_stop;
	mutex_unlock(&e->reaper_lock);
	return stop;
}

static void *reaper_main(void *arg)
{
	struct engine *e = arg;
	while (wait_for_work(e))
		while (!stopping(e) && work_some(e))
			;
	return NULL;
}

enum status reaper_start(struct engine *e, struct err *err)
{
	e->reaper_work = true; /* what an earlier process left over */
	int rc = pthread_create(&e->reaper, NULL, reaper_main, e);
	if (rc)
		return err_errno(err, rc, "cannot start a thread");
	e->reaper_running = true;
	return ST_OK;
}

void reaper_poke(struct engine *e)
{
	mutex_lock(&e->reaper_lock);
	e->reaper_work = true;
	pthread_cond_signal(&e->reaper_wake);
	mutex_unlock(&e->reaper_lock);
}

void reaper_finish(struct engine *e)
{
	if (!e->reaper_running)
		return;
	mutex_lock(&e->reaper_lock);
	e->reaper_stop = true;
	pthread_cond_signal(&e->reaper_wake);
	mutex_unlock(&e->reaper_lock);
	pthread_join(e->reaper, NULL);
	e->reaper_running = false;
}
