#include "engine/crypt/users.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/thread.h"
#include "engine/crypt/keyring_file.h"

#define MAGIC "itemfsU1"
#define MAGIC_SIZE 8
#define ID_SIZE 36
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEADER (MAGIC_SIZE + ID_SIZE + NONCE)
#define KEY_SIZE (USER_ACCESS_KEY_TEXT - 1)
#define SECRET_SIZE (USER_SECRET_TEXT - 1)
#define ENTRY_MAX (1 + USER_NAME_MAX + KEY_SIZE + SECRET_SIZE + 8)
#define FILE_MAX (HEADER + 4 + USERS_MAX * ENTRY_MAX + TAG)
#define LOOK_EVERY_NS (NS_PER_S / 4) /* at the file */

struct entry {
	struct user user;
	char secret[USER_SECRET_TEXT];
};

struct list { /* in guarded memory */
	size_t count;
	struct entry all[];
};

struct users {
	char path[PATH_MAX];
	const struct masters *masters;
	struct mutex lock;
	struct list *list GUARDED_BY(lock); /* NULL: none, or unreadable */
	enum status state GUARDED_BY(lock); /* of reading the file */
	struct stat seen GUARDED_BY(lock);
	_Atomic uint64_t look_at_ns; /* not before */
	_Atomic bool any;
};

static struct list *list_new(size_t count)
{
	size_t n = sizeof(struct list) + count * sizeof(struct entry);
	struct list *l = sodium_malloc((n + 15) & ~(size_t)15);
	if (l)
		memset(l, 0, n);
	return l;
}

/* The file */

static void users_path(const char *store, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", store, name);
}

/** The key that seals the file, from a master key; what it is bound to, in `ad`. */
static enum status file_key(
	const struct masters *m, const char id[ID_SIZE], uint8_t key[32], char ad[128], size_t *ad_len, struct err *err)
{
	for (size_t i = 0; i < m->count; i++) {
		if (memcmp(m->all[i].id, id, ID_SIZE) != 0 || m->all[i].state != MASTER_ENABLED)
			continue;
		crypto_kdf_derive_from_key(key, 32, 1, "apiusers", m->all[i].key);
		*ad_len = (size_t)snprintf(ad, 128, "itemfs users 1|%s|%.*s", m->store_id, ID_SIZE, id);
		return ST_OK;
	}
	return err_set(err, ST_KEY_LOCKED, "the master key that STORE/users is sealed under is not available");
}

static enum status damaged(const char *path, struct err *err)
{
	return err_set(err, ST_CORRUPT, "%s is damaged; put back a copy of it, or remove it and add the users again", path);
}

static bool read_entry(struct slice *from, struct entry *e)
{
	size_t name = from->len ? from->ptr[0] : 0;
	if (name < 1 || name > USER_NAME_MAX || from->len < 1 + name + KEY_SIZE + SECRET_SIZE + 8)
		return false;
	const uint8_t *p = from->ptr + 1;
	memcpy(e->user.name, p, name);
	memcpy(e->user.access_key, p + name, KEY_SIZE);
	memcpy(e->secret, p + name + KEY_SIZE, SECRET_SIZE);
	e->user.created_ns = get_le64(p + name + KEY_SIZE + SECRET_SIZE);
	*from = slice_from(*from, 1 + name + KEY_SIZE + SECRET_SIZE + 8);
	return true;
}

static enum status parse(struct slice plain, const char *path, struct list **ret, struct err *err)
{
	uint32_t count = plain.len >= 4 ? get_le32(plain.ptr) : UINT32_MAX;
	if (count > USERS_MAX)
		return damaged(path, err);
	struct list *l = list_new(count);
	if (!l)
		return err_code(err, ST_NO_MEMORY);
	plain = slice_from(plain, 4);
	while (l->count < count && read_entry(&plain, &l->all[l->count]))
		l->count++;
	if (l->count == count && plain.len == 0) {
		*ret = l;
		return ST_OK;
	}
	sodium_free(l);
	return damaged(path, err);
}

static enum status unseal(const struct masters *m, struct slice file, const char *path, struct list **ret, struct err *err)
{
	uint8_t key[32];
	char ad[128], id[ID_SIZE];
	size_t ad_len;
	if (file.len < HEADER + 4 + TAG || memcmp(file.ptr, MAGIC, MAGIC_SIZE) != 0)
		return damaged(path, err);
	memcpy(id, file.ptr + MAGIC_SIZE, ID_SIZE);
	enum status st = file_key(m, id, key, ad, &ad_len, err);
	if (st)
		return st;
	struct buf plain = BUF_INIT;
	uint8_t *to = buf_reserve(&plain, file.len);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, file.ptr + HEADER, file.len - HEADER, (const uint8_t *)ad,
		    ad_len, file.ptr + HEADER - NONCE, key)) {
		st = damaged(path, err);
	} else {
		buf_added(&plain, file.len - HEADER - TAG);
		st = parse(buf_slice(&plain), path, ret, err);
	}
	sodium_memzero(key, sizeof key);
	buf_wipe(&plain);
	return st;
}

/** No file: an empty list. */
static enum status load(const char *path, const struct masters *m, struct list **ret, struct err *err)
{
	struct buf file = BUF_INIT;
	enum status st = file_read(path, FILE_MAX, &file, err);
	if (st == ST_NOT_FOUND) {
		*ret = list_new(0);
		return *ret ? ST_OK : err_code(err, ST_NO_MEMORY);
	}
	if (!st)
		st = unseal(m, buf_slice(&file), path, ret, err);
	buf_finish(&file);
	return st;
}

static void print(const struct list *l, struct buf *plain)
{
	uint8_t number[8];
	buf_reserve(plain, 4 + l->count * ENTRY_MAX); /* at once: a buffer that grows leaves secrets behind */
	put_le32(number, (uint32_t)l->count);
	buf_add(plain, number, 4);
	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->all[i];
		buf_add_byte(plain, (uint8_t)strlen(e->user.name));
		buf_add_str(plain, e->user.name);
		buf_add(plain, e->user.access_key, KEY_SIZE);
		buf_add(plain, e->secret, SECRET_SIZE);
		put_le64(number, e->user.created_ns);
		buf_add(plain, number, 8);
	}
}

static enum status seal(const struct masters *m, const struct list *l, struct buf *file, struct err *err)
{
	const char *id = masters_default_id(m);
	uint8_t key[32], nonce[NONCE];
	char ad[128];
	size_t ad_len;
	enum status st = strlen(id) == ID_SIZE ? file_key(m, id, key, ad, &ad_len, err) : err_code(err, ST_KEY_LOCKED);
	if (st)
		return st;
	struct buf plain = BUF_INIT;
	print(l, &plain);
	randombytes_buf(nonce, sizeof nonce);
	buf_add(file, MAGIC, MAGIC_SIZE);
	buf_add(file, id, ID_SIZE);
	buf_add(file, nonce, sizeof nonce);
	uint8_t *to = buf_reserve(file, plain.len + TAG);
	crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, plain.ptr, plain.len, (const uint8_t *)ad, ad_len, NULL, nonce, key);
	buf_added(file, plain.len + TAG);
	sodium_memzero(key, sizeof key);
	buf_wipe(&plain);
	return ST_OK;
}

/** Replaces the file as a whole. REQUIRES the keyring's lock. */
static enum status save(const char *store, const struct masters *m, const struct list *l, struct err *err)
{
	char path[PATH_MAX], next[PATH_MAX];
	struct buf file = BUF_INIT;
	users_path(store, "users", path);
	users_path(store, "users.new", next);
	enum status st = seal(m, l, &file, err);
	unlink(next); /* of a change that was cut off */
	if (!st)
		st = file_write_new(next, 0600, buf_slice(&file), err);
	if (!st && rename(next, path))
		st = err_errno(err, errno, "cannot put %s in place", path);
	if (!st)
		st = file_sync_dir(path, err);
	buf_finish(&file);
	return st;
}

/* Changing it from outside */

typedef enum status change_fn(const struct list *now, struct list *next, void *arg, struct err *err);

static enum status open_masters(const char *store, const struct unlock *unlock, struct masters **ret, struct err *err)
{
	struct keyring_report report;
	enum status st = crypt_init(err);
	if (!st)
		st = keyring_report(store, &report, err);
	return st ? st : keyring_open(store, report.store_id, unlock, ret, err);
}

static enum status change_locked(const char *store, const struct masters *m, change_fn *change, void *arg, struct err *err)
{
	char path[PATH_MAX];
	struct list *now = NULL;
	users_path(store, "users", path);
	enum status st = load(path, m, &now, err);
	if (st)
		return st;
	struct list *next = list_new(now->count + 1);
	st = next ? change(now, next, arg, err) : err_code(err, ST_NO_MEMORY);
	if (!st)
		st = save(store, m, next, err);
	sodium_free(now);
	sodium_free(next);
	return st;
}

static enum status change_users(const char *store, const struct unlock *unlock, change_fn *change, void *arg, struct err *err)
{
	struct err own = {0};
	struct masters *m = NULL;
	int lock = ring_lock(store, &own);
	enum status st = own.code;
	if (lock >= 0) {
		st = open_masters(store, unlock, &m, &own);
		if (!st)
			st = change_locked(store, m, change, arg, &own);
		masters_free(m);
		close(lock);
	}
	return st ? err_set(err, st, "%s", own.text) : ST_OK;
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);
	return n >= 1 && n <= USER_NAME_MAX &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-") == n;
}

static void draw(const char *digits, unsigned count, char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = digits[randombytes_uniform(count)];
}

static void make_entry(const char *name, struct entry *e)
{
	memset(e, 0, sizeof *e);
	memcpy(e->user.name, name, strlen(name));
	memcpy(e->user.access_key, "AKIA", 4);
	draw("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32, e->user.access_key + 4, KEY_SIZE - 4);
	draw("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64, e->secret, SECRET_SIZE);
	e->user.created_ns = clock_wall_ns();
}

static enum status add(const struct list *now, struct list *next, void *arg, struct err *err)
{
	if (now->count >= USERS_MAX)
		return err_set(err, ST_LIMIT, "a store has at most %d access keys", USERS_MAX);
	memcpy(next->all, now->all, now->count * sizeof *now->all);
	next->all[now->count] = *(const struct entry *)arg;
	next->count = now->count + 1;
	return ST_OK;
}

enum status user_add(const char *store, const struct unlock *unlock, const char *name, struct user *ret,
	char secret[USER_SECRET_TEXT], struct err *err)
{
	struct entry e;
	if (!is_name(name))
		return err_set(err, ST_VALIDATION,
			"'%.80s' is no user name: it has 1 to %d characters, which are letters, digits and +=,.@_-", name,
			USER_NAME_MAX);
	enum status st = crypt_init(err);
	if (st)
		return st;
	make_entry(name, &e);
	st = change_users(store, unlock, add, &e, err);
	if (!st) {
		*ret = e.user;
		memcpy(secret, e.secret, USER_SECRET_TEXT);
	}
	sodium_memzero(&e, sizeof e);
	return st;
}

static enum status drop(const struct list *now, struct list *next, void *arg, struct err *err)
{
	const char *which = arg;
	for (size_t i = 0; i < now->count; i++)
		if (strcmp(now->all[i].user.name, which) != 0 && strcmp(now->all[i].user.access_key, which) != 0)
			next->all[next->count++] = now->all[i];
	if (next->count == now->count)
		return err_set(err, ST_NOT_FOUND, "there is neither a user nor an access key '%.80s'", which);
	return ST_OK;
}

enum status user_remove(const char *store, const struct unlock *unlock, const char *name_or_key, struct err *err)
{
	return change_users(store, unlock, drop, (void *)(uintptr_t)name_or_key, err);
}

enum status user_list(const char *store, const struct unlock *unlock, user_fn *fn, void *arg, struct err *err)
{
	char path[PATH_MAX];
	struct masters *m = NULL;
	struct list *l = NULL;
	users_path(store, "users", path);
	enum status st = open_masters(store, unlock, &m, err);
	if (!st)
		st = load(path, m, &l, err);
	for (size_t i = 0; !st && i < l->count && fn(&l->all[i].user, arg); i++)
		;
	sodium_free(l);
	masters_free(m);
	return st;
}

/* In use */

struct users *users_new(const char *store, const struct masters *masters)
{
	struct users *u = xcalloc(1, sizeof *u);
	users_path(store, "users", u->path);
	u->masters = masters;
	mutex_init(&u->lock);
	return u;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	sodium_free(u->list);
	mutex_finish(&u->lock);
	free(u);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_again(struct users *u, const struct stat *now) REQUIRES(u->lock)
{
	struct err err = {0};
	struct list *next = NULL;
	u->state = load(u->path, u->masters, &next, &err);
	if (u->state)
		log_error("access keys: %s", err.text);
	sodium_free(u->list);
	u->list = next;
	u->seen = *now;
	u->any = u->state != ST_OK || next->count > 0;
}

/** Looks whether the file was replaced, now and then. */
static void refresh(struct users *u)
{
	uint64_t now = clock_monotonic_ns();
	struct stat st = {0};
	if (now < u->look_at_ns)
		return;
	mutex_lock(&u->lock);
	if (now >= u->look_at_ns) {
		if (stat(u->path, &st) != 0)
			st = (struct stat){0};
		if (u->look_at_ns == 0 || !is_same_file(&st, &u->seen))
			read_again(u, &st);
		u->look_at_ns = now + LOOK_EVERY_NS;
	}
	mutex_unlock(&u->lock);
}

bool users_any(struct users *u)
{
	refresh(u);
	return u->any;
}

enum status users_find(struct users *u, struct slice access_key, struct user *ret, char secret[USER_SECRET_TEXT], struct err *err)
{
	refresh(u);
	mutex_lock(&u->lock);
	enum status st = u->state;
	const struct entry *found = NULL;
	for (size_t i = 0; !st && !found && i < u->list->count; i++)
		if (slice_eq_str(access_key, u->list->all[i].user.access_key))
			found = &u->list->all[i];
	if (found) {
		*ret = found->user;
		memcpy(secret, found->secret, USER_SECRET_TEXT);
	}
	mutex_unlock(&u->lock);
	if (st)
		return err_set(err, st, "the store's access keys cannot be read");
	return found ? ST_OK : err_code(err, ST_BAD_CREDENTIALS);
}
