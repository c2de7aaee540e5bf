/**
 * Keys in use: what the keyring unlocks and what is derived from it.
 *
 * struct masters: the master keys of one open store. struct data_key: one table's (or the store's own, for the catalog) data key and
 * everything derived from it with crypto_kdf: the partition PRF, the sort cipher, the record key.
 * All secrets live in sodium_malloc()ed memory and are wiped when freed.
 * Locks: all const after creation, but for the caches inside seal.h, which lock for themselves.
 */
#ifndef ENGINE_CRYPT_KEYS_H
#define ENGINE_CRYPT_KEYS_H

#include "engine/crypt/seal.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/keyring.h"

struct masters;

/** Makes STORE/keyring with one slot and one store-owned master key. Errors: ST_STORE_EXISTS, ST_IO, ST_FULL. */
MUST_CHECK enum status keyring_create(const char *store, const char *store_id, const struct unlock *unlock, struct err *err);

/** Opens it. Errors: ST_WRONG_KEY, ST_KEYRING, ST_IO; store_id must be the keyring's. */
MUST_CHECK enum status keyring_open(const char *store, const char *store_id, const struct unlock *unlock, struct masters **ret,
				    struct err *err);
void masters_free(struct masters *m);
/** The master key that new tables are wrapped under. */
const char *masters_default_id(const struct masters *m);

#define DATA_KEY_WRAPPED_SIZE (24 + 32 + 16) /* XChaCha20-Poly1305: nonce, key, tag; associated data: store id, master id, table id, version */
#define STORE_TABLE_ID 0 /* the store's own data key: catalog, counters */

/** Draws a data key and wraps it. */
MUST_CHECK enum status data_key_create(const struct masters *m, const char *master_id, uint32_t table_id, uint32_t version,
				       uint8_t wrapped[DATA_KEY_WRAPPED_SIZE], struct err *err);

struct data_key {
	uint32_t table_id, version;
	struct sort_cipher sort;
	struct seal_key *seal;
	uint8_t prf[16];
};
/** Unwraps and derives. Errors: ST_KEY_LOCKED (no such master, or disabled), ST_KEY_DESTROYED, ST_CORRUPT. */
MUST_CHECK enum status data_key_open(const struct masters *m, const char *master_id, uint32_t table_id, uint32_t version,
				     const uint8_t wrapped[DATA_KEY_WRAPPED_SIZE], struct data_key **ret, struct err *err);
void data_key_free(struct data_key *k);

/**
 * SipHash-2-4 with 128 bits, a keyed pseudorandom function: the partition's place in the store. Any bytes, any length. (Keyed BLAKE2b takes
 * fifteen times as long, an eighth of a get; neither needs to be more than a PRF here.)
 */
void data_key_hash(const struct data_key *k, struct slice bytes, uint8_t hash[16]);

#endif
