/*
 * Creating, changing and deleting tables. One at a time (engine->ddl); each is one durable transaction, after which the catalog in memory
 * follows. Readers of the catalog never wait for it. Where states take time (engine->state_delay_ns) a state stands in the record with its
 * end, and states.c ends it.
 */
#include "engine/base/clock.h"
#include "engine/base/uuid.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdlib.h>

struct ddl {
	struct engine *e;
	struct table *t;
	struct table_record record;
	struct index_set *indexes; /* of the record's definition */
	bool only_if_empty, backfilled;
};

void ddl_tell(struct engine *e, enum table_change_kind kind, struct table *t, const struct caller *by)
{
	struct table_change change = {kind, t, by};
	for (size_t i = 0; i < e->table_listener_count; i++)
		e->table_listeners[i].fn(&change, e->table_listeners[i].arg);
}

/** When a state that begins now ends. */
static uint64_t state_end(const struct engine *e)
{
	return clock_wall_ns() + e->state_delay_ns;
}

static enum status check_new(struct engine *e, const struct table_def *def, struct err *err)
{
	struct table *t = catalog_find(e, def->name);
	table_unref(t);
	if (t)
		return err_set(err, ST_TABLE_EXISTS, "Table already exists: %s", def->name);
	if (table_count(e) >= LIMIT_TABLES)
		return err_set(
			err, ST_LIMIT, "Subscriber limit exceeded: There is a limit of %d tables in one store", LIMIT_TABLES);
	return table_def_check(def, err);
}

/* Creation. */

static enum status create_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct ddl *d = arg;
	struct table *t = d->t;
	t->id = d->e->commit.next_table_id + 1;
	enum status st = data_key_create(d->e->masters, t->master_id, t->id, t->key_version, t->wrapped, err);
	if (!st)
		st = table_record_write(d->e, txn, t, &d->record, err);
	if (!st) {
		d->e->commit.next_table_id = t->id;
		t->pending = (struct counts){.modified_ns = t->created_ns};
		commit_mark(t);
	}
	return st;
}

static void set_state(struct table *t, enum table_state state, uint64_t until_ns)
{
	mutex_lock(&t->lock);
	t->state = state;
	t->until_ns = until_ns;
	mutex_unlock(&t->lock);
	atomic_store(&t->closed, state == TABLE_CREATING || state == TABLE_DELETING);
}

static struct table *new_table(struct engine *e, const struct table_def *def) NO_THREAD_SAFETY_ANALYSIS /* nobody else has it yet */
{
	struct table *t = table_new(e);
	memcpy(t->name, def->name, sizeof t->name);
	uuid_make(t->uuid);
	t->schema = def->schema;
	t->created_ns = t->changed_ns = clock_hybrid_ns();
	t->key_version = 1;
	memcpy(t->master_id, masters_default_id(e->masters), sizeof t->master_id);
	table_def_copy(&t->def, def);
	(void)index_ids_give(t, &t->def, NULL); /* there are enough for those of one definition */
	t->indexes = t->writing = index_set_new(t, &t->def, NULL);
	t->def.stream_ns = def->stream == STREAM_OFF ? 0 : t->created_ns;
	t->def.on_demand_ns = def->billing == BILLING_PAY_PER_REQUEST ? t->created_ns : 0;
	if (e->state_delay_ns)
		set_state(t, TABLE_CREATING, state_end(e));
	return t;
}

static enum status create_table(struct engine *e, const struct caller *c, struct table *t, struct table **ret,
	struct err *err) NO_THREAD_SAFETY_ANALYSIS /* likewise */
{
	struct ddl d = {.e = e, .t = t, .record = {&t->def, t->changed_ns, t->state, t->until_ns}};
	enum status st = store_write(e->store, create_in_txn, &d, STORE_DURABLE, err);
	if (st) {
		table_unref(t);
		return st;
	}
	if (ret)
		*ret = table_ref(t);
	catalog_add(e, t);
	ddl_tell(e, TABLE_CHANGE_CREATED, t, c);
	if (e->state_delay_ns)
		states_begin(e);
	return ST_OK;
}

enum status table_create(struct engine *e, const struct caller *c, const struct table_def *def, struct table **ret, struct err *err)
{
	mutex_lock(&e->ddl);
	enum status st = check_new(e, def, err);
	if (!st)
		st = create_table(e, c, new_table(e, def), ret, err);
	mutex_unlock(&e->ddl);
	if (!st)
		commit_settle(e, c);
	return st;
}

/* Changes. */

/* From here on writes maintain the indexes of the new definition; an undone commit takes that back. */
static void set_indexes(struct ddl *d)
{
	const struct index_set *was = d->t->writing;
	for (size_t i = 0; d->indexes && i < d->indexes->count; i++)
		if (!index_set_id(was, d->indexes->entries[i].x->id))
			d->indexes->entries[i].x->pending = (struct index_counts){0};
	d->t->writing = d->indexes;
	commit_mark(d->t);
}

static enum status write_record(struct store_txn *txn, void *arg, struct err *err)
{
	struct ddl *d = arg;
	enum status st = table_record_write(d->e, txn, d->t, &d->record, err);
	if (!st && d->backfilled)
		st = meta_del(txn, META_BACKFILL, d->t->id, err);
	if (!st)
		set_indexes(d);
	return st;
}

/** A durable commit that the disk refused is visible all the same: what writes maintain by now tells. */
static bool is_visible(struct ddl *d, const struct index_set *before)
{
	struct index_set *now = index_set_of(d->t);
	bool visible = now != before && now == d->indexes;
	index_set_unref(now);
	return visible;
}

/** The definition in memory is replaced when the record is written. */
static enum status install(struct ddl *d, struct err *err)
{
	struct table_def fresh, old;
	struct index_set *live = index_set_of(d->t);
	d->indexes = index_set_new(d->t, d->record.def, live);
	enum status st = store_write(d->e->store, write_record, d, STORE_DURABLE, err);
	bool visible = !st || is_visible(d, live);
	index_set_unref(d->indexes);
	index_set_unref(live);
	if (!visible)
		return st;
	table_def_copy(&fresh, d->record.def);
	set_state(d->t, d->record.state, d->record.until_ns);
	mutex_lock(&d->t->lock);
	old = d->t->def;
	d->t->def = fresh;
	d->t->changed_ns = d->record.changed_ns;
	table_def_changed(d->t);
	mutex_unlock(&d->t->lock);
	table_def_finish(&old);
	return st;
}

/** The record as the table stands. */
static void stand(struct engine *e, struct table *t, const struct table_def *def, struct ddl *d)
{
	mutex_lock(&t->lock);
	*d = (struct ddl){.e = e, .t = t, .record = {def, t->changed_ns, t->state, t->until_ns}};
	mutex_unlock(&t->lock);
}

static enum status settle(struct table *t, const struct table_def *old, struct table_def *def, uint64_t now_ns, struct err *err)
{
	enum status st = table_def_check(def, err);
	return st ? st : def_settle(old, def, now_ns, err);
}

static enum status edit_table(struct engine *e, const struct caller *c, struct table *t, enum ddl_mode mode, ddl_edit_fn *edit,
	void *arg, struct err *err)
{
	struct table_def old, def;
	struct ddl d;
	table_get_def(t, &old);
	table_def_copy(&def, &old);
	stand(e, t, &def, &d);
	d.record.changed_ns = clock_hybrid_ns();
	enum status st = edit(t, &def, arg, err);
	if (!st)
		st = settle(t, &old, &def, d.record.changed_ns, err);
	if (!st)
		st = index_ids_give(t, &def, err);
	if (mode == DDL_TABLE && e->state_delay_ns) {
		d.record.state = TABLE_UPDATING;
		d.record.until_ns = state_end(e);
	}
	if (!st)
		st = install(&d, err);
	if (!st)
		ddl_tell(e, TABLE_CHANGE_CHANGED, t, c);
	if (!st && d.record.state != TABLE_ACTIVE)
		states_begin(e);
	if (def.index_count)
		reaper_poke(e); /* indexes that come or go are work for it */
	table_def_finish(&old);
	table_def_finish(&def);
	return st;
}

enum status ddl_edit(struct engine *e, const struct caller *c, struct table *t, enum ddl_mode mode, ddl_edit_fn *edit, void *arg,
	struct err *err)
{
	mutex_lock(&e->ddl);
	enum status st = ST_OK;
	if (table_gone(t))
		st = err_set(err, ST_NO_TABLE, "Requested resource not found: Table: %s not found", t->name);
	else if (mode == DDL_TABLE)
		st = table_check_active(t, err);
	if (!st)
		st = edit_table(e, c, t, mode, edit, arg, err);
	mutex_unlock(&e->ddl);
	if (!st)
		commit_settle(e, c);
	return st;
}

enum status ddl_set_state(struct engine *e, struct table *t, enum table_state state, uint64_t until_ns, struct err *err)
{
	struct table_def def;
	struct ddl d;
	table_get_def(t, &def);
	stand(e, t, &def, &d);
	d.record.state = state;
	d.record.until_ns = until_ns;
	enum status st = install(&d, err);
	if (!st)
		ddl_tell(e, TABLE_CHANGE_CHANGED, t, NULL);
	table_def_finish(&def);
	return st;
}

enum status table_index_done(struct engine *e, struct table *t, uint16_t id, bool gone, struct err *err)
{
	struct table_def def;
	struct ddl d;
	mutex_lock(&e->ddl);
	table_get_def(t, &def);
	stand(e, t, &def, &d);
	d.backfilled = !gone;
	enum status st = table_gone(t) || !index_def_close(&def, id, gone) ? ST_NOT_FOUND : install(&d, err);
	if (!st)
		ddl_tell(e, TABLE_CHANGE_CHANGED, t, NULL);
	table_def_finish(&def);
	mutex_unlock(&e->ddl);
	return st;
}

static enum status replace_def(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	table_def_finish(def);
	table_def_copy(def, arg);
	return ST_OK;
}

enum status table_update(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err)
{
	struct table *t;
	enum status st = table_open(e, def->name, &t, err);
	if (st)
		return st;
	st = ddl_edit(e, c, t, DDL_TABLE, replace_def, (void *)def, err);
	table_unref(t);
	return st;
}

static enum status check_update(struct table *t, const struct table_def *def, struct err *err)
{
	struct table_def old, now;
	table_get_def(t, &old);
	table_def_copy(&now, def);
	enum status st = table_check_active(t, err);
	if (!st)
		st = settle(t, &old, &now, clock_hybrid_ns(), err);
	table_def_finish(&old);
	table_def_finish(&now);
	return st;
}

enum status table_check(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err)
{
	struct table *t = catalog_find(e, def->name);
	enum status st = t ? check_update(t, def, err) : check_new(e, def, err);
	table_unref(t);
	return st;
}

struct owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

static enum status edit_owner(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	const struct owner *o = arg;
	if (o->uid != (uid_t)-1)
		def->uid = o->uid;
	if (o->gid != (gid_t)-1)
		def->gid = o->gid;
	if (o->mode != (mode_t)-1)
		def->mode = o->mode & 07777;
	return ST_OK;
}

enum status table_set_owner(
	struct engine *e, const struct caller *c, struct table *t, uid_t uid, gid_t gid, mode_t mode, struct err *err)
{
	struct owner o = {uid, gid, mode};
	return ddl_edit(e, c, t, DDL_NOTES, edit_owner, &o, err);
}

/* Deletion. */

static enum status delete_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct ddl *d = arg;
	struct table *t = d->t;
	if (d->only_if_empty && t->pending.items)
		return err_set(
			err, ST_TABLE_NOT_EMPTY, "table '%s' still has %llu items", t->name, (unsigned long long)t->pending.items);
	enum status st = meta_put(d->e, txn, META_DOOMED, t->id, SLICE_LIT(""), err);
	if (!st)
		st = meta_del(txn, META_TABLE, t->id, err);
	if (!st)
		st = meta_del(txn, META_COUNTS, t->id, err);
	if (!st)
		st = meta_del(txn, META_BACKFILL, t->id, err);
	if (!st) {
		t->pending_gone = true;
		commit_mark(t);
	}
	return st;
}

enum status ddl_drop(struct engine *e, const struct caller *c, struct table *t, bool only_if_empty, struct err *err)
{
	struct ddl d = {.e = e, .t = t, .only_if_empty = only_if_empty};
	enum status st = store_write(e->store, delete_in_txn, &d, STORE_DURABLE, err);
	if (st)
		return st;
	atomic_store(&t->gone, true);
	table_ref(t);
	catalog_remove(e, t);
	ddl_tell(e, TABLE_CHANGE_DELETED, t, c);
	table_unref(t);
	reaper_poke(e);
	return ST_OK;
}

static bool is_protected(struct table *t)
{
	mutex_lock(&t->lock);
	bool protected = t->def.deletion_protection;
	mutex_unlock(&t->lock);
	return protected;
}

/** Its items are beyond reach from now on, the name is not free yet. */
static enum status begin_deletion(struct engine *e, struct table *t, bool only_if_empty, struct err *err)
{
	struct table_info info;
	table_get_info(t, &info);
	if (only_if_empty && info.item_count)
		return err_set(
			err, ST_TABLE_NOT_EMPTY, "table '%s' still has %llu items", t->name, (unsigned long long)info.item_count);
	enum status st = ddl_set_state(e, t, TABLE_DELETING, state_end(e), err);
	if (!st)
		states_begin(e);
	return st;
}

static enum status delete_table(struct engine *e, const struct caller *c, struct table *t, bool only_if_empty, struct err *err)
{
	enum status st = table_check_active(t, err);
	if (st)
		return st;
	if (is_protected(t))
		return err_set(err, ST_TABLE_PROTECTED,
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
			"first.");
	return e->state_delay_ns ? begin_deletion(e, t, only_if_empty, err) : ddl_drop(e, c, t, only_if_empty, err);
}

enum status table_delete(struct engine *e, const struct caller *c, const char *name, bool only_if_empty, struct err *err)
{
	struct table *t;
	mutex_lock(&e->ddl);
	enum status st = table_open(e, name, &t, err);
	if (!st) {
		st = delete_table(e, c, t, only_if_empty, err);
		table_unref(t);
	}
	mutex_unlock(&e->ddl);
	if (!st)
		commit_settle(e, c);
	return st;
}
