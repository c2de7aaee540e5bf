/** Scratch files: what editors and copying tools make next to the real thing. In memory, unlisted, their maker's. */
#include <fcntl.h>

#include "engine/limits.h"
#include "fs/datadir.h"
#include "fs/names.h"

static enum status get_memo(struct ask *a, struct node *n, struct memo **ret)
{
	*ret = memo_get(a->fs, n);
	return *ret ? ST_OK : ST_NOT_FOUND;
}

static enum status scratch_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct memo *memo;
	enum status st = get_memo(a, n, &memo);
	if (st && !node_is(n, NODE_GONE))
		return st;
	entry_set_file(a, n, 0, memo ? memo->size : 0, memo ? memo->modified_ns : 0, ret);
	ret->entry_s = ret->attr_s = 0;
	if (memo) {
		ret->st.st_mode = S_IFREG | memo->mode;
		ret->st.st_uid = memo->uid;
		ret->st.st_gid = memo->gid;
	}
	ret->st.st_nlink = memo != NULL;
	memo_put(a->fs, memo);
	return ST_OK;
}

static void set_attrs(struct memo *memo, const struct stat *want, int which)
{
	if (which & FUSE_SET_ATTR_MODE)
		memo->mode = want->st_mode & 07777;
	if (which & FUSE_SET_ATTR_UID)
		memo->uid = want->st_uid;
	if (which & FUSE_SET_ATTR_GID)
		memo->gid = want->st_gid;
	if (which & FUSE_SET_ATTR_MTIME_NOW)
		memo->modified_ns = clock_wall_ns();
	else if (which & FUSE_SET_ATTR_MTIME)
		memo->modified_ns = (uint64_t)want->st_mtim.tv_sec * NS_PER_S + (uint64_t)want->st_mtim.tv_nsec;
	memo->modified_given |= (which & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) == FUSE_SET_ATTR_MTIME;
}

static enum status resize(struct ask *a, struct memo *memo, uint64_t size)
{
	enum status st = size > MEMORY_BYTES_MAX
				 ? err_set(&a->err, ST_LIMIT, "a scratch file holds at most %u MB", MEMORY_BYTES_MAX >> 20)
				 : memo_resize(a->fs, memo, (size_t)size, &a->err);
	if (st)
		return st;
	mutex_lock(&memo->lock);
	buf_resize(&memo->data, (size_t)size);
	mutex_unlock(&memo->lock);
	memo->modified_ns = clock_wall_ns();
	memo->modified_given = false;
	return ST_OK;
}

static enum status scratch_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	struct memo *memo;
	enum status st = get_memo(a, n, &memo);
	if (st)
		return st;
	if (which & FUSE_SET_ATTR_SIZE)
		st = resize(a, memo, (uint64_t)want->st_size);
	if (!st)
		set_attrs(memo, want, which);
	memo_put(a->fs, memo);
	return st;
}

static enum status scratch_open(struct ask *a, struct handle *h)
{
	enum status st = get_memo(a, h->node, &h->memo);
	if (st)
		return st;
	memo_opened(a->fs, h->memo);
	return h->flags & O_TRUNC ? resize(a, h->memo, 0) : ST_OK;
}

static enum status scratch_read(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret)
{
	buf_reset(&h->text);
	mutex_lock(&h->memo->lock);
	buf_add_slice(&h->text, handle_part(buf_slice(&h->memo->data), size, offset));
	mutex_unlock(&h->memo->lock);
	*ret = buf_slice(&h->text);
	return ST_OK;
}

static bool only_space(struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (!memchr(" \t\r\n", bytes.ptr[i], 4))
			return false;
	return true;
}

static enum json_scan_state scan_data(struct ask *a, struct memo *memo)
{
	struct json_scan scan;
	json_scan_init(&scan);
	mutex_lock(&memo->lock);
	enum json_scan_state state = json_scan(&scan, buf_slice(&memo->data), &a->err);
	mutex_unlock(&memo->lock);
	return state;
}

static enum status put_or_drop(struct ask *a, struct node *n)
{
	enum status st = scratch_put(a, n, node_parent(n), node_bytes(n), false);
	if (st == ST_NOT_FOUND) /* removed meanwhile */
		return ST_OK;
	if (st) {
		memo_forget(a->fs, n);
		node_remove(&a->fs->nodes, n);
	}
	return st;
}

/** A name that tells only a digest of its key is a scratch file until its document is complete, which then tells the key. */
static enum status settle_digest(struct ask *a, struct handle *h, bool closing)
{
	struct node *n = h->node, *dir = node_parent(n);
	struct buf digest = BUF_INIT;
	bool item = datadir_has_items(dir) && name_parse(datadir_type(dir), node_bytes(n), true, &digest) == NAME_DIGEST;
	buf_finish(&digest);
	if (!item || atomic_load(&h->memo->put))
		return ST_OK;
	enum json_scan_state state = scan_data(a, h->memo);
	if (state == JSON_SCAN_BAD)
		return a->err.code;
	return state == JSON_SCAN_DONE || (closing && h->memo->size) ? put_or_drop(a, n) : ST_OK;
}

static enum status scratch_flush(struct ask *a, struct handle *h)
{
	return handle_writes(h) ? settle_digest(a, h, true) : ST_OK;
}

static enum status scratch_write(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset)
{
	struct memo *memo = h->memo;
	if (atomic_load(&memo->put))
		return only_space(bytes) ? ST_OK
					 : err_set(&a->err, ST_VERSION,
						   "the file became an item when it was renamed or closed; open it again");
	mutex_lock(&memo->lock);
	size_t len = memo->data.len;
	mutex_unlock(&memo->lock);
	if (h->flags & O_APPEND)
		offset = len;
	enum status st = offset + bytes.len > len ? resize(a, memo, offset + bytes.len) : ST_OK;
	if (st)
		return st;
	mutex_lock(&memo->lock);
	if (offset + bytes.len <= memo->data.len)
		memcpy(memo->data.ptr + offset, bytes.ptr, bytes.len);
	mutex_unlock(&memo->lock);
	memo->modified_ns = clock_wall_ns();
	memo->modified_given = false;
	return settle_digest(a, h, false);
}

static enum status scratch_truncate(struct ask *a, struct handle *h, uint64_t size)
{
	return resize(a, h->memo, size);
}

enum status scratch_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret)
{
	struct fs *fs = a->fs;
	struct node *n = node_enter(&fs->nodes, dir, &kind_scratch, name, NULL, 0);
	enum status st = memo_make(fs, n, MEMO_SCRATCH, &a->caller, mode & 07777, &h->memo, &a->err);
	if (st) {
		node_forget(&fs->nodes, n, 1);
		return st;
	}
	memo_opened(fs, h->memo);
	h->node = n;
	return entry_of(a, n, ret);
}

const struct kind kind_scratch = {
	.name = "scratch",
	.getattr = scratch_getattr,
	.setattr = scratch_setattr,
	.open = scratch_open,
	.read = scratch_read,
	.write = scratch_write,
	.truncate = scratch_truncate,
	.flush = scratch_flush,
};
