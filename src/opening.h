/** Opens a store for this program. */
#ifndef SRC_OPENING_H
#define SRC_OPENING_H

#include "engine/engine.h"
#include "src/secret.h"

/**
 * engine_open(), with patience: after umount(8) the process that served the store still closes it, and whoever mounts it again at once
 * should not have to know. Waits up to OPENING_WAIT_MS while another process has the store open though it is not mounted.
 * `o->unlock` is `secret`'s, which is named when it is the wrong one. Errors: those of engine_open().
 */
#define OPENING_WAIT_MS 10000
MUST_CHECK enum status opening_open(
	const struct engine_options *o, const struct secret *secret, struct engine **ret, struct err *err);

#endif
