#include "engine/base/json_text.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const billing_names[] = {"PAY_PER_REQUEST", "PROVISIONED"};
static const char *const class_names[] = {"STANDARD", "STANDARD_INFREQUENT_ACCESS"};
static const char *const projection_names[] = {"ALL", "KEYS_ONLY", "INCLUDE"};
static const char *const view_names[] = {NULL, "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"};

const char *billing_mode_name(enum billing_mode mode)
{
	return billing_names[mode];
}

const char *table_class_name(enum table_class class)
{
	return class_names[class];
}

const char *projection_name(enum projection_type type)
{
	return projection_names[type];
}

const char *stream_view_name(enum stream_view view)
{
	return view_names[view];
}

enum stream_view stream_view_of(const char *name)
{
	int i = STREAM_NEW_AND_OLD_IMAGES;
	while (i > STREAM_OFF && strcmp(name, view_names[i]))
		i--;
	return (enum stream_view)i;
}

void json_add_number(cJSON *o, const char *name, uint64_t n)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, n);
	cJSON_AddRawToObject(o, name, text);
}

static int compare_attrs(const void *a, const void *b)
{
	return strcmp((*(const struct key_attr *const *)a)->name, (*(const struct key_attr *const *)b)->name);
}

static size_t collect(const struct key_schema *s, const struct key_attr **to)
{
	to[0] = &s->pk;
	to[1] = &s->sk;
	return schema_has_sk(s) ? 2 : 1;
}

void def_print_attributes(cJSON *o, const struct table_def *def, bool with_deleting)
{
	cJSON *list = cJSON_AddArrayToObject(o, "AttributeDefinitions");
	const struct key_attr **attrs = xcalloc((def->index_count + 1) * 2, sizeof *attrs);
	size_t n = collect(&def->schema, attrs);
	for (size_t i = 0; i < def->index_count; i++)
		if (with_deleting || def->indexes[i].status != INDEX_DELETING)
			n += collect(&def->indexes[i].schema, attrs + n);
	qsort(attrs, n, sizeof *attrs, compare_attrs);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(attrs[i - 1]->name, attrs[i]->name))
			continue;
		cJSON *a = cJSON_CreateObject();
		cJSON_AddStringToObject(a, "AttributeName", attrs[i]->name);
		cJSON_AddStringToObject(a, "AttributeType", value_type_name(attrs[i]->type));
		cJSON_AddItemToArray(list, a);
	}
	free(attrs);
}

static void add_key(cJSON *keys, const struct key_attr *a, const char *key_type)
{
	cJSON *key = cJSON_CreateObject();
	cJSON_AddStringToObject(key, "AttributeName", a->name);
	cJSON_AddStringToObject(key, "KeyType", key_type);
	cJSON_AddItemToArray(keys, key);
}

void def_print_schema(cJSON *o, const struct key_schema *schema)
{
	cJSON *keys = cJSON_AddArrayToObject(o, "KeySchema");
	add_key(keys, &schema->pk, "HASH");
	if (schema_has_sk(schema))
		add_key(keys, &schema->sk, "RANGE");
}

void def_print_projection(cJSON *o, const struct index_def *x)
{
	cJSON *p = cJSON_AddObjectToObject(o, "Projection");
	cJSON_AddStringToObject(p, "ProjectionType", projection_name(x->projection));
	if (!x->include_count)
		return;
	cJSON *names = cJSON_AddArrayToObject(p, "NonKeyAttributes");
	for (size_t i = 0; i < x->include_count; i++)
		cJSON_AddItemToArray(names, cJSON_CreateString(x->include[i]));
}

static void add_pair(cJSON *o, const char *name, const char *read, const char *write, struct throughput t)
{
	if (!t.read && !t.write)
		return;
	cJSON *pair = cJSON_AddObjectToObject(o, name);
	if (t.read)
		json_add_number(pair, read, t.read);
	if (t.write)
		json_add_number(pair, write, t.write);
}

void def_print_on_demand(cJSON *o, struct throughput maximum)
{
	add_pair(o, "OnDemandThroughput", "MaxReadRequestUnits", "MaxWriteRequestUnits", maximum);
}

static void add_throughput(cJSON *o, struct throughput provisioned, struct throughput on_demand, struct throughput warm)
{
	add_pair(o, "ProvisionedThroughput", "ReadCapacityUnits", "WriteCapacityUnits", provisioned);
	def_print_on_demand(o, on_demand);
	add_pair(o, "WarmThroughput", "ReadUnitsPerSecond", "WriteUnitsPerSecond", warm);
}

static cJSON *print_index(const struct index_def *x)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "IndexName", x->name);
	def_print_schema(o, &x->schema);
	def_print_projection(o, x);
	add_throughput(o, x->provisioned, x->on_demand, x->warm);
	return o;
}

static void add_indexes(cJSON *o, const struct table_def *def, bool local, bool with_deleting)
{
	cJSON *list = NULL;
	for (size_t i = 0; i < def->index_count; i++) {
		if (def->indexes[i].local != local || (def->indexes[i].status == INDEX_DELETING && !with_deleting))
			continue;
		if (!list)
			list = cJSON_AddArrayToObject(o, local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
		cJSON_AddItemToArray(list, print_index(&def->indexes[i]));
	}
}

void def_print_tags(cJSON *o, const struct table_def *def)
{
	cJSON *tags = cJSON_AddArrayToObject(o, "Tags");
	for (size_t i = 0; i < def->tag_count; i++) {
		cJSON *tag = cJSON_CreateObject();
		cJSON_AddStringToObject(tag, "Key", def->tags[i].key);
		cJSON_AddStringToObject(tag, "Value", def->tags[i].value);
		cJSON_AddItemToArray(tags, tag);
	}
}

static void add_stream(cJSON *o, const struct table_def *def)
{
	if (def->stream == STREAM_OFF)
		return;
	cJSON *s = cJSON_AddObjectToObject(o, "StreamSpecification");
	cJSON_AddBoolToObject(s, "StreamEnabled", true);
	cJSON_AddStringToObject(s, "StreamViewType", stream_view_name(def->stream));
}

static void add_sse(cJSON *o, const struct table_def *def)
{
	if (!def->sse)
		return;
	cJSON *s = cJSON_AddObjectToObject(o, "SSESpecification");
	cJSON_AddBoolToObject(s, "Enabled", true);
	cJSON_AddStringToObject(s, "SSEType", "KMS");
	if (def->sse_key[0])
		cJSON_AddStringToObject(s, "KMSMasterKeyId", def->sse_key);
}

static void add_ttl(cJSON *o, const struct table_def *def)
{
	if (!def->ttl)
		return;
	cJSON *t = cJSON_AddObjectToObject(o, "TimeToLiveSpecification");
	cJSON_AddBoolToObject(t, "Enabled", true);
	cJSON_AddStringToObject(t, "AttributeName", def->ttl_attribute);
}

static void add_owner(cJSON *o, const struct table_def *def)
{
	char mode[8];
	cJSON *owner = cJSON_AddObjectToObject(o, "Owner");
	json_add_number(owner, "Uid", def->uid);
	json_add_number(owner, "Gid", def->gid);
	snprintf(mode, sizeof mode, "%04o", (unsigned)def->mode & 07777);
	cJSON_AddStringToObject(owner, "Mode", mode);
}

static void print(const struct table_def *def, bool with_deleting, struct buf *out)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "TableName", def->name);
	def_print_attributes(o, def, with_deleting);
	def_print_schema(o, &def->schema);
	add_indexes(o, def, true, with_deleting);
	add_indexes(o, def, false, with_deleting);
	cJSON_AddStringToObject(o, "BillingMode", billing_mode_name(def->billing));
	add_throughput(o, (struct throughput){def->read_units, def->write_units}, def->on_demand, def->warm);
	cJSON_AddStringToObject(o, "TableClass", table_class_name(def->class));
	cJSON_AddBoolToObject(o, "DeletionProtectionEnabled", def->deletion_protection);
	add_stream(o, def);
	add_sse(o, def);
	add_ttl(o, def);
	if (def->tag_count)
		def_print_tags(o, def);
	add_owner(o, def);
	json_text(o, out);
	cJSON_Delete(o);
}

void table_def_print(const struct table_def *def, struct buf *out)
{
	print(def, false, out);
}

void def_print_whole(const struct table_def *def, struct buf *out)
{
	print(def, true, out);
}
