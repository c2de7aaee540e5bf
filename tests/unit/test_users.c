/* Access keys: added, found, removed while a store is open; a damaged file lets nobody in. */
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/user.h"

static struct h_store store;

static int setup(void **state)
{
	h_create(&store);
	return 0;
}

static int teardown(void **state)
{
	h_remove(&store);
	return 0;
}

/** The open engine looks at the file four times a second. */
static void wait_a_look(void)
{
	const struct timespec t = {.tv_nsec = 300000000};
	nanosleep(&t, NULL);
}

static enum status find(const char *key, struct user *u, char secret[USER_SECRET_TEXT])
{
	return engine_find_user(store.e, slice_str(key), u, secret, &h_err);
}

static bool count(const struct user *u, void *arg)
{
	++*(size_t *)arg;
	return true;
}

static size_t count_users(void)
{
	size_t n = 0;
	assert_ok(user_list(store.path, &h_unlock, count, &n, &h_err));
	return n;
}

static void test_add_find_remove(void **state)
{
	struct user first, second, found;
	char secret[USER_SECRET_TEXT], other[USER_SECRET_TEXT], got[USER_SECRET_TEXT];
	assert_false(engine_has_users(store.e));
	assert_ok(user_add(store.path, &h_unlock, "alice", &first, secret, &h_err));
	assert_ok(user_add(store.path, &h_unlock, "alice", &second, other, &h_err));
	assert_int_equal(strlen(first.access_key), 20);
	assert_memory_equal(first.access_key, "AKIA", 4);
	assert_int_equal(strlen(secret), 40);
	assert_string_not_equal(first.access_key, second.access_key);
	wait_a_look();
	assert_true(engine_has_users(store.e));
	assert_ok(find(first.access_key, &found, got));
	assert_string_equal(found.name, "alice");
	assert_string_equal(got, secret);
	assert_ok(user_remove(store.path, &h_unlock, first.access_key, &h_err));
	assert_int_equal(count_users(), 1);
	wait_a_look();
	assert_status(ST_BAD_CREDENTIALS, find(first.access_key, &found, got));
	assert_ok(find(second.access_key, &found, got));
	assert_string_equal(got, other);
	assert_status(ST_NOT_FOUND, user_remove(store.path, &h_unlock, "bob", &h_err));
	assert_ok(user_remove(store.path, &h_unlock, "alice", &h_err));
	wait_a_look();
	assert_false(engine_has_users(store.e));
}

static void test_refusals(void **state)
{
	const struct unlock wrong = {UNLOCK_KEY_FILE, {(const uint8_t *)"X123456789abcdef0123456789abcdef", 32}};
	char secret[USER_SECRET_TEXT], long_name[USER_NAME_MAX + 2];
	struct user u;
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = 0;
	assert_status(ST_VALIDATION, user_add(store.path, &h_unlock, "", &u, secret, &h_err));
	assert_status(ST_VALIDATION, user_add(store.path, &h_unlock, "a b", &u, secret, &h_err));
	assert_status(ST_VALIDATION, user_add(store.path, &h_unlock, long_name, &u, secret, &h_err));
	assert_status(ST_WRONG_KEY, user_add(store.path, &wrong, "alice", &u, secret, &h_err));
	assert_status(ST_NO_STORE, user_add("/nonexistent", &h_unlock, "alice", &u, secret, &h_err));
	long_name[USER_NAME_MAX] = 0;
	assert_ok(user_add(store.path, &h_unlock, long_name, &u, secret, &h_err));
}

static void test_survives_restart(void **state)
{
	struct user u, found;
	char secret[USER_SECRET_TEXT], got[USER_SECRET_TEXT];
	assert_ok(user_add(store.path, &h_unlock, "a@b.c", &u, secret, &h_err));
	h_reopen(&store);
	assert_true(engine_has_users(store.e));
	assert_ok(find(u.access_key, &found, got));
	assert_string_equal(got, secret);
}

/** Every byte of the file matters, and a file that lost one is not an empty one. */
static void test_damage(void **state)
{
	struct user u, found;
	char secret[USER_SECRET_TEXT], path[128];
	uint8_t bytes[512], copy[512];
	assert_ok(user_add(store.path, &h_unlock, "alice", &u, secret, &h_err));
	snprintf(path, sizeof path, "%s/users", store.path);
	int fd = open(path, O_RDWR);
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	assert_in_range(n, 100, 300);
	for (ssize_t i = 0; i < n; i += 7) {
		memcpy(copy, bytes, (size_t)n);
		copy[i] ^= 0x10;
		assert_int_equal(pwrite(fd, copy, (size_t)n, 0), n);
		size_t seen = 0;
		assert_int_not_equal(user_list(store.path, &h_unlock, count, &seen, &h_err), ST_OK);
		assert_int_equal(seen, 0);
	}
	assert_int_equal(ftruncate(fd, n - 1), 0);
	h_reopen(&store);
	assert_true(engine_has_users(store.e));
	assert_status(ST_CORRUPT, find(u.access_key, &found, secret));
	assert_int_equal(ftruncate(fd, 0), 0);
	h_reopen(&store);
	assert_true(engine_has_users(store.e));
	close(fd);
}

/** The file says nothing of names or secrets, and is the owner's alone. */
static void test_sealed(void **state)
{
	struct user u;
	char secret[USER_SECRET_TEXT], path[128];
	uint8_t bytes[512];
	struct stat s;
	assert_ok(user_add(store.path, &h_unlock, "alice", &u, secret, &h_err));
	snprintf(path, sizeof path, "%s/users", store.path);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof bytes);
	close(fd);
	assert_null(memmem(bytes, (size_t)n, "alice", 5));
	assert_null(memmem(bytes, (size_t)n, secret, 8));
	assert_null(memmem(bytes, (size_t)n, u.access_key, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add_find_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_survives_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sealed, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
