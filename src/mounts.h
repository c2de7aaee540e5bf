/** The itemfs mounts of this machine, as /proc/self/mounts tells them, and how to end one. */
#ifndef SRC_MOUNTS_H
#define SRC_MOUNTS_H

#include "engine/base/buf.h"
#include "engine/status.h"

/** Calls fn for each itemfs mount until it returns false. The texts are borrowed for the call. */
typedef bool mounts_fn(const char *source, const char *dir, void *arg);
void mounts_each(mounts_fn *fn, void *arg);

/** The mount at the directory `dir`, or the one that shows the store `source`. Caller frees the other end's name; NULL: there is none. */
char *mounts_source_at(const char *dir);
char *mounts_dir_of(const char *source);
/** The mount that holds `path`: its directory; caller frees it. */
char *mounts_dir_holding(const char *path);

/** Its server is gone: nobody answers. */
bool mounts_is_dead(const char *dir);

/** Reads a small file at the top of a mount whole (".status", ".errors"). Errors: ST_IO. */
MUST_CHECK enum status mounts_read(const char *dir, const char *name, struct buf *out, struct err *err);

/** The process that serves the mount, as its .status says; 0 when it does not. */
int mounts_server(const char *dir);

/** umount(2) as root, fusermount3 for everybody else. lazy: detach at once, end when nobody uses it any more. Errors: ST_IO, with the reason. */
MUST_CHECK enum status mounts_detach(const char *dir, bool lazy, struct err *err);

#endif
