/** Partitions of a table with a sort key: directories of items in the order of their sort keys. */
#include "fs/datadir.h"
#include "fs/dir.h"
#include "fs/listing.h"
#include "fs/path.h"

static uint64_t changed_ns(struct table *t)
{
	struct table_info info;
	table_get_info(t, &info);
	return info.modified_ns;
}

static enum status partition_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	entry_set_dir(a, n, changed_ns(n->table), ret);
	ret->entry_s = KEEP_LONG;
	return ST_OK;
}

static enum status partition_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	uid_t uid;
	gid_t gid;
	mode_t mode;
	table_get_owner(n->table, &uid, &gid, &mode);
	if (((which & FUSE_SET_ATTR_MODE) && (want->st_mode & 0777) != (mode & 0777)) ||
		((which & FUSE_SET_ATTR_UID) && want->st_uid != uid) || ((which & FUSE_SET_ATTR_GID) && want->st_gid != gid))
		return err_set(
			&a->err, ST_NOT_PERMITTED, "a partition has the owner and the mode of its table; change the table's");
	return ST_OK;
}

static enum status partition_list(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	return listing_items(a, d, cookie, reply);
}

static enum status partition_mkdir(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret)
{
	return err_set(&a->err, ST_NOT_PERMITTED, "a partition holds items, not directories");
}

const struct kind kind_partition = {
	.name = "partition",
	.lookup = datadir_lookup,
	.getattr = partition_getattr,
	.setattr = partition_setattr,
	.list = partition_list,
	.create = datadir_create,
	.mkdir = partition_mkdir,
	.unlink = datadir_unlink,
	.rename = datadir_rename,
};
