/*
 * Connections that take too long are shut down, which the event loop that owns them sees as their end. An inactivity timeout alone would not do:
 * one byte now and then keeps a connection alive for ever.
 *
 * An idle connection is let be for a long time, since clients keep theirs for the next request. libmicrohttpd does not tell when the first line of a
 * request begins to come, only when it is whole; the kernel knows, though, when bytes came last.
 */
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "src/http/server.h"

#define IDLE_MAX_S 300 /* between requests */
#define LINE_MAX_S 30  /* a request's first line; twice that for the first of a connection, with the TLS handshake */
#define GRACE_S 30     /* a request's rest, or an answer, before RATE_KB_S counts */
#define RATE_KB_S 16   /* slower than this is too slow */
#define SCAN_EVERY_S 1
#define TRIM_AFTER 500 /* connections that went */

/** Tests of slowness should not be slow themselves: ITEMFS_HTTP_HASTE=15 makes 30 s 2 s. */
static uint32_t haste(void)
{
	const char *text = getenv("ITEMFS_HTTP_HASTE");
	long n = text ? strtol(text, NULL, 10) : 1;
	return n >= 1 && n <= LINE_MAX_S ? (uint32_t)n : 1;
}

static uint32_t seconds_now(void)
{
	return (uint32_t)(clock_monotonic_ns() / NS_PER_S) + 1;
}

void peer_enter(struct peers *p, struct peer *peer, enum peer_phase phase)
{
	if (!peer)
		return;
	atomic_store_explicit(&peer->since_s, p->now_s, memory_order_relaxed);
	atomic_store_explicit(&peer->kilobytes, 0, memory_order_relaxed);
	atomic_store_explicit(&peer->phase, phase, memory_order_release);
}

static void add_peer(struct peers *p, struct MHD_Connection *c, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct peer *peer = xcalloc(1, sizeof *peer);
	peer->fd = info ? info->connect_fd : -1;
	peer_enter(p, peer, PEER_IDLE);
	mutex_lock(&p->lock);
	peer->next = p->first;
	if (p->first)
		p->first->prev = peer;
	p->first = peer;
	p->count++;
	mutex_unlock(&p->lock);
	*context = peer;
}

static void remove_peer(struct peers *p, struct peer *peer)
{
	mutex_lock(&p->lock);
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		p->first = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	p->count--;
	mutex_unlock(&p->lock);
	free(peer);
}

void peers_notify(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct peers *p = arg;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add_peer(p, c, context);
	} else if (*context) {
		remove_peer(p, *context);
		*context = NULL;
	}
}

static bool ask_kernel(const struct peer *peer, struct tcp_info *info)
{
	socklen_t len = sizeof *info;
	memset(info, 0, sizeof *info);
	return getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

/**
 * The other side sent its last byte some time ago. The event loop sees that by itself, but for one case: when the end comes while it answers the
 * request before it, the event is spent.
 */
static bool is_abandoned(const struct tcp_info *info)
{
	return info->tcpi_state == TCP_CLOSE_WAIT && info->tcpi_last_data_recv > 1000;
}

/** Bytes came since the phase began, though no request did. Its clock counts whole seconds: the first two may belong to the request before. */
static bool has_partial_line(const struct tcp_info *info, uint32_t idle_s)
{
	return idle_s >= 3 && info->tcpi_last_data_recv / 1000 + 2 < idle_s;
}

static bool is_idle_too_long(const struct peers *p, struct peer *peer, uint32_t since, uint32_t now)
{
	struct tcp_info info;
	uint32_t idle = now - since;
	if (idle > IDLE_MAX_S / p->haste)
		return true;
	if (idle < 2 || !ask_kernel(peer, &info))
		return false;
	if (is_abandoned(&info))
		return true;
	if (!peer->greeted)
		return idle > 2 * LINE_MAX_S / p->haste;
	if (peer->watched_s != since) {
		peer->watched_s = since;
		peer->partial_s = 0;
	}
	if (!peer->partial_s && has_partial_line(&info, idle))
		peer->partial_s = now;
	return peer->partial_s && now - peer->partial_s > LINE_MAX_S / p->haste;
}

static bool is_too_slow(const struct peers *p, struct peer *peer, uint32_t now)
{
	enum peer_phase phase = atomic_load_explicit(&peer->phase, memory_order_acquire);
	uint32_t since = peer->since_s;
	struct tcp_info info;
	if (phase == PEER_WORKING || now < since)
		return false;
	if (phase == PEER_IDLE)
		return is_idle_too_long(p, peer, since, now);
	if (phase == PEER_READING && now - since >= 2 && ask_kernel(peer, &info) && is_abandoned(&info))
		return true;
	return now - since > GRACE_S / p->haste + peer->kilobytes / RATE_KB_S;
}

static void scan(struct peers *p) REQUIRES(p->lock)
{
	uint32_t now = p->now_s;
	for (struct peer *peer = p->first; peer; peer = peer->next)
		if (peer->fd >= 0 && is_too_slow(p, peer, now)) {
			log_debug("http: a connection was left, too slow, or idle for too long; closing it");
			shutdown(peer->fd, SHUT_RDWR);
			peer->fd = -1;
		}
}

/** A crowd that went leaves its memory with the allocator, which keeps it unless told. */
static bool should_trim(struct peers *p) REQUIRES(p->lock)
{
	bool trim = p->most > p->count + TRIM_AFTER;
	if (trim || p->count > p->most)
		p->most = p->count;
	return trim;
}

static void *watch(void *arg)
{
	struct peers *p = arg;
	struct timespec until;
	mutex_lock(&p->lock);
	while (!p->stop) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += SCAN_EVERY_S;
		pthread_cond_timedwait(&p->wake, &p->lock.os, &until);
		p->now_s = seconds_now();
		scan(p);
		if (should_trim(p)) {
			mutex_unlock(&p->lock);
			malloc_trim(0);
			mutex_lock(&p->lock);
		}
	}
	mutex_unlock(&p->lock);
	return NULL;
}

enum status peers_start(struct peers *p, struct err *err)
{
	pthread_condattr_t attr;
	mutex_init(&p->lock);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	p->haste = haste();
	p->now_s = seconds_now();
	int failed = pthread_create(&p->watcher, NULL, watch, p);
	p->watching = !failed;
	return failed ? err_errno(err, failed, "cannot start a thread") : ST_OK;
}

void peers_stop(struct peers *p)
{
	if (!p->watching)
		return;
	mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->wake);
	mutex_unlock(&p->lock);
	pthread_join(p->watcher, NULL);
	mutex_finish(&p->lock);
	pthread_cond_destroy(&p->wake);
}
