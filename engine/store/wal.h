/**
 * STORE/wal: the write-ahead log. It holds the changes of the commits that the last checkpoint does not hold, so that a commit is durable
 * after one append and one fdatasync. Rows go in as they lie in data.mdb, enciphered and sealed.
 *
 *   wal_add()     under the store's commit_lock: a commit's changes, into memory
 *   wal_flush()   one at a time: everything added so far becomes one frame, written and synced
 *   wal_mark()    under commit_lock: a checkpoint begins, what comes after goes with it; wal_marked(): it is on disk, or failed
 *
 * The file is allocated at open and used in the round, so that a sync writes data and no metadata. Frames begin at multiples of 4096: none
 * shares a sector with one that is on disk already. When there is no room, or writing fails, the log is off: commits are then made
 * durable by checkpoints alone, the next of which turns it on again. A frame never follows commits that are not in the log.
 *
 * Format: README.md. Locks: `lock` is taken after commit_lock and before nothing.
 */
#ifndef ENGINE_STORE_WAL_H
#define ENGINE_STORE_WAL_H

#include "engine/base/buf.h"
#include "engine/base/thread.h"
#include "engine/status.h"

#define WAL_ID_SIZE 16

/** Where what a checkpoint does not hold begins; kept in STORE/checkpoint. */
struct wal_base {
	uint8_t id[WAL_ID_SIZE]; /* of the log: drawn at each open; zero when there is none */
	uint64_t at;             /* offset of the first frame in the file */
	uint64_t sequence;       /* its number */
	uint64_t commit;         /* the last commit that the checkpoint holds */
};

enum wal_state {
	WAL_OFF,      /* commits are not logged */
	WAL_RESUMING, /* logged since the checkpoint under way began, which must be on disk first */
	WAL_ON
};

struct wal {
	int fd;
	uint64_t size;
	_Atomic enum wal_state state;
	struct mutex lock;    /* guards all below but `frame` */
	struct buf pending;   /* commits that are in no frame yet, behind room for the frame's header */
	uint64_t pending_to;  /* the last commit that was added */
	uint8_t id[WAL_ID_SIZE];
	uint64_t head, tail;  /* offsets that go on growing: the next frame; the base of the checkpoint on disk */
	uint64_t mark;        /* the base of the checkpoint under way */
	uint64_t sequence;    /* of the next frame */
	struct buf frame;     /* whoever flushes has it, */
	uint64_t written;     /* and this: blocks of the file up to here have been written once */
};

/** Opens or makes the file, without allocating it. With read_only a missing one is fine. */
MUST_CHECK enum status wal_open(struct wal *w, const char *store, bool read_only, struct err *err);
/** Begins a new, empty log in it, off until the first checkpoint. Without room for one it stays off. At most so large. */
void wal_start(struct wal *w, uint64_t size_most);
/** `clean`: nothing in it is needed any more; gives its blocks back. */
void wal_close(struct wal *w, bool clean);

/** Appends the commits after `base` that the file holds to `commits`: up to the first frame that is not whole. */
MUST_CHECK enum status wal_read(struct wal *w, const struct wal_base *base, struct buf *commits, struct err *err);

/** A commit inside what wal_read() gives. False at the end, or when it is no commit. */
struct wal_commit {
	uint64_t number;
	struct slice changes;
};
bool wal_next_commit(struct slice *rest, struct wal_commit *ret);

void wal_add(struct wal *w, uint64_t commit, struct slice changes);
void wal_mark(struct wal *w, uint64_t commit, struct wal_base *ret);
void wal_marked(struct wal *w, bool on_disk);

/** What wal_flush() came to. */
enum wal_flushed {
	WAL_FLUSHED, /* *to: all commits up to this one are on disk */
	WAL_IS_OFF,
	WAL_LOST /* the sync failed */
};
enum wal_flushed wal_flush(struct wal *w, uint64_t *to);
/** Until the next checkpoint. */
void wal_turn_off(struct wal *w);

static inline bool wal_on(const struct wal *w)
{
	return w->state == WAL_ON;
}

/** Whether it is so full that a checkpoint should make room. */
bool wal_filling(struct wal *w);

#endif
