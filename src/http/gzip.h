/** gzip (RFC 1952) for bodies, with bounds. Locks: none. */
#ifndef SRC_HTTP_GZIP_H
#define SRC_HTTP_GZIP_H

#include "engine/base/buf.h"

/** Whether a value of Accept-Encoding takes gzip: "gzip", "deflate, gzip;q=0.5", "*"; not "gzip;q=0", "identity", NULL. */
bool gzip_is_accepted(const char *accept_encoding);
/** Appends `bytes` as a gzip stream; false (out as it was) when that would not be shorter. */
bool gzip_pack(struct slice bytes, struct buf *out);
/** Appends what the whole gzip stream `bytes` holds. False: damaged, incomplete, or more than `max` bytes (then *too_large). */
bool gzip_unpack(struct slice bytes, size_t max, struct buf *out, bool *too_large);

#endif
