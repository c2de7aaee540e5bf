#include "fs/virtual.h"

#include "fs/path.h"
#include "fs/session.h"

#define ANYWHERE (IN_ROOT | IN_TABLE | IN_PARTITION | IN_TYPED | IN_DRAFT)

const struct virtual virtual_rows[] = {
	{".help", ANYWHERE, &kind_text, text_help, "this text"},
	{".errors", ANYWHERE, &kind_text, text_errors,
		"your last 256 failures, JSON Lines: what was wrong, where, and the way out"},
	{".status", IN_ROOT | IN_TABLE, &kind_text, text_status, "the state of the store or the table, JSON"},
	{".stats", IN_ROOT | IN_TABLE, &kind_text, text_stats,
		"numbers: items, bytes, capacity used and refused since the mount; JSON"},
	{".count", IN_ROOT | IN_TABLE | IN_PARTITION | IN_TYPED, &kind_text, text_count,
		"the number of entries that ls shows here"},
	{".schema.json", IN_TABLE, &kind_doc, NULL,
		"the table's definition, in the shape of CreateTable; write it to update the table"},
	{".typed", IN_TABLE, &kind_table, NULL, "the same table with items in DynamoDB JSON, {\"price\": {\"N\": \"3\"}}"},
	{".put", IN_TABLE | IN_TYPED, &kind_put, NULL, "write a document here to put it under the key that stands in it"},
	{".tables", IN_ROOT, &kind_vdir, NULL, "NAME.json is the definition of table NAME; write it to create or update the table"},
	{".check", IN_ROOT, &kind_vdir, NULL,
		"write NAME.json here to hear what .tables/NAME.json would answer; nothing is changed"},
	{".templates", IN_ROOT, &kind_vdir, NULL, "definitions to start from: cp .templates/simple.json NAME/.schema.json"},
	{NULL, 0, NULL, NULL, NULL},
};

unsigned virtual_where(const struct node *dir)
{
	if (!node_parent(dir))
		return IN_ROOT;
	if (dir->kind == &kind_draft)
		return IN_DRAFT;
	if (dir->kind == &kind_partition)
		return IN_PARTITION;
	if (dir->kind == &kind_table)
		return node_is(dir, NODE_TYPED) ? IN_TYPED : IN_TABLE;
	return 0;
}

const struct virtual *virtual_find(const struct node *dir, struct slice name)
{
	unsigned where = virtual_where(dir);
	if (name.len == 0 || name.ptr[0] != '.')
		return NULL;
	for (const struct virtual *v = virtual_rows; v->name; v++) {
		if ((v->where & where) && slice_eq_str(name, v->name))
			return v;
	}
	return NULL;
}

enum status virtual_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret)
{
	const struct virtual *v = virtual_find(dir, name);
	if (!v)
		return ST_NOT_FOUND;
	bool typed = v->kind == &kind_table;
	if (typed)
		atomic_store(&a->fs->notify.typed_seen, true);
	struct node *n = node_enter(&a->fs->nodes, dir, v->kind, name, NULL, typed ? NODE_TYPED : 0);
	return entry_of(a, n, ret);
}

enum status virtual_refuse(struct ask *a, const struct node *dir, struct slice name)
{
	const struct virtual *v = virtual_find(dir, name);
	if (!v)
		return ST_OK;
	return err_set(&a->err, ST_NOT_PERMITTED, "'%s' is always there: it cannot be made, removed or renamed", v->name);
}
