#include "fs/path.h"

#include "fs/kind.h"
#include "fs/names.h"

/** The type of key that the names in this node's directory stand for. */
static enum value_type key_type(const struct node *n)
{
	const struct key_schema *schema = table_schema(n->table);
	return n->kind == &kind_item && schema_has_sk(schema) ? schema->sk.type : schema->pk.type;
}

void path_add_name(struct buf *out, const struct node *n)
{
	if (n->kind == &kind_item || n->kind == &kind_partition)
		name_from_key(key_type(n), node_bytes(n), n->kind == &kind_item, out);
	else if (n->kind == &kind_table && !node_is(n, NODE_TYPED))
		name_from_key(VALUE_S, slice_str(table_name(n->table)), false, out);
	else
		buf_add_slice(out, node_bytes(n));
}

static void add_nodes(struct buf *out, const struct node *n)
{
	struct node *parent = node_parent(n);
	if (!parent)
		return;
	add_nodes(out, parent);
	struct buf name = BUF_INIT;
	path_add_name(&name, n);
	buf_add_byte(out, '/');
	name_add_printable(out, buf_slice(&name));
	buf_finish(&name);
}

void path_add(struct buf *out, const struct node *n, const char *name)
{
	size_t from = out->len;
	add_nodes(out, n);
	if (name) {
		buf_add_byte(out, '/');
		name_add_printable(out, slice_str(name));
	}
	if (out->len == from)
		buf_add_byte(out, '/');
}

struct key path_key(const struct node *n)
{
	if (n->kind == &kind_item && schema_has_sk(table_schema(n->table)))
		return (struct key){.pk = node_bytes(node_parent(n)), .sk = node_bytes(n)};
	return (struct key){.pk = node_bytes(n)};
}
