/**
 * The last failures of each user, so that a person can read why something failed: .errors, user.itemfs.error.
 * Locks: errors.lock inside; nothing else is taken under it.
 */
#ifndef FS_ERRORS_H
#define FS_ERRORS_H

#include "engine/base/buf.h"
#include "engine/base/thread.h"
#include "engine/status.h"

#include <sys/types.h>

#define ERRORS_KEPT 256     /* of each user */
#define ERRORS_USERS_MAX 64 /* then the user who failed longest ago is forgotten */

struct error_ring;
struct errors {
	struct mutex lock;
	struct error_ring *rings GUARDED_BY(lock); /* the user who failed last comes first */
};

void errors_init(struct errors *errors);
void errors_finish(struct errors *errors);

/** `path` from the root of the mount; `errno_code` as it was answered. */
void errors_record(struct errors *errors, uid_t uid, const char *path, int errno_code, const struct err *err);

/** Appends the user's failures as JSON Lines, oldest first. */
void errors_print(struct errors *errors, uid_t uid, struct buf *out);

/** Appends the sentence of the user's last failure at `path` or, when there is none, right below it. False: no failure known. */
bool errors_last(struct errors *errors, uid_t uid, const char *path, struct buf *out);

#endif
