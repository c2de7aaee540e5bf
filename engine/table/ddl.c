/*
 * Creating, changing and deleting tables. One at a time (engine->ddl); each is one durable transaction, after which the catalog in memory
 * follows. Readers of the catalog never wait for it.
 */
#include "engine/base/clock.h"
#include "engine/base/uuid.h"
#include "engine/table/state.h"

#include <stdlib.h>

struct ddl {
	struct engine *e;
	struct table *t;
	const struct table_def *def;
	uint64_t changed_ns;
	bool only_if_empty;
};

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

static bool same_key(const struct key_attr *a, const struct key_attr *b)
{
	return a->type == b->type && strcmp(a->name, b->name) == 0;
}

static enum status check_same_schema(const struct table *t, const struct table_def *def, struct err *err)
{
	if (!same_key(&t->schema.pk, &def->schema.pk) || !same_key(&t->schema.sk, &def->schema.sk))
		return err_set(err, ST_VALIDATION,
			"KeySchema: the keys of table '%s' cannot be changed; make a new table and copy the items", t->name);
	return table_def_check(def, err);
}

static enum status create_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct ddl *d = arg;
	struct table *t = d->t;
	t->id = d->e->commit.next_table_id + 1;
	enum status st = data_key_create(d->e->masters, t->master_id, t->id, t->key_version, t->wrapped, err);
	if (!st)
		st = table_record_write(d->e, txn, t, d->def, d->changed_ns, err);
	if (!st) {
		d->e->commit.next_table_id = t->id;
		t->pending = (struct counts){.modified_ns = t->created_ns};
		commit_mark(t);
	}
	return st;
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
	return t;
}

enum status table_create(struct engine *e, const struct caller *c, const struct table_def *def, struct table **ret, struct err *err)
{
	mutex_lock(&e->ddl);
	enum status st = check_new(e, def, err);
	if (!st) {
		struct table *t = new_table(e, def);
		struct ddl d = {.e = e, .t = t, .def = def, .changed_ns = t->created_ns};
		st = store_write(e->store, create_in_txn, &d, STORE_DURABLE, err);
		if (!st) {
			catalog_add(e, t);
			if (ret)
				*ret = table_ref(t);
		} else {
			table_unref(t);
		}
	}
	mutex_unlock(&e->ddl);
	return st;
}

static enum status update_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct ddl *d = arg;
	return table_record_write(d->e, txn, d->t, d->def, d->changed_ns, err);
}

static enum status write_def(struct engine *e, struct table *t, const struct table_def *def, struct err *err)
{
	struct ddl d = {.e = e, .t = t, .def = def, .changed_ns = clock_hybrid_ns()};
	struct table_def fresh, old;
	enum status st = store_write(e->store, update_in_txn, &d, STORE_DURABLE, err);
	if (st)
		return st;
	table_def_copy(&fresh, def);
	mutex_lock(&t->lock);
	old = t->def;
	t->def = fresh;
	t->changed_ns = d.changed_ns;
	mutex_unlock(&t->lock);
	table_def_finish(&old);
	return ST_OK;
}

enum status table_update(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err)
{
	struct table *t;
	mutex_lock(&e->ddl);
	enum status st = table_open(e, def->name, &t, err);
	if (!st) {
		st = check_same_schema(t, def, err);
		if (!st)
			st = write_def(e, t, def, err);
		table_unref(t);
	}
	mutex_unlock(&e->ddl);
	return st;
}

enum status table_check(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err)
{
	struct table *t = catalog_find(e, def->name);
	enum status st = t ? check_same_schema(t, def, err) : check_new(e, def, err);
	table_unref(t);
	return st;
}

enum status table_set_owner(
	struct engine *e, const struct caller *c, struct table *t, uid_t uid, gid_t gid, mode_t mode, struct err *err)
{
	struct table_def def;
	mutex_lock(&e->ddl);
	table_get_def(t, &def);
	if (uid != (uid_t)-1)
		def.uid = uid;
	if (gid != (gid_t)-1)
		def.gid = gid;
	if (mode != (mode_t)-1)
		def.mode = mode & 07777;
	enum status st = table_gone(t) ? err_code(err, ST_NO_TABLE) : write_def(e, t, &def, err);
	table_def_finish(&def);
	mutex_unlock(&e->ddl);
	return st;
}

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
	if (!st) {
		t->pending_gone = true;
		commit_mark(t);
	}
	return st;
}

static enum status delete_table(struct engine *e, struct table *t, bool only_if_empty, struct err *err)
{
	struct table_def def;
	table_get_def(t, &def);
	bool protected = def.deletion_protection;
	table_def_finish(&def);
	if (protected)
		return err_set(err, ST_TABLE_PROTECTED,
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
			"first. "
			"Table: %s",
			t->name);
	struct ddl d = {.e = e, .t = t, .only_if_empty = only_if_empty};
	enum status st = store_write(e->store, delete_in_txn, &d, STORE_DURABLE, err);
	if (st)
		return st;
	atomic_store(&t->gone, true);
	catalog_remove(e, t);
	reaper_poke(e);
	return ST_OK;
}

enum status table_delete(struct engine *e, const struct caller *c, const char *name, bool only_if_empty, struct err *err)
{
	struct table *t;
	mutex_lock(&e->ddl);
	enum status st = table_open(e, name, &t, err);
	if (!st) {
		st = delete_table(e, t, only_if_empty, err);
		table_unref(t);
	}
	mutex_unlock(&e->ddl);
	return st;
}
