#include "src/http/auth.h"

#include <sodium.h>
#include <stdio.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "src/http/server.h"
#include "src/http/sigv4.h"

#define HEADERS_MAX 100

bool auth_allows_origin(struct http_server *s, const char *origin)
{
	return origin && (engine_has_users(s->engine) || address_is_local_origin(slice_str(origin)));
}

/** Everybody is let in: whoever can reach a loopback address, but not the pages that their browsers show. */
static enum status check_open(struct http_server *s, const struct auth_request *r, struct err *err)
{
	const char *origin = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Origin");
	if (!s->address.loopback)
		return err_set(err, ST_DENIED, "the store has no access keys, so it answers to this machine only");
	if (origin && !address_is_local_origin(slice_str(origin)))
		return err_set(err, ST_DENIED,
			"a page from %.200s may not use a store that has no access keys; 'itemfs user add STORE NAME' makes one",
			origin);
	return ST_OK;
}

/* Signing keys: four rounds of HMAC each, and the same all day. */

static bool is_remembered(const struct signing_key *k, const struct sigv4_claim *c)
{
	return slice_eq_str(c->access_key, k->access_key) && slice_eq_str(c->day, k->day) && slice_eq_str(c->region, k->region);
}

static void put_text(char *to, size_t size, struct slice text)
{
	memcpy(to, text.ptr, text.len < size ? text.len : size - 1);
	to[text.len < size ? text.len : size - 1] = 0;
}

static void signing_key(struct http_server *s, const struct sigv4_claim *c, const char *secret, uint8_t key[SIGV4_KEY_SIZE])
{
	bool known = false;
	mutex_lock(&s->signing.lock);
	for (size_t i = 0; i < SIGNING_KEYS && !known; i++)
		if ((known = is_remembered(&s->signing.keys[i], c)))
			memcpy(key, s->signing.keys[i].key, SIGV4_KEY_SIZE);
	mutex_unlock(&s->signing.lock);
	if (known)
		return;
	sigv4_signing_key(secret, c, key);
	if (c->access_key.len >= sizeof s->signing.keys[0].access_key || c->region.len >= sizeof s->signing.keys[0].region)
		return;
	mutex_lock(&s->signing.lock);
	struct signing_key *k = &s->signing.keys[s->signing.next++ % SIGNING_KEYS];
	put_text(k->access_key, sizeof k->access_key, c->access_key);
	put_text(k->day, sizeof k->day, c->day);
	put_text(k->region, sizeof k->region, c->region);
	memcpy(k->key, key, SIGV4_KEY_SIZE);
	mutex_unlock(&s->signing.lock);
}

/* A signed request */

struct header_list {
	struct sigv4_header all[HEADERS_MAX];
	size_t count;
};

static enum MHD_Result add_header(
	void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct header_list *l = arg;
	if (l->count == HEADERS_MAX)
		return MHD_NO;
	l->all[l->count++] = (struct sigv4_header){slice_of(name, name_len), slice_of(value, value_len)};
	return MHD_YES;
}

/** Keys are for good here: whoever sends a session's token means another account's. */
static bool has_session_token(const struct sigv4_request *r)
{
	return sigv4_header(r, "X-Amz-Security-Token").len || strstr(r->uri, "X-Amz-Security-Token=");
}

static enum status check_claim(
	struct http_server *s, const struct sigv4_request *r, const struct sigv4_claim *c, struct auth *ret, struct err *err)
{
	char secret[USER_SECRET_TEXT];
	uint8_t key[SIGV4_KEY_SIZE];
	struct user user;
	if (has_session_token(r))
		return err_code(err, ST_BAD_CREDENTIALS);
	enum status st = engine_find_user(s->engine, c->access_key, &user, secret, err);
	if (st != ST_OK)
		return st;
	signing_key(s, c, secret, key);
	st = sigv4_verify(r, c, key, err);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(key, sizeof key);
	if (st == ST_OK)
		snprintf(ret->principal, sizeof ret->principal, "arn:aws:iam::%s:user/%s", engine_place(s->engine).account,
			user.name);
	return st;
}

static enum status check_signed(struct http_server *s, const struct auth_request *r, struct auth *ret, struct err *err)
{
	struct header_list headers;
	struct sigv4_claim claim;
	headers.count = 0;
	MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, add_header, &headers);
	const struct sigv4_request request = {.method = r->method,
		.uri = r->uri,
		.headers = headers.all,
		.header_count = headers.count,
		.body = r->body,
		.now_s = clock_wall_ns() / NS_PER_S};
	enum status st = sigv4_read(&request, &claim, err);
	if (st == ST_OK)
		st = check_claim(s, &request, &claim, ret, err);
	sigv4_claim_finish(&claim);
	return st;
}

enum status auth_check(struct http_server *s, const struct auth_request *r, struct auth *ret, struct err *err)
{
	return engine_has_users(s->engine) ? check_signed(s, r, ret, err) : check_open(s, r, err);
}
