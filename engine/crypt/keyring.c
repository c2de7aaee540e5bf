#include "engine/keyring.h"

#include <assert.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/crypt/keyring_file.h"

#define KEY 32
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

struct kept_key { /* the keyring key, in guarded memory */
	uint8_t bytes[KEY];
};

static void seal_key_bytes(const uint8_t key[KEY], const char *place, const uint8_t plain[KEY], uint8_t sealed[SEALED_KEY_SIZE])
{
	randombytes_buf(sealed, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		sealed + NONCE, NULL, plain, KEY, (const uint8_t *)place, strlen(place), NULL, sealed, key);
}

static bool unseal_key_bytes(const uint8_t key[KEY], const char *place, const uint8_t sealed[SEALED_KEY_SIZE], uint8_t plain[KEY])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE, SEALED_KEY_SIZE - NONCE,
		       (const uint8_t *)place, strlen(place), sealed, key) == 0;
}

#define PLACE_MAX 160

static void slot_place(const struct ring *r, const struct ring_slot *s, char place[PLACE_MAX])
{
	snprintf(place, PLACE_MAX, "itemfs slot 1|%s|%u|%s", r->store_id, s->number, unlock_kind_name(s->kind));
}

static void master_place(const struct ring *r, const struct ring_master *m, char place[PLACE_MAX])
{
	snprintf(place, PLACE_MAX, "itemfs master 1|%s|%s|%s|%llu", r->store_id, m->id, master_state_name(m->state),
		(unsigned long long)m->created_ns);
}

static void compute_seal(const struct ring *r, const struct kept_key *key, uint8_t seal[RING_SEAL_SIZE])
{
	struct buf public = BUF_INIT;
	uint8_t sub[KEY];
	ring_public_part(r, &public);
	crypto_kdf_derive_from_key(sub, sizeof sub, 1, "ringseal", key->bytes);
	crypto_generichash(seal, RING_SEAL_SIZE, public.ptr, public.len, sub, sizeof sub);
	sodium_memzero(sub, sizeof sub);
	buf_finish(&public);
}

/** The key of one slot from its secret. */
static enum status slot_key(const struct ring_slot *s, struct slice secret, uint8_t key[KEY], struct err *err)
{
	static_assert(SLOT_SALT_SIZE >= crypto_pwhash_SALTBYTES && SLOT_SALT_SIZE <= crypto_generichash_KEYBYTES_MAX,
		"one salt for both");
	if (s->kind != UNLOCK_PASSPHRASE) {
		crypto_generichash(key, KEY, secret.ptr, secret.len, s->salt, sizeof s->salt);
		return ST_OK;
	}
	if (crypto_pwhash(key, KEY, (const char *)secret.ptr, secret.len, s->salt, s->ops, s->mem, crypto_pwhash_ALG_ARGON2ID13))
		return err_set(
			err, ST_NO_MEMORY, "a passphrase takes %u MB of memory to check, which are not to be had", s->mem >> 20);
	return ST_OK;
}

/* A credential is a key file that systemd hands over: either opens the other's slot. */
static bool kinds_match(enum unlock_kind a, enum unlock_kind b)
{
	return (a == UNLOCK_PASSPHRASE) == (b == UNLOCK_PASSPHRASE);
}

/** Tries the secret on each slot of its kind. ST_WRONG_KEY when none opens. */
static enum status try_slots(const struct ring *r, const struct unlock *u, struct kept_key *key, size_t *index, struct err *err)
{
	uint8_t of_slot[KEY];
	char place[PLACE_MAX];
	enum status st = ST_OK;
	bool opened = false;
	for (size_t i = 0; i < r->slot_count && !opened && !st; i++) {
		if (!kinds_match(r->slots[i].kind, u->kind))
			continue;
		st = slot_key(&r->slots[i], u->secret, of_slot, err);
		slot_place(r, &r->slots[i], place);
		opened = !st && unseal_key_bytes(of_slot, place, r->slots[i].sealed, key->bytes);
		*index = i;
	}
	sodium_memzero(of_slot, sizeof of_slot);
	if (st || opened)
		return st;
	return err_set(err, ST_WRONG_KEY, "this %s does not open the store", u->kind == UNLOCK_PASSPHRASE ? "passphrase" : "key");
}

/** Reads the ring and opens it: the keyring key in *key (sodium_free() it), the slot's place in `slots`. */
static enum status open_ring(
	const char *store, const struct unlock *u, struct ring *r, struct kept_key **key, size_t *index, struct err *err)
{
	uint8_t seal[RING_SEAL_SIZE];
	enum status st = crypt_init(err); /* slots are changed without an engine, which would have done it */
	if (!st)
		st = ring_read(store, r, err);
	if (st)
		return st;
	struct kept_key *k = sodium_malloc(sizeof *k);
	if (!k)
		return err_code(err, ST_NO_MEMORY);
	st = try_slots(r, u, k, index, err);
	if (!st) {
		compute_seal(r, k, seal);
		if (sodium_memcmp(seal, r->seal, sizeof seal) != 0)
			st = err_set(err, ST_KEYRING,
				"the keyring was changed by something other than itemfs; put back STORE/keyring.bak or a copy of "
				"your own");
	}
	if (st)
		sodium_free(k);
	else
		*key = k;
	return st;
}

/* Masters. */

static void new_id(char id[37])
{
	uint8_t b[16];
	randombytes_buf(b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
	snprintf(id, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
		b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void add_new_master(struct ring *r, const struct kept_key *key)
{
	struct ring_master *m = &r->masters[r->master_count++];
	char place[PLACE_MAX];
	uint8_t plain[KEY];
	*m = (struct ring_master){.state = MASTER_ENABLED, .created_ns = clock_wall_ns()};
	new_id(m->id);
	master_place(r, m, place);
	randombytes_buf(plain, sizeof plain);
	seal_key_bytes(key->bytes, place, plain, m->sealed);
	sodium_memzero(plain, sizeof plain);
}

static enum status unseal_masters(const struct ring *r, const struct kept_key *key, struct masters *m, struct err *err)
{
	char place[PLACE_MAX];
	memset(m, 0, sizeof *m);
	memcpy(m->store_id, r->store_id, sizeof m->store_id);
	for (size_t i = 0; i < r->master_count; i++) {
		const struct ring_master *from = &r->masters[i];
		struct master *to = &m->all[m->count++];
		memcpy(to->id, from->id, sizeof to->id);
		to->state = from->state;
		master_place(r, from, place);
		if (from->state != MASTER_DESTROYED && !unseal_key_bytes(key->bytes, place, from->sealed, to->key))
			return err_set(err, ST_KEYRING, "master key %s in the keyring is damaged", from->id);
	}
	return ST_OK;
}

enum status keyring_open(const char *store, const char *store_id, const struct unlock *u, struct masters **ret, struct err *err)
{
	struct ring r;
	struct kept_key *key;
	size_t index;
	enum status st = open_ring(store, u, &r, &key, &index, err);
	if (st)
		return st;
	struct masters *m = sodium_malloc((sizeof *m + 15) & ~(size_t)15);
	if (!m)
		st = err_code(err, ST_NO_MEMORY);
	else if (strcmp(r.store_id, store_id) != 0)
		st = err_set(err, ST_KEYRING, "the keyring belongs to store %s, not to this one (%.36s)", r.store_id, store_id);
	else
		st = unseal_masters(&r, key, m, err);
	sodium_free(key);
	if (st)
		sodium_free(m);
	else
		*ret = m;
	return st;
}

/* Slots. */

/** Argon2id at libsodium's MODERATE cost, about half a second; the tests' environment variable is safe, as the slot stores its own cost. */
static void choose_cost(struct ring_slot *s)
{
	const char *cost = getenv("ITEMFS_ARGON2_COST");
	bool least = cost && strcmp(cost, "min") == 0;
	s->ops = least ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_MODERATE;
	s->mem = least ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_MODERATE;
}

static enum status make_slot(const struct ring *r, const struct kept_key *key, const struct unlock *u, unsigned number,
	struct ring_slot *s, struct err *err)
{
	uint8_t of_slot[KEY];
	char place[PLACE_MAX];
	if (u->kind != UNLOCK_PASSPHRASE && u->secret.len < 16)
		return err_set(err, ST_WRONG_KEY, "a key has at least 16 bytes");
	if (u->secret.len == 0)
		return err_set(err, ST_WRONG_KEY, "the passphrase is empty");
	*s = (struct ring_slot){.number = number, .kind = u->kind, .created_ns = clock_wall_ns()};
	randombytes_buf(s->salt, sizeof s->salt);
	if (u->kind == UNLOCK_PASSPHRASE)
		choose_cost(s);
	enum status st = slot_key(s, u->secret, of_slot, err);
	if (st)
		return st;
	slot_place(r, s, place);
	seal_key_bytes(of_slot, place, key->bytes, s->sealed);
	sodium_memzero(of_slot, sizeof of_slot);
	return ST_OK;
}

static enum status seal_and_write(const char *store, struct ring *r, const struct kept_key *key, struct err *err)
{
	compute_seal(r, key, r->seal);
	return ring_write(store, r, err);
}

static enum status create_locked(const char *store, const char *store_id, const struct unlock *u, struct err *err)
{
	char path[PATH_MAX];
	struct ring r = {0};
	snprintf(path, sizeof path, "%s/keyring", store);
	if (access(path, F_OK) == 0)
		return err_set(err, ST_STORE_EXISTS, "%s has a keyring already", store);
	struct kept_key *key = sodium_malloc(sizeof *key);
	if (!key)
		return err_code(err, ST_NO_MEMORY);
	snprintf(r.store_id, sizeof r.store_id, "%s", store_id);
	randombytes_buf(key->bytes, sizeof key->bytes);
	enum status st = make_slot(&r, key, u, 0, &r.slots[r.slot_count++], err);
	if (!st) {
		add_new_master(&r, key);
		st = seal_and_write(store, &r, key, err);
	}
	sodium_free(key);
	return st;
}

enum status keyring_create(const char *store, const char *store_id, const struct unlock *u, struct err *err)
{
	int lock = ring_lock(store, err);
	if (lock < 0)
		return err ? err->code : ST_IO;
	enum status st = create_locked(store, store_id, u, err);
	close(lock);
	return st;
}

enum status keyring_report(const char *store, struct keyring_report *ret, struct err *err)
{
	struct ring r;
	enum status st = ring_read(store, &r, err);
	if (st)
		return st;
	*ret = (struct keyring_report){.slot_count = r.slot_count, .master_count = r.master_count};
	memcpy(ret->store_id, r.store_id, sizeof ret->store_id);
	for (size_t i = 0; i < r.slot_count; i++)
		ret->slots[i] = (struct keyring_slot){r.slots[i].number, r.slots[i].kind, r.slots[i].created_ns};
	for (size_t i = 0; i < r.master_count; i++) {
		struct keyring_master *m = &ret->masters[i];
		memcpy(m->id, r.masters[i].id, sizeof m->id);
		snprintf(m->state, sizeof m->state, "%s", master_state_name(r.masters[i].state));
		m->created_ns = r.masters[i].created_ns;
	}
	return ST_OK;
}

static unsigned free_number(const struct ring *r)
{
	unsigned n = 0;
	for (size_t i = 0; i < r->slot_count; i++)
		if (r->slots[i].number == n)
			n++, i = (size_t)-1; /* from the start again: the numbers are in no order */
	return n;
}

/** One change of an opened ring. */
typedef enum status change_fn(struct ring *r, const struct kept_key *key, size_t opened, const void *arg, struct err *err);

static enum status change_ring(const char *store, const struct unlock *have, change_fn *change, const void *arg, struct err *err)
{
	struct ring r;
	struct kept_key *key;
	size_t opened;
	int lock = ring_lock(store, err);
	if (lock < 0)
		return err ? err->code : ST_IO;
	enum status st = open_ring(store, have, &r, &key, &opened, err);
	if (!st) {
		st = change(&r, key, opened, arg, err);
		if (!st)
			st = seal_and_write(store, &r, key, err);
		sodium_free(key);
	}
	close(lock);
	return st;
}

static enum status add_slot(struct ring *r, const struct kept_key *key, size_t opened, const void *arg, struct err *err)
{
	if (r->slot_count == SLOT_COUNT_MAX)
		return err_set(
			err, ST_LIMIT, "the keyring has %d slots, which is all it can hold; remove one first", SLOT_COUNT_MAX);
	unsigned number = free_number(r);
	return make_slot(r, key, arg, number, &r->slots[r->slot_count++], err);
}

enum status keyring_add_slot(const char *store, const struct unlock *have, const struct unlock *add, struct err *err)
{
	return change_ring(store, have, add_slot, add, err);
}

static enum status change_slot(struct ring *r, const struct kept_key *key, size_t opened, const void *arg, struct err *err)
{
	return make_slot(r, key, arg, r->slots[opened].number, &r->slots[opened], err);
}

enum status keyring_change_slot(const char *store, const struct unlock *have, const struct unlock *next, struct err *err)
{
	return change_ring(store, have, change_slot, next, err);
}

static enum status remove_slot(struct ring *r, const struct kept_key *key, size_t opened, const void *arg, struct err *err)
{
	unsigned number = *(const unsigned *)arg;
	if (r->slot_count == 1)
		return err_set(
			err, ST_VALIDATION, "slot %u is the only one; without it nobody could open the store", r->slots[0].number);
	for (size_t i = 0; i < r->slot_count; i++) {
		if (r->slots[i].number != number)
			continue;
		memmove(&r->slots[i], &r->slots[i + 1], (--r->slot_count - i) * sizeof r->slots[0]);
		return ST_OK;
	}
	return err_set(err, ST_NOT_FOUND, "the keyring has no slot %u", number);
}

enum status keyring_remove_slot(const char *store, const struct unlock *have, unsigned number, struct err *err)
{
	return change_ring(store, have, remove_slot, &number, err);
}
