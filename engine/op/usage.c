#include "engine/op/usage.h"

#include "engine/base/clock.h"

#include <stdlib.h>

static struct usage_row *row_at(struct usage *u, size_t i)
{
	return i < USAGE_ROWS ? &u->some[i] : &u->more[i - USAGE_ROWS];
}

static struct usage_row *row_of(struct usage *u, struct table *t, uint16_t index)
{
	for (size_t i = 0; i < u->n; i++) {
		struct usage_row *row = row_at(u, i);
		if (row->table == t && row->index == index)
			return row;
	}
	if (u->n >= USAGE_ROWS && u->n - USAGE_ROWS == u->more_cap) {
		u->more_cap = u->more_cap ? 2 * u->more_cap : 8;
		u->more = xrealloc(u->more, u->more_cap * sizeof *u->more);
	}
	struct usage_row *row = row_at(u, u->n++);
	*row = (struct usage_row){.table = t, .index = index};
	return row;
}

void usage_add_read(struct usage *u, struct table *t, uint16_t index, uint64_t bytes, enum read_kind kind)
{
	if (u)
		row_of(u, t, index)->units.read += capacity_read(bytes, kind);
}

void usage_add_write(struct usage *u, struct table *t, uint16_t index, uint64_t bytes)
{
	if (u)
		row_of(u, t, index)->units.write += capacity_write(bytes, u->transactional);
}

void usage_reset(struct usage *u)
{
	u->n = 0;
}

/* Limits */

struct meters {
	struct meter *counter; /* of what was asked for */
	struct meter *bucket;  /* whose capacity that uses */
};

/** False: the index was dropped meanwhile. A local index uses the table's capacity. */
static bool meters_of(struct table *t, uint16_t index, enum meter_use use, struct meters *ret)
{
	struct index_meter *i = index ? table_meters_index(&t->meters, index) : NULL;
	if (index && !i)
		return false;
	ret->counter = i ? &i->use[use] : &t->meters.use[use];
	ret->bucket = i && !i->local ? &i->use[use] : &t->meters.use[use];
	return true;
}

static enum status refuse(const struct meter *m, bool index, struct err *err)
{
	if (atomic_load(&m->on_demand))
		return err_set(
			err, ST_REQUEST_RATE, "Throughput exceeds the maximum OnDemandThroughput configured on table or index");
	if (index)
		return err_set(err, ST_THROTTLED,
			"The level of configured provisioned throughput for one or more global secondary indexes of the table was "
			"exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes "
			"with the UpdateTable API");
	return err_set(err, ST_THROTTLED,
		"The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
		"level with the UpdateTable API.");
}

static double promised(struct usage *u, struct table *t, uint16_t index, enum meter_use use)
{
	const struct units *p = &row_of(u, t, index)->promised;
	return use == METER_READ ? p->read : p->write;
}

static bool is_limited(const struct usage *u, struct table *t, uint16_t index, enum meter_use use, struct meters *m)
{
	return u && !u->unlimited && t->engine->throttle && meters_of(t, index, use, m) && atomic_load(&m->bucket->rate);
}

bool usage_may_refuse(const struct usage *u, struct table *t, uint16_t index, enum meter_use use)
{
	struct meters m;
	return is_limited(u, t, index, use, &m);
}

enum status usage_admit(struct usage *u, struct table *t, uint16_t index, enum meter_use use, struct err *err)
{
	struct meters m;
	if (!is_limited(u, t, index, use, &m))
		return ST_OK;
	if (meter_is_turn(m.bucket, &u->turn) && meter_has(m.bucket, promised(u, t, index, use), t->engine->meter_ns()))
		return ST_OK;
	if (u->starved != m.bucket) /* not again by a call that waited */
		atomic_fetch_add(&m.bucket->throttled, 1);
	u->starved = m.bucket;
	return refuse(m.bucket, m.bucket != &t->meters.use[use], err);
}

void usage_promise_read(struct usage *u, struct table *t, uint64_t bytes, enum read_kind kind)
{
	row_of(u, t, 0)->promised.read += capacity_read(bytes, kind);
}

void usage_promise_write(struct usage *u, struct table *t, uint64_t bytes)
{
	row_of(u, t, 0)->promised.write += capacity_write(bytes, u->transactional);
}

static void charge_one(const struct usage_row *row, enum meter_use use, double units)
{
	struct meters m;
	if (units <= 0 || !meters_of(row->table, row->index, use, &m))
		return;
	meter_count(m.counter, units);
	if (atomic_load(&m.bucket->rate))
		meter_take(m.bucket, units, row->table->engine->meter_ns());
}

static void charge(struct usage *u)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct usage_row *row = row_at(u, i);
		charge_one(row, METER_READ, row->units.read);
		charge_one(row, METER_WRITE, row->units.write);
	}
}

/* Running */

struct run {
	struct usage *u;
	struct engine *e;
	store_fn *fn;
	void *arg;
};

static enum status run_anew(struct store_txn *txn, void *arg, struct err *err)
{
	struct run *run = arg;
	usage_reset(run->u);
	return run->fn(txn, run->arg, err);
}

/** Whether what the call did counts: it was done, or found that it must not be done. */
static bool counts(enum status st)
{
	switch (st) {
	case ST_OK:
	case ST_NOT_FOUND:
	case ST_EXISTS:
	case ST_VERSION:
	case ST_CONDITION:
	case ST_CANCELED:
		return true;
	default:
		return false;
	}
}

/** Whether the call waited for capacity and is to run again; else *ret is what came of it. */
static bool again(const struct run *run, enum status st, uint64_t *until_ns, enum status *ret)
{
	struct usage *u = run->u;
	*ret = st;
	if (!usage_refused(st) || !u->by || u->by->face != FACE_FS)
		return false;
	if (!*until_ns)
		*until_ns = clock_monotonic_ns() + CAPACITY_WAIT_S * NS_PER_S;
	enum status waited = meter_wait(&run->e->waiters, u->starved, &u->turn, u->by, *until_ns, run->e->meter_ns);
	if (waited == ST_INTERRUPTED)
		*ret = waited;
	return waited == ST_OK;
}

static enum status finish(const struct run *run, enum status st, struct err *err)
{
	if (!counts(st))
		usage_reset(run->u);
	charge(run->u);
	if (run->u->turn.meter)
		meter_leave(&run->e->waiters, &run->u->turn);
	return st == ST_INTERRUPTED ? err_code(err, st) : st;
}

enum status usage_read(struct usage *u, struct engine *e, store_fn *fn, void *arg, struct err *err)
{
	struct run run = {u, e, fn, arg};
	uint64_t until_ns = 0;
	enum status st;
	do {
		st = store_read(e->store, run_anew, &run, err);
	} while (again(&run, st, &until_ns, &st));
	return finish(&run, st, err);
}

enum status usage_write(struct usage *u, struct engine *e, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	struct run run = {u, e, fn, arg};
	uint64_t until_ns = 0;
	enum status st;
	do {
		st = store_write(e->store, run_anew, &run, commit, err);
	} while (again(&run, st, &until_ns, &st));
	if (!st)
		commit_settle(e, u->by);
	return finish(&run, st, err);
}

static void add(struct units *to, const struct units *more)
{
	to->read += more->read;
	to->write += more->write;
}

/** An index that was dropped meanwhile has no name any more, and nobody to tell of it. */
static void give_index(struct consumed *c, const struct usage_row *row)
{
	struct table *t = row->table;
	mutex_lock(&t->lock);
	for (size_t i = 0; i < t->def.index_count; i++)
		if (t->def.indexes[i].id == row->index)
			add(consumed_index(c, t->def.indexes[i].name, t->def.indexes[i].local), &row->units);
	mutex_unlock(&t->lock);
}

void usage_give(struct usage *u, struct consumed_list *list)
{
	for (size_t i = 0; i < u->n && list; i++) {
		const struct usage_row *row = row_at(u, i);
		if (row->units.read <= 0 && row->units.write <= 0) /* asked for, not used */
			continue;
		struct consumed *c = consumed_of(list, row->table);
		if (row->index)
			give_index(c, row);
		else
			add(&c->own, &row->units);
	}
	if (u->more)
		free(u->more);
	u->more = NULL;
	u->n = u->more_cap = 0;
}
