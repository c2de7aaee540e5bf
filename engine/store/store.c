/* The front of the store: hands each call to the implementation, having checked what callers of ours must keep to. */
#include "engine/store/backend.h"

#include <assert.h>

static void check_key(enum store_db db, const struct store_key *key)
{
	if (db == STORE_ITEMS)
		assert(key->prefix.len == STORE_PREFIX_SIZE && (!key->has_sort || key->sort.len <= STORE_SORT_MAX));
	else
		assert(key->prefix.len > 0 && key->prefix.len <= STORE_PLAIN_KEY_MAX && !key->has_sort);
}

static void check_bound(enum store_db db, const struct store_key *key)
{
	if (key->has_sort)
		check_key(db, key);
	assert(key->prefix.len <= (db == STORE_ITEMS ? STORE_PREFIX_SIZE : STORE_PLAIN_KEY_MAX));
}

enum status store_read(struct store *s, store_fn *fn, void *arg, struct err *err)
{
	return s->ops->read(s, fn, arg, err);
}

enum status store_write(struct store *s, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	return s->ops->write(s, fn, arg, commit, err);
}

enum status store_sync(struct store *s, struct err *err)
{
	return s->ops->sync(s, err);
}

enum status store_replay(struct store *s, store_table_fn *prepare, void *arg, struct err *err)
{
	return s->ops->replay(s, prepare, arg, err);
}

enum status store_get(struct store_txn *txn, enum store_db db, const struct store_key *key, struct store_row *row, struct err *err)
{
	check_key(db, key);
	return txn->ops->get(txn, db, key, row, err);
}

enum status store_put(struct store_txn *txn, enum store_db db, const struct store_key *key, size_t len, uint8_t **value,
	struct store_row *row, struct err *err)
{
	check_key(db, key);
	return txn->ops->put(txn, db, key, len, value, row, err);
}

enum status store_del(struct store_txn *txn, enum store_db db, const struct store_key *key, struct err *err)
{
	check_key(db, key);
	return txn->ops->del(txn, db, key, err);
}

enum status store_range(struct store_txn *txn, const struct store_range *range, store_row_fn *fn, void *arg, struct err *err)
{
	check_bound(range->db, &range->lo);
	check_bound(range->db, &range->hi);
	return txn->ops->range(txn, range, fn, arg, err);
}

enum status store_del_range(struct store_txn *txn, const struct store_range *range, size_t limit, size_t *ret, struct err *err)
{
	check_bound(range->db, &range->lo);
	check_bound(range->db, &range->hi);
	return txn->ops->del_range(txn, range, limit, ret, err);
}

void store_set_hooks(struct store *s, const struct store_hooks *hooks)
{
	s->ops->set_hooks(s, hooks);
}

void store_get_stat(struct store *s, struct store_stat *ret)
{
	s->ops->get_stat(s, ret);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}
