#include "engine/base/json_text.h"
#include "engine/table/state.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static void add_key(cJSON *attributes, cJSON *keys, const struct key_attr *a, const char *key_type)
{
	cJSON *attribute = cJSON_CreateObject(), *key = cJSON_CreateObject();
	cJSON_AddStringToObject(attribute, "AttributeName", a->name);
	cJSON_AddStringToObject(attribute, "AttributeType", value_type_name(a->type));
	cJSON_AddItemToArray(attributes, attribute);
	cJSON_AddStringToObject(key, "AttributeName", a->name);
	cJSON_AddStringToObject(key, "KeyType", key_type);
	cJSON_AddItemToArray(keys, key);
}

static void add_schema(cJSON *o, const struct key_schema *s)
{
	cJSON *attributes = cJSON_CreateArray(), *keys = cJSON_CreateArray();
	add_key(attributes, keys, &s->pk, "HASH");
	if (schema_has_sk(s))
		add_key(attributes, keys, &s->sk, "RANGE");
	cJSON_AddItemToObject(o, "AttributeDefinitions", attributes);
	cJSON_AddItemToObject(o, "KeySchema", keys);
}

static void add_capacity(cJSON *o, const struct table_def *def)
{
	bool provisioned = def->billing == BILLING_PROVISIONED;
	cJSON_AddStringToObject(o, "BillingMode", provisioned ? "PROVISIONED" : "PAY_PER_REQUEST");
	if (!provisioned)
		return;
	cJSON *units = cJSON_AddObjectToObject(o, "ProvisionedThroughput");
	cJSON_AddNumberToObject(units, "ReadCapacityUnits", (double)def->read_units);
	cJSON_AddNumberToObject(units, "WriteCapacityUnits", (double)def->write_units);
}

static void add_tags(cJSON *o, const struct table_def *def)
{
	cJSON *tags = cJSON_AddArrayToObject(o, "Tags");
	for (size_t i = 0; i < def->tag_count; i++) {
		cJSON *tag = cJSON_CreateObject();
		cJSON_AddStringToObject(tag, "Key", def->tags[i].key);
		cJSON_AddStringToObject(tag, "Value", def->tags[i].value);
		cJSON_AddItemToArray(tags, tag);
	}
}

static void add_owner(cJSON *o, const struct table_def *def)
{
	char mode[8];
	cJSON *owner = cJSON_AddObjectToObject(o, "Owner");
	cJSON_AddNumberToObject(owner, "Uid", def->uid);
	cJSON_AddNumberToObject(owner, "Gid", def->gid);
	snprintf(mode, sizeof mode, "%04o", (unsigned)def->mode & 07777);
	cJSON_AddStringToObject(owner, "Mode", mode);
}

void table_def_print(const struct table_def *def, struct buf *out)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "TableName", def->name);
	add_schema(o, &def->schema);
	add_capacity(o, def);
	cJSON_AddStringToObject(o, "TableClass", def->class == TABLE_CLASS_STANDARD ? "STANDARD" : "STANDARD_INFREQUENT_ACCESS");
	cJSON_AddBoolToObject(o, "DeletionProtectionEnabled", def->deletion_protection);
	if (def->tag_count)
		add_tags(o, def);
	add_owner(o, def);
	json_text(o, out);
	cJSON_Delete(o);
}
