#include "engine/op/tables.h"

/** The service's description of a table that is being deleted says little of what it was. */
static cJSON *last_description(struct table *t)
{
	static const char *const left_out[] = {"AttributeDefinitions", "KeySchema", "CreationDateTime", "LocalSecondaryIndexes",
		"GlobalSecondaryIndexes", "WarmThroughput"};
	cJSON *o = table_description(t, TABLE_DELETING);
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, left_out[i]);
	return o;
}

enum status op_delete_table(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	struct table_info info;
	enum status st = tables_named(e, request, &shape_table_name, &n, err);
	if (st)
		return st;
	cJSON *description = last_description(n.table);
	table_get_info(n.table, &info);
	if (info.state != TABLE_DELETING) /* to ask twice is no mistake */
		st = table_delete(e, c, table_name(n.table), false, err);
	if (!st) {
		cJSON *o = cJSON_CreateObject();
		cJSON_AddItemToObject(o, "TableDescription", description);
		document_reply(o, reply);
	} else {
		cJSON_Delete(description);
	}
	tables_named_finish(&n);
	return st;
}
