/** What the engine's unit tests share: a store in a temporary directory, a table in it, items from JSON. */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/json.h"

#define assert_ok(expr)                                                                                                            \
	do {                                                                                                                       \
		enum status st_ = (expr);                                                                                          \
		if (st_)                                                                                                           \
			fail_msg("%s: %s: %s", #expr, status_info(st_)->name, h_err.text);                                         \
	} while (0)
#define assert_status(want, expr)                                                                                                  \
	do {                                                                                                                       \
		enum status st_ = (expr);                                                                                          \
		if (st_ != (want))                                                                                                 \
			fail_msg("%s: %s instead of %s (%s)", #expr, status_info(st_)->name, status_info(want)->name, h_err.text); \
	} while (0)

static struct err h_err;
static const struct caller h_caller = {.uid = 0, .gid = 0, .face = FACE_ENGINE};
static const struct unlock h_unlock = {
	.kind = UNLOCK_KEY_FILE, .secret = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32}};

struct h_store {
	char path[64];
	struct engine *e;
};

static inline void h_open(struct h_store *s)
{
	struct engine_options o = {.path = s->path, .unlock = &h_unlock, .map_size = 1u << 30};
	assert_ok(engine_open(&o, &s->e, &h_err));
}

static inline void h_create(struct h_store *s)
{
	snprintf(s->path, sizeof s->path, "/tmp/itemfs-unit-XXXXXX");
	assert_non_null(mkdtemp(s->path));
	assert_ok(engine_create(s->path, &h_unlock, &h_err));
	h_open(s);
}

static inline void h_reopen(struct h_store *s)
{
	engine_close(s->e);
	h_open(s);
}

static inline void h_remove(struct h_store *s)
{
	char command[128];
	engine_close(s->e);
	snprintf(command, sizeof command, "rm -rf '%s'", s->path);
	assert_int_equal(system(command), 0);
}

/** "pk:S" or "pk:S,sk:N". */
static inline struct table *h_table(struct engine *e, const char *name, char pk, char sk)
{
	char text[512];
	snprintf(text, sizeof text,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"%c\"}%s%.*s%s],"
		"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}%s]}",
		pk, sk ? ",{\"AttributeName\":\"sk\",\"AttributeType\":\"" : "", sk ? 1 : 0, &sk, sk ? "\"}" : "",
		sk ? ",{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}" : "");
	struct table_def def;
	struct table *t;
	assert_ok(table_def_parse(slice_str(text), name, &h_caller, &def, &h_err));
	assert_ok(table_create(e, &h_caller, &def, &t, &h_err));
	table_def_finish(&def);
	return t;
}

/** Appends the item that the JSON (natural form) says. */
static inline void h_item(const char *json, struct buf *out)
{
	assert_ok(json_read_item(slice_str(json), JSON_NATURAL, out, &h_err));
}

static inline enum status h_put(struct engine *e, struct table *t, const char *json, struct cond cond, struct item_meta *meta)
{
	struct buf item = BUF_INIT;
	h_item(json, &item);
	struct put_request r = {.table = t, .item = buf_slice(&item), .cond = cond};
	enum status st = op_put(e, &h_caller, &r, meta, &h_err);
	buf_finish(&item);
	return st;
}

/* Expressions: names stand in the text as they are, values are JSON ({":v":1}). They live until h_exprs_free(). */

#define H_EXPRS 4096
static struct {
	struct expr *expr;
	struct expr_params *params;
	struct buf values;
} h_exprs[H_EXPRS];
static size_t h_expr_count;

static inline struct expr *h_expr(enum expr_kind kind, const char *text, const char *values)
{
	assert_true(h_expr_count < H_EXPRS);
	size_t i = h_expr_count++;
	if (values)
		h_item(values, &h_exprs[i].values);
	assert_ok(expr_params_new(slice_of(NULL, 0), buf_slice(&h_exprs[i].values), &h_exprs[i].params, &h_err));
	assert_ok(expr_parse(kind, slice_str(text), h_exprs[i].params, &h_exprs[i].expr, &h_err));
	return h_exprs[i].expr;
}

static inline void h_exprs_free(void)
{
	while (h_expr_count > 0) {
		size_t i = --h_expr_count;
		expr_free(h_exprs[i].expr);
		expr_params_free(h_exprs[i].params);
		buf_finish(&h_exprs[i].values);
		h_exprs[i].expr = NULL;
		h_exprs[i].params = NULL;
	}
}

/** Fails unless `got` is the item that the JSON says; NULL: no bytes at all. Empties it. */
static inline void h_same(struct buf *got, const char *json)
{
	struct buf want = BUF_INIT;
	if (json)
		h_item(json, &want);
	if (!slice_eq(buf_slice(got), buf_slice(&want))) {
		struct buf text = BUF_INIT;
		if (got->len)
			json_write_item(buf_slice(got), &(struct json_style){0}, &text);
		fail_msg("%s instead of %s", buf_str(&text), json ? json : "nothing");
	}
	buf_finish(&want);
	buf_finish(got);
}

/** Fails unless the item under the key is what the JSON says; NULL: there is none. */
static inline void h_stands(struct engine *e, struct table *t, struct key key, const char *json)
{
	struct buf item = BUF_INIT;
	enum status st = op_get(e, &h_caller, t, &key, NULL, &item, &h_err);
	assert_int_equal(st, json ? ST_OK : ST_NOT_FOUND);
	h_same(&item, json);
}

/** Fails unless the list says exactly this of its only table, without indexes. Empties it. */
static inline void h_used(struct consumed_list *list, double read, double write)
{
	assert_int_equal(list->count, 1);
	struct units got = consumed_total(&list->tables[0]);
	if (got.read != read || got.write != write)
		fail_msg("%g read and %g write units instead of %g and %g", got.read, got.write, read, write);
	consumed_finish(list);
}

static inline struct key h_key(const char *pk, const char *sk)
{
	return (struct key){slice_str(pk), sk ? slice_str(sk) : slice_of(NULL, 0)};
}

#endif
