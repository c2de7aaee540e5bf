/* BatchExecuteStatement and ExecuteTransaction. */
#include "tests/unit/partiql_harness.h"

static struct h_store s;
static struct table *t;

static int setup(void **state)
{
	h_create(&s);
	t = h_table(s.e, "Things", 'S', 'N');
	for (int i = 1; i <= 4; i++) {
		char json[64];
		snprintf(json, sizeof json, "{\"pk\":\"a\",\"sk\":%d,\"v\":%d}", i, i * 10);
		assert_ok(h_put(s.e, t, json, (struct cond){0}, NULL));
	}
	return 0;
}

static int teardown(void **state)
{
	table_unref(t);
	h_remove(&s);
	return 0;
}

/** One line for each statement: "ok ITEM" or "Code: message", the table's name in front. */
static void take_result(size_t at, const char *table_name, const struct err *err, struct slice item, void *arg)
{
	struct buf *out = arg;
	buf_addf(out, "%zu %s ", at, table_name);
	if (err->code)
		buf_addf(out, "%s: %s", statement_error_code(err->code), err->text);
	else if (item.len)
		json_write_item(item, &(struct json_style){.line = true}, out);
	else
		buf_add_str(out, "-");
	buf_add_byte(out, '\n');
}

#define MAX 110
static struct statement statements[MAX];

static size_t given(const char *const *texts)
{
	size_t n = 0;
	for (; texts[n]; n++)
		statements[n] = (struct statement){.text = slice_str(texts[n])};
	return n;
}

static enum status batch(const char *const *texts, struct buf *out)
{
	size_t n = given(texts);
	h_err = (struct err){0};
	return op_batch_statement(s.e, &h_caller, statements, n, COMMIT_DURABLE, NULL, take_result, out, &h_err);
}

static void batch_is(const char *const *texts, const char *want)
{
	struct buf out = BUF_INIT;
	assert_ok(batch(texts, &out));
	assert_string_equal(buf_str(&out), want);
	buf_finish(&out);
}

static void batch_refused(const char *const *texts, const char *message)
{
	struct buf out = BUF_INIT;
	assert_status(ST_VALIDATION, batch(texts, &out));
	assert_string_equal(h_err.text, message);
	assert_int_equal(out.len, 0);
}

#define TEXTS(...)                                                                                                                 \
	(const char *const[])                                                                                                      \
	{                                                                                                                          \
		__VA_ARGS__, NULL                                                                                                  \
	}

static void test_batch_reads(void **state)
{
	batch_is(TEXTS("SELECT * FROM Things WHERE pk='a' AND sk=1", "SELECT v FROM Things WHERE pk='a' AND sk=2 AND v=20",
			 "SELECT * FROM Things WHERE pk='a' AND sk=9", "SELECT * FROM Things WHERE pk='a' AND sk=2 AND v=99",
			 "SELECT * FROM Things WHERE pk='a'", "SELECT * FROM Nope WHERE pk='a' AND sk=1", "SELECT",
			 "SELECT * FROM Things.idx WHERE pk='a' AND sk=1", "SELECT * FROM Things WHERE pk=1 AND sk=1",
			 "SELECT sk FROM Things WHERE pk='a' AND sk=1", "SELECT * FROM \"Th\"\"ings\" WHERE pk='a' AND sk=1"),
		"0 Things {\"pk\":\"a\",\"sk\":1,\"v\":10}\n"
		"1 Things {\"v\":20}\n"
		"2 Things -\n"
		"3 Things -\n"
		"4 Things ValidationError: Select statements within BatchExecuteStatement must specify the primary key in the "
		"where "
		"clause.\n"
		"5 Nope ResourceNotFound: Requested resource not found\n"
		"6  ValidationError: Statement wasn't well formed, can't be processed: Unexpected term\n"
		"7 Things ValidationError: Select statements within BatchExecuteStatement must specify the primary key in the "
		"where "
		"clause.\n"
		"8 Things ValidationError: The provided key element does not match the schema\n"
		"9 Things {\"sk\":1}\n"
		"10  ResourceNotFound: Requested resource not found\n");
}

static void test_batch_writes(void **state)
{
	batch_is(TEXTS("INSERT INTO Things VALUE {'pk':'b','sk':1}", "INSERT INTO Things VALUE {'pk':'a','sk':1}",
			 "UPDATE Things SET v=1 WHERE pk='b' AND sk=1 RETURNING ALL NEW *",
			 "UPDATE Things SET v=1 WHERE pk='b' AND sk=2",
			 "DELETE FROM Things WHERE pk='b' AND sk=1 RETURNING ALL OLD *", "DELETE FROM Things WHERE pk='b' AND sk=7",
			 "EXISTS(SELECT * FROM Things WHERE pk='a' AND sk=1)"),
		"0 Things -\n"
		"1 Things DuplicateItem: Duplicate primary key exists in table\n"
		"2 Things {\"pk\":\"b\",\"sk\":1,\"v\":1}\n"
		"3 Things ConditionalCheckFailed: The conditional request failed\n"
		"4 Things {\"pk\":\"b\",\"sk\":1,\"v\":1}\n"
		"5 Things -\n"
		"6 Things ValidationError: EXISTS clause is only supported in transactions\n");
	batch_is(TEXTS("SELECT * FROM Things WHERE pk='b' AND sk=1"), "0 Things -\n");
}

static void test_batch_refused(void **state)
{
	const char *many[27] = {0};
	for (size_t i = 0; i < 26; i++)
		many[i] = "SELECT * FROM Things WHERE pk='a' AND sk=1";
	batch_refused(many,
		"1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length less "
		"than or equal to 25");
	batch_refused(many + 26,
		"1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have "
		"length greater than or equal to 1");
	batch_refused(TEXTS("SELECT * FROM Things WHERE pk='a' AND sk=1", "DELETE FROM Things WHERE pk='a' AND sk=1"),
		"The entire batch must consist of either read statements or write statements");
}

/* Transactions */

static struct err reasons[MAX];

static enum status transact(const char *const *texts, const char *token, struct buf *out, bool *ret_repeated)
{
	struct statement_transaction r = {
		.statements = statements, .n = given(texts), .token = slice_str(token), .mode = COMMIT_VISIBLE};
	struct transact_result result = {.reasons = reasons};
	h_err = (struct err){0};
	enum status st = op_transact_statement(s.e, &h_caller, &r, take_result, out, &result, &h_err);
	if (ret_repeated)
		*ret_repeated = result.repeated;
	return st;
}

static void transact_refused(enum status st, const char *const *texts, const char *message)
{
	struct buf out = BUF_INIT;
	assert_status(st, transact(texts, "", &out, NULL));
	assert_string_equal(h_err.text, message);
	assert_int_equal(out.len, 0);
}

static void test_transact_reads(void **state)
{
	struct buf out = BUF_INIT;
	assert_ok(transact(
		TEXTS("SELECT v FROM Things WHERE pk='a' AND sk=2", "SELECT * FROM Things WHERE pk='a' AND sk=9",
			"SELECT * FROM Things WHERE pk='a' AND sk=1", "SELECT * FROM Things WHERE pk='a' AND sk=3 AND v=1"),
		"", &out, NULL));
	assert_string_equal(buf_str(&out), "0 Things {\"v\":20}\n"
					   "1 Things -\n"
					   "2 Things {\"pk\":\"a\",\"sk\":1,\"v\":10}\n"
					   "3 Things -\n");
	buf_finish(&out);
	transact_refused(ST_VALIDATION, TEXTS("SELECT * FROM Things WHERE pk='a'"),
		"Where clause does not contain a mandatory equality on all key attributes");
	transact_refused(ST_VALIDATION, TEXTS("SELECT * FROM Things.i WHERE pk='a' AND sk=1"),
		"Reads on indices are not supported within transactions.");
	transact_refused(ST_VALIDATION,
		TEXTS("SELECT v FROM Things WHERE pk='a' AND sk=2", "SELECT * FROM Things WHERE pk='a' AND sk=2"),
		"Transaction request cannot include multiple operations on one item");
	transact_refused(ST_VALIDATION,
		TEXTS("SELECT v FROM Things WHERE pk='a' AND sk=2", "DELETE FROM Things WHERE pk='a' AND sk=3"),
		"The entire transaction must consist of either read statements or write statements");
	transact_refused(ST_NO_TABLE, TEXTS("SELECT v FROM Nope WHERE pk='a' AND sk=2"), "Requested resource not found");
}

static void see(const char *text, const char *want)
{
	struct run run = {0};
	assert_ok(run_statement(s.e, &run, text, NULL));
	assert_string_equal(buf_str(&run.items), want);
	run_finish(&run);
}

static void test_transact_writes(void **state)
{
	const char *const texts[] = {"EXISTS(SELECT * FROM Things WHERE pk='a' AND sk=1 AND v=10 AND w IS MISSING)",
		"INSERT INTO Things VALUE {'pk':'t','sk':1}", "UPDATE Things SET v = v + 1 WHERE pk='a' AND sk=2",
		"DELETE FROM Things WHERE pk='a' AND sk=4", "DELETE FROM Things WHERE pk='a' AND sk=5 AND v=1", NULL};
	struct buf out = BUF_INIT;
	bool repeated;
	assert_ok(transact(texts, "token", &out, &repeated));
	assert_false(repeated);
	see("SELECT sk, v FROM Things WHERE pk='a'", "{\"sk\":1,\"v\":10};{\"sk\":2,\"v\":21};{\"sk\":3,\"v\":30}");
	see("SELECT * FROM Things WHERE pk='t'", "{\"pk\":\"t\",\"sk\":1}");
	assert_ok(transact(texts, "token", &out, &repeated));
	assert_true(repeated);
	see("SELECT v FROM Things WHERE pk='a' AND sk=2", "{\"v\":21}");
	assert_status(ST_IDEMPOTENT, transact(TEXTS("INSERT INTO Things VALUE {'pk':'t','sk':2}"), "token", &out, NULL));
	assert_int_equal(out.len, 0);
}

static void test_transact_canceled(void **state)
{
	struct buf failed = BUF_INIT, out = BUF_INIT;
	transact_refused(ST_CANCELED,
		TEXTS("INSERT INTO Things VALUE {'pk':'a','sk':1}", "UPDATE Things SET v=0 WHERE pk='a' AND sk=2",
			"UPDATE Things SET v=0 WHERE pk='a' AND sk=8", "EXISTS(SELECT * FROM Things WHERE pk='a' AND sk=3 AND v=0)",
			"UPDATE Things SET v = nothing + 1 WHERE pk='t' AND sk=1"),
		"Transaction cancelled, please refer cancellation reasons for specific reasons [DuplicateItem, None, "
		"ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]");
	assert_int_equal(reasons[0].code, ST_DUPLICATE_ITEM);
	assert_string_equal(reasons[0].text, "Duplicate primary key exists in table");
	assert_int_equal(reasons[1].code, ST_OK);
	assert_int_equal(reasons[2].code, ST_CONDITION);
	assert_int_equal(reasons[4].code, ST_VALIDATION);
	see("SELECT v FROM Things WHERE pk='a' AND sk=2", "{\"v\":21}");

	struct statement one = {.text = SLICE_LIT("DELETE FROM Things WHERE pk='a' AND sk=1 AND v=0"), .failed = &failed};
	struct statement_transaction r = {.statements = &one, .n = 1};
	struct transact_result result = {0};
	assert_status(ST_CANCELED, op_transact_statement(s.e, &h_caller, &r, take_result, &out, &result, &h_err));
	h_same(&failed, "{\"pk\":\"a\",\"sk\":1,\"v\":10}");
}

static void test_transact_refused(void **state)
{
	const char *many[102] = {0};
	for (size_t i = 0; i < 101; i++)
		many[i] = "DELETE FROM Things WHERE pk='a' AND sk=1";
	transact_refused(ST_VALIDATION, many,
		"1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: Member must have length "
		"less than "
		"or equal to 100");
	transact_refused(ST_VALIDATION, many + 101,
		"1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: Member must have length "
		"greater "
		"than or equal to 1");
	transact_refused(
		ST_VALIDATION, TEXTS("HELLO"), "Statement wasn't well formed, can't be processed: Expected data manipulation");
	transact_refused(ST_VALIDATION, TEXTS("EXISTS(SELECT * FROM Things WHERE pk='a')"),
		"Where clause does not contain a mandatory equality on all key attributes");
	transact_refused(ST_VALIDATION, TEXTS("EXISTS(SELECT * FROM Things)"),
		"Where clause does not contain a mandatory equality on all key attributes");
}

static void test_codes(void **state)
{
	assert_string_equal(statement_error_code(ST_THROTTLED), "ProvisionedThroughputExceeded");
	assert_string_equal(statement_error_code(ST_REQUEST_RATE), "ThrottlingError");
	assert_string_equal(statement_error_code(ST_COLLECTION_FULL), "ItemCollectionSizeLimitExceeded");
	assert_string_equal(statement_error_code(ST_DENIED), "AccessDenied");
	assert_string_equal(statement_error_code(ST_CONFLICT), "TransactionConflict");
	assert_string_equal(statement_error_code(ST_IO), "InternalServerError");
	assert_string_equal(statement_error_code(ST_ITEM_TOO_LARGE), "ValidationError");
	assert_string_equal(transact_reason_code(ST_DUPLICATE_ITEM), "DuplicateItem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch_reads),
		cmocka_unit_test(test_batch_writes),
		cmocka_unit_test(test_batch_refused),
		cmocka_unit_test(test_transact_reads),
		cmocka_unit_test(test_transact_writes),
		cmocka_unit_test(test_transact_canceled),
		cmocka_unit_test(test_transact_refused),
		cmocka_unit_test(test_codes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
