/** Expressions on any bytes as an item: nothing crashes; from a good item comes a good one. */
#include "expr_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct request *r, enum expr_kind kind, const char *text, struct slice item)
{
	struct expr *e = parse(r, kind, slice_str(text));
	struct buf out = BUF_INIT;
	enum status st = ST_OK;
	REQUIRE(e != NULL);
	if (kind == EXPR_CONDITION)
		expr_test(e, item);
	else if (kind == EXPR_PROJECTION)
		expr_project(e, item, &out);
	else
		st = expr_update(e, item, &out, NULL);
	REQUIRE(st != ST_OK || kind == EXPR_CONDITION || !item_valid(item) || item_valid(buf_slice(&out)));
	expr_free(e);
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice item = slice_of(data, size);
	struct request r = request_begin();
	run(&r, EXPR_CONDITION, "size(a) > :n OR contains(b, :s) OR a.b[1].c = :m OR c[0] IN (b, a) OR contains(c, :l)", item);
	run(&r, EXPR_CONDITION, "attribute_type(a, :t) OR begins_with(a, :s) OR a BETWEEN :n AND b OR contains(d, :n)", item);
	run(&r, EXPR_PROJECTION, "a.b[1].c, a.b[0], b[1][0], c, #x", item);
	run(&r, EXPR_UPDATE, "SET a = list_append(b, :l), c = d", item);
	run(&r, EXPR_UPDATE, "SET a = b + :n REMOVE c.d", item);
	run(&r, EXPR_UPDATE, "SET a = if_not_exists(b, :m) ADD c :n DELETE d :e", item);
	run(&r, EXPR_UPDATE, "SET a.b = :l, b[1] = :m REMOVE c, d[0], d[2]", item);
	request_end(&r);
	return 0;
}
