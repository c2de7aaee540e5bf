/** Virtual directories of the root: .tables, .check and .templates. Their entries are documents (kinds/doc.c). */
#include "fs/doc.h"
#include "fs/dir.h"
#include "fs/handle.h"
#include "fs/names.h"
#include "fs/session.h"
#include "fs/tables.h"

static bool is_templates(const struct node *dir)
{
	return slice_eq_str(node_bytes(dir), ".templates");
}

static enum status vdir_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct table *t = NULL;
	if (is_templates(dir) ? !doc_template(name) : tables_open(a, name, true, &t) != ST_OK)
		return ST_NOT_FOUND;
	table_unref(t);
	return entry_of(a, node_enter(&a->fs->nodes, dir, &kind_doc, name, NULL, 0), ret);
}

static enum status vdir_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	entry_set_dir(a, n, a->fs->mounted_ns, ret);
	if (is_templates(n))
		ret->st.st_mode &= ~(mode_t)0222;
	else
		ret->st.st_mode = S_IFDIR | 0777; /* the engine decides who may create a table, as in the root */
	return ST_OK;
}

struct vdir_listing {
	struct ask *a;
	struct dir_reply *reply;
	struct buf name;
};

/** Names only: attributes would need each definition in full. */
static bool add_name(struct vdir_listing *l, uint64_t cookie)
{
	struct slice name = slice_str(buf_str(&l->name));
	struct entry e = {.st = {.st_mode = S_IFREG, .st_ino = node_child_inode(l->reply->dir, &kind_doc, name)}};
	if (!dir_fits(l->reply, name))
		return false;
	dir_add(l->reply, name, cookie, &e);
	return true;
}

static bool list_table(struct table *t, void *arg)
{
	struct vdir_listing *l = arg;
	buf_reset(&l->name);
	name_from_key(VALUE_S, slice_str(table_name(t)), true, &l->name);
	return add_name(l, DIR_COOKIE_START + (uint64_t)table_id(t) + 1);
}

static void list_templates(struct vdir_listing *l, uint64_t from)
{
	const char *name;
	for (uint64_t i = from; (name = doc_template_name(i)); i++) {
		buf_reset(&l->name);
		buf_add_str(&l->name, name);
		if (!add_name(l, DIR_COOKIE_START + i + 1))
			break;
	}
}

static enum status vdir_list(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	struct vdir_listing l = {.a = a, .reply = reply, .name = BUF_INIT};
	uint64_t from = cookie > DIR_COOKIE_START ? cookie - DIR_COOKIE_START : 0;
	if (is_templates(d->node))
		list_templates(&l, from);
	else
		table_list(a->fs->engine, from ? (uint32_t)(from - 1) : 0, list_table, &l);
	buf_finish(&l.name);
	return ST_OK;
}

static enum status vdir_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret)
{
	char text[LIMIT_TABLE_NAME_MAX + 1];
	if (is_templates(dir))
		return err_set(&a->err, ST_NOT_PERMITTED, "templates are for reading");
	enum status st = tables_parse(a, name, true, text);
	if (st)
		return st;
	struct node *n = node_enter(&a->fs->nodes, dir, &kind_doc, name, NULL, 0);
	return doc_create(a, n, h, ret);
}

static enum status vdir_unlink(struct ask *a, struct node *dir, struct slice name)
{
	return err_set(&a->err, ST_NOT_PERMITTED, "a definition cannot be removed by itself: rmdir the table");
}

const struct kind kind_vdir = {
	.name = "vdir",
	.lookup = vdir_lookup,
	.getattr = vdir_getattr,
	.list = vdir_list,
	.create = vdir_create,
	.unlink = vdir_unlink,
};
