#include "engine/op/statement.h"

#include <sodium.h>

#include "engine/value/base64.h"
#include "engine/value/codec.h"

#define HASH 16
#define TOKEN_TEXT_MAX 32768

/** Limit and ConsistentRead may change from page to page; what is asked for may not. */
static void hash_request(const struct engine *e, const struct statement *s, uint8_t hash[HASH])
{
	struct buf b = BUF_INIT;
	bytes_put(&b, s->text);
	for (size_t i = 0; i < s->parameter_count; i++)
		value_encode(s->parameters[i], &b);
	data_key_hash(e->meta_key, buf_slice(&b), hash);
	buf_finish(&b);
}

static void hash_token(const struct engine *e, const uint8_t request[HASH], struct slice place, uint8_t hash[HASH])
{
	struct buf b = BUF_INIT;
	buf_add_str(&b, "NextToken");
	buf_add(&b, request, HASH);
	buf_add_slice(&b, place);
	data_key_hash(e->meta_key, buf_slice(&b), hash);
	buf_finish(&b);
}

void statement_token_write(const struct engine *e, const struct statement *s, size_t at, struct slice last_key, struct buf *out)
{
	struct buf b = BUF_INIT;
	uint8_t hashes[2 * HASH];
	buf_resize(&b, sizeof hashes);
	buf_add_varint(&b, at);
	buf_add_slice(&b, last_key);
	hash_request(e, s, hashes);
	hash_token(e, hashes, slice_from(buf_slice(&b), sizeof hashes), hashes + HASH);
	memcpy(b.ptr, hashes, sizeof hashes);
	char *text = (char *)(void *)buf_reserve(out, base64_length(b.len));
	base64_encode(buf_slice(&b), text);
	buf_added(out, base64_length(b.len));
	buf_finish(&b);
}

static enum status check(const struct engine *e, const struct statement *s, struct slice bytes, struct err *err)
{
	uint8_t request[HASH], token[HASH];
	if (bytes.len <= 2 * HASH)
		return err_set(err, ST_VALIDATION, "Invalid NextToken");
	hash_token(e, bytes.ptr, slice_from(bytes, 2 * HASH), token);
	if (sodium_memcmp(token, bytes.ptr + HASH, HASH) != 0)
		return err_set(err, ST_VALIDATION, "Invalid NextToken");
	hash_request(e, s, request);
	if (sodium_memcmp(request, bytes.ptr, HASH) != 0)
		return err_set(err, ST_VALIDATION, "NextToken does not match request");
	return ST_OK;
}

enum status statement_token_read(const struct engine *e, const struct statement *s, struct slice token, size_t *ret_at,
	struct buf *last_key, struct err *err)
{
	struct buf b = BUF_INIT;
	size_t len = 0;
	bool good = token.len <= TOKEN_TEXT_MAX;
	if (good) {
		buf_resize(&b, token.len);
		good = base64_decode(token, b.ptr, &len);
	}
	struct slice bytes = slice_of(b.ptr, good ? len : 0);
	enum status st = check(e, s, bytes, err);
	if (!st) {
		bytes = slice_from(bytes, 2 * HASH);
		if (varint_get(&bytes, ret_at))
			buf_add_slice(last_key, bytes);
		else
			st = err_set(err, ST_VALIDATION, "Invalid NextToken");
	}
	buf_finish(&b);
	return st;
}
