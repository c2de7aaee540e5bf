#include "engine/op/many.h"
#include "engine/op_transact.h"

enum status op_transact_get(
	struct engine *e, const struct caller *c, const struct get_request *r, size_t n, get_fn *fn, void *arg, struct err *err)
{
	struct get_many g = {.r = r, .n = n, .bytes_max = OP_TRANSACT_BYTES, .transactional = true, .fn = fn, .arg = arg};
	if (n > OP_TRANSACT_MAX)
		return err_set(err, ST_VALIDATION,
			"1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have "
			"length "
			"less than or equal to %d",
			OP_TRANSACT_MAX);
	if (get_requests_repeat(r, n))
		return err_set(err, ST_VALIDATION, "Transaction request cannot include multiple operations on one item");
	return get_many(e, &g, err);
}
