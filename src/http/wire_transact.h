/** What TransactWriteItems, TransactGetItems and ExecuteTransaction share: why a transaction was canceled. */
#ifndef SRC_HTTP_WIRE_TRANSACT_H
#define SRC_HTTP_WIRE_TRANSACT_H

#include "engine/op_transact.h"
#include "src/http/wire.h"

/** CancellationReasons, into the error's members, and the message. `items[i]`: the item that failed a condition, or empty; NULL: none has. Returns ST_CANCELED. */
enum status wire_canceled(struct wire *w, const struct err *reasons, const struct buf *const *items, size_t n);

/** Takes the failure in `err` for the action's own, if it is one that cancels a transaction: ST_OK then. */
enum status wire_reason(struct wire *w, enum status st, struct err *reason);

#endif
