/*
 * One flipped byte anywhere in data.mdb: an error for what it hits, the rest readable, nothing wrong taken for right, never a crash or a hang.
 * Each trial runs in a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/crypt/seal.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/guard.h"
#include "engine/store/store.h"

#define ROWS 500
#define NEW_ROWS 50
#define TRIALS 300
#define PAGE 4096

enum outcome { SOUND, FOUND_DAMAGE, NOT_OPENED, WRONG_DATA, SILENT_LOSS, ODD_ERROR };

static char folder[64];
static struct sort_cipher cipher;
static struct seal_key *seal;
static struct buf image, checkpoint;

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static enum status try_open(struct store **s, bool create)
{
	struct store_options o = {.path = folder, .map_size = 1 << 28, .create = create, .sort_cipher = the_cipher};
	return store_open_lmdb(&o, s, NULL);
}

static struct store_key key_of(uint32_t k)
{
	static uint8_t prefix[STORE_PREFIX_SIZE], sort[600];
	memset(prefix, 0, sizeof prefix);
	prefix[3] = 1;
	for (int i = 6; i < STORE_PREFIX_SIZE; i++)
		prefix[i] = (uint8_t)((k % 40) * 2654435761u >> (i % 4 * 8));
	memset(sort, 's', sizeof sort);
	size_t n = k % 11 == 0 ? sizeof sort : 20;
	snprintf((char *)sort + n - 8, 8, "%06u", k);
	return (struct store_key){slice_of(prefix, sizeof prefix), slice_of(sort, n), true};
}

static size_t size_of(uint32_t k)
{
	return k % 17 == 0 ? 9000 + k : 4 + k % 300;
}

static bool plain_right(struct slice plain)
{
	uint32_t k;
	if (plain.len < 4)
		return false;
	memcpy(&k, plain.ptr, 4);
	for (size_t i = 4; i < plain.len; i++)
		if (plain.ptr[i] != (uint8_t)(k + i))
			return false;
	return plain.len == size_of(k);
}

static enum status put_row(struct store_txn *txn, void *arg, struct err *err)
{
	uint32_t k = *(uint32_t *)arg;
	struct store_key key = key_of(k);
	struct store_row row;
	uint8_t plain[12000], *to;
	memcpy(plain, &k, 4);
	for (size_t i = 4; i < size_of(k); i++)
		plain[i] = (uint8_t)(k + i);
	enum status st = store_put(txn, STORE_ITEMS, &key, seal_size(size_of(k)), &to, &row, err);
	if (!st)
		seal_record(seal, STORE_ITEMS, row.stored, slice_of(plain, size_of(k)), to);
	return st;
}

static enum status del_row(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key key = key_of(*(uint32_t *)arg);
	return store_del(txn, STORE_ITEMS, &key, err);
}

/* All in one transaction, so that the file is full of pages in use. */
static enum status put_rows(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (uint32_t k = 0; !st && k < ROWS; k++)
		st = put_row(txn, &k, err);
	return st;
}

static enum status del_rows(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (uint32_t k = 4; !st && k < ROWS; k += 5)
		st = del_row(txn, &k, err);
	return st;
}

/* What a trial saw. */
struct sight {
	unsigned right, corrupt, missing;
	bool structure, wrong, odd;
	uint32_t k;
};

static void look(struct sight *s, const struct store_row *row, uint32_t *k)
{
	struct buf plain = BUF_INIT;
	enum status st = unseal_record(seal, STORE_ITEMS, row->stored, row->value, &plain, NULL);
	*k = UINT32_MAX;
	if (st == ST_CORRUPT) {
		s->corrupt++;
	} else if (st || !plain_right(buf_slice(&plain))) {
		s->wrong = true;
	} else {
		s->right++;
		memcpy(k, plain.ptr, 4);
	}
	buf_finish(&plain);
}

static bool look_at_row(const struct store_row *row, void *arg)
{
	uint32_t k;
	look(arg, row, &k);
	return ((struct sight *)arg)->right + ((struct sight *)arg)->corrupt < 10 * ROWS;
}

static void note(struct sight *s, enum status st)
{
	if (st == ST_STRUCTURE)
		s->structure = true;
	else if (st == ST_NOT_FOUND)
		s->missing++;
	else if (st)
		s->odd = true;
}

static enum status scan(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_range all = {.db = STORE_ITEMS};
	note(arg, store_range(txn, &all, look_at_row, arg, err));
	return ST_OK;
}

static enum status get_one(struct store_txn *txn, void *arg, struct err *err)
{
	struct sight *s = arg;
	struct store_key key = key_of(s->k);
	struct store_row row;
	uint32_t k;
	enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
	note(s, st);
	if (st)
		return ST_OK;
	look(s, &row, &k);
	s->wrong |= k != UINT32_MAX && k != s->k;
	return ST_OK;
}

static void get_all(struct store *store, struct sight *s)
{
	for (s->k = 0; s->k < ROWS; s->k++)
		if (s->k % 5 != 4)
			note(s, store_read(store, get_one, s, NULL));
}

static enum outcome run_trial(void)
{
	struct store *store;
	struct sight scanned = {0}, got = {0}, again = {0};
	enum status st = try_open(&store, false);
	if (st)
		return st == ST_STRUCTURE ? NOT_OPENED : ODD_ERROR;
	note(&scanned, store_read(store, scan, &scanned, NULL));
	get_all(store, &got);
	for (uint32_t k = ROWS; k < ROWS + NEW_ROWS; k++)
		note(&again, store_write(store, put_row, &k, STORE_VISIBLE, NULL));
	for (uint32_t k = 0; k < 20; k++)
		if (k % 5 != 4 && store_write(store, del_row, &k, STORE_VISIBLE, NULL) == ST_OK)
			note(&again, store_write(store, put_row, &k, STORE_VISIBLE, NULL));
	get_all(store, &again);
	store_close(store);
	if (scanned.wrong || got.wrong || again.wrong)
		return WRONG_DATA;
	if (scanned.odd || got.odd || again.odd)
		return ODD_ERROR;
	bool found = scanned.structure || scanned.corrupt || got.structure || got.corrupt || again.structure;
	if (found)
		return FOUND_DAMAGE;
	return scanned.right == ROWS / 5 * 4 && !got.missing && !again.missing ? SOUND : SILENT_LOSS;
}

static void spill(const char *name, const struct buf *bytes)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, bytes->ptr, bytes->len), bytes->len);
	close(fd);
}

/* Pages at random, their first bytes (headers, places of nodes) more often. */
static size_t random_place(void)
{
	size_t page = (size_t)random() % (image.len / PAGE);
	return page * PAGE + (random() % 2 ? (size_t)random() % 64 : (size_t)random() % PAGE);
}

static int child(void)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL); /* cmocka's handlers would hide a crash */
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		guard_reinstall();
		alarm(30);
		_exit((int)run_trial());
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static void test_flips(void **state)
{
	unsigned counts[6] = {0}, bad = 0;
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	print_message("SEED=%u, %zu pages\n", seed, image.len / PAGE);
	srandom(seed);
	for (int i = 0; i < TRIALS; i++) {
		size_t at = random_place();
		uint8_t flip = random() % 2 ? (uint8_t)(1 << random() % 8) : (uint8_t)(1 + random() % 255);
		image.ptr[at] ^= flip;
		spill("data.mdb", &image);
		spill("checkpoint", &checkpoint);
		int r = child();
		if (r < 6)
			counts[r]++;
		if (r >= NOT_OPENED) {
			print_message("byte %zu of page %zu, ^%02x: %d\n", at % PAGE, at / PAGE, flip, r);
			bad += r != NOT_OPENED && r != SILENT_LOSS;
		}
		image.ptr[at] ^= flip;
	}
	print_message("%u without effect, %u found, %u not opened, %u wrong, %u lost in silence, %u odd\n", counts[0], counts[1],
		counts[2], counts[3], counts[4], counts[5]);
	assert_int_equal(bad, 0);
	assert_true(counts[NOT_OPENED] <= TRIALS / 20);  /* the page that leads to all others */
	assert_true(counts[SILENT_LOSS] <= TRIALS / 20); /* engine/store/README.md, "What is not found" */
}

static void slurp(const char *name, struct buf *out)
{
	char path[128];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(read(fd, buf_reserve(out, (size_t)st.st_size), (size_t)st.st_size), st.st_size);
	buf_added(out, (size_t)st.st_size);
	close(fd);
}

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2}, record[32] = {3};
	struct store *s;
	sort_cipher_init(&cipher, siv, ctr);
	seal = seal_key_new(record, 1);
	snprintf(folder, sizeof folder, "/tmp/itemfs-flip-XXXXXX");
	if (!mkdtemp(folder) || try_open(&s, true))
		return 1;
	assert_int_equal(store_write(s, put_rows, NULL, STORE_DURABLE, NULL), ST_OK);
	assert_int_equal(store_write(s, del_rows, NULL, STORE_DURABLE, NULL), ST_OK);
	for (uint32_t k = 0; k < 3; k++)
		assert_int_equal(store_write(s, put_row, &k, STORE_DURABLE, NULL), ST_OK);
	store_close(s);
	slurp("data.mdb", &image);
	slurp("checkpoint", &checkpoint);
	log_set_level((enum log_level) - 1);
	return 0;
}

static int finish(void **state)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "checkpoint", "wal"};
	char path[128];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	seal_key_free(seal);
	buf_finish(&image);
	buf_finish(&checkpoint);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_flips)};
	return crypt_init(NULL) ? 1 : cmocka_run_group_tests(tests, start, finish);
}
