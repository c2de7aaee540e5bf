/** What the three operations on PartiQL statements share: a statement as requests have it. */
#ifndef SRC_HTTP_WIRE_STATEMENT_H
#define SRC_HTTP_WIRE_STATEMENT_H

#include "engine/op_statement.h"
#include "src/http/wire.h"

#define WIRE_STATEMENT_MEMBERS (WIRE_BIT(STATEMENT) | WIRE_BIT(PARAMETERS) | WIRE_BIT(RETURN_VALUES_ON_FAILURE))

struct wire_statement {
	struct wire_request r;
	struct statement statement;
	struct buf *failed; /* as in `statement` */
	const struct err *fault; /* of a parameter */
};

/** From ret->r, which was read. Errors: ST_SYNTAX. */
MUST_CHECK enum status wire_statement(struct wire *w, struct wire_statement *ret);

/**
 * The statements of a list, each read and constrained, in wire_alloc(): *ret_n of them. `of`: the class of its elements. Nothing is read of a list
 * of more than `max`, which breaks a constraint anyway. Errors: ST_SYNTAX.
 */
MUST_CHECK enum status wire_statements(struct wire *w, const struct wire_request *r, enum wire_member list, const struct wire_shape *shape,
	const char *of, size_t max, struct wire_statement **ret, size_t *ret_n);

/** The parameters' faults, then the statements in a row. */
MUST_CHECK enum status wire_statements_check(struct wire *w, const struct wire_statement *all, size_t n, struct statement **ret);

#endif
