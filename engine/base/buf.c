#include "engine/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void out_of_memory(size_t n)
{
	fprintf(stderr, "itemfs: out of memory (%zu bytes wanted)\n", n);
	abort();
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		out_of_memory(n);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory(n * size);
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (!p)
		out_of_memory(n);
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(xmalloc(n), s, n);
}

void buf_finish(struct buf *b)
{
	if (!b)
		return;
	free(b->ptr);
	*b = (struct buf)BUF_INIT;
}

void buf_wipe(struct buf *b)
{
	if (b && b->ptr)
		explicit_bzero(b->ptr, b->cap);
	buf_finish(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->ptr)
		b->ptr[0] = 0;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	size_t need = b->len + n + 1;
	assert(need > n);
	if (need > b->cap) {
		size_t cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
		b->cap = cap < need ? need : cap;
		b->ptr = xrealloc(b->ptr, b->cap);
	}
	return b->ptr + b->len;
}

void buf_added(struct buf *b, size_t n)
{
	assert(b->len + n < b->cap);
	b->len += n;
	b->ptr[b->len] = 0;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	uint8_t *to = buf_reserve(b, n);
	if (n)
		memcpy(to, bytes, n);
	buf_added(b, n);
}

void buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.ptr, s.len);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_byte(struct buf *b, uint8_t byte)
{
	buf_add(b, &byte, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	uint8_t *to = buf_reserve(b, (size_t)n);
	vsnprintf((char *)to, (size_t)n + 1, fmt, again);
	va_end(again);
	buf_added(b, (size_t)n);
}

void buf_resize(struct buf *b, size_t len)
{
	if (len > b->len) {
		size_t more = len - b->len;
		memset(buf_reserve(b, more), 0, more);
		buf_added(b, more);
	} else {
		b->len = len;
		if (b->ptr)
			b->ptr[len] = 0;
	}
}

void buf_insert(struct buf *b, size_t at, const void *bytes, size_t n)
{
	assert(at <= b->len);
	size_t tail = b->len - at;
	buf_reserve(b, n);
	memmove(b->ptr + at + n, b->ptr + at, tail);
	if (n)
		memcpy(b->ptr + at, bytes, n);
	buf_added(b, n);
}

void buf_add_varint(struct buf *b, uint64_t v)
{
	while (v >= 0x80) {
		buf_add_byte(b, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	buf_add_byte(b, (uint8_t)v);
}

const char *buf_str(const struct buf *b)
{
	return b->ptr ? (const char *)b->ptr : "";
}
