/*
 * A definition from the JSON of CreateTable. Files and the API have the same members; a file may have ours, too, and is held to the members that
 * there are, so that a slip of the pen is never silently ignored.
 */
#include "engine/table/def.h"
#include "engine/table/shapes.h"
#include "engine/table/state.h"

#include <stdio.h>
#include <stdlib.h>

#define INVALID "One or more parameter values were invalid: "

struct parse {
	const cJSON *o;
	bool create; /* CreateTable's document; else a file's, which may be an older definition's successor */
	struct table_def *def;
	struct err *err;
};

static enum status parse_name(struct parse *p)
{
	const char *text = document_text(p->o, "TableName");
	if (!text)
		return p->def->name[0] ? ST_OK : err_set(p->err, ST_VALIDATION, "TableName is missing");
	if (p->def->name[0] && strcmp(p->def->name, text))
		return err_set(p->err, ST_VALIDATION, "TableName: '%.80s' is not the table '%s' that the file's place names", text,
			p->def->name);
	if (strlen(text) > LIMIT_TABLE_NAME_MAX)
		return err_set(
			p->err, ST_VALIDATION, "TableName must be at least 3 characters long and at most 255 characters long");
	memcpy(p->def->name, text, strlen(text) + 1);
	return def_check_name(text, p->err);
}

static void read_pair(const cJSON *o, const char *name, const char *read, const char *write, struct throughput *to)
{
	const cJSON *v = document_member(o, name);
	if (!v)
		return;
	to->read = (uint64_t)document_number(v, read, (int64_t)to->read);
	to->write = (uint64_t)document_number(v, write, (int64_t)to->write);
}

void def_read_throughput(const cJSON *o, struct throughput *to)
{
	read_pair(o, "ProvisionedThroughput", "ReadCapacityUnits", "WriteCapacityUnits", to);
}

void def_read_warm(const cJSON *o, struct throughput *to)
{
	read_pair(o, "WarmThroughput", "ReadUnitsPerSecond", "WriteUnitsPerSecond", to);
}

/** -1 takes a maximum away that there is. */
static enum status read_maximum(const cJSON *v, const char *name, const char *index, bool removable, uint64_t *to, struct err *err)
{
	int64_t n = document_number(v, name, 0);
	if (!document_member(v, name))
		return ST_OK;
	if (n < 1 && !(removable && n == -1))
		return err_set(err, ST_VALIDATION, INVALID "Requested %s for OnDemandThroughput for %s%s is outside of valid range",
			name, index ? "index " : "table", index ? index : "");
	*to = n > 0 ? (uint64_t)n : 0;
	return ST_OK;
}

enum status def_read_on_demand(const cJSON *o, const char *index, bool removable, struct throughput *to, struct err *err)
{
	const cJSON *v = document_member(o, "OnDemandThroughput");
	enum status st = read_maximum(v, "MaxReadRequestUnits", index, removable, &to->read, err);
	return st ? st : read_maximum(v, "MaxWriteRequestUnits", index, removable, &to->write, err);
}

enum status def_check_on_demand(const cJSON *o, enum billing_mode billing, bool update, struct err *err)
{
	static const char *const names[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};
	const cJSON *v = document_member(o, "OnDemandThroughput");
	for (size_t i = 0; billing == BILLING_PROVISIONED && i < sizeof names / sizeof *names; i++)
		if (document_member(v, names[i]))
			return err_set(err, ST_VALIDATION,
				INVALID "%s for OnDemandThroughput cannot be specified when %s BillingMode is PROVISIONED%s",
				names[i], update ? "the table" : "table", update ? "" : ".");
	return ST_OK;
}

enum billing_mode def_read_billing(const cJSON *o, enum billing_mode none)
{
	const char *text = document_text(o, "BillingMode");
	return !text ? none : strcmp(text, "PROVISIONED") ? BILLING_PAY_PER_REQUEST : BILLING_PROVISIONED;
}

enum table_class def_read_class(const cJSON *o, enum table_class none)
{
	const char *text = document_text(o, "TableClass");
	return !text ? none : strcmp(text, "STANDARD") ? TABLE_CLASS_STANDARD_INFREQUENT_ACCESS : TABLE_CLASS_STANDARD;
}

enum status def_read_stream(const cJSON *o, struct table_def *def, struct err *err)
{
	const cJSON *v = document_member(o, "StreamSpecification");
	const char *view = document_text(v, "StreamViewType");
	if (!v)
		return ST_OK;
	if (!document_bool(v, "StreamEnabled")) {
		def->stream = STREAM_OFF;
		return !view ? ST_OK
			     : err_set(err, ST_VALIDATION,
				       INVALID "Table is being created with a stream disabled, "
					       "UpdateViewType "
					       "should not be specified");
	}
	if (!view)
		return err_set(err, ST_VALIDATION,
			INVALID "Table is being created with a stream enabled, UpdateViewType "
				"should be "
				"specified");
	def->stream = stream_view_of(view);
	return ST_OK;
}

enum status def_read_sse(const cJSON *o, struct table_def *def, struct err *err)
{
	const cJSON *v = document_member(o, "SSESpecification");
	const char *type = document_text(v, "SSEType"), *key = document_text(v, "KMSMasterKeyId");
	if (!v)
		return ST_OK;
	bool enabled = document_bool(v, "Enabled");
	if (!enabled && (type || key))
		return err_set(err, ST_VALIDATION,
			INVALID "SSEType and KMSMasterKeyId can only be specified when SSE is "
				"enabled");
	if (type && !strcmp(type, "AES256"))
		return err_set(err, ST_VALIDATION, INVALID "SSEType AES256 is not supported");
	if (key && strlen(key) > LIMIT_SSE_KEY)
		return err_set(err, ST_VALIDATION, "KMSMasterKeyId: at most %d bytes", LIMIT_SSE_KEY);
	def->sse = enabled;
	snprintf(def->sse_key, sizeof def->sse_key, "%s", key ? key : "");
	return ST_OK;
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(((const struct table_tag *)a)->key, ((const struct table_tag *)b)->key);
}

void def_sort_tags(struct table_def *def)
{
	if (def->tag_count)
		qsort(def->tags, def->tag_count, sizeof *def->tags, compare_tags);
}

void def_read_tags(const cJSON *o, struct table_def *def)
{
	const cJSON *v = document_member(o, "Tags");
	tags_finish(def);
	if (!v)
		return;
	def->tags = xcalloc((size_t)cJSON_GetArraySize(v), sizeof *def->tags);
	for (const cJSON *t = v->child; t; t = t->next)
		if (cJSON_IsObject(t))
			def->tags[def->tag_count++] =
				(struct table_tag){xstrdup(document_text(t, "Key")), xstrdup(document_text(t, "Value"))};
	def_sort_tags(def);
}

static void read_ttl(const cJSON *o, struct table_def *def)
{
	const cJSON *v = document_member(o, "TimeToLiveSpecification");
	def->ttl = document_bool(v, "Enabled");
	if (def->ttl)
		snprintf(def->ttl_attribute, sizeof def->ttl_attribute, "%s", document_text(v, "AttributeName"));
}

static enum status read_owner(const cJSON *o, struct table_def *def, struct err *err)
{
	const cJSON *v = document_member(o, "Owner");
	const char *mode = document_text(v, "Mode");
	int64_t uid = document_number(v, "Uid", def->uid), gid = document_number(v, "Gid", def->gid);
	char *end = "";
	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(err, ST_VALIDATION, "Owner: Uid and Gid must be whole numbers from 0");
	unsigned long bits = mode ? strtoul(mode, &end, 8) : def->mode;
	if (*end || (mode && !*mode) || bits > 07777)
		return err_set(err, ST_VALIDATION, "Owner.Mode: must be permission bits in octal, such as \"0755\"");
	def->uid = (uid_t)uid;
	def->gid = (gid_t)gid;
	def->mode = (mode_t)bits;
	return ST_OK;
}

static enum status parse_capacity(struct parse *p, enum billing_mode none)
{
	struct table_def *d = p->def;
	struct throughput units = {0};
	bool has_units = document_member(p->o, "ProvisionedThroughput") != NULL;
	def_read_throughput(p->o, &units);
	def_read_warm(p->o, &d->warm);
	d->read_units = units.read;
	d->write_units = units.write;
	d->billing = def_read_billing(p->o, none);
	d->class = def_read_class(p->o, TABLE_CLASS_STANDARD);
	d->deletion_protection = document_bool(p->o, "DeletionProtectionEnabled");
	enum status st = def_check_on_demand(p->o, d->billing, false, p->err);
	if (!st)
		st = def_read_on_demand(p->o, NULL, !p->create, &d->on_demand, p->err);
	return st ? st : def_check_capacity(d, has_units, p->err);
}

static enum status parse_rest(struct parse *p)
{
	enum status st = def_read_stream(p->o, p->def, p->err);
	if (!st)
		st = def_read_sse(p->o, p->def, p->err);
	def_read_tags(p->o, p->def);
	read_ttl(p->o, p->def);
	if (!st)
		st = read_owner(p->o, p->def, p->err);
	if (!st && document_member(p->o, "ResourcePolicy"))
		st = err_set(p->err, ST_UNSUPPORTED, "ResourcePolicy: this version of itemfs does not support it");
	return st ? st : table_def_check(p->def, p->err);
}

static enum status parse_all(struct parse *p, enum billing_mode none)
{
	const cJSON *attributes = document_member(p->o, "AttributeDefinitions");
	enum status st = parse_name(p);
	if (!st)
		st = parse_capacity(p, none);
	if (!st)
		st = def_read_schema(p->o, attributes, &p->def->schema, p->err);
	if (!st)
		st = def_read_indexes(p->o, attributes, p->def, p->err);
	return st ? st : parse_rest(p);
}

static enum status parse(
	const cJSON *o, bool create, const struct table_def *start, enum billing_mode none, struct table_def *ret, struct err *err)
{
	struct table_def def = *start;
	struct parse p = {o, create, &def, err};
	enum status st = parse_all(&p, none);
	if (st)
		table_def_finish(&def);
	else
		*ret = def;
	return st;
}

enum status table_def_from_request(const cJSON *o, const struct caller *caller, struct table_def *ret, struct err *err)
{
	struct table_def start = {.uid = caller->uid, .gid = caller->gid, .mode = 0755};
	return parse(o, true, &start, BILLING_PROVISIONED, ret, err);
}

enum status table_def_parse(
	struct slice json, const char *name, const struct caller *caller, struct table_def *ret, struct err *err)
{
	struct table_def start = {.uid = caller->uid, .gid = caller->gid, .mode = 0755};
	cJSON *o;
	enum status st = document_read(json, &o, err);
	if (st)
		return st;
	snprintf(start.name, sizeof start.name, "%s", name);
	st = shape_check_known(&shape_definition, o, err);
	if (!st)
		st = shape_check(&shape_definition, o, err);
	if (!st) /* whoever writes no mode by hand means: as it comes */
		st = parse(o, false, &start,
			document_member(o, "ProvisionedThroughput") ? BILLING_PROVISIONED : BILLING_PAY_PER_REQUEST, ret, err);
	cJSON_Delete(o);
	return st;
}
