#include "engine/crypt/seal.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "engine/base/bytes.h"
#include "engine/crypt/seal_private.h"

#define FORMAT 1
#define CIPHER_GCM 1
#define CIPHER_XCHACHA 2
#define HEADER 6 /* format, cipher, key version */
#define TAG 16
#define GCM_NONCE crypto_aead_aes256gcm_NPUBBYTES
#define XCHACHA_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define STORED_KEY_MAX 512 /* LMDB's 511 */
#define AD_MAX (HEADER + 1 + STORED_KEY_MAX)

/* Seven prepared states fill one guarded page together with the key: this process's own salt and those of six earlier opens. */
#define STATES 7
#define BEING_MADE (-1)

static_assert(GCM_NONCE == 12 && XCHACHA_NONCE == 24, "the record format says so");

struct prepared {
	crypto_aead_aes256gcm_state state;
};

/* Readers hold a state by counting themselves into `users`; who finds none of a salt takes a slot that nobody uses from 0 to
 * BEING_MADE, and makes it anew. Nobody ever waits: when all slots are in use, a state is made on the stack. */
struct slot {
	_Atomic int users;
	_Atomic uint64_t salt; /* 1 << 32 | salt; 0: empty */
};

struct seal_key {
	struct prepared prepared[STATES];
	struct slot slots[STATES];
	uint8_t key[32];
	uint8_t xchacha_key[32];
	uint32_t version;
	_Atomic unsigned next_victim;
};
static_assert(sizeof(struct seal_key) % 16 == 0, "sodium_malloc() aligns the end, so the size decides the alignment of the start");

static _Atomic bool have_aes, forced_xchacha;
static _Atomic uint32_t own_salt;
static _Atomic uint64_t counter;

/* Also in the child of a fork: two processes must not count on from one place under one salt. */
void crypt_draw_salt(void)
{
	uint64_t start;
	randombytes_buf(&start, sizeof start);
	atomic_store(&own_salt, randombytes_random());
	atomic_store(&counter, start);
}

static void start_once(void)
{
	have_aes = crypto_aead_aes256gcm_is_available() != 0;
	crypt_draw_salt();
	pthread_atfork(NULL, NULL, crypt_draw_salt);
}

enum status crypt_init(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (sodium_init() < 0)
		return err_set(err, ST_INTERNAL, "libsodium does not start");
	pthread_once(&once, start_once);
	return ST_OK;
}

void crypt_force_xchacha(bool force)
{
	forced_xchacha = force;
}

static bool use_gcm(void)
{
	return have_aes && !forced_xchacha;
}

const char *crypt_cipher_name(void)
{
	return use_gcm() ? "AES-256-GCM" : "XChaCha20-Poly1305";
}

struct seal_key *seal_key_new(const uint8_t key[32], uint32_t version)
{
	struct seal_key *k = sodium_malloc(sizeof *k);
	if (!k)
		return NULL;
	memset(k, 0, sizeof *k);
	memcpy(k->key, key, 32);
	crypto_kdf_derive_from_key(k->xchacha_key, 32, 0, "rec-xch1", key);
	k->version = version;
	return k;
}

void seal_key_free(struct seal_key *k)
{
	sodium_free(k); /* wipes; NULL is fine */
}

static void make_state(const struct seal_key *k, uint32_t salt, struct prepared *p)
{
	uint8_t sub[32];
	crypto_kdf_derive_from_key(sub, 32, salt, "rec-gcm1", k->key);
	crypto_aead_aes256gcm_beforenm(&p->state, sub);
	sodium_memzero(sub, sizeof sub);
}

/** The slot that holds the salt's state, counted into; -1 when there is none. */
static int hold(struct seal_key *k, uint64_t tagged)
{
	for (int i = 0; i < STATES; i++) {
		struct slot *s = &k->slots[i];
		if (atomic_load_explicit(&s->salt, memory_order_relaxed) != tagged)
			continue;
		int users = atomic_load(&s->users);
		while (users != BEING_MADE && !atomic_compare_exchange_weak(&s->users, &users, users + 1))
			;
		if (users == BEING_MADE)
			continue;
		if (atomic_load(&s->salt) == tagged)
			return i;
		atomic_fetch_sub(&s->users, 1);
	}
	return -1;
}

/** Puts the salt's state into a slot that nobody uses, and holds it; -1 when all are in use. */
static int make_slot(struct seal_key *k, uint32_t salt, uint64_t tagged)
{
	uint64_t own = UINT64_C(1) << 32 | atomic_load(&own_salt);
	for (int tries = 0; tries < STATES; tries++) {
		unsigned i = atomic_fetch_add(&k->next_victim, 1) % STATES;
		struct slot *s = &k->slots[i];
		int idle = 0;
		if (atomic_load(&s->salt) == own || !atomic_compare_exchange_strong(&s->users, &idle, BEING_MADE))
			continue;
		make_state(k, salt, &k->prepared[i]);
		atomic_store(&s->salt, tagged);
		atomic_store(&s->users, 1);
		return (int)i;
	}
	return -1;
}

/** A state for the salt: in a slot (let_go() it), or, when all are in use, in `spare`. */
static const crypto_aead_aes256gcm_state *state_of(struct seal_key *k, uint32_t salt, struct prepared *spare, int *held)
{
	uint64_t tagged = UINT64_C(1) << 32 | salt;
	*held = hold(k, tagged);
	if (*held < 0)
		*held = make_slot(k, salt, tagged);
	if (*held >= 0)
		return &k->prepared[*held].state;
	make_state(k, salt, spare);
	return &spare->state;
}

static void let_go(struct seal_key *k, int held, struct prepared *spare)
{
	if (held >= 0)
		atomic_fetch_sub(&k->slots[held].users, 1);
	else
		sodium_memzero(spare, sizeof *spare);
}

size_t seal_size(size_t plain_len)
{
	return HEADER + (use_gcm() ? GCM_NONCE : XCHACHA_NONCE) + plain_len + TAG;
}

/** What binds a record to its place: its header, the sub-database, the stored key. Returns the length. */
static size_t bind_place(const uint8_t *header, uint8_t db, struct slice stored_key, uint8_t ad[AD_MAX])
{
	memcpy(ad, header, HEADER);
	ad[HEADER] = db;
	if (stored_key.len)
		memcpy(ad + HEADER + 1, stored_key.ptr, stored_key.len);
	return HEADER + 1 + stored_key.len;
}

static void seal_gcm(struct seal_key *k, struct slice ad, struct slice plain, uint8_t *out)
{
	uint32_t salt = atomic_load_explicit(&own_salt, memory_order_relaxed);
	uint64_t count = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
	struct prepared spare;
	int held;
	put_le32(out, salt);
	put_le64(out + 4, count);
	const crypto_aead_aes256gcm_state *state = state_of(k, salt, &spare, &held);
	crypto_aead_aes256gcm_encrypt_afternm(out + GCM_NONCE, NULL, plain.ptr, plain.len, ad.ptr, ad.len, NULL, out, state);
	let_go(k, held, &spare);
}

static void seal_xchacha(struct seal_key *k, struct slice ad, struct slice plain, uint8_t *out)
{
	randombytes_buf(out, XCHACHA_NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + XCHACHA_NONCE, NULL, plain.ptr, plain.len, ad.ptr, ad.len, NULL, out, k->xchacha_key);
}

void seal_record(struct seal_key *k, uint8_t db, struct slice stored_key, struct slice plain, uint8_t *out)
{
	uint8_t ad[AD_MAX];
	bool gcm = use_gcm();
	assert(stored_key.len <= STORED_KEY_MAX);
	out[0] = FORMAT;
	out[1] = gcm ? CIPHER_GCM : CIPHER_XCHACHA;
	put_le32(out + 2, k->version);
	size_t n = bind_place(out, db, stored_key, ad);
	if (gcm)
		seal_gcm(k, slice_of(ad, n), plain, out + HEADER);
	else
		seal_xchacha(k, slice_of(ad, n), plain, out + HEADER);
}

static int unseal_gcm(struct seal_key *k, struct slice ad, struct slice sealed, uint8_t *out)
{
	struct prepared spare;
	int held;
	const crypto_aead_aes256gcm_state *state = state_of(k, get_le32(sealed.ptr), &spare, &held);
	int bad = crypto_aead_aes256gcm_decrypt_afternm(
		out, NULL, NULL, sealed.ptr + GCM_NONCE, sealed.len - GCM_NONCE, ad.ptr, ad.len, sealed.ptr, state);
	let_go(k, held, &spare);
	return bad;
}

static int unseal_xchacha(struct seal_key *k, struct slice ad, struct slice sealed, uint8_t *out)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.ptr + XCHACHA_NONCE, sealed.len - XCHACHA_NONCE,
		ad.ptr, ad.len, sealed.ptr, k->xchacha_key);
}

enum status unseal_record(
	struct seal_key *k, uint8_t db, struct slice stored_key, struct slice record, struct buf *out, struct err *err)
{
	uint8_t ad[AD_MAX];
	if (record.len < HEADER + GCM_NONCE + TAG || record.ptr[0] != FORMAT || stored_key.len > STORED_KEY_MAX)
		return err_code(err, ST_CORRUPT);
	bool gcm = record.ptr[1] == CIPHER_GCM;
	size_t nonce = gcm ? GCM_NONCE : XCHACHA_NONCE;
	if ((!gcm && record.ptr[1] != CIPHER_XCHACHA) || record.len < HEADER + nonce + TAG)
		return err_code(err, ST_CORRUPT);
	if (gcm && !have_aes)
		return err_set(err, ST_UNSUPPORTED, "the record was sealed with AES-256-GCM, and this processor has no AES");
	size_t n = bind_place(record.ptr, db, stored_key, ad), plain = record.len - HEADER - nonce - TAG;
	uint8_t *to = buf_reserve(out, plain);
	struct slice sealed = slice_from(record, HEADER);
	if (gcm ? unseal_gcm(k, slice_of(ad, n), sealed, to) : unseal_xchacha(k, slice_of(ad, n), sealed, to)) {
		to[0] = 0; /* the NUL that ends every buffer */
		return err_code(err, ST_CORRUPT);
	}
	buf_added(out, plain);
	return ST_OK;
}

uint32_t seal_version(struct slice record)
{
	return record.len < HEADER ? 0 : get_le32(record.ptr + 2);
}
