/**
 * What the files of this folder share: the server, one connection, one request.
 *
 *   server.c    start, stop, libmicrohttpd's settings       address.c  "127.0.0.1:8000" and what is loopback
 *   request.c   a request from its headers to its answer     work.c     threads for operations that wait
 *   peers.c     connections, and which of them are too slow  reply.c    status, headers, bodies, errors
 *   auth.c      who asks                                     sigv4.c    the signature itself
 *   gzip.c      bodies in and out
 *
 * Threads and locks: README.md.
 */
#ifndef SRC_HTTP_SERVER_H
#define SRC_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "engine/base/thread.h"
#include "src/http/http.h"
#include "src/http/route.h"

/** The most that a request's body may hold, as sent and when inflated. DynamoDB Developer Guide, "Quotas": BatchWriteItem. */
#define BODY_MAX (16u << 20)

/* address.c */

struct address {
	int fd;        /* listens */
	bool loopback; /* nobody outside this machine can reach it */
	char text[80]; /* as http_address() gives it */
};
/** Listens on `text`. Errors: ST_USAGE (no address), ST_IO (in use, not allowed, not ours). */
MUST_CHECK enum status address_listen(const char *text, struct address *ret, struct err *err);
/** Whether the host of an Origin ("http://localhost:3000") is this machine. */
bool address_is_local_origin(struct slice origin);

/* peers.c: one entry a connection, so that the slow can be found */

enum peer_phase {
	PEER_IDLE,    /* between requests, or in a request's first line */
	PEER_READING, /* the first line is there, the body not yet whole */
	PEER_WORKING, /* ours to answer: never cut off */
	PEER_SENDING, /* the client's to take */
};

struct peer {
	int fd;
	_Atomic uint8_t phase;
	_Atomic bool greeted;       /* a whole request came once */
	_Atomic uint32_t since_s;   /* of the phase, by the peers' clock */
	_Atomic uint32_t kilobytes; /* moved in this phase */
	uint32_t partial_s;         /* the watcher's own: when a first line was seen to be unfinished; 0: not */
	uint32_t watched_s;         /* the watcher's own: the phase that partial_s is about */
	struct peer *next, *prev;   /* guarded by peers.lock */
};

struct peers {
	struct mutex lock;
	struct peer *first;
	size_t count, most; /* most: since memory was last given back */
	pthread_cond_t wake;
	pthread_t watcher;
	bool watching, stop;
	uint32_t haste; /* divides every limit; 1 but in tests */
	_Atomic uint32_t now_s;
};

MUST_CHECK enum status peers_start(struct peers *p, struct err *err);
void peers_stop(struct peers *p);
/** libmicrohttpd's MHD_NotifyConnectionCallback; arg is the struct peers. */
void peers_notify(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code);
void peer_enter(struct peers *p, struct peer *peer, enum peer_phase phase);

/* work.c: threads for what waits; as many as there is work, up to a bound, and none when there is none */

struct job {
	struct job *next;
	void (*run)(struct job *j);
};

struct crew {
	struct mutex lock;
	pthread_cond_t wake, ended;
	struct job *first, **last;
	size_t queued, threads, idle, max;
	bool stop;
};

void crew_init(struct crew *c, size_t max);
/** Runs it soon on another thread; false: no thread could be started, and there is none. */
bool crew_add(struct crew *c, struct job *j);
/** Runs what is queued, ends the threads. */
void crew_finish(struct crew *c);

/* The server */

#define SIGNING_KEYS 64

struct signing_key { /* of one user, day and region */
	char access_key[24], day[12], region[40];
	uint8_t key[32];
};

struct signing_keys {
	struct mutex lock;
	struct signing_key *keys; /* SIGNING_KEYS of them, in guarded memory; the oldest is replaced */
	size_t next;
};

struct http_server {
	struct engine *engine;
	struct MHD_Daemon *daemon;
	struct address address;
	struct peers peers;
	struct crew crew;
	struct signing_keys signing;
	struct buf certificate, private_key;
	_Atomic bool stopping;
	_Atomic unsigned requests; /* complete ones whose answer is not yet sent */
	_Atomic uint64_t complaint_due_ns; /* until then failures of the server's own are counted, not logged */
	_Atomic unsigned complaints_withheld;
	uid_t uid;
	gid_t gid;
};

/* request.c: libmicrohttpd's callbacks; arg is the server */

enum MHD_Result request_handle(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
	const char *data, size_t *data_size, void **context);
void request_completed(void *arg, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode code);
/** MHD_OPTION_URI_LOG_CALLBACK: a first line is there. */
void *request_begins(void *arg, const char *uri, struct MHD_Connection *c);

#endif
