/* Stable names for places and items, derived under the table's key: they tell nothing to whoever has no key. */
#include "engine/base/bytes.h"
#include "engine/op/row.h"

void op_partition_hash(struct table *t, struct slice pk, uint8_t hash[PARTITION_HASH_SIZE])
{
	struct data_key *dk;
	memset(hash, 0, PARTITION_HASH_SIZE);
	if (table_use(t, &dk, NULL) == ST_OK)
		data_key_hash(dk, pk, hash);
}

static uint64_t identity(const struct data_key *dk, const uint8_t hash[PARTITION_HASH_SIZE], struct slice sk)
{
	uint8_t sort[SORT_SIV_SIZE] = {0};
	if (sk.len)
		sort_siv(&dk->sort, hash, sk, sort);
	uint64_t id = get_be64(hash) ^ get_be64(sort) ^ get_be64(sort + 8);
	return id ? id : 1;
}

uint64_t op_item_identity(struct table *t, const struct key *key)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	struct data_key *dk;
	if (table_use(t, &dk, NULL) != ST_OK)
		return t->id;
	data_key_hash(dk, key->pk, hash);
	return identity(dk, hash, key->sk);
}

uint64_t op_row_identity(struct table *t, const struct list_row *row)
{
	struct data_key *dk;
	return table_use(t, &dk, NULL) == ST_OK ? identity(dk, row->hash, row->key.sk) : t->id;
}

enum status op_sync(struct engine *e, struct err *err)
{
	return store_sync(e->store, err);
}
