/**
 * A growable byte buffer that owns its memory.
 *
 *   struct buf b = BUF_INIT;
 *   buf_add_str(&b, "hello");
 *   buf_addf(&b, " %d", 42);
 *   ... b.ptr[0 .. b.len) ...
 *   buf_finish(&b);
 *
 * Invariants: len <= cap; when cap > 0, ptr[len] exists and is NUL, so that a buffer of text can be handed to C functions
 * (buf_str()). A zeroed struct is a valid empty buffer. Any pointer into the buffer dies with the next call that adds to it.
 * Errors: none. When memory runs out the process ends with a message: sizes are bounded by the callers (an item's file
 * by JSON_TEXT_MAX), so an allocation of ours that fails means that the machine has nothing left to give.
 * Locks: none; one owner at a time.
 */
#ifndef ENGINE_BASE_BUF_H
#define ENGINE_BASE_BUF_H

#include "engine/base/slice.h"

struct buf {
	uint8_t *ptr;
	size_t len;
	size_t cap;
};

#define BUF_INIT {NULL, 0, 0}

void buf_finish(struct buf *b); /* frees, leaves an empty buffer; wipes nothing */
void buf_wipe(struct buf *b);   /* as buf_finish(), the memory zeroed first: for secrets */
void buf_reset(struct buf *b);  /* empties, keeps the memory */

/** Room for `n` more bytes: returns where they go; buf_added() makes them part of the buffer. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_byte(struct buf *b, uint8_t byte);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Sets the length; bytes gained are zero. */
void buf_resize(struct buf *b, size_t len);
/** Puts n bytes in front of what stands at `at` (at most len). */
void buf_insert(struct buf *b, size_t at, const void *bytes, size_t n);

/** Base-128 length: 7 bits a byte, low first; at most 10 bytes. */
void buf_add_varint(struct buf *b, uint64_t v);

static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->ptr, b->len);
}

/** The text, NUL-terminated ("" when empty); borrowed until the next change. */
const char *buf_str(const struct buf *b);

/** malloc() family that ends the process rather than return NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

#endif
