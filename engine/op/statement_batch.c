/* BatchExecuteStatement: each statement on its own; one commit to disk for all writes. */
#include "engine/op/statement.h"

#include <stdlib.h>

const char *statement_error_code(enum status st)
{
	switch (st) {
	case ST_CONDITION:
	case ST_EXISTS:
	case ST_VERSION:
		return "ConditionalCheckFailed";
	case ST_DUPLICATE_ITEM:
		return "DuplicateItem";
	case ST_NO_TABLE:
	case ST_NOT_FOUND:
		return "ResourceNotFound";
	case ST_CONFLICT:
		return "TransactionConflict";
	case ST_THROTTLED:
		return "ProvisionedThroughputExceeded";
	case ST_REQUEST_RATE:
		return "ThrottlingError";
	case ST_COLLECTION_FULL:
		return "ItemCollectionSizeLimitExceeded";
	case ST_DENIED:
		return "AccessDenied";
	default:
		return status_info(st)->http_status >= 500 ? "InternalServerError" : "ValidationError";
	}
}

struct entry {
	struct prepared x;
	struct err err;
};

struct batch {
	struct engine *e;
	const struct caller *c;
	struct entry *entries;
	size_t n;
	struct consumed_list *consumed;
};

static bool was_read(const struct entry *en)
{
	return en->x.p != NULL;
}

static enum status check_mixed(const struct batch *b, bool *ret_writes, struct err *err)
{
	bool reads = false, writes = false;
	for (size_t i = 0; i < b->n; i++) {
		if (was_read(&b->entries[i]))
			*(b->entries[i].x.p->kind == PARTIQL_SELECT ? &reads : &writes) = true;
	}
	*ret_writes = writes;
	if (!reads || !writes)
		return ST_OK;
	return err_set(err, ST_VALIDATION, "The entire batch must consist of either read statements or write statements");
}

static enum status read_one(const struct batch *b, struct prepared *x, struct buf *out, struct err *err)
{
	struct get_request r = {.table = x->t, .consistent = x->s->consistent, .consumed = b->consumed};
	struct buf item = BUF_INIT;
	enum status st = ST_OK;
	bool named = !x->p->index.len && partiql_key(x->p, &x->t->schema, &r.key, &st, err);
	if (!named && !st)
		st = err_set(err, ST_VALIDATION,
			"Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
	if (!st)
		st = op_get_item(b->e, b->c, &r, NULL, &item, err);
	if (!st)
		prepared_pick(x, buf_slice(&item), out);
	buf_finish(&item);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void run_one(const struct batch *b, size_t at, statement_result_fn *fn, void *arg)
{
	struct entry *en = &b->entries[at];
	struct buf out = BUF_INIT;
	enum status st = en->err.code;
	if (!st && en->x.p->kind == PARTIQL_SELECT)
		st = read_one(b, &en->x, &out, &en->err);
	else if (!st)
		st = statement_write(b->e, b->c, &en->x, COMMIT_VISIBLE, b->consumed, &out, &en->err);
	if (!st) /* what an operation that succeeded left there is no failure */
		err_clear(&en->err);
	fn(at, en->x.table_name, &en->err, buf_slice(&out), arg);
	buf_finish(&out);
}

static enum status check_count(size_t n, struct err *err)
{
	if (n > 0 && n <= OP_STATEMENT_BATCH_MAX)
		return ST_OK;
	return err_set(err, ST_VALIDATION,
		"1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length %s than "
		"or "
		"equal to %d",
		n ? "less" : "greater", n ? OP_STATEMENT_BATCH_MAX : 1);
}

enum status op_batch_statement(struct engine *e, const struct caller *c, const struct statement *s, size_t n, enum commit_mode mode,
	struct consumed_list *consumed, statement_result_fn *fn, void *arg, struct err *err)
{
	bool writes = false;
	enum status st = check_count(n, err);
	if (st)
		return st;
	struct batch b = {e, c, xcalloc(n, sizeof *b.entries), n, consumed};
	for (size_t i = 0; i < n; i++)
		(void)!prepare(e, &s[i], &b.entries[i].x, &b.entries[i].err);
	st = check_mixed(&b, &writes, err);
	for (size_t i = 0; i < n && !st; i++)
		run_one(&b, i, fn, arg);
	if (!st && writes && mode == COMMIT_DURABLE)
		st = op_sync(e, err);
	for (size_t i = 0; i < n; i++)
		prepared_finish(&b.entries[i].x);
	free(b.entries);
	return st;
}
