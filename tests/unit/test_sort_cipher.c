/* Sort keys: deterministic, deciphered from any place, compared as their clear bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "engine/crypt/sort_cipher.h"

static struct sort_cipher cipher;
static const uint8_t hash_a[16] = "partition one  ", hash_b[16] = "partition two  ";

static int start(void **state)
{
	static const uint8_t siv[32] = {1}, ctr[32] = {2};
	sort_cipher_init(&cipher, siv, ctr);
	return 0;
}

static void test_known_blocks(void **state)
{
	uint8_t siv[16], zeros[48] = {0}, stream[48], block[48];
	memset(siv, 0xFF, sizeof siv); /* the counter carries over all 128 bits */
	sort_crypt(&cipher, siv, 0, zeros, stream, sizeof stream);
	memset(block, 0, sizeof block);
	memset(block, 0xFF, 16);
	block[47] = 1;
	aes256_encrypt(&cipher.ctr, sizeof block, block, block);
	assert_memory_equal(stream, block, sizeof block);
}

static void test_siv(void **state)
{
	uint8_t a[16], again[16], b[16], longer[16];
	sort_siv(&cipher, hash_a, SLICE_LIT("2026-01"), a);
	sort_siv(&cipher, hash_a, SLICE_LIT("2026-01"), again);
	sort_siv(&cipher, hash_b, SLICE_LIT("2026-01"), b);
	sort_siv(&cipher, hash_a, SLICE_LIT("2026-011"), longer);
	assert_memory_equal(a, again, 16);
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a, longer, 16);
	struct cmac_aes256_ctx mac = cipher.siv;
	cmac_aes256_update(&mac, 16, hash_a);
	cmac_aes256_update(&mac, 7, (const uint8_t *)"2026-01");
	cmac_aes256_digest(&mac, 16, b);
	assert_memory_equal(a, b, 16);
}

static void test_any_offset(void **state)
{
	uint8_t siv[16] = {9}, in[700], whole[700], part[700];
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)rand();
	sort_crypt(&cipher, siv, 0, in, whole, sizeof in);
	for (size_t at = 0; at < sizeof in; at += 37) {
		for (size_t n = 0; at + n <= sizeof in; n += 53) {
			sort_crypt(&cipher, siv, at, in + at, part, n);
			assert_memory_equal(part, whole + at, n);
		}
	}
	sort_crypt(&cipher, siv, 0, whole, whole, sizeof whole);
	assert_memory_equal(whole, in, sizeof in);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_compare(void **state)
{
	for (int round = 0; round < 5000; round++) {
		uint8_t a[300], b[300], sealed[300], siv[16];
		size_t na = (size_t)rand() % sizeof a, nb = (size_t)rand() % sizeof b, same = (size_t)rand() % sizeof a;
		for (size_t i = 0; i < sizeof a; i++) {
			a[i] = (uint8_t)(rand() % 3);
			b[i] = i < same ? a[i] : (uint8_t)(rand() % 3);
		}
		if (round % 5 == 0)
			nb = na;
		sort_siv(&cipher, hash_a, slice_of(b, nb), siv);
		sort_crypt(&cipher, siv, 0, b, sealed, nb);
		int want = slice_cmp(slice_of(a, na), slice_of(b, nb));
		assert_int_equal(sign(sort_compare(&cipher, slice_of(a, na), siv, slice_of(sealed, nb))), sign(want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_blocks), cmocka_unit_test(test_siv),
		cmocka_unit_test(test_any_offset), cmocka_unit_test(test_compare)};
	return cmocka_run_group_tests(tests, start, NULL);
}
