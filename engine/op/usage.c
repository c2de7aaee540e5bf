#include "engine/op/usage.h"

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

struct run {
	struct usage *u;
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

static enum status noted(struct usage *u, enum status st)
{
	if (!counts(st))
		usage_reset(u);
	return st;
}

enum status usage_read(struct usage *u, struct engine *e, store_fn *fn, void *arg, struct err *err)
{
	struct run run = {u, fn, arg};
	return noted(u, store_read(e->store, run_anew, &run, err));
}

enum status usage_write(struct usage *u, struct engine *e, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	struct run run = {u, fn, arg};
	return noted(u, store_write(e->store, run_anew, &run, commit, err));
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
		struct consumed *c = consumed_of(list, row->table);
		if (row->index)
			give_index(c, row);
		else
			add(&c->own, &row->units);
	}
	free(u->more);
	*u = (struct usage){0};
}
