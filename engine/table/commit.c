/*
 * What goes with a batch of operations as a whole. Operations run one after the other on the committing thread and note here what they
 * did; the sequence number and the counts of the tables they touched are then written once a batch, in the same transaction, and
 * become what others see only when it is committed. An undone batch leaves no trace: everything "pending" falls back.
 */
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/table/state.h"

#include <assert.h>
#include <stdlib.h>

#define STATE_SIZE 20 /* sequence 8, clock 8, next table id 4; little-endian */

uint64_t commit_next_version(struct engine *e)
{
	return ++e->commit.sequence;
}

uint64_t commit_time(struct engine *e)
{
	return e->commit.clock_ns = clock_hybrid_ns();
}

void commit_mark(struct table *t)
{
	struct commit_state *c = &t->engine->commit;
	if (t->dirty)
		return;
	t->dirty = true;
	t->next_dirty = c->dirty;
	c->dirty = t;
}

void commit_counted(struct table *t, int64_t items, int64_t bytes, int64_t text_bytes, uint64_t time_ns)
{
	commit_mark(t);
	t->pending.items += (uint64_t)items;
	t->pending.bytes += (uint64_t)bytes;
	t->pending.text_bytes += (uint64_t)text_bytes;
	t->pending.modified_ns = time_ns;
}

void commit_index_counted(struct table *t, struct index *x, int64_t items, int64_t bytes)
{
	commit_mark(t);
	x->pending.items += (uint64_t)items;
	x->pending.bytes += (uint64_t)bytes;
}

void commit_changed(struct engine *e, const struct pending_change *change)
{
	struct commit_state *c = &e->commit;
	if (c->change_count == c->change_cap) {
		c->change_cap = c->change_cap ? c->change_cap * 2 : 64;
		c->changes = xrealloc(c->changes, c->change_cap * sizeof *c->changes);
	}
	c->changes[c->change_count++] = *change;
}

static enum status write_state(struct engine *e, struct store_txn *txn, struct err *err)
{
	uint8_t plain[STATE_SIZE];
	put_le64(plain, e->commit.sequence);
	put_le64(plain + 8, e->commit.clock_ns);
	put_le32(plain + 16, e->commit.next_table_id);
	return meta_put(e, txn, META_STATE, 0, slice_of(plain, sizeof plain), err);
}

static enum status write_counts(struct engine *e, struct store_txn *txn, struct table *t, struct err *err)
{
	struct buf plain = BUF_INIT;
	counts_encode(t, &plain);
	enum status st = meta_put(e, txn, META_COUNTS, t->id, buf_slice(&plain), err);
	buf_finish(&plain);
	return st;
}

static enum status precommit(struct store_txn *txn, void *arg, struct err *err)
{
	struct engine *e = arg;
	enum status st = ST_OK;
	for (struct table *t = e->commit.dirty; t && !st; t = t->next_dirty)
		if (!t->pending_gone)
			st = write_counts(e, txn, t, err);
	bool touched =
		e->commit.sequence != e->commit.committed_sequence || e->commit.next_table_id != e->commit.committed_next_table_id;
	return st || !touched ? st : write_state(e, txn, err);
}

static struct table *pop_dirty(struct commit_state *c)
{
	struct table *t = c->dirty;
	if (t) {
		c->dirty = t->next_dirty;
		t->dirty = false;
	}
	return t;
}

static void publish(struct engine *e)
{
	struct table *t;
	for (t = e->commit.dirty; t; t = t->next_dirty)
		index_set_publish(t);
	mutex_lock(&e->counts_lock);
	e->commit.committed_sequence = e->commit.sequence;
	while ((t = pop_dirty(&e->commit))) {
		t->committed = t->pending;
		for (size_t i = 0; t->writing && i < t->writing->count; i++)
			t->writing->entries[i].x->committed = t->writing->entries[i].x->pending;
	}
	mutex_unlock(&e->counts_lock);
}

static void tell_listeners(struct engine *e)
{
	for (size_t i = 0; i < e->commit.change_count; i++) {
		const struct pending_change *p = &e->commit.changes[i];
		struct change change = {p->kind, p->table, p->key, p->version, p->by};
		for (size_t n = 0; n < e->listener_count; n++)
			e->listeners[n].fn(&change, e->listeners[n].arg);
	}
	e->commit.change_count = 0;
}

static void committed(void *arg)
{
	struct engine *e = arg;
	e->commit.committed_next_table_id = e->commit.next_table_id;
	publish(e);
	tell_listeners(e);
}

static void aborted(void *arg)
{
	struct engine *e = arg;
	struct table *t;
	e->commit.sequence = e->commit.committed_sequence;
	e->commit.next_table_id = e->commit.committed_next_table_id;
	e->commit.change_count = 0;
	while ((t = pop_dirty(&e->commit))) {
		t->pending = t->committed;
		t->pending_gone = atomic_load(&t->gone);
		index_set_abort(t);
	}
}

void commit_install(struct engine *e)
{
	struct store_hooks hooks = {.precommit = precommit, .committed = committed, .aborted = aborted, .arg = e};
	store_set_hooks(e->store, &hooks);
}

enum status commit_load(struct engine *e, struct store_txn *txn, struct err *err)
{
	struct buf plain = BUF_INIT;
	enum status st = meta_get(e, txn, META_STATE, 0, &plain, err);
	if (st == ST_OK && plain.len != STATE_SIZE)
		st = err_set(err, ST_CORRUPT, "the store's state record has %zu bytes, %d belong there", plain.len, STATE_SIZE);
	if (st == ST_NOT_FOUND)
		st = err_set(err, ST_CORRUPT, "the store's state record is missing");
	if (st == ST_OK) {
		e->commit.sequence = e->commit.committed_sequence = get_le64(plain.ptr);
		e->commit.clock_ns = get_le64(plain.ptr + 8);
		e->commit.next_table_id = e->commit.committed_next_table_id = get_le32(plain.ptr + 16);
		clock_raise_floor(e->commit.clock_ns);
	}
	buf_finish(&plain);
	return st;
}

void commit_settle(struct engine *e, const struct caller *by)
{
	for (size_t i = 0; i < e->settler_count; i++)
		if (!by || e->settlers[i].face != by->face)
			e->settlers[i].fn(e->settlers[i].arg);
}

void commit_finish(struct engine *e)
{
	free(e->commit.changes);
	e->commit.changes = NULL;
}
