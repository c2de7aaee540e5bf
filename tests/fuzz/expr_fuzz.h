/** One request for all fuzzers of expressions: the input is the text; item, names and values are always these. */
#ifndef TESTS_FUZZ_EXPR_FUZZ_H
#define TESTS_FUZZ_EXPR_FUZZ_H

#include "engine/expr.h"
#include "engine/json.h"

#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

struct request {
	struct buf item, names, values;
	struct expr_params *params;
};

static inline void read_json(const char *json, struct buf *out)
{
	REQUIRE(json_read_item(slice_str(json), JSON_NATURAL, out, NULL) == ST_OK);
}

static inline struct request request_begin(void)
{
	struct request r = {0};
	read_json("{\"id\":\"p\",\"sk\":5,\"a\":1,\"b\":{\"a\":[1,2,{\"a\":3}],\"b\":{\"c\":\"x\"}},\"c\":[[1,2],[3,[4]],\"z\"],\"d\":\"text\","
		  "\"e\":{\"$ss\":[\"a\",\"b\"]},\"f\":{\"$ns\":[1,2]},\"g\":{\"$bs\":[\"AA==\"]},\"h\":true,\"i\":null,\"j\":{\"$b\":\"AAEC\"}}",
		&r.item);
	read_json("{\"#a\":\"a\",\"#b\":\"b\",\"#c\":\"c\",\"#x\":\"x.y\",\"#i\":\"id\"}", &r.names);
	read_json("{\":b\":{\"$b\":\"AAE=\"},\":e\":{\"$ss\":[\"b\",\"c\"]},\":f\":{\"$ns\":[2,-3]},\":h\":true,\":i\":null,\":l\":[1,[2]],"
		  "\":m\":{\"k\":[1]},\":n\":2,\":s\":\"te\",\":t\":\"NS\",\":x\":{\"$n\":\"9.9E125\"}}",
		&r.values);
	REQUIRE(expr_params_new(buf_slice(&r.names), buf_slice(&r.values), &r.params, NULL) == ST_OK);
	return r;
}

static inline void request_end(struct request *r)
{
	expr_params_free(r->params);
	buf_finish(&r->item);
	buf_finish(&r->names);
	buf_finish(&r->values);
}

/** NULL: refused, with a message. */
static inline struct expr *parse(struct request *r, enum expr_kind kind, struct slice text)
{
	struct expr *e = NULL;
	struct err err = {0};
	enum status st = expr_parse(kind, text, r->params, &e, &err);
	REQUIRE(st == ST_OK || st == ST_VALIDATION);
	REQUIRE((st == ST_OK) == (e != NULL));
	REQUIRE(st == ST_OK || (err.code == st && err.text[0]));
	st = expr_params_check(r->params, "null", &err);
	REQUIRE(st == ST_OK || st == ST_VALIDATION);
	return e;
}

#endif
