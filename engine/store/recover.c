#include "engine/store/recover.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/log.h"

#define SLOT_GAP 4096
#define MAGIC "itemfsCP"
#define FLIP_MAX 2 /* metas of another commit differ in more: their transaction number, a root, the last page */

/* LMDB 0.9's meta page: offsets in it. */
#define AT_FLAGS 10
#define AT_MAGIC 16
#define AT_VERSION 20
#define AT_PAGE_SIZE 40 /* md_pad of the free list's record */
#define AT_TXN 144
#define P_META 0x08
#define META_MAGIC 0xBEEFC0DE
#define META_VERSION 1

struct slot {
	char magic[8];
	uint64_t generation;
	uint32_t page_size;
	uint32_t clean;
	char boot[40];
	uint8_t page[2][META_SIZE];
	uint8_t log_id[WAL_ID_SIZE]; /* struct wal_base; zero in files from before there was a log */
	uint64_t log_at, log_sequence, log_commit;
	uint8_t reserved[584];
	uint8_t checksum[32]; /* BLAKE2b of everything before it */
};
static_assert(sizeof(struct slot) == 1024, "the file format says so");

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	memcpy(&v, p, n); /* LMDB's files are in the byte order of their machine */
	return v;
}

static uint64_t meta_txn(const uint8_t *page, uint32_t page_size)
{
	bool good = load(page + AT_FLAGS, 2) == P_META && load(page + AT_MAGIC, 4) == META_MAGIC &&
		    load(page + AT_VERSION, 4) == META_VERSION && load(page + AT_PAGE_SIZE, 4) == page_size;
	return good ? load(page + AT_TXN, 8) : UINT64_MAX;
}

uint64_t metas_txn(const struct checkpoint_metas *m)
{
	uint64_t a = meta_txn(m->page[0], m->page_size), b = meta_txn(m->page[1], m->page_size);
	if (a == UINT64_MAX || b == UINT64_MAX || load(m->page[0], 8) != 0 || load(m->page[1], 8) != 1)
		return 0;
	uint64_t newest = a > b ? a : b, other = a > b ? b : a;
	if (newest - other > 1) /* they take turns; both are 0 in a file just made */
		return 0;
	return newest ? newest : 1;
}

enum status metas_read(int data_fd, uint32_t page_size, struct checkpoint_metas *ret, struct err *err)
{
	ret->page_size = page_size;
	for (int i = 0; i < 2; i++) {
		ssize_t n = pread(data_fd, ret->page[i], META_SIZE, (off_t)i * page_size);
		if (n < 0)
			return err_errno(err, errno, "cannot read data.mdb");
		if (n < META_SIZE)
			return err_set(err, ST_STRUCTURE, "data.mdb is too short to be a store");
	}
	return ST_OK;
}

static enum status metas_write(int data_fd, const struct slot *from, struct err *err)
{
	for (int i = 0; i < 2; i++)
		if (pwrite(data_fd, from->page[i], META_SIZE, (off_t)i * from->page_size) != META_SIZE)
			return err_errno(err, errno, "cannot put back data.mdb's meta pages");
	return fsync(data_fd) ? err_errno(err, errno, "cannot sync data.mdb") : ST_OK;
}

static void compute_checksum(const struct slot *s, uint8_t checksum[32])
{
	crypto_generichash(checksum, 32, (const uint8_t *)s, offsetof(struct slot, checksum), NULL, 0);
}

static bool slot_read(int fd, unsigned index, struct slot *s)
{
	uint8_t checksum[32];
	if (pread(fd, s, sizeof *s, (off_t)index * SLOT_GAP) != (ssize_t)sizeof *s || memcmp(s->magic, MAGIC, 8) != 0)
		return false;
	compute_checksum(s, checksum);
	return memcmp(checksum, s->checksum, sizeof checksum) == 0;
}

static bool newest_slot(int fd, struct slot *newest)
{
	struct slot s;
	bool found = false;
	for (unsigned i = 0; i < 2; i++) {
		if (slot_read(fd, i, &s) && (!found || s.generation > newest->generation)) {
			*newest = s;
			found = true;
		}
	}
	return found;
}

/** What tells one run of the machine from the next. Tests name their own. */
static void read_boot(char boot[40])
{
	const char *test = getenv("ITEMFS_TEST_BOOT_ID");
	memset(boot, 0, 40);
	if (test) {
		snprintf(boot, 40, "%s", test);
		return;
	}
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, 36);
	if (n != 36) /* unknown: never equal to a former one, so the store is always put back to its checkpoint, which is safe */
		snprintf(boot, 40, "unknown %08x%08x", randombytes_random(), randombytes_random());
	if (fd >= 0)
		close(fd);
}

static size_t unlike_bytes(const struct checkpoint_metas *now, const struct slot *saved)
{
	size_t n = 0;
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; j < META_SIZE; j++)
			n += now->page[i][j] != saved->page[i][j];
	return n;
}

enum verdict { LEAVE, RESTORE, FOREIGN };

/** Whether data.mdb's meta pages are to be put back: after a power loss, and when they are damaged. */
static enum verdict judge(const struct slot *saved, const struct checkpoint_metas *now, const char *boot)
{
	uint64_t txn = metas_txn(now);
	struct checkpoint_metas then = {.page_size = saved->page_size};
	memcpy(then.page, saved->page, sizeof then.page);
	size_t unlike = unlike_bytes(now, saved);
	if (unlike == 0)
		return LEAVE;
	if (txn == 0)
		return RESTORE;
	if (saved->clean)
		return unlike <= FLIP_MAX ? RESTORE : FOREIGN;
	if (txn < metas_txn(&then))
		return FOREIGN;
	return strcmp(saved->boot, boot) == 0 ? LEAVE : RESTORE;
}

/** Whether data.mdb is, or is about to be, as the checkpoint says, without anything that came after. */
static bool falls_back(const struct slot *saved, const struct checkpoint_metas *now, enum verdict v, const char *boot)
{
	bool same = unlike_bytes(now, saved) == 0 && strcmp(saved->boot, boot) != 0;
	return !saved->clean && (v == RESTORE || (v == LEAVE && same));
}

static void get_base(const struct slot *saved, struct wal_base *ret)
{
	*ret = (struct wal_base){.at = saved->log_at, .sequence = saved->log_sequence, .commit = saved->log_commit};
	memcpy(ret->id, saved->log_id, sizeof ret->id);
}

static enum status apply(const struct slot *saved, int data_fd, bool read_only, struct checkpoint_file *f, struct err *err)
{
	const char *boot = f->boot;
	struct checkpoint_metas now;
	enum status st = metas_read(data_fd, saved->page_size, &now, err);
	if (st)
		return st;
	enum verdict v = judge(saved, &now, boot);
	f->behind = falls_back(saved, &now, v, boot);
	get_base(saved, &f->base);
	if (v == FOREIGN)
		log_warn(
			"data.mdb is not the file that STORE/checkpoint belongs to (a copy put back?); the checkpoint is not used");
	if (v != RESTORE)
		return ST_OK;
	if (read_only)
		return err_set(err, ST_READ_ONLY,
			"the store was not closed before the machine stopped; open it for writing once to recover it");
	log_warn(saved->clean || strcmp(saved->boot, boot) == 0
			 ? "data.mdb's meta pages were damaged and are put back from STORE/checkpoint"
			 : "the machine stopped while the store was open: it is put back to its last checkpoint");
	return metas_write(data_fd, saved, err);
}

static enum status open_file(const char *store, bool read_only, int *fd, struct err *err)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/checkpoint", store);
	*fd = open(path, (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600);
	if (*fd >= 0 || (read_only && errno == ENOENT))
		return ST_OK;
	return err_errno(err, errno, "cannot open %s", path);
}

/* Its length never changes again, so that the sync of a slot writes that slot and nothing else. */
static enum status set_length(int fd, struct err *err)
{
	static const uint8_t zeros[2 * SLOT_GAP];
	if (lseek(fd, 0, SEEK_END) >= (off_t)sizeof zeros)
		return ST_OK;
	if (pwrite(fd, zeros, sizeof zeros, 0) != (ssize_t)sizeof zeros || fsync(fd))
		return err_errno(err, errno, "cannot write STORE/checkpoint");
	return ST_OK;
}

enum status recover(const char *store, int data_fd, bool read_only, struct checkpoint_file *ret, struct err *err)
{
	struct slot saved;
	struct checkpoint_file f = {.fd = -1};
	read_boot(f.boot);
	enum status st = open_file(store, read_only, &f.fd, err);
	if (st)
		return st;
	bool found = f.fd >= 0 && newest_slot(f.fd, &saved);
	if (found)
		f.generation = saved.generation;
	if (found && data_fd >= 0)
		st = apply(&saved, data_fd, read_only, &f, err);
	if (!st && !read_only)
		st = set_length(f.fd, err);
	if (st)
		checkpoint_file_close(&f);
	else
		*ret = f;
	return st;
}

enum status checkpoint_file_write(struct checkpoint_file *f, const struct checkpoint_metas *metas, bool clean, struct err *err)
{
	struct slot s = {.generation = f->generation + 1, .page_size = metas->page_size, .clean = clean};
	memcpy(s.magic, MAGIC, 8);
	memcpy(s.boot, f->boot, sizeof s.boot);
	memcpy(s.page, metas->page, sizeof s.page);
	memcpy(s.log_id, metas->base.id, sizeof s.log_id);
	s.log_at = metas->base.at;
	s.log_sequence = metas->base.sequence;
	s.log_commit = metas->base.commit;
	compute_checksum(&s, s.checksum);
	if (pwrite(f->fd, &s, sizeof s, (off_t)(s.generation % 2) * SLOT_GAP) != (ssize_t)sizeof s || fdatasync(f->fd))
		return err_errno(err, errno, "cannot write STORE/checkpoint");
	f->generation++;
	return ST_OK;
}

void checkpoint_file_close(struct checkpoint_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
