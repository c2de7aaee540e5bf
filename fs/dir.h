/** Open directories, and the reply to one readdir request. */
#ifndef FS_DIR_H
#define FS_DIR_H

#include "fs/dircookie.h"
#include "fs/kind.h"

struct dir {
	struct node *node; /* held by the kernel while it is open */
	struct mutex lock; /* held by ops.c around listing; taken first of all */
	struct dircookie places;
	bool told_corrupt; /* that a row could not be read was recorded */
};

struct dir *dir_new(struct node *n);
void dir_free(struct dir *d);

/** Cookies 1 and 2 are "." and ".."; a kind's own start after them. */
#define DIR_COOKIE_START 2

struct dir_reply {
	struct ask *a;
	struct node *dir;
	bool plus; /* with attributes, and a lookup counted for each entry */
	uint8_t *bytes;
	size_t size, used;
	struct node **entered; /* the nodes with a lookup counted, to take it back when the reply does not arrive */
	size_t entered_count;
};

bool dir_reply_init(struct dir_reply *r, struct ask *a, struct node *dir, size_t size, bool plus);
void dir_reply_send(struct dir_reply *r);
void dir_reply_finish(struct dir_reply *r);

/** Whether an entry of that name still fits. Ask before entering the node of a listing with attributes. */
bool dir_fits(const struct dir_reply *r, struct slice name);
/** Adds it; it fits. `name` is NUL-terminated. With r->plus e->node has its lookup counted (or is NULL: no attributes). */
void dir_add(struct dir_reply *r, struct slice name, uint64_t cookie, const struct entry *e);
/** "." and "..". */
void dir_add_dots(struct dir_reply *r, uint64_t *cookie);

#endif
