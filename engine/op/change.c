/*
 * One put or delete inside a write transaction: read what is there, check the condition, write, count. Every operation that changes items
 * goes through here, so that counts, versions and change notices have one source.
 *
 * An item whose seal is broken can be replaced and deleted like any other: that is the way out of the damage. Its share of the byte
 * counts is then not known, and stays in them.
 */
#include "engine/json.h"
#include "engine/op/row.h"

enum status put_plan(const struct table *t, struct slice item, uint64_t modified_ns, struct put_plan *plan, struct err *err)
{
	struct key key;
	enum status st = key_from_item(&t->schema, item, &key, err);
	if (st)
		return st;
	size_t size = item_size(item);
	if (size > LIMIT_ITEM_SIZE)
		return err_set(err, ST_ITEM_TOO_LARGE,
			"Item size has exceeded the maximum allowed size: %zu bytes of names and values, at most %d", size,
			LIMIT_ITEM_SIZE);
	struct json_style style = {.first = {slice_str(t->schema.pk.name), slice_str(t->schema.sk.name)}};
	*plan = (struct put_plan){.size = (uint32_t)size, .modified_ns = modified_ns};
	plan->text_len = (uint32_t)json_item_length(item, &style);
	buf_resize(&plan->plain, ROW_HEADER_SIZE);
	buf_add_slice(&plan->plain, item);
	return key_from_item(&t->schema, slice_from(buf_slice(&plan->plain), ROW_HEADER_SIZE), &plan->key, err);
}

void put_plan_finish(struct put_plan *plan)
{
	buf_finish(&plan->plain);
}

static enum status check_alive(const struct change_ctx *x, struct err *err)
{
	if (x->t->pending_gone)
		return err_set(err, ST_NO_TABLE, "Requested resource not found: Table: %s not found", x->t->name);
	return ST_OK;
}

/** What row_get() says of a row that is about to go: a broken seal is no reason to refuse. */
static bool replaceable(enum status st)
{
	return st == ST_OK || st == ST_NOT_FOUND || st == ST_CORRUPT;
}

static void tell(const struct change_ctx *x, enum change_kind kind, const struct key *key, uint64_t version)
{
	struct pending_change change = {kind, x->t, *key, version, x->by};
	commit_changed(x->e, &change);
}

static void count_put(const struct change_ctx *x, enum status st, const struct item_meta *old, const struct item_meta *now)
{
	int64_t bytes = now->size, text = now->text_len;
	if (st == ST_OK) {
		bytes -= old->size;
		text -= old->text_len;
	}
	commit_counted(x->t, st == ST_NOT_FOUND, bytes, text, now->changed_ns);
}

enum status change_put(struct store_txn *txn, const struct change_ctx *x, struct put_plan *plan, const struct cond *cond,
	struct item_meta *meta, struct err *err)
{
	struct row_key k;
	struct item_meta old = {0};
	struct slice ignored;
	row_key_init(&k, x->t, x->dk, &plan->key);
	enum status there = row_get(txn, x->dk, &k, &old, &ignored, err);
	if (!replaceable(there))
		return there;
	enum status st = check_alive(x, err);
	if (!st)
		st = row_condition(cond, there, &old, err);
	if (st)
		return st;
	uint64_t now = commit_time(x->e);
	struct item_meta fresh = {.version = commit_next_version(x->e),
		.created_ns = there == ST_OK ? old.created_ns : now,
		.changed_ns = now,
		.modified_ns = plan->modified_ns ? plan->modified_ns : now,
		.text_len = plan->text_len,
		.size = plan->size};
	row_header(&fresh, plan->plain.ptr);
	st = row_put(txn, x->dk, &k, buf_slice(&plan->plain), err);
	if (st)
		return st;
	count_put(x, there, &old, &fresh);
	tell(x, there == ST_NOT_FOUND ? CHANGE_INSERT : CHANGE_MODIFY, &plan->key, fresh.version);
	if (meta)
		*meta = fresh;
	return ST_OK;
}

enum status change_delete(
	struct store_txn *txn, const struct change_ctx *x, const struct key *key, const struct cond *cond, struct err *err)
{
	struct row_key k;
	struct item_meta old = {0};
	struct slice ignored;
	row_key_init(&k, x->t, x->dk, key);
	enum status there = row_get(txn, x->dk, &k, &old, &ignored, err);
	if (!replaceable(there))
		return there;
	enum status st = check_alive(x, err);
	if (!st)
		st = row_condition(cond, there, &old, err);
	if (st || there == ST_NOT_FOUND)
		return st;
	st = store_del(txn, STORE_ITEMS, &k.key, err);
	if (st)
		return st;
	commit_counted(x->t, -1, -(int64_t)old.size, -(int64_t)old.text_len, commit_time(x->e));
	tell(x, CHANGE_REMOVE, key, commit_next_version(x->e));
	return ST_OK;
}
