/*
 * Several changes of different items, all or nothing. Inside the store's transaction: is the token known; then every item is read, its
 * condition checked, its update computed; then everything is written, the token with it.
 */
#include "engine/op/many.h"
#include "engine/op/token.h"
#include "engine/op_transact.h"
#include "engine/value/codec.h"

#include <stdlib.h>

struct action {
	struct change_ctx ctx;
	const struct transact_action *r;
	struct key key;
	struct put_plan plan;
	struct change_check check;
	struct change_old old;
	struct err reason;
};

struct transact {
	struct engine *e;
	struct action *actions;
	size_t n;
	struct usage usage;
	struct token token;
	bool has_token, repeated;
};

const char *transact_reason_code(enum status st)
{
	switch (st) {
	case ST_OK:
		return "None";
	case ST_CONDITION:
		return "ConditionalCheckFailed";
	case ST_CONFLICT:
		return "TransactionConflict";
	case ST_DUPLICATE_ITEM:
		return "DuplicateItem";
	case ST_THROTTLED:
		return "ProvisionedThroughputExceeded";
	case ST_REQUEST_RATE:
		return "ThrottlingError";
	case ST_COLLECTION_FULL:
		return "ItemCollectionSizeLimitExceeded";
	default:
		return "ValidationError";
	}
}

void transact_reasons_print(const struct err *reasons, size_t n, struct buf *out)
{
	buf_add_str(out, "Transaction cancelled, please refer cancellation reasons for specific reasons [");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i ? ", " : "", transact_reason_code(reasons[i].code));
	buf_add_byte(out, ']');
}

/** Whether a failure is the action's own, which cancels the transaction; any other is the store's. */
static bool cancels(enum status st)
{
	return st == ST_CONDITION || st == ST_VALIDATION || st == ST_ITEM_TOO_LARGE || st == ST_KEY_TOO_LONG || usage_refused(st);
}

/** *empty: a key of an index would be an empty value, for which the service does not begin a transaction. */
static enum status read_action(struct store_txn *txn, struct action *a, bool *empty)
{
	err_clear(&a->reason);
	enum status st = change_read(txn, &a->ctx, &a->key, &a->check, &a->old, &a->reason);
	if (!st && a->r->kind == TRANSACT_UPDATE) {
		put_plan_finish(&a->plan);
		st = update_plan(&a->ctx, &a->key, a->r->update, &a->old, &a->plan, &a->reason);
	}
	if (!st && (a->r->kind == TRANSACT_UPDATE || a->r->kind == TRANSACT_PUT))
		st = change_check_indexes(&a->ctx, &a->plan, a->r->kind == TRANSACT_UPDATE, empty, &a->reason);
	if (!st && a->r->kind != TRANSACT_CHECK)
		st = change_admit(&a->ctx, &a->old, a->r->kind == TRANSACT_DELETE ? NULL : &a->plan, &a->reason);
	if (!st) /* change_read() may have left a word of a broken item that is replaced now */
		err_clear(&a->reason);
	return st;
}

enum status transact_canceled(const struct err *reasons, size_t n, struct err *err)
{
	struct buf text = BUF_INIT;
	transact_reasons_print(reasons, n, &text);
	enum status st = err_set(err, ST_CANCELED, "%s", buf_str(&text));
	buf_finish(&text);
	return st;
}

static enum status canceled(const struct transact *t, struct err *err)
{
	struct err *reasons = xcalloc(t->n, sizeof *reasons);
	for (size_t i = 0; i < t->n; i++)
		reasons[i] = t->actions[i].reason;
	enum status st = transact_canceled(reasons, t->n, err);
	free(reasons);
	return st;
}

/** What is canceled was prepared, which is half of the work, of what is there. Who was let in nowhere has done nothing. */
static void note_canceled(struct transact *t)
{
	usage_reset(&t->usage);
	t->usage.transactional = false;
	for (size_t i = 0; i < t->n; i++)
		if (!usage_refused(t->actions[i].reason.code))
			usage_add_write(&t->usage, t->actions[i].ctx.t, 0, t->actions[i].old.meta.size);
	t->usage.transactional = true;
}

static enum status read_all(struct store_txn *txn, struct transact *t, struct err *err)
{
	uint64_t bytes = 0;
	bool cancel = false, empty = false;
	for (size_t i = 0; i < t->n; i++) {
		struct action *a = &t->actions[i];
		enum status st = read_action(txn, a, &empty);
		if (st && (empty || !cancels(st)))
			return err_set(err, st, "%s", a->reason.text);
		cancel |= st != ST_OK;
		bytes += change_size(&a->old, a->plan.size);
	}
	if (cancel) {
		note_canceled(t);
		return canceled(t, err);
	}
	if (bytes > OP_TRANSACT_BYTES)
		return err_set(err, ST_VALIDATION, "The aggregate size of the items in the transaction exceeds the limit of 4 MB");
	return ST_OK;
}

static enum status write_action(struct store_txn *txn, struct action *a, struct err *err)
{
	switch (a->r->kind) {
	case TRANSACT_PUT:
	case TRANSACT_UPDATE:
		return change_write(txn, &a->ctx, &a->old, &a->plan, NULL, err);
	case TRANSACT_DELETE:
		return change_remove(txn, &a->ctx, &a->old, &a->key, err);
	case TRANSACT_CHECK:
		usage_add_write(a->ctx.usage, a->ctx.t, 0, a->old.meta.size);
		break;
	}
	return ST_OK;
}

/** A full collection is found out only while writing, since actions before may have filled it. */
static enum status write_or_cancel(struct store_txn *txn, struct transact *t, struct action *a, struct err *err)
{
	enum status st = write_action(txn, a, &a->reason);
	if (st == ST_COLLECTION_FULL) {
		note_canceled(t);
		return canceled(t, err);
	}
	return st ? err_set(err, st, "%s", a->reason.text) : ST_OK;
}

/** A request that was carried out before is answered by reading its items. */
static enum status read_again(struct store_txn *txn, struct transact *t, struct err *err)
{
	for (size_t i = 0; i < t->n; i++) {
		struct change_ctx *x = &t->actions[i].ctx;
		struct row_key k;
		struct item_meta meta = {0};
		struct slice item;
		row_key_init(&k, x->t, x->dk, &t->actions[i].key);
		enum status st = row_get(txn, x->dk, &k, &meta, &item, err);
		if (st && st != ST_NOT_FOUND && st != ST_CORRUPT)
			return st;
		usage_add_read(&t->usage, x->t, 0, meta.size, READ_TRANSACTIONAL);
	}
	return ST_OK;
}

static enum status transact_in_txn(struct store_txn *txn, void *arg, struct err *err)
{
	struct transact *t = arg;
	enum status st = t->has_token ? token_find(t->e, txn, &t->token, err) : ST_NOT_FOUND;
	t->repeated = st == ST_OK;
	if (st != ST_NOT_FOUND)
		return t->repeated ? read_again(txn, t, err) : st;
	st = read_all(txn, t, err);
	for (size_t i = 0; i < t->n && !st; i++)
		st = write_or_cancel(txn, t, &t->actions[i], err);
	return st || !t->has_token ? st : token_keep(t->e, txn, &t->token, err);
}

/* Before the store's transaction */

static enum status action_init(
	struct action *a, struct transact *t, const struct caller *c, const struct transact_action *r, struct err *err)
{
	static const struct cond none;
	const struct key_schema *s = &r->table->schema;
	*a = (struct action){
		.ctx = {.e = t->e, .by = c, .t = r->table, .usage = &t->usage, .collection = r->collection}, .r = r, .key = r->key};
	a->check = (struct change_check){.cond = &none, .expr = r->condition, .keep = r->failed};
	enum status st = table_use(r->table, &a->ctx.dk, err);
	if (!st && r->kind == TRANSACT_PUT) {
		st = put_plan(r->table, r->item, 0, &a->plan, err);
		a->key = a->plan.key;
		return st;
	}
	if (!st)
		st = key_check(s, &r->key, err);
	return st || r->kind != TRANSACT_UPDATE || !r->update ? st : expr_check_update(r->update, s, err);
}

static enum status check_repeats(const struct transact *t, struct err *err)
{
	struct item_ref refs[OP_TRANSACT_MAX];
	for (size_t i = 0; i < t->n; i++)
		refs[i] = (struct item_ref){t->actions[i].ctx.t, t->actions[i].key};
	if (!refs_repeat(refs, t->n))
		return ST_OK;
	return err_set(err, ST_VALIDATION, "Transaction request cannot include multiple operations on one item");
}

static enum status too_long(const char *what, int max, struct err *err)
{
	return err_set(err, ST_VALIDATION,
		"1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or "
		"equal "
		"to %d",
		what, max);
}

/** What is asked, as bytes: the same for the same request, however its JSON is spelled. */
static void describe(const struct transact_request *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct transact_action *a = &r->actions[i];
		buf_add_byte(out, (uint8_t)a->kind);
		buf_add_varint(out, a->table->id);
		bytes_put(out, a->kind == TRANSACT_PUT ? a->item : a->key.pk);
		bytes_put(out, a->kind == TRANSACT_PUT ? slice_of(NULL, 0) : a->key.sk);
		buf_add_byte(out, (uint8_t)((a->update ? 1 : 0) | (a->condition ? 2 : 0)));
		if (a->update)
			expr_encode(a->update, out);
		if (a->condition)
			expr_encode(a->condition, out);
	}
}

static enum status set_token(struct transact *t, const struct transact_request *r, struct err *err)
{
	struct buf request = BUF_INIT;
	t->has_token = r->token.len > 0;
	if (r->token.len > OP_TOKEN_MAX)
		return too_long("clientRequestToken", OP_TOKEN_MAX, err);
	if (t->has_token) {
		describe(r, &request);
		token_make(t->e, r->token, buf_slice(&request), &t->token);
		buf_finish(&request);
	}
	return ST_OK;
}

static void give_results(const struct transact *t, enum status st, struct transact_result *result)
{
	result->repeated = st == ST_OK && t->repeated;
	for (size_t i = 0; i < t->n && st == ST_CANCELED; i++) {
		const struct action *a = &t->actions[i];
		if (result->reasons)
			result->reasons[i] = a->reason;
		if (a->r->failed && a->reason.code == ST_CONDITION)
			buf_add_slice(a->r->failed, buf_slice(&a->check.kept));
	}
}

/** What is wrong with an action in the eyes of its table cancels the transaction, as a condition that fails does. */
static enum status init_all(struct transact *t, const struct caller *c, const struct transact_request *r, struct err *err)
{
	bool cancel = false;
	for (; t->n < r->n; t->n++) {
		struct err why = {0};
		const struct transact_action *a = &r->actions[t->n];
		if (a->kind == TRANSACT_CHECK && !a->condition)
			return err_set(err, ST_VALIDATION, "Invalid ConditionExpression: The expression can not be empty;");
		enum status st = action_init(&t->actions[t->n], t, c, a, &why);
		if (st && !cancels(st)) {
			t->n++;
			return err_set(err, st, "%s", why.text);
		}
		t->actions[t->n].reason = why;
		cancel |= st != ST_OK;
	}
	return cancel ? canceled(t, err) : ST_OK;
}

enum status op_transact_write(
	struct engine *e, const struct caller *c, const struct transact_request *r, struct transact_result *result, struct err *err)
{
	if (r->n > OP_TRANSACT_MAX)
		return too_long("transactItems", OP_TRANSACT_MAX, err);
	struct transact t = {.e = e, .actions = xcalloc(r->n, sizeof *t.actions), .usage = {.by = c, .transactional = true}};
	enum status st = init_all(&t, c, r, err);
	if (!st)
		st = check_repeats(&t, err);
	if (!st)
		st = set_token(&t, r, err);
	if (!st)
		st = usage_write(&t.usage, e, transact_in_txn, &t, row_commit(r->mode), err);
	usage_give(&t.usage, r->consumed);
	give_results(&t, st, result);
	for (size_t i = 0; i < t.n; i++) {
		put_plan_finish(&t.actions[i].plan);
		buf_finish(&t.actions[i].check.kept);
		change_old_finish(&t.actions[i].old);
	}
	free(t.actions);
	return st;
}
