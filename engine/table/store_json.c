#include "engine/table/store_json.h"

#include "engine/base/clock.h"
#include "engine/base/file.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static void path_of(const char *store, struct buf *path)
{
	buf_addf(path, "%s/store.json", store);
}

bool region_valid(const char *region)
{
	size_t n = strlen(region);
	return n > 0 && n < 32 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

bool account_valid(const char *account)
{
	return strlen(account) == 12 && strspn(account, "0123456789") == 12;
}

static const char *text_or(const cJSON *o, const char *name, const char *none)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
	return text ? text : none;
}

static enum status read_members(const cJSON *o, const char *path, struct store_json *ret, struct err *err)
{
	const cJSON *format = cJSON_GetObjectItemCaseSensitive(o, "format");
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "store_id"));
	if (!cJSON_IsNumber(format) || !id || strlen(id) != 36)
		return err_set(err, ST_STORE_FORMAT, "%s is damaged: 'format' or 'store_id' is missing", path);
	if (format->valuedouble != STORE_FORMAT)
		return err_set(err, ST_STORE_FORMAT,
			"%s: the store has format %g, this itemfs reads format %d; use the itemfs that wrote it", path,
			format->valuedouble, STORE_FORMAT);
	const char *region = text_or(o, "region", DEFAULT_REGION), *account = text_or(o, "account", DEFAULT_ACCOUNT);
	if (!region_valid(region) || !account_valid(account))
		return err_set(err, ST_STORE_FORMAT, "%s is damaged: 'region' or 'account' is none", path);
	ret->format = STORE_FORMAT;
	memcpy(ret->store_id, id, sizeof ret->store_id);
	memcpy(ret->region, region, strlen(region) + 1);
	memcpy(ret->account, account, strlen(account) + 1);
	return ST_OK;
}

enum status store_json_read(const char *store, struct store_json *ret, struct err *err)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	path_of(store, &path);
	enum status st = file_read(buf_str(&path), 1 << 16, &text, err);
	if (st == ST_NOT_FOUND)
		st = err_set(err, ST_NO_STORE, "%s is no itemfs store; 'itemfs init %s' makes one", store, store);
	if (!st) {
		cJSON *o = cJSON_ParseWithLength(buf_str(&text), text.len);
		st = o ? read_members(o, buf_str(&path), ret, err)
		       : err_set(err, ST_STORE_FORMAT, "%s is damaged: it is not JSON", buf_str(&path));
		cJSON_Delete(o);
	}
	buf_finish(&path);
	buf_finish(&text);
	return st;
}

enum status store_json_write(const char *store, const struct store_json *s, struct err *err)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	char created[CLOCK_TEXT_MAX];
	path_of(store, &path);
	clock_format(clock_wall_ns(), created);
	buf_addf(&text,
		"{\n  \"format\": %u,\n  \"store_id\": \"%s\",\n  \"engine\": \"lmdb\",\n  \"created\": \"%s\",\n"
		"  \"region\": \"%s\",\n  \"account\": \"%s\"\n}\n",
		s->format, s->store_id, created, s->region, s->account);
	enum status st = file_write_new(buf_str(&path), 0600, buf_slice(&text), err);
	buf_finish(&path);
	buf_finish(&text);
	return st;
}
