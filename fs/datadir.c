#include "fs/datadir.h"

#include <fcntl.h>

#include "fs/names.h"
#include "fs/path.h"
#include "fs/virtual.h"

bool datadir_has_items(const struct node *dir)
{
	return dir->kind == &kind_partition || !schema_has_sk(table_schema(dir->table));
}

enum value_type datadir_type(const struct node *dir)
{
	const struct key_schema *schema = table_schema(dir->table);
	return dir->kind == &kind_partition ? schema->sk.type : schema->pk.type;
}

struct key datadir_key(const struct node *dir, struct slice part)
{
	if (dir->kind == &kind_partition)
		return (struct key){.pk = node_bytes(dir), .sk = part};
	return (struct key){.pk = part};
}

/** The search for the key that has a digest. */
struct digest_search {
	enum value_type type;
	bool file, sort;
	const uint8_t *digest;
	struct buf found;
};

static bool digest_row(const struct list_row *row, void *arg)
{
	struct digest_search *s = arg;
	uint8_t digest[NAME_DIGEST_SIZE];
	struct slice part = s->sort ? row->key.sk : row->key.pk;
	if (row->status || !name_digest(s->type, part, s->file, digest) || memcmp(digest, s->digest, sizeof digest) != 0)
		return true;
	buf_add_slice(&s->found, part);
	return false;
}

/** Replaces the digest in `part` by the key, from memory or by going through the directory. */
static enum status resolve_digest(struct ask *a, struct node *dir, bool file, struct buf *part)
{
	struct fs *fs = a->fs;
	if (longnames_find(&fs->longnames, part))
		return ST_OK;
	struct digest_search s = {.type = datadir_type(dir),
		.file = file,
		.sort = dir->kind == &kind_partition,
		.digest = part->ptr,
		.found = BUF_INIT};
	enum status st;
	if (s.sort) {
		st = op_list_items(
			fs->engine, &a->caller, dir->table, node_bytes(dir), slice_of(NULL, 0), false, digest_row, &s, &a->err);
	} else {
		struct partition_pos start = {0};
		st = op_list_partitions(fs->engine, &a->caller, dir->table, &start, digest_row, &s, &a->err);
	}
	if (!st && s.found.len == 0)
		st = err_set(&a->err, ST_NOT_FOUND, "no key here has the hash in this name");
	if (!st) {
		longnames_note(&fs->longnames, s.type, buf_slice(&s.found), file);
		buf_reset(part);
		buf_add_slice(part, buf_slice(&s.found));
	}
	buf_finish(&s.found);
	return st;
}

enum status datadir_parse(struct ask *a, struct node *dir, struct slice name, bool file, struct buf *part)
{
	enum value_type type = datadir_type(dir);
	switch (name_parse(type, name, file, part)) {
	case NAME_KEY:
		return ST_OK;
	case NAME_DIGEST:
		return resolve_digest(a, dir, file, part);
	case NAME_WRONG:
		return err_set(&a->err, ST_NAME, "the name is not how a key of type %s is spelt here", value_type_name(type));
	default:
		return ST_NOT_FOUND;
	}
}

static enum status lookup_draft(struct ask *a, struct node *dir, struct slice part, struct entry *ret)
{
	struct node *n = memo_find(a->fs, dir, MEMO_ITEM, &kind_item, part);
	if (!n)
		return ST_NOT_FOUND;
	struct memo *memo = memo_get(a->fs, n);
	bool mine = memo && memo->uid == a->caller.uid;
	if (mine) {
		node_enter(&a->fs->nodes, dir, &kind_item, part, NULL, 0);
		item_draft_entry(a, n, memo, ret);
	}
	memo_put(a->fs, memo);
	node_unpin(&a->fs->nodes, n);
	return mine ? ST_OK : ST_NOT_FOUND;
}

static enum status lookup_item(struct ask *a, struct node *dir, struct slice part, struct entry *ret)
{
	struct key key = datadir_key(dir, part);
	bool typed = node_is(dir, NODE_TYPED);
	struct item_meta meta;
	uint64_t length;
	enum status st = item_probe(a, dir->table, typed, &key, &meta, &length);
	if (st == ST_NOT_FOUND)
		return lookup_draft(a, dir, part, ret);
	if (st)
		return st;
	struct owner o = owner_of_table(dir->table);
	item_entry(&o, typed, op_item_identity(dir->table, &key), &meta, length, ret);
	ret->node = node_enter(&a->fs->nodes, dir, &kind_item, part, NULL, 0);
	return ST_OK;
}

static enum status lookup_scratch(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct node *n = memo_find(a->fs, dir, MEMO_SCRATCH, &kind_scratch, name);
	if (!n)
		return ST_NOT_FOUND;
	node_enter(&a->fs->nodes, dir, &kind_scratch, name, NULL, 0);
	enum status st = entry_of(a, n, ret);
	node_unpin(&a->fs->nodes, n);
	return st;
}

enum status datadir_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	struct buf part = BUF_INIT;
	enum status st = virtual_lookup(a, dir, name, ret);
	if (st == ST_NOT_FOUND)
		st = lookup_scratch(a, dir, name, ret);
	if (st != ST_NOT_FOUND || !datadir_has_items(dir))
		return st;
	st = datadir_parse(a, dir, name, true, &part);
	if (!st)
		st = lookup_item(a, dir, buf_slice(&part), ret);
	buf_finish(&part);
	return st;
}

/** A new item has no document yet: it is a draft until its first write is whole. */
static enum status create_draft(
	struct ask *a, struct node *dir, struct slice part, mode_t mode, struct handle *h, struct entry *ret)
{
	struct fs *fs = a->fs;
	struct node *n = node_enter(&fs->nodes, dir, &kind_item, part, NULL, 0);
	enum status st = memo_make(fs, n, MEMO_ITEM, &a->caller, mode, &h->memo, &a->err);
	if (st) {
		node_forget(&fs->nodes, n, 1);
		return st;
	}
	memo_opened(fs, h->memo);
	item_draft_entry(a, n, h->memo, ret);
	h->node = n;
	h->exclusive = h->flags & O_EXCL;
	h->loaded = true;
	handle_count_writer(h);
	return ST_OK;
}

static enum status create_item(struct ask *a, struct node *dir, struct slice part, mode_t mode, struct handle *h, struct entry *ret)
{
	enum status st = lookup_item(a, dir, part, ret);
	if (st == ST_NOT_FOUND)
		return create_draft(a, dir, part, mode, h, ret);
	if (st)
		return st;
	h->node = ret->node;
	st = h->flags & O_EXCL ? err_code(&a->err, ST_EXISTS) : h->node->kind->open(a, h);
	if (st)
		node_forget(&a->fs->nodes, h->node, 1);
	return st;
}

enum status datadir_check_scratch(struct ask *a, struct node *dir, struct slice name)
{
	struct buf ignored = BUF_INIT;
	bool item = !datadir_has_items(dir) && name_parse(datadir_type(dir), name, true, &ignored) != NAME_OTHER;
	buf_finish(&ignored);
	return item ? err_set(&a->err, ST_NAME,
			      "the table has a sort key: its items are files one level down, PARTITION/SORTKEY.json")
		    : ST_OK;
}

/** Whether the name tells a key by a digest only: the document will tell the key. */
static bool is_digest(struct node *dir, struct slice name)
{
	struct buf digest = BUF_INIT;
	bool is = datadir_has_items(dir) && name_parse(datadir_type(dir), name, true, &digest) == NAME_DIGEST;
	buf_finish(&digest);
	return is;
}

enum status datadir_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret)
{
	struct buf part = BUF_INIT;
	enum status st = virtual_refuse(a, dir, name);
	if (st)
		return st;
	if (slice_eq_str(name, "4913")) { /* vim's probe for a writable directory: without it vim rewrites files in place */
		a->quiet = true;
		return err_code(&a->err, ST_DENIED);
	}
	st = datadir_has_items(dir) ? datadir_parse(a, dir, name, true, &part) : ST_NOT_FOUND;
	if (!st)
		st = create_item(a, dir, buf_slice(&part), mode, h, ret);
	else if (st == ST_NOT_FOUND && (a->err.code == ST_OK || is_digest(dir, name)) &&
		 !(st = datadir_check_scratch(a, dir, name)))
		st = scratch_create(a, dir, name, mode, h, ret);
	buf_finish(&part);
	return st;
}

/**
 * The partition lost an item, perhaps its last. rm -r still has to find the directory to remove it: it stays for a while, unlisted. So does
 * one that mkdir made: it has had items.
 */
static void keep_partition(struct ask *a, struct node *dir)
{
	struct memo *memo = NULL;
	if (dir->kind != &kind_partition || memo_make(a->fs, dir, MEMO_PARTITION, &a->caller, 0, &memo, NULL) != ST_OK)
		return;
	memo->hidden = true;
	memo_put(a->fs, memo);
}

static enum status unlink_item(struct ask *a, struct node *dir, struct slice part)
{
	struct fs *fs = a->fs;
	struct key key = datadir_key(dir, part);
	struct delete_request r = {.table = dir->table, .key = key, .cond = {.kind = COND_PRESENT}, .mode = COMMIT_VISIBLE};
	struct node *draft = memo_find(fs, dir, MEMO_ITEM, &kind_item, part);
	enum status st = op_delete(fs->engine, &a->caller, &r, &a->err);
	if (st == ST_NOT_FOUND && draft)
		st = ST_OK;
	else if (!st)
		notify_item(fs, dir->table, &key, node_is(dir, NODE_TYPED));
	struct node *n = draft ? draft : st ? NULL : node_find(&fs->nodes, dir, &kind_item, part);
	if (!st && n) {
		memo_forget(fs, n);
		node_remove(&fs->nodes, n);
	}
	node_unpin(&fs->nodes, n);
	if (!st)
		keep_partition(a, dir);
	return st;
}

static enum status unlink_scratch(struct ask *a, struct node *dir, struct slice name)
{
	struct node *n = memo_find(a->fs, dir, MEMO_SCRATCH, &kind_scratch, name);
	if (!n)
		return ST_NOT_FOUND;
	memo_forget(a->fs, n);
	node_remove(&a->fs->nodes, n);
	node_unpin(&a->fs->nodes, n);
	return ST_OK;
}

enum status datadir_unlink(struct ask *a, struct node *dir, struct slice name)
{
	struct buf part = BUF_INIT;
	enum status st = virtual_refuse(a, dir, name);
	if (st)
		return st;
	st = unlink_scratch(a, dir, name);
	if (st == ST_NOT_FOUND && datadir_has_items(dir)) {
		st = datadir_parse(a, dir, name, true, &part);
		if (!st)
			st = unlink_item(a, dir, buf_slice(&part));
	}
	buf_finish(&part);
	return st;
}
