/** What the tests of statements share: one call runs a statement and says what came of it. */
#ifndef TESTS_UNIT_PARTIQL_HARNESS_H
#define TESTS_UNIT_PARTIQL_HARNESS_H

#include "tests/unit/harness.h"

#include "engine/op_statement.h"

/** Parameters from a JSON list in natural form; they borrow from `bytes`. */
struct parameters {
	struct buf bytes;
	struct value values[100];
	size_t count;
};

static inline void parameters_read(struct parameters *p, const char *json)
{
	struct buf item = BUF_INIT;
	struct value_iter it;
	struct slice name;
	char text[4096];
	p->count = 0;
	if (!json)
		return;
	snprintf(text, sizeof text, "{\"p\":%s}", json);
	h_item(text, &item);
	buf_reset(&p->bytes);
	buf_add_slice(&p->bytes, buf_slice(&item));
	buf_finish(&item);
	it = value_iter(item_get(buf_slice(&p->bytes), SLICE_LIT("p")));
	while (p->count < 100 && value_next(&it, &name, &p->values[p->count]))
		p->count++;
}

/** One run: items as JSON lines with ';' between them, what else the page says. */
struct run {
	struct parameters params;
	struct buf items;
	size_t n;
	struct statement_page page;
	struct err err;
	enum status st;
	struct statement_request r;
};

static inline bool take_row(enum status status, struct slice item, void *arg)
{
	struct run *run = arg;
	assert_int_equal(status, ST_OK);
	assert_true(item_valid(item));
	if (run->n++)
		buf_add_byte(&run->items, ';');
	json_write_item(item, &(struct json_style){.line = true}, &run->items);
	return true;
}

static inline enum status run_statement(struct engine *e, struct run *run, const char *text, const char *params)
{
	struct slice token = run->r.next_token;
	uint32_t limit = run->r.limit;
	buf_reset(&run->items);
	run->n = 0;
	run->err = (struct err){0};
	parameters_read(&run->params, params);
	run->r.statement.text = slice_str(text);
	run->r.statement.parameters = run->params.values;
	run->r.statement.parameter_count = run->params.count;
	run->r.next_token = token;
	run->r.limit = limit;
	struct statement_page page = {0};
	run->st = op_statement(e, &h_caller, &run->r, take_row, run, &page, &run->err);
	statement_page_finish(&run->page);
	run->page = page;
	return run->st;
}

static inline void run_finish(struct run *run)
{
	buf_finish(&run->params.bytes);
	buf_finish(&run->items);
	statement_page_finish(&run->page);
}

#endif
