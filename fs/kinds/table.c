/** Tables, and their mirrors in DynamoDB JSON (.typed). Without a sort key a table is a directory of items, with one, of partitions. */
#include "fs/datadir.h"
#include "fs/dir.h"
#include "fs/listing.h"
#include "fs/names.h"
#include "fs/path.h"
#include "fs/virtual.h"

static enum status table_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct table_info info;
	if (table_gone(n->table))
		return err_code(&a->err, ST_NO_TABLE);
	table_get_info(n->table, &info);
	entry_set_dir(a, n, info.modified_ns, ret);
	return ST_OK;
}

static enum status change_attr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	uid_t uid = which & FUSE_SET_ATTR_UID ? want->st_uid : (uid_t)-1;
	gid_t gid = which & FUSE_SET_ATTR_GID ? want->st_gid : (gid_t)-1;
	mode_t mode = which & FUSE_SET_ATTR_MODE ? want->st_mode & 0777 : (mode_t)-1;
	if (!(which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_MODE)))
		return ST_OK;
	enum status st = table_set_owner(a->fs->engine, &a->caller, n->table, uid, gid, mode, &a->err);
	if (!st)
		notify_below(a->fs, n); /* everything in it shows owner and mode */
	return st;
}

static enum status lookup_partition(struct ask *a, struct node *dir, struct slice pk, struct entry *ret)
{
	struct fs *fs = a->fs;
	struct node *pending = NULL;
	enum status st = op_partition_exists(fs->engine, &a->caller, dir->table, pk, &a->err);
	if (st == ST_NOT_FOUND && (pending = memo_find(fs, dir, MEMO_PARTITION, &kind_partition, pk)))
		st = ST_OK;
	if (!st)
		st = entry_of(a, node_enter(&fs->nodes, dir, &kind_partition, pk, NULL, 0), ret);
	node_unpin(&fs->nodes, pending);
	return st;
}

static enum status table_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct buf pk = BUF_INIT;
	enum status st = datadir_lookup(a, dir, name, ret);
	if (st != ST_NOT_FOUND || datadir_has_items(dir))
		return st;
	st = datadir_parse(a, dir, name, false, &pk);
	if (!st)
		st = lookup_partition(a, dir, buf_slice(&pk), ret);
	buf_finish(&pk);
	return st;
}

static enum status list_rows(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	return listing_partitions(a, d, cookie, reply);
}

static enum status make_partition(struct ask *a, struct node *dir, struct slice pk, struct entry *ret)
{
	struct fs *fs = a->fs;
	struct memo *memo;
	struct key_schema schema = *table_schema(dir->table); /* the half of it that the name gives */
	struct key key = {.pk = pk};
	enum status st = op_partition_exists(fs->engine, &a->caller, dir->table, pk, &a->err);
	if (st == ST_OK)
		return err_set(&a->err, ST_EXISTS, "the partition has items already");
	schema.sk.type = VALUE_NONE;
	if (st != ST_NOT_FOUND || (st = key_check(&schema, &key, &a->err)))
		return st;
	struct node *n = node_enter(&fs->nodes, dir, &kind_partition, pk, NULL, 0);
	st = memo_make(fs, n, MEMO_PARTITION, &a->caller, 0, &memo, &a->err);
	if (st) {
		node_forget(&fs->nodes, n, 1);
		return st;
	}
	memo->hidden = false;
	memo_put(fs, memo);
	return entry_of(a, n, ret);
}

static enum status table_mkdir(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret)
{
	struct buf pk = BUF_INIT;
	enum status st = virtual_refuse(a, dir, name);
	if (st)
		return st;
	if (datadir_has_items(dir))
		return err_set(&a->err, ST_NOT_PERMITTED, "the table has no sort key: it holds items, not directories");
	st = datadir_parse(a, dir, name, false, &pk);
	if (!st)
		st = make_partition(a, dir, buf_slice(&pk), ret);
	else if (st == ST_NOT_FOUND)
		st = err_set(&a->err, ST_NAME,
			"the name is not how a partition key is spelt here (.help has the rules); a key too long to spell is put "
			"through .put");
	buf_finish(&pk);
	return st;
}

/** A partition is there as long as it has items: removing an empty one takes back mkdir, or does nothing. */
static enum status table_rmdir(struct ask *a, struct node *dir, struct slice name)
{
	struct fs *fs = a->fs;
	struct buf pk = BUF_INIT;
	enum status st = virtual_refuse(a, dir, name);
	if (!st)
		st = datadir_has_items(dir) ? ST_NOT_FOUND : datadir_parse(a, dir, name, false, &pk);
	if (!st) {
		st = op_partition_exists(fs->engine, &a->caller, dir->table, buf_slice(&pk), &a->err);
		st = st == ST_OK          ? err_set(&a->err, ST_TABLE_NOT_EMPTY,
						    "the partition still has items; remove them first, or use rm -r")
		     : st == ST_NOT_FOUND ? ST_OK
					  : st;
		struct node *n = st ? NULL : node_find(&fs->nodes, dir, &kind_partition, buf_slice(&pk));
		if (n) {
			memo_forget(fs, n);
			node_remove(&fs->nodes, n);
		}
		node_unpin(&fs->nodes, n);
	}
	buf_finish(&pk);
	return st;
}

const struct kind kind_table = {
	.name = "table",
	.lookup = table_lookup,
	.getattr = table_getattr,
	.setattr = change_attr,
	.list = list_rows,
	.create = datadir_create,
	.mkdir = table_mkdir,
	.unlink = datadir_unlink,
	.rmdir = table_rmdir,
	.rename = datadir_rename,
};
