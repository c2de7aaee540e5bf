/* The keyring: slots, wrong secrets, damage in every byte of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/crypt/keys.h"

#define ID "0b6c1a52-9d0e-4f7a-8f7d-111122223333"

static char store[64];
static const struct unlock by_file = {UNLOCK_KEY_FILE, {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32}};
static const struct unlock by_phrase = {UNLOCK_PASSPHRASE, {(const uint8_t *)"correct horse", 13}};
static const struct unlock wrong_file = {UNLOCK_KEY_FILE, {(const uint8_t *)"X123456789abcdef0123456789abcdef", 32}};
static const struct unlock wrong_phrase = {UNLOCK_PASSPHRASE, {(const uint8_t *)"correct h0rse", 13}};

static const char *path_of(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", store, name);
	return path;
}

static int make_store(void **state)
{
	snprintf(store, sizeof store, "/tmp/itemfs-keyring-XXXXXX");
	assert_non_null(mkdtemp(store));
	assert_int_equal(keyring_create(store, ID, &by_file, NULL), ST_OK);
	return 0;
}

static int remove_store(void **state)
{
	static const char *const names[] = {"keyring", "keyring.bak", "keyring.new", "key"};
	for (size_t i = 0; i < 4; i++)
		unlink(path_of(names[i]));
	return rmdir(store);
}

static enum status try(const struct unlock *u)
{
	struct masters *m = NULL;
	enum status st = keyring_open(store, ID, u, &m, NULL);
	masters_free(m);
	return st;
}

static void test_create_open(void **state)
{
	struct masters *m;
	struct stat s;
	assert_int_equal(keyring_open(store, ID, &by_file, &m, NULL), ST_OK);
	assert_int_equal(strlen(masters_default_id(m)), 36);
	masters_free(m);
	assert_int_equal(try(&wrong_file), ST_WRONG_KEY);
	assert_int_equal(try(&by_phrase), ST_WRONG_KEY);
	assert_int_equal(keyring_open(store, "another store", &by_file, &m, NULL), ST_KEYRING);
	assert_int_equal(keyring_create(store, ID, &by_file, NULL), ST_STORE_EXISTS);
	assert_int_equal(stat(path_of("keyring"), &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(keyring_open("/nonexistent", ID, &by_file, &m, NULL), ST_NO_STORE);
}

static void test_slots(void **state)
{
	struct keyring_report r;
	struct unlock credential = by_file;
	credential.kind = UNLOCK_CREDENTIAL;
	assert_int_equal(try(&credential), ST_OK);
	assert_int_equal(keyring_add_slot(store, &wrong_file, &by_phrase, NULL), ST_WRONG_KEY);
	assert_int_equal(keyring_add_slot(store, &by_file, &by_phrase, NULL), ST_OK);
	assert_int_equal(try(&by_phrase), ST_OK);
	assert_int_equal(try(&wrong_phrase), ST_WRONG_KEY);
	assert_int_equal(keyring_report(store, &r, NULL), ST_OK);
	assert_int_equal(r.slot_count, 2);
	assert_int_equal(r.master_count, 1);
	assert_int_equal(r.slots[1].kind, UNLOCK_PASSPHRASE);
	assert_string_equal(r.masters[0].state, "enabled");
	assert_int_equal(keyring_change_slot(store, &by_phrase, &wrong_phrase, NULL), ST_OK);
	assert_int_equal(try(&by_phrase), ST_WRONG_KEY);
	assert_int_equal(try(&wrong_phrase), ST_OK);
	assert_int_equal(keyring_remove_slot(store, &by_file, 5, NULL), ST_NOT_FOUND);
	assert_int_equal(keyring_remove_slot(store, &by_file, 0, NULL), ST_OK);
	assert_int_equal(try(&by_file), ST_WRONG_KEY);
	assert_int_equal(keyring_remove_slot(store, &wrong_phrase, 1, NULL), ST_VALIDATION);
	for (int i = 0; i < 7; i++)
		assert_int_equal(keyring_add_slot(store, &wrong_phrase, &by_file, NULL), ST_OK);
	assert_int_equal(keyring_add_slot(store, &wrong_phrase, &by_file, NULL), ST_LIMIT);
}

static void test_data_keys(void **state)
{
	struct masters *m;
	struct data_key *k, *again;
	uint8_t wrapped[DATA_KEY_WRAPPED_SIZE], h1[16], h2[16];
	assert_int_equal(keyring_open(store, ID, &by_file, &m, NULL), ST_OK);
	const char *id = masters_default_id(m);
	assert_int_equal(data_key_create(m, id, 5, 1, wrapped, NULL), ST_OK);
	assert_int_equal(data_key_open(m, id, 5, 1, wrapped, &k, NULL), ST_OK);
	assert_int_equal(data_key_open(m, id, 5, 1, wrapped, &again, NULL), ST_OK);
	data_key_hash(k, SLICE_LIT("customer#1"), h1);
	data_key_hash(again, SLICE_LIT("customer#1"), h2);
	assert_memory_equal(h1, h2, 16);
	data_key_free(again);
	assert_int_equal(data_key_open(m, id, 6, 1, wrapped, &again, NULL), ST_CORRUPT);
	assert_int_equal(data_key_open(m, id, 5, 2, wrapped, &again, NULL), ST_CORRUPT);
	assert_int_equal(data_key_open(m, "no such key", 5, 1, wrapped, &again, NULL), ST_KEY_LOCKED);
	data_key_free(k);
	masters_free(m);
}

static size_t slurp(const char *path, uint8_t *bytes, size_t max)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, max);
	close(fd);
	assert_true(n > 0);
	return (size_t)n;
}

static void spill(const char *path, const uint8_t *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void test_every_byte(void **state)
{
	static uint8_t bytes[65536];
	assert_int_equal(keyring_add_slot(store, &by_file, &by_phrase, NULL), ST_OK);
	size_t n = slurp(path_of("keyring"), bytes, sizeof bytes);
	for (size_t i = 0; i < n; i++) {
		for (int bit = 0; bit < 8; bit += 3) {
			bytes[i] ^= (uint8_t)(1 << bit);
			spill(path_of("keyring"), bytes, n);
			assert_int_equal(try(&by_file), ST_KEYRING);
			bytes[i] ^= (uint8_t)(1 << bit);
		}
		spill(path_of("keyring"), bytes, i);
		if (i + 3 < n)
			assert_int_equal(try(&by_file), ST_KEYRING);
	}
	spill(path_of("keyring"), bytes, n);
	assert_int_equal(try(&by_file), ST_OK);
}

/* The copy opens the store when the keyring is damaged, and shuts out whom the keyring shuts out. */
static void test_copy(void **state)
{
	static uint8_t bytes[65536];
	assert_int_equal(keyring_add_slot(store, &by_file, &by_phrase, NULL), ST_OK);
	spill(path_of("keyring"), bytes, 100);
	assert_int_equal(try(&by_file), ST_KEYRING);
	size_t n = slurp(path_of("keyring.bak"), bytes, sizeof bytes);
	spill(path_of("keyring"), bytes, n);
	assert_int_equal(try(&by_phrase), ST_OK);
	assert_int_equal(keyring_remove_slot(store, &by_file, 1, NULL), ST_OK);
	n = slurp(path_of("keyring.bak"), bytes, sizeof bytes);
	spill(path_of("keyring"), bytes, n);
	assert_int_equal(try(&by_phrase), ST_WRONG_KEY);
	assert_int_equal(try(&by_file), ST_OK);
}

static void test_key_files(void **state)
{
	struct buf made = BUF_INIT, read_back = BUF_INIT;
	struct err err = {0};
	assert_int_equal(unlock_create_file(path_of("key"), &made, NULL), ST_OK);
	assert_int_equal(unlock_create_file(path_of("key"), &made, NULL), ST_IO);
	assert_int_equal(unlock_read_file(path_of("key"), &read_back, NULL), ST_OK);
	assert_int_equal(made.len, 32);
	assert_true(slice_eq(buf_slice(&made), buf_slice(&read_back)));
	assert_int_equal(chmod(path_of("key"), 0640), 0);
	assert_int_equal(unlock_read_file(path_of("key"), &read_back, &err), ST_WRONG_KEY);
	assert_non_null(strstr(err.text, "chmod"));
	if (geteuid() == 0) {
		setenv("CREDENTIALS_DIRECTORY", store, 1);
		assert_int_equal(unlock_read_file(path_of("key"), &read_back, NULL), ST_OK);
		unsetenv("CREDENTIALS_DIRECTORY");
	}
	assert_int_equal(chmod(path_of("key"), 0600), 0);
	assert_int_equal(truncate(path_of("key"), 15), 0);
	assert_int_equal(unlock_read_file(path_of("key"), &read_back, NULL), ST_WRONG_KEY);
	assert_int_equal(unlock_read_file(store, &read_back, NULL), ST_IO);
	assert_int_equal(unlock_read_file(path_of("none"), &read_back, NULL), ST_IO);
	buf_wipe(&made);
	buf_wipe(&read_back);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_store, remove_store)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_create_open), TEST(test_slots), TEST(test_data_keys), TEST(test_every_byte),
		TEST(test_copy), TEST(test_key_files)};
	setenv("ITEMFS_ARGON2_COST", "min", 1);
	return crypt_init(NULL) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
