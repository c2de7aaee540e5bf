/*
 * Load for a DynamoDB endpoint: many keep-alive connections on one thread, one request each at a time.
 *
 *   http_load load HOST PORT OPERATION CONNECTIONS SECONDS     prints operations a second and latencies as JSON
 *   http_load fill HOST PORT                                   puts what the reads look for
 *   http_load constant PORT                                    a server of one answer: the ceiling of load and loop
 *
 * OPERATION: put get query update batch transact, with items of 1 KB. Requests carry a made-up signature, since some servers want one to
 * look at. Any status but 200 ends the run: what fails fast is not fast.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEYS 10000
#define PARTITIONS 1000
#define IN_PARTITION 10
#define SAMPLES_MAX (4u << 20)
#define REPLY_MAX (1u << 20)

struct text {
	char *at;
	size_t len, cap;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *format, ...)
{
	va_list args;
	if (t->cap - t->len < 4096) {
		t->cap = t->cap * 2 + 8192;
		t->at = realloc(t->at, t->cap);
		if (!t->at)
			abort();
	}
	va_start(args, format);
	t->len += (size_t)vsnprintf(t->at + t->len, t->cap - t->len, format, args);
	va_end(args);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Requests */

static uint64_t random_state = 88172645463325252u;
static unsigned random_below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static void add_padding(struct text *t, size_t n)
{
	static char pad[1024];
	if (!pad[0])
		for (size_t i = 0; i < sizeof pad - 1; i++)
			pad[i] = (char)('a' + random_below(26));
	add(t, "%.*s", (int)n, pad);
}

/** An item of 1 KB as the service counts. */
static void add_item(struct text *t, const char *keys, ...) __attribute__((format(printf, 2, 3)));
static void add_item(struct text *t, const char *keys, ...)
{
	char text[128];
	va_list args;
	va_start(args, keys);
	vsnprintf(text, sizeof text, keys, args);
	va_end(args);
	add(t, "{%s,\"n\":{\"N\":\"%u\"},\"town\":{\"S\":\"Bergen\"},\"tags\":{\"SS\":[\"a\",\"b\"]},\"note\":{\"S\":\"", text,
		random_below(1000));
	add_padding(t, 960);
	add(t, "\"}}");
}

static void body_put(struct text *t)
{
	add(t, "{\"TableName\":\"Bench\",\"Item\":");
	add_item(t, "\"pk\":{\"S\":\"k%u\"}", random_below(KEYS));
	add(t, "}");
}

static void body_get(struct text *t)
{
	add(t, "{\"TableName\":\"Bench\",\"Key\":{\"pk\":{\"S\":\"k%u\"}}}", random_below(KEYS));
}

static void body_query(struct text *t)
{
	add(t,
		"{\"TableName\":\"BenchRange\",\"KeyConditionExpression\":\"pk = :p\",\"ExpressionAttributeValues\":{\":p\":{\"S\":"
		"\"p%u\"}}}",
		random_below(PARTITIONS));
}

static void body_update(struct text *t)
{
	add(t,
		"{\"TableName\":\"Bench\",\"Key\":{\"pk\":{\"S\":\"k%u\"}},\"UpdateExpression\":\"SET n = n + :one\","
		"\"ExpressionAttributeValues\":{\":one\":{\"N\":\"1\"}}}",
		random_below(KEYS));
}

static void body_batch(struct text *t)
{
	unsigned first = random_below(KEYS);
	add(t, "{\"RequestItems\":{\"Bench\":[");
	for (unsigned i = 0; i < 25; i++) {
		add(t, "%s{\"PutRequest\":{\"Item\":", i ? "," : "");
		add_item(t, "\"pk\":{\"S\":\"k%u\"}", (first + i * 37) % KEYS);
		add(t, "}}");
	}
	add(t, "]}}");
}

static void body_transact(struct text *t)
{
	unsigned first = random_below(KEYS);
	add(t, "{\"TransactItems\":[");
	for (unsigned i = 0; i < 4; i++) {
		add(t, "%s{\"Put\":{\"TableName\":\"Bench\",\"Item\":", i ? "," : "");
		add_item(t, "\"pk\":{\"S\":\"k%u\"}", (first + i * 37) % KEYS);
		add(t, "}}");
	}
	add(t, "]}");
}

static const struct operation {
	const char *name, *target;
	void (*body)(struct text *t);
} operations[] = {
	{"put", "PutItem", body_put},
	{"get", "GetItem", body_get},
	{"query", "Query", body_query},
	{"update", "UpdateItem", body_update},
	{"batch", "BatchWriteItem", body_batch},
	{"transact", "TransactWriteItems", body_transact},
};

static void make_request(struct text *t, const char *target, const char *body, size_t len)
{
	t->len = 0;
	add(t,
		"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: "
		"DynamoDB_20120810.%s\r\n"
		"X-Amz-Date: 20260105T120000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
		"Credential=test/20260105/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, "
		"Signature=0000000000000000000000000000000000000000000000000000000000000000\r\nContent-Length: %zu\r\n\r\n",
		target, len);
	for (size_t at = 0; at < len; at += 2048)
		add(t, "%.*s", (int)(len - at < 2048 ? len - at : 2048), body + at);
}

/* Connections */

struct connection {
	int fd;
	struct text request;
	size_t sent, got, whole; /* whole: length of the reply, 0 while its headers are not there */
	char *reply;
	double begun;
};

static int dial(const char *host, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	inet_pton(AF_INET, host, &to.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** The length of the whole reply once its headers are there. Header names in any case. */
static size_t reply_length(const char *reply, size_t got)
{
	const char *end = memmem(reply, got, "\r\n\r\n", 4), *length;
	if (!end)
		return 0;
	for (length = reply; length < end && strncasecmp(length, "\r\nContent-Length:", 17) != 0; length++)
		;
	if (length == end || strncmp(reply, "HTTP/1.1 200", 12) != 0) {
		fprintf(stderr, "a reply that is none: %.*s\n", (int)(got < 800 ? got : 800), reply);
		exit(1);
	}
	return (size_t)(end + 4 - reply) + strtoul(length + 17, NULL, 10);
}

/** True when the reply is whole. */
static bool take(struct connection *c)
{
	ssize_t n = recv(c->fd, c->reply + c->got, REPLY_MAX - c->got, 0);
	if (n <= 0)
		die("recv");
	c->got += (size_t)n;
	if (!c->whole)
		c->whole = reply_length(c->reply, c->got);
	return c->whole && c->got >= c->whole;
}

static void begin(struct connection *c, const struct operation *op)
{
	static struct text body;
	body.len = 0;
	op->body(&body);
	make_request(&c->request, op->target, body.at, body.len);
	c->sent = c->got = c->whole = 0;
	c->begun = now_s();
	while (c->sent < c->request.len) {
		ssize_t n = send(c->fd, c->request.at + c->sent, c->request.len - c->sent, MSG_NOSIGNAL);
		if (n < 0)
			die("send");
		c->sent += (size_t)n;
	}
}

/* Load */

static float samples[SAMPLES_MAX];

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static void report(const char *operation, size_t connections, size_t done, double took)
{
	size_t n = done < SAMPLES_MAX ? done : SAMPLES_MAX;
	qsort(samples, n, sizeof *samples, compare);
	printf("{\"operation\":\"%s\",\"connections\":%zu,\"per_s\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n", operation,
		connections, (double)done / took, n ? (double)samples[n / 2] : 0, n ? (double)samples[n * 99 / 100] : 0);
}

static void load(const char *host, int port, const struct operation *op, size_t n, double seconds)
{
	struct connection *all = calloc(n, sizeof *all);
	int poll = epoll_create1(0);
	size_t done = 0, open = n;
	for (size_t i = 0; i < n; i++) {
		all[i].fd = dial(host, port);
		all[i].reply = malloc(REPLY_MAX);
		epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &all[i]});
	}
	double start = now_s(), end = start + seconds;
	for (size_t i = 0; i < n; i++)
		begin(&all[i], op);
	while (open) {
		struct epoll_event events[64];
		int ready = epoll_wait(poll, events, 64, 10000);
		if (ready == 0) {
			fprintf(stderr, "no reply for 10 s\n");
			exit(1);
		}
		for (int i = 0; i < ready; i++) {
			struct connection *c = events[i].data.ptr;
			if (!take(c))
				continue;
			double now = now_s();
			samples[done++ % SAMPLES_MAX] = (float)((now - c->begun) * 1e6);
			if (now < end)
				begin(c, op);
			else
				open--;
		}
	}
	report(op->name, n, done, now_s() - start);
}

/* What the reads look for */

static void request_once(struct connection *c, const char *target, const struct text *body)
{
	make_request(&c->request, target, body->at, body->len);
	c->got = c->whole = 0;
	if (send(c->fd, c->request.at, c->request.len, MSG_NOSIGNAL) != (ssize_t)c->request.len)
		die("send");
	while (!take(c))
		;
}

static void make_table(struct connection *c, const char *name, bool range)
{
	struct text body = {0};
	add(&body,
		"{\"TableName\":\"%s\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{\"AttributeName\":\"pk\","
		"\"AttributeType\":\"S\"}%s],\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}%s]}",
		name, range ? ",{\"AttributeName\":\"sk\",\"AttributeType\":\"N\"}" : "",
		range ? ",{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}" : "");
	request_once(c, "CreateTable", &body);
	for (bool active = false; !active; usleep(50000)) {
		body.len = 0;
		add(&body, "{\"TableName\":\"%s\"}", name);
		request_once(c, "DescribeTable", &body);
		active = memmem(c->reply, c->got, "\"ACTIVE\"", 8);
	}
	free(body.at);
}

static void fill(const char *host, int port)
{
	struct connection c = {.fd = dial(host, port), .reply = malloc(REPLY_MAX)};
	struct text body = {0};
	make_table(&c, "Bench", false);
	make_table(&c, "BenchRange", true);
	for (unsigned i = 0; i < KEYS; i += 25) {
		body.len = 0;
		add(&body, "{\"RequestItems\":{\"Bench\":[");
		for (unsigned k = 0; k < 25; k++) {
			add(&body, "%s{\"PutRequest\":{\"Item\":", k ? "," : "");
			add_item(&body, "\"pk\":{\"S\":\"k%u\"}", i + k);
			add(&body, "}}");
		}
		add(&body, "]}}");
		request_once(&c, "BatchWriteItem", &body);
	}
	for (unsigned i = 0; i < PARTITIONS; i += 2) {
		body.len = 0;
		add(&body, "{\"RequestItems\":{\"BenchRange\":[");
		for (unsigned k = 0; k < 2 * IN_PARTITION; k++) {
			add(&body, "%s{\"PutRequest\":{\"Item\":", k ? "," : "");
			add_item(&body, "\"pk\":{\"S\":\"p%u\"},\"sk\":{\"N\":\"%u\"}", i + k / IN_PARTITION, k % IN_PARTITION);
			add(&body, "}}");
		}
		add(&body, "]}}");
		request_once(&c, "BatchWriteItem", &body);
	}
}

/* The ceiling: a loop that finds the end of each request and sends the same bytes. */

struct peer {
	int fd;
	size_t got;
	char request[65536];
};

static void answer(struct peer *p, const struct text *reply)
{
	ssize_t n = recv(p->fd, p->request + p->got, sizeof p->request - p->got, 0);
	if (n <= 0) {
		close(p->fd);
		free(p);
		return;
	}
	p->got += (size_t)n;
	const char *end = memmem(p->request, p->got, "\r\n\r\n", 4), *length;
	if (!end || !(length = memmem(p->request, p->got, "Content-Length: ", 16)))
		return;
	if (p->got < (size_t)(end + 4 - p->request) + strtoul(length + 16, NULL, 10))
		return;
	p->got = 0;
	if (send(p->fd, reply->at, reply->len, MSG_NOSIGNAL) < 0)
		return;
}

static void constant(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, poll = epoll_create1(0);
	struct text reply = {0}, item = {0};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 512))
		die("listen");
	add(&item, "{\"Item\":");
	add_item(&item, "\"pk\":{\"S\":\"k1\"}");
	add(&item, "}");
	add(&reply, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %zu\r\n\r\n%s", item.len,
		item.at);
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN});
	for (;;) {
		struct epoll_event events[64];
		int ready = epoll_wait(poll, events, 64, -1);
		for (int i = 0; i < ready; i++) {
			if (events[i].data.ptr) {
				answer(events[i].data.ptr, &reply);
				continue;
			}
			struct peer *p = calloc(1, sizeof *p);
			p->fd = accept(fd, NULL, NULL);
			setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
			epoll_ctl(poll, EPOLL_CTL_ADD, p->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = p});
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "constant"))
		constant((int)strtol(argv[2], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "fill")) {
		fill(argv[2], (int)strtol(argv[3], NULL, 10));
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "load"))
		for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
			if (!strcmp(operations[i].name, argv[4])) {
				load(argv[2], (int)strtol(argv[3], NULL, 10), &operations[i], strtoul(argv[5], NULL, 10),
					strtod(argv[6], NULL));
				return 0;
			}
	fprintf(stderr, "usage: http_load load HOST PORT put|get|query|update|batch|transact CONNECTIONS SECONDS\n"
			"       http_load fill HOST PORT\n       http_load constant PORT\n");
	return 2;
}
