#include "engine/op/many.h"

enum status op_batch_get(struct engine *e, const struct caller *c, const struct get_request *r, size_t n, get_fn *fn, void *arg,
	bool *unprocessed, struct err *err)
{
	struct get_many g = {.by = c, .r = r, .n = n, .bytes_max = OP_BATCH_GET_BYTES, .left = unprocessed, .fn = fn, .arg = arg};
	if (n > OP_BATCH_GET_MAX)
		return err_set(err, ST_VALIDATION, "Too many items requested for the BatchGetItem call");
	if (get_requests_repeat(r, n))
		return err_set(err, ST_VALIDATION, "Provided list of item keys contains duplicates");
	return get_many(e, &g, err);
}
