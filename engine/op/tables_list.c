#include "engine/op/tables.h"

#include <stdlib.h>

#define PAGE 100

struct names {
	struct table **tables; /* references */
	size_t count, cap;
	const char *after;
};

static bool collect(struct table *t, void *arg)
{
	struct names *n = arg;
	if (n->after && strcmp(table_name(t), n->after) <= 0)
		return true;
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 64;
		n->tables = xrealloc(n->tables, n->cap * sizeof *n->tables);
	}
	n->tables[n->count++] = table_ref(t);
	return true;
}

static int compare(const void *a, const void *b)
{
	return strcmp(table_name(*(struct table *const *)a), table_name(*(struct table *const *)b));
}

static void print(const struct names *n, size_t limit, struct buf *reply)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "TableNames");
	for (size_t i = 0; i < n->count && i < limit; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(table_name(n->tables[i])));
	if (n->count > limit)
		cJSON_AddStringToObject(o, "LastEvaluatedTableName", table_name(n->tables[limit - 1]));
	document_reply(o, reply);
}

enum status op_list_tables(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	cJSON *o;
	enum status st = tables_request(e, request, &shape_list_tables, &o, err);
	if (st)
		return st;
	struct names n = {.after = document_text(o, "ExclusiveStartTableName")};
	table_list(e, 0, collect, &n);
	if (n.count)
		qsort(n.tables, n.count, sizeof *n.tables, compare);
	print(&n, (size_t)document_number(o, "Limit", PAGE), reply);
	for (size_t i = 0; i < n.count; i++)
		table_unref(n.tables[i]);
	free(n.tables);
	cJSON_Delete(o);
	return ST_OK;
}
