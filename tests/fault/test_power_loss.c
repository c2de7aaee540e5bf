/*
 * Power loss: after a checkpoint, any mix of old and new versions of the file's pages may be on disk. From such a mix and the checkpoint file
 * the store must come back exactly as it was at the checkpoint; after a mere kill, as it was at the last commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/log.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

#define KEYS 400
#define IMAGES 6
#define TRIALS 120
#define PAGE 4096

static char live[64], crashed[64];
static struct sort_cipher cipher;
static uint32_t now[KEYS], synced[KEYS]; /* the version of each row; 0 or a multiple of 5: not there */

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static unsigned rng(unsigned n)
{
	return (unsigned)random() % n;
}

static struct store *open_store(const char *path, const char *boot)
{
	struct store *s = NULL;
	struct err err = {0};
	struct store_options o = {.path = path, .map_size = 1 << 28, .create = true, .sort_cipher = the_cipher};
	setenv("ITEMFS_TEST_BOOT_ID", boot, 1);
	if (store_open_lmdb(&o, &s, &err))
		print_message("%s\n", err.text);
	assert_non_null(s);
	return s;
}

static struct store_key key_of(uint32_t k)
{
	static uint8_t prefix[STORE_PREFIX_SIZE], sort[500];
	memset(prefix, 0, sizeof prefix);
	prefix[3] = 1;
	prefix[6] = (uint8_t)(k % 5);
	memset(sort, 's', sizeof sort);
	size_t n = k % 7 == 0 ? sizeof sort : 12; /* some long ones */
	snprintf((char *)sort + n - 8, 8, "%06u", k);
	return (struct store_key){slice_of(prefix, sizeof prefix), slice_of(sort, n), true};
}

static size_t size_of(uint32_t k, uint32_t version)
{
	return 8 + (k * 7919u + version * 104729u) % (version % 9 == 0 ? 9000 : 700);
}

static bool present(uint32_t version)
{
	return version % 5 != 0;
}

/* A batch of changes in one transaction. */
static enum status change_some(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (unsigned i = 0; !st && i < *(unsigned *)arg; i++) {
		uint32_t k = rng(KEYS), v = ++now[k];
		struct store_key key = key_of(k);
		struct store_row row;
		uint8_t *to;
		if (!present(v)) {
			st = store_del(txn, STORE_ITEMS, &key, err);
			st = st == ST_NOT_FOUND ? ST_OK : st;
			continue;
		}
		st = store_put(txn, STORE_ITEMS, &key, size_of(k, v), &to, &row, err);
		if (!st) {
			memset(to, (int)(k + v), size_of(k, v));
			memcpy(to, &v, 4);
		}
	}
	return st;
}

static void change(struct store *s, unsigned n)
{
	assert_int_equal(store_write(s, change_some, &n, STORE_VISIBLE, NULL), ST_OK);
}

static enum status check_rows(struct store_txn *txn, void *arg, struct err *err)
{
	const uint32_t *want = arg;
	for (uint32_t k = 0; k < KEYS; k++) {
		struct store_key key = key_of(k);
		struct store_row row;
		enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
		assert_int_equal(st, present(want[k]) ? ST_OK : ST_NOT_FOUND);
		if (st)
			continue;
		assert_int_equal(row.value.len, size_of(k, want[k]));
		assert_memory_equal(row.value.ptr, &want[k], 4);
		for (size_t i = 4; i < row.value.len; i++)
			if (row.value.ptr[i] != (uint8_t)(k + want[k]))
				fail_msg("row %u is torn", k);
	}
	return ST_OK;
}

static bool count_row(const struct store_row *row, void *arg)
{
	++*(unsigned *)arg;
	return true;
}

static enum status count_rows(struct store_txn *txn, void *arg, struct err *err)
{
	return store_range(txn, &(struct store_range){.db = STORE_ITEMS}, count_row, arg, err);
}

static void check_store(struct store *s, uint32_t *want)
{
	unsigned rows = 0, wanted = 0;
	struct store_stat stat;
	for (uint32_t k = 0; k < KEYS; k++)
		wanted += present(want[k]);
	assert_int_equal(store_read(s, check_rows, want, NULL), ST_OK);
	assert_int_equal(store_read(s, count_rows, &rows, NULL), ST_OK);
	assert_int_equal(rows, wanted);
	store_get_stat(s, &stat);
	assert_false(stat.damaged);
}

static void slurp(const char *folder, const char *name, struct buf *out)
{
	char path[128];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	buf_reset(out);
	assert_int_equal(read(fd, buf_reserve(out, (size_t)st.st_size), (size_t)st.st_size), st.st_size);
	buf_added(out, (size_t)st.st_size);
	close(fd);
}

static void spill(const char *folder, const char *name, struct slice bytes)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
	close(fd);
}

/* Each page as it was in one of the images, at random. */
static void mix(const struct buf images[IMAGES], struct buf *out)
{
	buf_reset(out);
	buf_resize(out, images[IMAGES - 1].len);
	for (size_t at = 0; at < out->len; at += PAGE) {
		const struct buf *from = &images[rng(IMAGES)];
		if (at + PAGE <= from->len)
			memcpy(out->ptr + at, from->ptr + at, PAGE);
	}
}

static void restart(struct slice data, struct slice checkpoint, const char *boot, uint32_t *want)
{
	uint32_t before[KEYS];
	spill(crashed, "data.mdb", data);
	spill(crashed, "checkpoint", checkpoint);
	struct store *s = open_store(crashed, boot);
	check_store(s, want);
	memcpy(before, now, sizeof now); /* it must go on: more writes, a clean close, another boot */
	memcpy(now, want, sizeof now);
	for (int i = 0; i < 5; i++)
		change(s, 40);
	check_store(s, now);
	store_close(s);
	s = open_store(crashed, "a third boot");
	check_store(s, now);
	store_close(s);
	memcpy(now, before, sizeof now);
}

static bool trial(struct store *s, struct buf images[IMAGES], struct buf *mixed)
{
	struct buf checkpoint = BUF_INIT, later = BUF_INIT;
	for (unsigned i = rng(6); i > 0; i--)
		change(s, 1 + rng(100));
	if (rng(2)) {
		assert_int_equal(store_sync(s, NULL), ST_OK);
	} else {
		unsigned one = 1;
		assert_int_equal(store_write(s, change_some, &one, STORE_DURABLE, NULL), ST_OK);
	}
	memcpy(synced, now, sizeof now);
	slurp(live, "checkpoint", &checkpoint);
	slurp(live, "data.mdb", &images[0]);
	unsigned rounds = 1 + rng(8);
	for (int i = 1; i < IMAGES; i++) {
		for (unsigned j = 0; j < rounds; j++)
			change(s, 1 + rng(60));
		slurp(live, "data.mdb", &images[i]);
	}
	slurp(live, "checkpoint", &later);
	bool alone = slice_eq(buf_slice(&checkpoint), buf_slice(&later)); /* else the thread made another checkpoint meanwhile */
	if (alone) {
		mix(images, mixed);
		restart(buf_slice(mixed), buf_slice(&checkpoint), "second boot", synced);
		restart(buf_slice(&images[IMAGES - 1]), buf_slice(&checkpoint), "first boot", now);
	}
	buf_finish(&checkpoint);
	buf_finish(&later);
	return alone;
}

static void test_power_loss(void **state)
{
	struct buf images[IMAGES] = {BUF_INIT}, mixed = BUF_INIT;
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	int done = 0;
	print_message("SEED=%u\n", seed);
	srandom(seed);
	struct store *s = open_store(live, "first boot");
	for (int i = 0; i < TRIALS; i++)
		done += trial(s, images, &mixed);
	print_message("%d power losses and as many kills\n", done);
	assert_true(done >= TRIALS / 2);
	store_close(s);
	for (int i = 0; i < IMAGES; i++)
		buf_finish(&images[i]);
	buf_finish(&mixed);
}

/* A store copied back without its checkpoint file, or under one of another store, is left as it is. */
static void test_foreign_file(void **state)
{
	struct buf data = BUF_INIT, checkpoint = BUF_INIT;
	struct store *s = open_store(live, "first boot");
	for (int i = 0; i < 3; i++)
		change(s, 20);
	uint32_t then[KEYS];
	memcpy(then, now, sizeof now);
	store_close(s);
	slurp(live, "data.mdb", &data);
	s = open_store(live, "first boot");
	for (int i = 0; i < 50; i++)
		change(s, 20);
	store_close(s);
	slurp(live, "checkpoint", &checkpoint);
	restart(buf_slice(&data), buf_slice(&checkpoint), "first boot", then);
	restart(buf_slice(&data), slice_of(NULL, 0), "first boot", then);
	buf_finish(&data);
	buf_finish(&checkpoint);
}

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	log_set_level(LOG_LEVEL_ERROR); /* each recovery is a warning */
	snprintf(live, sizeof live, "/tmp/itemfs-power-XXXXXX");
	snprintf(crashed, sizeof crashed, "/tmp/itemfs-power-XXXXXX");
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
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_power_loss), cmocka_unit_test(test_foreign_file)};
	return cmocka_run_group_tests(tests, start, finish);
}
