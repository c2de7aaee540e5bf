/** What sigv4.c (verification) and sigv4_read.c (parsing) share: the query as a list. */
#ifndef SRC_HTTP_SIGV4_PRIVATE_H
#define SRC_HTTP_SIGV4_PRIVATE_H

#include "src/http/sigv4.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/** Cuts the next "name=value" off a query; false at its end. Empty pieces are skipped. */
bool query_next(struct slice *query, struct slice *name, struct slice *value);
/** The query of a request's URI, without the question mark. */
struct slice query_of(const char *uri);
/** Appends `text` with its %XX decoded. */
void percent_decode(struct slice text, struct buf *out);
bool name_is(struct slice name, const char *other); /* any case */

#endif
