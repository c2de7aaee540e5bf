/**
 * Who may use the API: access keys, each a pair of a public id and a secret, as AWS has them.
 *
 * They are kept in STORE/users, sealed under the store's master key and replaced as a whole, so that they can be changed while the store is served: an
 * open engine sees the change within a second. File format: engine/crypt/README.md.
 * Locks: safe from any thread.
 * Source: IAM User Guide, "Managing access keys"; API Reference, "Signature Version 4".
 */
#ifndef ENGINE_USER_H
#define ENGINE_USER_H

#include "engine/keyring.h"

#define USER_NAME_MAX 64        /* letters, digits and +=,.@_- */
#define USER_ACCESS_KEY_TEXT 21 /* "AKIA" and 16 of A-Z, 2-7; with NUL */
#define USER_SECRET_TEXT 41     /* 40 characters; with NUL */

struct engine;

struct user {
	char name[USER_NAME_MAX + 1];
	char access_key[USER_ACCESS_KEY_TEXT];
	uint64_t created_ns;
};

/** Makes an access key for `name` (a user may have several) and gives its secret, which nobody can see again. Errors: ST_VALIDATION, ST_LIMIT,
 * ST_WRONG_KEY, ST_NO_STORE, ST_IO. The store may be open in another process. */
MUST_CHECK enum status user_add(const char *store, const struct unlock *unlock, const char *name, struct user *ret,
	char secret[USER_SECRET_TEXT], struct err *err);
/** Removes an access key, or all those of a user. ST_NOT_FOUND. */
MUST_CHECK enum status user_remove(const char *store, const struct unlock *unlock, const char *name_or_key, struct err *err);
/** Every key, in the order in which they were made. */
typedef bool user_fn(const struct user *u, void *arg);
MUST_CHECK enum status user_list(const char *store, const struct unlock *unlock, user_fn *fn, void *arg, struct err *err);

/** Whether there are any keys: without them nobody has to sign. */
bool engine_has_users(struct engine *e);
/** The user of an access key, and the secret to check a signature with (wipe it). ST_BAD_CREDENTIALS: no such key. */
MUST_CHECK enum status engine_find_user(
	struct engine *e, struct slice access_key, struct user *ret, char secret[USER_SECRET_TEXT], struct err *err);

#endif
