/*
 * Power loss: after a checkpoint, any mix of old and new versions of data.mdb's pages may be on disk, and of the log what was synced, and of
 * what came later any mix of blocks. From that and the checkpoint file the store must come back as it was at one of its commits, at the
 * last one or later that was acknowledged as durable; after a mere kill, as it was at the last commit.
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
#define TRIALS 60
#define PAGE 4096
#define STATES 2000
#define MUCH 40 /* rows of 60 KB: more than the log takes, so that a checkpoint is made */

static char live[64], crashed[64];
static struct sort_cipher cipher;
static uint32_t now[KEYS]; /* the version of each row; 0 or a multiple of 5: not there */

/* The rows after each commit since the last checkpoint; the store has the number of its state in a row of STORE_META. */
static uint32_t states[STATES][KEYS];
static unsigned state_count;

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static unsigned rng(unsigned n)
{
	return (unsigned)random() % n;
}

static struct store *open_only(const char *path, const char *boot)
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

static struct store *open_store(const char *path, const char *boot)
{
	struct store *s = open_only(path, boot);
	struct err err = {0};
	if (store_replay(s, NULL, NULL, &err))
		fail_msg("%s", err.text);
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

static struct store_key number_key(void)
{
	return store_key_plain(SLICE_LIT("number"));
}

static enum status put_state_number(struct store_txn *txn, uint32_t number, struct err *err)
{
	struct store_key key = number_key();
	struct store_row row;
	uint8_t *to;
	enum status st = store_put(txn, STORE_META, &key, sizeof number, &to, &row, err);
	if (!st)
		memcpy(to, &number, sizeof number);
	return st;
}

static enum status put_version(struct store_txn *txn, uint32_t k, uint32_t v, struct err *err)
{
	struct store_key key = key_of(k);
	struct store_row row;
	uint8_t *to;
	if (!present(v)) {
		enum status st = store_del(txn, STORE_ITEMS, &key, err);
		return st == ST_NOT_FOUND ? ST_OK : st;
	}
	enum status st = store_put(txn, STORE_ITEMS, &key, size_of(k, v), &to, &row, err);
	if (!st) {
		memset(to, (int)(k + v), size_of(k, v));
		memcpy(to, &v, 4);
	}
	return st;
}

/* A batch of changes in one transaction. */
static enum status change_some(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (unsigned i = 0; !st && i < *(unsigned *)arg; i++) {
		uint32_t k = rng(KEYS);
		st = put_version(txn, k, ++now[k], err);
	}
	return st ? st : put_state_number(txn, state_count, err);
}

static void change(struct store *s, unsigned n, enum store_commit commit)
{
	assert_int_equal(store_write(s, change_some, &n, commit, NULL), ST_OK);
	assert_true(state_count < STATES);
	memcpy(states[state_count++], now, sizeof now);
}

static enum status write_much(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (uint32_t i = 0; !st && i < MUCH; i++) {
		struct store_key key = store_key_plain(slice_of(&i, sizeof i));
		struct store_row row;
		uint8_t *to;
		st = store_put(txn, STORE_HISTORY, &key, 60000, &to, &row, err);
		if (!st)
			memset(to, (int)i, 60000);
	}
	return st;
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

static enum status read_number(struct store_txn *txn, void *arg, struct err *err)
{
	struct store_key key = number_key();
	struct store_row row;
	enum status st = store_get(txn, STORE_META, &key, &row, err);
	if (!st)
		memcpy(arg, row.value.ptr, sizeof(uint32_t));
	return st;
}

struct crash {
	struct slice data, checkpoint, wal;
	const char *boot;
	unsigned least, most; /* the states that the store may be in */
};

/* The next power loss, or kill, may come while the store recovers. */
static void open_half(const char *boot)
{
	struct store *s = open_only(crashed, boot);
	if (rng(2))
		assert_int_equal(store_replay(s, NULL, NULL, NULL), ST_OK);
	store_close(s);
}

static void restart(const struct crash *c)
{
	uint32_t number = UINT32_MAX, keep[KEYS];
	unsigned keep_count = state_count;
	spill(crashed, "data.mdb", c->data);
	spill(crashed, "checkpoint", c->checkpoint);
	spill(crashed, "wal", c->wal);
	if (rng(4) == 0)
		open_half(c->boot);
	struct store *s = open_store(crashed, c->boot);
	assert_int_equal(store_read(s, read_number, &number, NULL), ST_OK);
	assert_in_range(number, c->least, c->most);
	check_store(s, states[number]);
	memcpy(keep, now, sizeof now); /* it must go on: more writes, a clean close, another boot */
	memcpy(now, states[number], sizeof now);
	for (int i = 0; i < 5; i++)
		change(s, 40, rng(2) ? STORE_VISIBLE : STORE_DURABLE);
	check_store(s, now);
	store_close(s);
	s = open_store(crashed, "a third boot");
	check_store(s, now);
	store_close(s);
	memcpy(now, keep, sizeof now);
	state_count = keep_count;
}

/* What the disk held at a moment, and which states. */
struct moment {
	struct buf data, wal;
	unsigned durable, visible;
};

static void look(struct moment *m)
{
	slurp(live, "data.mdb", &m->data);
	slurp(live, "wal", &m->wal);
	m->visible = state_count - 1;
}

/* Each page as it was at one of the moments, at random. */
static void mix(const struct moment *moments, unsigned count, struct buf *out)
{
	buf_reset(out);
	buf_resize(out, moments[count - 1].data.len);
	for (size_t at = 0; at < out->len; at += PAGE) {
		const struct buf *from = &moments[rng(count)].data;
		if (at + PAGE <= from->len)
			memcpy(out->ptr + at, from->ptr + at, PAGE);
	}
}

/* What was synced is there; of what was written later each block may be, or not, or be torn. */
static void tear(const struct moment *synced, const struct moment *later, struct buf *out)
{
	assert_int_equal(synced->wal.len, later->wal.len);
	buf_reset(out);
	buf_add_slice(out, buf_slice(&synced->wal));
	bool all_lost = rng(4) == 0;
	for (size_t at = 0; !all_lost && at + PAGE <= out->len; at += PAGE) {
		if (memcmp(out->ptr + at, later->wal.ptr + at, PAGE) == 0)
			continue;
		unsigned how = rng(8);
		if (how < 5)
			memcpy(out->ptr + at, later->wal.ptr + at, PAGE);
		else if (how == 5)
			memcpy(out->ptr + at, later->wal.ptr + at, 512 * (1 + rng(7)));
		else if (how == 6)
			memset(out->ptr + at, 0, PAGE);
	}
}

static void lose_power(struct moment moments[IMAGES], const struct buf *checkpoint)
{
	struct buf data = BUF_INIT, wal = BUF_INIT;
	for (int i = 0; i < 3; i++) {
		unsigned last = 1 + rng(IMAGES - 1), synced = 1 + rng(last);
		mix(moments, last + 1, &data);
		tear(&moments[synced], &moments[last], &wal);
		restart(&(struct crash){buf_slice(&data), buf_slice(checkpoint), buf_slice(&wal), "second boot",
			moments[synced].durable, moments[last].visible});
	}
	const struct moment *m = &moments[IMAGES - 1];
	restart(&(struct crash){
		buf_slice(&m->data), buf_slice(checkpoint), buf_slice(&m->wal), "first boot", m->visible, m->visible});
	buf_finish(&data);
	buf_finish(&wal);
}

static void change_and_look(struct store *s, struct moment *m, unsigned durable)
{
	m->durable = durable;
	for (unsigned i = 1 + rng(8); i > 0; i--) {
		bool wait = rng(4) == 0;
		change(s, 1 + rng(60), wait ? STORE_DURABLE : STORE_VISIBLE);
		if (!wait && rng(8) == 0) {
			assert_int_equal(store_sync(s, NULL), ST_OK);
			wait = true;
		}
		if (wait)
			m->durable = state_count - 1;
	}
	look(m);
}

/* A checkpoint, since the log cannot take so much; more commits; their images. False: another checkpoint was made meanwhile. */
static bool trial(struct store *s, struct moment moments[IMAGES])
{
	struct buf checkpoint = BUF_INIT, later = BUF_INIT;
	for (unsigned i = rng(3); i > 0; i--)
		change(s, 1 + rng(100), STORE_VISIBLE);
	assert_int_equal(store_write(s, write_much, NULL, STORE_DURABLE, NULL), ST_OK);
	slurp(live, "checkpoint", &checkpoint);
	states[0][0] = 0;
	state_count = 0;
	change(s, 1, STORE_DURABLE);
	look(&moments[0]);
	for (int i = 1; i < IMAGES; i++)
		change_and_look(s, &moments[i], i > 1 ? moments[i - 1].durable : 0);
	slurp(live, "checkpoint", &later);
	bool alone = slice_eq(buf_slice(&checkpoint), buf_slice(&later));
	if (alone)
		lose_power(moments, &checkpoint);
	buf_finish(&checkpoint);
	buf_finish(&later);
	return alone;
}

static void test_power_loss(void **state)
{
	struct moment moments[IMAGES] = {0};
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	int done = 0;
	print_message("SEED=%u\n", seed);
	srandom(seed);
	struct store *s = open_store(live, "first boot");
	for (int i = 0; i < TRIALS; i++)
		done += trial(s, moments);
	print_message("%d times three power losses and a kill\n", done);
	assert_true(done >= TRIALS / 2);
	store_close(s);
	for (int i = 0; i < IMAGES; i++) {
		buf_finish(&moments[i].data);
		buf_finish(&moments[i].wal);
	}
}

/* A store copied back without its checkpoint file, or under one of another store, is left as it is. */
static void test_foreign_file(void **state)
{
	struct buf data = BUF_INIT, checkpoint = BUF_INIT;
	state_count = 0;
	struct store *s = open_store(live, "first boot");
	for (int i = 0; i < 3; i++)
		change(s, 20, STORE_VISIBLE);
	unsigned then = state_count - 1;
	store_close(s);
	slurp(live, "data.mdb", &data);
	s = open_store(live, "first boot");
	for (int i = 0; i < 50; i++)
		change(s, 20, STORE_VISIBLE);
	store_close(s);
	slurp(live, "checkpoint", &checkpoint);
	struct crash c = {buf_slice(&data), buf_slice(&checkpoint), {0}, "first boot", then, then};
	restart(&c);
	c.checkpoint = slice_of(NULL, 0);
	restart(&c);
	buf_finish(&data);
	buf_finish(&checkpoint);
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

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	log_set_level(LOG_LEVEL_ERROR);                                    /* each recovery is a warning */
	const char *base = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm"; /* a disk would only make it slow */
	snprintf(live, sizeof live, "%s/itemfs-power-XXXXXX", base);
	snprintf(crashed, sizeof crashed, "%s/itemfs-power-XXXXXX", base);
	return mkdtemp(live) && mkdtemp(crashed) ? 0 : 1;
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
