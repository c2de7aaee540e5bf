#include "engine/crypt/keys.h"

#include <assert.h>
#include <sodium.h>

#include "engine/crypt/masters.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define WRAP_AD_MAX 128

static_assert(crypto_shorthash_siphashx24_BYTES == 16 && crypto_shorthash_siphashx24_KEYBYTES == 16, "the hash of a partition key");
static_assert(DATA_KEY_WRAPPED_SIZE == NONCE + 32 + crypto_aead_xchacha20poly1305_ietf_ABYTES, "the size that the header promises");

void masters_free(struct masters *m)
{
	sodium_free(m);
}

const char *masters_default_id(const struct masters *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i].state == MASTER_ENABLED)
			return m->all[i].id;
	return "";
}

static enum status find_master(const struct masters *m, const char *id, const struct master **ret, struct err *err)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->all[i].id, id) != 0)
			continue;
		*ret = &m->all[i];
		if ((*ret)->state == MASTER_DESTROYED)
			return err_set(
				err, ST_KEY_DESTROYED, "master key %s was destroyed; what it protected is unreadable for good", id);
		if ((*ret)->state == MASTER_DISABLED)
			return err_set(err, ST_KEY_LOCKED, "master key %s is disabled", id);
		return ST_OK;
	}
	return err_set(err, ST_KEY_LOCKED, "the keyring has no master key %.36s", id);
}

/** What a wrapped key is bound to: store, master key, table, version. */
static size_t wrap_place(
	const struct masters *m, const struct master *master, uint32_t table_id, uint32_t version, uint8_t ad[WRAP_AD_MAX])
{
	struct buf b = BUF_INIT;
	buf_addf(&b, "itemfs data key 1|%s|%s|%u|%u", m->store_id, master->id, table_id, version);
	size_t n = b.len < WRAP_AD_MAX ? b.len : WRAP_AD_MAX;
	memcpy(ad, b.ptr, n);
	buf_finish(&b);
	return n;
}

enum status data_key_create(const struct masters *m, const char *master_id, uint32_t table_id, uint32_t version,
	uint8_t wrapped[DATA_KEY_WRAPPED_SIZE], struct err *err)
{
	const struct master *master;
	uint8_t ad[WRAP_AD_MAX], key[32];
	enum status st = find_master(m, master_id, &master, err);
	if (st)
		return st;
	size_t n = wrap_place(m, master, table_id, version, ad);
	randombytes_buf(key, sizeof key);
	randombytes_buf(wrapped, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped + NONCE, NULL, key, sizeof key, ad, n, NULL, wrapped, master->key);
	sodium_memzero(key, sizeof key);
	return ST_OK;
}

/** Everything that one data key gives. NULL without memory. */
static struct data_key *derive(uint32_t table_id, uint32_t version, const uint8_t key[32])
{
	uint8_t siv[32], ctr[32], record[32];
	struct data_key *k = sodium_malloc(sizeof *k);
	if (!k)
		return NULL;
	memset(k, 0, sizeof *k);
	k->table_id = table_id;
	k->version = version;
	crypto_kdf_derive_from_key(k->prf, sizeof k->prf, 1, "part-prf", key);
	crypto_kdf_derive_from_key(siv, 32, 2, "sort-siv", key);
	crypto_kdf_derive_from_key(ctr, 32, 3, "sort-ctr", key);
	crypto_kdf_derive_from_key(record, 32, 4, "rec-key1", key);
	sort_cipher_init(&k->sort, siv, ctr);
	k->seal = seal_key_new(record, version);
	sodium_memzero(siv, sizeof siv);
	sodium_memzero(ctr, sizeof ctr);
	sodium_memzero(record, sizeof record);
	if (!k->seal) {
		sodium_free(k);
		return NULL;
	}
	return k;
}

enum status data_key_open(const struct masters *m, const char *master_id, uint32_t table_id, uint32_t version,
	const uint8_t wrapped[DATA_KEY_WRAPPED_SIZE], struct data_key **ret, struct err *err)
{
	const struct master *master;
	uint8_t ad[WRAP_AD_MAX], key[32];
	enum status st = find_master(m, master_id, &master, err);
	if (st)
		return st;
	size_t n = wrap_place(m, master, table_id, version, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    key, NULL, NULL, wrapped + NONCE, DATA_KEY_WRAPPED_SIZE - NONCE, ad, n, wrapped, master->key))
		return err_set(err, ST_CORRUPT, "the table's wrapped data key is damaged");
	struct data_key *k = derive(table_id, version, key);
	sodium_memzero(key, sizeof key);
	if (!k)
		return err_code(err, ST_NO_MEMORY);
	*ret = k;
	return ST_OK;
}

void data_key_free(struct data_key *k)
{
	if (!k)
		return;
	seal_key_free(k->seal);
	sodium_free(k);
}

void data_key_hash(const struct data_key *k, struct slice bytes, uint8_t hash[16])
{
	crypto_shorthash_siphashx24(hash, bytes.ptr, bytes.len, k->prf);
}
