/** Extended attributes: user.itemfs.*, for reading. What others there are (security.*, system.*) is not supported, so that nobody asks twice. */
#include "fs/xattr.h"

#include "fs/path.h"
#include "fs/session.h"

#define PREFIX SLICE_LIT("user.")
#define ERROR_NAME "user.itemfs.error"

static bool last_error(struct ask *a, struct node *n, struct buf *out)
{
	struct buf path = BUF_INIT;
	path_add(&path, n, NULL);
	bool found = errors_last(&a->fs->errors, a->caller.uid, buf_str(&path), out);
	buf_finish(&path);
	return found;
}

static void reply(struct ask *a, struct slice value, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(a->req, value.len);
	else if (size < value.len)
		fuse_reply_err(a->req, ERANGE);
	else
		fuse_reply_buf(a->req, (const char *)value.ptr, value.len);
}

void xattr_get(struct ask *a, struct node *n, const char *name, size_t size)
{
	struct buf value = BUF_INIT;
	enum status st = ST_NOT_FOUND;
	if (!slice_has_prefix(slice_str(name), PREFIX)) {
		fuse_reply_err(a->req, EOPNOTSUPP);
		return;
	}
	if (strcmp(name, ERROR_NAME) == 0)
		st = last_error(a, n, &value) ? ST_OK : ST_NOT_FOUND;
	else if (n->kind->xattr)
		st = n->kind->xattr(a, n, slice_str(name), &value);
	if (st == ST_NOT_FOUND)
		fuse_reply_err(a->req, ENODATA);
	else if (st)
		ask_fail(a, st, n, NULL);
	else
		reply(a, buf_slice(&value), size);
	buf_finish(&value);
}

void xattr_list(struct ask *a, struct node *n, size_t size)
{
	struct buf names = BUF_INIT, error = BUF_INIT;
	enum status st = n->kind->xattr ? n->kind->xattr(a, n, slice_of(NULL, 0), &names) : ST_OK;
	if (!st && last_error(a, n, &error))
		buf_add(&names, ERROR_NAME, sizeof ERROR_NAME);
	if (st)
		ask_fail(a, st, n, NULL);
	else
		reply(a, buf_slice(&names), size);
	buf_finish(&names);
	buf_finish(&error);
}
