/* Every call of a fixed workload fails once: what was answered with ST_OK is there, what failed is not, and the store goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

#define STEPS 40
#define KEYS 12

static char folder[64];
static struct sort_cipher cipher;
static unsigned model[KEYS]; /* 0: not there */

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static struct store *open_store(uint64_t map_size)
{
	struct store *s = NULL;
	struct store_options o = {.path = folder, .map_size = map_size, .create = true, .sort_cipher = the_cipher};
	assert_int_equal(store_open_lmdb(&o, &s, NULL), ST_OK);
	return s;
}

static struct store_key key_of(unsigned k)
{
	static uint8_t prefix[STORE_PREFIX_SIZE], sort[700];
	prefix[3] = 1;
	memset(sort, 'f', sizeof sort);
	sort[5] = (uint8_t)k;
	return (struct store_key){slice_of(prefix, sizeof prefix), slice_of(sort, k % 3 == 0 ? sizeof sort : 10), true};
}

struct step {
	unsigned k, value;
};

static enum status put_number(struct store_txn *txn, unsigned k, unsigned value, struct err *err)
{
	struct store_key key = key_of(k);
	struct store_row row;
	uint8_t *to;
	enum status st = store_put(txn, STORE_ITEMS, &key, sizeof value, &to, &row, err);
	if (!st)
		memcpy(to, &value, sizeof value);
	return st;
}

/* Reads, writes two rows, deletes one: some calls come after others have changed something. */
static enum status run_step(struct store_txn *txn, void *arg, struct err *err)
{
	const struct step *s = arg;
	struct store_row row;
	struct store_key key = key_of(s->k);
	enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
	if (st && st != ST_NOT_FOUND)
		return st;
	st = put_number(txn, s->k, s->value, err);
	if (!st)
		st = put_number(txn, (s->k + 1) % KEYS, s->value, err);
	key = key_of((s->k + 2) % KEYS);
	if (!st)
		st = store_del(txn, STORE_ITEMS, &key, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status check_model(struct store_txn *txn, void *arg, struct err *err)
{
	for (unsigned k = 0; k < KEYS; k++) {
		struct store_key key = key_of(k);
		struct store_row row;
		enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
		assert_int_equal(st, model[k] ? ST_OK : ST_NOT_FOUND);
		if (!st)
			assert_memory_equal(row.value.ptr, &model[k], sizeof model[k]);
	}
	return ST_OK;
}

static void check(struct store *s)
{
	store_fault_arm(s, 0, false);
	assert_int_equal(store_read(s, check_model, NULL, NULL), ST_OK);
}

/** Runs the workload with the n-th call failing. False: it was over before. */
static bool run_workload(struct store *s, uint64_t n, bool full)
{
	unsigned failures = 0;
	store_fault_arm(s, n, full);
	for (unsigned i = 0; i < STEPS; i++) {
		struct step step = {i * 5 % KEYS, (unsigned)(n * STEPS + i + 1)};
		struct err err = {0};
		enum status st = store_write(s, run_step, &step, STORE_VISIBLE, &err);
		if (st) {
			assert_int_equal(st, full ? ST_FULL : ST_IO);
			failures++;
			continue;
		}
		model[step.k] = model[(step.k + 1) % KEYS] = step.value;
		model[(step.k + 2) % KEYS] = 0;
	}
	assert_true(failures <= 1);
	check(s);
	return failures == 1;
}

static void test_every_call(void **state)
{
	struct store *s = store_wrap_fault(open_store(0), 0, false);
	uint64_t n = 1;
	while (run_workload(s, n, false))
		n++;
	for (uint64_t full = 1; full < n; full++)
		run_workload(s, full, true); /* which is tried again after a checkpoint, and may then succeed */
	print_message("%llu calls\n", (unsigned long long)n - 1);
	assert_true(n > STEPS * 5);
	store_fault_arm(s, 1, false);
	assert_int_equal(store_sync(s, NULL), ST_IO);
	assert_int_equal(store_sync(s, NULL), ST_OK);
	store_close(s);
	s = store_wrap_fault(open_store(0), 0, false);
	check(s);
	store_close(s);
}

/* A real disk that fills up, and has room again. */
static enum status put_big(struct store_txn *txn, void *arg, struct err *err)
{
	unsigned value = *(unsigned *)arg;
	uint8_t name[4], *to;
	struct store_row row;
	memcpy(name, &value, 4);
	struct store_key key = store_key_plain(slice_of(name, 4));
	enum status st = store_put(txn, STORE_META, &key, 20000, &to, &row, err);
	if (!st)
		memset(to, (int)value, 20000);
	return st;
}

static enum status get_big(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key key = store_key_plain(slice_of(arg, 4));
	struct store_row row;
	enum status st = store_get(txn, STORE_META, &key, &row, err);
	if (!st)
		assert_int_equal(row.value.ptr[19999], (uint8_t) * (unsigned *)arg);
	return st;
}

static void test_disk_full(void **state)
{
	if (geteuid() != 0 || mount("tmpfs", folder, "tmpfs", 0, "size=4m"))
		skip();
	struct store *s = open_store(1 << 28);
	unsigned n = 1;
	enum status st = ST_OK;
	for (; !st && n < 1000; n++)
		st = store_write(s, put_big, &n, STORE_DURABLE, NULL);
	assert_int_equal(st, ST_FULL);
	n--;
	for (unsigned i = 1; i < n; i++)
		assert_int_equal(store_read(s, get_big, &i, NULL), ST_OK);
	assert_int_equal(store_read(s, get_big, &n, NULL), ST_NOT_FOUND);
	assert_int_equal(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	assert_int_equal(store_write(s, put_big, &n, STORE_DURABLE, NULL), ST_OK);
	store_close(s);
	s = open_store(1 << 28);
	for (unsigned i = 1; i <= n; i++)
		assert_int_equal(store_read(s, get_big, &i, NULL), ST_OK);
	store_close(s);
	assert_int_equal(umount2(folder, MNT_DETACH), 0);
}

static int make_folder(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	snprintf(folder, sizeof folder, "/tmp/itemfs-fault-XXXXXX");
	return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	char path[128];
	umount2(folder, MNT_DETACH); /* when a test failed half-way */
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_every_call, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_disk_full, make_folder, remove_folder)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
