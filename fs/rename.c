/** rename(2) in directories that hold items. What it means depends on what both names stand for: fs/README.md. */
#include "fs/datadir.h"
#include "fs/names.h"
#include "fs/virtual.h"

#define MOVES_MAX 64 /* past it the node is given back: each place that it has had costs memory */

/** The key part that the document gives to a name which tells only a digest of it. What the directory tells may be left out of it. */
static enum status part_from_text(struct ask *a, struct node *dir, struct slice digest, struct slice text, struct buf *part)
{
	struct buf item = BUF_INIT;
	const struct key_schema *schema = table_schema(dir->table);
	const struct key_attr *attr = dir->kind == &kind_partition ? &schema->sk : &schema->pk;
	uint8_t own[NAME_DIGEST_SIZE];
	enum status st = json_read_item(text, node_is(dir, NODE_TYPED) ? JSON_TYPED : JSON_NATURAL, &item, &a->err);
	if (!st) {
		struct value v = item_get(buf_slice(&item), slice_str(attr->name));
		if (v.type != attr->type)
			st = err_set(&a->err, ST_KEY_MISMATCH,
				"the name holds only a hash of the key: '%s' must stand in the document", attr->name);
		else if (!name_digest(v.type, v.body, true, own) || !slice_eq(digest, slice_of(own, sizeof own)))
			st = err_set(&a->err, ST_KEY_MISMATCH, "the hash in the name is not that of the key in the document");
		buf_reset(part);
		buf_add_slice(part, v.body);
	}
	if (!st)
		longnames_note(&a->fs->longnames, attr->type, buf_slice(part), true);
	buf_finish(&item);
	return st;
}

static enum status part_for(struct ask *a, struct node *dir, struct slice name, struct slice text, struct buf *part)
{
	struct buf digest = BUF_INIT;
	enum status st = datadir_parse(a, dir, name, true, part);
	if (st == ST_NOT_FOUND && name_parse(datadir_type(dir), name, true, &digest) == NAME_DIGEST) {
		a->err.code = ST_OK;
		st = part_from_text(a, dir, buf_slice(&digest), text, part);
	}
	buf_finish(&digest);
	return st;
}

static void forget_scratch(struct ask *a, struct node *dir, struct node *scratch, struct slice part)
{
	struct fs *fs = a->fs;
	struct node *draft = memo_find(fs, dir, MEMO_ITEM, &kind_item, part);
	if (draft)
		memo_forget(fs, draft);
	node_unpin(&fs->nodes, draft);
	memo_forget(fs, scratch);
	node_remove(&fs->nodes, scratch);
}

enum status scratch_put(struct ask *a, struct node *scratch, struct node *dir, struct slice name, bool no_replace)
{
	struct memo *memo = memo_get(a->fs, scratch);
	struct cond cond = {.kind = no_replace ? COND_ABSENT : COND_NONE};
	struct buf text = BUF_INIT, part = BUF_INIT;
	if (!memo)
		return ST_NOT_FOUND;
	mutex_lock(&memo->lock);
	buf_add_slice(&text, buf_slice(&memo->data));
	mutex_unlock(&memo->lock);
	enum status st = part_for(a, dir, name, buf_slice(&text), &part);
	if (!st) {
		struct key key = datadir_key(dir, buf_slice(&part));
		struct node *item = node_find(&a->fs->nodes, dir, &kind_item, buf_slice(&part));
		if (item) {
			atomic_fetch_add(&item->writers, 1); /* who opens it now reads past the cache */
			item_await_readers(item);
		}
		st = item_put(a, dir->table, node_is(dir, NODE_TYPED), &key, buf_slice(&text), cond,
			memo->modified_given ? memo->modified_ns : 0, NULL);
		if (item)
			atomic_fetch_sub(&item->writers, 1);
		node_unpin(&a->fs->nodes, item);
	}
	if (!st) {
		atomic_store(&memo->put, true);
		forget_scratch(a, dir, scratch, buf_slice(&part));
	}
	buf_finish(&text);
	buf_finish(&part);
	memo_put(a->fs, memo);
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

/** A whole item out of a scratch file is one put: how editors, sed -i and rsync save. */
static enum status rename_scratch(struct ask *a, const struct rename_request *r, struct node *scratch)
{
	struct buf part = BUF_INIT;
	bool item = datadir_has_items(r->to_dir) && name_parse(datadir_type(r->to_dir), r->to, true, &part) != NAME_OTHER;
	enum status st;
	if (item)
		st = scratch_put(a, scratch, r->to_dir, r->to, r->no_replace);
	else if (!(st = datadir_check_scratch(a, r->to_dir, r->to)))
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
	if (st == ST_NOT_FOUND && a->err.code == ST_OK)
		st = err_set(&a->err, ST_CROSS_TABLE,
			"'%.*s' would be a scratch file, which is in memory only; copy the item, then remove it", SLICE_ARG(r->to));
	else if (st == ST_NOT_FOUND && a->err.code == ST_NOT_FOUND)
		st = err_set(&a->err, ST_NAME,
			"the new name holds only a hash of its key: put the item there as a document that has the key");
	else if (!st && dir->table != r->from_dir->table)
		st = err_code(&a->err, ST_CROSS_TABLE);
	else if (!st && node_is(dir, NODE_TYPED) != node_is(r->from_dir, NODE_TYPED))
		st = err_set(&a->err, ST_CROSS_TABLE, "an item moves within the table or within .typed, not from one to the other");
	else if (!st)
		st = move_item(a, r, from, buf_slice(&to));
	if (st == ST_NOT_FOUND && draft)
		st = err_set(&a->err, ST_NOT_PERMITTED, "the file has no document yet; write one first, or remove the file");
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
