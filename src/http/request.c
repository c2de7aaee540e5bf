/*
 * One request, from its first line to its answer.
 *
 * libmicrohttpd calls request_handle() when the headers are there, for each piece of the body, and when the body is whole. What is quick is
 * answered there and then, by the event loop; for the rest the connection is suspended while a thread of the crew works, and request_handle() is
 * called once more after that.
 *
 * The order in which a request is found wanting is the service's: method and content type, JSON, operation, signature, and then what it asks for.
 */
#include <stdlib.h>
#include <strings.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/json.h"
#include "src/http/auth.h"
#include "src/http/gzip.h"
#include "src/http/reply.h"
#include "src/http/server.h"

/* The event loop looks at nothing longer. */
#define QUICK_BODY_MAX (64u << 10)
/* A body too long is read to its end, so that the answer is heard; but not for ever. */
#define DISCARD_MAX (4 * (uint64_t)BODY_MAX)

#define TYPE_JSON "application/x-amz-json-1.0"

enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_WORKING, STAGE_DONE };

struct request {
	struct job job;
	struct http_server *server;
	struct MHD_Connection *connection;
	struct peer *peer;
	const struct route *route;
	enum stage stage;
	bool counted; /* in server->requests */
	enum MHD_Result handled;
	const char *method; /* libmicrohttpd's, as long as the request */
	char *uri;          /* as it came: path and query; NULL: "/" */
	struct buf body;    /* as it came */
	uint64_t discarded;
	struct auth auth;
	struct reply reply;
};

static const char *header(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

void *request_begins(void *arg, const char *uri, struct MHD_Connection *c)
{
	struct http_server *s = arg;
	struct request *r = xcalloc(1, sizeof *r);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	r->server = s;
	r->connection = c;
	r->peer = info ? info->socket_context : NULL;
	r->uri = strcmp(uri, "/") == 0 ? NULL : xstrdup(uri);
	peer_enter(&s->peers, r->peer, PEER_READING);
	return r;
}

void request_completed(void *arg, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode code)
{
	struct request *r = *context;
	*context = NULL;
	if (!r)
		return;
	peer_enter(&r->server->peers, r->peer, PEER_IDLE);
	if (r->counted)
		r->server->requests--;
	free(r->uri);
	buf_finish(&r->body);
	buf_finish(&r->reply.body);
	free(r);
}

/* Answers that need no operation */

static void answer_text(struct request *r, unsigned status, const char *type, const char *text)
{
	r->reply.status = status;
	r->reply.type = type;
	buf_add_str(&r->reply.body, text);
}

static void answer_error(struct request *r, const struct err *err, struct slice members)
{
	r->reply.status = (unsigned)status_info(err->code)->http_status;
	r->reply.type = TYPE_JSON;
	buf_reset(&r->reply.body);
	reply_error_body(err, members, &r->reply.body);
}

/** As the service, which knows its content type and nothing else, and says so in XML. */
static void answer_not_found(struct request *r)
{
	answer_text(r, MHD_HTTP_NOT_FOUND, NULL, "<UnknownOperationException/>\n");
}

static void answer_too_large(struct request *r)
{
	answer_text(r, MHD_HTTP_CONTENT_TOO_LARGE, TYPE_JSON,
		"{\"__type\":\"com.amazon.coral.service#RequestEntityTooLargeException\",\"message\":\"Request size limit of 16 MB "
		"exceeded\"}");
	r->reply.close = true;
}

static bool is_known_type(const char *type)
{
	static const char *const known[] = {TYPE_JSON, "application/json"};
	for (size_t i = 0; type && i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i]);
		if (strncasecmp(type, known[i], n) == 0 && (type[n] == 0 || type[n] == ';' || type[n] == ' '))
			return true;
	}
	return false;
}

static bool is_known_method(const char *method)
{
	static const char *const known[] = {"PUT", "DELETE", "PATCH"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(method, known[i]) == 0)
			return true;
	return false;
}

/** Everything that is no call of an operation. True: it is answered. */
static bool answer_plain(struct request *r)
{
	const char *method = r->method;
	if (strcmp(method, "POST") == 0) {
		if (is_known_type(header(r, "Content-Type")))
			return false;
		answer_not_found(r);
	} else if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
		answer_text(r, MHD_HTTP_OK, "text/plain", "");
		buf_addf(&r->reply.body, "healthy: dynamodb.%s.amazonaws.com ", engine_place(r->server->engine).region);
	} else if (strcmp(method, "OPTIONS") == 0) {
		r->reply.status = MHD_HTTP_OK;
		r->reply.preflight = r->reply.cors;
	} else if (is_known_method(method)) {
		answer_not_found(r);
	} else {
		r->reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	return true;
}

/* Operations */

/** Inflates the body into `space` if it has to be. */
static bool unpack(struct request *r, struct buf *space, struct slice *ret)
{
	const char *coding = header(r, "Content-Encoding");
	bool too_large;
	*ret = buf_slice(&r->body);
	if (!coding || strcasecmp(coding, "gzip") != 0)
		return true;
	bool whole = gzip_unpack(buf_slice(&r->body), BODY_MAX, space, &too_large);
	*ret = buf_slice(space);
	return whole;
}

/** The body as JSON. Where it is none, the service says so without a word about the place. */
static enum status read_json(struct request *r, struct buf *space, struct slice *ret, struct err *err)
{
	struct json_scan scan;
	json_scan_init(&scan);
	scan.depth_max = JSON_SCAN_DEPTH_MAX;
	if (unpack(r, space, ret) && json_scan(&scan, *ret, NULL) == JSON_SCAN_DONE)
		return ST_OK;
	return err_set(err, ST_SYNTAX, "%s", "");
}

static enum status check_route(const struct route *route, struct err *err)
{
	if (!route)
		return err_set(err, ST_UNKNOWN_OPERATION, "%s", "");
	if (!route->op && !route->document)
		return err_set(err, ST_UNKNOWN_OPERATION, "Unknown operation exception");
	return ST_OK;
}

static enum status call_operation(struct request *r, struct slice body, struct buf *failure, struct err *err)
{
	const char *host = header(r, "Host");
	struct http_call call = {
		.engine = r->server->engine,
		.caller = {.principal = r->auth.principal[0] ? r->auth.principal : NULL,
			.uid = r->server->uid,
			.gid = r->server->gid,
			.face = FACE_HTTP},
		.host = slice_str(host ? host : http_address(r->server)),
		.body = body,
		.reply = &r->reply.body,
		.failure = failure,
	};
	if (r->route->document)
		return r->route->document(call.engine, &call.caller, body, &r->reply.body, err);
	enum status st = r->route->op(&call, err);
	/* Operations on items do not say which table, whether there is none of its name or it is not ready. */
	return st == ST_NO_TABLE ? err_set(err, st, "Requested resource not found") : st;
}

static enum status check_and_call(struct request *r, struct buf *inflated, struct buf *failure, struct err *err)
{
	const struct auth_request signed_part = {
		.connection = r->connection, .method = r->method, .uri = r->uri ? r->uri : "/", .body = buf_slice(&r->body)};
	struct slice json;
	enum status st = read_json(r, inflated, &json, err);
	if (st == ST_OK)
		st = check_route(r->route, err);
	if (st == ST_OK)
		st = auth_check(r->server, &signed_part, &r->auth, err);
	return st == ST_OK ? call_operation(r, json, failure, err) : st;
}

/** One a second: with a disk that is full every write of every client comes here. */
static void complain(struct request *r, const struct err *err)
{
	struct http_server *s = r->server;
	uint64_t now = clock_monotonic_ns(), due = s->complaint_due_ns;
	if (now < due || !atomic_compare_exchange_strong(&s->complaint_due_ns, &due, now + NS_PER_S)) {
		s->complaints_withheld++;
		return;
	}
	unsigned withheld = atomic_exchange(&s->complaints_withheld, 0);
	if (withheld)
		log_warn("http: %u more requests failed for reasons of the server's own", withheld);
	log_warn("http: %s: %s", r->route ? r->route->name : "?", err->text);
}

static void process(struct request *r)
{
	struct buf inflated = BUF_INIT, failure = BUF_INIT;
	struct err err = {0};
	enum status st = check_and_call(r, &inflated, &failure, &err);
	if (st == ST_OK) {
		r->reply.status = MHD_HTTP_OK;
		r->reply.type = TYPE_JSON;
		if (!r->reply.body.len)
			buf_add_str(&r->reply.body, "{}");
	} else {
		err.code = st;
		answer_error(r, &err, buf_slice(&failure));
	}
	if (status_info(st)->http_status >= 500)
		complain(r, &err);
	buf_finish(&inflated);
	buf_finish(&failure);
}

static void run_job(struct job *j)
{
	struct request *r = (struct request *)j; /* its first member */
	process(r);
	r->stage = STAGE_DONE;
	MHD_resume_connection(r->connection);
}

/* The steps of libmicrohttpd */

static enum MHD_Result send_reply(struct request *r)
{
	r->stage = STAGE_DONE;
	peer_enter(&r->server->peers, r->peer, PEER_SENDING);
	if (r->peer) {
		r->peer->kilobytes = (uint32_t)(r->reply.body.len >> 10);
		r->peer->greeted = true;
	}
	return reply_send(r->connection, &r->reply);
}

static enum MHD_Result work(struct request *r)
{
	peer_enter(&r->server->peers, r->peer, PEER_WORKING);
	if (r->route && r->route->quick && r->body.len <= QUICK_BODY_MAX) {
		process(r);
		return send_reply(r);
	}
	r->stage = STAGE_WORKING;
	r->job.run = run_job;
	MHD_suspend_connection(r->connection);
	if (!crew_add(&r->server->crew, &r->job)) {
		const struct err err = {.code = ST_NO_MEMORY, .text = "no thread can be started for the request"};
		answer_error(r, &err, (struct slice){0});
		r->stage = STAGE_DONE;
		MHD_resume_connection(r->connection);
	}
	return MHD_YES;
}

static enum MHD_Result body_is_whole(struct request *r)
{
	const char *target = header(r, "X-Amz-Target");
	if (r->discarded) {
		answer_too_large(r);
		return send_reply(r);
	}
	r->counted = true;
	r->server->requests++;
	if (r->server->stopping)
		return MHD_NO;
	if (answer_plain(r))
		return send_reply(r);
	r->route = target ? route_find(slice_str(target)) : NULL;
	return work(r);
}

static enum MHD_Result headers_are_whole(struct request *r, const char *method)
{
	const char *length = header(r, "Content-Length");
	r->stage = STAGE_BODY;
	r->method = method;
	r->reply.gzip = gzip_is_accepted(header(r, "Accept-Encoding"));
	r->reply.cors = auth_allows_origin(r->server, header(r, "Origin"));
	uint64_t n = length ? strtoull(length, NULL, 10) : 0;
	if (n <= BODY_MAX)
		return MHD_YES;
	/* A client that sends without waiting would see its connection reset instead of the answer. */
	r->discarded = n <= DISCARD_MAX && !header(r, "Expect");
	if (r->discarded)
		return MHD_YES;
	answer_too_large(r);
	return send_reply(r);
}

static enum MHD_Result take_body(struct request *r, const char *data, size_t n)
{
	if (r->peer)
		r->peer->kilobytes = (uint32_t)((r->body.len + r->discarded + n) >> 10);
	if (r->discarded || r->body.len + n > BODY_MAX) {
		buf_reset(&r->body);
		r->discarded += n;
		return r->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
	}
	buf_add(&r->body, data, n);
	return MHD_YES;
}

enum MHD_Result request_handle(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
	const char *data, size_t *data_size, void **context)
{
	struct request *r = *context;
	size_t n = *data_size;
	if (!r)
		return MHD_NO;
	*data_size = 0;
	switch (r->stage) {
	case STAGE_HEADERS:
		*data_size = n;
		return headers_are_whole(r, method);
	case STAGE_BODY:
		return n ? take_body(r, data, n) : body_is_whole(r);
	case STAGE_DONE:
		return send_reply(r);
	case STAGE_WORKING:
		break;
	}
	return MHD_YES;
}
