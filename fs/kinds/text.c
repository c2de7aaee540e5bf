/** Computed read-only files: .help, .errors, .status, .stats, .count. Computed when opened; each descriptor keeps what it saw. */
#include "fs/handle.h"
#include "fs/session.h"
#include "fs/virtual.h"

static enum status compute(struct ask *a, struct node *n, struct buf *out)
{
	struct node *dir = node_parent(n);
	const struct virtual *v = virtual_find(dir, node_bytes(n));
	return v && v->text ? v->text(a, dir, out) : ST_NOT_FOUND;
}

static enum status text_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct buf text = BUF_INIT;
	enum status st = compute(a, n, &text);
	entry_set_file(a, n, 0444, text.len, clock_wall_ns(), ret);
	buf_finish(&text);
	return st;
}

static enum status text_open(struct ask *a, struct handle *h)
{
	if (handle_writes(h))
		return err_set(&a->err, ST_NOT_PERMITTED, "this file is computed: it is for reading");
	h->noflush = true;
	return compute(a, h->node, &h->text);
}

static enum status text_read(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret)
{
	*ret = handle_part(buf_slice(&h->text), size, offset);
	return ST_OK;
}

const struct kind kind_text = {
	.name = "text",
	.getattr = text_getattr,
	.open = text_open,
	.read = text_read,
};
