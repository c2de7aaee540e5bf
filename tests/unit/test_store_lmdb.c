/* The store through store.h: rows, refusals, late failures, group commit, hooks, locks, full maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

static char folder[64];
static struct sort_cipher cipher;

static const struct sort_cipher *any_cipher(uint32_t table_id, void *arg)
{
	return table_id == 99 ? NULL : &cipher;
}

static struct store *open_store(uint64_t map_size)
{
	struct store *s = NULL;
	struct err err = {0};
	struct store_options o = {.path = folder, .map_size = map_size, .create = true, .sort_cipher = any_cipher};
	if (store_open_lmdb(&o, &s, &err))
		print_message("%s\n", err.text);
	assert_non_null(s);
	return s;
}

static int make_folder(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	snprintf(folder, sizeof folder, "/tmp/itemfs-store-XXXXXX");
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

/* One small operation as a store_fn. */
struct job {
	enum { PUT, GET, DEL, PUT_THEN_FAIL, REFUSE } what;
	enum store_db db;
	struct store_key key;
	struct slice value;
	char got[64];
	int runs;
};

static enum status do_job(struct store_txn *txn, void *arg, struct err *err)
{
	struct job *j = arg;
	struct store_row row;
	uint8_t *to;
	enum status st;
	j->runs++;
	switch (j->what) {
	case GET:
		st = store_get(txn, j->db, &j->key, &row, err);
		if (!st)
			snprintf(j->got, sizeof j->got, "%.*s", SLICE_ARG(row.value));
		return st;
	case DEL:
		return store_del(txn, j->db, &j->key, err);
	case REFUSE:
		return err_code(err, ST_CONDITION);
	default:
		st = store_put(txn, j->db, &j->key, j->value.len, &to, &row, err);
		if (!st)
			memcpy(to, j->value.ptr, j->value.len);
		return st ? st : j->what == PUT_THEN_FAIL ? err_code(err, ST_VALIDATION) : ST_OK;
	}
}

static struct store_key item_key(const char *partition, const char *sort)
{
	static _Thread_local uint8_t prefix[8][STORE_PREFIX_SIZE];
	static _Thread_local unsigned turn;
	uint8_t *p = prefix[turn++ % 8];
	memset(p, 0, STORE_PREFIX_SIZE);
	p[3] = 7;
	memcpy(p + 6, partition, strnlen(partition, 16));
	return (struct store_key){
		.prefix = slice_of(p, STORE_PREFIX_SIZE), .sort = slice_str(sort ? sort : ""), .has_sort = sort != NULL};
}

static enum status put(struct store *s, struct store_key key, const char *value)
{
	struct job j = {.what = PUT, .db = STORE_ITEMS, .key = key, .value = slice_str(value)};
	return store_write(s, do_job, &j, STORE_VISIBLE, NULL);
}

static const char *get(struct store *s, struct store_key key)
{
	static struct job j;
	j = (struct job){.what = GET, .db = STORE_ITEMS, .key = key};
	enum status st = store_read(s, do_job, &j, NULL);
	return st ? status_info(st)->name : j.got;
}

static void test_rows(void **state)
{
	struct store *s = open_store(0);
	struct job del = {.what = DEL, .db = STORE_ITEMS, .key = item_key("a", "2")};
	assert_int_equal(put(s, item_key("a", "1"), "one"), ST_OK);
	assert_int_equal(put(s, item_key("a", "2"), "two"), ST_OK);
	assert_int_equal(put(s, item_key("b", NULL), "plain"), ST_OK);
	assert_string_equal(get(s, item_key("a", "1")), "one");
	assert_string_equal(get(s, item_key("a", "2")), "two");
	assert_string_equal(get(s, item_key("a", "3")), "ST_NOT_FOUND");
	assert_string_equal(get(s, item_key("b", NULL)), "plain");
	assert_string_equal(get(s, item_key("a", NULL)), "ST_NOT_FOUND");
	assert_int_equal(store_write(s, do_job, &del, STORE_DURABLE, NULL), ST_OK);
	assert_int_equal(store_write(s, do_job, &del, STORE_VISIBLE, NULL), ST_NOT_FOUND);
	assert_int_equal(put(s, item_key("a", "1"), "one again, longer"), ST_OK);
	store_close(s);
	s = open_store(0);
	assert_string_equal(get(s, item_key("a", "1")), "one again, longer");
	assert_string_equal(get(s, item_key("a", "2")), "ST_NOT_FOUND");
	store_close(s);
}

static void test_no_key(void **state)
{
	struct store *s = open_store(0);
	struct store_key key = item_key("a", "1");
	((uint8_t *)key.prefix.ptr)[3] = 99;
	assert_int_equal(put(s, key, "x"), ST_KEY_LOCKED);
	store_close(s);
}

static int committed_runs, aborted_runs;
static bool fail_commit;

static enum status count_precommit(struct store_txn *txn, void *arg, struct err *err)
{
	return fail_commit ? err_code(err, ST_INTERNAL) : ST_OK;
}

static void count_committed(void *arg)
{
	committed_runs++;
}

static void count_aborted(void *arg)
{
	aborted_runs++;
}

static void test_failures(void **state)
{
	struct store *s = open_store(0);
	struct err err = {0};
	struct job late = {.what = PUT_THEN_FAIL, .db = STORE_ITEMS, .key = item_key("a", "1"), .value = SLICE_LIT("never")};
	struct job refuse = {.what = REFUSE};
	committed_runs = aborted_runs = 0;
	store_set_hooks(s, &(struct store_hooks){count_precommit, count_committed, count_aborted, NULL});
	assert_int_equal(store_write(s, do_job, &late, STORE_VISIBLE, &err), ST_VALIDATION);
	assert_int_equal(err.code, ST_VALIDATION);
	assert_string_equal(get(s, item_key("a", "1")), "ST_NOT_FOUND");
	assert_int_equal(aborted_runs, 1);
	assert_int_equal(store_write(s, do_job, &refuse, STORE_VISIBLE, NULL), ST_CONDITION);
	assert_int_equal(aborted_runs, 1);
	fail_commit = true;
	assert_int_equal(put(s, item_key("a", "1"), "x"), ST_INTERNAL);
	fail_commit = false;
	assert_string_equal(get(s, item_key("a", "1")), "ST_NOT_FOUND");
	assert_int_equal(put(s, item_key("a", "1"), "x"), ST_OK);
	assert_int_equal(committed_runs, 1);
	assert_int_equal(aborted_runs, 2);
	store_close(s);
}

/* Many writers at once; every fifth of each fails after it has written, every seventh refuses. */
#define THREADS 32
#define ROUNDS 60
static struct store *shared;

static enum status wanted(int round)
{
	return round % 5 == 4 ? ST_VALIDATION : round % 7 == 6 ? ST_CONDITION : ST_OK;
}

static void *write_many(void *arg)
{
	char name[32], sort[32];
	int id = (int)(intptr_t)arg;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof name, "thread%d", id);
		snprintf(sort, sizeof sort, "%04d", i);
		struct job j = {.what = wanted(i) == ST_VALIDATION  ? PUT_THEN_FAIL
					: wanted(i) == ST_CONDITION ? REFUSE
								    : PUT,
			.db = STORE_ITEMS,
			.key = item_key(name, sort),
			.value = slice_str(sort)};
		if (store_write(shared, do_job, &j, i % 10 == 0 ? STORE_DURABLE : STORE_VISIBLE, NULL) != wanted(i))
			return "a write did not end as it should";
	}
	return NULL;
}

static void test_group_commit(void **state)
{
	pthread_t threads[THREADS];
	struct store_stat stat;
	char name[32], sort[32];
	shared = open_store(0);
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, write_many, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < ROUNDS; i++) {
			snprintf(name, sizeof name, "thread%d", t);
			snprintf(sort, sizeof sort, "%04d", i);
			assert_string_equal(get(shared, item_key(name, sort)), wanted(i) ? "ST_NOT_FOUND" : sort);
		}
	}
	store_get_stat(shared, &stat);
	print_message("%d writers: %llu commits, %llu checkpoints\n", THREADS, (unsigned long long)stat.commits,
		(unsigned long long)stat.syncs);
	assert_false(stat.damaged);
	store_close(shared);
}

static void test_busy(void **state)
{
	struct store *s = open_store(0), *second;
	struct err err = {0};
	char pid[16];
	struct store_options o = {.path = folder, .sort_cipher = any_cipher};
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	assert_int_equal(store_open_lmdb(&o, &second, &err), ST_STORE_BUSY);
	assert_non_null(strstr(err.text, pid));
	store_close(s);
	assert_int_equal(store_open_lmdb(&o, &second, &err), ST_OK);
	store_close(second);
	o.path = "/nonexistent";
	assert_int_equal(store_open_lmdb(&o, &second, &err), ST_NO_STORE);
	o.path = "/tmp";
	assert_int_equal(store_open_lmdb(&o, &second, &err), ST_NO_STORE);
	unlink("/tmp/lock");
}

static void test_full_map(void **state)
{
	static char big[3000];
	struct store *s = open_store(4 << 20);
	char sort[32];
	int written = 0;
	enum status st = ST_OK;
	memset(big, 'x', sizeof big - 1);
	for (; !st; written++) {
		snprintf(sort, sizeof sort, "%06d", written);
		st = put(s, item_key("a", sort), big);
	}
	assert_int_equal(st, ST_FULL);
	assert_true(--written > 100);
	assert_string_equal(get(s, item_key("a", sort)), "ST_NOT_FOUND");
	store_close(s);
	s = open_store(8 << 20);
	for (int i = 0; i < written; i++) {
		snprintf(sort, sizeof sort, "%06d", i);
		struct job del = {.what = DEL, .db = STORE_ITEMS, .key = item_key("a", sort)};
		assert_int_equal(store_write(s, do_job, &del, STORE_VISIBLE, NULL), ST_OK);
	}
	assert_int_equal(put(s, item_key("b", "1"), big), ST_OK);
	store_close(s);
}

static void test_gone(void **state)
{
	struct store *s = open_store(0);
	char path[128], aside[128];
	snprintf(path, sizeof path, "%s/data.mdb", folder);
	snprintf(aside, sizeof aside, "%s/lock.mdb", folder);
	assert_int_equal(put(s, item_key("a", "1"), "one"), ST_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(put(s, item_key("a", "2"), "two"), ST_STORE_GONE);
	assert_int_equal(store_sync(s, NULL), ST_STORE_GONE);
	assert_string_equal(get(s, item_key("a", "1")), "one");
	store_close(s);
}

static void test_read_only(void **state)
{
	struct store *s = open_store(0);
	assert_int_equal(put(s, item_key("a", "1"), "one"), ST_OK);
	store_close(s);
	struct store_options o = {.path = folder, .read_only = true, .sort_cipher = any_cipher};
	assert_int_equal(store_open_lmdb(&o, &s, NULL), ST_OK);
	assert_string_equal(get(s, item_key("a", "1")), "one");
	assert_int_equal(put(s, item_key("a", "2"), "two"), ST_READ_ONLY);
	store_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_rows), TEST(test_no_key), TEST(test_failures), TEST(test_group_commit),
		TEST(test_busy), TEST(test_full_map), TEST(test_gone), TEST(test_read_only)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
