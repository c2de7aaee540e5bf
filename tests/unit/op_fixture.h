/** What tests of operations on items begin with: a store, the table "Things" (pk, sk) and the table "Other" (pk alone). */
#ifndef TESTS_UNIT_OP_FIXTURE_H
#define TESTS_UNIT_OP_FIXTURE_H

#include "tests/unit/harness.h"

static struct h_store s;
static struct table *t, *other;
static const struct cond none = {COND_NONE, 0};

/** `sk`: the type of the sort key of Things. */
static inline int things_begin(char sk)
{
	h_create(&s);
	t = h_table(s.e, "Things", 'S', sk);
	other = h_table(s.e, "Other", 'S', 0);
	return 0;
}

static inline int things_end(void **state)
{
	table_unref(t);
	table_unref(other);
	h_exprs_free();
	h_remove(&s);
	return 0;
}

/** Closes the store and opens it again. */
static inline void things_reopen(void)
{
	table_unref(t);
	table_unref(other);
	h_reopen(&s);
	assert_ok(table_open(s.e, "Things", &t, &h_err));
	assert_ok(table_open(s.e, "Other", &other, &h_err));
}

#endif
