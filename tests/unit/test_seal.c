/* Sealed records: what was sealed comes back, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "engine/crypt/seal.h"
#include "engine/crypt/seal_private.h"

static const uint8_t key_bytes[32] = "the same thirty-two bytes always";

static int both_ciphers(void (*body)(struct seal_key *k))
{
	for (int xchacha = 0; xchacha < 2; xchacha++) {
		struct seal_key *k = seal_key_new(key_bytes, 7);
		assert_non_null(k);
		crypt_force_xchacha(xchacha);
		body(k);
		seal_key_free(k);
	}
	crypt_force_xchacha(false);
	return 0;
}

static struct slice sealed(struct seal_key *k, struct slice place, struct slice plain)
{
	uint8_t *out = malloc(seal_size(plain.len));
	seal_record(k, 1, place, plain, out);
	return slice_of(out, seal_size(plain.len));
}

static void round_trip(struct seal_key *k)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 200, 4096, 409600};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct buf plain = BUF_INIT, out = BUF_INIT;
		buf_resize(&plain, sizes[i]);
		for (size_t j = 0; j < sizes[i]; j++)
			plain.ptr[j] = (uint8_t)(j * 7);
		buf_add_str(&out, "before");
		struct slice r = sealed(k, SLICE_LIT("place"), buf_slice(&plain));
		assert_int_equal(seal_version(r), 7);
		assert_int_equal(unseal_record(k, 1, SLICE_LIT("place"), r, &out, NULL), ST_OK);
		assert_true(slice_eq(slice_from(buf_slice(&out), 6), buf_slice(&plain)));
		free((void *)r.ptr);
		buf_finish(&plain);
		buf_finish(&out);
	}
}

static void damage_shows(struct seal_key *k)
{
	struct buf out = BUF_INIT;
	buf_add_str(&out, "kept");
	struct slice r = sealed(k, SLICE_LIT("place"), SLICE_LIT("the content of a record"));
	uint8_t *bytes = (uint8_t *)r.ptr;
	for (size_t i = 0; i < r.len; i++) {
		bytes[i] ^= 0x10;
		assert_int_equal(unseal_record(k, 1, SLICE_LIT("place"), r, &out, NULL), ST_CORRUPT);
		assert_string_equal(buf_str(&out), "kept");
		bytes[i] ^= 0x10;
	}
	for (size_t n = 0; n < r.len; n++)
		assert_int_equal(unseal_record(k, 1, SLICE_LIT("place"), slice_of(bytes, n), &out, NULL), ST_CORRUPT);
	assert_int_equal(unseal_record(k, 2, SLICE_LIT("place"), r, &out, NULL), ST_CORRUPT);
	assert_int_equal(unseal_record(k, 1, SLICE_LIT("other"), r, &out, NULL), ST_CORRUPT);
	assert_int_equal(unseal_record(k, 1, SLICE_LIT("place"), r, &out, NULL), ST_OK);
	free(bytes);
	buf_finish(&out);
}

static void nonces_differ(struct seal_key *k)
{
	struct slice a = sealed(k, SLICE_LIT("place"), SLICE_LIT("same")), b = sealed(k, SLICE_LIT("place"), SLICE_LIT("same"));
	assert_memory_not_equal(a.ptr + 6, b.ptr + 6, a.len - 6);
	free((void *)a.ptr);
	free((void *)b.ptr);
}

static void test_round_trip(void **state)
{
	both_ciphers(round_trip);
}

static void test_damage(void **state)
{
	both_ciphers(damage_shows);
}

static void test_nonces(void **state)
{
	both_ciphers(nonces_differ);
}

static void test_other_key(void **state)
{
	struct seal_key *a = seal_key_new(key_bytes, 1), *b = seal_key_new((const uint8_t *)"another key of thirty-two bytes!", 1);
	struct buf out = BUF_INIT;
	struct slice r = sealed(a, SLICE_LIT("p"), SLICE_LIT("x"));
	assert_int_equal(unseal_record(b, 1, SLICE_LIT("p"), r, &out, NULL), ST_CORRUPT);
	free((void *)r.ptr);
	buf_finish(&out);
	seal_key_free(a);
	seal_key_free(b);
}

/* Records of many opens of the store, read by many threads at once: more salts than there are prepared states. */
#define SALTS 40
static struct seal_key *shared;
static struct slice old_records[SALTS];

static void *read_all(void *arg)
{
	struct buf out = BUF_INIT;
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < SALTS; i++) {
			int at = (i * 7 + round) % (round % 3 ? 5 : SALTS);
			buf_reset(&out);
			if (unseal_record(shared, 1, SLICE_LIT("place"), old_records[at], &out, NULL) || out.len != 5)
				return "a record did not unseal";
		}
	}
	buf_finish(&out);
	return NULL;
}

static void test_many_salts(void **state)
{
	pthread_t threads[4];
	shared = seal_key_new(key_bytes, 1);
	for (int i = 0; i < SALTS; i++) {
		crypt_draw_salt();
		old_records[i] = sealed(shared, SLICE_LIT("place"), SLICE_LIT("plain"));
	}
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, read_all, NULL);
	for (int i = 0; i < 4; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	for (int i = 0; i < SALTS; i++)
		free((void *)old_records[i].ptr);
	seal_key_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_nonces), cmocka_unit_test(test_other_key), cmocka_unit_test(test_many_salts)};
	return crypt_init(NULL) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
