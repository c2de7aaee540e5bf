/** A PartiQL statement that was read and whose table is open: what a single one, a batch and a transaction begin with. */
#ifndef ENGINE_OP_STATEMENT_PRIVATE_H
#define ENGINE_OP_STATEMENT_PRIVATE_H

#include "engine/expr/partiql.h"
#include "engine/op/row.h"
#include "engine/op_statement.h"

struct prepared {
	const struct statement *s;
	struct partiql *p;
	struct table *t;
	char table_name[LIMIT_TABLE_NAME_MAX + 1]; /* "" until the statement was read */
};
/** Zero it before; prepared_finish() also after failure. */
enum status prepare(struct engine *e, const struct statement *s, struct prepared *x, struct err *err);
void prepared_finish(struct prepared *x);

/** The one item that an UPDATE or DELETE is about. Borrowed from the statement. */
enum status prepared_key(const struct prepared *x, struct key *ret, struct err *err);

/** What of the item a SELECT of one item answers: appends nothing where the WHERE is not true of it. */
void prepared_pick(const struct prepared *x, struct slice item, struct buf *out);

/** An INSERT, UPDATE or DELETE, carried out. `out` gets what RETURNING asks for; nothing when there is no such item. */
enum status statement_write(struct engine *e, const struct caller *c, const struct prepared *x, enum commit_mode mode,
	struct consumed_list *consumed, struct buf *out, struct err *err);

/** statement_select.c */
enum status statement_select(struct engine *e, const struct caller *c, const struct prepared *x, const struct statement_request *r,
	statement_row_fn *fn, void *arg, struct statement_page *page, struct err *err);

/**
 * statement_token.c: NextToken. Base64 of: keyed hash of statement and parameters 16 || keyed hash of what precedes and follows 16 || number of the
 * partition key among those that the statement names, varint || LastEvaluatedKey, as an item (nothing: from the beginning).
 */
void statement_token_write(
	const struct engine *e, const struct statement *s, size_t at, struct slice last_key, struct buf *out);
/** Appends the key to `last_key`. ST_VALIDATION: not ours, damaged, or of another statement. */
enum status statement_token_read(const struct engine *e, const struct statement *s, struct slice token, size_t *ret_at,
	struct buf *last_key, struct err *err);

#endif
