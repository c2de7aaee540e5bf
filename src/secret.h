/**
 * Where the key of a store comes from: a key file, a passphrase from the terminal or a file descriptor, a systemd credential.
 *
 * Locks: none; used before any thread starts. Reads happen before a daemon forks, while there still is a terminal.
 */
#ifndef SRC_SECRET_H
#define SRC_SECRET_H

#include "engine/keyring.h"
#include "src/config.h"

struct secret {
	struct buf bytes;
	struct buf from; /* for messages: "the key file /x", "the passphrase" */
	struct unlock unlock;
};
#define SECRET_INIT                                                                                                                \
	{                                                                                                                          \
		BUF_INIT, BUF_INIT,                                                                                                \
		{                                                                                                                  \
			0                                                                                                          \
		}                                                                                                                  \
	}

/** Overwrites the secret in memory. A zeroed one is fine. */
void secret_wipe(struct secret *s);

/**
 * The key that opens the store at `store`: what the settings name, else ~/.config/itemfs/keys/<store id>.key, else, when the store has a
 * passphrase, asked for on the terminal.
 * Errors: ST_NO_STORE, ST_KEYRING, ST_IO, ST_WRONG_KEY (there is none; the text says where it was looked for), ST_USAGE (two ways at once).
 */
MUST_CHECK enum status secret_find(const struct settings *settings, const char *store, struct secret *s, struct err *err);

/** Whether the settings name a way to unlock. Errors: ST_USAGE. */
MUST_CHECK enum status secret_is_named(const struct settings *settings, bool *ret, struct err *err);

/** A new key from what the settings name: a passphrase is asked for twice; a key file that is not there is made. */
MUST_CHECK enum status secret_make(const struct settings *settings, struct secret *s, struct err *err);

MUST_CHECK enum status secret_from_key_file(const char *path, bool create, struct secret *s, struct err *err);
/** From the terminal, without echo. `confirm`: asked for twice, and must be the same. */
MUST_CHECK enum status secret_from_terminal(const char *prompt, bool confirm, struct secret *s, struct err *err);
MUST_CHECK enum status secret_from_fd(unsigned fd, struct secret *s, struct err *err);

/** Where a key file for the store of this id is kept by default. Errors: ST_IO. */
MUST_CHECK enum status secret_default_path(const char *store_id, struct buf *path, struct err *err);

#endif
