/* Key schemas and indexes from the JSON of CreateTable. Which attributes there are is checked here: definitions keep only those that are keys. */
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdlib.h>

#define INVALID "One or more parameter values were invalid: "
#define UNDEFINED "Invalid KeySchema: Some index key attribute have no definition"

static const char *attribute_name(const cJSON *a)
{
	return document_text(a, "AttributeName");
}

/** Where java.util.HashSet keeps the name: the service prints the names of a set in that order. */
static uint32_t bucket_of(const char *name, uint32_t buckets)
{
	uint32_t hash = 0;
	for (; *name; name++)
		hash = 31 * hash + (uint8_t)*name;
	return (hash ^ hash >> 16) & (buckets - 1);
}

/** The names in a list of objects with an AttributeName, as the service prints a set that had so many buckets. */
static void list_names(const cJSON *list, uint32_t buckets, struct buf *out)
{
	size_t n = 0;
	buf_add_byte(out, '[');
	for (uint32_t i = 0; i < buckets; i++)
		for (const cJSON *a = list ? list->child : NULL; a; a = a->next)
			if (bucket_of(attribute_name(a), buckets) == i)
				buf_addf(out, "%s%.80s", n++ ? ", " : "", attribute_name(a));
	buf_add_byte(out, ']');
}

/** A set of keys grows from 16 buckets whenever three quarters of them are taken. */
static uint32_t key_buckets(const cJSON *keys)
{
	uint32_t n = (uint32_t)cJSON_GetArraySize(keys), buckets = 16;
	while (n > buckets / 4 * 3)
		buckets *= 2;
	return buckets;
}

/** A set of definitions is made for as many as there are. */
static uint32_t definition_buckets(const cJSON *attributes)
{
	uint32_t n = attributes ? (uint32_t)cJSON_GetArraySize(attributes) : 0, buckets = 1;
	while (buckets < (n < 3 ? n + 1 : n * 4 / 3 + 1))
		buckets *= 2;
	return buckets;
}

static enum value_type type_of(const cJSON *attributes, const char *name)
{
	for (const cJSON *a = attributes ? attributes->child : NULL; a; a = a->next)
		if (!strcmp(attribute_name(a), name))
			return (enum value_type) * document_text(a, "AttributeType");
	return VALUE_NONE;
}

/** Null elements of a list have passed the check of constraints, as they do in the service. */
static bool whole_list(const cJSON *list)
{
	for (const cJSON *x = list ? list->child : NULL; x; x = x->next)
		if (!cJSON_IsObject(x))
			return false;
	return true;
}

static bool all_defined(const cJSON *keys, const cJSON *attributes)
{
	for (const cJSON *k = keys->child; k; k = k->next)
		if (type_of(attributes, attribute_name(k)) == VALUE_NONE)
			return false;
	return true;
}

static enum status undefined(const cJSON *keys, const cJSON *attributes, struct err *err)
{
	struct buf text = BUF_INIT;
	buf_add_str(&text, INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: ");
	list_names(keys, key_buckets(keys), &text);
	buf_add_str(&text, ", AttributeDefinitions: ");
	list_names(attributes, definition_buckets(attributes), &text);
	enum status st = err_set(err, ST_VALIDATION, "%s", buf_str(&text));
	buf_finish(&text);
	return st;
}

enum status def_check_defined(const cJSON *index, const cJSON *attributes, struct err *err)
{
	const cJSON *keys = document_member(index, "KeySchema");
	if (!whole_list(keys) || all_defined(keys, attributes))
		return ST_OK;
	return err_set(err, ST_VALIDATION, UNDEFINED);
}

static void read_key(const cJSON *k, const cJSON *attributes, struct key_attr *to)
{
	const char *name = attribute_name(k);
	if (strlen(name) < sizeof to->name)
		memcpy(to->name, name, strlen(name) + 1);
	to->type = type_of(attributes, name);
}

static enum status read_keys(const cJSON *keys, const cJSON *attributes, struct key_schema *ret, struct err *err)
{
	const cJSON *hash = keys->child, *range = hash->next;
	if (strcmp(document_text(hash, "KeyType"), "HASH"))
		return err_set(err, ST_VALIDATION, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	if (range && !strcmp(attribute_name(hash), attribute_name(range)))
		return err_set(
			err, ST_VALIDATION, "Both the Hash Key and the Range Key element in the KeySchema have the same name");
	if (range && strcmp(document_text(range, "KeyType"), "RANGE"))
		return err_set(err, ST_VALIDATION, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
	for (const cJSON *k = hash; k; k = k->next)
		if (strlen(attribute_name(k)) > LIMIT_KEY_ATTR_NAME)
			return err_set(
				err, ST_VALIDATION, "KeySchema: the name of a key has at most %d bytes", LIMIT_KEY_ATTR_NAME);
	read_key(hash, attributes, &ret->pk);
	if (range)
		read_key(range, attributes, &ret->sk);
	return ST_OK;
}

enum status def_read_schema(const cJSON *o, const cJSON *attributes, struct key_schema *ret, struct err *err)
{
	const cJSON *keys = document_member(o, "KeySchema");
	if (!whole_list(keys) || !whole_list(attributes))
		return err_set(err, ST_VALIDATION, INVALID "KeySchema and AttributeDefinitions cannot have null elements");
	if (!all_defined(keys, attributes))
		return err_set(err, ST_VALIDATION, UNDEFINED);
	return read_keys(keys, attributes, ret, err);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/** Sorted, each once. */
static void sort_include(struct index_def *x)
{
	size_t n = 0;
	qsort(x->include, x->include_count, sizeof *x->include, compare_text);
	for (size_t i = 0; i < x->include_count; i++) {
		if (n && !strcmp(x->include[n - 1], x->include[i]))
			free(x->include[i]);
		else
			x->include[n++] = x->include[i];
	}
	x->include_count = n;
}

static enum status read_projection(const cJSON *o, struct index_def *x, struct err *err)
{
	const cJSON *p = document_member(o, "Projection"), *names = document_member(p, "NonKeyAttributes");
	const char *type = document_text(p, "ProjectionType");
	if (!type)
		return err_set(err, ST_VALIDATION, INVALID "Unknown ProjectionType: null");
	x->projection = !strcmp(type, "ALL")         ? PROJECTION_ALL
			: !strcmp(type, "KEYS_ONLY") ? PROJECTION_KEYS_ONLY
						     : PROJECTION_INCLUDE;
	x->include = xcalloc((size_t)cJSON_GetArraySize(names) + 1, sizeof *x->include);
	for (const cJSON *n = names ? names->child : NULL; n; n = n->next)
		if (cJSON_IsString(n))
			x->include[x->include_count++] = xstrdup(n->valuestring);
	sort_include(x);
	return ST_OK;
}

static enum status read_index(const cJSON *o, const cJSON *attributes, struct index_def *x, struct err *err)
{
	const char *name = document_text(o, "IndexName");
	const cJSON *keys = document_member(o, "KeySchema");
	memcpy(x->name, name, strlen(name) + 1);
	if (!whole_list(keys))
		return err_set(err, ST_VALIDATION, INVALID "KeySchema cannot have null elements");
	if (!all_defined(keys, attributes))
		return undefined(keys, attributes, err);
	enum status st = read_keys(keys, attributes, &x->schema, err);
	if (!st)
		st = read_projection(o, x, err);
	def_read_throughput(o, &x->provisioned);
	def_read_warm(o, &x->warm);
	return st ? st : def_read_on_demand(o, x->name, true, &x->on_demand, err);
}

enum status def_add_index(const cJSON *o, const cJSON *attributes, bool local, struct table_def *def, struct err *err)
{
	struct index_def x = {.local = local};
	enum status st = cJSON_IsObject(o) ? read_index(o, attributes, &x, err)
					   : err_set(err, ST_VALIDATION, INVALID "the list of indexes has a null element");
	if (st) {
		index_def_finish(&x);
		return st;
	}
	def->indexes = xrealloc(def->indexes, (def->index_count + 1) * sizeof *def->indexes);
	def->indexes[def->index_count++] = x;
	return ST_OK;
}

static int compare_indexes(const void *a, const void *b)
{
	const struct index_def *x = a, *y = b;
	return x->local != y->local ? (x->local ? -1 : 1) : strcmp(x->name, y->name);
}

void def_sort_indexes(struct table_def *def)
{
	if (def->index_count)
		qsort(def->indexes, def->index_count, sizeof *def->indexes, compare_indexes);
}

struct index_def *def_index(const struct table_def *def, const char *name)
{
	for (size_t i = 0; i < def->index_count; i++)
		if (!strcmp(def->indexes[i].name, name))
			return &def->indexes[i];
	return NULL;
}

void def_remove_index(struct table_def *def, const char *name)
{
	struct index_def *x = def_index(def, name);
	if (!x)
		return;
	index_def_finish(x);
	struct index_def *end = def->indexes + def->index_count--;
	memmove(x, x + 1, (size_t)(end - (x + 1)) * sizeof *x);
}

static enum status read_list(const cJSON *o, bool local, const cJSON *attributes, struct table_def *def, struct err *err)
{
	const char *name = local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes";
	const cJSON *list = document_member(o, name);
	enum status st = ST_OK;
	if (list && !list->child)
		return err_set(err, ST_VALIDATION, INVALID "List of %s is empty", name);
	for (const cJSON *i = list ? list->child : NULL; i && !st; i = i->next) {
		st = def_add_index(i, attributes, local, def, err);
		if (!st)
			st = def_check_index(def, &def->indexes[def->index_count - 1], err);
	}
	return st;
}

static bool is_key(const struct key_schema *s, const char *name)
{
	return !strcmp(s->pk.name, name) || (schema_has_sk(s) && !strcmp(s->sk.name, name));
}

static bool is_used(const struct table_def *def, const char *name)
{
	bool used = is_key(&def->schema, name);
	for (size_t i = 0; i < def->index_count && !used; i++)
		used = is_key(&def->indexes[i].schema, name);
	return used;
}

/** Those of the definitions that are keys of something. The caller deletes it. */
static cJSON *used_of(const struct table_def *def, const cJSON *attributes)
{
	cJSON *used = cJSON_CreateArray();
	for (const cJSON *a = attributes->child; a; a = a->next)
		if (is_used(def, attribute_name(a)))
			cJSON_AddItemToArray(used, cJSON_Duplicate(a, true));
	return used;
}

static enum status unused(const struct table_def *def, const cJSON *attributes, struct err *err)
{
	struct buf text = BUF_INIT;
	cJSON *used = used_of(def, attributes);
	buf_add_str(&text, INVALID "Some AttributeDefinitions are not used. AttributeDefinitions: ");
	list_names(attributes, definition_buckets(attributes), &text);
	buf_add_str(&text, ", keys used: ");
	list_names(used, key_buckets(used), &text);
	enum status st = err_set(err, ST_VALIDATION, "%s", buf_str(&text));
	buf_finish(&text);
	cJSON_Delete(used);
	return st;
}

static bool given_twice(const cJSON *attribute)
{
	for (const cJSON *a = attribute->next; a; a = a->next)
		if (!strcmp(attribute_name(a), attribute_name(attribute)))
			return true;
	return false;
}

static enum status check_once(const cJSON *attributes, struct err *err)
{
	for (const cJSON *a = attributes->child; a; a = a->next)
		if (given_twice(a))
			return err_set(err, ST_VALIDATION, "Attribute Name is duplicated: %.255s", attribute_name(a));
	return ST_OK;
}

static enum status check_all_used(const struct table_def *def, const cJSON *attributes, struct err *err)
{
	for (const cJSON *a = attributes->child; a; a = a->next) {
		if (is_used(def, attribute_name(a)))
			continue;
		if (def->index_count)
			return unused(def, attributes, err);
		return err_set(err, ST_VALIDATION,
			INVALID "Number of attributes in KeySchema does not exactly match number of attributes defined in "
				"AttributeDefinitions");
	}
	return ST_OK;
}

enum status def_read_indexes(const cJSON *o, const cJSON *attributes, struct table_def *def, struct err *err)
{
	enum status st = check_once(attributes, err);
	if (!st)
		st = read_list(o, true, attributes, def, err);
	if (!st)
		st = read_list(o, false, attributes, def, err);
	if (!st)
		st = def_check_indexes(def, err);
	if (!st)
		st = check_all_used(def, attributes, err);
	def_sort_indexes(def);
	return st;
}
