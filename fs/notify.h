/**
 * Tells the kernel to forget what it has cached when something changed that did not come through that very path: another face of the
 * engine, or the other spelling of an item (.typed). Also gives nodes back when there are too many, and forgets idle memory.
 *
 * Threads of their own do it, because a notification may wait for an inode that a request in progress holds: handlers only post. No handler waits
 * for these threads; who changed something through another face does, so that it is never told of a change before the kernel is. Each table has
 * its lane, so that a request which waits for capacity, holding a directory, delays what is told of its own table and of few others. A lane's queue
 * is bounded; when it overflows, everything below the root is invalidated instead.
 * Locks: notify_lane.lock inside, never held while the kernel is told.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include "engine/base/thread.h"
#include "engine/engine.h"

#define NOTICES_MAX 65536 /* in one lane */
#define NOTIFY_LANES 4

struct fs;
struct node;
struct notice;

struct notify_lane {
	struct fs *fs;
	struct mutex lock;
	pthread_cond_t work;
	struct notice *first GUARDED_BY(lock), **last GUARDED_BY(lock);
	pthread_cond_t settled;
	size_t count GUARDED_BY(lock);
	uint64_t posted GUARDED_BY(lock), done GUARDED_BY(lock); /* notices since the start */
	unsigned waiters GUARDED_BY(lock);
	bool late GUARDED_BY(lock); /* one waited in vain for the round in progress: nobody else does */
	bool overflowed GUARDED_BY(lock);
	bool evict GUARDED_BY(lock);
	bool stop GUARDED_BY(lock);
	bool started;
	pthread_t thread;
};

struct notify {
	struct notify_lane lanes[NOTIFY_LANES]; /* of tables by their id; the first also sees to all else */
	_Atomic bool typed_seen; /* whether the kernel can know anything below a .typed */
};

/** Listens to the engine's changes and starts the threads. */
MUST_CHECK enum status notify_start(struct fs *fs, struct err *err);
void notify_stop(struct fs *fs); /* waits for the threads; notifications in flight need the session */

/** An item was changed through the mount, below a directory with (typed) or without NODE_TYPED: the other spelling is stale. */
void notify_item(struct fs *fs, struct table *t, const struct key *key, bool typed);
/** An item was changed through the mount, but not through a name of its own: both spellings are stale. */
void notify_key(struct fs *fs, struct table *t, const struct key *key);
/** The kernel should look the node's name up again. */
void notify_name(struct fs *fs, struct node *n);
/** Everything below the node is stale. */
void notify_below(struct fs *fs, struct node *n);
/** There are more nodes than wanted. */
void notify_evict(struct fs *fs);

#endif
