/* The LMDB store: opening, closing, reading. */
#include "engine/store/lmdb_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/log.h"

#define MAP_SIZE_DEFAULT (UINT64_C(1) << 40)
#define MAP_SIZE_LEAST (UINT64_C(1) << 30)
#define WALK_NS (25 * UINT64_C(1000000)) /* twice at most: a store opens in a tenth of a second */

static const char *const db_names[STORE_DB_COUNT] = {"meta", "items", "longkeys", "log", "history", "expiry"};

static struct lmdb_store *store_of(struct store *s)
{
	return (struct lmdb_store *)s;
}

static enum status structure_damaged(struct lmdb_store *s, const char *what, const char *how, struct err *err)
{
	if (!atomic_exchange(&s->damaged, true))
		log_error("%s: the page structure of data.mdb is damaged (%s: %s); writes are refused from now on", s->path, what,
			how);
	return err_code(err, ST_STRUCTURE);
}

enum status lmdb_status(struct lmdb_store *s, int rc, const char *what, struct err *err)
{
	switch (rc) {
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
		return err_code(err, ST_FULL);
	case MDB_TXN_FULL:
		return err_set(err, ST_LIMIT, "cannot %s: too many changes for one commit", what);
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_PANIC:
	case MDB_INCOMPATIBLE:
		return structure_damaged(s, what, mdb_strerror(rc), err);
	case GUARD_FAULT:
		return structure_damaged(s, what, "a memory fault, or a page that is none", err);
	case ENOMEM:
		return err_code(err, ST_NO_MEMORY);
	default:
		return err_set(err, ST_IO, "cannot %s: %s", what, mdb_strerror(rc));
	}
}

/* Readers. */

static struct reader *take_idle(struct lmdb_store *s)
{
	mutex_lock(&s->readers_lock);
	while (!s->idle && s->reader_count == READERS_POOLED_MAX)
		mutex_wait(&s->readers_lock, &s->reader_free);
	struct reader *r = s->idle;
	if (r)
		s->idle = r->next;
	else
		s->reader_count++;
	mutex_unlock(&s->readers_lock);
	return r;
}

static void give_idle(struct lmdb_store *s, struct reader *r)
{
	mutex_lock(&s->readers_lock);
	if (r) {
		r->next = s->idle;
		s->idle = r;
	} else {
		s->reader_count--;
	}
	pthread_cond_signal(&s->reader_free);
	mutex_unlock(&s->readers_lock);
}

static void reader_free(struct reader *r)
{
	for (size_t i = 0; i < STORE_DB_COUNT; i++)
		if (r->cursors[i])
			mdb_cursor_close(r->cursors[i]);
	mdb_txn_abort(r->txn);
	free(r);
}

static int reader_start(struct lmdb_store *s, struct reader **r)
{
	if (!*r) {
		struct lmdb_txn t = {.s = s};
		int rc = call_txn_begin(&t, MDB_RDONLY);
		if (rc)
			return rc;
		*r = xcalloc(1, sizeof **r);
		(*r)->txn = t.txn;
		return 0;
	}
	int rc = call_txn_renew((*r)->txn);
	for (size_t i = 0; !rc && i < STORE_DB_COUNT; i++)
		if ((*r)->cursors[i])
			rc = mdb_cursor_renew((*r)->txn, (*r)->cursors[i]);
	return rc;
}

static enum status lmdb_read(struct store *base, store_fn *fn, void *arg, struct err *err)
{
	struct lmdb_store *s = store_of(base);
	struct reader *r = take_idle(s);
	int rc = reader_start(s, &r);
	if (rc) {
		if (r)
			reader_free(r);
		give_idle(s, NULL);
		return lmdb_status(s, rc, "begin to read", err);
	}
	struct lmdb_txn t;
	t.base.ops = &lmdb_ops;
	t.s = s;
	t.txn = r->txn;
	t.cursors = r->cursors;
	t.write = t.tight = t.wrote = t.abandoned = false;
	enum status st = fn(&t.base, arg, err);
	mdb_txn_reset(r->txn);
	give_idle(s, r);
	return st;
}

static enum status lmdb_write(struct store *base, store_fn *fn, void *arg, enum store_commit commit, struct err *err)
{
	struct lmdb_store *s = store_of(base);
	assert(!s->replaying);
	checkpoint_keep_up(s);
	enum status st = batch_write(s, fn, arg, commit, err);
	if (st == ST_FULL && s->visible > s->synced && !checkpoint_wait(s, s->visible, err))
		st = batch_write(s, fn, arg, commit, err); /* the checkpoint let go of pages that were freed since the last one */
	return st;
}

static enum status lmdb_sync(struct store *base, struct err *err)
{
	struct lmdb_store *s = store_of(base);
	return s->read_only ? ST_OK : durable_wait(s, s->visible, err);
}

static enum status lmdb_replay(struct store *base, store_table_fn *prepare, void *arg, struct err *err)
{
	struct lmdb_store *s = store_of(base);
	if (!s->replaying)
		return ST_OK;
	enum status st = replay_rest(s, prepare, arg, err);
	return st ? st : checkpoint_start(s, err);
}

static void lmdb_set_hooks(struct store *base, const struct store_hooks *hooks)
{
	struct lmdb_store *s = store_of(base);
	mutex_lock(&s->commit_lock);
	s->hooks = *hooks;
	mutex_unlock(&s->commit_lock);
}

static void lmdb_get_stat(struct store *base, struct store_stat *ret)
{
	struct lmdb_store *s = store_of(base);
	MDB_envinfo info = {0};
	mdb_env_info(s->env, &info);
	*ret = (struct store_stat){.map_bytes = info.me_mapsize,
		.used_bytes = (info.me_last_pgno + 1) * (uint64_t)s->page_size,
		.commits = s->visible,
		.syncs = s->sync_count,
		.damaged = s->damaged};
}

static void lmdb_close(struct store *base);

const struct store_ops lmdb_ops = {
	.read = lmdb_read,
	.write = lmdb_write,
	.sync = lmdb_sync,
	.replay = lmdb_replay,
	.set_hooks = lmdb_set_hooks,
	.get_stat = lmdb_get_stat,
	.close = lmdb_close,
	.get = lmdb_get,
	.put = lmdb_put,
	.del = lmdb_del,
	.range = lmdb_range,
	.del_range = lmdb_del_range,
};

/* Opening. */

static enum status check_folder(const char *path, struct err *err)
{
	static const uint32_t network[] = {0x6969, 0x517B, 0xFF534D42, 0xFE534D42}; /* NFS, SMB, CIFS, SMB2 */
	struct statfs fs;
	if (statfs(path, &fs))
		return errno == ENOENT || errno == ENOTDIR ? err_set(err, ST_NO_STORE, "there is no store at %s", path)
							   : err_errno(err, errno, "cannot look at %s", path);
	for (size_t i = 0; i < sizeof network / sizeof network[0]; i++)
		if ((uint32_t)fs.f_type == network[i])
			return err_set(err, ST_UNSUPPORTED,
				"%s is on a network file system, where a store would come to harm; use a local disk", path);
	return ST_OK;
}

static enum status busy(int fd, const char *path, struct err *err)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;
	if (pid > 0)
		return err_set(err, ST_STORE_BUSY, "process %ld has the store %s open; unmount or stop it there first", pid, path);
	return err_set(err, ST_STORE_BUSY, "another process has the store %s open; unmount or stop it there first", path);
}

/* A lock of our own, since LMDB lets several processes in; flock() keeps a second open in one process out as well. */
static enum status take_lock(struct lmdb_store *s, struct err *err)
{
	char path[PATH_MAX], text[32];
	snprintf(path, sizeof path, "%s/lock", s->path);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0 && s->read_only)
		s->lock_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->lock_fd < 0)
		return s->read_only && (errno == EROFS || errno == ENOENT) ? ST_OK : err_errno(err, errno, "cannot open %s", path);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? busy(s->lock_fd, s->path, err) : err_errno(err, errno, "cannot lock %s", path);
	int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(s->lock_fd, 0) || pwrite(s->lock_fd, text, (size_t)n, 0) != n)
		log_debug("cannot write the process id to %s", path); /* only a courtesy to the one who is kept out */
	return ST_OK;
}

static enum status open_data(struct lmdb_store *s, bool create, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof path, "%s/data.mdb", s->path);
	s->data_fd = open(path, (s->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (s->data_fd < 0 && errno == ENOENT)
		return create ? ST_OK : err_set(err, ST_NO_STORE, "there is no store at %s (no data.mdb)", s->path);
	if (s->data_fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	if (fstat(s->data_fd, &st))
		return err_errno(err, errno, "cannot look at %s", path);
	s->data_dev = st.st_dev;
	s->data_ino = st.st_ino;
	s->file_size = (uint64_t)st.st_size;
	return ST_OK;
}

static void on_assert(MDB_env *env, const char *message)
{
	log_error("LMDB: %s", message);
	if (guard_active())
		guard_throw();
}

static int open_env_sized(struct lmdb_store *s, uint64_t map_size)
{
	unsigned flags = MDB_NOTLS | MDB_NOSYNC | MDB_NORDAHEAD;
	if (s->read_only)
		flags |= MDB_RDONLY | MDB_NOLOCK; /* our own lock keeps writers out */
	int rc = mdb_env_create(&s->env);
	if (rc)
		return rc;
	mdb_env_set_assert(s->env, on_assert);
	rc = mdb_env_set_maxdbs(s->env, STORE_DB_COUNT);
	if (!rc)
		rc = mdb_env_set_maxreaders(s->env, READERS_MAX);
	if (!rc)
		rc = mdb_env_set_mapsize(s->env, map_size);
	if (!rc)
		rc = mdb_env_open(s->env, s->path, flags, 0600);
	if (rc) {
		mdb_env_close(s->env);
		s->env = NULL;
	}
	return rc;
}

/* A process under a limit of address space (or under valgrind, which says EINVAL) gets what it can have. */
static enum status open_env(struct lmdb_store *s, uint64_t map_size, struct err *err)
{
	uint64_t size = map_size ? map_size : MAP_SIZE_DEFAULT;
	int rc = open_env_sized(s, size);
	while ((rc == ENOMEM || rc == EINVAL) && !map_size && size > MAP_SIZE_LEAST)
		rc = open_env_sized(s, size /= 4);
	if (rc)
		return lmdb_status(s, rc, "open data.mdb", err);
	MDB_stat stat;
	MDB_envinfo info;
	mdb_env_stat(s->env, &stat);
	mdb_env_info(s->env, &info);
	s->page_size = stat.ms_psize;
	s->map_size = info.me_mapsize;
	return ST_OK;
}

/* LMDB does not say where its map is; the kernel does. */
static void find_map(struct lmdb_store *s)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128];
	while (f && !s->map && fgets(line, sizeof line, f)) {
		unsigned long from, to, offset, inode;
		unsigned major, minor;
		if (sscanf(line, "%lx-%lx %*s %lx %x:%x %lu", &from, &to, &offset, &major, &minor, &inode) == 6 &&
			inode == s->data_ino && offset == 0 && to - from >= s->map_size)
			s->map = (const uint8_t *)from; /* NOLINT: an address, as text */
	}
	if (f)
		fclose(f);
	if (!s->map)
		log_warn("%s: cannot find the map of data.mdb in /proc/self/maps; pages are not checked before they are used",
			s->path);
	s->checked_pages = s->map_size / s->page_size + 1;
	size_t bytes = (s->checked_pages / 64 + 1) * 8;
	void *bits = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	s->checked = bits == MAP_FAILED ? NULL : bits;
	if (!s->checked)
		s->map = NULL;
}

static int do_walk(void *arg)
{
	return pages_walk(arg, WALK_NS) ? 0 : MDB_CORRUPTED;
}

static void check_structure(struct lmdb_store *s)
{
	struct err err;
	int rc = s->map && s->file_size > 2 * (uint64_t)s->page_size ? guard_run(do_walk, s) : 0;
	if (rc)
		(void)lmdb_status(s, rc, "open", &err);
	if (s->map) /* what the walk looked at stays in the page cache, but not on this process's account */
		(void)madvise((void *)s->map, s->file_size, MADV_DONTNEED);
}

static int open_dbs(void *arg)
{
	struct lmdb_store *s = arg;
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, s->read_only || s->damaged ? MDB_RDONLY : 0, &txn);
	if (rc)
		return rc;
	unsigned flags = s->read_only || s->damaged ? 0 : MDB_CREATE;
	for (size_t i = 0; !rc && i < STORE_DB_COUNT; i++) {
		rc = mdb_dbi_open(txn, db_names[i], flags, &s->dbi[i]);
		if (!rc)
			rc = mdb_set_compare(txn, s->dbi[i], i == STORE_ITEMS ? order_items : order_plain);
	}
	if (!rc)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static enum status open_databases(struct lmdb_store *s, struct err *err)
{
	int rc = guard_run(open_dbs, s);
	if (rc == MDB_NOTFOUND)
		return err_set(err, ST_STRUCTURE, "data.mdb lacks a part of the store: it is not a store, or damaged");
	return rc ? lmdb_status(s, rc, "open data.mdb", err) : ST_OK;
}

static enum status sync_folder(struct lmdb_store *s, struct err *err)
{
	int dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = dir < 0 || fsync(dir) ? errno : 0;
	if (dir >= 0)
		close(dir);
	return failed ? err_errno(err, failed, "cannot sync %s", s->path) : ST_OK;
}

static enum status open_all(struct lmdb_store *s, const struct store_options *o, struct err *err)
{
	enum status st = check_folder(s->path, err);
	if (!st)
		st = take_lock(s, err);
	if (!st)
		st = open_data(s, o->create, err);
	if (!st)
		st = recover(s->path, s->data_fd, s->read_only, &s->checkpoint, err);
	if (!st)
		st = wal_open(&s->wal, s->path, s->read_only, err);
	if (!st)
		st = open_env(s, o->map_size, err);
	bool made = s->data_fd < 0;
	if (!st && made)
		st = open_data(s, false, err);
	if (st)
		return st;
	find_map(s);
	check_structure(s);
	st = open_databases(s, err);
	if (!st && made)
		st = sync_folder(s, err);
	if (!st && s->checkpoint.behind)
		st = replay_begin(s, err);
	return st || s->replaying ? st : checkpoint_start(s, err);
}

static void init_locks(struct lmdb_store *s) NO_THREAD_SAFETY_ANALYSIS
{
	pthread_condattr_t monotonic;
	mutex_init(&s->readers_lock);
	mutex_init(&s->queue_lock);
	mutex_init(&s->commit_lock);
	mutex_init(&s->sync_lock);
	mutex_init(&s->wal.lock);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->reader_free, NULL);
	pthread_cond_init(&s->sync_done, NULL);
	pthread_cond_init(&s->sync_wanted, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->queue_end = &s->queue;
}

enum status store_open_lmdb(const struct store_options *o, struct store **ret, struct err *err)
{
	struct lmdb_store *s = xcalloc(1, sizeof *s);
	s->base.ops = &lmdb_ops;
	s->path = xstrdup(o->path);
	s->sort_cipher = o->sort_cipher;
	s->sort_cipher_arg = o->arg;
	s->read_only = o->read_only;
	s->lock_fd = s->data_fd = s->checkpoint.fd = s->wal.fd = -1;
	init_locks(s);
	guard_install();
	enum status st = open_all(s, o, err);
	if (st)
		lmdb_close(&s->base);
	else
		*ret = &s->base;
	return st;
}

static void close_readers(struct lmdb_store *s) NO_THREAD_SAFETY_ANALYSIS
{
	while (s->idle) {
		struct reader *r = s->idle;
		s->idle = r->next;
		reader_free(r);
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void lmdb_close(struct store *base)
{
	struct lmdb_store *s = store_of(base);
	checkpoint_finish(s);
	close_readers(s);
	if (s->env)
		mdb_env_close(s->env);
	if (s->checked)
		munmap(s->checked, (s->checked_pages / 64 + 1) * 8);
	close_fd(s->data_fd);
	close_fd(s->lock_fd); /* last: releases the store */
	mutex_finish(&s->readers_lock);
	mutex_finish(&s->queue_lock);
	mutex_finish(&s->commit_lock);
	mutex_finish(&s->sync_lock);
	mutex_finish(&s->wal.lock);
	buf_finish(&s->changes);
	buf_finish(&s->replay);
	pthread_cond_destroy(&s->reader_free);
	pthread_cond_destroy(&s->sync_done);
	pthread_cond_destroy(&s->sync_wanted);
	free(s->path);
	free(s);
}
