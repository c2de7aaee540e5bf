#include "engine/crypt/sort_cipher.h"

#include "engine/base/bytes.h"

#define BLOCK 16
#define BLOCKS_AT_ONCE 8 /* the processor's AES works on several blocks at a time */
#define FIRST_LOOK 32    /* most sort keys differ within so many bytes */

void sort_cipher_init(struct sort_cipher *c, const uint8_t siv_key[32], const uint8_t ctr_key[32])
{
	memset(c, 0, sizeof *c);
	cmac_aes256_set_key(&c->siv, siv_key);
	aes256_set_encrypt_key(&c->ctr, ctr_key);
}

/* nettle keeps the running MAC inside the key's struct; a state of our own leaves the cipher read-only. */
void sort_siv(const struct sort_cipher *c, const uint8_t partition_hash[16], struct slice sort, uint8_t siv[SORT_SIV_SIZE])
{
	struct cmac128_ctx mac;
	nettle_cipher_func *encrypt = (nettle_cipher_func *)nettle_aes256_encrypt;
	cmac128_init(&mac);
	cmac128_update(&mac, &c->siv.cipher, encrypt, 16, partition_hash);
	if (sort.len)
		cmac128_update(&mac, &c->siv.cipher, encrypt, sort.len, sort.ptr);
	cmac128_digest(&mac, &c->siv.key, &c->siv.cipher, encrypt, SORT_SIV_SIZE, siv);
}

/** The key stream from block `first` on: AES of SIV + first, SIV + first + 1 ... as 128-bit big-endian numbers. */
static void key_stream(const struct sort_cipher *c, const uint8_t siv[SORT_SIV_SIZE], uint64_t first, uint8_t *out, size_t blocks)
{
	uint64_t high = get_be64(siv), low = get_be64(siv + 8);
	for (size_t i = 0; i < blocks; i++) {
		uint64_t sum = low + first + i;
		put_be64(out + BLOCK * i, high + (sum < low));
		put_be64(out + BLOCK * i + 8, sum);
	}
	aes256_encrypt(&c->ctr, BLOCK * blocks, out, out);
}

void sort_crypt(
	const struct sort_cipher *c, const uint8_t siv[SORT_SIV_SIZE], size_t offset, const uint8_t *in, uint8_t *out, size_t n)
{
	uint8_t stream[BLOCK * BLOCKS_AT_ONCE];
	size_t skip = offset % BLOCK;
	uint64_t block = offset / BLOCK;
	for (size_t done = 0; done < n;) {
		size_t room = sizeof stream - skip;
		size_t step = n - done < room ? n - done : room;
		size_t blocks = (skip + step + BLOCK - 1) / BLOCK;
		key_stream(c, siv, block, stream, blocks);
		for (size_t i = 0; i < step; i++)
			out[done + i] = (uint8_t)(in[done + i] ^ stream[skip + i]);
		done += step;
		block += blocks;
		skip = 0;
	}
}

int sort_compare(const struct sort_cipher *c, struct slice clear, const uint8_t siv[SORT_SIV_SIZE], struct slice sealed)
{
	uint8_t part[BLOCK * BLOCKS_AT_ONCE];
	size_t n = clear.len < sealed.len ? clear.len : sealed.len, step = FIRST_LOOK;
	for (size_t done = 0; done < n; done += step, step = sizeof part) {
		size_t take = n - done < step ? n - done : step;
		sort_crypt(c, siv, done, sealed.ptr + done, part, take);
		int order = memcmp(clear.ptr + done, part, take);
		if (order)
			return order;
	}
	return (clear.len > sealed.len) - (clear.len < sealed.len);
}
