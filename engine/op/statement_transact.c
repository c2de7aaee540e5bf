/* ExecuteTransaction: the statements become the actions of a TransactWriteItems, or the requests of a TransactGetItems. */
#include "engine/op/statement.h"

#include <stdlib.h>

struct transact {
	struct engine *e;
	const struct caller *c;
	const struct statement_transaction *r;
	struct prepared *x;
	struct expr **conditions; /* those that were made for INSERTs */
	size_t n;
};

static bool is_read(const struct transact *t)
{
	return t->x[0].p->kind == PARTIQL_SELECT;
}

static enum status check_mixed(const struct transact *t, struct err *err)
{
	for (size_t i = 1; i < t->n; i++)
		if ((t->x[i].p->kind == PARTIQL_SELECT) != is_read(t))
			return err_set(err, ST_VALIDATION,
				"The entire transaction must consist of either read statements or write statements");
	return ST_OK;
}

/* Reads */

struct answers {
	const struct transact *t;
	struct buf *items;
	enum status st;
};

static void take_item(size_t at, const struct list_row *row, void *arg)
{
	struct answers *a = arg;
	if (row->status)
		a->st = row->status;
	else
		prepared_pick(&a->t->x[at], row->item, &a->items[at]);
}

static enum status get_of(const struct transact *t, size_t at, struct get_request *r, struct err *err)
{
	const struct prepared *x = &t->x[at];
	if (x->p->index.len)
		return err_set(err, ST_VALIDATION, "Reads on indices are not supported within transactions.");
	*r = (struct get_request){.table = x->t, .consistent = true, .consumed = t->r->consumed};
	return prepared_key(x, &r->key, err);
}

static enum status read_all(
	const struct transact *t, statement_result_fn *fn, void *arg, struct transact_result *result, struct err *err)
{
	static const struct err none;
	struct get_request *gets = xcalloc(t->n, sizeof *gets);
	struct answers a = {t, xcalloc(t->n, sizeof *a.items), ST_OK};
	enum status st = ST_OK;
	for (size_t i = 0; i < t->n && !st; i++)
		st = get_of(t, i, &gets[i], err);
	if (!st)
		st = op_transact_get(t->e, t->c, gets, t->n, take_item, &a, result, err);
	if (!st && a.st)
		st = err_code(err, a.st);
	for (size_t i = 0; i < t->n; i++) {
		if (!st)
			fn(i, t->x[i].table_name, &none, buf_slice(&a.items[i]), arg);
		buf_finish(&a.items[i]);
	}
	free(a.items);
	free(gets);
	return st;
}

/* Writes */

/** An INSERT wants that there is no such item. */
static enum status put_of(struct transact *t, size_t at, struct transact_action *a, struct err *err)
{
	struct expr_legacy_condition absent = {.name = slice_str(a->table->schema.pk.name), .op = EXPR_NULL};
	a->kind = TRANSACT_PUT;
	a->item = t->x[at].p->item;
	enum status st = expr_from_conditions(EXPR_CONDITION, &absent, 1, false, &t->conditions[at], err);
	a->condition = t->conditions[at];
	return st;
}

static enum status check_of(const struct prepared *x, struct err *err)
{
	if (x->p->index.len)
		return err_set(err, ST_VALIDATION, "Reads on indices are not supported within transactions.");
	return ST_OK;
}

static enum status action_of(struct transact *t, size_t at, struct transact_action *a, struct err *err)
{
	const struct prepared *x = &t->x[at];
	*a = (struct transact_action){.table = x->t, .failed = x->s->failed};
	if (x->p->kind == PARTIQL_INSERT)
		return put_of(t, at, a, err);
	enum status st = x->p->kind == PARTIQL_EXISTS ? check_of(x, err) : ST_OK;
	if (!st)
		st = prepared_key(x, &a->key, err);
	if (st)
		return st;
	if (x->p->kind == PARTIQL_DELETE)
		partiql_pass_absent(x->p, &x->t->schema);
	a->kind = x->p->kind == PARTIQL_UPDATE ? TRANSACT_UPDATE : x->p->kind == PARTIQL_DELETE ? TRANSACT_DELETE : TRANSACT_CHECK;
	a->update = x->p->update;
	a->condition = x->p->where;
	return ST_OK;
}

/** What fails the condition of an INSERT is a duplicate. */
static void name_duplicates(const struct transact *t, struct err *reasons, struct err *err)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < t->n; i++)
		if (t->x[i].p->kind == PARTIQL_INSERT && reasons[i].code == ST_CONDITION)
			(void)err_code(&reasons[i], ST_DUPLICATE_ITEM);
	transact_reasons_print(reasons, t->n, &text);
	(void)err_set(err, ST_CANCELED, "%s", buf_str(&text));
	buf_finish(&text);
}

static enum status write_all(struct transact *t, struct transact_result *result, struct err *err)
{
	struct transact_action *actions = xcalloc(t->n, sizeof *actions);
	struct transact_result own = {.reasons = xcalloc(t->n, sizeof *own.reasons)};
	struct transact_request r = {
		.actions = actions, .n = t->n, .token = t->r->token, .mode = t->r->mode, .consumed = t->r->consumed};
	enum status st = ST_OK;
	for (size_t i = 0; i < t->n && !st; i++)
		st = action_of(t, i, &actions[i], err);
	if (!st)
		st = op_transact_write(t->e, t->c, &r, &own, err);
	if (st == ST_CANCELED)
		name_duplicates(t, own.reasons, err);
	result->repeated = own.repeated;
	if (st == ST_CANCELED && result->reasons)
		memcpy(result->reasons, own.reasons, t->n * sizeof *own.reasons);
	free(own.reasons);
	free(actions);
	return st;
}

static enum status check_count(size_t n, struct err *err)
{
	if (n > 0 && n <= OP_TRANSACT_MAX)
		return ST_OK;
	return err_set(err, ST_VALIDATION,
		"1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: Member must have length "
		"%s "
		"than or equal to %d",
		n ? "less" : "greater", n ? OP_TRANSACT_MAX : 1);
}

enum status op_transact_statement(struct engine *e, const struct caller *c, const struct statement_transaction *r,
	statement_result_fn *fn, void *arg, struct transact_result *result, struct err *err)
{
	enum status st = check_count(r->n, err);
	if (st)
		return st;
	struct transact t = {.e = e, .c = c, .r = r};
	t.x = xcalloc(r->n, sizeof *t.x);
	t.conditions = xcalloc(r->n, sizeof(struct expr *));
	for (; t.n < r->n && !st; t.n++)
		st = prepare(e, &r->statements[t.n], &t.x[t.n], err);
	if (!st)
		st = check_mixed(&t, err);
	if (!st)
		st = is_read(&t) ? read_all(&t, fn, arg, result, err) : write_all(&t, result, err);
	for (size_t i = 0; i < t.n; i++) {
		prepared_finish(&t.x[i]);
		expr_free(t.conditions[i]);
	}
	free(t.conditions);
	free(t.x);
	return st;
}
