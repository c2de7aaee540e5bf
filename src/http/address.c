#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "src/http/server.h"

#define BACKLOG 4096

struct place {
	char host[256];
	char port[8];
};

static bool is_port(const char *text)
{
	unsigned n = 0;
	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	return n <= 65535;
}

/** "HOST:PORT", "[V6]:PORT", ":PORT". */
static enum status split(const char *text, struct place *ret, struct err *err)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	if (!colon || !is_port(colon + 1) || n >= sizeof ret->host)
		return err_set(
			err, ST_USAGE, "'%s' is no address to listen on; write it as 127.0.0.1:8000, [::1]:8000 or :8000", text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	} else if (memchr(text, ':', n)) {
		return err_set(err, ST_USAGE, "'%s': an IPv6 address stands in brackets, as in [::1]:8000", text);
	}
	memcpy(ret->host, n ? text : "127.0.0.1", n ? n : sizeof "127.0.0.1" - 1);
	ret->host[n ? n : sizeof "127.0.0.1" - 1] = 0;
	memcpy(ret->port, colon + 1, strlen(colon + 1) + 1);
	return ST_OK;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

/** The address as it is now: the port may have been drawn. */
static void describe(struct address *a)
{
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof own;
	char host[INET6_ADDRSTRLEN], port[8];
	if (getsockname(a->fd, (struct sockaddr *)&own, &len) != 0 ||
		getnameinfo((struct sockaddr *)&own, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
			0)
		return;
	a->loopback = is_loopback(&own);
	snprintf(a->text, sizeof a->text, own.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static enum status listen_at(const struct addrinfo *at, const char *text, struct address *ret, struct err *err)
{
	const int on = 1;
	ret->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ret->fd < 0)
		return err_errno(err, errno, "cannot listen on %s", text);
	setsockopt(ret->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Connections inherit it: an answer is one packet or a few, none of which should wait for an acknowledgement. */
	setsockopt(ret->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (bind(ret->fd, at->ai_addr, at->ai_addrlen) != 0 || listen(ret->fd, BACKLOG) != 0) {
		enum status st = err_errno(err, errno, "cannot listen on %s", text);
		close(ret->fd);
		ret->fd = -1;
		return st;
	}
	describe(ret);
	return ST_OK;
}

enum status address_listen(const char *text, struct address *ret, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	struct place place;
	enum status st = split(text, &place, err);
	if (st != ST_OK)
		return st;
	int failed = getaddrinfo(place.host, place.port, &hints, &found);
	if (failed)
		return err_set(err, ST_USAGE, "cannot listen on %s: %s", text, gai_strerror(failed));
	st = listen_at(found, text, ret, err);
	freeaddrinfo(found);
	return st;
}

bool address_is_local_origin(struct slice origin)
{
	char host[64];
	const uint8_t *from = memmem(origin.ptr, origin.len, "://", 3);
	if (!from)
		return false;
	struct slice rest = slice_from(origin, (size_t)(from - origin.ptr) + 3);
	size_t n = 0;
	bool bracket = rest.len && rest.ptr[0] == '[';
	while (n < rest.len && (bracket ? n == 0 || rest.ptr[n - 1] != ']' : rest.ptr[n] != ':' && rest.ptr[n] != '/'))
		n++;
	if (n >= sizeof host)
		return false;
	memcpy(host, rest.ptr, n);
	host[n] = 0;
	struct in_addr four;
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}
