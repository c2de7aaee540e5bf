/* Which attribute holds the time at which an item expires. */
#include "engine/op/tables.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdio.h>

static enum status edit(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	const cJSON *spec = arg;
	const char *name = document_text(spec, "AttributeName");
	bool enable = document_bool(spec, "Enabled");
	if (!enable && !def->ttl)
		return err_set(err, ST_VALIDATION, "TimeToLive is already disabled");
	if (def->ttl && strcmp(def->ttl_attribute, name))
		return err_set(err, ST_VALIDATION, "TimeToLive is active on a different AttributeName: current AttributeName is %s",
			def->ttl_attribute);
	if (enable && def->ttl)
		return err_set(err, ST_VALIDATION, "TimeToLive is already enabled");
	def->ttl = enable;
	snprintf(def->ttl_attribute, sizeof def->ttl_attribute, "%s", enable ? name : "");
	return ST_OK;
}

static void print_specification(const cJSON *spec, struct buf *reply)
{
	cJSON *o = cJSON_CreateObject(), *s = cJSON_AddObjectToObject(o, "TimeToLiveSpecification");
	cJSON_AddBoolToObject(s, "Enabled", document_bool(spec, "Enabled"));
	cJSON_AddStringToObject(s, "AttributeName", document_text(spec, "AttributeName"));
	document_reply(o, reply);
}

enum status op_update_time_to_live(
	struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	enum status st = tables_named(e, request, &shape_update_time_to_live, &n, err);
	if (st)
		return st;
	const cJSON *spec = document_member(n.document, "TimeToLiveSpecification");
	st = table_check_active(n.table, err);
	if (!st)
		st = ddl_edit(e, c, n.table, DDL_NOTES, edit, (void *)spec, err);
	if (!st)
		print_specification(spec, reply);
	tables_named_finish(&n);
	return st;
}

enum status op_describe_time_to_live(
	struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	struct table_def def;
	enum status st = tables_named(e, request, &shape_table_name, &n, err);
	if (st)
		return st;
	table_get_def(n.table, &def);
	cJSON *o = cJSON_CreateObject(), *d = cJSON_AddObjectToObject(o, "TimeToLiveDescription");
	cJSON_AddStringToObject(d, "TimeToLiveStatus", def.ttl ? "ENABLED" : "DISABLED");
	if (def.ttl)
		cJSON_AddStringToObject(d, "AttributeName", def.ttl_attribute);
	document_reply(o, reply);
	table_def_finish(&def);
	tables_named_finish(&n);
	return ST_OK;
}
