#include "engine/op/tables.h"
#include "engine/table/def.h"

enum status op_create_table(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	cJSON *o;
	struct table_def def;
	struct table *t;
	enum status st = tables_request(e, request, &shape_create_table, &o, err);
	if (st)
		return st;
	st = table_def_from_request(o, c, &def, err);
	cJSON_Delete(o);
	if (st)
		return st;
	st = table_create(e, c, &def, &t, err);
	table_def_finish(&def);
	if (!st) {
		table_reply(t, TABLE_ACTIVE, "TableDescription", reply);
		table_unref(t);
	}
	return st;
}
