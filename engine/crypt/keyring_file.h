/**
 * The keyring as it lies in STORE/keyring: parsing, printing, replacing. Knows no secret and opens nothing. Format: README.md here.
 * Errors: ST_KEYRING says what is wrong with the file; ST_NO_STORE when there is none; ST_IO, ST_FULL.
 */
#ifndef ENGINE_CRYPT_KEYRING_FILE_H
#define ENGINE_CRYPT_KEYRING_FILE_H

#include "engine/crypt/masters.h"

#define SLOT_COUNT_MAX 8
#define SEALED_KEY_SIZE (24 + 32 + 16) /* XChaCha20-Poly1305: nonce, key, tag */
#define RING_SEAL_SIZE 32
#define SLOT_SALT_SIZE 32

struct ring_slot {
	unsigned number;
	enum unlock_kind kind;
	uint64_t created_ns;
	uint8_t salt[SLOT_SALT_SIZE];
	uint32_t ops; /* Argon2id's cost; 0 unless a passphrase */
	uint32_t mem; /* bytes */
	uint8_t sealed[SEALED_KEY_SIZE];
};

struct ring_master {
	char id[37];
	enum master_state state;
	uint64_t created_ns;
	uint8_t sealed[SEALED_KEY_SIZE]; /* zero when destroyed */
};

struct ring {
	char store_id[37];
	size_t slot_count, master_count;
	struct ring_slot slots[SLOT_COUNT_MAX];
	struct ring_master masters[MASTER_COUNT_MAX];
	uint8_t seal[RING_SEAL_SIZE]; /* keyed hash of ring_public_part() */
};

MUST_CHECK enum status ring_read(const char *store, struct ring *ret, struct err *err);

/** Puts the ring in place of the one that is there: keyring.new, fsync, rename, fsync of the folder; then the same for the copy, keyring.bak. */
MUST_CHECK enum status ring_write(const char *store, const struct ring *r, struct err *err);

/** Everything that the file says but for the seal itself, in one spelling: what the seal covers. */
void ring_public_part(const struct ring *r, struct buf *out);

/** Takes the lock that keeps two changes of a keyring apart: a descriptor, closed to release it; -1 with err set. */
int ring_lock(const char *store, struct err *err);

const char *unlock_kind_name(enum unlock_kind kind);
const char *master_state_name(enum master_state state);

#endif
