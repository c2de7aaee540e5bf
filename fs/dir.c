#include "fs/dir.h"

#include <stdlib.h>

#include "fs/session.h"

#define REPLY_MAX (1u << 20)

struct dir *dir_new(struct node *n)
{
	struct dir *d = xcalloc(1, sizeof *d);
	d->node = n;
	mutex_init(&d->lock);
	return d;
}

void dir_free(struct dir *d)
{
	if (!d)
		return;
	dircookie_finish(&d->places);
	mutex_finish(&d->lock);
	free(d);
}

bool dir_reply_init(struct dir_reply *r, struct ask *a, struct node *dir, size_t size, bool plus)
{
	size = size < REPLY_MAX ? size : REPLY_MAX;
	*r = (struct dir_reply){.a = a, .dir = dir, .plus = plus, .size = size};
	r->bytes = xmalloc(size + 1);
	if (plus)
		r->entered = xmalloc(sizeof *r->entered * (size / 128 + 1)); /* an entry takes more than 128 bytes */
	return true;
}

void dir_reply_finish(struct dir_reply *r)
{
	free(r->bytes);
	free(r->entered);
}

void dir_reply_send(struct dir_reply *r)
{
	if (fuse_reply_buf(r->a->req, (const char *)r->bytes, r->used) == 0)
		return;
	for (size_t i = 0; i < r->entered_count; i++)
		node_forget(&r->a->fs->nodes, r->entered[i], 1);
}

/** Asks libfuse for the size only. */
static size_t entry_size(const struct dir_reply *r, struct slice name)
{
	const char *s = (const char *)name.ptr;
	return r->plus ? fuse_add_direntry_plus(r->a->req, NULL, 0, s, NULL, 0) : fuse_add_direntry(r->a->req, NULL, 0, s, NULL, 0);
}

bool dir_fits(const struct dir_reply *r, struct slice name)
{
	return entry_size(r, name) <= r->size - r->used;
}

void dir_add(struct dir_reply *r, struct slice name, uint64_t cookie, const struct entry *e)
{
	char *at = (char *)r->bytes + r->used;
	const char *s = (const char *)name.ptr;
	if (!r->plus) {
		r->used += fuse_add_direntry(r->a->req, at, r->size - r->used, s, &e->st, (off_t)cookie);
		return;
	}
	struct fuse_entry_param p = {.ino = e->node ? node_number(&r->a->fs->nodes, e->node) : 0,
		.attr = e->st,
		.entry_timeout = e->entry_s,
		.attr_timeout = e->attr_s};
	r->used += fuse_add_direntry_plus(r->a->req, at, r->size - r->used, s, &p, (off_t)cookie);
	if (e->node)
		r->entered[r->entered_count++] = e->node;
}

void dir_add_dots(struct dir_reply *r, uint64_t *cookie)
{
	struct entry e = {.st = {.st_ino = node_inode(r->dir), .st_mode = S_IFDIR}};
	static const struct slice dots[] = {{(const uint8_t *)".", 1}, {(const uint8_t *)"..", 2}};
	while (*cookie < DIR_COOKIE_START && dir_fits(r, dots[*cookie])) {
		dir_add(r, dots[*cookie], *cookie + 1, &e);
		++*cookie;
	}
}
