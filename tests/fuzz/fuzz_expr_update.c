/** Any bytes as an update: refused with a message, or a good item in which only the attributes named are other than before. */
#include "expr_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_named(const struct expr *e, struct slice attribute)
{
	struct slice name;
	for (size_t i = 0; expr_attribute(e, i, &name); i++)
		if (slice_eq(name, attribute))
			return true;
	return false;
}

/** Attributes of `a` that the update does not name are the same in `b`. */
static void check_rest(const struct expr *e, struct slice a, struct slice b)
{
	struct value_iter it = value_iter(item_value(a));
	struct slice name;
	struct value v;
	while (value_next(&it, &name, &v))
		REQUIRE(is_named(e, name) || value_eq(item_get(b, name), v));
}

static void run(const struct expr *e, struct slice item)
{
	struct buf out = BUF_INIT, touched = BUF_INIT;
	struct err err = {0};
	if (expr_update(e, item, &out, &err) == ST_OK) {
		struct slice after = buf_slice(&out);
		REQUIRE(item_valid(after));
		check_rest(e, item, after);
		check_rest(e, after, item);
		expr_project(e, after, &touched);
		REQUIRE(item_valid(buf_slice(&touched)));
	} else {
		REQUIRE(out.len == 0 && err.code == ST_VALIDATION && err.text[0]);
	}
	buf_finish(&out);
	buf_finish(&touched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct key_schema schema = {.pk = {"id", VALUE_S}, .sk = {"sk", VALUE_N}};
	struct request r = request_begin();
	struct expr *e = parse(&r, EXPR_UPDATE, slice_of(data, size));
	if (e) {
		enum status st = expr_check_update(e, &schema, NULL);
		REQUIRE(st == ST_OK || st == ST_VALIDATION);
		run(e, buf_slice(&r.item));
		run(e, SLICE_LIT("\0"));
	}
	expr_free(e);
	request_end(&r);
	return 0;
}
