/** Who asks, and whether they may: access keys and signatures. */
#ifndef SRC_HTTP_AUTH_H
#define SRC_HTTP_AUTH_H

#include <microhttpd.h>

#include "engine/status.h"
#include "engine/user.h"

struct http_server;

struct auth_request {
	struct MHD_Connection *connection;
	const char *method, *uri; /* as they came */
	struct slice body;        /* likewise */
};

struct auth {
	char principal[64 + USER_NAME_MAX]; /* an ARN; "": the store has no access keys */
};

/**
 * Errors: ST_NO_CREDENTIALS, ST_INCOMPLETE_SIGNATURE, ST_BAD_CREDENTIALS, ST_BAD_SIGNATURE; ST_DENIED (a page from elsewhere asks a store
 * without keys).
 */
MUST_CHECK enum status auth_check(struct http_server *s, const struct auth_request *r, struct auth *ret, struct err *err);

/**
 * Whether a browser may show the answer to the page at `origin`; NULL: no browser asks. A store without keys lets everybody on this machine in,
 * which is not to include every page that a browser on this machine shows.
 */
bool auth_allows_origin(struct http_server *s, const char *origin);

#endif
