/** The access keys of a store in use: STORE/users, read again whenever it was replaced. Format: README.md here. */
#ifndef ENGINE_CRYPT_USERS_H
#define ENGINE_CRYPT_USERS_H

#include "engine/crypt/masters.h"
#include "engine/user.h"

#define USERS_MAX 1024

struct users;

/** Borrows `masters` until users_free(). Reads nothing yet. Locks: the functions below are safe from any thread. */
struct users *users_new(const char *store, const struct masters *masters);
void users_free(struct users *u); /* wipes */

/** A file that cannot be read counts as one with keys: damage must not let everybody in. */
bool users_any(struct users *u);
/** Errors: ST_BAD_CREDENTIALS; ST_CORRUPT, ST_IO (the file). */
MUST_CHECK enum status users_find(
	struct users *u, struct slice access_key, struct user *ret, char secret[USER_SECRET_TEXT], struct err *err);

#endif
