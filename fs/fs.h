/**
 * The database as directories: mounts an open engine through libfuse, serves requests, unmounts.
 *
 *   struct fs_options o = {.mountpoint = "/mnt/db", .fsname = "/var/lib/db"};
 *   st = fs_mount(engine, &o, &fs, &err);     the mount exists: requests queue up in the kernel
 *   ... tell the parent process that all is ready ...
 *   code = fs_loop(fs);                       serves them until the mount goes away
 *   fs_unmount(fs);                           then engine_close()
 *
 * The engine must outlive the fs, and be opened after the last fork of the process. One fs per engine: it takes one of the engine's
 * change listeners for good. No signal handlers are installed: the program waits for signals in a thread of its own and calls fs_stop().
 * Locks: fs/README.md.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include "engine/engine.h"

struct fs;

struct fs_options {
	const char *mountpoint;
	const char *fsname; /* first column of mount(8); NULL: the engine's path */
	bool allow_other;   /* users other than the one who mounts; modes are checked by the kernel in any case */
	bool read_only;     /* every change answers ST_READ_ONLY */
	bool debug;         /* libfuse prints each request to standard error */
	uint64_t nodes_max; /* inodes that the kernel may keep; 0: FS_NODES_MAX. Past it the oldest are given back. */
	unsigned threads;   /* at most, that serve requests, besides those that wait for capacity; 0: FS_THREADS */
	const char *extra;  /* further -o options for libfuse, comma-separated; NULL: none */
};

#define FS_NODES_MAX 262144
#define FS_THREADS 10

/**
 * Starts a session and mounts it. Options are borrowed for the call.
 * Errors: ST_IO (the mount point cannot be used; the text says why), ST_USAGE (libfuse does not know an option in `extra`).
 */
MUST_CHECK enum status fs_mount(struct engine *e, const struct fs_options *o, struct fs **ret, struct err *err);

/** Where else the engine can be reached ("http://127.0.0.1:8000"): .status shows it. Copied. Before fs_loop(). */
void fs_set_listening(struct fs *fs, const char *url);

/** Serves requests until the file system is unmounted or fs_stop() is called. 0, or an errno. Call once. */
int fs_loop(struct fs *fs);

/** Ends fs_loop(), also while it is idle: the mount point is detached and no new request is taken. From any thread, not a signal handler. */
void fs_stop(struct fs *fs);

/** After fs_loop(): unmounts (lazily while busy) and frees. What was staged and never became a whole document is gone. NULL is fine. */
void fs_unmount(struct fs *fs);

#endif
