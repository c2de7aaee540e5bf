/*
 * Durability through the log. One flush is under way at a time, outside all locks but for a moment, so that commits go on meanwhile; what
 * they add is the next flush's. Of those who wait, one flushes for all, and only who is served is woken. When the log is off, a
 * checkpoint does it.
 */
#include <stdlib.h>

#include "engine/store/lmdb_private.h"

#define MANY 4

void durable_expect(struct lmdb_store *s, struct waiter *w)
{
	w->state = WAITING;
	w->next = s->waiting;
	s->waiting = w;
}

void durable_poke(struct lmdb_store *s)
{
	if (s->waiting && !s->flushing)
		pthread_cond_signal(&s->waiting->wake);
}

/** Takes those off the list whose commit is on disk; all of them when there is no log to wait for. */
static void serve(struct lmdb_store *s, bool no_log) REQUIRES(s->queue_lock)
{
	struct waiter **at = &s->waiting;
	while (*at) {
		struct waiter *w = *at;
		bool on_disk = w->commit <= s->flushed;
		if (!on_disk && !no_log) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->state = on_disk ? ON_DISK : NO_LOG;
		pthread_cond_signal(&w->wake);
	}
}

static bool many_wait(const struct lmdb_store *s) REQUIRES(s->queue_lock)
{
	unsigned n = 0;
	for (const struct waiter *w = s->waiting; w && n < MANY; w = w->next)
		n++;
	return n == MANY;
}

static void flush(struct lmdb_store *s) REQUIRES(s->queue_lock)
{
	uint64_t to = 0;
	struct err err; /* the checkpoint that is made instead says it */
	s->flushing = true;
	s->gathering = many_wait(s);
	mutex_unlock(&s->queue_lock);
	if (s->sync_broken || checkpoint_check_file(s, &err))
		wal_turn_off(&s->wal);
	enum wal_flushed how = wal_flush(&s->wal, &to);
	if (how == WAL_LOST)
		s->sync_broken = true; /* the kernel forgets what it could not write: another try would seem to succeed */
	mutex_lock(&s->queue_lock);
	s->flushing = s->gathering = false;
	if (how == WAL_FLUSHED) {
		s->flushed = to;
		s->sync_count++;
	}
	serve(s, how != WAL_FLUSHED);
	durable_poke(s);
	batch_poke(s);
}

void durable_await(struct lmdb_store *s, struct waiter *w)
{
	while (w->state == WAITING) {
		if (s->flushing)
			mutex_wait(&s->queue_lock, &w->wake);
		else
			flush(s);
	}
}

static bool wait_for_log(struct lmdb_store *s, uint64_t commit)
{
	struct waiter w = {.commit = commit};
	pthread_cond_init(&w.wake, NULL);
	mutex_lock(&s->queue_lock);
	durable_expect(s, &w);
	durable_await(s, &w);
	mutex_unlock(&s->queue_lock);
	pthread_cond_destroy(&w.wake);
	return w.state == ON_DISK;
}

enum status durable_wait(struct lmdb_store *s, uint64_t commit, struct err *err)
{
	enum status st = ST_OK;
	while (!st && s->synced < commit && s->flushed < commit)
		if (s->sync_broken || !wal_on(&s->wal) || !wait_for_log(s, commit))
			st = checkpoint_wait_or_log(s, commit, err);
	return st;
}
