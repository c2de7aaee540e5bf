/** Listings of tables and partitions, row by row into the reply, straight from the engine's cursor; nothing stays open between requests. */
#ifndef FS_LISTING_H
#define FS_LISTING_H

#include "fs/kind.h"

/** The partitions of a table; where it has no sort key each is one item. Cookies come from the partition's hash: good in any descriptor. */
enum status listing_partitions(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply);

/** The items of a partition. Cookies are ordinals of this descriptor. */
enum status listing_items(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply);

#endif
