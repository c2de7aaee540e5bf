#include "src/http/server.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/user.h"

/* Headers of a request and its answer, and the pieces in which a body comes. Each idle connection costs as much. */
#define CONNECTION_MEMORY (8u << 10)
#define CONNECTIONS_MAX 20000u
#define FILES_KEPT 512u /* descriptors that the store and the mount may want */
#define CREW_MAX 128
#define PEM_MAX (1u << 20)
#define STOP_WAIT_MS 10000

static _Thread_local char last_complaint[200]; /* of libmicrohttpd, for the message when it does not start */

static void PRINTF_LIKE(2, 0) take_complaint(void *arg, const char *fmt, va_list ap)
{
	vsnprintf(last_complaint, sizeof last_complaint, fmt, ap);
	last_complaint[strcspn(last_complaint, "\n")] = 0;
	log_debug("http: %s", last_complaint);
}

static unsigned connections_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= CONNECTIONS_MAX + FILES_KEPT)
		return CONNECTIONS_MAX;
	return limit.rlim_cur > 2 * FILES_KEPT ? (unsigned)limit.rlim_cur - FILES_KEPT : (unsigned)limit.rlim_cur / 2;
}

static unsigned threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 2 ? 2 : n > 8 ? 8 : (unsigned)n;
}

static enum status read_pem(const struct http_options *o, struct http_server *s, struct err *err)
{
	if (!o->certificate != !o->private_key)
		return err_set(err, ST_USAGE, "TLS wants both a certificate (--tls-cert) and its private key (--tls-key)");
	if (!o->certificate)
		return ST_OK;
	enum status st = file_read(o->certificate, PEM_MAX, &s->certificate, err);
	if (st == ST_OK)
		st = file_read(o->private_key, PEM_MAX, &s->private_key, err);
	if (st != ST_NOT_FOUND)
		return st;
	return err->code = ST_USAGE; /* it is no item that is not there */
}

static enum status check_reach(struct http_server *s, struct err *err)
{
	if (s->address.loopback && !engine_has_users(s->engine))
		log_warn("http: the store has no access keys: everybody on this machine may use it at %s", s->address.text);
	if (s->address.loopback)
		return ST_OK;
	if (!s->certificate.len)
		return err_set(err, ST_USAGE,
			"%s can be reached from other machines, so it wants TLS: --tls-cert FILE --tls-key FILE", s->address.text);
	if (!engine_has_users(s->engine))
		return err_set(err, ST_USAGE,
			"%s can be reached from other machines, and the store has no access keys; 'itemfs user add %s NAME' makes "
			"one",
			s->address.text, engine_path(s->engine));
	return ST_OK;
}

static enum status start_daemon(struct http_server *s, struct err *err)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)buf_str(&s->certificate)},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)buf_str(&s->private_key)},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none = {MHD_OPTION_END, 0, NULL};
	if (s->certificate.len)
		flags |= MHD_USE_TLS;
	last_complaint[0] = 0;
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, request_handle, s, MHD_OPTION_EXTERNAL_LOGGER, take_complaint, NULL,
		MHD_OPTION_LISTEN_SOCKET, s->address.fd, MHD_OPTION_THREAD_POOL_SIZE, threads(), MHD_OPTION_CONNECTION_LIMIT,
		connections_max(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
		peers_notify, &s->peers, MHD_OPTION_NOTIFY_COMPLETED, request_completed, s, MHD_OPTION_URI_LOG_CALLBACK,
		request_begins, s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, s->certificate.len ? tls : &none,
		MHD_OPTION_END);
	if (s->daemon)
		return ST_OK;
	return err_set(err, ST_IO, "the HTTP server does not start: %s%s", last_complaint[0] ? last_complaint : "no reason given",
		s->certificate.len ? " Are the files of --tls-cert and --tls-key a certificate and its own private key, in PEM?"
				   : "");
}

enum status http_start(const struct http_options *o, struct http_server **ret, struct err *err)
{
	struct http_server *s = xcalloc(1, sizeof *s);
	s->engine = o->engine;
	s->uid = getuid();
	s->gid = getgid();
	s->address.fd = -1;
	crew_init(&s->crew, CREW_MAX);
	mutex_init(&s->signing.lock);
	s->signing.keys = sodium_allocarray(SIGNING_KEYS, sizeof *s->signing.keys);
	if (!s->signing.keys) {
		http_stop(s);
		return err_code(err, ST_NO_MEMORY);
	}
	sodium_memzero(s->signing.keys, SIGNING_KEYS * sizeof *s->signing.keys);
	enum status st = read_pem(o, s, err);
	if (st == ST_OK)
		st = address_listen(o->listen, &s->address, err);
	if (st == ST_OK)
		st = check_reach(s, err);
	if (st == ST_OK)
		st = peers_start(&s->peers, err);
	if (st == ST_OK)
		st = start_daemon(s, err);
	buf_wipe(&s->private_key);
	if (st != ST_OK)
		http_stop(s);
	else
		*ret = s;
	return st;
}

const char *http_address(const struct http_server *s)
{
	return s->address.text;
}

static void await_requests(struct http_server *s)
{
	const struct timespec step = {.tv_nsec = 2000000};
	uint64_t until = clock_monotonic_ns() + STOP_WAIT_MS * (NS_PER_S / 1000);
	while (s->requests && clock_monotonic_ns() < until)
		nanosleep(&step, NULL);
}

void http_stop(struct http_server *s)
{
	if (!s)
		return;
	s->stopping = true;
	int listening = s->daemon ? MHD_quiesce_daemon(s->daemon) : -1;
	if (s->daemon)
		await_requests(s);
	crew_finish(&s->crew); /* a connection that is still suspended must not meet the end of its daemon */
	if (s->daemon) {
		await_requests(s);
		MHD_stop_daemon(s->daemon);
	}
	peers_stop(&s->peers);
	if (listening >= 0 || !s->daemon)
		close(s->address.fd);
	sodium_free(s->signing.keys);
	mutex_finish(&s->signing.lock);
	buf_finish(&s->certificate);
	buf_wipe(&s->private_key);
	free(s);
}
