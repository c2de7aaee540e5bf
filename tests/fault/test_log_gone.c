/*
 * The log's changes of a table that was deleted before the power was lost: its key is gone with it, and its rows go although none of them can
 * be found. And of a table whose key is only not at hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

static char live[64], crashed[64];
static struct sort_cipher cipher;
static bool key_is_gone;

/* What the disk held when the power was lost. */
static const char *const pieces[] = {"data.mdb", "checkpoint", "wal"};
static struct buf disk[3];

static void keep(int piece)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", live, pieces[piece]);
	buf_reset(&disk[piece]);
	assert_int_equal(file_read(path, 1 << 28, &disk[piece], NULL), ST_OK);
}

static void put_back(void)
{
	char path[128];
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", crashed, pieces[i]);
		unlink(path);
		assert_int_equal(file_write_new(path, 0600, buf_slice(&disk[i]), NULL), ST_OK);
	}
}

static const struct sort_cipher *cipher_or_none(uint32_t table_id, void *arg)
{
	return key_is_gone ? NULL : &cipher;
}

static enum status answer_with(uint32_t table_id, void *arg, struct err *err)
{
	return *(enum status *)arg;
}

static struct store *open_store(const char *path, const char *boot)
{
	struct store *s = NULL;
	struct store_options o = {.path = path, .map_size = 1 << 28, .create = true, .sort_cipher = cipher_or_none};
	setenv("ITEMFS_TEST_BOOT_ID", boot, 1);
	assert_int_equal(store_open_lmdb(&o, &s, NULL), ST_OK);
	return s;
}

static const uint8_t table[4] = {0, 0, 0, 2};

/* Every third sort key is a long one. */
static struct store_key key_of(uint32_t k)
{
	static uint8_t prefix[STORE_PREFIX_SIZE] = {0, 0, 0, 2}, sort[500];
	prefix[6] = (uint8_t)(k % 3);
	memset(sort, 's', sizeof sort);
	size_t n = k % 3 == 0 ? sizeof sort : 12;
	snprintf((char *)sort + n - 8, 8, "%06u", k % 1000000);
	return (struct store_key){slice_of(prefix, sizeof prefix), slice_of(sort, n), true};
}

static enum status put_rows(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	const uint32_t *range = arg;
	for (uint32_t k = range[0]; !st && k < range[1]; k++) {
		struct store_key key = key_of(k);
		struct store_row row;
		uint8_t *to;
		st = store_put(txn, STORE_ITEMS, &key, 10, &to, &row, err);
		if (!st)
			memset(to, 2, 10);
	}
	return st;
}

static enum status del_rows(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	const uint32_t *range = arg;
	for (uint32_t k = range[0]; !st && k < range[1]; k++) {
		struct store_key key = key_of(k);
		st = store_del(txn, STORE_ITEMS, &key, err);
	}
	return st;
}

static enum status free_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key whole = store_key_plain(slice_of(table, 4));
	struct store_range all = {.db = STORE_ITEMS, .lo = whole, .hi = whole};
	return store_del_range(txn, &all, 16, arg, err);
}

static bool count_row(const struct store_row *row, void *arg)
{
	++*(unsigned *)arg;
	return true;
}

static enum status count_rows(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key whole = store_key_plain(slice_of(table, 4));
	return store_range(txn, &(struct store_range){.db = STORE_ITEMS, .lo = whole, .hi = whole}, count_row, arg, err);
}

static unsigned rows_in(struct store *s)
{
	unsigned rows = 0;
	assert_int_equal(store_read(s, count_rows, &rows, NULL), ST_OK);
	return rows;
}

/* 50 rows that the checkpoint has; more, some deleted by name, the rest as those of a deleted table. */
static int lose_power(void **state)
{
	size_t freed = 16;
	key_is_gone = false;
	struct store *s = open_store(live, "first boot");
	assert_int_equal(store_write(s, put_rows, (uint32_t[]){0, 50}, STORE_VISIBLE, NULL), ST_OK);
	store_close(s);
	s = open_store(live, "first boot");
	keep(0);
	keep(1);
	assert_int_equal(store_write(s, put_rows, (uint32_t[]){40, 100}, STORE_VISIBLE, NULL), ST_OK);
	assert_int_equal(store_write(s, del_rows, (uint32_t[]){30, 95}, STORE_VISIBLE, NULL), ST_OK);
	while (freed == 16)
		assert_int_equal(store_write(s, free_rows, &freed, STORE_VISIBLE, NULL), ST_OK);
	assert_int_equal(store_sync(s, NULL), ST_OK);
	keep(2);
	assert_int_equal(rows_in(s), 0);
	store_close(s);
	put_back();
	return 0;
}

static void open_without_key(enum status answer, enum status wanted, unsigned rows)
{
	key_is_gone = true;
	struct store *s = open_store(crashed, "second boot");
	assert_int_equal(store_replay(s, answer_with, &answer, NULL), wanted);
	if (!wanted)
		assert_int_equal(rows_in(s), rows);
	store_close(s);
}

static void test_gone(void **state)
{
	open_without_key(ST_NO_TABLE, ST_OK, 0);
}

static void test_destroyed(void **state)
{
	open_without_key(ST_KEY_DESTROYED, ST_OK, 50);
}

/* Nothing is dropped while the key may come back. */
static void test_locked(void **state)
{
	open_without_key(ST_KEY_LOCKED, ST_KEY_LOCKED, 0);
	open_without_key(ST_OK, ST_KEY_LOCKED, 0);
	key_is_gone = false;
	struct store *s = open_store(crashed, "second boot");
	assert_int_equal(rows_in(s), 50);
	assert_int_equal(store_replay(s, NULL, NULL, NULL), ST_OK);
	assert_int_equal(rows_in(s), 0);
	store_close(s);
}

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	log_set_level(LOG_LEVEL_ERROR); /* each recovery is a warning */
	snprintf(live, sizeof live, "/tmp/itemfs-gone-XXXXXX");
	snprintf(crashed, sizeof crashed, "/tmp/itemfs-gone-XXXXXX");
	return mkdtemp(live) && mkdtemp(crashed) ? 0 : 1;
}

static void remove_store(const char *folder)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	char path[128];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static int finish(void **state)
{
	remove_store(live);
	remove_store(crashed);
	for (int i = 0; i < 3; i++)
		buf_finish(&disk[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup(test_gone, lose_power),
		cmocka_unit_test_setup(test_destroyed, lose_power), cmocka_unit_test_setup(test_locked, lose_power)};
	return cmocka_run_group_tests(tests, start, finish);
}
