/** What Query and Scan share. */
#ifndef SRC_HTTP_WIRE_PAGE_H
#define SRC_HTTP_WIRE_PAGE_H

#include "engine/op_query.h"
#include "src/http/wire.h"

#define WIRE_PAGE_MEMBERS \
	(WIRE_BIT(TABLE_NAME) | WIRE_BIT(INDEX_NAME) | WIRE_BIT(SELECT) | WIRE_BIT(ATTRIBUTES_TO_GET) | WIRE_BIT(LIMIT) | \
		WIRE_BIT(CONSISTENT_READ) | WIRE_BIT(CONDITIONAL_OPERATOR) | WIRE_BIT(START_KEY) | WIRE_BIT(RETURN_CONSUMED_CAPACITY) | \
		WIRE_BIT(PROJECTION_EXPRESSION) | WIRE_BIT(FILTER_EXPRESSION) | WIRE_BIT(NAMES) | WIRE_BIT(VALUES))

/** Select beside the other parameters. */
MUST_CHECK enum status wire_check_select(struct wire *w, const struct wire_request *r);
MUST_CHECK enum status wire_check_start_key(struct wire *w, const struct wire_request *r);

/** Everything but what Query and Scan have of their own. */
MUST_CHECK enum status wire_page_request(
	struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs, struct page_request *ret);

/** The rows of a page on their way into the reply. */
struct wire_rows {
	struct buf *out;
	bool count_only, any;
	enum status status; /* of the first row that cannot be read */
};
void wire_rows_begin(struct wire *w, const struct page_request *page, struct wire_rows *ret);
bool wire_row(const struct list_row *row, void *arg); /* a list_fn; arg is struct wire_rows */
MUST_CHECK enum status wire_rows_end(
	struct wire *w, const struct wire_request *r, const struct wire_rows *rows, const struct page *page);

#endif
