/**
 * The DynamoDB API over HTTP: a thin face of engine/op*.h.
 *
 * How a request goes through the files, threads, locks, limits: README.md.
 * Source: DynamoDB Developer Guide, "DynamoDB low-level API"; API Reference, "Common errors", "Making requests".
 */
#ifndef SRC_HTTP_HTTP_H
#define SRC_HTTP_HTTP_H

#include "engine/engine.h"

struct http_options {
	struct engine *engine;
	const char *listen;      /* "127.0.0.1:8000", "[::1]:8000", "0.0.0.0:443", ":8000" (loopback); port 0: any free one */
	const char *certificate; /* PEM files; both or neither */
	const char *private_key;
};

struct http_server;

/**
 * Begins to answer. Anything but a loopback address needs a certificate and at least one access key in the store (user.h); a store without keys
 * answers everybody on loopback, and the log says so. Errors: ST_USAGE (address), ST_DENIED, ST_IO (address in use; certificate).
 */
MUST_CHECK enum status http_start(const struct http_options *o, struct http_server **ret, struct err *err);
/** The address that it listens on, as in `listen` with the port in use; borrowed. */
const char *http_address(const struct http_server *s);
/** Takes no new requests, finishes those under way (waits for the slow ones for ten seconds), closes every connection. NULL is fine. */
void http_stop(struct http_server *s);

#endif
