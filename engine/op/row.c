#include "engine/op/row.h"

#include "engine/base/bytes.h"

#include <pthread.h>
#include <stdlib.h>

#define ROW_FORMAT 1

static void set_prefix(struct row_key *k, const struct table *t, uint16_t index)
{
	put_be32(k->prefix, t->id);
	put_be16(k->prefix + 4, index);
	k->key = (struct store_key){.prefix = slice_of(k->prefix, STORE_PREFIX_SIZE)};
}

void row_key_init(struct row_key *k, const struct table *t, const struct data_key *dk, const struct key *key)
{
	set_prefix(k, t, 0);
	data_key_hash(dk, key->pk, k->prefix + 6);
	k->key.sort = key->sk;
	k->key.has_sort = schema_has_sk(&t->schema);
}

void row_key_hash(struct row_key *k, const struct table *t, const uint8_t hash[PARTITION_HASH_SIZE])
{
	row_key_in(k, t, 0, hash);
}

void row_key_in(struct row_key *k, const struct table *t, uint16_t index, const uint8_t hash[PARTITION_HASH_SIZE])
{
	set_prefix(k, t, index);
	memcpy(k->prefix + 6, hash, PARTITION_HASH_SIZE);
}

void row_key_step(struct row_key *k)
{
	for (size_t i = STORE_PREFIX_SIZE; i-- > 0;)
		if (++k->prefix[i])
			return;
}

void row_header(const struct item_meta *meta, uint8_t *plain)
{
	memset(plain, 0, ROW_HEADER_SIZE);
	plain[0] = ROW_FORMAT;
	put_le32(plain + 4, meta->text_len);
	put_le32(plain + 8, meta->size);
	put_le64(plain + 16, meta->version);
	put_le64(plain + 24, meta->created_ns);
	put_le64(plain + 32, meta->changed_ns);
	put_le64(plain + 40, meta->modified_ns);
}

enum status row_open(const struct data_key *dk, const struct store_row *row, struct buf *plain, struct item_meta *meta,
	struct slice *item, struct err *err)
{
	buf_reset(plain);
	enum status st = unseal_record(dk->seal, STORE_ITEMS, row->stored, row->value, plain, err);
	if (st)
		return st;
	const uint8_t *p = plain->ptr;
	if (plain->len < ROW_HEADER_SIZE || p[0] != ROW_FORMAT)
		return err_set(err, ST_CORRUPT, "an item's record has a header that this version does not know");
	*meta = (struct item_meta){.text_len = get_le32(p + 4),
		.size = get_le32(p + 8),
		.version = get_le64(p + 16),
		.created_ns = get_le64(p + 24),
		.changed_ns = get_le64(p + 32),
		.modified_ns = get_le64(p + 40)};
	*item = slice_from(buf_slice(plain), ROW_HEADER_SIZE);
	return ST_OK;
}

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void scratch_free(void *b)
{
	buf_wipe(b);
	free(b);
}

static void scratch_init(void)
{
	pthread_key_create(&scratch_key, scratch_free);
}

struct buf *row_scratch(void)
{
	pthread_once(&scratch_once, scratch_init);
	struct buf *b = pthread_getspecific(scratch_key);
	if (!b) {
		b = xcalloc(1, sizeof *b);
		pthread_setspecific(scratch_key, b);
	}
	return b;
}

enum status row_get(struct store_txn *txn, const struct data_key *dk, const struct row_key *k, struct item_meta *meta,
	struct slice *item, struct err *err)
{
	struct store_row row;
	enum status st = store_get(txn, STORE_ITEMS, &k->key, &row, err);
	return st ? st : row_open(dk, &row, row_scratch(), meta, item, err);
}

enum status row_put(struct store_txn *txn, const struct data_key *dk, const struct row_key *k, struct slice plain, struct err *err)
{
	struct store_row row;
	uint8_t *value;
	enum status st = store_put(txn, STORE_ITEMS, &k->key, seal_size(plain.len), &value, &row, err);
	if (st)
		return st;
	seal_record(dk->seal, STORE_ITEMS, row.stored, plain, value);
	return ST_OK;
}

enum status row_condition(const struct cond *cond, enum status st, const struct item_meta *meta, struct err *err)
{
	bool present = st != ST_NOT_FOUND;
	switch (cond->kind) {
	case COND_ABSENT:
		return present ? err_code(err, ST_EXISTS) : ST_OK;
	case COND_PRESENT:
		return present ? ST_OK : err_code(err, ST_NOT_FOUND);
	case COND_VERSION:
		if (st == ST_OK && meta->version == cond->version)
			return ST_OK;
		return err_set(err, ST_VERSION,
			present ? "the item was changed since it was read (version %llu)"
				: "the item was deleted since it was read (version %llu)",
			(unsigned long long)cond->version);
	case COND_NONE:
		break;
	}
	return ST_OK;
}

void row_key_item(const struct key_schema *s, const struct key *key, struct buf *out)
{
	struct buf pk = BUF_INIT;
	struct slice nothing = slice_of("", 1); /* an item of no attributes */
	struct buf *first = schema_has_sk(s) ? &pk : out;
	item_with(nothing, slice_str(s->pk.name), (struct value){.type = s->pk.type, .body = key->pk}, first);
	if (schema_has_sk(s))
		item_with(buf_slice(&pk), slice_str(s->sk.name), (struct value){.type = s->sk.type, .body = key->sk}, out);
	buf_finish(&pk);
}
