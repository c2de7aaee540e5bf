#include "fs/handle.h"

#include <fcntl.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "fs/session.h"

struct handle *handle_new(struct node *n, int flags)
{
	struct handle *h = xcalloc(1, sizeof *h);
	atomic_init(&h->refs, 1);
	h->node = n;
	h->flags = flags;
	h->direct_io = true;
	mutex_init(&h->lock);
	json_scan_init(&h->scan);
	return h;
}

void handle_hold(struct handle *h)
{
	atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
}

void handle_drop(struct handle *h)
{
	if (atomic_fetch_sub(&h->refs, 1) > 1)
		return;
	buf_finish(&h->text);
	buf_finish(&h->item);
	mutex_finish(&h->lock);
	free(h);
}

void handle_close(struct fs *fs, struct handle *h)
{
	handle_uncount_writer(h);
	if (h->cached)
		atomic_fetch_sub(&h->node->cached_readers, 1);
	if (h->memo && h->failure && h->memo->kind == MEMO_ITEM)
		memo_forget(fs, h->node); /* a new item whose document was refused: nothing is left of it */
	memo_closed(fs, h->memo);
	handle_drop(h);
}

void handle_uncount_writer(struct handle *h)
{
	if (h->counted)
		atomic_fetch_sub(&h->node->writers, 1);
	h->counted = false;
}

void handle_count_writer(struct handle *h)
{
	h->counted = handle_writes(h);
	if (h->counted)
		atomic_fetch_add(&h->node->writers, 1);
}

struct slice handle_part(struct slice text, size_t size, uint64_t offset)
{
	if (offset >= text.len)
		return slice_of(NULL, 0);
	struct slice rest = slice_from(text, (size_t)offset);
	return slice_of(rest.ptr, rest.len < size ? rest.len : size);
}

/** O_TRUNC starts from nothing; every other descriptor from what is there. */
static enum status load(struct ask *a, struct handle *h)
{
	if (h->loaded)
		return ST_OK;
	if (!(h->flags & O_TRUNC)) {
		enum status st = h->node->kind->load(a, h);
		if (st)
			return st;
		h->committed = json_scan(&h->scan, buf_slice(&h->text), NULL) == JSON_SCAN_DONE;
	}
	h->loaded = true;
	return ST_OK;
}

enum status handle_read(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret)
{
	enum status st = load(a, h);
	if (st)
		return st;
	*ret = handle_part(buf_slice(&h->text), size, offset);
	return ST_OK;
}

static enum status commit(struct ask *a, struct handle *h)
{
	enum status st = h->node->kind->commit(a, h);
	if (st)
		return st;
	h->committed = true;
	h->exclusive = false;
	return ST_OK;
}

/** Remembers that the caller was told, so that close(2) does not tell the same again. */
static enum status settle(struct handle *h, enum status st)
{
	return h->failure = st;
}

static enum status append(struct ask *a, struct handle *h, struct slice bytes)
{
	struct json_scan before = h->scan;
	size_t len = h->text.len;
	enum status st = ST_OK;
	buf_add_slice(&h->text, bytes);
	enum json_scan_state state = json_scan(&h->scan, bytes, &a->err);
	if (state == JSON_SCAN_BAD)
		st = a->err.code ? a->err.code : err_code(&a->err, ST_SYNTAX);
	else if (state == JSON_SCAN_DONE && !h->committed)
		st = commit(a, h);
	if (st) { /* as if it had not been written: the caller may try again */
		buf_resize(&h->text, len);
		h->scan = before;
		return st;
	}
	h->touched = true;
	return ST_OK;
}

/**
 * What stands up to the end of this write must be a good beginning. What stands after it may still be overwritten or cut off:
 * editors write the new text over the old and then truncate.
 */
static enum status scan_overwritten(struct ask *a, struct slice text, size_t end, struct json_scan *scan)
{
	json_scan_init(scan);
	if (json_scan(scan, slice_of(text.ptr, end), &a->err) == JSON_SCAN_BAD)
		return a->err.code ? a->err.code : err_code(&a->err, ST_SYNTAX);
	json_scan(scan, slice_from(text, end), NULL);
	return ST_OK;
}

/** Replaces the staged text and commits it when it is whole; on failure the old text stays. Takes over `text`. */
static enum status replace(struct ask *a, struct handle *h, struct buf *text, size_t end)
{
	struct json_scan scan, old_scan = h->scan;
	struct buf old = h->text;
	bool was_committed = h->committed;
	enum status st = scan_overwritten(a, buf_slice(text), end, &scan);
	if (!st) {
		h->text = *text;
		*text = old;
		h->scan = scan;
		h->committed = false;
		if (scan.state == JSON_SCAN_DONE)
			st = commit(a, h);
		if (st) {
			old = h->text;
			h->text = *text;
			*text = old;
			h->scan = old_scan;
			h->committed = was_committed;
		}
	}
	buf_finish(text);
	h->touched |= st == ST_OK;
	return st;
}

static enum status overwrite(struct ask *a, struct handle *h, struct slice bytes, size_t offset)
{
	struct buf text = BUF_INIT;
	size_t end = offset + bytes.len;
	if (end <= h->text.len && memcmp(h->text.ptr + offset, bytes.ptr, bytes.len) == 0)
		return ST_OK;
	buf_add_slice(&text, slice_of(h->text.ptr, offset));
	buf_add_slice(&text, bytes);
	if (end < h->text.len)
		buf_add_slice(&text, slice_from(buf_slice(&h->text), end));
	return replace(a, h, &text, end);
}

static enum status write_at(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset)
{
	enum status st = load(a, h);
	if (st)
		return st;
	if (h->flags & O_APPEND)
		offset = h->text.len;
	if (offset > JSON_TEXT_MAX || offset + bytes.len > JSON_TEXT_MAX)
		return err_set(&a->err, ST_ITEM_TOO_LARGE, "the text is longer than %u bytes", JSON_TEXT_MAX);
	if (offset > h->text.len)
		return err_set(&a->err, ST_SYNTAX, "a hole between byte %zu and byte %llu: a document has no holes", h->text.len,
			(unsigned long long)offset);
	if (bytes.len == 0)
		return ST_OK;
	return offset == h->text.len ? append(a, h, bytes) : overwrite(a, h, bytes, (size_t)offset);
}

enum status handle_write(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset)
{
	return settle(h, write_at(a, h, bytes, offset));
}

/** Truncated to nothing with nothing written after: the document stays as it was, as with O_TRUNC. */
static enum status empty(struct handle *h)
{
	buf_reset(&h->text);
	json_scan_init(&h->scan);
	h->touched = h->committed = false;
	return ST_OK;
}

static enum status cut(struct ask *a, struct handle *h, uint64_t size)
{
	enum status st = size == 0 ? ST_OK : load(a, h);
	if (st)
		return st;
	if (size == 0) {
		h->loaded = true;
		return empty(h);
	}
	if (size == h->text.len)
		return ST_OK;
	if (size > h->text.len)
		return err_set(&a->err, ST_SYNTAX, "a document cannot be made longer by truncation");
	struct buf text = BUF_INIT;
	buf_add_slice(&text, slice_of(h->text.ptr, (size_t)size));
	return replace(a, h, &text, (size_t)size);
}

enum status handle_truncate(struct ask *a, struct handle *h, uint64_t size)
{
	return settle(h, cut(a, h, size));
}

static enum status flush_pending(struct ask *a, struct handle *h)
{
	if (h->scan.state == JSON_SCAN_DONE)
		return commit(a, h);
	if (h->scan.state == JSON_SCAN_MORE)
		return err_set(&a->err, ST_INCOMPLETE, "the document ends at line %u, column %u, before it is complete",
			h->scan.line, h->scan.column);
	struct json_scan scan;
	json_scan_init(&scan);
	json_scan(&scan, buf_slice(&h->text), &a->err);
	return a->err.code ? a->err.code : err_code(&a->err, ST_SYNTAX);
}

enum status handle_flush(struct ask *a, struct handle *h)
{
	if (h->failure) {
		a->quiet = true;
		return err_code(&a->err, h->failure);
	}
	if (!handle_writes(h) || !h->touched || h->committed)
		return ST_OK;
	return settle(h, flush_pending(a, h));
}
