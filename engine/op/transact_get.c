#include "engine/op/many.h"
#include "engine/op_transact.h"

#include <stdlib.h>

enum status op_transact_get(struct engine *e, const struct caller *c, const struct get_request *r, size_t n, get_fn *fn, void *arg,
	struct transact_result *result, struct err *err)
{
	struct get_many g = {.by = c, .r = r, .n = n, .bytes_max = OP_TRANSACT_BYTES, .transactional = true, .fn = fn, .arg = arg};
	if (n > OP_TRANSACT_MAX)
		return err_set(err, ST_VALIDATION,
			"1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have "
			"length "
			"less than or equal to %d",
			OP_TRANSACT_MAX);
	if (get_requests_repeat(r, n))
		return err_set(err, ST_VALIDATION, "Transaction request cannot include multiple operations on one item");
	g.reasons = xcalloc(n, sizeof *g.reasons);
	enum status st = get_many(e, &g, err);
	if (st == ST_CANCELED)
		st = transact_canceled(g.reasons, n, err);
	if (st == ST_CANCELED && result->reasons)
		memcpy(result->reasons, g.reasons, n * sizeof *g.reasons);
	free(g.reasons);
	return st;
}
