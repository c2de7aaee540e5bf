/*
 * One put or delete inside a write transaction: read what is there, check the condition, write, count. Every operation that changes items
 * goes through here, so that counts, versions and change notices have one source.
 *
 * An item whose seal is broken can be replaced and deleted like any other: that is the way out of the damage. Its share of the byte
 * counts is then not known, and stays in them.
 */
#include "engine/json.h"
#include "engine/op/index.h"

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

enum status change_unsure(struct err *err)
{
	return err_set(err, ST_CORRUPT,
		"the item is not found, but near its place lies a record whose seal is broken: it may have been this one; "
		"a put without a condition replaces it");
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

static void count_put(const struct change_ctx *x, const struct change_old *old, const struct item_meta *now)
{
	int64_t bytes = now->size, text = now->text_len;
	if (old->there == ST_OK) {
		bytes -= old->meta.size;
		text -= old->meta.text_len;
	}
	commit_counted(x->t, old->there == ST_NOT_FOUND, bytes, text, now->changed_ns);
}

void change_check_init(struct change_check *check, const struct cond *cond, const struct expr *expr, const struct write_returns *r)
{
	*check = (struct change_check){.cond = cond, .expr = expr, .keep = r->old || r->failed};
}

void change_check_finish(struct change_check *check, enum status st, const struct write_returns *r)
{
	bool refused = st == ST_CONDITION || st == ST_EXISTS || st == ST_VERSION;
	struct buf *to = st == ST_OK ? r->old : refused ? r->failed : NULL;
	if (to)
		buf_add_slice(to, buf_slice(&check->kept));
	buf_finish(&check->kept);
}

static enum status check_old(struct change_check *check, const struct change_old *old, struct err *err)
{
	if (check->keep) {
		buf_reset(&check->kept); /* a transaction may run twice */
		buf_add_slice(&check->kept, old->item);
	}
	enum status st = row_condition(check->cond, old->there, &old->meta, err);
	if (st || !check->expr)
		return st;
	if (old->there == ST_CORRUPT) /* nobody can say whether the condition holds; err is row_get()'s */
		return ST_CORRUPT;
	return expr_test(check->expr, old->item) ? ST_OK : err_code(err, ST_CONDITION);
}

enum status change_read(struct store_txn *txn, const struct change_ctx *x, const struct key *key, struct change_check *check,
	struct change_old *old, struct err *err)
{
	bool astray;
	row_key_init(&old->k, x->t, x->dk, key);
	old->meta = (struct item_meta){0};
	enum status st = usage_admit(x->usage, x->t, 0, METER_WRITE, err);
	if (st)
		return st;
	old->there = row_find(txn, &(struct row_place){x->t, x->dk, key, &old->k}, &old->meta, &old->item, &astray, err);
	if (astray && old->there == ST_OK)
		return err_set(err, ST_CORRUPT,
			"a damaged key beside this item's record hides it from writes, which would make a second one");
	old->unsure = astray;
	if (astray && (check->cond->kind != COND_NONE || check->expr))
		return old->there; /* nobody can say whether the condition holds */
	if (astray)
		old->there = ST_NOT_FOUND;
	if (!replaceable(old->there))
		return old->there;
	if (old->there != ST_OK)
		old->item = slice_of(NULL, 0);
	if (x->t->writing) {
		buf_reset(&old->image);
		buf_add_slice(&old->image, old->item);
		old->item = buf_slice(&old->image);
	}
	st = check_alive(x, err);
	if (st)
		return st;
	st = check_old(check, old, err);
	if (st)
		usage_add_write(x->usage, x->t, 0, old->meta.size);
	return st;
}

void change_old_finish(struct change_old *old)
{
	buf_finish(&old->image);
}

/** `now`: empty when the item goes. */
static struct index_change index_change(const struct change_old *old, const struct key *key, struct slice now)
{
	bool there = old->there == ST_OK;
	return (struct index_change){.key = key,
		.old = there ? old->item : slice_of(NULL, 0),
		.now = now,
		.old_size = there ? old->meta.size : 0,
		.unknown = old->there == ST_CORRUPT || old->unsure};
}

enum status change_admit(const struct change_ctx *x, const struct change_old *old, const struct put_plan *plan, struct err *err)
{
	bool stays = plan && plan->plain.len;
	if (!x->t->writing || (plan && !stays)) /* an update that makes no item */
		return ST_OK;
	struct slice now = stays ? slice_from(buf_slice(&plan->plain), ROW_HEADER_SIZE) : slice_of(NULL, 0);
	struct index_change change = index_change(old, NULL, now);
	change.now_size = stays ? plan->size : 0;
	return index_admit(x, &change, err);
}

enum status change_write(struct store_txn *txn, const struct change_ctx *x, const struct change_old *old, struct put_plan *plan,
	struct item_meta *meta, struct err *err)
{
	if (!plan->plain.len) {
		usage_add_write(x->usage, x->t, 0, 0);
		return ST_OK;
	}
	uint64_t now = commit_time(x->e);
	struct item_meta fresh = {.version = commit_next_version(x->e),
		.created_ns = old->there == ST_OK ? old->meta.created_ns : now,
		.changed_ns = now,
		.modified_ns = plan->modified_ns ? plan->modified_ns : now,
		.text_len = plan->text_len,
		.size = plan->size};
	struct index_change change = index_change(old, &plan->key, slice_from(buf_slice(&plan->plain), ROW_HEADER_SIZE));
	change.now_size = plan->size;
	row_header(&fresh, plan->plain.ptr);
	enum status st = collection_count(txn, x, &change, err);
	if (!st)
		st = row_put(txn, x->dk, &old->k, buf_slice(&plan->plain), err);
	if (!st)
		st = index_maintain(txn, x, &change, err);
	if (st)
		return st;
	usage_add_write(x->usage, x->t, 0, change_size(old, fresh.size));
	count_put(x, old, &fresh);
	tell(x, old->there == ST_NOT_FOUND ? CHANGE_INSERT : CHANGE_MODIFY, &plan->key, fresh.version);
	if (meta)
		*meta = fresh;
	return ST_OK;
}

enum status change_remove(
	struct store_txn *txn, const struct change_ctx *x, const struct change_old *old, const struct key *key, struct err *err)
{
	if (old->unsure)
		return change_unsure(err);
	usage_add_write(x->usage, x->t, 0, old->meta.size);
	if (old->there == ST_NOT_FOUND)
		return ST_OK;
	struct index_change change = index_change(old, key, slice_of(NULL, 0));
	enum status st = collection_count(txn, x, &change, err);
	if (!st)
		st = store_del(txn, STORE_ITEMS, &old->k.key, err);
	if (!st)
		st = index_maintain(txn, x, &change, err);
	if (st)
		return st;
	commit_counted(x->t, -1, -(int64_t)old->meta.size, -(int64_t)old->meta.text_len, commit_time(x->e));
	tell(x, CHANGE_REMOVE, key, commit_next_version(x->e));
	return ST_OK;
}

enum status change_put(struct store_txn *txn, const struct change_ctx *x, struct put_plan *plan, struct change_check *check,
	struct item_meta *meta, struct err *err)
{
	struct change_old old = {0};
	enum status st = change_check_indexes(x, plan, false, NULL, err);
	if (!st)
		st = change_read(txn, x, &plan->key, check, &old, err);
	if (!st)
		st = change_admit(x, &old, plan, err);
	if (!st)
		st = change_write(txn, x, &old, plan, meta, err);
	change_old_finish(&old);
	return st;
}

enum status change_delete(
	struct store_txn *txn, const struct change_ctx *x, const struct key *key, struct change_check *check, struct err *err)
{
	struct change_old old = {0};
	enum status st = change_read(txn, x, key, check, &old, err);
	if (!st)
		st = change_admit(x, &old, NULL, err);
	if (!st)
		st = change_remove(txn, x, &old, key, err);
	change_old_finish(&old);
	return st;
}
