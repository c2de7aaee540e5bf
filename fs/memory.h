/**
 * What exists in memory only: scratch files, items that were touched but have no document yet, partitions without items, tables without a
 * definition. A memo belongs to one node, which it pins, and is forgotten after a time of idleness.
 *
 * Locks: memory.lock inside, for the list and every field of a memo that is not marked otherwise; memo->lock for its data. Order:
 * memo->lock, memory.lock, nodes.lock.
 */
#ifndef FS_MEMORY_H
#define FS_MEMORY_H

#include <time.h>

#include "engine/base/buf.h"
#include "engine/base/thread.h"
#include "engine/caller.h"
#include "engine/status.h"

#include <sys/stat.h>

struct fs;
struct node;

enum memo_kind { MEMO_SCRATCH, MEMO_ITEM, MEMO_PARTITION, MEMO_TABLE, MEMO_KINDS };

#define MEMORY_BYTES_MAX (256u << 20)
#define MEMO_BYTES 512 /* what one counts for besides its data */

struct memo {
	struct memo *next, *before;
	struct node *node; /* NULL once forgotten */
	enum memo_kind kind;
	bool hidden; /* a partition that lost its last item: still there for rmdir, not listed */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	unsigned refs;
	unsigned handles; /* open ones: not idle */
	uint64_t used_ns; /* monotonic */
	uint64_t made_ns;
	_Atomic uint64_t modified_ns; /* this one and `size` are read without the lock */
	bool modified_given; /* by utimensat(2) */
	_Atomic bool put;    /* a scratch file that became an item: descriptors that are still open write nowhere */
	_Atomic size_t size; /* bytes counted for the data */
	struct mutex lock;
	struct buf data GUARDED_BY(lock);
};

struct memory {
	struct mutex lock;
	struct memo *list GUARDED_BY(lock);
	size_t bytes GUARDED_BY(lock);
	_Atomic size_t counts[MEMO_KINDS]; /* to skip searches when there is none */
};

void memory_init(struct memory *m);
void memory_finish(struct memory *m);

/** Makes the node's memo and a reference to it. Errors: ST_LIMIT. Where there is one already, that one. */
MUST_CHECK enum status memo_make(struct fs *fs, struct node *n, enum memo_kind kind, const struct caller *c, mode_t mode,
	struct memo **ret, struct err *err);
/** A reference to the node's memo, or NULL. Counts as use. */
struct memo *memo_get(struct fs *fs, struct node *n);
void memo_put(struct fs *fs, struct memo *memo); /* NULL is fine */
/** An open handle keeps it from being idle; memo_closed() ends that and gives up the reference. */
void memo_opened(struct fs *fs, struct memo *memo);
void memo_closed(struct fs *fs, struct memo *memo); /* NULL is fine */
/** The node has no memo from now on; open handles keep theirs. */
void memo_forget(struct fs *fs, struct node *n);

/** The child of `dir` that is of the kind, named so and remembered: pinned, else NULL. */
struct kind;
struct node *memo_find(struct fs *fs, struct node *dir, enum memo_kind which, const struct kind *kind, struct slice bytes);

/** Calls fn for each memo of the kind whose node is right below `dir`, from the `skip`th on, until it returns false. Under memory.lock. */
typedef bool memo_fn(struct memo *memo, size_t ordinal, void *arg);
void memory_each(struct fs *fs, const struct node *dir, enum memo_kind kind, size_t skip, memo_fn *fn, void *arg);

/** Accounts for the data's new size. Errors: ST_LIMIT when there would be too much. */
MUST_CHECK enum status memo_resize(struct fs *fs, struct memo *memo, size_t size, struct err *err);

/** Forgets what was idle too long. Returns up to n nodes that were forgotten, pinned: their names must be taken from the kernel. */
size_t memory_expire(struct fs *fs, struct node **ret, size_t n);

#endif
