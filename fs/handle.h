/**
 * Open files. A file that takes a JSON document (an item, a table's definition) stages what is written in memory and commits it when it is
 * whole: the rules stand in fs/README.md, "When a write commits". The kind says what committing means.
 *
 * Locks: handle.lock, held by ops.c around every call of the kind with the handle. Taken first of all.
 */
#ifndef FS_HANDLE_H
#define FS_HANDLE_H

#include "engine/json.h"
#include "fs/kind.h"

struct memo;

struct handle {
	struct node *node; /* held by the kernel for as long as the file is open */
	_Atomic unsigned refs;
	int flags; /* of open(2) */
	bool direct_io, keep_cache, noflush;
	bool exclusive; /* O_EXCL made it: the first commit must find nothing */
	bool counted;   /* among the node's writers */
	bool cached;    /* among its cached_readers */
	struct mutex lock;
	struct memo *memo; /* scratch files: the data */
	struct buf item;   /* the item as it was at `changes`, when that is likely to be wanted next */
	uint64_t changes;
	struct buf text; /* what is staged, or what is being read */
	struct json_scan scan;
	bool loaded;    /* text is what this descriptor sees */
	bool touched;   /* text was changed since */
	bool committed; /* text, but for white space, is what was last committed or loaded */
	enum status failure; /* of the last write or commit, which was told */
	uint64_t version; /* the item must still have it when this descriptor commits; 0: any */
};

struct handle *handle_new(struct node *n, int flags); /* one reference: the kernel's, from open to release */
/**
 * The kernel may release a file as soon as a reply to it has arrived, while the thread that replied still stands in fuse_reply_*(): whoever
 * touches the handle after its reply holds a reference of its own.
 */
void handle_hold(struct handle *h);
void handle_drop(struct handle *h);
/** The file is closed, or was never opened: ends what the handle does to its node, and drops the kernel's reference. */
void handle_close(struct fs *fs, struct handle *h);

/** Counts the handle among its node's writers, if it is one; and no more. */
void handle_count_writer(struct handle *h);
void handle_uncount_writer(struct handle *h);

static inline bool handle_writes(const struct handle *h)
{
	return (h->flags & O_ACCMODE) != O_RDONLY;
}

/** The kind functions of staged documents. */
enum status handle_read(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret);
enum status handle_write(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset);
enum status handle_truncate(struct ask *a, struct handle *h, uint64_t size);
enum status handle_flush(struct ask *a, struct handle *h);

/** At most `size` bytes of `text` from `offset`. */
struct slice handle_part(struct slice text, size_t size, uint64_t offset);

#endif
