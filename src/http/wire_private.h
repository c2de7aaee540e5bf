/** Inside of a request under way, for the files wire_*.c. */
#ifndef SRC_HTTP_WIRE_PRIVATE_H
#define SRC_HTTP_WIRE_PRIVATE_H

#include "src/http/wire.h"

/** Something to be let go of at the end. */
struct wire_owned {
	void (*release)(void *);
	void *what;
};

struct wire_named {
	struct table *table;
	struct slice name;
};

#define WIRE_BUFS_KEPT 8              /* from one request to the next */
#define WIRE_BUF_KEPT_MAX (64u << 10) /* bytes; greater ones are freed */

struct wire {
	struct http_call *call;
	struct err *err;
	bool comma; /* in the reply: the next member needs one before it */
	struct buf **bufs; /* buf_count of them exist, the first bufs_used are this request's */
	size_t buf_count, bufs_used, buf_cap;
	struct buf owned; /* struct wire_owned */
	struct buf violations;
	size_t violation_count;
	struct consumed_list consumed;
	bool wants_consumed;
	struct buf named; /* struct wire_named: the tables of this request as it calls them */
};

void wire_own(struct wire *w, void (*release)(void *), void *what);

#endif
