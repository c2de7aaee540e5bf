/** T/.put: a document written to it is put under the key that stands in it. The way to keys whose names would be too long to spell. */
#include "fs/datadir.h"

static enum status put_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	entry_set_file(a, n, 0222, 0, a->fs->mounted_ns, ret);
	return ST_OK;
}

static enum status put_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	return ST_OK; /* the truncation and the times that come with opening it for writing */
}

static enum status put_open(struct ask *a, struct handle *h)
{
	h->loaded = true;
	return ST_OK;
}

/** There is nothing to read: each descriptor starts empty. */
static enum status put_load(struct ask *a, struct handle *h)
{
	return ST_OK;
}

static enum status put_commit(struct ask *a, struct handle *h)
{
	struct table *t = h->node->table;
	struct buf item = BUF_INIT;
	struct key key;
	bool typed = node_is(h->node, NODE_TYPED);
	enum status st = json_read_item(buf_slice(&h->text), typed ? JSON_TYPED : JSON_NATURAL, &item, &a->err);
	if (!st)
		st = key_from_item(table_schema(t), buf_slice(&item), &key, &a->err);
	if (!st) {
		struct put_request r = {.table = t, .item = buf_slice(&item), .mode = COMMIT_VISIBLE};
		st = op_put(a->fs->engine, &a->caller, &r, NULL, &a->err);
	}
	if (!st)
		notify_key(a->fs, t, &key);
	buf_finish(&item);
	return st;
}

const struct kind kind_put = {
	.name = "put",
	.getattr = put_getattr,
	.setattr = put_setattr,
	.open = put_open,
	.read = handle_read,
	.write = handle_write,
	.truncate = handle_truncate,
	.flush = handle_flush,
	.load = put_load,
	.commit = put_commit,
};
