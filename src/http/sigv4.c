/* The canonical request, and the signature over it. */
#include "src/http/sigv4.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/http/sigv4_private.h"

#define HEX_SIZE (2 * crypto_hash_sha256_BYTES + 1)
#define UNSIGNED "UNSIGNED-PAYLOAD"

/* Spelling */

/** RFC 3986's unreserved characters stand for themselves; `also` is one more that does, or 0. */
static void percent_encode(struct slice text, uint8_t also, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if ((c < 0x80 && isalnum(c)) || c == '-' || c == '_' || c == '.' || c == '~' || (c && c == also)) {
			buf_add_byte(out, c);
		} else {
			buf_add_byte(out, '%');
			buf_add_byte(out, (uint8_t)hex[c >> 4]);
			buf_add_byte(out, (uint8_t)hex[c & 15]);
		}
	}
}

static void drop_last_segment(struct buf *path, size_t start)
{
	size_t n = path->len;
	while (n > start && path->ptr[n - 1] != '/')
		n--;
	buf_resize(path, n > start ? n - 1 : start);
}

/** Dot segments taken out, slashes that follow each other made one, what is left encoded once more. Clients agree that "/a/." is "/a". */
static void add_path(const char *uri, struct buf *out)
{
	size_t start = out->len, n = strcspn(uri, "?");
	for (size_t i = 0; i < n;) {
		size_t from = i + strspn(uri + i, "/"), to = from;
		while (to < n && uri[to] != '/')
			to++;
		struct slice segment = slice_of(uri + from, to - from);
		if (slice_eq_str(segment, "..")) {
			drop_last_segment(out, start);
		} else if (segment.len && !slice_eq_str(segment, ".")) {
			buf_add_byte(out, '/');
			percent_encode(segment, 0, out);
		}
		i = to;
	}
	if (out->len == start || uri[n - 1] == '/')
		buf_add_byte(out, '/');
}

/* The query, sorted by name, then value, both in their one spelling. */

struct parameter {
	size_t at, name_len, len; /* "name=value" in the text */
};

struct parameters {
	struct buf text;
	struct parameter *all;
	size_t count;
};

static int compare_parameters(const void *a, const void *b, void *arg)
{
	const struct parameters *p = arg;
	const struct parameter *x = a, *y = b;
	const uint8_t *text = p->text.ptr;
	int c = slice_cmp(slice_of(text + x->at, x->name_len), slice_of(text + y->at, y->name_len));
	return c ? c : slice_cmp(slice_of(text + x->at, x->len), slice_of(text + y->at, y->len));
}

/** Decoded first, so that %7e, %7E and ~ are one. */
static void add_respelled(struct slice encoded, struct buf *out)
{
	struct buf plain = BUF_INIT;
	percent_decode(encoded, &plain);
	percent_encode(buf_slice(&plain), 0, out);
	buf_finish(&plain);
}

static void add_query(const struct sigv4_request *r, bool presigned, struct buf *out)
{
	struct parameters p = {0};
	struct slice query = query_of(r->uri), name, value;
	size_t room = 1;
	for (size_t i = 0; i < query.len; i++)
		room += query.ptr[i] == '&';
	p.all = xcalloc(room, sizeof *p.all);
	while (query_next(&query, &name, &value)) {
		if (presigned && name_is(name, "X-Amz-Signature"))
			continue;
		struct parameter *at = &p.all[p.count++];
		at->at = p.text.len;
		add_respelled(name, &p.text);
		at->name_len = p.text.len - at->at;
		buf_add_byte(&p.text, '=');
		add_respelled(value, &p.text);
		at->len = p.text.len - at->at;
	}
	qsort_r(p.all, p.count, sizeof *p.all, compare_parameters, &p);
	for (size_t i = 0; i < p.count; i++) {
		if (i)
			buf_add_byte(out, '&');
		buf_add(out, p.text.ptr + p.all[i].at, p.all[i].len);
	}
	free(p.all);
	buf_finish(&p.text);
}

/* Headers */

/** Without spaces at the ends, and one where several follow each other. */
static void add_trimmed(struct slice value, struct buf *out)
{
	bool space = false, any = false;
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			space = any;
			continue;
		}
		if (space)
			buf_add_byte(out, ' ');
		buf_add_byte(out, c);
		space = false;
		any = true;
	}
}

static struct slice next_signed(struct slice *rest)
{
	const uint8_t *end = rest->len ? memchr(rest->ptr, ';', rest->len) : NULL;
	struct slice name = slice_of(rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len);
	*rest = slice_from(*rest, name.len + (end != NULL));
	return name;
}

static void add_header(const struct sigv4_request *r, struct slice name, struct buf *out)
{
	bool any = false;
	buf_add_slice(out, name);
	buf_add_byte(out, ':');
	for (size_t i = 0; i < r->header_count; i++) {
		struct slice own = r->headers[i].name;
		if (own.len != name.len || strncasecmp((const char *)own.ptr, (const char *)name.ptr, name.len) != 0)
			continue;
		if (any)
			buf_add_byte(out, ',');
		add_trimmed(r->headers[i].value, out);
		any = true;
	}
	buf_add_byte(out, '\n');
}

static bool is_signed(const struct sigv4_claim *c, const char *header)
{
	struct slice rest = c->signed_headers, name;
	while ((name = next_signed(&rest)).len)
		if (name_is(name, header))
			return true;
	return false;
}

static void hash_hex(struct slice bytes, char hex[HEX_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, bytes.ptr, bytes.len);
	sodium_bin2hex(hex, HEX_SIZE, hash, sizeof hash);
}

/** The body's hash, always computed, unless the signer said and signed that the body is not covered. */
static void add_payload_hash(const struct sigv4_request *r, const struct sigv4_claim *c, struct buf *out)
{
	char hex[HEX_SIZE];
	if (slice_eq_str(sigv4_header(r, "X-Amz-Content-Sha256"), UNSIGNED) && is_signed(c, "x-amz-content-sha256")) {
		buf_add_str(out, UNSIGNED);
		return;
	}
	hash_hex(r->body, hex);
	buf_add_str(out, hex);
}

void sigv4_canonical(const struct sigv4_request *r, const struct sigv4_claim *c, struct buf *out)
{
	struct slice rest = c->signed_headers, name;
	buf_addf(out, "%s\n", r->method);
	add_path(r->uri, out);
	buf_add_byte(out, '\n');
	add_query(r, c->presigned, out);
	buf_add_byte(out, '\n');
	while ((name = next_signed(&rest)).len)
		add_header(r, name, out);
	buf_add_byte(out, '\n');
	buf_add_slice(out, c->signed_headers);
	buf_add_byte(out, '\n');
	add_payload_hash(r, c, out);
}

/* The signature */

static void hmac(const uint8_t *key, size_t key_len, struct slice text, uint8_t out[SIGV4_KEY_SIZE])
{
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, text.ptr, text.len);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof state);
}

void sigv4_signing_key(const char *secret, const struct sigv4_claim *c, uint8_t key[SIGV4_KEY_SIZE])
{
	char first[4 + 128];
	int n = snprintf(first, sizeof first, "AWS4%s", secret);
	hmac((const uint8_t *)first, n < (int)sizeof first ? (size_t)n : sizeof first - 1, c->day, key);
	hmac(key, SIGV4_KEY_SIZE, c->region, key);
	hmac(key, SIGV4_KEY_SIZE, c->service, key);
	hmac(key, SIGV4_KEY_SIZE, c->terminator, key);
	sodium_memzero(first, sizeof first);
}

static void sign(
	const struct sigv4_request *r, const struct sigv4_claim *c, const uint8_t key[SIGV4_KEY_SIZE], char signature[HEX_SIZE])
{
	struct buf text = BUF_INIT;
	char hex[HEX_SIZE];
	uint8_t mac[SIGV4_KEY_SIZE];
	sigv4_canonical(r, c, &text);
	hash_hex(buf_slice(&text), hex);
	buf_reset(&text);
	buf_addf(&text, ALGORITHM "\n%s\n", c->date);
	buf_add_slice(&text, c->scope);
	buf_addf(&text, "\n%s", hex);
	hmac(key, SIGV4_KEY_SIZE, buf_slice(&text), mac);
	sodium_bin2hex(signature, HEX_SIZE, mac, sizeof mac);
	buf_finish(&text);
}

enum status sigv4_verify(
	const struct sigv4_request *r, const struct sigv4_claim *c, const uint8_t key[SIGV4_KEY_SIZE], struct err *err)
{
	char wanted[HEX_SIZE];
	struct slice said = sigv4_header(r, "X-Amz-Content-Sha256");
	if (!is_signed(c, "host"))
		return err_set(err, ST_BAD_SIGNATURE, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
	/* Else whoever overhears a read could make a deletion of it. */
	if (sigv4_header(r, "X-Amz-Target").len && !is_signed(c, "x-amz-target"))
		return err_set(err, ST_BAD_SIGNATURE, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
	sign(r, c, key, wanted);
	bool good = c->signature.len == HEX_SIZE - 1 && sodium_memcmp(c->signature.ptr, wanted, HEX_SIZE - 1) == 0;
	if (good && said.len && !slice_eq_str(said, UNSIGNED)) {
		hash_hex(r->body, wanted);
		good = slice_eq_str(said, wanted);
	}
	return good ? ST_OK : err_code(err, ST_BAD_SIGNATURE);
}
