/*
 * The bytes of a table's records. META_TABLE holds JSON (a definition as the API writes it, and what only we know); META_COUNTS four
 * 64-bit numbers, since it is written with every commit. Numbers of 64 bits stand in the JSON as text: cJSON keeps doubles.
 */
#include "engine/base/bytes.h"
#include "engine/table/state.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void counts_encode(const struct counts *c, uint8_t out[32])
{
	put_le64(out, c->items);
	put_le64(out + 8, c->bytes);
	put_le64(out + 16, c->text_bytes);
	put_le64(out + 24, c->modified_ns);
}

bool counts_decode(struct slice plain, struct counts *c)
{
	if (plain.len != 32)
		return false;
	*c = (struct counts){get_le64(plain.ptr), get_le64(plain.ptr + 8), get_le64(plain.ptr + 16), get_le64(plain.ptr + 24)};
	return true;
}

static void add_u64(cJSON *o, const char *name, uint64_t v)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, v);
	cJSON_AddStringToObject(o, name, text);
}

static bool get_u64(const cJSON *o, const char *name, uint64_t *v)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
	char *end;
	if (!text || !*text)
		return false;
	*v = strtoull(text, &end, 10);
	return *end == 0;
}

static bool get_text(const cJSON *o, const char *name, char *to, size_t size)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
	if (!text || strlen(text) >= size)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

static cJSON *record_json(const struct table *t, const struct table_def *def, uint64_t changed_ns)
{
	char wrapped[DATA_KEY_WRAPPED_SIZE * 2 + 1];
	struct buf text = BUF_INIT;
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "uuid", t->uuid);
	add_u64(o, "created", t->created_ns);
	add_u64(o, "changed", changed_ns);
	cJSON_AddStringToObject(o, "master", t->master_id);
	add_u64(o, "key_version", t->key_version);
	sodium_bin2hex(wrapped, sizeof wrapped, t->wrapped, sizeof t->wrapped);
	cJSON_AddStringToObject(o, "wrapped", wrapped);
	table_def_print(def, &text);
	cJSON_AddStringToObject(o, "definition", buf_str(&text));
	buf_finish(&text);
	return o;
}

enum status table_record_write(
	struct engine *e, struct store_txn *txn, struct table *t, const struct table_def *def, uint64_t changed_ns, struct err *err)
{
	cJSON *o = record_json(t, def, changed_ns);
	char *text = cJSON_PrintUnformatted(o);
	enum status st = meta_put(e, txn, META_TABLE, t->id, slice_str(text), err);
	cJSON_free(text);
	cJSON_Delete(o);
	return st;
}

static bool get_wrapped(const cJSON *o, uint8_t out[DATA_KEY_WRAPPED_SIZE])
{
	const char *hex = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "wrapped"));
	size_t n = 0;
	return hex && !sodium_hex2bin(out, DATA_KEY_WRAPPED_SIZE, hex, strlen(hex), NULL, &n, NULL) && n == DATA_KEY_WRAPPED_SIZE;
}

static enum status read_fields(const cJSON *o, struct table *t, struct err *err)
{
	uint64_t version = 0, changed = 0;
	const char *def = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "definition"));
	bool whole = def && get_text(o, "uuid", t->uuid, sizeof t->uuid) && get_u64(o, "created", &t->created_ns) &&
		     get_u64(o, "changed", &changed) && get_text(o, "master", t->master_id, sizeof t->master_id) &&
		     get_u64(o, "key_version", &version) && get_wrapped(o, t->wrapped);
	if (!whole)
		return err_set(err, ST_CORRUPT, "a table's record lacks a member");
	struct table_def parsed;
	enum status st = table_def_parse(slice_str(def), "", &(struct caller){.face = FACE_ENGINE}, &parsed, err);
	if (st)
		return err_set(err, ST_CORRUPT, "a table's record holds no definition that can be read");
	t->key_version = (uint32_t)version;
	memcpy(t->name, parsed.name, sizeof t->name);
	t->schema = parsed.schema;
	mutex_lock(&t->lock);
	t->changed_ns = changed;
	t->def = parsed;
	mutex_unlock(&t->lock);
	return ST_OK;
}

enum status table_record_read(struct engine *e, uint32_t id, struct slice plain, struct table **ret, struct err *err)
{
	cJSON *o = cJSON_ParseWithLength((const char *)plain.ptr, plain.len);
	struct table *t = table_new(e);
	t->id = id;
	enum status st = o ? read_fields(o, t, err) : err_set(err, ST_CORRUPT, "the record of table %u is not JSON", id);
	cJSON_Delete(o);
	if (st)
		table_unref(t);
	else
		*ret = t;
	return st;
}
