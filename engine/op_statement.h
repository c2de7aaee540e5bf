/**
 * PartiQL: ExecuteStatement, BatchExecuteStatement, ExecuteTransaction. A statement is parsed into the very expressions and requests that the
 * other operations take, and runs as one of them: a SELECT as a GetItem, Query or Scan, whichever its WHERE allows; an INSERT as a PutItem with the
 * condition that no such item is there; UPDATE and DELETE as UpdateItem and DeleteItem of the one item that their WHERE names.
 *
 * Locks: as in op.h; row functions must not call operations.
 * Source: DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB"; API Reference, ExecuteStatement,
 * BatchExecuteStatement, ExecuteTransaction.
 */
#ifndef ENGINE_OP_STATEMENT_H
#define ENGINE_OP_STATEMENT_H

#include "engine/op_query.h"
#include "engine/op_transact.h"

#define OP_STATEMENT_BATCH_MAX 25 /* BatchExecuteStatement */

struct statement {
	struct slice text;
	const struct value *parameters; /* for the ?s, in order; borrowed */
	size_t parameter_count;
	bool consistent;
	struct buf *failed; /* gets the item that failed the condition; NULL: not wanted */
};

struct statement_request {
	struct statement statement;
	uint32_t limit;          /* items examined; 0: any number */
	struct slice next_token; /* as statement_page.next_token gave it; empty: from the beginning */
	enum commit_mode mode;
	struct consumed_list *consumed; /* or NULL */
};

/** What came of a statement. Zero it before, statement_page_finish() after. */
struct statement_page {
	bool has_last_key; /* LastEvaluatedKey stands in last_key */
	struct buf last_key;
	/** Text without white space; empty: that was all. Valid for the same statement and parameters only, also after a restart. */
	struct buf next_token;
};
void statement_page_finish(struct statement_page *p);

/** One item of the answer: of a SELECT, or what RETURNING asks for. Valid during the call only. */
typedef bool statement_row_fn(enum status status, struct slice item, void *arg);

/**
 * A SELECT whose WHERE names partition keys is a Query of each of them, else a Scan. Of several partition keys a page holds at most 10 items.
 * Errors: ST_VALIDATION ("Statement wasn't well formed, can't be processed: ..."; types; what a WHERE must name; "Invalid NextToken"), ST_NO_TABLE,
 * ST_NO_INDEX, ST_DUPLICATE_ITEM, ST_CONDITION (also an UPDATE of an item that is not there), those of the operation that it becomes.
 */
MUST_CHECK enum status op_statement(struct engine *e, const struct caller *c, const struct statement_request *r,
	statement_row_fn *fn, void *arg, struct statement_page *page, struct err *err);

/**
 * What became of the statement `at`: err->code ST_OK with its item (empty: none), or why it failed. table_name: "" when the statement could not be read, or names what cannot be a table.
 */
typedef void statement_result_fn(size_t at, const char *table_name, const struct err *err, struct slice item, void *arg);

/**
 * All reads or all writes, each on one item named by its whole key; one that fails does not keep the others. fn is called for each, in order.
 * Errors, of the batch as a whole: ST_VALIDATION (none, too many, reads and writes mixed).
 */
MUST_CHECK enum status op_batch_statement(struct engine *e, const struct caller *c, const struct statement *s, size_t n,
	enum commit_mode mode, struct consumed_list *consumed, statement_result_fn *fn, void *arg, struct err *err);

/** "ConditionalCheckFailed", "DuplicateItem", ...: the Code of a failed statement of a batch. */
const char *statement_error_code(enum status st);

struct statement_transaction {
	const struct statement *statements; /* all reads, or all writes and EXISTS conditions */
	size_t n;
	struct slice token; /* ClientRequestToken; empty: none */
	enum commit_mode mode;
	struct consumed_list *consumed;
};
/** All or nothing. result->reasons as in op_transact_write(). fn is called for each statement of a transaction of reads, in order. */
MUST_CHECK enum status op_transact_statement(struct engine *e, const struct caller *c, const struct statement_transaction *r,
	statement_result_fn *fn, void *arg, struct transact_result *result, struct err *err);

#endif
