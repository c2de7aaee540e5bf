#include "engine/table/state.h"

#include "engine/base/log.h"

#include <stdlib.h>

struct table *table_new(struct engine *e)
{
	struct table *t = xcalloc(1, sizeof *t);
	t->engine = e;
	mutex_init(&t->lock);
	atomic_init(&t->refs, 1);
	return t;
}

struct table *table_ref(struct table *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

static void table_free(struct table *t) NO_THREAD_SAFETY_ANALYSIS /* the last reference: nobody else is there */
{
	data_key_free(atomic_load(&t->key));
	table_meters_finish(&t->meters);
	index_set_unref(t->indexes);
	table_def_finish(&t->def);
	mutex_finish(&t->lock);
	free(t);
}

void table_unref(struct table *t)
{
	if (t && atomic_fetch_sub(&t->refs, 1) == 1)
		table_free(t);
}

void table_def_changed(struct table *t)
{
	table_meters_follow(&t->meters, &t->def, t->engine->meter_ns());
}

void catalog_add(struct engine *e, struct table *t)
{
	struct catalog *c = &e->catalog;
	mutex_lock(&t->lock);
	table_def_changed(t);
	mutex_unlock(&t->lock);
	mutex_lock(&c->lock);
	HASH_ADD(by_name, c->by_name, name, strlen(t->name), t);
	HASH_ADD(by_id, c->by_id, id, sizeof t->id, t);
	mutex_unlock(&c->lock);
}

void catalog_remove(struct engine *e, struct table *t)
{
	struct catalog *c = &e->catalog;
	mutex_lock(&c->lock);
	HASH_DELETE(by_name, c->by_name, t);
	HASH_DELETE(by_id, c->by_id, t);
	mutex_unlock(&c->lock);
	table_unref(t);
}

struct table *catalog_find(struct engine *e, const char *name)
{
	struct table *t = NULL;
	mutex_lock(&e->catalog.lock);
	HASH_FIND(by_name, e->catalog.by_name, name, strlen(name), t);
	if (t)
		table_ref(t);
	mutex_unlock(&e->catalog.lock);
	return t;
}

enum status table_open(struct engine *e, const char *name, struct table **ret, struct err *err)
{
	struct table *t = catalog_find(e, name);
	if (!t)
		return err_set(err, ST_NO_TABLE, "Requested resource not found: Table: %s not found", name);
	*ret = t;
	return ST_OK;
}

static struct table *find_id(struct engine *e, uint32_t id)
{
	struct table *t = NULL;
	mutex_lock(&e->catalog.lock);
	HASH_FIND(by_id, e->catalog.by_id, &id, sizeof id, t);
	if (t)
		table_ref(t);
	mutex_unlock(&e->catalog.lock);
	return t;
}

const struct sort_cipher *catalog_sort_cipher(uint32_t table_id, void *arg)
{
	struct engine *e = arg;
	struct table *t = find_id(e, table_id);
	struct data_key *key = t ? atomic_load(&t->key) : NULL;
	table_unref(t); /* whoever makes the store compare keys of this table holds a reference of its own */
	return key ? &key->sort : NULL;
}

enum status table_use(struct table *t, struct data_key **ret, struct err *err)
{
	if (atomic_load(&t->gone) || atomic_load(&t->closed))
		return err_set(err, ST_NO_TABLE, "Requested resource not found: Table: %s not found", t->name);
	struct data_key *key = atomic_load(&t->key);
	enum status st = ST_OK;
	if (!key) {
		mutex_lock(&t->lock);
		key = atomic_load(&t->key);
		if (!key)
			st = data_key_open(t->engine->masters, t->master_id, t->id, t->key_version, t->wrapped, &key, err);
		if (!st)
			atomic_store(&t->key, key);
		mutex_unlock(&t->lock);
	}
	if (!st)
		*ret = key;
	return st;
}

/* While a table is left out, one that is not known may be that one, and not gone: its rows stay as they are. */
enum status catalog_prepare(uint32_t table_id, void *arg, struct err *err)
{
	struct engine *e = arg;
	struct table *t = find_id(e, table_id);
	struct data_key *key;
	enum status st = t ? table_use(t, &key, err) : e->catalog.incomplete ? ST_KEY_DESTROYED : ST_NO_TABLE;
	table_unref(t);
	return st;
}

uint32_t table_id(const struct table *t)
{
	return t->id;
}

const char *table_name(const struct table *t)
{
	return t->name;
}

const struct key_schema *table_schema(const struct table *t)
{
	return &t->schema;
}

bool table_gone(const struct table *t)
{
	return atomic_load(&t->gone);
}

void table_get_def(struct table *t, struct table_def *ret)
{
	mutex_lock(&t->lock);
	table_def_copy(ret, &t->def);
	mutex_unlock(&t->lock);
}

void table_get_owner(struct table *t, uid_t *uid, gid_t *gid, mode_t *mode)
{
	mutex_lock(&t->lock);
	*uid = t->def.uid;
	*gid = t->def.gid;
	*mode = t->def.mode;
	mutex_unlock(&t->lock);
}

/** A table one of whose indexes is built or taken away is UPDATING. */
static enum table_state state_locked(const struct table *t) REQUIRES(t->lock)
{
	enum table_state state = t->state;
	for (size_t i = 0; i < t->def.index_count && state == TABLE_ACTIVE; i++)
		if (t->def.indexes[i].status != INDEX_ACTIVE)
			state = TABLE_UPDATING;
	return state;
}

bool table_update_lasts(struct table *t)
{
	mutex_lock(&t->lock);
	bool lasts = t->state == TABLE_UPDATING;
	mutex_unlock(&t->lock);
	return lasts;
}

enum status table_check_active(struct table *t, struct err *err)
{
	static const char *const doing[] = {"", "created", "updated", "deleted"};
	mutex_lock(&t->lock);
	enum table_state state = state_locked(t);
	mutex_unlock(&t->lock);
	if (state == TABLE_ACTIVE)
		return ST_OK;
	return err_set(err, ST_TABLE_BUSY, "Attempt to change a resource which is still in use: Table is being %s: %s",
		doing[state], t->name);
}

void table_get_info(struct table *t, struct table_info *ret)
{
	*ret = (struct table_info){.id = t->id, .created_ns = t->created_ns};
	memcpy(ret->uuid, t->uuid, sizeof ret->uuid);
	mutex_lock(&t->lock);
	ret->changed_ns = t->changed_ns;
	ret->state = state_locked(t);
	mutex_unlock(&t->lock);
	mutex_lock(&t->engine->counts_lock);
	ret->item_count = t->committed.items;
	ret->item_bytes = t->committed.bytes;
	ret->text_bytes = t->committed.text_bytes;
	ret->modified_ns = t->committed.modified_ns ? t->committed.modified_ns : t->created_ns;
	mutex_unlock(&t->engine->counts_lock);
}

bool table_get_index_info(struct table *t, const char *name, struct index_info *ret)
{
	struct index_set *set = index_set_of(t);
	const struct index_entry *entry = index_set_find(set, slice_str(name));
	if (entry) {
		*ret = (struct index_info){.status = entry->status, .backfilling = entry->status == INDEX_CREATING};
		mutex_lock(&t->engine->counts_lock);
		ret->item_count = entry->x->committed.items;
		ret->item_bytes = entry->x->committed.bytes;
		mutex_unlock(&t->engine->counts_lock);
	}
	bool found = entry != NULL;
	index_set_unref(set);
	return found;
}

/** The table with the smallest id above `after_id`, as a reference. uthash keeps the order of insertion, which is that of ids. */
static struct table *next_after(struct engine *e, uint32_t after_id)
{
	struct table *t;
	mutex_lock(&e->catalog.lock);
	struct table *prev = NULL;
	HASH_FIND(by_id, e->catalog.by_id, &after_id, sizeof after_id, prev);
	for (t = prev ? prev->by_id.next : e->catalog.by_id; t && t->id <= after_id; t = t->by_id.next)
		;
	if (t)
		table_ref(t);
	mutex_unlock(&e->catalog.lock);
	return t;
}

void table_list(struct engine *e, uint32_t after_id, table_list_fn *fn, void *arg)
{
	struct table *t;
	bool more = true;
	while (more && (t = next_after(e, after_id))) {
		after_id = t->id;
		more = fn(t, arg);
		table_unref(t);
	}
}

size_t table_count(struct engine *e)
{
	mutex_lock(&e->catalog.lock);
	size_t n = HASH_CNT(by_id, e->catalog.by_id);
	mutex_unlock(&e->catalog.lock);
	return n;
}

struct load {
	struct engine *e;
	struct store_txn *txn;
	enum status status;
	struct err *err;
};

/** A table whose record is broken is left out, with a word in the log: the others must stay readable. */
static bool load_table(enum status st, uint32_t id, struct slice plain, void *arg)
{
	struct load *l = arg;
	struct table *t;
	struct err err = {.code = st, .text = "its seal is broken"};
	if (!st)
		st = table_record_read(l->e, id, plain, &t, &err);
	if (st)
		log_error("table %u is left out: %s", id, err.text);
	else
		catalog_add(l->e, t);
	l->e->catalog.incomplete |= st != ST_OK;
	return true;
}

static bool load_counts(enum status st, uint32_t id, struct slice plain, void *arg)
{
	struct load *l = arg;
	struct table *t = find_id(l->e, id);
	if (t && (st || !counts_decode(plain, t)))
		log_error("the counts of table '%s' are unreadable: they start from 0", t->name);
	table_unref(t);
	return true;
}

enum status catalog_load(struct engine *e, struct store_txn *txn, struct err *err)
{
	struct load l = {e, txn, ST_OK, err};
	enum status st = meta_each(e, txn, META_TABLE, load_table, &l, err);
	return st ? st : meta_each(e, txn, META_COUNTS, load_counts, &l, err);
}

void catalog_finish(struct engine *e)
{
	struct table *t;
	while ((t = next_after(e, 0)))
		catalog_remove(e, t), table_unref(t);
}
