/* A definition's own rules, in the service's words; what depends on other tables is ddl.c's. */
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <ctype.h>
#include <strings.h>

#define INVALID "One or more parameter values were invalid: "
#define UNITS_MAX UINT64_C(1000000000000)

static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

enum status def_check_name_length(const char *name, struct err *err)
{
	size_t n = strlen(name);
	if (n >= LIMIT_TABLE_NAME_MIN && n <= LIMIT_TABLE_NAME_MAX)
		return ST_OK;
	return err_set(err, ST_VALIDATION, "TableName must be at least 3 characters long and at most 255 characters long");
}

enum status def_check_name(const char *name, struct err *err)
{
	enum status st = def_check_name_length(name, err);
	if (st)
		return st;
	for (const char *p = name; *p; p++)
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && !strchr("_.-", *p)))
			return err_set(err, ST_VALIDATION,
				"1 validation error detected: Value '%.120s' at 'tableName' failed to satisfy constraint: Member "
				"must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
				name);
	return ST_OK;
}

static enum status check_key(const struct key_attr *a, const char *role, struct err *err)
{
	if (a->type != VALUE_S && a->type != VALUE_N && a->type != VALUE_B)
		return err_set(err, ST_VALIDATION, "the %s key '%s' must be of type S, N or B", role, a->name);
	if (!a->name[0])
		return err_set(err, ST_VALIDATION, "the %s key has an empty name", role);
	return ST_OK;
}

static enum status check_schema(const struct key_schema *s, struct err *err)
{
	enum status st = check_key(&s->pk, "partition", err);
	if (!st && schema_has_sk(s)) {
		st = check_key(&s->sk, "sort", err);
		if (!st && same_text(s->pk.name, s->sk.name))
			st = err_set(err, ST_VALIDATION,
				"Both the Hash Key and the Range Key element in the KeySchema have the same name");
	}
	return st;
}

enum status def_check_units(uint64_t read, uint64_t write, const char *index, struct err *err)
{
	const char *of = index ? " for index " : "", *name = index ? index : "";
	if (read > UNITS_MAX)
		return err_set(err, ST_VALIDATION, "Given value %llu for ReadCapacityUnits is out of bounds%s%s",
			(unsigned long long)read, of, name);
	if (write > UNITS_MAX)
		return err_set(err, ST_VALIDATION, "Given value %llu for WriteCapacityUnits is out of bounds%s%s",
			(unsigned long long)write, of, name);
	return ST_OK;
}

enum status def_check_capacity(const struct table_def *def, bool has_units, struct err *err)
{
	if (def->billing == BILLING_PAY_PER_REQUEST && has_units)
		return err_set(err, ST_VALIDATION,
			INVALID
			"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	if (def->billing == BILLING_PROVISIONED && (!def->read_units || !def->write_units))
		return err_set(err, ST_VALIDATION,
			INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
	if (def->billing == BILLING_PROVISIONED && (def->on_demand.read || def->on_demand.write))
		return err_set(
			err, ST_VALIDATION, INVALID "OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST");
	return def_check_units(def->read_units, def->write_units, NULL, err);
}

static enum status check_local(const struct table_def *def, const struct index_def *x, struct err *err)
{
	if (!schema_has_sk(&x->schema))
		return err_set(err, ST_VALIDATION, INVALID "Index KeySchema does not have a range key for index: %s", x->name);
	if (!schema_has_sk(&def->schema))
		return err_set(err, ST_VALIDATION,
			INVALID "Table KeySchema does not have a range key, which is required when specifying a "
				"LocalSecondaryIndex");
	if (!same_text(x->schema.pk.name, def->schema.pk.name))
		return err_set(err, ST_VALIDATION,
			INVALID "Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index "
				"hash key: %s, table hash key: %s",
			x->name, x->schema.pk.name, def->schema.pk.name);
	return ST_OK;
}

static enum status check_projection(const struct index_def *x, struct err *err)
{
	bool include = x->projection == PROJECTION_INCLUDE;
	if (include && !x->include_count)
		return err_set(err, ST_VALIDATION, INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	if (!include && x->include_count)
		return err_set(err, ST_VALIDATION, INVALID "ProjectionType is %s, but NonKeyAttributes is specified",
			x->projection == PROJECTION_ALL ? "ALL" : "KEYS_ONLY");
	return ST_OK;
}

static enum status check_global(const struct table_def *def, const struct index_def *x, struct err *err)
{
	bool units = x->provisioned.read && x->provisioned.write;
	if (def->billing == BILLING_PROVISIONED && !units)
		return err_set(err, ST_VALIDATION, INVALID "ProvisionedThroughput must be specified for index: %s", x->name);
	if (def->billing == BILLING_PAY_PER_REQUEST && units)
		return err_set(err, ST_VALIDATION,
			INVALID "ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST",
			x->name);
	if (def->billing == BILLING_PROVISIONED && (x->on_demand.read || x->on_demand.write))
		return err_set(err, ST_VALIDATION,
			INVALID "OnDemandThroughput should not be specified for index: %s when BillingMode is PROVISIONED",
			x->name);
	return def_check_units(x->provisioned.read, x->provisioned.write, x->name, err);
}

enum status def_check_index(const struct table_def *def, const struct index_def *x, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < def->index_count && !st; i++)
		if (&def->indexes[i] != x && same_text(def->indexes[i].name, x->name))
			st = err_set(err, ST_VALIDATION, INVALID "Duplicate index name: %s", x->name);
	if (!st)
		st = check_schema(&x->schema, err);
	if (!st && x->local)
		st = check_local(def, x, err);
	if (!st)
		st = check_projection(x, err);
	return st || x->local ? st : check_global(def, x, err);
}

enum status def_check_indexes(const struct table_def *def, struct err *err)
{
	size_t locals = 0, globals = 0, included = 0;
	for (size_t i = 0; i < def->index_count; i++) {
		locals += def->indexes[i].local;
		globals += !def->indexes[i].local;
		included += def->indexes[i].include_count;
	}
	if (locals > LIMIT_LSIS)
		return err_set(
			err, ST_VALIDATION, INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d", LIMIT_LSIS);
	if (globals > LIMIT_GSIS)
		return err_set(
			err, ST_VALIDATION, INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d", LIMIT_GSIS);
	if (included > LIMIT_INCLUDED)
		return err_set(err, ST_VALIDATION,
			INVALID "Number of NonKeyAttributes over all indexes exceeds the per-table limit of %d", LIMIT_INCLUDED);
	return ST_OK;
}

enum status def_check_tags(const struct table_def *def, struct err *err)
{
	if (def->tag_count > LIMIT_TAGS)
		return err_set(err, ST_VALIDATION, INVALID "%zu tags, at most %d are allowed", def->tag_count, LIMIT_TAGS);
	for (size_t i = 0; i < def->tag_count; i++) {
		const struct table_tag *t = &def->tags[i];
		if (!strncasecmp(t->key, "aws:", 4))
			return err_set(err, ST_VALIDATION,
				INVALID "Tag key '%.60s': keys that begin with aws: are reserved for the service's own use",
				t->key);
		if (i && same_text(t->key, def->tags[i - 1].key))
			return err_set(err, ST_VALIDATION, INVALID "Tag '%.60s' is given twice", t->key);
	}
	return ST_OK;
}

enum status table_def_check(const struct table_def *def, struct err *err)
{
	enum status st = def_check_name(def->name, err);
	if (!st)
		st = def_check_capacity(def, def->read_units || def->write_units, err);
	if (!st)
		st = check_schema(&def->schema, err);
	for (size_t i = 0; i < def->index_count && !st; i++)
		st = def_check_index(def, &def->indexes[i], err);
	if (!st)
		st = def_check_indexes(def, err);
	if (!st)
		st = def_check_tags(def, err);
	if (!st && (def->mode & ~(mode_t)07777))
		st = err_set(err, ST_VALIDATION, "Owner.Mode: only permission bits are allowed");
	return st;
}
