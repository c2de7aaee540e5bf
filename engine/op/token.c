#include "engine/op/token.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/op_transact.h"

#define BY_ID 'I'  /* I || id 16: sealed, time 8 (LE) || hash of the request 16 */
#define BY_AGE 'J' /* J || time 8 (BE) || id 16: sealed, empty */
#define BY_ID_SIZE (1 + TOKEN_HASH_SIZE)
#define BY_AGE_SIZE (1 + 8 + TOKEN_HASH_SIZE)
#define RECORD_SIZE (8 + TOKEN_HASH_SIZE)
#define CLEARED_AT_ONCE 8 /* more than the one that comes: an old crowd goes away too */

#define KEPT_NS (OP_TOKEN_KEPT_S * NS_PER_S)

void token_make(const struct engine *e, struct slice text, struct slice request, struct token *ret)
{
	data_key_hash(e->meta_key, text, ret->id);
	data_key_hash(e->meta_key, request, ret->request);
}

static struct store_key id_key(const uint8_t id[TOKEN_HASH_SIZE], uint8_t space[BY_ID_SIZE])
{
	space[0] = BY_ID;
	memcpy(space + 1, id, TOKEN_HASH_SIZE);
	return store_key_plain(slice_of(space, BY_ID_SIZE));
}

static struct store_key age_key(uint64_t time_ns, const uint8_t id[TOKEN_HASH_SIZE], uint8_t space[BY_AGE_SIZE])
{
	space[0] = BY_AGE;
	put_be64(space + 1, time_ns);
	memcpy(space + 9, id, TOKEN_HASH_SIZE);
	return store_key_plain(slice_of(space, BY_AGE_SIZE));
}

static enum status put(struct engine *e, struct store_txn *txn, const struct store_key *key, struct slice plain, struct err *err)
{
	struct store_row row;
	uint8_t *value;
	enum status st = store_put(txn, STORE_META, key, seal_size(plain.len), &value, &row, err);
	if (st)
		return st;
	seal_record(e->meta_key->seal, STORE_META, row.stored, plain, value);
	return ST_OK;
}

static enum status del(struct store_txn *txn, const struct store_key *key, struct err *err)
{
	enum status st = store_del(txn, STORE_META, key, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status get(struct engine *e, struct store_txn *txn, const struct token *t, uint8_t record[RECORD_SIZE], struct err *err)
{
	uint8_t space[BY_ID_SIZE];
	struct store_key key = id_key(t->id, space);
	struct store_row row;
	struct buf plain = BUF_INIT;
	enum status st = store_get(txn, STORE_META, &key, &row, err);
	if (!st)
		st = unseal_record(e->meta_key->seal, STORE_META, row.stored, row.value, &plain, err);
	if (!st && plain.len != RECORD_SIZE)
		st = err_set(
			err, ST_CORRUPT, "the record of a request's token has %zu bytes, %d belong there", plain.len, RECORD_SIZE);
	if (!st)
		memcpy(record, plain.ptr, RECORD_SIZE);
	buf_finish(&plain);
	return st;
}

enum status token_find(struct engine *e, struct store_txn *txn, const struct token *t, struct err *err)
{
	uint8_t record[RECORD_SIZE];
	enum status st = get(e, txn, t, record, err);
	if (st)
		return st;
	if (get_le64(record) + KEPT_NS <= commit_time(e))
		return ST_NOT_FOUND;
	return memcmp(record + 8, t->request, TOKEN_HASH_SIZE) ? err_code(err, ST_IDEMPOTENT) : ST_OK;
}

struct old {
	uint8_t keys[CLEARED_AT_ONCE][BY_AGE_SIZE];
	size_t n;
};

static bool note_old(const struct store_row *row, void *arg)
{
	struct old *old = arg;
	if (row->stored.len == BY_AGE_SIZE)
		memcpy(old->keys[old->n++], row->stored.ptr, BY_AGE_SIZE);
	return old->n < CLEARED_AT_ONCE;
}

static enum status clear_old(struct store_txn *txn, uint64_t now, struct err *err)
{
	static const uint8_t first[TOKEN_HASH_SIZE];
	uint8_t lo[BY_AGE_SIZE], hi[BY_AGE_SIZE], id[BY_ID_SIZE];
	struct store_range range = {
		.db = STORE_META, .lo = age_key(0, first, lo), .hi = age_key(now - KEPT_NS, first, hi), .hi_open = true};
	struct old old = {.n = 0};
	enum status st = store_range(txn, &range, note_old, &old, err);
	for (size_t i = 0; i < old.n && !st; i++) {
		struct store_key by_age = store_key_plain(slice_of(old.keys[i], BY_AGE_SIZE)), by_id = id_key(old.keys[i] + 9, id);
		st = del(txn, &by_age, err);
		if (!st)
			st = del(txn, &by_id, err);
	}
	return st;
}

/** The row by age of a token that was free again but still there: else clearing it away would take the new one with it. */
static enum status forget(struct engine *e, struct store_txn *txn, const struct token *t, struct err *err)
{
	uint8_t record[RECORD_SIZE], space[BY_AGE_SIZE];
	enum status st = get(e, txn, t, record, err);
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct store_key by_age = age_key(get_le64(record), t->id, space);
	return del(txn, &by_age, err);
}

enum status token_keep(struct engine *e, struct store_txn *txn, const struct token *t, struct err *err)
{
	uint8_t by_id[BY_ID_SIZE], by_age[BY_AGE_SIZE], record[RECORD_SIZE];
	uint64_t now = commit_time(e);
	enum status st = clear_old(txn, now, err);
	if (!st)
		st = forget(e, txn, t, err);
	if (st)
		return st;
	put_le64(record, now);
	memcpy(record + 8, t->request, TOKEN_HASH_SIZE);
	struct store_key id = id_key(t->id, by_id), age = age_key(now, t->id, by_age);
	st = put(e, txn, &id, slice_of(record, sizeof record), err);
	return st ? st : put(e, txn, &age, slice_of(NULL, 0), err);
}
