#include "src/import/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine.h"
#include "src/cli/cli.h"
#include "src/import/through.h"
#include "src/mounts.h"
#include "src/opening.h"

struct target {
	struct engine *engine; /* NULL: through the mount */
	struct table *table;
	struct through through;
};

static void fill_def(struct table_def *def, const char *name, const struct key_schema *schema)
{
	*def = (struct table_def){.schema = *schema, .uid = getuid(), .gid = getgid(), .mode = 0755};
	snprintf(def->name, sizeof def->name, "%s", name);
}

static enum status check_schema(const struct key_schema *has, const struct key_schema *wanted, const char *table, struct err *err)
{
	if (!wanted)
		return ST_OK;
	bool same = strcmp(has->pk.name, wanted->pk.name) == 0 && has->pk.type == wanted->pk.type &&
		    has->sk.type == wanted->sk.type && (!schema_has_sk(has) || strcmp(has->sk.name, wanted->sk.name) == 0);
	if (same)
		return ST_OK;
	return err_set(err, ST_VALIDATION, "the table %s is there already, with the key %s:%s%s%s%s%s; leave out --key to use it",
		table, has->pk.name, value_type_name(has->pk.type), schema_has_sk(has) ? "," : "", has->sk.name,
		schema_has_sk(has) ? ":" : "", schema_has_sk(has) ? value_type_name(has->sk.type) : "");
}

static enum status no_table(const char *name, struct err *err)
{
	return err_set(err, ST_VALIDATION,
		"there is no table %s yet; say what its key is and it will be made: --key id, or --key owner,time:N", name);
}

/* The store itself */

static enum status open_table(struct target *t, const struct target_plan *plan, struct err *err)
{
	struct caller caller = cli_caller();
	struct table_def def;
	struct err none;
	enum status st = table_open(t->engine, plan->table, &t->table, &none);
	if (st == ST_OK)
		return ST_OK;
	if (st != ST_NO_TABLE) {
		*err = none;
		return st;
	}
	if (!plan->schema)
		return no_table(plan->table, err);
	fill_def(&def, plan->table, plan->schema);
	return table_create(t->engine, &caller, &def, &t->table, err);
}

static enum status open_store(struct target *t, const struct target_plan *plan, struct err *err)
{
	struct secret secret = SECRET_INIT;
	enum status st = secret_find(plan->settings, plan->store, &secret, err);
	if (st == ST_OK) {
		struct engine_options o = {.path = plan->store, .unlock = &secret.unlock, .map_size = plan->settings->map_size};
		st = opening_open(&o, &secret, &t->engine, err);
	}
	secret_wipe(&secret);
	return st == ST_OK ? open_table(t, plan, err) : st;
}

/* Its mount */

static enum status open_mount(struct target *t, const struct target_plan *plan, const char *dir, struct err *err)
{
	struct table_def def;
	enum status st = through_open(&t->through, dir, plan->table, err);
	if (st != ST_NO_TABLE)
		return st;
	if (!plan->schema)
		return no_table(plan->table, err);
	fill_def(&def, plan->table, plan->schema);
	return through_create(&t->through, &def, err);
}

/** The mount to write through: the path is one itself, or the store has one. */
static char *find_mount(const char *path)
{
	char *source = mounts_source_at(path);
	free(source);
	return source ? xstrdup(path) : mounts_dir_of(path);
}

enum status target_open(const struct target_plan *plan, struct target **ret, struct err *err)
{
	struct target *t = xcalloc(1, sizeof *t);
	char *dir = find_mount(plan->store);
	enum status st = dir ? open_mount(t, plan, dir, err) : open_store(t, plan, err);
	free(dir);
	if (st == ST_OK)
		st = check_schema(target_schema(t), plan->schema, plan->table, err);
	if (st == ST_OK)
		*ret = t;
	else
		target_close(t);
	return st;
}

void target_close(struct target *t)
{
	if (!t)
		return;
	table_unref(t->table);
	engine_close(t->engine);
	through_close(&t->through);
	free(t);
}

const struct key_schema *target_schema(const struct target *t)
{
	return t->engine ? table_schema(t->table) : &t->through.def.schema;
}

const char *target_mount(const struct target *t)
{
	return t->engine ? NULL : t->through.mount;
}

static enum status put_in_store(struct target *t, const struct slice *items, size_t n, size_t *ret_failed, struct err *err)
{
	struct put_request requests[OP_PUT_MANY_MAX];
	struct caller caller = cli_caller();
	for (size_t i = 0; i < n; i++)
		requests[i] = (struct put_request){.table = t->table, .item = items[i], .mode = COMMIT_VISIBLE};
	return op_put_many(t->engine, &caller, requests, n, ret_failed, err);
}

enum status target_put(struct target *t, const struct slice *items, size_t n, size_t *ret_done, size_t *ret_failed, struct err *err)
{
	*ret_done = 0;
	*ret_failed = n;
	if (t->engine)
		return put_in_store(t, items, n, ret_failed, err);
	for (size_t i = 0; i < n; i++) {
		enum status st = through_put(&t->through, items[i], err);
		if (st != ST_OK) {
			*ret_done = *ret_failed = i;
			return st;
		}
	}
	return ST_OK;
}

enum status target_sync(struct target *t, struct err *err)
{
	return t->engine ? op_sync(t->engine, err) : through_sync(&t->through, err);
}
