#include "engine/store/wal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/base/log.h"

#define MAGIC "iWAL"
#define BLOCK UINT64_C(4096)
#define SIZE_MAX_BYTES (UINT64_C(32) << 20)
#define SIZE_LEAST (UINT64_C(256) << 10)
#define DISK_SHARE 16 /* of the room on the disk the log takes no more than a sixteenth */
#define PENDING_MAX (UINT64_C(8) << 20)
#define AHEAD (UINT64_C(1) << 20)
#define KEEP_MAX (UINT64_C(1) << 20) /* memory that an emptied buffer may keep */

/* A frame's header. */
#define AT_LENGTH 4
#define AT_SEQUENCE 8
#define AT_CHECKSUM 16
#define CHECKSUM_SIZE 16
#define HEADER 32

#define COMMIT_HEADER 16 /* number 8, length 4, zero 4 */

static uint64_t blocks(uint64_t n)
{
	return (n + BLOCK - 1) / BLOCK * BLOCK;
}

/** Of everything in the frame but the checksum itself, under the log's id: frames of former logs in the same file do not verify. */
static void compute_checksum(const uint8_t id[WAL_ID_SIZE], const uint8_t *frame, size_t body, uint8_t out[CHECKSUM_SIZE])
{
	crypto_generichash_state h;
	crypto_generichash_init(&h, id, WAL_ID_SIZE, CHECKSUM_SIZE);
	crypto_generichash_update(&h, frame, AT_CHECKSUM);
	crypto_generichash_update(&h, frame + HEADER, body);
	crypto_generichash_final(&h, out, CHECKSUM_SIZE);
}

/* Opening and closing. */

enum status wal_open(struct wal *w, const char *store, bool read_only, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof path, "%s/wal", store);
	w->fd = open(path, (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600);
	if (w->fd < 0 && read_only && errno == ENOENT)
		return ST_OK;
	if (w->fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	if (fstat(w->fd, &st))
		return err_errno(err, errno, "cannot look at %s", path);
	w->size = (uint64_t)st.st_size;
	return ST_OK;
}

/** As large as is wanted, or as large as it is. */
static uint64_t size_wanted(const struct wal *w, uint64_t most)
{
	struct statvfs v;
	uint64_t room = fstatvfs(w->fd, &v) ? 0 : (uint64_t)v.f_bavail * v.f_frsize / DISK_SHARE;
	most = most < SIZE_MAX_BYTES ? most : SIZE_MAX_BYTES;
	most = most < room ? most : room;
	return (most > w->size ? most : w->size) / BLOCK * BLOCK;
}

/** Every block of the file, so that no write to it needs room; a file with holes (a copy) is filled. */
static bool allocate(struct wal *w, uint64_t most)
{
	uint64_t before = w->size, size = size_wanted(w, most);
	if (size < SIZE_LEAST)
		return false;
	if (fallocate(w->fd, 0, 0, (off_t)size) == 0) {
		w->size = size;
	} else {
		(void)!ftruncate(w->fd, (off_t)before); /* what was allocated before the disk was full */
		if (before < SIZE_LEAST || fallocate(w->fd, 0, 0, (off_t)before))
			return false;
	}
	return fsync(w->fd) == 0;
}

void wal_start(struct wal *w, uint64_t size_most)
{
	randombytes_buf(w->id, sizeof w->id);
	w->sequence = 1;
	w->head = w->tail = w->mark = w->written = 0;
	buf_resize(&w->pending, HEADER);
	if (w->fd >= 0 && !allocate(w, size_most)) {
		log_debug("no room for the write-ahead log, or no fallocate(): checkpoints alone make changes durable");
		close(w->fd);
		w->fd = -1;
	}
}

void wal_close(struct wal *w, bool clean)
{
	if (w->fd >= 0) {
		if (clean)
			(void)!ftruncate(w->fd, 0); /* the checkpoint says that nothing is in it */
		close(w->fd);
	}
	w->fd = -1;
	buf_finish(&w->pending);
	buf_finish(&w->frame);
}

/* Adding. */

static void empty_pending(struct wal *w) REQUIRES(w->lock)
{
	if (w->pending.cap > KEEP_MAX)
		buf_finish(&w->pending);
	buf_resize(&w->pending, HEADER);
}

static void turn_off(struct wal *w) REQUIRES(w->lock)
{
	w->state = WAL_OFF;
	empty_pending(w);
}

static void add(struct wal *w, uint64_t commit, struct slice changes) REQUIRES(w->lock)
{
	uint8_t header[COMMIT_HEADER] = {0};
	put_le64(header, commit);
	put_le32(header + 8, (uint32_t)changes.len);
	buf_add(&w->pending, header, sizeof header);
	buf_add_slice(&w->pending, changes);
}

/* Much that nobody waits for (a table being filled) is better off without the log: the checkpoint writes it once. */
void wal_add(struct wal *w, uint64_t commit, struct slice changes)
{
	uint64_t most = w->size / 4 < PENDING_MAX ? w->size / 4 : PENDING_MAX;
	mutex_lock(&w->lock);
	w->pending_to = commit;
	if (w->state != WAL_OFF && w->pending.len + COMMIT_HEADER + changes.len > most)
		turn_off(w);
	else if (w->state != WAL_OFF && changes.len)
		add(w, commit, changes);
	mutex_unlock(&w->lock);
}

void wal_mark(struct wal *w, uint64_t commit, struct wal_base *ret)
{
	mutex_lock(&w->lock);
	if (w->state == WAL_OFF && w->fd >= 0) {
		empty_pending(w);
		w->state = WAL_RESUMING;
	}
	w->mark = w->head;
	*ret = (struct wal_base){.sequence = w->sequence, .commit = commit};
	if (w->fd >= 0) {
		ret->at = w->head % w->size;
		memcpy(ret->id, w->id, sizeof ret->id);
	}
	mutex_unlock(&w->lock);
}

void wal_marked(struct wal *w, bool on_disk)
{
	mutex_lock(&w->lock);
	if (on_disk)
		w->tail = w->mark;
	if (w->state == WAL_RESUMING) {
		if (on_disk)
			w->state = WAL_ON;
		else
			turn_off(w); /* the checkpoint before lacks the commits that were not logged */
	}
	mutex_unlock(&w->lock);
}

bool wal_filling(struct wal *w)
{
	mutex_lock(&w->lock);
	bool filling = wal_on(w) && w->head - w->tail > w->size / 2;
	mutex_unlock(&w->lock);
	return filling;
}

/* Flushing. */

/** Takes what is pending as the next frame and gives it a place. False: the log is off, or full. */
static bool take(struct wal *w, uint64_t *at, uint64_t *to)
{
	mutex_lock(&w->lock);
	uint64_t size = blocks(w->pending.len), head = w->head;
	if (w->size && head % w->size + size > w->size)
		head += w->size - head % w->size; /* frames do not go round the corner */
	bool good = wal_on(w) && head + size <= w->tail + w->size;
	*to = w->pending_to;
	if (good && w->pending.len > HEADER) {
		struct buf empty = w->frame;
		w->frame = w->pending;
		w->pending = empty;
		empty_pending(w);
		memcpy(w->frame.ptr, MAGIC, 4);
		put_le32(w->frame.ptr + AT_LENGTH, (uint32_t)(w->frame.len - HEADER));
		put_le64(w->frame.ptr + AT_SEQUENCE, w->sequence++);
		*at = head % w->size;
		w->head = head + size;
	} else if (good) {
		buf_reset(&w->frame);
	} else if (wal_on(w)) {
		turn_off(w);
	}
	mutex_unlock(&w->lock);
	return good;
}

static bool write_all(const struct wal *w, const uint8_t *from, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(w->fd, from, n, (off_t)at);
		if (done <= 0 && errno != EINTR)
			return false;
		done = done > 0 ? done : 0;
		from += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return true;
}

/* The first write to an allocated block changes the file's metadata, which makes its sync wait for the file system's journal: so many
 * blocks have their first write together. */
static bool write_ahead(struct wal *w, uint64_t end)
{
	static const uint8_t zeros[64 << 10];
	if (end <= w->written)
		return true;
	uint64_t to = end + AHEAD < w->size ? end + AHEAD : w->size;
	for (w->written = end; w->written < to;) {
		size_t n = to - w->written < sizeof zeros ? to - w->written : sizeof zeros;
		if (!write_all(w, zeros, n, w->written))
			return false;
		w->written += n;
	}
	return true;
}

static bool write_frame(struct wal *w, uint64_t at)
{
	size_t body = w->frame.len - HEADER;
	compute_checksum(w->id, w->frame.ptr, body, w->frame.ptr + AT_CHECKSUM);
	buf_resize(&w->frame, blocks(w->frame.len));
	return write_all(w, w->frame.ptr, w->frame.len, at) && write_ahead(w, at + w->frame.len);
}

void wal_turn_off(struct wal *w)
{
	mutex_lock(&w->lock);
	turn_off(w);
	mutex_unlock(&w->lock);
}

static bool removed(const struct wal *w)
{
	struct stat st;
	if (fstat(w->fd, &st) == 0 && st.st_nlink > 0)
		return false;
	errno = ENOENT;
	return true;
}

enum wal_flushed wal_flush(struct wal *w, uint64_t *to)
{
	uint64_t at = 0;
	if (!take(w, &at, to))
		return WAL_IS_OFF;
	if (w->frame.len == 0)
		return WAL_FLUSHED; /* a flush before this one took it all */
	bool written = !removed(w) && write_frame(w, at);
	if (written && fdatasync(w->fd) == 0) {
		if (w->frame.cap > KEEP_MAX)
			buf_finish(&w->frame);
		return WAL_FLUSHED;
	}
	log_warn("cannot %s STORE/wal: %s", written ? "sync" : "write", strerror(errno));
	wal_turn_off(w);
	return written ? WAL_LOST : WAL_IS_OFF;
}

/* Reading, after a power loss. */

static enum status read_all(struct wal *w, uint8_t *to, size_t n, uint64_t at, struct err *err)
{
	while (n > 0) {
		ssize_t got = pread(w->fd, to, n, (off_t)at);
		if (got <= 0)
			return err_errno(err, got ? errno : EIO,
				"cannot read STORE/wal, which holds the last changes; if it stays so, remove that file to open the "
				"store without them");
		to += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return ST_OK;
}

/** Reads the frame at an offset. *whole: it is one, of this log, with this number. */
static enum status read_frame(
	struct wal *w, const struct wal_base *base, uint64_t sequence, uint64_t at, bool *whole, struct err *err)
{
	uint8_t header[HEADER], checksum[CHECKSUM_SIZE];
	*whole = false;
	if (at > w->size || w->size - at < HEADER)
		return ST_OK;
	enum status st = read_all(w, header, HEADER, at, err);
	uint64_t body = get_le32(header + AT_LENGTH);
	if (st || memcmp(header, MAGIC, 4) != 0 || get_le64(header + AT_SEQUENCE) != sequence || body > w->size - at - HEADER)
		return st;
	buf_reset(&w->frame);
	buf_resize(&w->frame, HEADER + body);
	st = read_all(w, w->frame.ptr, w->frame.len, at, err);
	compute_checksum(base->id, w->frame.ptr, body, checksum);
	*whole = sodium_memcmp(checksum, w->frame.ptr + AT_CHECKSUM, CHECKSUM_SIZE) == 0;
	return st;
}

bool wal_next_commit(struct slice *rest, struct wal_commit *ret)
{
	if (rest->len < COMMIT_HEADER)
		return false;
	uint64_t n = get_le32(rest->ptr + 8);
	if (n > rest->len - COMMIT_HEADER)
		return false;
	*ret = (struct wal_commit){get_le64(rest->ptr), slice_of(rest->ptr + COMMIT_HEADER, n)};
	*rest = slice_from(*rest, COMMIT_HEADER + n);
	return true;
}

/** The commits of a frame that the checkpoint does not hold. */
static void keep_commits(const struct wal *w, const struct wal_base *base, struct buf *commits)
{
	struct slice rest = slice_from(buf_slice(&w->frame), HEADER), before = rest;
	struct wal_commit c;
	for (; wal_next_commit(&rest, &c); before = rest)
		if (c.number > base->commit)
			buf_add(commits, before.ptr, before.len - rest.len);
}

enum status wal_read(struct wal *w, const struct wal_base *base, struct buf *commits, struct err *err)
{
	static const uint8_t none[WAL_ID_SIZE];
	uint64_t at = base->at, sequence = base->sequence;
	if (w->fd < 0 || memcmp(base->id, none, sizeof none) == 0)
		return ST_OK;
	for (;; sequence++) {
		bool whole;
		enum status st = read_frame(w, base, sequence, at, &whole, err);
		if (!st && !whole)
			st = read_frame(w, base, sequence, at = 0, &whole, err);
		if (st || !whole)
			return st;
		keep_commits(w, base, commits);
		at += blocks(w->frame.len);
	}
}
