/** fs/errors.h: each user's own last failures, bounded, findable by path. */
#include "tests/unit/harness.h"

#include "fs/errors.h"

static struct errors errors;

static int setup(void **state)
{
	errors_init(&errors);
	return 0;
}

static int teardown(void **state)
{
	errors_finish(&errors);
	return 0;
}

static void record(uid_t uid, const char *path, const char *text)
{
	struct err err;
	err_set(&err, ST_SYNTAX, "%s", text);
	errors_record(&errors, uid, path, EINVAL, &err);
}

static size_t lines(uid_t uid)
{
	struct buf out = BUF_INIT;
	size_t n = 0;
	errors_print(&errors, uid, &out);
	for (size_t i = 0; i < out.len; i++)
		n += out.ptr[i] == '\n';
	buf_finish(&out);
	return n;
}

static bool last(uid_t uid, const char *path, const char *text)
{
	struct buf out = BUF_INIT;
	bool same = errors_last(&errors, uid, path, &out) && strcmp(buf_str(&out), text) == 0;
	buf_finish(&out);
	return same;
}

static void own_only(void **state)
{
	record(1, "/T/a.json", "one");
	assert_int_equal(lines(1), 1);
	assert_int_equal(lines(2), 0);
	assert_false(last(2, "/T/a.json", "one"));
}

static void by_path_or_parent(void **state)
{
	record(1, "/T/a.json", "one");
	record(1, "/T/b.json", "two");
	record(1, "/Tx/c.json", "three");
	assert_true(last(1, "/T/a.json", "one"));
	assert_true(last(1, "/T", "two"));
	assert_false(last(1, "/", "three"));
	record(1, "/T", "four");
	assert_true(last(1, "/", "four"));
}

static void bounded(void **state)
{
	char path[32];
	for (int i = 0; i < 3 * ERRORS_KEPT; i++) {
		snprintf(path, sizeof path, "/T/%d", i);
		record(1, path, "again");
	}
	assert_int_equal(lines(1), ERRORS_KEPT);
	assert_false(last(1, "/T/0", "again"));
	for (uid_t uid = 1000; uid < 1000 + ERRORS_USERS_MAX; uid++)
		record(uid, "/", "other");
	assert_int_equal(lines(1), 0);
	assert_int_equal(lines(1000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(own_only, setup, teardown),
		cmocka_unit_test_setup_teardown(by_path_or_parent, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
