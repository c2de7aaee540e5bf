#include "engine/op/statement.h"

#include "engine/table/arn.h"

void statement_page_finish(struct statement_page *p)
{
	buf_finish(&p->last_key);
	buf_finish(&p->next_token);
}

/* Reading a statement and opening its table */

/** Also what the faces may write out as it is. */
static bool can_be_table(struct slice name)
{
	bool good = name.len <= LIMIT_TABLE_NAME_MAX;
	for (size_t i = 0; i < name.len && good; i++) {
		uint8_t c = name.ptr[i], letter = c | 0x20;
		good = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
	}
	return good;
}

enum status prepare(struct engine *e, const struct statement *s, struct prepared *x, struct err *err)
{
	x->s = s;
	enum status st = partiql_parse(s->text, s->parameters, s->parameter_count, &x->p, err);
	if (st)
		return st;
	struct slice name = x->p->table;
	if (arn_is(name))
		st = arn_table_name(e, name, &name, err);
	if (st)
		return st;
	if (!can_be_table(name))
		return err_set(err, ST_NO_TABLE, "Requested resource not found");
	memcpy(x->table_name, name.ptr, name.len);
	st = table_open(e, x->table_name, &x->t, err);
	return st == ST_NO_TABLE ? err_set(err, ST_NO_TABLE, "Requested resource not found") : st;
}

void prepared_finish(struct prepared *x)
{
	partiql_free(x->p);
	table_unref(x->t);
}

enum status prepared_key(const struct prepared *x, struct key *ret, struct err *err)
{
	enum status st;
	if (partiql_key(x->p, &x->t->schema, ret, &st, err) || st)
		return st;
	return err_set(err, ST_VALIDATION, "Where clause does not contain a mandatory equality on all key attributes");
}

void prepared_pick(const struct prepared *x, struct slice item, struct buf *out)
{
	if (!item.len || (x->p->where && !expr_test(x->p->where, item)))
		return;
	if (x->p->columns)
		partiql_columns(x->p, item, out);
	else
		buf_add_slice(out, item);
}

/* Writes */

struct write {
	struct engine *e;
	const struct caller *c;
	const struct prepared *x;
	enum commit_mode mode;
	struct consumed_list *consumed;
	struct buf *out;
};

static enum status insert(const struct write *w, struct err *err)
{
	struct put_request r = {.table = w->x->t,
		.item = w->x->p->item,
		.cond = {.kind = COND_ABSENT},
		.returns = {.failed = w->x->s->failed, .consumed = w->consumed},
		.mode = w->mode};
	enum status st = op_put(w->e, w->c, &r, NULL, err);
	return st == ST_EXISTS ? err_code(err, ST_DUPLICATE_ITEM) : st;
}

static enum update_return update_return(enum partiql_returning returning)
{
	switch (returning) {
	case RETURNING_ALL_OLD:
		return UPDATE_ALL_OLD;
	case RETURNING_MODIFIED_OLD:
		return UPDATE_UPDATED_OLD;
	case RETURNING_ALL_NEW:
		return UPDATE_ALL_NEW;
	case RETURNING_MODIFIED_NEW:
		return UPDATE_UPDATED_NEW;
	case RETURNING_NOTHING:
		break;
	}
	return UPDATE_NONE;
}

/** The WHERE is the condition: its equalities on the key are false of an item that is not there, so that UPDATE makes none. */
static enum status update(const struct write *w, struct err *err)
{
	struct update_request r = {.table = w->x->t,
		.update = w->x->p->update,
		.condition = w->x->p->where,
		.return_values = update_return(w->x->p->returning),
		.attributes = w->out,
		.returns = {.failed = w->x->s->failed, .consumed = w->consumed},
		.mode = w->mode};
	enum status st = prepared_key(w->x, &r.key, err);
	return st ? st : op_update(w->e, w->c, &r, NULL, err);
}

static enum status remove_item(const struct write *w, struct err *err)
{
	struct delete_request r = {
		.table = w->x->t, .returns = {.failed = w->x->s->failed, .consumed = w->consumed}, .mode = w->mode};
	enum status st = prepared_key(w->x, &r.key, err);
	if (st)
		return st;
	if (w->x->p->returning == RETURNING_ALL_OLD)
		r.returns.old = w->out;
	partiql_pass_absent(w->x->p, &w->x->t->schema);
	r.condition = w->x->p->where;
	return op_delete(w->e, w->c, &r, err);
}

enum status statement_write(struct engine *e, const struct caller *c, const struct prepared *x, enum commit_mode mode,
	struct consumed_list *consumed, struct buf *out, struct err *err)
{
	struct write w = {e, c, x, mode, consumed, out};
	switch (x->p->kind) {
	case PARTIQL_INSERT:
		return insert(&w, err);
	case PARTIQL_UPDATE:
		return update(&w, err);
	case PARTIQL_DELETE:
		return remove_item(&w, err);
	default:
		return err_set(err, ST_VALIDATION, "EXISTS clause is only supported in transactions");
	}
}

/* ExecuteStatement */

static enum status write_one(struct engine *e, const struct caller *c, const struct prepared *x, const struct statement_request *r,
	statement_row_fn *fn, void *arg, struct err *err)
{
	struct buf out = BUF_INIT;
	enum status st = statement_write(e, c, x, r->mode, r->consumed, &out, err);
	if (!st && out.len && item_value(buf_slice(&out)).count > 0)
		(void)fn(ST_OK, buf_slice(&out), arg);
	buf_finish(&out);
	return st;
}

enum status op_statement(struct engine *e, const struct caller *c, const struct statement_request *r, statement_row_fn *fn,
	void *arg, struct statement_page *page, struct err *err)
{
	struct prepared x = {0};
	enum status st = prepare(e, &r->statement, &x, err);
	if (!st && x.p->kind == PARTIQL_SELECT)
		st = statement_select(e, c, &x, r, fn, arg, page, err);
	else if (!st)
		st = write_one(e, c, &x, r, fn, arg, err);
	prepared_finish(&x);
	return st;
}
