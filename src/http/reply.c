#include "src/http/reply.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "engine/base/bytes.h"
#include "engine/json.h"
#include "src/http/gzip.h"

/* Shorter answers fit one packet anyway. */
#define GZIP_FROM 1400
#define REQUEST_ID_SIZE 53 /* 52 characters and NUL */

/* Errors */

struct family {
	const char *space;
	const char *names[12];
};

/** Whose exception it is: the framework's that the service is built with, or, for all others, the service's own. */
static const struct family families[] = {
	{"com.amazon.coral.validate#", {DDB_VALIDATION}},
	{"com.amazon.coral.availability#", {"ThrottlingException"}},
	{"com.amazon.coral.service#",
		{"SerializationException", "UnknownOperationException", DDB_DENIED, "MissingAuthenticationTokenException",
			"UnrecognizedClientException", "IncompleteSignatureException", "InvalidSignatureException"}},
	{"com.amazonaws.dynamodb.v20120810#", {NULL}},
};

static const char *space_of(const char *exception)
{
	const struct family *f = families;
	for (; f->names[0]; f++)
		for (const char *const *name = f->names; *name; name++)
			if (strcmp(*name, exception) == 0)
				return f->space;
	return f->space;
}

/** The text's member is "message", but for some that say "Message". Source: the service's model, and what it sends. */
static const char *text_member(const char *exception)
{
	static const char *const capital[] = {"SerializationException", DDB_DENIED, "TransactionCanceledException",
		"TransactionInProgressException", "IdempotentParameterMismatchException"};
	for (size_t i = 0; i < sizeof capital / sizeof *capital; i++)
		if (strcmp(capital[i], exception) == 0)
			return "Message";
	return "message";
}

void reply_error_body(const struct err *err, struct slice members, struct buf *out)
{
	const char *exception = status_info(err->code)->exception;
	buf_addf(out, "{\"__type\":\"%s%s\"", space_of(exception), exception);
	if (members.len) {
		buf_add_byte(out, ',');
		buf_add_slice(out, members);
	}
	if (err->text[0]) {
		buf_addf(out, ",\"%s\":", text_member(exception));
		json_write_string(slice_str(err->text), out);
	}
	buf_add_byte(out, '}');
}

/* Headers */

/** Nobody's secret, only never the same: a counter under a hash would do as well. xorshift, seeded once a thread. */
static uint64_t draw(void)
{
	static _Thread_local uint64_t state;
	if (!state)
		randombytes_buf(&state, sizeof state);
	state |= !state;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/** 52 characters, as the service's: 32 bytes in base 32. */
static void make_request_id(char out[REQUEST_ID_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	uint64_t bits = 0;
	unsigned left = 0;
	for (size_t i = 0; i < REQUEST_ID_SIZE - 1; i++) {
		if (left < 5) {
			bits = draw();
			left = 64;
		}
		out[i] = digits[bits & 31];
		bits >>= 5;
		left -= 5;
	}
	out[REQUEST_ID_SIZE - 1] = 0;
}

static void add(struct MHD_Response *m, const char *name, const char *value)
{
	/* Fails for lack of memory only, and an answer without one of these is still an answer. */
	(void)MHD_add_response_header(m, name, value);
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/** What a browser asks before it lets a page's script do it. Source: Fetch Standard, "CORS-preflight request". */
static void add_preflight(struct MHD_Connection *c, struct MHD_Response *m)
{
	const char *headers = header(c, "Access-Control-Request-Headers"), *method = header(c, "Access-Control-Request-Method");
	if (headers)
		add(m, "Access-Control-Allow-Headers", headers);
	if (method)
		add(m, "Access-Control-Allow-Methods", method);
	add(m, "Access-Control-Max-Age", "172800");
}

static void add_headers(struct MHD_Connection *c, struct MHD_Response *m, const struct reply *r, uint32_t crc)
{
	char id[REQUEST_ID_SIZE], number[16];
	make_request_id(id);
	snprintf(number, sizeof number, "%u", crc);
	add(m, "Server", "Server");
	if (r->type)
		add(m, "Content-Type", r->type);
	add(m, "x-amzn-RequestId", id);
	add(m, "x-amz-crc32", number);
	if (r->cors) {
		add(m, "Access-Control-Allow-Origin", "*");
		add(m, "Access-Control-Expose-Headers",
			"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,x-amz-crc32,Date");
	}
	if (r->preflight)
		add_preflight(c, m);
	if (r->close)
		add(m, "Connection", "close");
}

/** Packs the body if that pays; the checksum is that of the bytes as they are sent, which is what SDKs look at. */
static bool pack(struct reply *r)
{
	struct buf packed = BUF_INIT;
	if (!r->gzip || r->body.len < GZIP_FROM || !gzip_pack(buf_slice(&r->body), &packed)) {
		buf_finish(&packed);
		return false;
	}
	buf_finish(&r->body);
	r->body = packed;
	return true;
}

enum MHD_Result reply_send(struct MHD_Connection *c, struct reply *r)
{
	bool packed = pack(r);
	uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), r->body.ptr, (uInt)r->body.len);
	struct MHD_Response *m = r->body.len ? MHD_create_response_from_buffer(r->body.len, r->body.ptr, MHD_RESPMEM_MUST_FREE)
					     : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (!m || !r->body.len)
		buf_finish(&r->body);
	r->body = (struct buf)BUF_INIT;
	if (!m)
		return MHD_NO;
	add_headers(c, m, r, crc);
	if (packed)
		add(m, "Content-Encoding", "gzip");
	if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add(m, "Allow", "GET, HEAD, OPTIONS, POST");
	enum MHD_Result queued = MHD_queue_response(c, r->status, m);
	MHD_destroy_response(m);
	return queued;
}
