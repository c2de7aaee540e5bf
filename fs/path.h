/** Where a node is: its name, its path, its key. */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "engine/key.h"
#include "fs/node.h"

/** Appends the node's file name. */
void path_add_name(struct buf *out, const struct node *n);

/** Appends its path from the root of the mount ("/"), and of `name` in it where that is not NULL; printable. */
void path_add(struct buf *out, const struct node *n, const char *name);

/** The key of an item node; borrowed from the nodes. For a partition: its partition key, and an empty sort key. */
struct key path_key(const struct node *n);

#endif
