/** What TransactWriteItems, TransactGetItems and ExecuteTransaction share: why a transaction was canceled. */
#ifndef SRC_HTTP_WIRE_TRANSACT_H
#define SRC_HTTP_WIRE_TRANSACT_H

#include "engine/op_transact.h"
#include "src/http/wire.h"

/**
 * The request of a transaction, and its constraints noted: *rest its TransactItems (json_next()), *ret_n of them. More than there may be: none, and that is
 * noted too, so that wire_violations() refuses. Errors: ST_SYNTAX.
 */
MUST_CHECK enum status wire_transact_items(
	struct wire *w, const struct wire_shape *shape, struct wire_request *r, struct slice *rest, size_t *ret_n);

/** CancellationReasons, into the error's members, and the message. `items[i]`: the item that failed a condition, or empty; NULL: none has. Returns ST_CANCELED. */
enum status wire_canceled(struct wire *w, const struct err *reasons, const struct buf *const *items, size_t n);

/** Takes the failure in `err` for the action's own, if it is one that cancels a transaction: ST_OK then. */
enum status wire_reason(struct wire *w, enum status st, struct err *reason);

#endif
