#include "engine/op/tables.h"

#include "engine/table/arn.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdlib.h>

static enum status name_of(struct engine *e, struct slice text, char name[LIMIT_TABLE_NAME_MAX + 1], struct err *err)
{
	enum status st = arn_is(text) ? arn_table_name(e, text, &text, err) : ST_OK;
	if (st)
		return st;
	size_t n = text.len < LIMIT_TABLE_NAME_MAX ? text.len : LIMIT_TABLE_NAME_MAX;
	memcpy(name, text.ptr, n);
	name[n] = 0;
	if (text.len > LIMIT_TABLE_NAME_MAX || memchr(name, 0, n))
		return err_set(err, ST_VALIDATION, "TableName must be at least 3 characters long and at most 255 characters long");
	return def_check_name(name, err);
}

enum status table_open_named(struct engine *e, struct slice name_or_arn, struct table **ret, struct err *err)
{
	char name[LIMIT_TABLE_NAME_MAX + 1];
	enum status st = name_of(e, name_or_arn, name, err);
	return st ? st : table_open(e, name, ret, err);
}

/** Replaces an ARN by the name in it, so that whatever reads the document sees names only. */
static enum status replace_arn(struct engine *e, cJSON *document, struct err *err)
{
	cJSON *v = cJSON_GetObjectItemCaseSensitive(document, "TableName");
	struct slice name;
	if (!cJSON_IsString(v) || !arn_is(slice_str(v->valuestring)))
		return ST_OK;
	enum status st = arn_table_name(e, slice_str(v->valuestring), &name, err);
	if (!st) {
		char *copy = xcalloc(name.len + 1, 1);
		memcpy(copy, name.ptr, name.len);
		cJSON_SetValuestring(v, copy);
		free(copy);
	}
	return st;
}

/** Before all other constraints the service looks for the table's name, and at its length. */
static enum status check_name(const struct shape *shape, const cJSON *document, struct err *err)
{
	if (!shape_requires(shape, "TableName"))
		return ST_OK;
	const char *name = document_text(document, "TableName");
	if (!name)
		return err_set(err, ST_VALIDATION, "The parameter 'TableName' is required but was not present in the request");
	return def_check_name_length(name, err);
}

static enum status check(struct engine *e, cJSON *document, const struct shape *shape, struct err *err)
{
	enum status st = replace_arn(e, document, err);
	if (!st)
		st = shape_check_types(shape, document, err);
	if (!st)
		st = check_name(shape, document, err);
	return st ? st : shape_check(shape, document, err);
}

enum status tables_request(struct engine *e, struct slice request, const struct shape *shape, cJSON **ret, struct err *err)
{
	cJSON *o;
	enum status st = document_read(request, &o, err);
	if (st)
		return st;
	st = check(e, o, shape, err);
	if (st)
		cJSON_Delete(o);
	else
		*ret = o;
	return st;
}

enum status tables_named(
	struct engine *e, struct slice request, const struct shape *shape, struct tables_named *ret, struct err *err)
{
	struct tables_named n = {0};
	enum status st = tables_request(e, request, shape, &n.document, err);
	if (!st)
		st = table_open(e, document_text(n.document, "TableName"), &n.table, err);
	if (st)
		tables_named_finish(&n);
	else
		*ret = n;
	return st;
}

void tables_named_finish(struct tables_named *n)
{
	cJSON_Delete(n->document);
	table_unref(n->table);
}
