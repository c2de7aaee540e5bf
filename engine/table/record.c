/*
 * The bytes of a table's records. META_TABLE holds JSON (a definition as the API writes it, and what only we know); META_COUNTS four
 * 64-bit numbers, since it is written with every commit. Numbers of 64 bits stand in the JSON as text: cJSON keeps doubles.
 */
#include "engine/base/bytes.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTS_SIZE 32
#define INDEX_COUNTS_SIZE 18 /* id 2, items 8, bytes 8 */

void counts_encode(const struct table *t, struct buf *out)
{
	const struct counts *c = &t->pending;
	size_t indexes = t->writing ? t->writing->count : 0;
	buf_resize(out, COUNTS_SIZE + indexes * INDEX_COUNTS_SIZE);
	uint8_t *p = out->ptr;
	put_le64(p, c->items);
	put_le64(p + 8, c->bytes);
	put_le64(p + 16, c->text_bytes);
	put_le64(p + 24, c->modified_ns);
	for (size_t i = 0; i < indexes; i++) {
		const struct index *x = t->writing->entries[i].x;
		p = out->ptr + COUNTS_SIZE + i * INDEX_COUNTS_SIZE;
		put_be16(p, x->id);
		put_le64(p + 2, x->pending.items);
		put_le64(p + 10, x->pending.bytes);
	}
}

bool counts_decode(struct slice plain, struct table *t)
{
	const uint8_t *p = plain.ptr;
	if (plain.len < COUNTS_SIZE || (plain.len - COUNTS_SIZE) % INDEX_COUNTS_SIZE)
		return false;
	t->committed = t->pending = (struct counts){get_le64(p), get_le64(p + 8), get_le64(p + 16), get_le64(p + 24)};
	for (p += COUNTS_SIZE; p < plain.ptr + plain.len; p += INDEX_COUNTS_SIZE) {
		const struct index_entry *entry = index_set_id(t->writing, get_be16(p));
		if (entry)
			entry->x->committed = entry->x->pending = (struct index_counts){get_le64(p + 2), get_le64(p + 10)};
	}
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

static void add_history(cJSON *o, const struct throughput_history *h)
{
	if (h->increased_ns)
		add_u64(o, "increased", h->increased_ns);
	if (h->decreased_ns)
		add_u64(o, "decreased", h->decreased_ns);
	if (h->decreases)
		add_u64(o, "decreases", h->decreases);
}

/** What the engine knows of an index and its definition does not say, by name. */
static void add_indexes(cJSON *o, const struct table_def *def)
{
	cJSON *all = cJSON_AddObjectToObject(o, "indexes");
	for (size_t i = 0; i < def->index_count; i++) {
		const struct index_def *x = &def->indexes[i];
		cJSON *own = cJSON_AddObjectToObject(all, x->name);
		add_u64(own, "id", x->id);
		add_u64(own, "status", x->status);
		add_history(own, &x->history);
	}
}

static cJSON *record_json(const struct table *t, const struct table_record *r)
{
	char wrapped[DATA_KEY_WRAPPED_SIZE * 2 + 1];
	struct buf text = BUF_INIT;
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "uuid", t->uuid);
	add_u64(o, "created", t->created_ns);
	add_u64(o, "changed", r->changed_ns);
	cJSON_AddStringToObject(o, "master", t->master_id);
	add_u64(o, "key_version", t->key_version);
	sodium_bin2hex(wrapped, sizeof wrapped, t->wrapped, sizeof t->wrapped);
	cJSON_AddStringToObject(o, "wrapped", wrapped);
	add_u64(o, "state", r->state);
	add_u64(o, "until", r->until_ns);
	add_u64(o, "stream", r->def->stream_ns);
	add_u64(o, "on_demand", r->def->on_demand_ns);
	add_u64(o, "class", r->def->class_ns);
	add_history(cJSON_AddObjectToObject(o, "throughput"), &r->def->history);
	add_indexes(o, r->def);
	add_u64(o, "last_index", t->last_index_id);
	def_print_whole(r->def, &text);
	cJSON_AddStringToObject(o, "definition", buf_str(&text));
	buf_finish(&text);
	return o;
}

enum status table_record_write(
	struct engine *e, struct store_txn *txn, struct table *t, const struct table_record *r, struct err *err)
{
	cJSON *o = record_json(t, r);
	char *text = cJSON_PrintUnformatted(o);
	enum status st = meta_put(e, txn, META_TABLE, t->id, slice_str(text), err);
	cJSON_free(text);
	cJSON_Delete(o);
	return st;
}

/** A number that records of older versions lack. */
static uint64_t own_u64(const cJSON *o, const char *name)
{
	uint64_t v = 0;
	return get_u64(o, name, &v) ? v : 0;
}

static void read_history(const cJSON *o, struct throughput_history *h)
{
	h->increased_ns = own_u64(o, "increased");
	h->decreased_ns = own_u64(o, "decreased");
	h->decreases = (uint32_t)own_u64(o, "decreases");
}

static void read_own(const cJSON *o, struct table_def *def)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(o, "indexes");
	def->stream_ns = own_u64(o, "stream");
	def->on_demand_ns = own_u64(o, "on_demand");
	def->class_ns = own_u64(o, "class");
	read_history(cJSON_GetObjectItemCaseSensitive(o, "throughput"), &def->history);
	for (size_t i = 0; i < def->index_count; i++) {
		struct index_def *x = &def->indexes[i];
		const cJSON *own = cJSON_GetObjectItemCaseSensitive(all, x->name);
		uint64_t status = own_u64(own, "status");
		x->id = (uint16_t)own_u64(own, "id");
		x->status = status <= INDEX_DELETING ? (enum index_status)status : INDEX_ACTIVE;
		read_history(own, &x->history);
	}
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
	uint64_t state = own_u64(o, "state");
	read_own(o, &parsed);
	t->last_index_id = (uint16_t)own_u64(o, "last_index");
	t->key_version = (uint32_t)version;
	memcpy(t->name, parsed.name, sizeof t->name);
	t->schema = parsed.schema;
	mutex_lock(&t->lock);
	t->changed_ns = changed;
	t->def = parsed;
	t->indexes = t->writing = index_set_new(t, &parsed, NULL);
	t->state = state <= TABLE_DELETING ? (enum table_state)state : TABLE_ACTIVE;
	t->until_ns = own_u64(o, "until");
	atomic_store(&t->closed, t->state == TABLE_CREATING || t->state == TABLE_DELETING);
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
