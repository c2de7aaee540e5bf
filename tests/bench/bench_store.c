/* What one call of the store costs: bench_store FOLDER [DURABLE-WRITES]. Build with optimisation; compare only numbers of one run. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/crypt/seal.h"
#include "engine/crypt/sort_cipher.h"
#include "engine/store/store.h"

#define ROWS 100000
#define SIZE 200
#define SIZE_DURABLE 1024
#define THREADS_MAX 64

static struct sort_cipher cipher;
static struct seal_key *seal;
static struct store *store;

static const struct sort_cipher *the_cipher(uint32_t table_id, void *arg)
{
	return &cipher;
}

static uint32_t scatter(uint32_t i)
{
	return i * 2654435761u;
}

static struct store_key key_of(uint32_t k, uint8_t bytes[STORE_PREFIX_SIZE + 24])
{
	uint32_t partition = scatter(k / 100);
	memset(bytes, 0, STORE_PREFIX_SIZE);
	bytes[3] = 1;
	memcpy(bytes + 6, &partition, 4);
	snprintf((char *)bytes + STORE_PREFIX_SIZE, 24, "event#%014u", k % 100);
	return (struct store_key){slice_of(bytes, STORE_PREFIX_SIZE), slice_of(bytes + STORE_PREFIX_SIZE, 20), true};
}

static enum status put_row(struct store_txn *txn, uint32_t k, struct slice plain, struct err *err)
{
	uint8_t bytes[STORE_PREFIX_SIZE + 24], *to;
	struct store_key key = key_of(k, bytes);
	struct store_row row;
	enum status st = store_put(txn, STORE_ITEMS, &key, seal_size(plain.len), &to, &row, err);
	if (!st)
		seal_record(seal, STORE_ITEMS, row.stored, plain, to);
	return st;
}

static enum status put_one(struct store_txn *txn, void *arg, struct err *err)
{
	static const uint8_t plain[SIZE] = {1};
	return put_row(txn, *(uint32_t *)arg, slice_of(plain, SIZE), err);
}

static enum status put_1k(struct store_txn *txn, void *arg, struct err *err)
{
	static const uint8_t plain[SIZE_DURABLE] = {1};
	return put_row(txn, *(uint32_t *)arg, slice_of(plain, SIZE_DURABLE), err);
}

static enum status put_all(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	uint32_t *next = arg;
	for (uint32_t n = 0; !st && n < 1000; n++, ++*next)
		st = put_one(txn, next, err);
	return st;
}

static enum status get_one(struct store_txn *txn, void *arg, struct err *err)
{
	static _Thread_local struct buf out;
	uint8_t bytes[STORE_PREFIX_SIZE + 24];
	struct store_key key = key_of(*(uint32_t *)arg, bytes);
	struct store_row row;
	enum status st = store_get(txn, STORE_ITEMS, &key, &row, err);
	buf_reset(&out);
	return st ? st : unseal_record(seal, STORE_ITEMS, row.stored, row.value, &out, err);
}

static enum status get_many(struct store_txn *txn, void *arg, struct err *err)
{
	enum status st = ST_OK;
	for (uint32_t i = 0; !st && i < *(uint32_t *)arg; i++) {
		uint32_t k = scatter(i) % ROWS;
		st = get_one(txn, &k, err);
	}
	return st;
}

static void must(enum status st)
{
	if (st) {
		fprintf(stderr, "%s\n", status_info(st)->name);
		exit(1);
	}
}

static void report(const char *what, uint64_t since, uint32_t n)
{
	double us = (double)(clock_monotonic_ns() - since) / 1000 / n;
	printf("%-44s %8.2f us  %10.0f/s\n", what, us, 1e6 / us);
}

struct writer {
	pthread_t thread;
	uint32_t first, count, step;
};

static void *write_durable(void *arg)
{
	const struct writer *w = arg;
	for (uint32_t i = 0; i < w->count; i++) {
		uint32_t k = scatter(i * w->step + w->first) % ROWS;
		must(store_write(store, put_1k, &k, STORE_DURABLE, NULL));
	}
	return NULL;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void bench_durable(uint32_t threads, uint32_t n)
{
	struct writer writers[THREADS_MAX];
	struct store_stat before, after;
	char what[80];
	must(store_sync(store, NULL));
	sleep(2); /* what was written before is on disk */
	store_get_stat(store, &before);
	uint64_t since = clock_monotonic_ns(), cpu = cpu_ns();
	for (uint32_t i = 0; i < threads; i++) {
		writers[i] = (struct writer){.first = i, .step = threads, .count = n / threads};
		pthread_create(&writers[i].thread, NULL, write_durable, &writers[i]);
	}
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(writers[i].thread, NULL);
	uint64_t took = clock_monotonic_ns() - since;
	cpu = cpu_ns() - cpu;
	store_get_stat(store, &after);
	snprintf(what, sizeof what, "durable write of 1 KB, %u threads", threads);
	report(what, clock_monotonic_ns() - took, n);
	printf("    %.2f us of processor time a write, %llu commits, %llu syncs\n", (double)cpu / 1000 / n,
		(unsigned long long)(after.commits - before.commits), (unsigned long long)(after.syncs - before.syncs));
}

int main(int argc, char **argv)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2}, record[32] = {3};
	struct store_options o = {.path = argc > 1 ? argv[1] : ".", .create = true, .sort_cipher = the_cipher};
	uint32_t n = 0, many = 100000;
	must(crypt_init(NULL));
	sort_cipher_init(&cipher, siv, ctr);
	seal = seal_key_new(record, 1);
	must(store_open_lmdb(&o, &store, NULL));
	uint64_t since = clock_monotonic_ns();
	while (n < ROWS)
		must(store_write(store, put_all, &n, STORE_VISIBLE, NULL));
	report("put, 1000 a commit", since, ROWS);
	must(store_sync(store, NULL));
	since = clock_monotonic_ns();
	must(store_read(store, get_many, &many, NULL));
	report("get and unseal 200 bytes, one read", since, many);
	since = clock_monotonic_ns();
	for (uint32_t i = 0; i < many; i++) {
		uint32_t k = scatter(i) % ROWS;
		must(store_read(store, get_one, &k, NULL));
	}
	report("read of one row of 200 bytes", since, many);
	since = clock_monotonic_ns();
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t k = scatter(i) % ROWS;
		must(store_write(store, put_one, &k, STORE_VISIBLE, NULL));
	}
	report("visible write, 1 thread", since, 20000);
	uint32_t writes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20000;
	bench_durable(1, writes / 4);
	bench_durable(16, writes);
	bench_durable(64, writes);
	store_close(store);
	seal_key_free(seal);
	return 0;
}
