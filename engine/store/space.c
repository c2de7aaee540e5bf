/*
 * Room. A deletion needs pages too, since nothing is overwritten in place; so the last of them are kept for deletions: puts are refused
 * while there are few, and what is full can always be emptied. Blocks for them are allocated ahead in the file, where others who fill the
 * disk do not get them.
 */
#include <fcntl.h>
#include <sys/statvfs.h>

#include "engine/store/lmdb_private.h"

#define RESERVE_PAGES 256

static uint64_t reserve_bytes(const struct lmdb_store *s)
{
	uint64_t most = s->map_size / 16, wanted = (uint64_t)RESERVE_PAGES * s->page_size;
	return wanted < most ? wanted : most;
}

/** Pages on the free list of the newest commit, whoever still pins them: a checkpoint makes nearly all of them usable. */
static uint64_t free_pages(MDB_txn *txn)
{
	MDB_cursor *c;
	MDB_val k, v;
	uint64_t pages = 0;
	if (mdb_cursor_open(txn, 0, &c)) /* database 0 is the list */
		return 0;
	for (int rc = mdb_cursor_get(c, &k, &v, MDB_FIRST); !rc; rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		size_t n;
		memcpy(&n, v.mv_data, sizeof n);
		pages += n;
	}
	mdb_cursor_close(c);
	return pages;
}

static uint64_t disk_room(struct lmdb_store *s)
{
	struct statvfs v;
	return fstatvfs(s->data_fd, &v) ? UINT64_MAX : (uint64_t)v.f_bavail * v.f_frsize;
}

struct count {
	struct lmdb_store *s;
	uint64_t pages;
};

/** LMDB shows its free list to readers only. */
static int do_count(void *arg)
{
	struct count *c = arg;
	MDB_txn *txn;
	int rc = mdb_txn_begin(c->s->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return rc;
	c->pages = free_pages(txn);
	mdb_txn_abort(txn);
	return 0;
}

bool space_tight(struct lmdb_store *s)
{
	MDB_envinfo info;
	mdb_env_info(s->env, &info);
	uint64_t used = (info.me_last_pgno + 1) * (uint64_t)s->page_size, reserve = reserve_bytes(s);
	uint64_t map_room = s->map_size > used ? s->map_size - used : 0, disk = disk_room(s);
	uint64_t room = map_room < disk ? map_room : disk;
	struct count c = {.s = s};
	return room < 2 * reserve && (guard_run(do_count, &c) || room + c.pages * s->page_size < 2 * reserve);
}

void space_reserve(struct lmdb_store *s)
{
	MDB_envinfo info;
	mdb_env_info(s->env, &info);
	uint64_t used = (info.me_last_pgno + 1) * (uint64_t)s->page_size, reserve = reserve_bytes(s);
	if (s->reserved_to >= used + reserve / 2 || used + reserve > s->map_size)
		return;
	if (fallocate(s->data_fd, FALLOC_FL_KEEP_SIZE, (off_t)used, (off_t)reserve) == 0)
		s->reserved_to = used + reserve; /* where it fails (no room, no such call) puts are refused earlier, that is all */
}
