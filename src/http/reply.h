/** Answers: status, headers, bodies, the JSON of errors. Source: DynamoDB Developer Guide, "DynamoDB low-level API", "Error handling". */
#ifndef SRC_HTTP_REPLY_H
#define SRC_HTTP_REPLY_H

#include <microhttpd.h>

#include "engine/base/buf.h"
#include "engine/status.h"

struct reply {
	unsigned status;
	const char *type; /* Content-Type; NULL: none */
	struct buf body;  /* taken over */
	bool gzip;        /* the client takes it */
	bool cors;        /* a page in a browser asks */
	bool preflight;   /* ... whether it may */
	bool close;       /* the connection ends with this answer */
};

/** Queues the answer. From libmicrohttpd's callbacks only. */
enum MHD_Result reply_send(struct MHD_Connection *c, struct reply *r);

/** Appends the body of an error; `members`: further ones of its JSON, without the comma before them. */
void reply_error_body(const struct err *err, struct slice members, struct buf *out);

#endif
