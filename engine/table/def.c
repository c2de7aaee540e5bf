/* A definition's own rules, in the service's words; what depends on other tables is ddl.c's. */
#include "engine/table/state.h"

#include <ctype.h>
#include <stdlib.h>

static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void index_finish(struct index_def *x)
{
	for (size_t i = 0; i < x->include_count; i++)
		free(x->include[i]);
	free(x->include);
}

static void indexes_finish(struct table_def *def)
{
	for (size_t i = 0; i < def->index_count; i++)
		index_finish(&def->indexes[i]);
	free(def->indexes);
	def->indexes = NULL;
	def->index_count = 0;
}

void table_def_finish(struct table_def *def)
{
	if (!def)
		return;
	indexes_finish(def);
	for (size_t i = 0; i < def->tag_count; i++) {
		free(def->tags[i].key);
		free(def->tags[i].value);
	}
	free(def->tags);
	def->tags = NULL;
	def->tag_count = 0;
}

static void index_copy(struct index_def *to, const struct index_def *from)
{
	*to = *from;
	to->include = xcalloc(from->include_count, sizeof *to->include);
	for (size_t i = 0; i < from->include_count; i++)
		to->include[i] = xstrdup(from->include[i]);
}

void table_def_copy(struct table_def *to, const struct table_def *from)
{
	*to = *from;
	to->indexes = xcalloc(from->index_count, sizeof *to->indexes);
	for (size_t i = 0; i < from->index_count; i++)
		index_copy(&to->indexes[i], &from->indexes[i]);
	to->tags = xcalloc(from->tag_count, sizeof *to->tags);
	for (size_t i = 0; i < from->tag_count; i++)
		to->tags[i] = (struct table_tag){xstrdup(from->tags[i].key), xstrdup(from->tags[i].value)};
}

static enum status check_name(const char *name, struct err *err)
{
	size_t n = strlen(name);
	if (n < LIMIT_TABLE_NAME_MIN || n > LIMIT_TABLE_NAME_MAX)
		return err_set(err, ST_VALIDATION,
			"TableName must be at least 3 characters long and at most 255 characters long, but was '%.60s'", name);
	for (const char *p = name; *p; p++)
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && !strchr("_.-", *p)))
			return err_set(err, ST_VALIDATION,
				"1 validation error detected: Value '%.120s' at 'tableName' failed to satisfy constraint: Member "
				"must satisfy "
				"regular expression pattern: [a-zA-Z0-9_.-]+",
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
				"Both the Hash Key and the Range Key element in the KeySchema have the same name: %s", s->pk.name);
	}
	return st;
}

static enum status check_capacity(const struct table_def *def, struct err *err)
{
	bool units = def->read_units || def->write_units;
	if (def->billing == BILLING_PAY_PER_REQUEST && units)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "
			"specified when "
			"BillingMode is PAY_PER_REQUEST");
	if (def->billing == BILLING_PROVISIONED && (!def->read_units || !def->write_units))
		return err_set(err, ST_VALIDATION,
			"One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
			"specified when "
			"BillingMode is PROVISIONED");
	return ST_OK;
}

static enum status check_tags(const struct table_def *def, struct err *err)
{
	if (def->tag_count > LIMIT_TAGS)
		return err_set(err, ST_VALIDATION, "%zu tags, at most %d are allowed", def->tag_count, LIMIT_TAGS);
	for (size_t i = 0; i < def->tag_count; i++) {
		const struct table_tag *t = &def->tags[i];
		if (!*t->key || strlen(t->key) > LIMIT_TAG_KEY * 4 || strlen(t->value) > LIMIT_TAG_VALUE * 4)
			return err_set(err, ST_VALIDATION, "tag '%.60s': a key has 1 to %d characters, a value at most %d", t->key,
				LIMIT_TAG_KEY, LIMIT_TAG_VALUE);
		if (i && same_text(t->key, def->tags[i - 1].key))
			return err_set(err, ST_VALIDATION, "Tag '%.60s' is given twice", t->key);
	}
	return ST_OK;
}

enum status table_def_check(const struct table_def *def, struct err *err)
{
	enum status st = check_name(def->name, err);
	if (!st)
		st = check_schema(&def->schema, err);
	if (!st)
		st = check_capacity(def, err);
	if (!st)
		st = check_tags(def, err);
	if (!st && (def->mode & ~(mode_t)07777))
		st = err_set(err, ST_VALIDATION, "Owner.Mode: only permission bits are allowed");
	return st;
}
