/**
 * Sort keys: encrypted deterministically, ordered by a comparator that decrypts.
 *
 * Token = SIV (16) || ciphertext (as long as the clear text). SIV = CMAC-AES-256(siv key, partition hash || whole sort key); ciphertext = AES-256-CTR
 * (ctr key, SIV) of it. Equal keys of different partitions give unlike tokens. For a long key the token keeps the first
 * SORT_INLINE_MAX bytes; the rest is enciphered with the counter running on, so the whole is one stream.
 *
 * AES comes from nettle, since libsodium offers neither a bare AES nor a deterministic mode; nettle uses the processor's AES where it is there.
 * Locks: none; a cipher is read-only once made.
 */
#ifndef ENGINE_CRYPT_SORT_CIPHER_H
#define ENGINE_CRYPT_SORT_CIPHER_H

#include <nettle/aes.h>
#include <nettle/cmac.h>

#include "engine/base/slice.h"

#define SORT_SIV_SIZE 16
#define SORT_INLINE_MAX 440

struct sort_cipher {
	struct cmac_aes256_ctx siv;
	struct aes256_ctx ctr;
};

void sort_cipher_init(struct sort_cipher *c, const uint8_t siv_key[32], const uint8_t ctr_key[32]);

/** The SIV of the whole sort key. */
void sort_siv(const struct sort_cipher *c, const uint8_t partition_hash[16], struct slice sort, uint8_t siv[SORT_SIV_SIZE]);

/** Enciphers or deciphers bytes of the stream from `offset` (a multiple of 16 costs least). in and out may be the same. */
void sort_crypt(const struct sort_cipher *c, const uint8_t siv[SORT_SIV_SIZE], size_t offset, const uint8_t *in, uint8_t *out,
		size_t n);

/** slice_cmp() of the clear bytes `clear` with the enciphered `sealed`, deciphering no more than it needs. */
int sort_compare(const struct sort_cipher *c, struct slice clear, const uint8_t siv[SORT_SIV_SIZE], struct slice sealed);

#endif
