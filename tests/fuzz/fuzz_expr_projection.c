/** Any bytes as a projection: refused with a message, or a good item that is no larger than the whole. */
#include "expr_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r = request_begin();
	struct expr *e = parse(&r, EXPR_PROJECTION, slice_of(data, size));
	if (e) {
		struct buf out = BUF_INIT;
		struct slice name;
		expr_project(e, buf_slice(&r.item), &out);
		REQUIRE(item_valid(buf_slice(&out)));
		REQUIRE(item_size(buf_slice(&out)) <= item_size(buf_slice(&r.item)));
		for (size_t i = 0; expr_attribute(e, i, &name); i++)
			REQUIRE(name.len > 0);
		buf_finish(&out);
	}
	expr_free(e);
	request_end(&r);
	return 0;
}
