/**
 * Places in a listing whose order has no numbers of its own: entries get ordinals (1, 2, ...) as they are handed out, and an ordinal leads back to
 * the key after which the listing goes on. Exact for the last DIRCOOKIE_RECENT entries; older ordinals lead to an entry some way
 * before, from which the caller counts forward. Memory stays bounded however long the listing is.
 * Locks: none; the open directory's lock guards it.
 */
#ifndef FS_DIRCOOKIE_H
#define FS_DIRCOOKIE_H

#include "engine/base/buf.h"

#define DIRCOOKIE_RECENT 8192
#define DIRCOOKIE_MARKS 1024

struct dirplace {
	uint64_t ordinal; /* 0: unused */
	struct buf key;
};
struct dircookie {               /* zeroed is ready */
	struct dirplace *recent; /* by ordinal modulo size */
	size_t size;
	struct dirplace *marks; /* every stride-th, ascending */
	size_t mark_count;
	uint64_t stride;
};

void dircookie_finish(struct dircookie *c);
/** The entry with this ordinal has this key. */
void dircookie_note(struct dircookie *c, uint64_t ordinal, struct slice key);
/** The nearest known ordinal at or before `ordinal` and its key (borrowed); 0 and empty: the start. */
uint64_t dircookie_find(const struct dircookie *c, uint64_t ordinal, struct slice *key);

#endif
