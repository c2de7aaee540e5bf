/** rename(2) in directories that hold items. What it means depends on what both names stand for: fs/README.md. */
#include "fs/datadir.h"
#include "fs/names.h"
#include "fs/virtual.h"

#define MOVES_MAX 64 /* past it the node is given back: each place that it has had costs memory */

/** A whole item out of a scratch file: one put. How editors, sed -i and rsync save. */
static enum status put_scratch(struct ask *a, const struct rename_request *r, struct node *scratch, struct slice part)
{
	struct fs *fs = a->fs;
	struct node *dir = r->to_dir;
	struct memo *memo = memo_get(fs, scratch);
	struct key key = datadir_key(dir, part);
	struct cond cond = {.kind = r->no_replace ? COND_ABSENT : COND_NONE};
	struct buf text = BUF_INIT;
	if (!memo)
		return ST_NOT_FOUND;
	mutex_lock(&memo->lock);
	buf_add_slice(&text, buf_slice(&memo->data));
	mutex_unlock(&memo->lock);
	enum status st = item_put(a, dir->table, node_is(dir, NODE_TYPED), &key, buf_slice(&text), cond,
		memo->modified_given ? memo->modified_ns : 0, NULL);
	if (!st) {
		struct node *draft = memo_find(fs, dir, MEMO_ITEM, &kind_item, part);
		if (draft)
			memo_forget(fs, draft);
		node_unpin(&fs->nodes, draft);
		memo_forget(fs, scratch);
		node_remove(&fs->nodes, scratch);
	}
	buf_finish(&text);
	memo_put(fs, memo);
	return st;
}

static enum status move_scratch(struct ask *a, const struct rename_request *r, struct node *scratch)
{
	struct fs *fs = a->fs;
	struct node *target = memo_find(fs, r->to_dir, MEMO_SCRATCH, &kind_scratch, r->to);
	if (target == scratch) {
		node_unpin(&fs->nodes, target);
		return ST_OK;
	}
	if (target && r->no_replace) {
		node_unpin(&fs->nodes, target);
		return err_code(&a->err, ST_EXISTS);
	}
	if (target)
		memo_forget(fs, target);
	node_unpin(&fs->nodes, target);
	node_move(&fs->nodes, scratch, r->to_dir, r->to);
	return ST_OK;
}

static enum status rename_scratch(struct ask *a, const struct rename_request *r, struct node *scratch)
{
	struct buf part = BUF_INIT;
	enum status st = datadir_has_items(r->to_dir) ? datadir_parse(a, r->to_dir, r->to, true, &part) : ST_NOT_FOUND;
	if (!st)
		st = put_scratch(a, r, scratch, buf_slice(&part));
	else if (st == ST_NOT_FOUND && a->err.code == ST_OK)
		st = move_scratch(a, r, scratch);
	buf_finish(&part);
	return st;
}

/** The kernel moves its name to the new place with the same node: so does the node. */
static void move_node(struct ask *a, const struct rename_request *r, struct slice from, struct slice to)
{
	struct nodes *nodes = &a->fs->nodes;
	struct node *n = node_find(nodes, r->from_dir, &kind_item, from);
	if (!n)
		return;
	atomic_store(&n->opened_version, 0);
	if (node_move(nodes, n, r->to_dir, to) >= MOVES_MAX)
		notify_name(a->fs, n);
	node_unpin(nodes, n);
}

static enum status move_item(struct ask *a, const struct rename_request *r, struct slice from, struct slice to)
{
	struct move_request move = {.table = r->from_dir->table,
		.from = datadir_key(r->from_dir, from),
		.to = datadir_key(r->to_dir, to),
		.no_replace = r->no_replace,
		.mode = COMMIT_VISIBLE};
	enum status st = op_move(a->fs->engine, &a->caller, &move, NULL, &a->err);
	if (st)
		return st;
	notify_item(a->fs, move.table, &move.from, node_is(r->from_dir, NODE_TYPED));
	notify_item(a->fs, move.table, &move.to, node_is(r->to_dir, NODE_TYPED));
	move_node(a, r, from, to);
	return ST_OK;
}

static enum status rename_item(struct ask *a, const struct rename_request *r, struct slice from)
{
	struct buf to = BUF_INIT;
	struct node *dir = r->to_dir, *draft = memo_find(a->fs, r->from_dir, MEMO_ITEM, &kind_item, from);
	enum status st = datadir_has_items(dir) ? datadir_parse(a, dir, r->to, true, &to) : ST_NOT_FOUND;
	if (draft)
		st = err_set(&a->err, ST_NOT_PERMITTED, "the file has no document yet; write one first, or remove the file");
	else if (st == ST_NOT_FOUND && a->err.code == ST_OK)
		st = err_set(&a->err, ST_CROSS_TABLE,
			"'%.*s' would be a scratch file, which is in memory only; copy the item, then remove it", SLICE_ARG(r->to));
	else if (!st && dir->table != r->from_dir->table)
		st = err_code(&a->err, ST_CROSS_TABLE);
	else if (!st && node_is(dir, NODE_TYPED) != node_is(r->from_dir, NODE_TYPED))
		st = err_set(&a->err, ST_CROSS_TABLE, "an item moves within the table or within .typed, not from one to the other");
	else if (!st)
		st = move_item(a, r, from, buf_slice(&to));
	node_unpin(&a->fs->nodes, draft);
	buf_finish(&to);
	return st;
}

static bool is_datadir(const struct node *n)
{
	return n->kind == &kind_table || n->kind == &kind_partition;
}

static bool is_partition_name(struct ask *a, struct node *dir, struct slice name)
{
	struct buf part = BUF_INIT;
	bool is = !datadir_has_items(dir) && name_parse(datadir_type(dir), name, false, &part) != NAME_OTHER;
	buf_finish(&part);
	return is;
}

enum status datadir_rename(struct ask *a, const struct rename_request *r)
{
	struct buf from = BUF_INIT;
	enum status st = virtual_refuse(a, r->from_dir, r->from);
	if (!st)
		st = is_datadir(r->to_dir) ? virtual_refuse(a, r->to_dir, r->to) : err_code(&a->err, ST_CROSS_TABLE);
	if (st)
		return st;
	struct node *scratch = memo_find(a->fs, r->from_dir, MEMO_SCRATCH, &kind_scratch, r->from);
	if (scratch)
		st = rename_scratch(a, r, scratch);
	else if (is_partition_name(a, r->from_dir, r->from))
		st = err_set(&a->err, ST_NOT_PERMITTED, "a partition cannot be renamed: its items move one by one");
	else if (!(st = datadir_parse(a, r->from_dir, r->from, true, &from)))
		st = rename_item(a, r, buf_slice(&from));
	node_unpin(&a->fs->nodes, scratch);
	buf_finish(&from);
	return st;
}
