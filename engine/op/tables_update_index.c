#include "engine/op/tables_update.h"

#include "engine/table/state.h"

#define INVALID "One or more parameter values were invalid: "

static const cJSON *action_of(const cJSON *change, const char **name)
{
	static const char *const names[] = {"Create", "Update", "Delete"};
	const cJSON *action = NULL;
	for (size_t i = 0; i < 3; i++) {
		const cJSON *a = document_member(change, names[i]);
		if (a && action)
			return NULL;
		if (a) {
			action = a;
			*name = names[i];
		}
	}
	return action;
}

static enum status online_limit(struct err *err)
{
	return err_set(
		err, ST_LIMIT, "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
}

static const cJSON *changes_of(const cJSON *request)
{
	return document_member(request, "GlobalSecondaryIndexUpdates");
}

static enum status named_once(const cJSON *change, const char *name, struct err *err)
{
	const char *ignored;
	for (const cJSON *x = change->next; x; x = x->next) {
		const char *other = document_text(action_of(x, &ignored), "IndexName");
		if (other && !strcmp(other, name))
			return err_set(err, ST_VALIDATION,
				INVALID "Only one global secondary index update per index is allowed simultaneously. Index: %s",
				name);
	}
	return ST_OK;
}

static enum status check_change(const cJSON *change, struct err *err)
{
	const char *what = "";
	const cJSON *action = action_of(change, &what);
	struct throughput units = {0};
	if (!action)
		return err_set(
			err, ST_VALIDATION, INVALID "A GlobalSecondaryIndexUpdate must have exactly one of Create, Update, Delete");
	const char *name = document_text(action, "IndexName");
	def_read_throughput(action, &units);
	enum status st = def_check_units(units.read, units.write, name, err);
	return st ? st : named_once(change, name, err);
}

enum status update_indexes_check(const cJSON *request, struct err *err)
{
	const cJSON *list = changes_of(request);
	enum status st = ST_OK;
	if (list && !list->child)
		return err_set(err, ST_VALIDATION, INVALID "List of GlobalSecondaryIndexUpdates is empty");
	for (const cJSON *x = list ? list->child : NULL; x && !st; x = x->next)
		st = check_change(x, err);
	return st;
}

/** How many of the changes create or delete an index. */
static int online_changes(const cJSON *request)
{
	const char *name = "";
	int n = 0;
	const cJSON *list = changes_of(request);
	for (const cJSON *x = list ? list->child : NULL; x; x = x->next)
		n += action_of(x, &name) && strcmp(name, "Update");
	return n;
}

/** Whether the request has only this one change. */
static bool has_nothing_else(const cJSON *request)
{
	const cJSON *list = changes_of(request);
	for (const cJSON *m = request->child; m; m = m->next)
		if (!cJSON_IsNull(m) && strcmp(m->string, "TableName") && strcmp(m->string, "GlobalSecondaryIndexUpdates"))
			return false;
	return list && list->child && !list->child->next;
}

static enum index_status status_of(struct table *t, const char *index)
{
	struct table_def def;
	table_get_def(t, &def);
	const struct index_def *x = def_index(&def, index);
	enum index_status status = x ? x->status : INDEX_ACTIVE;
	table_def_finish(&def);
	return status;
}

bool update_ends_backfill(const cJSON *request, struct table *t)
{
	const char *what = "";
	const cJSON *action = has_nothing_else(request) ? action_of(changes_of(request)->child, &what) : NULL;
	return action && !strcmp(what, "Delete") && status_of(t, document_text(action, "IndexName")) == INDEX_CREATING;
}

enum status update_indexes_idle(const cJSON *request, struct table *t, struct err *err)
{
	struct table_def def;
	bool busy = false;
	table_get_def(t, &def);
	for (size_t i = 0; i < def.index_count; i++)
		busy |= def.indexes[i].status != INDEX_ACTIVE;
	table_def_finish(&def);
	int n = online_changes(request);
	return n > 1 || (n && busy) ? online_limit(err) : ST_OK;
}

/** ST_VALIDATION: the request gives a key of the table or of another index a type that it does not have. */
static enum status check_types(const struct update *u, const cJSON *given)
{
	cJSON *holder = cJSON_CreateObject();
	enum status st = ST_OK;
	def_print_attributes(holder, u->def, true);
	const cJSON *known = document_member(holder, "AttributeDefinitions");
	for (const cJSON *a = given->child; a; a = a->next)
		for (const cJSON *k = known->child; k && !st; k = k->next) {
			const char *name = document_text(k, "AttributeName"), *type = document_text(k, "AttributeType");
			if (!strcmp(name, document_text(a, "AttributeName")) && strcmp(type, document_text(a, "AttributeType")))
				st = err_set(u->err, ST_VALIDATION,
					INVALID "AttributeDefinitions: the attribute '%.80s' is of type %s in this table", name,
					type);
		}
	cJSON_Delete(holder);
	return st;
}

/** What the request defines, without null elements. The caller deletes it. */
static cJSON *given_attributes(const struct update *u)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *given = document_member(u->o, "AttributeDefinitions");
	for (const cJSON *a = given ? given->child : NULL; a; a = a->next)
		if (cJSON_IsObject(a))
			cJSON_AddItemToArray(list, cJSON_Duplicate(a, true));
	return list;
}

/** The request must define every key of the new index, also one that the table has already. */
static enum status create_index(struct update *u, const cJSON *action)
{
	const char *name = document_text(action, "IndexName");
	if (def_index(u->def, name))
		return err_set(u->err, ST_VALIDATION, "Attempting to create an index which already exists");
	cJSON *attributes = given_attributes(u);
	enum status st = def_check_defined(action, attributes, u->err);
	if (!st)
		st = check_types(u, attributes);
	if (!st)
		st = def_add_index(action, attributes, false, u->def, u->err);
	if (!st)
		st = def_check_index(u->def, &u->def->indexes[u->def->index_count - 1], u->err);
	cJSON_Delete(attributes);
	return st;
}

static enum status find_global(struct update *u, const cJSON *action, struct index_def **ret)
{
	struct index_def *x = def_index(u->def, document_text(action, "IndexName"));
	if (!x || x->local)
		return err_set(u->err, ST_NO_RESOURCE, "Requested resource not found");
	*ret = x;
	return ST_OK;
}

static enum status delete_index(struct update *u, const cJSON *action)
{
	struct index_def *x;
	enum status st = find_global(u, action, &x);
	if (!st)
		def_remove_index(u->def, x->name);
	return st;
}

/** One that is asked for the throughput that it has, in a table whose billing stays, is refused as for a table. */
static enum status change_index(struct update *u, const cJSON *action)
{
	struct index_def *x;
	enum status st = find_global(u, action, &x);
	if (st)
		return st;
	struct throughput was = x->provisioned, warm = x->warm;
	def_read_throughput(action, &x->provisioned);
	def_read_warm(action, &x->warm);
	st = def_read_on_demand(action, x->name, true, &x->on_demand, u->err);
	if (!st && (x->warm.read < warm.read || x->warm.write < warm.write))
		st = err_set(u->err, ST_VALIDATION,
			INVALID
			"Requested WarmThroughput for index %s is lower than current WarmThroughput, decreasing WarmThroughput is "
			"not supported",
			x->name);
	if (!st)
		st = def_check_index(u->def, x, u->err);
	if (!st && document_member(action, "ProvisionedThroughput"))
		st = update_refuse_same("index", x->name, was, x->provisioned, u->err);
	return st;
}

static enum status apply_change(struct update *u, const cJSON *change)
{
	const char *what = "";
	const cJSON *action = action_of(change, &what);
	if (!strcmp(what, "Create"))
		return create_index(u, action);
	return strcmp(what, "Delete") ? change_index(u, action) : delete_index(u, action);
}

/** All indexes that lack throughput are named together. */
static enum status check_units(const struct update *u)
{
	struct buf names = BUF_INIT;
	enum status st = ST_OK;
	for (size_t i = 0; i < u->def->index_count && u->def->billing == BILLING_PROVISIONED; i++) {
		const struct index_def *x = &u->def->indexes[i];
		if (!x->local && x->status != INDEX_DELETING && !x->provisioned.read)
			buf_addf(&names, "%s%s", names.len ? "," : "", x->name);
	}
	if (names.len)
		st = err_set(
			u->err, ST_VALIDATION, INVALID "ProvisionedThroughput must be specified for index: %s", buf_str(&names));
	buf_finish(&names);
	return st;
}

enum status update_indexes(struct update *u)
{
	const cJSON *list = changes_of(u->o);
	enum status st = ST_OK;
	for (const cJSON *x = list ? list->child : NULL; x && !st; x = x->next)
		st = apply_change(u, x);
	def_sort_indexes(u->def);
	if (!st)
		st = check_units(u);
	return st ? st : def_check_indexes(u->def, u->err);
}
