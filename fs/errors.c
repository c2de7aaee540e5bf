#include "fs/errors.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/json.h"

struct failure {
	uint64_t time_ns;
	int errno_code;
	enum status code;
	char *path, *text;
};

struct error_ring {
	struct error_ring *next;
	uid_t uid;
	size_t count; /* ever; the last ERRORS_KEPT of them are here */
	struct failure failures[ERRORS_KEPT];
};

void errors_init(struct errors *errors)
{
	mutex_init(&errors->lock);
	errors->rings = NULL;
}

static void ring_free(struct error_ring *ring)
{
	for (size_t i = 0; i < ERRORS_KEPT; i++) {
		free(ring->failures[i].path);
		free(ring->failures[i].text);
	}
	free(ring);
}

void errors_finish(struct errors *errors)
{
	for (struct error_ring *ring = errors->rings, *next; ring; ring = next) {
		next = ring->next;
		ring_free(ring);
	}
	errors->rings = NULL;
	mutex_finish(&errors->lock);
}

/** The ring of `uid`, moved to the front; NULL when there is none. */
static struct error_ring *ring_find(struct errors *errors, uid_t uid) REQUIRES(errors->lock)
{
	for (struct error_ring **at = &errors->rings; *at; at = &(*at)->next) {
		struct error_ring *ring = *at;
		if (ring->uid != uid)
			continue;
		*at = ring->next;
		ring->next = errors->rings;
		errors->rings = ring;
		return ring;
	}
	return NULL;
}

static struct error_ring *ring_make(struct errors *errors, uid_t uid) REQUIRES(errors->lock)
{
	size_t n = 0;
	for (struct error_ring **at = &errors->rings; *at; at = &(*at)->next) {
		if (++n == ERRORS_USERS_MAX) {
			ring_free(*at);
			*at = NULL;
			break;
		}
	}
	struct error_ring *ring = xcalloc(1, sizeof *ring);
	ring->uid = uid;
	ring->next = errors->rings;
	errors->rings = ring;
	return ring;
}

void errors_record(struct errors *errors, uid_t uid, const char *path, int errno_code, const struct err *err)
{
	struct failure f = {.time_ns = clock_wall_ns(),
		.errno_code = errno_code,
		.code = err->code,
		.path = xstrdup(path),
		.text = xstrdup(err->text)};
	mutex_lock(&errors->lock);
	struct error_ring *ring = ring_find(errors, uid);
	if (!ring)
		ring = ring_make(errors, uid);
	struct failure *slot = &ring->failures[ring->count++ % ERRORS_KEPT];
	struct failure old = *slot;
	*slot = f;
	mutex_unlock(&errors->lock);
	free(old.path);
	free(old.text);
}

static void add_member(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s\"%s\":", out->len && out->ptr[out->len - 1] == '{' ? "" : ",", name);
	json_write_string(slice_str(value), out);
}

static void print_failure(const struct failure *f, struct buf *out)
{
	char time[CLOCK_TEXT_MAX];
	const struct status_info *info = status_info(f->code);
	clock_format(f->time_ns, time);
	buf_add_byte(out, '{');
	add_member(out, "time", time);
	add_member(out, "path", f->path);
	add_member(out, "errno", strerrorname_np(f->errno_code) ? strerrorname_np(f->errno_code) : "?");
	add_member(out, "exception", info->exception);
	add_member(out, "sentence", f->text);
	add_member(out, "way_out", info->sentence);
	buf_add_str(out, "}\n");
}

void errors_print(struct errors *errors, uid_t uid, struct buf *out)
{
	mutex_lock(&errors->lock);
	struct error_ring *ring = ring_find(errors, uid);
	size_t n = ring ? ring->count : 0;
	for (size_t i = n > ERRORS_KEPT ? n - ERRORS_KEPT : 0; i < n; i++)
		print_failure(&ring->failures[i % ERRORS_KEPT], out);
	mutex_unlock(&errors->lock);
}

static bool is_child(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") ? strlen(dir) : 0;
	return strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + 1] && !strchr(path + n + 1, '/');
}

bool errors_last(struct errors *errors, uid_t uid, const char *path, struct buf *out)
{
	const struct failure *found = NULL;
	mutex_lock(&errors->lock);
	struct error_ring *ring = ring_find(errors, uid);
	size_t n = ring ? ring->count : 0, oldest = n > ERRORS_KEPT ? n - ERRORS_KEPT : 0;
	for (size_t i = n; i > oldest && !found; i--) {
		const struct failure *f = &ring->failures[(i - 1) % ERRORS_KEPT];
		if (strcmp(f->path, path) == 0 || is_child(f->path, path))
			found = f;
	}
	if (found)
		buf_add_str(out, found->text);
	mutex_unlock(&errors->lock);
	return found;
}
