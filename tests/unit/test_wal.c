/* The write-ahead log by itself: round and round, full, off and on again, frames of another life, a disk that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/crypt/seal.h"
#include "engine/store/lmdb_private.h"

#define SIZE (UINT64_C(1) << 20)
#define COMMITS 3000
#define LENGTH_MAX 30000

static char folder[64];
static uint8_t bytes[LENGTH_MAX];

static size_t length_of(uint64_t commit)
{
	return 1 + (size_t)(commit * 2654435761u % 100 < 5 ? commit * 7919 % LENGTH_MAX : commit * 104729 % 900);
}

static struct slice changes_of(uint64_t commit)
{
	memset(bytes, (int)commit, length_of(commit));
	return slice_of(bytes, length_of(commit));
}

static void open_wal(struct wal *w)
{
	*w = (struct wal){.fd = -1};
	mutex_init(&w->lock);
	assert_int_equal(wal_open(w, folder, false, NULL), ST_OK);
}

static void start(struct wal *w, struct wal_base *base)
{
	open_wal(w);
	wal_start(w, SIZE);
	assert_int_equal(w->size, SIZE);
	wal_mark(w, 0, base);
	wal_marked(w, true);
	assert_true(wal_on(w));
}

static void finish(struct wal *w)
{
	wal_close(w, false);
	mutex_finish(&w->lock);
}

/** Reads it as another process would; the commits must be those after the base, up to `last`. */
static void check(const struct wal_base *base, uint64_t last)
{
	struct wal w;
	struct buf commits = BUF_INIT;
	struct wal_commit c;
	open_wal(&w);
	assert_int_equal(wal_read(&w, base, &commits, NULL), ST_OK);
	struct slice rest = buf_slice(&commits);
	uint64_t next = base->commit + 1;
	for (; wal_next_commit(&rest, &c); next++) {
		assert_int_equal(c.number, next);
		assert_true(slice_eq(c.changes, changes_of(next)));
	}
	assert_int_equal(rest.len, 0);
	assert_int_equal(next, last + 1);
	buf_finish(&commits);
	finish(&w);
}

static void test_round(void **state)
{
	struct wal w;
	struct wal_base base, next;
	uint64_t flushed = 0;
	start(&w, &base);
	for (uint64_t commit = 1; commit <= COMMITS; commit++) {
		wal_add(&w, commit, changes_of(commit));
		if (commit % 50 == 17) {
			wal_mark(&w, commit, &next); /* pending: it goes to a frame after the mark, and is passed over there */
			assert_int_equal(wal_flush(&w, &flushed), WAL_FLUSHED);
			check(&base, flushed); /* the checkpoint before still counts */
			wal_marked(&w, true);
			base = next;
			check(&base, flushed);
		}
		if (commit % 3)
			continue;
		assert_int_equal(wal_flush(&w, &flushed), WAL_FLUSHED);
		assert_int_equal(flushed, commit);
		if (commit % 10 == 0)
			check(&base, flushed);
	}
	assert_true(w.head > 3 * SIZE);
	finish(&w);
}

static void test_full(void **state)
{
	struct wal w;
	struct wal_base base, next;
	uint64_t commit = 0, flushed = 0, to;
	enum wal_flushed how = WAL_FLUSHED;
	start(&w, &base);
	while (how == WAL_FLUSHED) {
		commit++;
		wal_add(&w, commit, changes_of(commit));
		how = wal_flush(&w, &to);
		if (how == WAL_FLUSHED)
			flushed = to;
	}
	assert_int_equal(how, WAL_IS_OFF);
	assert_int_equal(flushed, commit - 1);
	commit++;
	wal_add(&w, commit, changes_of(commit)); /* not logged, and nothing after it, until a checkpoint has both */
	assert_int_equal(wal_flush(&w, &to), WAL_IS_OFF);
	wal_mark(&w, commit, &next);
	commit++;
	wal_add(&w, commit, changes_of(commit));
	assert_int_equal(wal_flush(&w, &to), WAL_IS_OFF);
	wal_marked(&w, false);
	assert_int_equal(wal_flush(&w, &to), WAL_IS_OFF);
	check(&base, flushed);
	wal_mark(&w, commit, &next);
	commit++;
	wal_add(&w, commit, changes_of(commit));
	wal_marked(&w, true);
	assert_int_equal(wal_flush(&w, &to), WAL_FLUSHED);
	assert_int_equal(to, commit);
	check(&next, commit);
	finish(&w);
}

/* The same frames in the same places, of a log before a power loss: none of them may be taken for one of now. */
static void test_other_life(void **state)
{
	struct wal w;
	struct wal_base old, base;
	uint64_t to;
	start(&w, &old);
	for (uint64_t commit = 1; commit <= 20; commit++) {
		wal_add(&w, commit, changes_of(commit));
		assert_int_equal(wal_flush(&w, &to), WAL_FLUSHED);
	}
	finish(&w);
	check(&old, 20);
	start(&w, &base);
	check(&base, 0);
	wal_add(&w, 1, changes_of(1));
	assert_int_equal(wal_flush(&w, &to), WAL_FLUSHED);
	check(&base, 1);
	check(&old, 0);
	finish(&w);
}

/* Through the store. */

static enum status put_row(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key key = store_key_plain(slice_str(arg));
	struct store_row row;
	uint8_t *to;
	enum status st = store_put(txn, STORE_HISTORY, &key, 1, &to, &row, err);
	if (!st)
		*to = 1;
	return st;
}

static struct store *open_store(void)
{
	struct store *s;
	struct store_options o = {.path = folder, .map_size = 1 << 28, .create = true};
	assert_int_equal(store_open_lmdb(&o, &s, NULL), ST_OK);
	assert_true(wal_on(&((struct lmdb_store *)s)->wal));
	return s;
}

/* The log's file becomes another one under the store's hands. */
static void replace_file(struct store *s, const char *path)
{
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0 && dup2(fd, ((struct lmdb_store *)s)->wal.fd) >= 0);
	close(fd);
}

static void test_write_fails(void **state)
{
	struct store *s = open_store();
	struct wal *w = &((struct lmdb_store *)s)->wal;
	int keep = dup(w->fd);
	assert_int_equal(store_write(s, put_row, "a", STORE_DURABLE, NULL), ST_OK);
	replace_file(s, "/dev/full");
	assert_int_equal(store_write(s, put_row, "b", STORE_DURABLE, NULL), ST_OK); /* by a checkpoint */
	assert_true(dup2(keep, w->fd) >= 0);
	assert_int_equal(store_write(s, put_row, "c", STORE_VISIBLE, NULL), ST_OK);
	assert_int_equal(store_sync(s, NULL), ST_OK);
	assert_true(wal_on(w));
	close(keep);
	store_close(s);
}

/* /dev/null takes what is written and cannot be synced. */
static void test_sync_fails(void **state)
{
	struct store *s = open_store();
	struct err err = {0};
	replace_file(s, "/dev/null");
	assert_int_equal(store_write(s, put_row, "a", STORE_DURABLE, &err), ST_IO);
	assert_non_null(strstr(err.text, "may not survive"));
	assert_int_equal(store_sync(s, NULL), ST_IO); /* nothing is promised any more */
	assert_int_equal(store_write(s, put_row, "b", STORE_DURABLE, NULL), ST_IO);
	assert_int_equal(store_write(s, put_row, "b", STORE_VISIBLE, NULL), ST_OK);
	store_close(s);
	s = open_store();
	assert_int_equal(store_write(s, put_row, "b", STORE_DURABLE, NULL), ST_OK);
	store_close(s);
}

static void test_file_removed(void **state)
{
	char path[80];
	struct store *s = open_store();
	snprintf(path, sizeof path, "%s/wal", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_write(s, put_row, "a", STORE_DURABLE, NULL), ST_OK); /* by a checkpoint */
	assert_true(((struct lmdb_store *)s)->synced >= 1);
	store_close(s);
}

static int make_folder(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/itemfs-wal-XXXXXX");
	return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	char path[128];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static int start_crypt(void **state)
{
	return crypt_init(NULL) == ST_OK ? 0 : 1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_round), TEST(test_full), TEST(test_other_life), TEST(test_write_fails),
		TEST(test_sync_fails), TEST(test_file_removed)};
	return cmocka_run_group_tests(tests, start_crypt, NULL);
}
