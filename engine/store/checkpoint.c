/*
 * Checkpoints: from where the log begins, and what store_sync() and STORE_DURABLE wait for when it is off. A thread flushes the log a second
 * after the first commit that is not on disk, and makes a checkpoint when the log fills, when many pages were written, or after a while.
 * One is made at a time (`syncing`); all who wait meanwhile are served by the next one together.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/store/lmdb_private.h"

#define DELAY_NS NS_PER_S
#define LOG_SHARE 64              /* a small map gets a small log */
#define IN_LOG_NS (10 * NS_PER_S) /* the longest that a commit is in the log alone */
#define DIRTY_WAIT (UINT64_C(128) << 20)
#define DIRTY_MAX (UINT64_C(32) << 20) /* pages that a checkpoint keeps from being used again: the file grows by them */

/* Under commit_lock no commit comes between the pin and the copy of the meta pages. */
static enum status pin_newest(struct lmdb_store *s, struct checkpoint_metas *metas, uint64_t *commit, struct err *err)
{
	mutex_lock(&s->commit_lock);
	*commit = s->visible;
	s->dirty_bytes = 0;
	struct lmdb_txn t = {.s = s};
	int rc = call_txn_begin(&t, MDB_RDONLY);
	s->pin = t.txn;
	enum status st = rc ? lmdb_status(s, rc, "begin a checkpoint", err) : metas_read(s->data_fd, s->page_size, metas, err);
	wal_mark(&s->wal, *commit, &metas->base);
	mutex_unlock(&s->commit_lock);
	return st;
}

enum status checkpoint_pin(struct lmdb_store *s, struct err *err)
{
	struct lmdb_txn t = {.s = s};
	int rc = call_txn_begin(&t, MDB_RDONLY);
	s->pin = t.txn;
	return rc ? lmdb_status(s, rc, "begin to read", err) : ST_OK;
}

enum status checkpoint_check_file(struct lmdb_store *s, struct err *err)
{
	struct stat st;
	char path[4200];
	snprintf(path, sizeof path, "%s/data.mdb", s->path);
	if (stat(path, &st) == 0 && st.st_dev == s->data_dev && st.st_ino == s->data_ino)
		return ST_OK;
	return err_code(err, ST_STORE_GONE);
}

static enum status sync_data(struct lmdb_store *s, struct err *err)
{
	if (s->sync_broken)
		return err_set(err, ST_IO,
			"the disk lost writes earlier; what was written since may not survive: unmount, check the disk, mount "
			"again");
	if (fdatasync(s->data_fd) == 0)
		return ST_OK;
	int failed = errno;
	s->sync_broken = true; /* the kernel forgets what it could not write: another try would seem to succeed */
	return err_errno(err, failed, "cannot sync data.mdb; the change is visible, but may not survive");
}

/** Makes one checkpoint. Caller: whoever is `syncing`, or the only thread there is. */
static enum status checkpoint_make(struct lmdb_store *s, bool clean, uint64_t *commit, struct err *err)
{
	struct checkpoint_metas metas;
	MDB_txn *before = s->pin;
	enum status st = checkpoint_check_file(s, err);
	if (st)
		return st;
	s->pin = NULL;
	st = pin_newest(s, &metas, commit, err);
	if (!st && metas_txn(&metas) == 0)
		st = err_code(err, ST_STRUCTURE);
	if (!st)
		st = sync_data(s, err);
	if (!st)
		st = checkpoint_file_write(&s->checkpoint, &metas, clean, err);
	wal_marked(&s->wal, st == ST_OK);
	MDB_txn *superfluous = st ? s->pin : before; /* the checkpoint on disk is the one whose pages stay pinned */
	if (st)
		s->pin = before;
	if (superfluous)
		mdb_txn_abort(superfluous);
	if (!st) {
		s->sync_count++;
		space_reserve(s);
	}
	return st;
}

static bool log_serves(const struct lmdb_store *s)
{
	return wal_on(&s->wal) && !s->sync_broken;
}

static enum status wait_for(struct lmdb_store *s, uint64_t commit, bool or_log, struct err *err)
{
	enum status st = ST_OK;
	uint64_t reached;
	mutex_lock(&s->sync_lock);
	while (!st && s->synced < commit && !(or_log && log_serves(s))) {
		if (s->syncing) {
			mutex_wait(&s->sync_lock, &s->sync_done);
			continue;
		}
		s->syncing = true;
		mutex_unlock(&s->sync_lock);
		st = checkpoint_make(s, false, &reached, err);
		mutex_lock(&s->sync_lock);
		s->syncing = false;
		if (!st)
			s->synced = reached;
		pthread_cond_broadcast(&s->sync_done);
	}
	mutex_unlock(&s->sync_lock);
	return st;
}

enum status checkpoint_wait(struct lmdb_store *s, uint64_t commit, struct err *err)
{
	return wait_for(s, commit, false, err);
}

enum status checkpoint_wait_or_log(struct lmdb_store *s, uint64_t commit, struct err *err)
{
	return wait_for(s, commit, true, err);
}

void checkpoint_keep_up(struct lmdb_store *s)
{
	struct err ignored; /* a commit that is not on disk is no failure of this one */
	if (s->dirty_bytes > DIRTY_WAIT)
		(void)!checkpoint_wait(s, s->visible, &ignored);
}

static bool much(struct lmdb_store *s)
{
	return s->dirty_bytes > DIRTY_MAX || wal_filling(&s->wal);
}

void checkpoint_commit_made(struct lmdb_store *s)
{
	bool now = much(s);
	mutex_lock(&s->sync_lock);
	if (!s->armed || now)
		pthread_cond_signal(&s->sync_wanted);
	s->armed = true;
	mutex_unlock(&s->sync_lock);
}

/* The thread. */

/** Waits until a time (0: for ever), for much to do, for the end, and with for_commit for a commit. */
static void wait_until(struct lmdb_store *s, uint64_t due_ns, bool for_commit) REQUIRES(s->sync_lock)
{
	struct timespec due = clock_timespec(due_ns);
	int rc = 0;
	while (!rc && !s->stopping && !(for_commit && s->armed) && !(s->armed && much(s)))
		rc = due_ns ? pthread_cond_timedwait(&s->sync_wanted, &s->sync_lock.os, &due)
			    : pthread_cond_wait(&s->sync_wanted, &s->sync_lock.os);
}

/** Waits for a commit and then for a second, or until commits have been in the log alone for long enough. False: the end. */
static bool wait_until_due(struct lmdb_store *s) REQUIRES(s->sync_lock)
{
	wait_until(s, s->checkpoint_due_ns, true);
	uint64_t second = clock_monotonic_ns() + DELAY_NS, due = s->checkpoint_due_ns;
	if (s->armed)
		wait_until(s, due && due < second ? due : second, false);
	s->armed = false;
	return !s->stopping;
}

/** Brings to the disk what is not there: a flush of the log, and a checkpoint only when one is due. */
static enum status bring_to_disk(struct lmdb_store *s, struct err *err)
{
	uint64_t now = clock_monotonic_ns();
	if (!s->checkpoint_due_ns)
		s->checkpoint_due_ns = now + IN_LOG_NS;
	if (now < s->checkpoint_due_ns && log_serves(s) && !much(s))
		return durable_wait(s, s->visible, err);
	s->checkpoint_due_ns = 0;
	return checkpoint_wait(s, s->visible, err);
}

static void *run_syncer(void *arg)
{
	struct lmdb_store *s = arg;
	enum status last = ST_OK;
	mutex_lock(&s->sync_lock);
	while (wait_until_due(s)) {
		struct err err = {0};
		int dead;
		mutex_unlock(&s->sync_lock);
		enum status st = bring_to_disk(s, &err);
		if (st && st != last)
			log_error("checkpoint: %s", err.text);
		last = st;
		mdb_reader_check(s->env, &dead);
		mutex_lock(&s->sync_lock);
		s->armed |= st != ST_OK; /* try again a second from now */
	}
	mutex_unlock(&s->sync_lock);
	return NULL;
}

enum status checkpoint_start(struct lmdb_store *s, struct err *err)
{
	uint64_t reached;
	if (s->read_only)
		return ST_OK;
	wal_start(&s->wal, s->map_size / LOG_SHARE);
	enum status st = checkpoint_make(s, false, &reached, err);
	if (st)
		return st;
	int rc = pthread_create(&s->syncer, NULL, run_syncer, s);
	s->syncer_runs = rc == 0;
	return rc ? err_errno(err, rc, "cannot start the checkpoint thread") : ST_OK;
}

static void stop_thread(struct lmdb_store *s)
{
	if (!s->syncer_runs)
		return;
	mutex_lock(&s->sync_lock);
	s->stopping = true;
	pthread_cond_signal(&s->sync_wanted);
	mutex_unlock(&s->sync_lock);
	pthread_join(s->syncer, NULL);
	s->syncer_runs = false;
}

void checkpoint_finish(struct lmdb_store *s)
{
	uint64_t reached;
	struct err err = {0};
	bool started = s->syncer_runs;
	stop_thread(s);
	enum status st = started ? checkpoint_make(s, true, &reached, &err) : ST_INTERNAL;
	if (started && st)
		log_error("the last checkpoint: %s", err.text);
	wal_close(&s->wal, st == ST_OK);
	if (s->pin)
		mdb_txn_abort(s->pin);
	s->pin = NULL;
	checkpoint_file_close(&s->checkpoint);
}
