/*
 * engine_vs_lmdb: what encryption, tables, versions and times cost on top of the store underneath.
 *
 *   engine_vs_lmdb [-n ITEMS] [-d DIR] [-r TURNS] [WORD]
 *
 * Both stores are made in DIR (default: $TMPDIR or /tmp), and removed. WORD: of the contests after the first, which fills the stores, only
 * those with this word in their name, for a profiler. -r: so many times the turns.
 *
 * One process, one thread, the engine and a plain LMDB in turns of some milliseconds, so that whatever else the machine does hits both. The
 * plain side has the same items as values, keys in the clear, a fresh snapshot for each get and a copy of each value that is read:
 * the least that a program using LMDB would do. Visible writes stand against LMDB without sync (MDB_NOSYNC), both with one sync at the end
 * of the turn; durable ones against LMDB's own synchronous commit.
 *
 * Prints, for each size of item and kind of table, items a second on both sides, their ratio, and the bar where there is one.
 */
#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/json.h"
#include "tests/bench/sample.h"

#define PARTITION_ITEMS 1000 /* of a table with sort keys */

struct bench {
	size_t count, size;
	bool sorted; /* the table has a sort key */
	struct buf items;
	size_t *at;                    /* count + 1 places in `items` */
	char (*keys)[SAMPLE_NAME_MAX]; /* both parts, side by side; the plain side searches by them as they stand */
	uint32_t *order;               /* a shuffle of 0 .. count - 1 */
	struct engine *engine;
	struct table *table;
	struct buf got; /* where the engine puts what it read */
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *reader; /* reset between gets */
	uint8_t copy[SAMPLE_SIZE_MAX];
	char path[200];
};

static const struct caller self = {.face = FACE_ENGINE};
static const struct unlock unlock = {.kind = UNLOCK_KEY_FILE, .secret = {(const uint8_t *)"benchmarks-need-no-secret-at-all", 32}};

static void must(enum status st, const struct err *err)
{
	if (st) {
		fprintf(stderr, "engine_vs_lmdb: %s: %s\n", status_info(st)->name, err->text);
		exit(1);
	}
}

static void must_lmdb(int rc)
{
	if (rc) {
		fprintf(stderr, "engine_vs_lmdb: LMDB: %s\n", mdb_strerror(rc));
		exit(1);
	}
}

/* Items and their keys: "k0000001", or partition "k0000000" and sort key "s0000001". Made beforehand: no side's work. */

static struct key key_of(const struct bench *b, size_t i)
{
	const char *text = b->keys[i];
	size_t n = strlen("k0000001");
	return (struct key){slice_of(text, n), slice_of(b->sorted ? text + n : NULL, b->sorted ? n : 0)};
}

static MDB_val raw_key(const struct bench *b, size_t i)
{
	struct key k = key_of(b, i);
	return (MDB_val){k.pk.len + k.sk.len, (void *)k.pk.ptr};
}

static void make_key(struct bench *b, size_t i)
{
	char *text = b->keys[i];
	sample_key('k', b->sorted ? i / PARTITION_ITEMS : i, text);
	sample_key('s', i, text + strlen(text));
}

static struct slice item_of(const struct bench *b, size_t i)
{
	return slice_of(b->items.ptr + b->at[i], b->at[i + 1] - b->at[i]);
}

static void make_item(struct bench *b, size_t i)
{
	char text[SAMPLE_SIZE_MAX + 1];
	struct buf plain = BUF_INIT, keyed = BUF_INIT;
	struct err err;
	struct key k = key_of(b, i);
	size_t n = sample_text('k', i, 0, b->size, text);
	must(json_read_item(slice_of(text, n), JSON_NATURAL, &plain, &err), &err);
	item_with(buf_slice(&plain), SLICE_LIT("pk"), (struct value){.type = VALUE_S, .body = k.pk}, &keyed);
	if (b->sorted)
		item_with(buf_slice(&keyed), SLICE_LIT("sk"), (struct value){.type = VALUE_S, .body = k.sk}, &b->items);
	else
		buf_add_slice(&b->items, buf_slice(&keyed));
	buf_finish(&plain);
	buf_finish(&keyed);
}

static void make_items(struct bench *b)
{
	uint64_t state = 1;
	b->at = xcalloc(b->count + 1, sizeof *b->at);
	b->order = xcalloc(b->count, sizeof *b->order);
	b->keys = xcalloc(b->count, sizeof *b->keys);
	for (size_t i = 0; i < b->count; i++) {
		make_key(b, i);
		make_item(b, i);
		b->at[i + 1] = b->items.len;
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		size_t j = (size_t)(state >> 33) % (i + 1);
		b->order[i] = b->order[j];
		b->order[j] = (uint32_t)i;
	}
}

/* The two stores */

static void open_engine(struct bench *b)
{
	char path[256];
	struct err err;
	struct table_def def;
	const char *text = b->sorted ? "{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
				       "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":"
				       "\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}]}"
				     : "{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"}],"
				       "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}]}";
	snprintf(path, sizeof path, "%s/engine", b->path);
	must(engine_create(path, &unlock, &err), &err);
	must(engine_open(&(struct engine_options){.path = path, .unlock = &unlock}, &b->engine, &err), &err);
	must(table_def_parse(slice_str(text), "bench", &self, &def, &err), &err);
	must(table_create(b->engine, &self, &def, &b->table, &err), &err);
	table_def_finish(&def);
}

static void open_raw(struct bench *b)
{
	char path[256];
	MDB_txn *txn;
	snprintf(path, sizeof path, "%s/raw", b->path);
	must_lmdb(mkdir(path, 0700) < 0 ? errno : 0);
	must_lmdb(mdb_env_create(&b->env));
	must_lmdb(mdb_env_set_mapsize(b->env, (size_t)1 << 40));
	must_lmdb(mdb_env_open(b->env, path, MDB_NOTLS, 0600));
	must_lmdb(mdb_txn_begin(b->env, NULL, 0, &txn));
	must_lmdb(mdb_dbi_open(txn, NULL, 0, &b->dbi));
	must_lmdb(mdb_txn_commit(txn));
	must_lmdb(mdb_txn_begin(b->env, NULL, MDB_RDONLY, &b->reader));
	mdb_txn_reset(b->reader);
}

static void close_both(struct bench *b)
{
	char command[256];
	table_unref(b->table);
	engine_close(b->engine);
	mdb_txn_abort(b->reader);
	mdb_env_close(b->env);
	buf_finish(&b->items);
	buf_finish(&b->got);
	free(b->at);
	free(b->order);
	free(b->keys);
	snprintf(command, sizeof command, "rm -rf '%s'", b->path);
	if (system(command) != 0)
		fprintf(stderr, "engine_vs_lmdb: %s stays behind\n", b->path);
}

/* One turn of a contest: `n` items from place `from` of the shuffle, or as many as a scan meets. Returns how many it did. */
struct contest {
	const char *name;
	double bar; /* 0: none */
	size_t turn, turns;
	size_t batch; /* puts in one transaction */
	bool durable;
	size_t (*engine)(struct bench *b, const struct contest *c, size_t from);
	size_t (*raw)(struct bench *b, const struct contest *c, size_t from);
};

static size_t nth(const struct bench *b, size_t place)
{
	return b->order[place % b->count];
}

static size_t engine_get(struct bench *b, const struct contest *c, size_t from)
{
	struct item_meta meta;
	struct err err;
	for (size_t i = from; i < from + c->turn; i++) {
		struct key k = key_of(b, nth(b, i));
		buf_reset(&b->got);
		must(op_get(b->engine, &self, b->table, &k, &meta, &b->got, &err), &err);
	}
	return c->turn;
}

static size_t raw_get(struct bench *b, const struct contest *c, size_t from)
{
	for (size_t i = from; i < from + c->turn; i++) {
		MDB_val v, k = raw_key(b, nth(b, i));
		must_lmdb(mdb_txn_renew(b->reader));
		must_lmdb(mdb_get(b->reader, b->dbi, &k, &v));
		memcpy(b->copy, v.mv_data, v.mv_size);
		mdb_txn_reset(b->reader);
	}
	return c->turn;
}

static void engine_put_batch(struct bench *b, const struct contest *c, size_t from)
{
	static struct put_request requests[OP_PUT_MANY_MAX];
	struct err err;
	size_t failed;
	enum commit_mode mode = c->durable ? COMMIT_DURABLE : COMMIT_VISIBLE;
	for (size_t i = 0; i < c->batch; i++)
		requests[i] = (struct put_request){.table = b->table, .item = item_of(b, nth(b, from + i)), .mode = mode};
	if (c->batch == 1)
		must(op_put(b->engine, &self, requests, NULL, &err), &err);
	else
		must(op_put_many(b->engine, &self, requests, c->batch, &failed, &err), &err);
}

/* Each turn ends on the disk: the engine brings visible changes there behind the caller's back, so what that costs has to be counted, and
 * the plain side must not get away without it. */
static size_t engine_put(struct bench *b, const struct contest *c, size_t from)
{
	struct err err;
	for (size_t i = 0; i < c->turn; i += c->batch)
		engine_put_batch(b, c, from + i);
	must(op_sync(b->engine, &err), &err);
	return c->turn;
}

static void raw_put_batch(struct bench *b, const struct contest *c, size_t from)
{
	MDB_txn *txn;
	must_lmdb(mdb_txn_begin(b->env, NULL, 0, &txn));
	for (size_t i = 0; i < c->batch; i++) {
		size_t item = nth(b, from + i);
		struct slice s = item_of(b, item);
		MDB_val k = raw_key(b, item), v = {s.len, (void *)s.ptr};
		must_lmdb(mdb_put(txn, b->dbi, &k, &v, 0));
	}
	must_lmdb(mdb_txn_commit(txn));
}

static size_t raw_put(struct bench *b, const struct contest *c, size_t from)
{
	must_lmdb(mdb_env_set_flags(b->env, MDB_NOSYNC, !c->durable));
	for (size_t i = 0; i < c->turn; i += c->batch)
		raw_put_batch(b, c, from + i);
	must_lmdb(mdb_env_sync(b->env, 1));
	return c->turn;
}

struct tally {
	size_t left, seen;
};

static bool count_row(const struct list_row *row, void *arg)
{
	struct tally *t = arg;
	struct err err = {.text = "a row of a listing"};
	must(row->status, &err);
	t->seen++;
	return --t->left;
}

static size_t engine_scan(struct bench *b, const struct contest *c, size_t from)
{
	struct tally t = {.left = c->turn};
	struct partition_pos start = {.set = false};
	struct err err;
	must(op_scan(b->engine, &self, b->table, &start, slice_of(NULL, 0), count_row, &t, &err), &err);
	return t.seen;
}

/* The items of one partition, in order. */
static size_t engine_list(struct bench *b, const struct contest *c, size_t from)
{
	struct tally t = {.left = c->turn};
	struct err err;
	must(op_list_items(b->engine, &self, b->table, key_of(b, nth(b, from)).pk, slice_of(NULL, 0), false, count_row, &t, &err),
		&err);
	return t.seen;
}

static size_t raw_walk(struct bench *b, size_t n, MDB_val *key, MDB_cursor_op op)
{
	MDB_cursor *cursor;
	MDB_val v;
	size_t seen = 0;
	must_lmdb(mdb_txn_renew(b->reader));
	must_lmdb(mdb_cursor_open(b->reader, b->dbi, &cursor));
	for (int rc = mdb_cursor_get(cursor, key, &v, op); rc == 0 && seen < n; rc = mdb_cursor_get(cursor, key, &v, MDB_NEXT)) {
		memcpy(b->copy, v.mv_data, v.mv_size);
		seen++;
	}
	mdb_cursor_close(cursor);
	mdb_txn_reset(b->reader);
	return seen;
}

static size_t raw_scan(struct bench *b, const struct contest *c, size_t from)
{
	MDB_val key;
	return raw_walk(b, c->turn, &key, MDB_FIRST);
}

static size_t raw_list(struct bench *b, const struct contest *c, size_t from)
{
	struct slice pk = key_of(b, nth(b, from)).pk;
	return raw_walk(b, c->turn, &(MDB_val){pk.len, (void *)pk.ptr}, MDB_SET_RANGE);
}

static const struct contest contests[] = {
	{"put new, batches of 1000", 0.5, 20000, 0, 1000, false, engine_put, raw_put}, /* fills both: as many turns as it takes */
	{"get", 0.6, 5000, 40, 0, false, engine_get, raw_get},
	{"range: one partition", 0.3, PARTITION_ITEMS, 100, 0, false, engine_list, raw_list},
	{"range: whole table", 0.3, 20000, 10, 0, false, engine_scan, raw_scan},
	{"replace, batches of 1000", 0.5, 20000, 4, 1000, false, engine_put, raw_put},
	{"replace, batches of 100", 0.5, 5000, 8, 100, false, engine_put, raw_put},
	{"replace, 1000, durable", 0.5, 5000, 4, 1000, true, engine_put, raw_put},
	{"replace, 100, durable", 0.5, 2000, 8, 100, true, engine_put, raw_put},
	{"replace, one by one", 0, 500, 10, 1, false, engine_put, raw_put},
	{"replace, 1, durable", 0, 100, 10, 1, true, engine_put, raw_put},
};

/* The side that goes first changes from turn to turn, so that neither always finds the caches of the other. */
static void compete(struct bench *b, const struct contest *c, size_t repeat)
{
	size_t turns = c->turns ? c->turns * repeat : b->count / c->turn, done[2] = {0, 0};
	double us[2] = {0, 0};
	for (size_t i = 0; i < 2 * turns; i++) {
		unsigned side = (i ^ (i >> 1)) & 1;
		double start = bench_now_us();
		done[side] += (side ? c->raw : c->engine)(b, c, i / 2 * c->turn);
		us[side] += bench_now_us() - start;
	}
	double engine = (double)done[0] / us[0] * 1e6, raw = (double)done[1] / us[1] * 1e6;
	printf("  %-26s %12.0f %12.0f %7.2f", c->name, engine, raw, engine / raw);
	if (c->bar > 0)
		printf(" %6.2f  %s", c->bar, engine / raw >= c->bar ? "ok" : "UNDER");
	printf("\n");
	fflush(stdout);
}

static bool wanted(const struct contest *c, bool sorted, const char *word)
{
	return (sorted || c->engine != engine_list) && (!c->turns || !word || strstr(c->name, word));
}

static void run(const char *dir, size_t count, size_t size, bool sorted, size_t repeat, const char *word)
{
	struct bench *b = xcalloc(1, sizeof *b);
	b->count = count;
	b->size = size;
	b->sorted = sorted;
	snprintf(b->path, sizeof b->path, "%s/itemfs-bench-XXXXXX", dir);
	if (!mkdtemp(b->path)) {
		perror(b->path);
		exit(1);
	}
	make_items(b);
	open_engine(b);
	open_raw(b);
	printf("%zu items of %zu bytes, %s\n  %-26s %12s %12s %7s %6s\n", count, size,
		sorted ? "with a sort key" : "partition key only", "", "engine/s", "LMDB/s", "ratio", "bar");
	for (size_t i = 0; i < sizeof contests / sizeof *contests; i++)
		if (wanted(&contests[i], sorted, word))
			compete(b, &contests[i], repeat);
	close_both(b);
	free(b);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	size_t count = 100000, repeat = 1;
	for (int c; (c = getopt(argc, argv, "n:d:r:")) != -1;)
		if (c == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (c == 'd')
			dir = optarg;
		else if (c == 'r')
			repeat = strtoul(optarg, NULL, 10);
		else
			return 2;
	if (optind + 1 < argc || count < 20000 || strlen(dir) > 150) {
		fprintf(stderr, "usage: engine_vs_lmdb [-n ITEMS] [-d DIR] [-r TURNS] [WORD]   (20000 items or more)\n");
		return 2;
	}
	for (int i = 0; i < 4; i++)
		run(dir, count, i & 1 ? 1024 : SAMPLE_SIZE_MIN, i >= 2, repeat, argv[optind]);
	return 0;
}
