/** What operations on several items share: keys that must differ, items read by key in one snapshot. */
#ifndef ENGINE_OP_MANY_H
#define ENGINE_OP_MANY_H

#include "engine/op/row.h"
#include "engine/op_batch.h"

/** Which item a request is about. */
struct item_ref {
	const struct table *table;
	struct key key;
};
/** Whether two of them are about the same item. Few are compared: at most 100. */
bool refs_repeat(const struct item_ref *refs, size_t n);
bool get_requests_repeat(const struct get_request *r, size_t n);

/** Reads them in order from one snapshot until their sizes exceed `bytes_max`; the one that does is not given, nor any after
 * it, and a transaction is then refused (ST_VALIDATION). Keys are checked. */
struct get_many {
	const struct get_request *r;
	size_t n;
	uint64_t bytes_max;
	bool transactional;
	const struct caller *by;
	struct err *reasons; /* of a transaction: room for n */
	bool *left;          /* of a batch: room for n; whom the table has no capacity for, and who does not fit */
	get_fn *fn;
	void *arg;
};
enum status get_many(struct engine *e, struct get_many *g, struct err *err);

/** ST_CANCELED with the whole message of these reasons. */
enum status transact_canceled(const struct err *reasons, size_t n, struct err *err);

#endif
