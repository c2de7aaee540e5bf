/**
 * The process that serves a store, as a mount, over HTTP, or both: start order, readiness, signals, shutdown.
 *
 *   fork (unless in the foreground) -> open the engine -> mount -> listen -> say ready -> serve -> stop listening -> unmount -> close the engine
 *
 * The engine is opened after the fork, because it must not see one; whoever starts the daemon waits on a pipe for "ready" or the reason
 * why not. SIGINT, SIGTERM and SIGHUP end the service cleanly: what was acknowledged as durable is, and what was visible becomes so.
 */
#ifndef SRC_DAEMON_H
#define SRC_DAEMON_H

#include "src/config.h"
#include "src/secret.h"

struct daemon_plan {
	const char *store;      /* absolute */
	const char *mountpoint; /* absolute, a directory that is there; NULL: HTTP only */
	const struct settings *settings;
	struct secret *secret; /* wiped as soon as the engine has seen it */
};

/** Serves in this process until the mount goes away or a signal comes. Errors: those of engine_open(), fs_mount() and
 * http_start(); ST_IO. Where it listens is printed to standard output, since the port may have been drawn. */
MUST_CHECK enum status daemon_serve(const struct daemon_plan *plan, struct err *err);

/** Starts a process that serves and returns when it is ready. Errors: the same. Never returns in that process. */
MUST_CHECK enum status daemon_start(const struct daemon_plan *plan, struct err *err);

#endif
