/*
 * Durability through the log. One flush is under way at a time, outside all locks but for a moment, so that commits go on meanwhile; what
 * they add is the next flush's. Of those who wait, one flushes for all, and only who is served is woken. When the log is off, a
 * checkpoint does it.
 */
#include <stdlib.h>

#include "engine/store/lmdb_private.h"

#define MANY 4

/* Waking */

void waiter_init(struct waiter *w)
{
	sem_init(&w->wake, 0, 0);
}

void waiter_sleep(struct waiter *w)
{
	while (sem_wait(&w->wake)) /* a signal */
		;
	w->awoken++;
}

void waiter_finish(struct waiter *w)
{
	while (w->awoken < w->wakes)
		waiter_sleep(w);
	sem_destroy(&w->wake);
}

void waiter_poke(struct lmdb_store *s, struct waiter *w)
{
	w->wakes++;
	sem_post(&w->wake);
}

void waiter_over(struct lmdb_store *s, struct waiter *w, struct waiter **woken)
{
	w->wakes++;
	w->next = *woken;
	*woken = w;
	w->over = true;
}

void wake_all(struct waiter *woken)
{
	while (woken) {
		struct waiter *next = woken->next; /* it may be gone once it is awake */
		sem_post(&woken->wake);
		woken = next;
	}
}

/* Flushing */

void durable_expect(struct lmdb_store *s, struct waiter *w)
{
	w->state = WAITING;
	w->next = s->waiting;
	s->waiting = w;
}

void durable_poke(struct lmdb_store *s)
{
	if (s->waiting && !s->flushing)
		waiter_poke(s, s->waiting);
}

/** Takes those off the list whose commit is on disk; all of them when there is no log to wait for. */
static void serve(struct lmdb_store *s, bool no_log, struct waiter **woken) REQUIRES(s->queue_lock)
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
		waiter_over(s, w, woken);
	}
}

static bool many_wait(const struct lmdb_store *s) REQUIRES(s->queue_lock)
{
	unsigned n = 0;
	for (const struct waiter *w = s->waiting; w && n < MANY; w = w->next)
		n++;
	return n == MANY;
}

static void flush(struct lmdb_store *s, struct waiter **woken) REQUIRES(s->queue_lock)
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
	serve(s, how != WAL_FLUSHED, woken);
	durable_poke(s);
	batch_poke(s);
}

void durable_flush(struct lmdb_store *s, const struct waiter *w)
{
	struct waiter *woken = NULL;
	mutex_lock(&s->queue_lock);
	if (!w->over && !s->flushing)
		flush(s, &woken);
	mutex_unlock(&s->queue_lock);
	wake_all(woken);
}

static bool wait_for_log(struct lmdb_store *s, uint64_t commit)
{
	struct waiter w = {.commit = commit};
	waiter_init(&w);
	mutex_lock(&s->queue_lock);
	durable_expect(s, &w);
	mutex_unlock(&s->queue_lock);
	for (durable_flush(s, &w); !w.over; durable_flush(s, &w))
		waiter_sleep(&w);
	waiter_finish(&w);
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
