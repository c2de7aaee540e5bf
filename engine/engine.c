/*
 * The front door. Start order: store.json (is it ours, which format), keyring (does the key open it), store, store key, state, catalog,
 * reaper. Shutdown is the same backward; both ends bear a half-open engine.
 */
#include "engine/engine.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/uuid.h"
#include "engine/op/index.h"
#include "engine/table/state.h"
#include "engine/table/store_json.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The store's own data key lies in META_STORE_KEY: version 4 (LE) || master id 36 || wrapped key. */
#define STORE_KEY_SIZE (4 + 36 + DATA_KEY_WRAPPED_SIZE)

static struct engine *engine_new(const char *path)
{
	struct engine *e = xcalloc(1, sizeof *e);
	e->path = xstrdup(path);
	mutex_init(&e->ddl);
	mutex_init(&e->catalog.lock);
	mutex_init(&e->counts_lock);
	mutex_init(&e->reaper_lock);
	meter_waiters_init(&e->waiters);
	e->throttle = true;
	e->meter_ns = clock_monotonic_ns;
	pthread_cond_init(&e->reaper_wake, NULL);
	mutex_init(&e->states_lock);
	pthread_cond_init(&e->states_wake, NULL);
	e->collection_max = LIMIT_COLLECTION;
	e->reaper_retry_ns = NS_PER_S;
	e->backfill = index_backfill;
	return e;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	states_finish(e);
	reaper_finish(e);
	store_close(e->store);
	catalog_finish(e);
	commit_finish(e);
	data_key_free(e->meta_key);
	users_free(e->users);
	masters_free(e->masters);
	mutex_finish(&e->ddl);
	mutex_finish(&e->catalog.lock);
	mutex_finish(&e->counts_lock);
	mutex_finish(&e->reaper_lock);
	meter_waiters_finish(&e->waiters);
	pthread_cond_destroy(&e->reaper_wake);
	mutex_finish(&e->states_lock);
	pthread_cond_destroy(&e->states_wake);
	free(e->path);
	free(e);
}

static enum status open_store(struct engine *e, uint64_t map_size, bool create, bool read_only, struct err *err)
{
	struct store_options o = {.path = e->path,
		.map_size = map_size,
		.create = create,
		.read_only = read_only,
		.sort_cipher = catalog_sort_cipher,
		.arg = e};
	return store_open_lmdb(&o, &e->store, err);
}

static enum status write_store_key(struct engine *e, struct store_txn *txn, struct err *err)
{
	uint8_t space[META_KEY_SIZE], bytes[STORE_KEY_SIZE], *value;
	const char *master = masters_default_id(e->masters);
	struct store_key key = meta_key(META_STORE_KEY, 0, space);
	struct store_row row;
	put_le32(bytes, 1);
	memcpy(bytes + 4, master, 36);
	enum status st = data_key_create(e->masters, master, STORE_TABLE_ID, 1, bytes + 40, err);
	if (!st)
		st = data_key_open(e->masters, master, STORE_TABLE_ID, 1, bytes + 40, &e->meta_key, err);
	if (!st)
		st = store_put(txn, STORE_META, &key, sizeof bytes, &value, &row, err);
	if (!st)
		memcpy(value, bytes, sizeof bytes);
	return st;
}

static enum status init_store(struct store_txn *txn, void *arg, struct err *err)
{
	struct engine *e = arg;
	uint8_t state[20] = {0};
	data_key_free(e->meta_key);
	e->meta_key = NULL;
	enum status st = write_store_key(e, txn, err);
	return st ? st : meta_put(e, txn, META_STATE, 0, slice_of(state, sizeof state), err);
}

static enum status load_store_key(struct engine *e, struct store_txn *txn, struct err *err)
{
	uint8_t space[META_KEY_SIZE];
	struct store_key key = meta_key(META_STORE_KEY, 0, space);
	struct store_row row;
	char master[UUID_TEXT] = {0};
	enum status st = store_get(txn, STORE_META, &key, &row, err);
	if (st == ST_NOT_FOUND || (!st && row.value.len != STORE_KEY_SIZE))
		return err_set(err, ST_CORRUPT, "the store's own key is missing or damaged");
	if (st)
		return st;
	memcpy(master, row.value.ptr + 4, 36);
	st = data_key_open(e->masters, master, STORE_TABLE_ID, get_le32(row.value.ptr), row.value.ptr + 40, &e->meta_key, err);
	return st ? err_prefix(err, "the store's own key") : ST_OK;
}

static enum status load_store(struct store_txn *txn, void *arg, struct err *err)
{
	struct engine *e = arg;
	enum status st = load_store_key(e, txn, err);
	if (!st)
		st = commit_load(e, txn, err);
	return st ? st : catalog_load(e, txn, err);
}

enum status engine_open(const struct engine_options *o, struct engine **ret, struct err *err)
{
	struct store_json json;
	enum status st = crypt_init(err);
	if (!st)
		st = store_json_read(o->path, &json, err);
	if (st)
		return st;
	struct engine *e = engine_new(o->path);
	e->throttle = !o->no_throttle;
	memcpy(e->store_id, json.store_id, sizeof e->store_id);
	memcpy(e->region, json.region, sizeof e->region);
	memcpy(e->account, json.account, sizeof e->account);
	e->state_delay_ns = o->state_delay_ms * (NS_PER_S / 1000);
	st = keyring_open(o->path, e->store_id, o->unlock, &e->masters, err);
	if (!st)
		e->users = users_new(o->path, e->masters);
	if (!st)
		st = open_store(e, o->map_size, false, o->read_only, err);
	if (!st)
		st = store_read(e->store, load_store, e, err);
	if (!st)
		st = store_replay(e->store, catalog_prepare, e, err);
	if (!st)
		commit_install(e);
	if (!st && !o->read_only)
		st = reaper_start(e, err);
	if (!st && !o->read_only)
		states_resume(e);
	if (st)
		engine_close(e);
	else
		*ret = e;
	return st;
}

static enum status make_directory(const char *path, struct err *err)
{
	if (mkdir(path, 0700) == 0)
		return ST_OK;
	if (errno != EEXIST)
		return err_errno(err, errno, "cannot create %s", path);
	DIR *dir = opendir(path);
	if (!dir)
		return err_errno(err, errno, "cannot open %s", path);
	bool empty = true, store = false;
	for (struct dirent *d; (d = readdir(dir));) {
		empty &= !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
		store |= !strcmp(d->d_name, "store.json");
	}
	closedir(dir);
	if (store)
		return err_set(err, ST_STORE_EXISTS, "%s holds a store already", path);
	if (!empty)
		return err_set(err, ST_STORE_EXISTS, "%s is not empty; name a new or an empty directory", path);
	return chmod(path, 0700) ? err_errno(err, errno, "cannot set the mode of %s", path) : ST_OK;
}

/** What a failed engine_create() may have left; the directory itself goes only if it is empty. */
static void remove_pieces(const char *path)
{
	static const char *const names[] = {
		"store.json", "keyring", "keyring.bak", "keyring.new", "data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf file = BUF_INIT;
		buf_addf(&file, "%s/%s", path, names[i]);
		unlink(buf_str(&file));
		buf_finish(&file);
	}
	rmdir(path);
}

static enum status create_pieces(struct engine *e, const struct unlock *unlock, const struct engine_place *place, struct err *err)
{
	struct store_json json = {.format = STORE_FORMAT};
	memcpy(json.store_id, e->store_id, sizeof json.store_id);
	snprintf(json.region, sizeof json.region, "%s", place->region ? place->region : DEFAULT_REGION);
	snprintf(json.account, sizeof json.account, "%s", place->account ? place->account : DEFAULT_ACCOUNT);
	enum status st = keyring_create(e->path, e->store_id, unlock, err);
	if (!st)
		st = keyring_open(e->path, e->store_id, unlock, &e->masters, err);
	if (!st)
		st = open_store(e, 0, true, false, err);
	if (!st)
		st = store_write(e->store, init_store, e, STORE_DURABLE, err);
	return st ? st : store_json_write(e->path, &json, err);
}

static enum status check_place(const struct engine_place *place, struct err *err)
{
	if (place->region && !region_valid(place->region))
		return err_set(err, ST_USAGE, "'%.60s' is not a region; regions are like us-east-1", place->region);
	if (place->account && !account_valid(place->account))
		return err_set(err, ST_USAGE, "'%.60s' is not an account: it has 12 digits", place->account);
	return ST_OK;
}

enum status engine_create(const char *path, const struct unlock *unlock, struct err *err)
{
	return engine_create_at(path, unlock, &(struct engine_place){NULL, NULL}, err);
}

enum status engine_create_at(const char *path, const struct unlock *unlock, const struct engine_place *place, struct err *err)
{
	enum status st = check_place(place, err);
	if (!st)
		st = crypt_init(err);
	if (!st)
		st = make_directory(path, err);
	if (st)
		return st;
	struct engine *e = engine_new(path);
	uuid_make(e->store_id);
	st = create_pieces(e, unlock, place, err);
	engine_close(e);
	if (st)
		remove_pieces(path);
	return st;
}

void engine_on_change(struct engine *e, change_fn *fn, void *arg)
{
	assert(e->listener_count < LISTENERS_MAX);
	e->listeners[e->listener_count].fn = fn;
	e->listeners[e->listener_count++].arg = arg;
}

void engine_on_settle(struct engine *e, enum face face, settle_fn *fn, void *arg)
{
	assert(e->settler_count < LISTENERS_MAX);
	e->settlers[e->settler_count].face = face;
	e->settlers[e->settler_count].fn = fn;
	e->settlers[e->settler_count++].arg = arg;
}

void engine_on_table(struct engine *e, table_change_fn *fn, void *arg)
{
	assert(e->table_listener_count < LISTENERS_MAX);
	mutex_lock(&e->ddl); /* a state may end meanwhile */
	e->table_listeners[e->table_listener_count].fn = fn;
	e->table_listeners[e->table_listener_count++].arg = arg;
	mutex_unlock(&e->ddl);
}

/** Empties the rows of a table of listeners that have this arg; the others move up. */
#define FORGET(rows, count, with)                                                                                                  \
	do {                                                                                                                       \
		size_t kept_ = 0;                                                                                                  \
		for (size_t i_ = 0; i_ < (count); i_++)                                                                            \
			if ((rows)[i_].arg != (with))                                                                              \
				(rows)[kept_++] = (rows)[i_];                                                                      \
		(count) = kept_;                                                                                                   \
	} while (0)

void engine_forget_listener(struct engine *e, const void *arg)
{
	mutex_lock(&e->ddl); /* an index may be finished meanwhile, a state may end */
	FORGET(e->table_listeners, e->table_listener_count, arg);
	mutex_unlock(&e->ddl);
	FORGET(e->listeners, e->listener_count, arg);
	FORGET(e->settlers, e->settler_count, arg);
}

static bool sum_table(struct table *t, void *arg)
{
	struct engine_status *s = arg;
	struct table_info info;
	table_get_info(t, &info);
	s->items += info.item_count;
	s->item_bytes += info.item_bytes;
	return true;
}

void engine_get_status(struct engine *e, struct engine_status *ret)
{
	struct store_stat stat;
	struct statvfs vfs;
	store_get_stat(e->store, &stat);
	*ret = (struct engine_status){.format = STORE_FORMAT,
		.tables = table_count(e),
		.map_bytes = stat.map_bytes,
		.used_bytes = stat.used_bytes,
		.commits = stat.commits,
		.synced_commits = stat.syncs,
		.damaged = stat.damaged,
		.cipher = crypt_cipher_name()};
	memcpy(ret->store_id, e->store_id, sizeof ret->store_id);
	table_list(e, 0, sum_table, ret);
	mutex_lock(&e->counts_lock);
	ret->sequence = e->commit.committed_sequence;
	mutex_unlock(&e->counts_lock);
	if (statvfs(e->path, &vfs) == 0)
		ret->disk_free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
}

struct engine_place engine_place(const struct engine *e)
{
	return (struct engine_place){e->region, e->account};
}

const char *engine_path(const struct engine *e)
{
	return e->path;
}

bool engine_has_users(struct engine *e)
{
	return users_any(e->users);
}

enum status engine_find_user(
	struct engine *e, struct slice access_key, struct user *ret, char secret[USER_SECRET_TEXT], struct err *err)
{
	return users_find(e->users, access_key, ret, secret, err);
}
