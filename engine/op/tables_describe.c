#include "engine/op/tables.h"
#include "engine/table/def.h"

enum status op_describe_table(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	enum status st = tables_named(e, request, &shape_table_name, &n, err);
	if (st)
		return st;
	table_reply(n.table, TABLE_ACTIVE, "Table", reply);
	tables_named_finish(&n);
	return ST_OK;
}

/** The quotas that an account begins with. Nothing here holds anybody to them: capacity is the owner's. */
enum status op_describe_limits(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	cJSON *o;
	enum status st = tables_request(e, request, &shape_describe_limits, &o, err);
	if (st)
		return st;
	cJSON_Delete(o);
	buf_addf(reply,
		"{\"AccountMaxReadCapacityUnits\":%d,\"AccountMaxWriteCapacityUnits\":%d,\"TableMaxReadCapacityUnits\":%d,"
		"\"TableMaxWriteCapacityUnits\":%d}",
		LIMIT_ACCOUNT_UNITS, LIMIT_ACCOUNT_UNITS, LIMIT_TABLE_UNITS, LIMIT_TABLE_UNITS);
	return ST_OK;
}
