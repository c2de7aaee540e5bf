/** The root: a directory of tables. */
#include "engine/base/bytes.h"
#include "fs/dir.h"
#include "fs/names.h"
#include "fs/session.h"
#include "fs/tables.h"
#include "fs/virtual.h"

/** Cookies: the table's id past the start; drafts after every id. */
#define COOKIE_DRAFTS (UINT64_C(1) << 40)

static struct node *enter_table(struct ask *a, struct table *t)
{
	uint8_t id[4];
	put_be32(id, table_id(t));
	return node_enter(&a->fs->nodes, a->fs->nodes.root, &kind_table, slice_of(id, sizeof id), t, 0);
}

static enum status lookup_draft(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct node *n = memo_find(a->fs, dir, MEMO_TABLE, &kind_draft, name);
	if (!n)
		return ST_NOT_FOUND;
	node_enter(&a->fs->nodes, dir, &kind_draft, name, NULL, 0);
	enum status st = entry_of(a, n, ret);
	node_unpin(&a->fs->nodes, n);
	return st;
}

static enum status root_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct table *t;
	enum status st = virtual_lookup(a, dir, name, ret);
	if (st != ST_NOT_FOUND)
		return st;
	if (tables_open(a, name, false, &t) != ST_OK)
		return lookup_draft(a, dir, name, ret);
	st = entry_of(a, enter_table(a, t), ret);
	table_unref(t);
	return st;
}

static enum status root_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	entry_set_dir(a, n, a->fs->mounted_ns, ret);
	return ST_OK;
}

/** What it is already, and any time, are taken and change nothing: tar and cp -a set them on every directory. */
static enum status root_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	struct entry now = {0};
	root_getattr(a, n, &now);
	if (((which & FUSE_SET_ATTR_MODE) && (want->st_mode & 07777) != (now.st.st_mode & 07777)) ||
		((which & FUSE_SET_ATTR_UID) && want->st_uid != now.st.st_uid) ||
		((which & FUSE_SET_ATTR_GID) && want->st_gid != now.st.st_gid))
		return err_set(&a->err, ST_NOT_PERMITTED, "owner and mode of the root are those of the mount; change the tables'");
	return ST_OK;
}

struct root_listing {
	struct ask *a;
	struct dir_reply *reply;
	struct buf name;
	bool full;
};

static void add(struct root_listing *l, struct node *n, uint64_t cookie)
{
	struct entry e;
	if (entry_of(l->a, n, &e) != ST_OK) /* deleted meanwhile */
		return;
	dir_add(l->reply, slice_str(buf_str(&l->name)), cookie, &e);
	if (!l->reply->plus)
		node_forget(&l->a->fs->nodes, n, 1);
}

#define TABLES_AT_ONCE 512

struct some_tables {
	struct table *tables[TABLES_AT_ONCE];
	size_t count;
};

static bool collect_table(struct table *t, void *arg)
{
	struct some_tables *some = arg;
	some->tables[some->count++] = table_ref(t);
	return some->count < TABLES_AT_ONCE;
}

static void add_table(struct root_listing *l, struct table *t)
{
	buf_reset(&l->name);
	name_from_key(VALUE_S, slice_str(table_name(t)), false, &l->name);
	l->full = !dir_fits(l->reply, slice_str(buf_str(&l->name)));
	if (!l->full)
		add(l, enter_table(l->a, t), DIR_COOKIE_START + (uint64_t)table_id(t) + 1);
}

/** The tables with ids after `after`: taken first, then looked at, since the catalog is locked while it is walked. */
static void list_tables(struct root_listing *l, uint32_t after)
{
	struct some_tables some;
	do {
		some.count = 0;
		table_list(l->a->fs->engine, after, collect_table, &some);
		for (size_t i = 0; i < some.count; i++) {
			after = table_id(some.tables[i]);
			if (!l->full)
				add_table(l, some.tables[i]);
			table_unref(some.tables[i]);
		}
	} while (some.count == TABLES_AT_ONCE && !l->full);
}

struct draft_names {
	struct buf names; /* each with its NUL */
	size_t count;
};

static bool collect_draft(struct memo *memo, size_t ordinal, void *arg)
{
	struct draft_names *d = arg;
	buf_add_slice(&d->names, node_bytes(memo->node));
	buf_add_byte(&d->names, 0);
	return ++d->count < 256;
}

static void list_drafts(struct root_listing *l, uint64_t skip)
{
	struct draft_names d = {.names = BUF_INIT};
	struct node *root = l->a->fs->nodes.root;
	memory_each(l->a->fs, root, MEMO_TABLE, (size_t)skip, collect_draft, &d);
	const char *name = (const char *)d.names.ptr;
	for (size_t i = 0; i < d.count; i++, name += strlen(name) + 1) {
		buf_reset(&l->name);
		buf_add_str(&l->name, name);
		if (!dir_fits(l->reply, slice_str(name)))
			break;
		add(l, node_enter(&l->a->fs->nodes, root, &kind_draft, slice_str(name), NULL, 0), COOKIE_DRAFTS + skip + i + 1);
	}
	buf_finish(&d.names);
}

static enum status root_list(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	struct root_listing l = {.a = a, .reply = reply, .name = BUF_INIT};
	if (cookie < COOKIE_DRAFTS)
		list_tables(&l, cookie > DIR_COOKIE_START ? (uint32_t)(cookie - DIR_COOKIE_START - 1) : 0);
	if (!l.full)
		list_drafts(&l, cookie > COOKIE_DRAFTS ? cookie - COOKIE_DRAFTS : 0);
	buf_finish(&l.name);
	return ST_OK;
}

static enum status make_draft(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret)
{
	struct fs *fs = a->fs;
	struct memo *memo;
	struct node *n = node_enter(&fs->nodes, dir, &kind_draft, name, NULL, 0);
	enum status st = memo_make(fs, n, MEMO_TABLE, &a->caller, mode & 0777, &memo, &a->err);
	if (st) {
		node_forget(&fs->nodes, n, 1);
		return st;
	}
	memo_put(fs, memo);
	return entry_of(a, n, ret);
}

static enum status root_mkdir(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret)
{
	char text[LIMIT_TABLE_NAME_MAX + 1];
	struct table *t;
	struct node *draft;
	enum status st = virtual_refuse(a, dir, name);
	if (!st)
		st = tables_parse(a, name, false, text);
	if (st)
		return st;
	if (table_open(a->fs->engine, text, &t, NULL) == ST_OK) {
		table_unref(t);
		return err_code(&a->err, ST_TABLE_EXISTS);
	}
	if ((draft = memo_find(a->fs, dir, MEMO_TABLE, &kind_draft, name))) {
		node_unpin(&a->fs->nodes, draft);
		return err_set(
			&a->err, ST_TABLE_EXISTS, "the table exists as a draft already; write its definition to .schema.json");
	}
	return make_draft(a, dir, name, mode, ret);
}

static bool remove_draft(struct ask *a, struct node *dir, struct slice name)
{
	struct node *n = memo_find(a->fs, dir, MEMO_TABLE, &kind_draft, name);
	if (!n)
		return false;
	memo_forget(a->fs, n);
	node_remove(&a->fs->nodes, n);
	node_unpin(&a->fs->nodes, n);
	return true;
}

static bool stop_at_readable(const struct list_row *row, void *arg)
{
	*(bool *)arg |= row->status == ST_OK;
	return row->status != ST_OK;
}

/** rm -r removes what it can name. Rows that cannot be read have no name, and must not keep the table for ever. */
static bool nothing_readable(struct ask *a, struct table *t)
{
	struct partition_pos start = {0};
	bool readable = false;
	enum status st = op_scan(a->fs->engine, &a->caller, t, &start, slice_of(NULL, 0), stop_at_readable, &readable, NULL);
	return st == ST_OK && !readable;
}

static enum status root_rmdir(struct ask *a, struct node *dir, struct slice name)
{
	struct table *t;
	enum status st = virtual_refuse(a, dir, name);
	if (st || remove_draft(a, dir, name))
		return st;
	if (tables_open(a, name, false, &t) != ST_OK)
		return ST_NOT_FOUND;
	st = table_delete(a->fs->engine, &a->caller, table_name(t), true, &a->err);
	if (st == ST_TABLE_NOT_EMPTY && nothing_readable(a, t))
		st = table_delete(a->fs->engine, &a->caller, table_name(t), false, &a->err);
	if (!st) {
		struct node *n = enter_table(a, t);
		node_remove(&a->fs->nodes, n);
		node_forget(&a->fs->nodes, n, 1);
	}
	table_unref(t);
	return st;
}

static enum status root_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret)
{
	return err_set(&a->err, ST_NOT_PERMITTED, "the root holds tables; files belong into a table");
}

static enum status root_rename(struct ask *a, const struct rename_request *r)
{
	return err_set(&a->err, ST_NOT_PERMITTED, "a table cannot be renamed; make another, copy, then remove the old one");
}

const struct kind kind_root = {
	.name = "root",
	.lookup = root_lookup,
	.getattr = root_getattr,
	.setattr = root_setattr,
	.list = root_list,
	.create = root_create,
	.mkdir = root_mkdir,
	.rmdir = root_rmdir,
	.rename = root_rename,
};
