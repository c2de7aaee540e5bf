/** What the tests of expressions share: items, names and values from JSON, one call each to parse, test, project, update. */
#ifndef TESTS_UNIT_EXPR_HARNESS_H
#define TESTS_UNIT_EXPR_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/expr.h"
#include "engine/json.h"

#include <stdio.h>

/** "" gives no item at all. */
static inline struct buf item_of(const char *json)
{
	struct buf b = BUF_INIT;
	struct err err = {0};
	if (*json && json_read_item(slice_str(json), JSON_NATURAL, &b, &err) != ST_OK)
		fail_msg("%s: %s", json, err.text);
	return b;
}

static inline void same_item(struct slice got, const char *json, const char *what)
{
	struct buf want = item_of(json), text = BUF_INIT;
	const struct json_style style = {.line = true};
	assert_true(item_valid(got));
	json_write_item(got, &style, &text);
	if (!slice_eq(got, buf_slice(&want)))
		fail_msg("%s: %s, want %s", what, buf_str(&text), json);
	buf_finish(&want);
	buf_finish(&text);
}

/** An expression with what it borrows. */
struct given {
	struct buf names, values;
	struct expr_params *params;
	struct expr *e; /* NULL: refused, err says why */
	struct err err;
};

/** names, values: JSON, or "" for none. */
static inline struct given given(enum expr_kind kind, const char *text, const char *names, const char *values)
{
	struct given g = {.names = item_of(names), .values = item_of(values)};
	enum status st = expr_params_new(buf_slice(&g.names), buf_slice(&g.values), &g.params, &g.err);
	if (st == ST_OK)
		st = expr_parse(kind, slice_str(text), g.params, &g.e, &g.err);
	if (st == ST_OK)
		st = expr_params_check(g.params, "ConditionExpression is null", &g.err);
	if (st != ST_OK) {
		assert_int_equal(st, ST_VALIDATION);
		assert_int_equal(g.err.code, ST_VALIDATION);
		expr_free(g.e);
		g.e = NULL;
	}
	return g;
}

static inline void given_finish(struct given *g)
{
	expr_free(g->e);
	expr_params_free(g->params);
	buf_finish(&g->names);
	buf_finish(&g->values);
}

static inline struct given parsed(enum expr_kind kind, const char *text, const char *names, const char *values)
{
	struct given g = given(kind, text, names, values);
	if (!g.e)
		fail_msg("%s: %s", text, g.err.text);
	return g;
}

static inline void refused(enum expr_kind kind, const char *text, const char *names, const char *values, const char *message)
{
	struct given g = given(kind, text, names, values);
	if (g.e)
		fail_msg("%s: taken", text);
	assert_string_equal(g.err.text, message);
	given_finish(&g);
}

#endif
