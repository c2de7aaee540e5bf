/**
 * Tables that were made with mkdir and have no definition yet: in memory, until .schema.json is written. A shell may sit in such a directory
 * when it becomes a table: the old node then passes every request on to the table's.
 */
#include <fcntl.h>

#include "fs/dir.h"
#include "fs/doc.h"
#include "fs/handle.h"
#include "fs/session.h"
#include "fs/tables.h"
#include "fs/virtual.h"
#include "engine/base/bytes.h"

/** The table that the draft has become, with a lookup counted, or NULL. */
static struct node *became(struct ask *a, struct node *n)
{
	struct table *t;
	uint8_t id[4];
	if (!node_is(n, NODE_GONE) || tables_open(a, node_bytes(n), false, &t) != ST_OK)
		return NULL;
	put_be32(id, table_id(t));
	struct node *table = node_enter(&a->fs->nodes, a->fs->nodes.root, &kind_table, slice_of(id, sizeof id), t, 0);
	table_unref(t);
	return table;
}

static void done_with(struct ask *a, struct node *table)
{
	node_forget(&a->fs->nodes, table, 1);
}

static enum status draft_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct node *table = became(a, dir);
	if (!table)
		return virtual_lookup(a, dir, name, ret);
	enum status st = kind_table.lookup(a, table, name, ret);
	done_with(a, table);
	return st;
}

static enum status draft_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct node *table = became(a, n);
	if (table) {
		enum status st = kind_table.getattr(a, table, ret);
		done_with(a, table);
		return st;
	}
	struct memo *memo = memo_get(a->fs, n);
	if (!memo)
		return ST_NOT_FOUND;
	entry_set_dir(a, n, memo->made_ns, ret);
	ret->st.st_uid = memo->uid;
	ret->st.st_gid = memo->gid;
	ret->st.st_mode = S_IFDIR | (memo->mode & 0777);
	ret->entry_s = ret->attr_s = 0;
	memo_put(a->fs, memo);
	return ST_OK;
}

static enum status draft_list(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	struct node *table = became(a, d->node), *draft = d->node;
	if (!table)
		return ST_OK;
	d->node = table;
	enum status st = kind_table.list(a, d, cookie, reply);
	d->node = draft;
	done_with(a, table);
	return st;
}

static enum status draft_create(
	struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret)
{
	struct node *table = became(a, dir);
	if (table) {
		enum status st = kind_table.create(a, table, name, mode, h, ret);
		done_with(a, table);
		return st;
	}
	if (!slice_eq_str(name, ".schema.json"))
		return err_code(&a->err, ST_NO_SCHEMA);
	return doc_create(a, node_enter(&a->fs->nodes, dir, &kind_doc, name, NULL, 0), h, ret);
}

static enum status draft_mkdir(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret)
{
	struct node *table = became(a, dir);
	if (!table)
		return err_code(&a->err, ST_NO_SCHEMA);
	enum status st = kind_table.mkdir(a, table, name, mode, ret);
	done_with(a, table);
	return st;
}

static enum status draft_unlink(struct ask *a, struct node *dir, struct slice name)
{
	struct node *table = became(a, dir);
	if (!table)
		return ST_NOT_FOUND;
	enum status st = kind_table.unlink(a, table, name);
	done_with(a, table);
	return st;
}

static enum status draft_rmdir(struct ask *a, struct node *dir, struct slice name)
{
	struct node *table = became(a, dir);
	if (!table)
		return ST_NOT_FOUND;
	enum status st = kind_table.rmdir(a, table, name);
	done_with(a, table);
	return st;
}

static enum status draft_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	struct memo *memo = memo_get(a->fs, n);
	if (!memo)
		return ST_NOT_FOUND;
	if (which & FUSE_SET_ATTR_MODE)
		memo->mode = want->st_mode & 0777;
	if (which & FUSE_SET_ATTR_UID)
		memo->uid = want->st_uid;
	if (which & FUSE_SET_ATTR_GID)
		memo->gid = want->st_gid;
	memo_put(a->fs, memo);
	return ST_OK;
}

void draft_done(struct fs *fs, const char *name)
{
	struct node *n = memo_find(fs, fs->nodes.root, MEMO_TABLE, &kind_draft, slice_str(name));
	if (!n)
		return;
	memo_forget(fs, n);
	node_remove(&fs->nodes, n);
	node_unpin(&fs->nodes, n);
}

const struct kind kind_draft = {
	.name = "draft",
	.lookup = draft_lookup,
	.getattr = draft_getattr,
	.setattr = draft_setattr,
	.list = draft_list,
	.create = draft_create,
	.mkdir = draft_mkdir,
	.unlink = draft_unlink,
	.rmdir = draft_rmdir,
};
