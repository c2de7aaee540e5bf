#include "engine/crypt/keyring_file.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/json_text.h"

#define FORMAT 1
#define FILE_MAX 65536
#define CHECKSUM_SIZE 32
#define HEX_MAX (2 * SEALED_KEY_SIZE + 1)
#define ARGON2_OPS_MAX 64
#define ARGON2_MEM_MAX (UINT32_C(1) << 31)

static const char *const kind_names[] = {"key-file", "passphrase", "credential"};
static const char *const state_names[] = {"enabled", "disabled", "destroyed"};

const char *unlock_kind_name(enum unlock_kind kind)
{
	return kind_names[kind];
}

const char *master_state_name(enum master_state state)
{
	return state_names[state];
}

static enum status damaged(struct err *err, const char *what)
{
	return err_set(err, ST_KEYRING, "the keyring is damaged (%s); put back STORE/keyring.bak or a copy of your own", what);
}

/* Reading. */

static bool read_hex(const cJSON *object, const char *name, uint8_t *out, size_t n)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	size_t got;
	return text && strlen(text) == 2 * n && sodium_hex2bin(out, n, text, 2 * n, NULL, &got, NULL) == 0 && got == n;
}

static bool read_u32(const cJSON *object, const char *name, uint32_t max, uint32_t *ret)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0 && n->valuedouble <= max))
		return false;
	*ret = (uint32_t)n->valuedouble;
	return true;
}

/* Times are text: a double does not hold nanoseconds since 1970. */
static bool read_time(const cJSON *object, uint64_t *ret)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "created_ns"));
	char *end;
	if (!text || *text < '0' || *text > '9')
		return false;
	*ret = strtoull(text, &end, 10);
	return *end == 0;
}

static bool read_id(const cJSON *object, const char *name, char out[37])
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	if (!text || !*text || strlen(text) > 36)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool read_word(const cJSON *object, const char *name, const char *const *words, size_t n, unsigned *ret)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	for (unsigned i = 0; text && i < n; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool read_slot(const cJSON *o, struct ring_slot *s)
{
	unsigned kind;
	uint32_t number;
	if (!read_u32(o, "number", SLOT_COUNT_MAX - 1, &number) || !read_word(o, "kind", kind_names, 3, &kind) ||
		!read_time(o, &s->created_ns))
		return false;
	s->number = number;
	s->kind = kind;
	if (s->kind == UNLOCK_PASSPHRASE &&
		(!read_u32(o, "ops", ARGON2_OPS_MAX, &s->ops) || !read_u32(o, "mem", ARGON2_MEM_MAX, &s->mem)))
		return false;
	return read_hex(o, "salt", s->salt, sizeof s->salt) && read_hex(o, "sealed", s->sealed, sizeof s->sealed);
}

static bool read_master(const cJSON *o, struct ring_master *m)
{
	unsigned state;
	if (!read_id(o, "id", m->id) || !read_word(o, "state", state_names, 3, &state) || !read_time(o, &m->created_ns))
		return false;
	m->state = state;
	return m->state == MASTER_DESTROYED || read_hex(o, "sealed", m->sealed, sizeof m->sealed);
}

static enum status read_ring(const cJSON *root, struct ring *r, struct err *err)
{
	uint32_t format;
	const cJSON *o;
	if (!read_u32(root, "format", UINT32_MAX, &format))
		return damaged(err, "no format number");
	if (format != FORMAT)
		return err_set(err, ST_STORE_FORMAT, "the keyring has format %u; this itemfs reads format %d", format, FORMAT);
	if (!read_id(root, "store", r->store_id) || !read_hex(root, "seal", r->seal, sizeof r->seal))
		return damaged(err, "its head is incomplete");
	cJSON_ArrayForEach(o,
		cJSON_GetObjectItemCaseSensitive(root, "slots")) if (r->slot_count == SLOT_COUNT_MAX ||
								     !read_slot(o, &r->slots[r->slot_count++])) return damaged(err,
		"an unlock slot does not read");
	cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(
				      root, "masters")) if (r->master_count == MASTER_COUNT_MAX ||
							    !read_master(o, &r->masters[r->master_count++])) return damaged(err,
		"a master key does not read");
	return r->slot_count ? ST_OK : damaged(err, "it has no unlock slot");
}

/** Where the checksum's digits are; NULL when they are not. They are the last member, so the last place of the word is it. */
static uint8_t *checksum_digits(const struct buf *text)
{
	static const char word[] = "\"checksum\": \"";
	uint8_t *found = NULL, *at = text->ptr;
	while (at && (at = memmem(at, text->len - (size_t)(at - text->ptr), word, sizeof word - 1)))
		found = at += sizeof word - 1;
	return found && (size_t)(text->ptr + text->len - found) > 2 * CHECKSUM_SIZE ? found : NULL;
}

/** The checksum of the file with zeros where the checksum goes. */
static void compute_checksum(const struct buf *text, const uint8_t *digits, char hex[2 * CHECKSUM_SIZE + 1])
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
	uint8_t hash[CHECKSUM_SIZE];
	crypto_generichash_state state;
	size_t before = (size_t)(digits - text->ptr), after = before + 2 * CHECKSUM_SIZE;
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, text->ptr, before);
	crypto_generichash_update(&state, (const uint8_t *)zeros, 2 * CHECKSUM_SIZE);
	crypto_generichash_update(&state, text->ptr + after, text->len - after);
	crypto_generichash_final(&state, hash, sizeof hash);
	sodium_bin2hex(hex, 2 * CHECKSUM_SIZE + 1, hash, sizeof hash);
}

static enum status parse(const struct buf *text, struct ring *ret, struct err *err)
{
	char hex[2 * CHECKSUM_SIZE + 1];
	const uint8_t *digits = checksum_digits(text);
	if (!digits)
		return damaged(err, "it is cut short or has no checksum");
	compute_checksum(text, digits, hex);
	if (memcmp(hex, digits, 2 * CHECKSUM_SIZE) != 0)
		return damaged(err, "its checksum does not match");
	cJSON *root = cJSON_ParseWithLength((const char *)text->ptr, text->len);
	if (!root)
		return damaged(err, "it is no JSON");
	struct ring r = {0};
	enum status st = read_ring(root, &r, err);
	cJSON_Delete(root);
	if (!st)
		*ret = r;
	return st;
}

static enum status read_file(const char *path, struct buf *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ST_NO_STORE, "%s is not there; is this the folder of a store?", path);
	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	ssize_t n = 0;
	while (text->len <= FILE_MAX && (n = read(fd, buf_reserve(text, 4096), 4096)) > 0)
		buf_added(text, (size_t)n);
	int failed = text->len <= FILE_MAX && n < 0 ? errno : 0;
	close(fd);
	if (failed)
		return err_errno(err, failed, "cannot read %s", path);
	return text->len > FILE_MAX ? damaged(err, "it is far too long") : ST_OK;
}

enum status ring_read(const char *store, struct ring *ret, struct err *err)
{
	char path[PATH_MAX];
	struct buf text = BUF_INIT;
	snprintf(path, sizeof path, "%s/keyring", store);
	enum status st = read_file(path, &text, err);
	if (!st)
		st = parse(&text, ret, err);
	buf_finish(&text);
	return st;
}

/* Writing. */

static void add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t n)
{
	char hex[HEX_MAX];
	sodium_bin2hex(hex, sizeof hex, bytes, n);
	cJSON_AddStringToObject(object, name, hex);
}

static void add_time(cJSON *object, uint64_t ns)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)ns);
	cJSON_AddStringToObject(object, "created_ns", text);
}

static cJSON *slot_json(const struct ring_slot *s)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "number", s->number);
	cJSON_AddStringToObject(o, "kind", unlock_kind_name(s->kind));
	add_time(o, s->created_ns);
	if (s->kind == UNLOCK_PASSPHRASE) {
		cJSON_AddNumberToObject(o, "ops", s->ops);
		cJSON_AddNumberToObject(o, "mem", s->mem);
	}
	add_hex(o, "salt", s->salt, sizeof s->salt);
	add_hex(o, "sealed", s->sealed, sizeof s->sealed);
	return o;
}

static cJSON *master_json(const struct ring_master *m)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "id", m->id);
	cJSON_AddStringToObject(o, "state", master_state_name(m->state));
	add_time(o, m->created_ns);
	if (m->state != MASTER_DESTROYED)
		add_hex(o, "sealed", m->sealed, sizeof m->sealed);
	return o;
}

static enum status print(const struct ring *r, struct buf *out, struct err *err)
{
	static const uint8_t zeros[CHECKSUM_SIZE];
	cJSON *root = cJSON_CreateObject();
	cJSON_AddNumberToObject(root, "format", FORMAT);
	cJSON_AddStringToObject(root, "store", r->store_id);
	cJSON *slots = cJSON_AddArrayToObject(root, "slots"), *masters = cJSON_AddArrayToObject(root, "masters");
	for (size_t i = 0; i < r->slot_count; i++)
		cJSON_AddItemToArray(slots, slot_json(&r->slots[i]));
	for (size_t i = 0; i < r->master_count; i++)
		cJSON_AddItemToArray(masters, master_json(&r->masters[i]));
	add_hex(root, "seal", r->seal, sizeof r->seal);
	add_hex(root, "checksum", zeros, sizeof zeros);
	json_text(root, out);
	cJSON_Delete(root);
	uint8_t *digits = checksum_digits(out);
	char hex[2 * CHECKSUM_SIZE + 1];
	if (!digits)
		return err_set(err, ST_INTERNAL, "the JSON library prints the keyring in a form of its own");
	compute_checksum(out, digits, hex);
	memcpy(digits, hex, 2 * CHECKSUM_SIZE);
	return ST_OK;
}

void ring_public_part(const struct ring *r, struct buf *out)
{
	char hex[HEX_MAX];
	buf_addf(out, "itemfs keyring 1|%s\n", r->store_id);
	for (size_t i = 0; i < r->slot_count; i++) {
		const struct ring_slot *s = &r->slots[i];
		buf_addf(out, "slot|%u|%u|%llu|%u|%u|", s->number, s->kind, (unsigned long long)s->created_ns, s->ops, s->mem);
		buf_addf(out, "%s|", sodium_bin2hex(hex, sizeof hex, s->salt, sizeof s->salt));
		buf_addf(out, "%s\n", sodium_bin2hex(hex, sizeof hex, s->sealed, sizeof s->sealed));
	}
	for (size_t i = 0; i < r->master_count; i++) {
		const struct ring_master *m = &r->masters[i];
		buf_addf(out, "master|%s|%u|%llu|", m->id, m->state, (unsigned long long)m->created_ns);
		buf_addf(out, "%s\n", sodium_bin2hex(hex, sizeof hex, m->sealed, sizeof m->sealed));
	}
}

static enum status write_synced(int dir, const char *name, const struct buf *text, struct err *err)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot create %s", name);
	size_t done = 0;
	ssize_t n = 0;
	while (done < text->len && (n = write(fd, text->ptr + done, text->len - done)) > 0)
		done += (size_t)n;
	int failed = done < text->len ? (n < 0 ? errno : ENOSPC) : fsync(fd) ? errno : 0;
	close(fd);
	return failed ? err_errno(err, failed, "cannot write %s", name) : ST_OK;
}

/** The copy comes second and is the same: should one file be damaged, the other opens the store; and what a change shut out, neither opens. */
static enum status put_in_place(int dir, const struct buf *text, struct err *err)
{
	if (renameat(dir, "keyring.new", dir, "keyring") || fsync(dir))
		return err_errno(err, errno, "cannot put the new keyring in place");
	enum status st = write_synced(dir, "keyring.new", text, err);
	if (!st && (renameat(dir, "keyring.new", dir, "keyring.bak") || fsync(dir)))
		st = err_errno(err, errno, "cannot put the copy of the keyring in place");
	return st;
}

enum status ring_write(const char *store, const struct ring *r, struct err *err)
{
	struct buf text = BUF_INIT;
	int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = dir < 0 ? err_errno(err, errno, "cannot open %s", store) : print(r, &text, err);
	if (!st)
		st = write_synced(dir, "keyring.new", &text, err);
	if (!st)
		st = put_in_place(dir, &text, err);
	if (st && dir >= 0)
		unlinkat(dir, "keyring.new", 0);
	if (dir >= 0)
		close(dir);
	buf_finish(&text);
	return st;
}

int ring_lock(const char *store, struct err *err)
{
	int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && flock(dir, LOCK_EX) == 0)
		return dir;
	if (errno == ENOENT || errno == ENOTDIR)
		err_set(err, ST_NO_STORE, "%s is not the folder of a store", store);
	else
		err_errno(err, errno, "cannot lock %s", store);
	if (dir >= 0)
		close(dir);
	return -1;
}
