/**
 * Sealed records: the form in which every value lies in the store.
 *
 *   format (1) || cipher (1) || key version (4, LE) || nonce (12 or 24) || ciphertext || tag (16)
 *
 * Associated data: the six bytes before the nonce, the sub-database number (1), and the stored key: a record cannot be moved, nor its header
 * changed. AES-256-GCM (libsodium) where the processor has AES, else XChaCha20-Poly1305; reading takes both (ST_UNSUPPORTED for GCM without AES).
 * GCM nonces: salt (4) || counter (8). The salt is drawn at each open of the store, and the record subkey is derived from it; the
 * counter starts at a random place, so that two opens that draw one salt still do not meet.
 *
 * Locks: seal_record() and unseal_record() are safe from any thread.
 */
#ifndef ENGINE_CRYPT_SEAL_H
#define ENGINE_CRYPT_SEAL_H

#include "engine/base/buf.h"
#include "engine/status.h"

struct seal_key; /* one record key, its version, and the subkeys that its salts gave so far (bounded) */

/** Once a process, before anything else in crypt/: libsodium's start. Errors: ST_INTERNAL. */
MUST_CHECK enum status crypt_init(struct err *err);
const char *crypt_cipher_name(void);

/** `key` is copied into guarded memory. */
struct seal_key *seal_key_new(const uint8_t key[32], uint32_t version);
void seal_key_free(struct seal_key *k); /* wipes */

size_t seal_size(size_t plain_len); /* of the record that seals so many bytes */

/** Writes seal_size(plain.len) bytes to `out`. */
void seal_record(struct seal_key *k, uint8_t db, struct slice stored_key, struct slice plain, uint8_t *out);

/** Appends the plain bytes to `out`. Errors: ST_CORRUPT (the text says nothing of key or content), out as it was. */
MUST_CHECK enum status unseal_record(struct seal_key *k, uint8_t db, struct slice stored_key, struct slice record,
				     struct buf *out, struct err *err);

/** The key version in a record's header, 0 when it is too short. */
uint32_t seal_version(struct slice record);

#endif
