/* Statements on indexes: FROM "table"."index". */
#include "tests/unit/partiql_harness.h"

static struct h_store s;

static const char definition[] =
	"{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\",\"AttributeType\":"
	"\"N\"},"
	"{\"AttributeName\":\"kind\",\"AttributeType\":\"S\"},{\"AttributeName\":\"price\",\"AttributeType\":\"N\"}],"
	"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
	"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-kind\",\"KeySchema\":[{\"AttributeName\":\"kind\",\"KeyType\":\"HASH\"},"
	"{\"AttributeName\":\"price\",\"KeyType\":\"RANGE\"}],\"Projection\":{\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":["
	"\"name\"]}}],"
	"\"LocalSecondaryIndexes\":[{\"IndexName\":\"local\",\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"
	"{\"AttributeName\":\"price\",\"KeyType\":\"RANGE\"}],\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}]}";

static int setup(void **state)
{
	static const char *const items[] = {"{\"pk\":\"a\",\"sk\":1,\"kind\":\"x\",\"price\":30,\"name\":\"one\",\"rest\":1}",
		"{\"pk\":\"a\",\"sk\":2,\"kind\":\"x\",\"price\":10,\"name\":\"two\",\"rest\":2}",
		"{\"pk\":\"b\",\"sk\":1,\"kind\":\"x\",\"price\":20,\"name\":\"three\",\"rest\":3}",
		"{\"pk\":\"b\",\"sk\":2,\"kind\":\"y\",\"price\":5,\"name\":\"four\",\"rest\":4}",
		"{\"pk\":\"b\",\"sk\":3,\"kind\":\"y\"}"};
	struct table_def def;
	struct table *t;
	h_create(&s);
	assert_ok(table_def_parse(slice_str(definition), "Goods", &h_caller, &def, &h_err));
	assert_ok(table_create(s.e, &h_caller, &def, &t, &h_err));
	table_def_finish(&def);
	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		assert_ok(h_put(s.e, t, items[i], (struct cond){0}, NULL));
	table_unref(t);
	return 0;
}

static int teardown(void **state)
{
	h_remove(&s);
	return 0;
}

static void is(const char *text, const char *want)
{
	struct run run = {0};
	if (run_statement(s.e, &run, text, NULL))
		fail_msg("%s: %s", text, run.err.text);
	if (strcmp(buf_str(&run.items), want) != 0)
		fail_msg("%s: %s, want %s", text, buf_str(&run.items), want);
	run_finish(&run);
}

static void refused(enum status st, bool consistent, const char *text, const char *message)
{
	struct run run = {.r = {.statement = {.consistent = consistent}}};
	if (run_statement(s.e, &run, text, NULL) != st)
		fail_msg("%s: %s %s", text, status_info(run.st)->name, run.err.text);
	if (strstr(run.err.text, message) == NULL)
		fail_msg("%s: %s, want %s", text, run.err.text, message);
	run_finish(&run);
}

static void test_global(void **state)
{
	is("SELECT name FROM \"Goods\".\"by-kind\" WHERE kind='x'", "{\"name\":\"two\"};{\"name\":\"three\"};{\"name\":\"one\"}");
	is("SELECT name FROM Goods.\"by-kind\" WHERE kind='x' AND price > 10 ORDER BY price DESC",
		"{\"name\":\"one\"};{\"name\":\"three\"}");
	is("SELECT name FROM Goods.\"by-kind\" WHERE kind IN ['y','x'] AND price < 15", "{\"name\":\"four\"};{\"name\":\"two\"}");
	is("SELECT * FROM Goods.\"by-kind\" WHERE kind='y' AND price = 5",
		"{\"kind\":\"y\",\"name\":\"four\",\"pk\":\"b\",\"price\":5,\"sk\":2}");
	is("SELECT name FROM Goods.\"by-kind\" WHERE pk='b' AND kind='x'", "{\"name\":\"three\"}");
	refused(ST_VALIDATION, false, "SELECT name FROM Goods.\"by-kind\" WHERE kind='x' ORDER BY sk",
		"Variable reference sk in ORDER BY clause must be part of the primary key");
	refused(ST_VALIDATION, true, "SELECT name FROM Goods.\"by-kind\" WHERE kind='x'", "onsistent reads are not supported");
	refused(ST_VALIDATION, false, "SELECT rest FROM Goods.\"by-kind\" WHERE kind='x'", "rest");
	refused(ST_NO_INDEX, false, "SELECT * FROM Goods.nope WHERE kind='x'", "The table does not have the specified index: nope");
}

static void test_local(void **state)
{
	is("SELECT name, rest FROM Goods.local WHERE pk='a'", "{\"name\":\"two\",\"rest\":2};{\"name\":\"one\",\"rest\":1}");
	is("SELECT * FROM Goods.local WHERE pk='a' AND price BETWEEN 20 AND 40", "{\"pk\":\"a\",\"price\":30,\"sk\":1}");
	is("SELECT sk FROM Goods.local WHERE pk IN ['b','a'] ORDER BY pk, price DESC",
		"{\"sk\":1};{\"sk\":2};{\"sk\":1};{\"sk\":2}");
}

/** A scan of an index holds what has its key. */
static void test_scan(void **state)
{
	struct run run = {0};
	assert_ok(run_statement(s.e, &run, "SELECT * FROM Goods.\"by-kind\"", NULL));
	assert_int_equal(run.n, 4);
	run_finish(&run);
}

static void test_pages(void **state)
{
	struct run run = {.r = {.limit = 1}};
	struct buf token = BUF_INIT, all = BUF_INIT;
	do {
		assert_ok(run_statement(s.e, &run, "SELECT name FROM Goods.\"by-kind\" WHERE kind IN ['y','x']", NULL));
		buf_add_slice(&all, buf_slice(&run.items));
		if (run.page.has_last_key)
			assert_int_equal(item_value(buf_slice(&run.page.last_key)).count, 4);
		buf_reset(&token);
		buf_add_slice(&token, buf_slice(&run.page.next_token));
		run.r.next_token = buf_slice(&token);
	} while (token.len);
	assert_string_equal(buf_str(&all), "{\"name\":\"four\"}{\"name\":\"two\"}{\"name\":\"three\"}{\"name\":\"one\"}");
	buf_finish(&all);
	buf_finish(&token);
	run_finish(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_pages),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
