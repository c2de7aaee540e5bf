#include "engine/expr/tree.h"

static void encode_bytes(struct slice s, struct buf *out)
{
	buf_add_varint(out, s.len);
	buf_add_slice(out, s);
}

static void encode_path(const struct expr *e, const struct node *n, struct buf *out)
{
	buf_add_varint(out, n->path_len);
	for (uint32_t i = 0; i < n->path_len; i++) {
		const struct path_elem *el = &n->path[i];
		buf_add_byte(out, el->type == ELEM_INDEX);
		if (el->type == ELEM_INDEX)
			buf_add_varint(out, el->number);
		else
			encode_bytes(elem_name(e, el), out);
	}
}

/** A node, its operands, and a 0 behind them: types count from 1. */
static void encode_node(const struct expr *e, const struct node *n, struct buf *out)
{
	buf_add_byte(out, (uint8_t)(n->type + 1));
	if (n->type == NODE_PATH)
		encode_path(e, n, out);
	else if (n->type == NODE_VALUE)
		value_encode(e->values[n->slot], out);
	for (const struct node *c = n->child; c; c = c->next)
		encode_node(e, c, out);
	buf_add_byte(out, 0);
}

void expr_encode(const struct expr *e, struct buf *out)
{
	buf_add_byte(out, (uint8_t)e->tree->kind);
	for (const struct node *n = e->tree->root; n; n = n->next)
		encode_node(e, n, out);
	buf_add_byte(out, 0);
}
