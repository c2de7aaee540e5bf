#include "engine/key.h"

#include "engine/number.h"
#include "engine/value/utf8.h"

#include <stdio.h>

#define INVALID "One or more parameter values were invalid: "

/* Checks */

static enum status check_length(struct slice bytes, bool sort, struct err *err)
{
	if (!sort && bytes.len > LIMIT_PK_SIZE)
		return err_set(err, ST_KEY_TOO_LONG, INVALID "Size of hashkey has exceeded the maximum size limit of%d bytes",
			LIMIT_PK_SIZE);
	if (sort && bytes.len > LIMIT_SK_SIZE)
		return err_set(err, ST_KEY_TOO_LONG,
			INVALID "Aggregated size of all range keys has exceeded the size limit of %d bytes", LIMIT_SK_SIZE);
	return ST_OK;
}

static enum status check_bytes(const struct key_attr *attr, struct slice bytes, bool sort, struct err *err)
{
	if (bytes.len == 0)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
			"empty %s value. Key: %s",
			attr->type == VALUE_B ? "binary" : "string", attr->name);
	if (attr->type == VALUE_N && !number_valid(bytes))
		return err_set(err, ST_VALIDATION, INVALID "the value of key %s is not a number", attr->name);
	if (attr->type == VALUE_S && !utf8_valid(bytes))
		return err_set(err, ST_VALIDATION, INVALID "the value of key %s is not UTF-8", attr->name);
	return check_length(bytes, sort, err);
}

enum status key_check(const struct key_schema *schema, const struct key *key, struct err *err)
{
	enum status st = check_bytes(&schema->pk, key->pk, false, err);
	if (st != ST_OK)
		return st;
	if (schema_has_sk(schema))
		return check_bytes(&schema->sk, key->sk, true, err);
	if (key->sk.len > 0)
		return err_set(err, ST_VALIDATION, "The provided key element does not match the schema");
	return ST_OK;
}

/* From items */

static enum status check_type(const struct key_attr *attr, struct value v, struct err *err)
{
	if (v.type == attr->type)
		return ST_OK;
	return err_set(err, ST_VALIDATION, INVALID "Type mismatch for key %s expected: %s actual: %s", attr->name,
		value_type_name(attr->type), value_type_name(v.type));
}

static enum status part_from_item(const struct key_attr *attr, bool sort, struct slice item, struct slice *ret, struct err *err)
{
	struct value v = item_get(item, slice_str(attr->name));
	if (v.type == VALUE_NONE)
		return err_set(err, ST_VALIDATION, INVALID "Missing the key %s in the item", attr->name);
	enum status st = check_type(attr, v, err);
	if (st == ST_OK)
		st = check_bytes(attr, v.body, sort, err);
	if (st == ST_OK)
		*ret = v.body;
	return st;
}

enum status key_from_item(const struct key_schema *schema, struct slice item, struct key *ret, struct err *err)
{
	struct key key = {0};
	enum status st = part_from_item(&schema->pk, false, item, &key.pk, err);
	if (st == ST_OK && schema_has_sk(schema))
		st = part_from_item(&schema->sk, true, item, &key.sk, err);
	if (st == ST_OK)
		*ret = key;
	return st;
}

/* Into items */

static enum status mismatch(const struct key_attr *attr, struct slice named, struct slice written, struct err *err)
{
	char name_text[120], body_text[120];
	key_describe(attr->type, named, name_text, sizeof name_text);
	key_describe(attr->type, written, body_text, sizeof body_text);
	return err_set(err, ST_KEY_MISMATCH, "key %s: the name says %s, the document says %s; leave it out or write the same",
		attr->name, name_text, body_text);
}

/** ST_OK: the attribute agrees, or *ret_missing. */
static enum status compare_part(
	const struct key_attr *attr, struct slice bytes, struct slice item, bool *ret_missing, struct err *err)
{
	struct value v = item_get(item, slice_str(attr->name));
	*ret_missing = v.type == VALUE_NONE;
	if (*ret_missing)
		return ST_OK;
	enum status st = check_type(attr, v, err);
	if (st == ST_OK && !slice_eq(v.body, bytes))
		st = mismatch(attr, bytes, v.body, err);
	return st;
}

static struct value part_value(const struct key_attr *attr, struct slice bytes)
{
	return (struct value){.type = attr->type, .body = bytes};
}

/** The item with one part (the other has nothing to add) or both parts set. */
static void add_parts(
	const struct key_schema *schema, const struct key *key, bool add_pk, bool add_sk, struct slice item, struct buf *out)
{
	struct buf with_pk = BUF_INIT;
	struct slice pk_name = slice_str(schema->pk.name), sk_name = slice_str(schema->sk.name);
	if (add_pk && add_sk) {
		item_with(item, pk_name, part_value(&schema->pk, key->pk), &with_pk);
		item_with(buf_slice(&with_pk), sk_name, part_value(&schema->sk, key->sk), out);
	} else if (add_pk) {
		item_with(item, pk_name, part_value(&schema->pk, key->pk), out);
	} else if (add_sk) {
		item_with(item, sk_name, part_value(&schema->sk, key->sk), out);
	} else {
		buf_add_slice(out, item);
	}
	buf_finish(&with_pk);
}

enum status key_fill_item(
	const struct key_schema *schema, const struct key *key, struct slice item, struct buf *out, struct err *err)
{
	bool add_pk, add_sk = false;
	enum status st = key_check(schema, key, err);
	if (st == ST_OK)
		st = compare_part(&schema->pk, key->pk, item, &add_pk, err);
	if (st == ST_OK && schema_has_sk(schema))
		st = compare_part(&schema->sk, key->sk, item, &add_sk, err);
	if (st == ST_OK)
		add_parts(schema, key, add_pk, add_sk, item, out);
	return st;
}

/* Messages */

/** Appends `n` bytes if "..." still fits behind them. */
static bool put_piece(char *text, size_t max, size_t *len, const char *piece, size_t n)
{
	if (*len + n + 4 > max)
		return false;
	memcpy(text + *len, piece, n);
	*len += n;
	return true;
}

static bool describe_piece(enum value_type type, struct slice bytes, size_t *at, char *text, size_t max, size_t *len)
{
	char hex[3];
	const uint8_t *p = bytes.ptr + *at;
	if (type == VALUE_B) {
		snprintf(hex, sizeof hex, "%02x", *p);
		*at += 1;
		return put_piece(text, max, len, hex, 2);
	}
	size_t n = utf8_char(p, bytes.len - *at);
	bool shown = n > 0 && *p >= 0x20 && *p != 0x7f;
	*at += n ? n : 1;
	return shown ? put_piece(text, max, len, (const char *)p, n) : put_piece(text, max, len, "?", 1);
}

void key_describe(enum value_type type, struct slice bytes, char *text, size_t max)
{
	char number[NUMBER_TEXT_MAX];
	size_t len = 0, at = 0;
	if (max == 0)
		return;
	if (type == VALUE_N) {
		bytes = slice_of(number, number_format(bytes, number));
		type = VALUE_S;
	}
	bool cut = false;
	while (at < bytes.len && !cut)
		cut = !describe_piece(type, bytes, &at, text, max, &len);
	for (unsigned i = 0; cut && i < 3 && len + 1 < max; i++)
		text[len++] = '.';
	text[len] = 0;
}
