/**
 * The keyring: the store's master keys, sealed under one keyring key, which each unlock method seals in a slot of its own.
 *
 *   key file, passphrase, credential --(slot)--> keyring key --> master keys --> a data key per table --> PRF, sort, record keys
 *
 * Changing how a store is unlocked rewrites one slot, nothing else. Written whole, to a new file that is renamed over the old one; keyring.bak
 * is a copy of it. File format: engine/crypt/README.md.
 *
 * Secrets never come from the command line: a key file (32 random bytes, or any file of at least 16 bytes), a passphrase read by the
 * program from a terminal or a file descriptor, or a systemd credential ($CREDENTIALS_DIRECTORY/NAME).
 */
#ifndef ENGINE_KEYRING_H
#define ENGINE_KEYRING_H

#include "engine/base/buf.h"
#include "engine/status.h"

enum unlock_kind { UNLOCK_KEY_FILE, UNLOCK_PASSPHRASE, UNLOCK_CREDENTIAL };

struct unlock {
	enum unlock_kind kind;
	struct slice secret; /* the bytes of the key file or credential, or the passphrase; borrowed, wiped by its owner */
};

/** Reads a key file or credential into `secret` (buf_wipe() it). Errors: ST_IO; ST_WRONG_KEY (shorter than 16 bytes, or others may read it). */
MUST_CHECK enum status unlock_read_file(const char *path, struct buf *secret, struct err *err);

/** Writes a new key file of 32 random bytes, mode 0600, that must not exist yet; appends the bytes to `secret`. */
MUST_CHECK enum status unlock_create_file(const char *path, struct buf *secret, struct err *err);

/** One slot as people see it. */
struct keyring_slot {
	unsigned number;
	enum unlock_kind kind;
	uint64_t created_ns;
};
struct keyring_master {
	char id[37];
	char state[16]; /* "enabled", "disabled", "destroyed" */
	uint64_t created_ns;
};
struct keyring_report {
	char store_id[37];
	struct keyring_slot slots[8];
	size_t slot_count;
	struct keyring_master masters[16];
	size_t master_count;
};

/** What the keyring of a store holds, without opening it. Errors: ST_NO_STORE, ST_KEYRING. */
MUST_CHECK enum status keyring_report(const char *store, struct keyring_report *ret, struct err *err);

/** Adds a slot (a recovery passphrase); `have` must open the store. ST_LIMIT past 8 slots. The store may be open meanwhile. */
MUST_CHECK enum status keyring_add_slot(const char *store, const struct unlock *have, const struct unlock *add, struct err *err);
/** Replaces the slot that `have` opens by `next`. */
MUST_CHECK enum status keyring_change_slot(const char *store, const struct unlock *have, const struct unlock *next,
					   struct err *err);
/** Removes a slot; not the last one (ST_VALIDATION). */
MUST_CHECK enum status keyring_remove_slot(const char *store, const struct unlock *have, unsigned number, struct err *err);

#endif
