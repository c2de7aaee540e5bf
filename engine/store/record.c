/*
 * What a write transaction changes, noted down for the log as it goes: rows as they lie in data.mdb. A value is copied when the next call
 * comes, since its caller writes it after store_put() has returned.
 *
 * A change: kind (1), sub-database (1), length of the key (2), length of the value or count (4), key, value.
 */
#include "engine/base/bytes.h"
#include "engine/store/lmdb_private.h"

#define KEY_MAX 511 /* LMDB's */

static uint8_t *note(struct lmdb_txn *t, enum change_kind_logged kind, enum store_db db, struct slice key, uint32_t n, bool value)
{
	struct buf *to = &t->s->changes;
	uint8_t *p = buf_reserve(to, CHANGE_HEADER + key.len + (value ? n : 0));
	p[0] = (uint8_t)kind;
	p[1] = (uint8_t)db;
	p[2] = (uint8_t)key.len;
	p[3] = (uint8_t)(key.len >> 8);
	put_le32(p + 4, n);
	memcpy(p + CHANGE_HEADER, key.ptr, key.len);
	buf_added(to, CHANGE_HEADER + key.len + (value ? n : 0));
	return p + CHANGE_HEADER + key.len;
}

void record_settle(struct lmdb_txn *t)
{
	struct buf *to = &t->s->changes;
	if (t->unsettled.len)
		memcpy(to->ptr + to->len - t->unsettled.len, t->unsettled.ptr, t->unsettled.len);
	t->unsettled.len = 0;
}

void record_put(struct lmdb_txn *t, enum store_db db, struct slice stored, struct slice value)
{
	if (!t->recording)
		return;
	note(t, CHANGE_PUT, db, stored, (uint32_t)value.len, true);
	t->unsettled = value;
}

/* Noted with each put of a long key, also when the rest is there already: whether it is depends on the shape of the tree. */
void record_rest(struct lmdb_txn *t, struct slice stored, const struct sort_cipher *c, struct slice sort)
{
	uint8_t number[8];
	if (!t->recording || !stored_number(stored, number))
		return;
	size_t n = sort.len - SORT_INLINE_MAX;
	uint8_t *to = note(t, CHANGE_REST, STORE_LONGKEYS, slice_of(number, sizeof number), (uint32_t)n, true);
	sort_crypt(c, stored.ptr + STORE_PREFIX_SIZE, SORT_INLINE_MAX, sort.ptr + SORT_INLINE_MAX, to, n);
}

void record_del(struct lmdb_txn *t, enum store_db db, struct slice stored)
{
	if (t->recording)
		note(t, CHANGE_DEL, db, stored, 0, false);
}

void record_del_first(struct lmdb_txn *t, enum store_db db, struct slice prefix, size_t count)
{
	if (t->recording)
		note(t, CHANGE_DEL_FIRST, db, prefix, (uint32_t)count, false);
}

bool record_next(struct slice *rest, struct change_logged *ret)
{
	if (rest->len < CHANGE_HEADER)
		return false;
	const uint8_t *p = rest->ptr;
	size_t key = p[2] | (size_t)p[3] << 8, n = get_le32(p + 4);
	size_t value = p[0] == CHANGE_PUT || p[0] == CHANGE_REST ? n : 0;
	if (p[0] < CHANGE_PUT || p[0] > CHANGE_DEL_FIRST || p[1] >= STORE_DB_COUNT || key == 0 || key > KEY_MAX ||
		key + value > rest->len - CHANGE_HEADER)
		return false;
	*ret = (struct change_logged){.kind = p[0], .db = p[1], .key = slice_of(p + CHANGE_HEADER, key), .count = n};
	ret->value = slice_of(p + CHANGE_HEADER + key, value);
	*rest = slice_from(*rest, CHANGE_HEADER + key + value);
	return true;
}
