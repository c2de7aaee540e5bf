/** Answers getxattr(2) and listxattr(2). */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include "fs/kind.h"

void xattr_get(struct ask *a, struct node *n, const char *name, size_t size);
void xattr_list(struct ask *a, struct node *n, size_t size);

#endif
