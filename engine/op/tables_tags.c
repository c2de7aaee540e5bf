/* Tags: names and values that people hang on a table. They are asked for by ARN. */
#include "engine/op/tables.h"
#include "engine/table/arn.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdlib.h>

static enum status not_found(const char *arn, struct err *err)
{
	return err_set(err, ST_NO_RESOURCE, "Requested resource not found: ResourceArn: %.300s not found", arn);
}

static enum status open_arn(struct engine *e, const char *arn, struct table **ret, struct err *err)
{
	char text[LIMIT_TABLE_NAME_MAX + 1];
	struct slice name;
	if (!arn)
		return err_set(err, ST_VALIDATION, "Invalid TableArn");
	enum status st = arn_table_name(e, slice_str(arn), &name, err);
	if (st)
		return st;
	if (name.len >= sizeof text)
		return not_found(arn, err);
	memcpy(text, name.ptr, name.len);
	text[name.len] = 0;
	return table_open(e, text, ret, err) ? not_found(arn, err) : ST_OK;
}

/** The request's document and its table. `list`: the member that must not be empty, and what the service says if it is. */
static enum status read_request(struct engine *e, struct slice request, const struct shape *shape, const char *list,
	const char *what, struct tables_named *ret, struct err *err)
{
	struct tables_named n = {0};
	enum status st = tables_request(e, request, shape, &n.document, err);
	if (!st && list && !cJSON_GetArraySize(document_member(n.document, list)))
		st = err_set(err, ST_VALIDATION, "Atleast one %s needs to be provided as Input.", what);
	if (!st)
		st = open_arn(e, document_text(n.document, "ResourceArn"), &n.table, err);
	if (st)
		tables_named_finish(&n);
	else
		*ret = n;
	return st;
}

static void drop_tag(struct table_def *def, const char *key)
{
	for (size_t i = 0; i < def->tag_count; i++) {
		if (strcmp(def->tags[i].key, key))
			continue;
		free(def->tags[i].key);
		free(def->tags[i].value);
		def->tags[i] = def->tags[--def->tag_count];
		return;
	}
}

static enum status add_tags(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	struct table_def added = {0};
	def_read_tags(arg, &added);
	enum status st = def_check_tags(&added, err);
	for (size_t i = 0; i < added.tag_count; i++)
		drop_tag(def, added.tags[i].key);
	def->tags = xrealloc(def->tags, (def->tag_count + added.tag_count + 1) * sizeof *def->tags);
	for (size_t i = 0; i < added.tag_count; i++)
		def->tags[def->tag_count++] = added.tags[i]; /* moved */
	added.tag_count = 0;
	table_def_finish(&added);
	def_sort_tags(def);
	return st;
}

static enum status drop_tags(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	for (const cJSON *key = ((const cJSON *)arg)->child; key; key = key->next)
		if (cJSON_IsString(key))
			drop_tag(def, key->valuestring);
	def_sort_tags(def);
	return ST_OK;
}

/** The reply has no body. */
enum status op_tag_resource(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	enum status st = read_request(e, request, &shape_tag_resource, "Tags", "Tag", &n, err);
	if (st)
		return st;
	st = ddl_edit(e, c, n.table, DDL_NOTES, add_tags, n.document, err);
	tables_named_finish(&n);
	return st;
}

enum status op_untag_resource(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	enum status st = read_request(e, request, &shape_untag_resource, "TagKeys", "Tag Key", &n, err);
	if (st)
		return st;
	st = ddl_edit(e, c, n.table, DDL_NOTES, drop_tags, (void *)document_member(n.document, "TagKeys"), err);
	tables_named_finish(&n);
	return st;
}

/** At most 50: one page. */
enum status op_list_tags_of_resource(
	struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n;
	struct table_def def;
	enum status st = read_request(e, request, &shape_list_tags_of_resource, NULL, NULL, &n, err);
	if (st)
		return st;
	table_get_def(n.table, &def);
	cJSON *o = cJSON_CreateObject();
	def_print_tags(o, &def);
	document_reply(o, reply);
	table_def_finish(&def);
	tables_named_finish(&n);
	return ST_OK;
}
