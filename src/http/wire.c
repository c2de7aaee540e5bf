#include "src/http/wire_private.h"

#include <pthread.h>
#include <stdlib.h>

/* Each thread has one, whose buffers serve one request after the other. */

static pthread_key_t of_thread;
static pthread_once_t wire_once = PTHREAD_ONCE_INIT;

static void buf_delete(struct buf *b)
{
	buf_wipe(b);
	free(b);
}

static void wire_free(void *p)
{
	struct wire *w = p;
	for (size_t i = 0; i < w->buf_count; i++)
		buf_delete(w->bufs[i]);
	free(w->bufs);
	buf_finish(&w->owned);
	buf_finish(&w->violations);
	buf_finish(&w->named);
	free(w);
}

static void wire_init(void)
{
	pthread_key_create(&of_thread, wire_free);
}

struct wire *wire_begin(struct http_call *call, struct err *err)
{
	pthread_once(&wire_once, wire_init);
	struct wire *w = pthread_getspecific(of_thread);
	if (!w) {
		w = xcalloc(1, sizeof *w);
		pthread_setspecific(of_thread, w);
	}
	w->call = call;
	w->err = err;
	w->comma = w->wants_consumed = false;
	return w;
}

void wire_own(struct wire *w, void (*release)(void *), void *what)
{
	struct wire_owned o = {release, what};
	buf_add(&w->owned, &o, sizeof o);
}

static void release_all(struct wire *w)
{
	const struct wire_owned *o = (const struct wire_owned *)(const void *)w->owned.ptr;
	for (size_t i = w->owned.len / sizeof *o; i-- > 0;)
		o[i].release(o[i].what);
	buf_reset(&w->owned);
}

/** For the next request, unless it has grown beyond measure. */
static void empty(struct buf *b)
{
	if (b->cap > WIRE_BUF_KEPT_MAX)
		buf_wipe(b);
	buf_reset(b);
}

static void empty_bufs(struct wire *w)
{
	for (; w->buf_count > WIRE_BUFS_KEPT; w->buf_count--)
		buf_delete(w->bufs[w->buf_count - 1]);
	for (size_t i = 0; i < w->buf_count; i++)
		empty(w->bufs[i]);
	if (w->buf_cap * sizeof *w->bufs > WIRE_BUF_KEPT_MAX) {
		w->buf_cap = WIRE_BUFS_KEPT;
		w->bufs = xrealloc(w->bufs, w->buf_cap * sizeof *w->bufs);
	}
	w->bufs_used = 0;
}

enum status wire_end(struct wire *w, enum status st)
{
	release_all(w);
	consumed_finish(&w->consumed);
	empty_bufs(w);
	empty(&w->owned);
	empty(&w->violations);
	empty(&w->named);
	w->violation_count = 0;
	return st;
}

struct err *wire_err(struct wire *w)
{
	return w->err;
}

struct http_call *wire_call(struct wire *w)
{
	return w->call;
}

void *wire_alloc(struct wire *w, size_t n)
{
	void *p = xcalloc(1, n ? n : 1);
	wire_own(w, free, p);
	return p;
}

struct buf *wire_buf(struct wire *w)
{
	if (w->bufs_used == w->buf_count) {
		if (w->buf_count == w->buf_cap) {
			w->buf_cap = w->buf_cap ? 2 * w->buf_cap : WIRE_BUFS_KEPT;
			w->bufs = xrealloc(w->bufs, w->buf_cap * sizeof *w->bufs);
		}
		w->bufs[w->buf_count++] = xcalloc(1, sizeof(struct buf));
	}
	struct buf *b = w->bufs[w->bufs_used++];
	buf_reset(b);
	return b;
}

struct slice wire_text(struct wire *w, struct slice inside)
{
	if (!inside.len || !memchr(inside.ptr, '\\', inside.len))
		return inside;
	/* The quotes stand around it in the body. */
	struct buf *text = wire_buf(w);
	json_unquote(slice_of(inside.ptr - 1, inside.len + 2), text);
	return slice_of(buf_str(text), text->len);
}

static void release_table(void *t)
{
	table_unref(t);
}

enum status wire_table(struct wire *w, struct slice name, struct table **ret)
{
	enum status st = table_open_named(w->call->engine, name, ret, w->err);
	if (st == ST_NO_TABLE)
		return err_set(w->err, ST_NO_TABLE, "Requested resource not found");
	if (st)
		return st;
	wire_own(w, release_table, *ret);
	struct wire_named named = {*ret, name};
	buf_add(&w->named, &named, sizeof named);
	return ST_OK;
}
