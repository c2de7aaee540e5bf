/*
 * load: fills tables of a store with sample items (sample.h), through the engine and in the largest batches that it takes.
 *
 *   load STORE KEYFILE TABLE ITEMS BYTES [PARTITIONS]
 *
 * Makes the table when it is not there. With PARTITIONS it has a sort key, and item i is partition i % PARTITIONS, sort key "s" and the
 * number; without, item i is the file k0000001.json. Prints how many items a second it put.
 */
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/json.h"
#include "tests/bench/sample.h"

static const struct caller self = {.face = FACE_CLI};

static void must(enum status st, const struct err *err)
{
	if (st) {
		fprintf(stderr, "load: %s: %s\n", status_info(st)->name, err->text);
		exit(1);
	}
}

static struct engine *open_store(const char *path, const char *key_file)
{
	struct buf secret = BUF_INIT;
	struct engine *e;
	struct err err;
	must(unlock_read_file(key_file, &secret, &err), &err);
	struct unlock unlock = {.kind = UNLOCK_KEY_FILE, .secret = buf_slice(&secret)};
	must(engine_open(&(struct engine_options){.path = path, .unlock = &unlock}, &e, &err), &err);
	buf_wipe(&secret);
	return e;
}

static struct table *make_table(struct engine *e, const char *name, bool sorted)
{
	struct table_def def;
	struct table *t;
	struct err err;
	const char *text = sorted ? "{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
				    "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":"
				    "\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}]}"
				  : "{\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"}],"
				    "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}]}";
	if (table_open(e, name, &t, &err) == ST_OK)
		return t;
	must(table_def_parse(slice_str(text), name, &self, &def, &err), &err);
	must(table_create(e, &self, &def, &t, &err), &err);
	table_def_finish(&def);
	return t;
}

static void add_item(unsigned long i, size_t size, unsigned long partitions, struct buf *out)
{
	char pk[SAMPLE_NAME_MAX], sk[SAMPLE_NAME_MAX], text[SAMPLE_SIZE_MAX + 1];
	struct buf plain = BUF_INIT, keyed = BUF_INIT;
	struct err err;
	must(json_read_item(slice_of(text, sample_text('k', i, 0, size, text)), JSON_NATURAL, &plain, &err), &err);
	if (!partitions) {
		buf_add_slice(out, buf_slice(&plain));
		buf_finish(&plain);
		return;
	}
	sample_key('p', i % partitions, pk);
	sample_key('s', i, sk);
	item_with(buf_slice(&plain), SLICE_LIT("pk"), (struct value){.type = VALUE_S, .body = slice_str(pk)}, &keyed);
	item_with(buf_slice(&keyed), SLICE_LIT("sk"), (struct value){.type = VALUE_S, .body = slice_str(sk)}, out);
	buf_finish(&plain);
	buf_finish(&keyed);
}

static void put_batch(struct engine *e, struct table *t, unsigned long from, unsigned long n, size_t size, unsigned long partitions)
{
	static struct put_request requests[OP_PUT_MANY_MAX];
	size_t ends[OP_PUT_MANY_MAX], failed;
	struct buf items = BUF_INIT;
	struct err err;
	for (unsigned long i = 0; i < n; i++) {
		add_item(from + i, size, partitions, &items);
		ends[i] = items.len;
	}
	for (unsigned long i = 0; i < n; i++) {
		size_t start = i ? ends[i - 1] : 0;
		requests[i] = (struct put_request){.table = t, .item = slice_of(items.ptr + start, ends[i] - start)};
	}
	must(op_put_many(e, &self, requests, n, &failed, &err), &err);
	buf_finish(&items);
}

int main(int argc, char **argv)
{
	if (argc < 6 || argc > 7) {
		fprintf(stderr, "usage: load STORE KEYFILE TABLE ITEMS BYTES [PARTITIONS]\n");
		return 2;
	}
	unsigned long count = strtoul(argv[4], NULL, 10), partitions = argc > 6 ? strtoul(argv[6], NULL, 10) : 0;
	size_t size = strtoul(argv[5], NULL, 10);
	if (size < SAMPLE_SIZE_MIN || size > SAMPLE_SIZE_MAX)
		return 2;
	struct engine *e = open_store(argv[1], argv[2]);
	struct table *t = make_table(e, argv[3], partitions > 0);
	double start = bench_now_us();
	for (unsigned long i = 0; i < count; i += OP_PUT_MANY_MAX)
		put_batch(e, t, i, count - i < OP_PUT_MANY_MAX ? count - i : OP_PUT_MANY_MAX, size, partitions);
	printf("%s: %.0f items a second\n", argv[3], (double)count / (bench_now_us() - start) * 1e6);
	table_unref(t);
	engine_close(e);
	return 0;
}
