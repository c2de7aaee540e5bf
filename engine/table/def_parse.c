/*
 * A definition from the JSON of CreateTable: one row a member. What the API has and this version lacks is named as such; what nobody
 * knows is refused by name, so that a slip of the pen is never silently ignored.
 */
#include "engine/json.h"
#include "engine/table/state.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct parse {
	struct table_def *def;
	struct err *err;
	const cJSON *attributes, *keys; /* AttributeDefinitions, KeySchema: needed together */
	bool has_billing;
};

static enum status wrong(struct parse *p, const char *member, const char *wants)
{
	return err_set(p->err, ST_VALIDATION, "%s: must be %s", member, wants);
}

/** Only the members listed (NULL-terminated) may be in `o`. */
static enum status only_members(struct parse *p, const cJSON *o, const char *where, const char *const *names)
{
	for (const cJSON *m = o->child; m; m = m->next) {
		size_t i = 0;
		while (names[i] && strcmp(names[i], m->string))
			i++;
		if (!names[i])
			return err_set(p->err, ST_VALIDATION, "%s: unknown member '%.60s'", where, m->string);
	}
	return ST_OK;
}

static const char *text_of(const cJSON *o, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, member));
}

static enum status parse_name(struct parse *p, const cJSON *v)
{
	const char *text = cJSON_GetStringValue(v);
	if (!text)
		return wrong(p, "TableName", "a string");
	if (p->def->name[0] && strcmp(p->def->name, text))
		return err_set(p->err, ST_VALIDATION, "TableName: '%.80s' is not the table '%s' that the file's place names", text,
			p->def->name);
	if (strlen(text) > LIMIT_TABLE_NAME_MAX)
		return err_set(
			p->err, ST_VALIDATION, "TableName must be at least 3 characters long and at most 255 characters long");
	memcpy(p->def->name, text, strlen(text) + 1);
	return ST_OK;
}

static enum status parse_attributes(struct parse *p, const cJSON *v)
{
	p->attributes = v;
	return cJSON_IsArray(v) ? ST_OK : wrong(p, "AttributeDefinitions", "a list");
}

static enum status parse_keys(struct parse *p, const cJSON *v)
{
	p->keys = v;
	int n = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 0;
	return n == 1 || n == 2 ? ST_OK : wrong(p, "KeySchema", "a list of one HASH and at most one RANGE key");
}

static enum status parse_billing(struct parse *p, const cJSON *v)
{
	const char *text = cJSON_GetStringValue(v);
	p->has_billing = true;
	if (text && !strcmp(text, "PAY_PER_REQUEST"))
		p->def->billing = BILLING_PAY_PER_REQUEST;
	else if (text && !strcmp(text, "PROVISIONED"))
		p->def->billing = BILLING_PROVISIONED;
	else
		return wrong(p, "BillingMode", "\"PAY_PER_REQUEST\" or \"PROVISIONED\"");
	return ST_OK;
}

static enum status parse_units(struct parse *p, const cJSON *o, const char *member, uint64_t *ret)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, member);
	if (!v)
		return ST_OK;
	double d = cJSON_IsNumber(v) ? v->valuedouble : -1;
	if (d < 0 || d > 9e15 || d != floor(d))
		return wrong(p, member, "a whole number from 1");
	*ret = (uint64_t)d;
	return ST_OK;
}

static enum status parse_throughput(struct parse *p, const cJSON *v)
{
	static const char *const names[] = {"ReadCapacityUnits", "WriteCapacityUnits", NULL};
	if (!cJSON_IsObject(v))
		return wrong(p, "ProvisionedThroughput", "an object");
	enum status st = only_members(p, v, "ProvisionedThroughput", names);
	if (!st)
		st = parse_units(p, v, names[0], &p->def->read_units);
	if (!st)
		st = parse_units(p, v, names[1], &p->def->write_units);
	return st;
}

static enum status parse_class(struct parse *p, const cJSON *v)
{
	const char *text = cJSON_GetStringValue(v);
	if (text && !strcmp(text, "STANDARD"))
		p->def->class = TABLE_CLASS_STANDARD;
	else if (text && !strcmp(text, "STANDARD_INFREQUENT_ACCESS"))
		p->def->class = TABLE_CLASS_STANDARD_INFREQUENT_ACCESS;
	else
		return wrong(p, "TableClass", "\"STANDARD\" or \"STANDARD_INFREQUENT_ACCESS\"");
	return ST_OK;
}

static enum status parse_protection(struct parse *p, const cJSON *v)
{
	if (!cJSON_IsBool(v))
		return wrong(p, "DeletionProtectionEnabled", "true or false");
	p->def->deletion_protection = cJSON_IsTrue(v);
	return ST_OK;
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(((const struct table_tag *)a)->key, ((const struct table_tag *)b)->key);
}

static enum status parse_tags(struct parse *p, const cJSON *v)
{
	struct table_def *d = p->def;
	if (!cJSON_IsArray(v))
		return wrong(p, "Tags", "a list of {\"Key\": .., \"Value\": ..}");
	table_def_finish(d);
	d->tags = xcalloc((size_t)cJSON_GetArraySize(v), sizeof *d->tags);
	for (const cJSON *t = v->child; t; t = t->next) {
		const char *key = text_of(t, "Key"), *value = text_of(t, "Value");
		if (!key || !value)
			return wrong(p, "Tags", "a list of {\"Key\": .., \"Value\": ..}");
		d->tags[d->tag_count++] = (struct table_tag){xstrdup(key), xstrdup(value)};
	}
	qsort(d->tags, d->tag_count, sizeof *d->tags, compare_tags);
	return ST_OK;
}

static enum status parse_owner(struct parse *p, const cJSON *v)
{
	static const char *const names[] = {"Uid", "Gid", "Mode", NULL};
	if (!cJSON_IsObject(v))
		return wrong(p, "Owner", "an object");
	enum status st = only_members(p, v, "Owner", names);
	uint64_t uid = p->def->uid, gid = p->def->gid;
	if (!st)
		st = parse_units(p, v, names[0], &uid);
	if (!st)
		st = parse_units(p, v, names[1], &gid);
	p->def->uid = (uid_t)uid;
	p->def->gid = (gid_t)gid;
	const char *mode = text_of(v, "Mode");
	if (!st && mode) {
		char *end;
		unsigned long bits = strtoul(mode, &end, 8);
		if (*end || !*mode || bits > 07777)
			return wrong(p, "Owner.Mode", "permission bits in octal, such as \"0755\"");
		p->def->mode = (mode_t)bits;
	}
	return st;
}

/** Members of CreateTable that later versions carry: nothing asked of them is fine, anything else is refused. */
static enum status parse_unsupported(struct parse *p, const cJSON *v)
{
	const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(v, strstr(v->string, "Stream") ? "StreamEnabled" : "Enabled");
	bool nothing = cJSON_IsNull(v) || (cJSON_IsArray(v) && !v->child) || (cJSON_IsObject(v) && !v->child) ||
		       (enabled && cJSON_IsFalse(enabled));
	return nothing ? ST_OK : err_set(p->err, ST_UNSUPPORTED, "%s: this version of itemfs does not support it", v->string);
}

static const struct member {
	const char *name;
	enum status (*parse)(struct parse *p, const cJSON *v);
} members[] = {
	{"TableName", parse_name},
	{"AttributeDefinitions", parse_attributes},
	{"KeySchema", parse_keys},
	{"BillingMode", parse_billing},
	{"ProvisionedThroughput", parse_throughput},
	{"TableClass", parse_class},
	{"DeletionProtectionEnabled", parse_protection},
	{"Tags", parse_tags},
	{"Owner", parse_owner},
	{"GlobalSecondaryIndexes", parse_unsupported},
	{"LocalSecondaryIndexes", parse_unsupported},
	{"StreamSpecification", parse_unsupported},
	{"SSESpecification", parse_unsupported},
	{"OnDemandThroughput", parse_unsupported},
	{"WarmThroughput", parse_unsupported},
	{"ResourcePolicy", parse_unsupported},
};

static enum status parse_member(struct parse *p, const cJSON *v)
{
	for (const cJSON *other = v->next; other; other = other->next)
		if (!strcmp(other->string, v->string))
			return err_set(p->err, ST_VALIDATION, "member '%.60s' is given twice", v->string);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (!strcmp(members[i].name, v->string))
			return members[i].parse(p, v);
	return err_set(p->err, ST_VALIDATION, "unknown member '%.60s'; .templates/ shows what a definition holds", v->string);
}

static enum status attribute_type(struct parse *p, const char *name, enum value_type *ret)
{
	for (const cJSON *a = p->attributes ? p->attributes->child : NULL; a; a = a->next) {
		const char *n = text_of(a, "AttributeName"), *t = text_of(a, "AttributeType");
		if (!n || !t || strlen(t) != 1 || !strchr("SNB", *t))
			return wrong(p, "AttributeDefinitions",
				"a list of {\"AttributeName\": .., \"AttributeType\": \"S\", \"N\" or \"B\"}");
		if (!strcmp(n, name)) {
			*ret = (enum value_type) * t;
			return ST_OK;
		}
	}
	return err_set(p->err, ST_VALIDATION,
		"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. "
		"Keys: "
		"[%.80s]",
		name);
}

static enum status parse_key(struct parse *p, const cJSON *k, bool range)
{
	struct key_attr *to = range ? &p->def->schema.sk : &p->def->schema.pk;
	const char *name = text_of(k, "AttributeName"), *type = text_of(k, "KeyType");
	if (!name || !type)
		return wrong(p, "KeySchema", "a list of {\"AttributeName\": .., \"KeyType\": \"HASH\" or \"RANGE\"}");
	if (strcmp(type, range ? "RANGE" : "HASH"))
		return err_set(p->err, ST_VALIDATION, "KeySchema: the %s element must be of KeyType %s", range ? "second" : "first",
			range ? "RANGE" : "HASH");
	if (strlen(name) > LIMIT_KEY_ATTR_NAME)
		return err_set(p->err, ST_VALIDATION, "KeySchema: the name of a key has at most %d bytes", LIMIT_KEY_ATTR_NAME);
	memcpy(to->name, name, strlen(name) + 1);
	return attribute_type(p, name, &to->type);
}

static enum status parse_schema(struct parse *p)
{
	if (!p->keys)
		return err_set(p->err, ST_VALIDATION, "KeySchema is missing: which attribute is the partition key (KeyType HASH)?");
	enum status st = parse_key(p, p->keys->child, false);
	if (!st && p->keys->child->next)
		st = parse_key(p, p->keys->child->next, true);
	if (!st && cJSON_GetArraySize(p->attributes) != cJSON_GetArraySize(p->keys))
		st = err_set(p->err, ST_VALIDATION,
			"One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match "
			"number of "
			"attributes defined in AttributeDefinitions");
	return st;
}

static enum status parse_object(struct parse *p, const cJSON *o)
{
	enum status st = ST_OK;
	for (const cJSON *v = o->child; v && !st; v = v->next)
		st = parse_member(p, v);
	if (!st)
		st = parse_schema(p);
	if (!st && !p->has_billing && (p->def->read_units || p->def->write_units))
		p->def->billing = BILLING_PROVISIONED;
	return st ? st : table_def_check(p->def, p->err);
}

/** Line and column of a syntax error come from our own scanner; cJSON, which stops at NULs, then sees only whole documents without any. */
static enum status check_syntax(struct slice text, struct err *err)
{
	struct json_scan scan;
	if (text.len > TABLE_DEF_TEXT_MAX)
		return err_set(err, ST_VALIDATION, "a table definition has at most %u bytes", TABLE_DEF_TEXT_MAX);
	json_scan_init(&scan);
	enum json_scan_state state = json_scan(&scan, text, err);
	if (state == JSON_SCAN_BAD)
		return err ? err->code : ST_SYNTAX;
	if (state == JSON_SCAN_MORE)
		return err_code(err, ST_INCOMPLETE);
	if (memmem(text.ptr, text.len, "\\u0000", 6))
		return err_set(err, ST_VALIDATION, "a table definition holds no NUL character (\\u0000)");
	return ST_OK;
}

enum status table_def_parse(
	struct slice json, const char *name, const struct caller *caller, struct table_def *ret, struct err *err)
{
	struct table_def def = {.uid = caller->uid, .gid = caller->gid, .mode = 0755};
	struct parse p = {.def = &def, .err = err};
	enum status st = check_syntax(json, err);
	if (st)
		return st;
	snprintf(def.name, sizeof def.name, "%s", name);
	cJSON *o = cJSON_ParseWithLength((const char *)json.ptr, json.len);
	st = cJSON_IsObject(o) ? parse_object(&p, o) : err_set(err, ST_SYNTAX, "the definition is not a JSON object");
	cJSON_Delete(o);
	if (st)
		table_def_finish(&def);
	else
		*ret = def;
	return st;
}
