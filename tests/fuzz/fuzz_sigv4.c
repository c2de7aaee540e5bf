/*
 * What a stranger sends before anybody knows who it is: first line, headers, target, coding. Input: "METHOD URI\nName: value\n...\n\nbody".
 */
#include <stdlib.h>

#include "src/http/gzip.h"
#include "src/http/route.h"
#include "src/http/sigv4.h"

#define HEADERS_MAX 32
#define NOW_S 1440938160

static struct slice cut(struct slice *rest, uint8_t end)
{
	const uint8_t *at = rest->len ? memchr(rest->ptr, end, rest->len) : NULL;
	struct slice piece = slice_of(rest->ptr, at ? (size_t)(at - rest->ptr) : rest->len);
	*rest = slice_from(*rest, piece.len + (at != NULL));
	return piece;
}

static char *text_of(struct slice s)
{
	char *copy = xmalloc(s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		copy[i] = s.ptr[i] ? (char)s.ptr[i] : '.';
	copy[s.len] = 0;
	return copy;
}

static void use(const struct sigv4_request *r)
{
	struct sigv4_claim claim;
	struct err err = {0};
	uint8_t key[SIGV4_KEY_SIZE];
	struct buf canonical = BUF_INIT;
	if (sigv4_read(r, &claim, &err) == ST_OK) {
		sigv4_signing_key("secret", &claim, key);
		if (sigv4_verify(r, &claim, key, &err) == ST_OK)
			abort(); /* nobody who does not know the secret */
	} else if (!err.text[0]) {
		abort();
	}
	sigv4_canonical(r, &claim, &canonical);
	sigv4_claim_finish(&claim);
	buf_finish(&canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sigv4_header headers[HEADERS_MAX];
	struct slice rest = slice_of(data, size), line;
	char *method = text_of(cut(&rest, ' ')), *uri = text_of(cut(&rest, '\n'));
	struct sigv4_request r = {.method = method, .uri = uri, .headers = headers, .now_s = NOW_S};
	while ((line = cut(&rest, '\n')).len && r.header_count < HEADERS_MAX) {
		struct slice name = cut(&line, ':');
		headers[r.header_count++] =
			(struct sigv4_header){name, line.len && line.ptr[0] == ' ' ? slice_from(line, 1) : line};
	}
	r.body = rest;
	use(&r);
	(void)route_find(sigv4_header(&r, "X-Amz-Target"));
	char *coding = text_of(sigv4_header(&r, "Accept-Encoding"));
	struct buf plain = BUF_INIT;
	bool too_large;
	(void)gzip_is_accepted(coding);
	(void)gzip_unpack(rest, 1u << 20, &plain, &too_large);
	buf_finish(&plain);
	free(coding);
	free(method);
	free(uri);
	return 0;
}
