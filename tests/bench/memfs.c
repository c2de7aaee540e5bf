/*
 * memfs: the least that a FUSE file system can cost.
 *
 *   memfs MOUNTPOINT [-n FILES] [-s BYTES] [-t THREADS]      stays in the foreground; unmount it, or send SIGTERM, to end it
 *
 * Holds FILES sample items (sample.h) in MOUNTPOINT/bench, in memory, and nothing else: no encryption, no checks, no store. What the kernel
 * may keep is what itemfs lets it keep, so that the difference in time between the two is the price of the database:
 *   names, attributes and missing names for long; pages over opens (keep_cache) and no FLUSH for opens that only read;
 *   direct_io for opens that write; readdirplus when the kernel thinks it pays; no write-back.
 *
 * main() -> fill() -> the loop of libfuse -> one function a request. One mutex guards everything.
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <uthash.h>

#include "tests/bench/sample.h"

#define DIR_NAME "bench"
#define DIR_INO 2
#define TIMEOUT_S 86400.0

/* A file's inode number is its address. It is freed once it has no name and the kernel knows it no more. */
struct file {
	char name[256];
	char *data;
	size_t len, cap;
	mode_t mode;
	struct timespec changed;
	uint64_t lookups;
	size_t slot; /* its place in the listing, or NO_SLOT when it has no name */
	UT_hash_handle hh;
};
#define NO_SLOT SIZE_MAX

/* Where a listing stands is a number of a slot, so slots never move; removing leaves a hole. */
static struct {
	pthread_mutex_t lock;
	struct file *by_name;
	struct file **slots;
	size_t slot_count, slot_cap;
	struct timespec changed;
} dir = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uid_t owner;
static gid_t group;

static struct file *file_of(fuse_ino_t ino)
{
	return (struct file *)(uintptr_t)ino;
}

static void *must(void *p)
{
	if (!p) {
		perror("memfs");
		exit(1);
	}
	return p;
}

/* Names and slots */

static struct file *dir_find(const char *name)
{
	struct file *f;
	HASH_FIND_STR(dir.by_name, name, f);
	return f;
}

static void dir_add(struct file *f, const char *name)
{
	snprintf(f->name, sizeof f->name, "%s", name);
	if (dir.slot_count == dir.slot_cap) {
		dir.slot_cap = dir.slot_cap ? dir.slot_cap * 2 : 1024;
		dir.slots = must(realloc(dir.slots, dir.slot_cap * sizeof *dir.slots));
	}
	f->slot = dir.slot_count++;
	dir.slots[f->slot] = f;
	HASH_ADD_STR(dir.by_name, name, f);
	clock_gettime(CLOCK_REALTIME, &dir.changed);
}

static void file_free_unused(struct file *f)
{
	if (f->slot == NO_SLOT && f->lookups == 0) {
		free(f->data);
		free(f);
	}
}

static void dir_remove(struct file *f)
{
	HASH_DEL(dir.by_name, f);
	dir.slots[f->slot] = NULL;
	f->slot = NO_SLOT;
	clock_gettime(CLOCK_REALTIME, &dir.changed);
}

static struct file *file_new(const char *name, mode_t mode)
{
	struct file *f = must(calloc(1, sizeof *f));
	f->mode = S_IFREG | (mode & 07777);
	clock_gettime(CLOCK_REALTIME, &f->changed);
	dir_add(f, name);
	return f;
}

static void file_resize(struct file *f, size_t len)
{
	if (len > f->cap) {
		f->data = must(realloc(f->data, len));
		f->cap = len;
	}
	if (len > f->len)
		memset(f->data + f->len, 0, len - f->len);
	f->len = len;
	clock_gettime(CLOCK_REALTIME, &f->changed);
}

static void fill(unsigned long files, size_t size)
{
	char name[SAMPLE_NAME_MAX], text[SAMPLE_SIZE_MAX + 1];
	for (unsigned long i = 0; i < files; i++) {
		sample_name('k', i, name);
		struct file *f = file_new(name, 0644);
		size_t len = sample_text('k', i, 0, size, text);
		file_resize(f, len);
		memcpy(f->data, text, len);
	}
}

/* Attributes */

static void stat_ino(fuse_ino_t ino, struct stat *st)
{
	const struct file *f = ino > DIR_INO ? file_of(ino) : NULL;
	memset(st, 0, sizeof *st);
	st->st_ino = ino;
	st->st_mode = f ? f->mode : S_IFDIR | 0755;
	st->st_nlink = !f || f->slot != NO_SLOT;
	st->st_size = f ? (off_t)f->len : 0;
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_mtim = st->st_ctim = st->st_atim = f ? f->changed : dir.changed;
	st->st_uid = owner;
	st->st_gid = group;
}

/* An answer that hands out one more reference. */
static void entry_of(fuse_ino_t ino, struct fuse_entry_param *e)
{
	*e = (struct fuse_entry_param){.ino = ino, .attr_timeout = TIMEOUT_S, .entry_timeout = TIMEOUT_S};
	stat_ino(ino, &e->attr);
	if (ino > DIR_INO)
		file_of(ino)->lookups++;
}

/* Requests about names */

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {.entry_timeout = TIMEOUT_S}; /* inode 0: a missing name, to be remembered */
	pthread_mutex_lock(&dir.lock);
	struct file *f = parent == DIR_INO ? dir_find(name) : NULL;
	if (f)
		entry_of((uintptr_t)f, &e);
	else if (parent == FUSE_ROOT_ID && strcmp(name, DIR_NAME) == 0)
		entry_of(DIR_INO, &e);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_entry(req, &e);
}

static void forget_one(fuse_ino_t ino, uint64_t count)
{
	if (ino <= DIR_INO)
		return;
	struct file *f = file_of(ino);
	f->lookups -= count;
	file_free_unused(f);
}

static void on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	pthread_mutex_lock(&dir.lock);
	for (size_t i = 0; i < count; i++)
		forget_one(forgets[i].ino, forgets[i].nlookup);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_none(req);
}

static void on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	on_forget_multi(req, 1, &(struct fuse_forget_data){.ino = ino, .nlookup = count});
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	pthread_mutex_lock(&dir.lock);
	struct file *f = parent == DIR_INO ? dir_find(name) : NULL;
	if (f) {
		dir_remove(f);
		file_free_unused(f);
	}
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_err(req, f ? 0 : ENOENT);
}

static int rename_file(const char *from, const char *to, unsigned flags)
{
	struct file *f = dir_find(from), *old = dir_find(to);
	if (!f)
		return ENOENT;
	if (old && (flags & RENAME_NOREPLACE))
		return EEXIST;
	if (old == f)
		return 0;
	if (old) {
		dir_remove(old);
		file_free_unused(old);
	}
	dir_remove(f);
	dir_add(f, to);
	return 0;
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *from, fuse_ino_t parent_to, const char *to, unsigned flags)
{
	pthread_mutex_lock(&dir.lock);
	int rc = parent == DIR_INO && parent_to == DIR_INO ? rename_file(from, to, flags) : EPERM;
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_err(req, rc);
}

/* Requests about files */

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	pthread_mutex_lock(&dir.lock);
	stat_ino(ino, &st);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_attr(req, &st, TIMEOUT_S);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int what, struct fuse_file_info *fi)
{
	struct stat st;
	pthread_mutex_lock(&dir.lock);
	if (ino > DIR_INO && (what & FUSE_SET_ATTR_SIZE))
		file_resize(file_of(ino), (size_t)attr->st_size);
	stat_ino(ino, &st);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_attr(req, &st, TIMEOUT_S);
}

static void open_policy(struct fuse_file_info *fi)
{
	bool reads_only = (fi->flags & O_ACCMODE) == O_RDONLY;
	fi->keep_cache = reads_only;
	fi->noflush = reads_only;
	fi->direct_io = !reads_only;
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (fi->flags & O_TRUNC) {
		pthread_mutex_lock(&dir.lock);
		file_resize(file_of(ino), 0);
		pthread_mutex_unlock(&dir.lock);
	}
	open_policy(fi);
	fuse_reply_open(req, fi);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct fuse_entry_param e;
	pthread_mutex_lock(&dir.lock);
	bool refused = parent != DIR_INO || strlen(name) > 255 || dir_find(name);
	if (!refused)
		entry_of((uintptr_t)file_new(name, mode), &e);
	pthread_mutex_unlock(&dir.lock);
	open_policy(fi);
	if (refused)
		fuse_reply_err(req, parent == DIR_INO ? EEXIST : EPERM);
	else
		fuse_reply_create(req, &e, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct file *f = file_of(ino);
	pthread_mutex_lock(&dir.lock);
	size_t at = (size_t)off < f->len ? (size_t)off : f->len;
	fuse_reply_buf(req, f->data + at, size < f->len - at ? size : f->len - at);
	pthread_mutex_unlock(&dir.lock);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct file *f = file_of(ino);
	pthread_mutex_lock(&dir.lock);
	size_t at = (fi->flags & O_APPEND) ? f->len : (size_t)off;
	file_resize(f, at + size > f->len ? at + size : f->len);
	memcpy(f->data + at, bytes, size);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_write(req, size);
}

static void on_done(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fuse_reply_err(req, 0);
}

/* Listings */

static size_t add_entry(fuse_req_t req, char *out, size_t room, fuse_ino_t ino, const char *name, size_t next, bool plus)
{
	struct fuse_entry_param e;
	if (!plus) {
		stat_ino(ino, &e.attr);
		return fuse_add_direntry(req, out, room, name, &e.attr, (off_t)next);
	}
	entry_of(ino, &e);
	size_t n = fuse_add_direntry_plus(req, out, room, name, &e, (off_t)next);
	if (n > room && ino > DIR_INO)
		file_of(ino)->lookups--;
	return n;
}

static size_t list_files(fuse_req_t req, char *out, size_t size, size_t from, bool plus)
{
	size_t used = 0;
	for (size_t i = from; i < dir.slot_count; i++) {
		struct file *f = dir.slots[i];
		size_t n = f ? add_entry(req, out + used, size - used, (uintptr_t)f, f->name, i + 1, plus) : 0;
		if (n > size - used)
			break;
		used += n;
	}
	return used;
}

static void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	char *out = must(malloc(size));
	size_t n = 0;
	pthread_mutex_lock(&dir.lock);
	if (ino == DIR_INO)
		n = list_files(req, out, size, (size_t)off, plus);
	else if (off == 0)
		n = add_entry(req, out, size, DIR_INO, DIR_NAME, 1, plus);
	pthread_mutex_unlock(&dir.lock);
	fuse_reply_buf(req, out, n);
	free(out);
}

static void on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	list(req, ino, size, off, false);
}

static void on_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	list(req, ino, size, off, true);
}

static void on_init(void *data, struct fuse_conn_info *conn)
{
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_AUTO_INVAL_DATA);
	conn->want &= ~(unsigned)FUSE_CAP_WRITEBACK_CACHE;
	conn->time_gran = 1;
}

static const struct fuse_lowlevel_ops ops = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.open = on_open,
	.create = on_create,
	.read = on_read,
	.write = on_write,
	.flush = on_done,
	.release = on_done,
	.unlink = on_unlink,
	.rename = on_rename,
	.readdir = on_readdir,
	.readdirplus = on_readdirplus,
};

static int serve(struct fuse_session *se, unsigned threads)
{
	if (threads == 1)
		return fuse_session_loop(se);
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	fuse_loop_cfg_set_max_threads(config, threads);
	int rc = fuse_session_loop_mt(se, config);
	fuse_loop_cfg_destroy(config);
	return rc;
}

static int mount_and_serve(const char *mountpoint, unsigned threads)
{
	char *words[] = {"memfs", "-ofsname=memfs,subtype=memfs,default_permissions", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(2, words);
	struct fuse_session *se = fuse_session_new(&args, &ops, sizeof ops, NULL);
	int rc = 1;
	fuse_opt_free_args(&args);
	if (!se)
		return 1;
	if (fuse_set_signal_handlers(se) == 0 && fuse_session_mount(se, mountpoint) == 0) {
		rc = serve(se, threads) < 0;
		fuse_session_unmount(se);
	}
	fuse_remove_signal_handlers(se);
	fuse_session_destroy(se);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned long files = 1000, size = 1024, threads = 1;
	for (int c; (c = getopt(argc, argv, "n:s:t:")) != -1;)
		if (c == 'n')
			files = strtoul(optarg, NULL, 10);
		else if (c == 's')
			size = strtoul(optarg, NULL, 10);
		else if (c == 't')
			threads = strtoul(optarg, NULL, 10);
		else
			return 2;
	if (optind + 1 != argc || size < SAMPLE_SIZE_MIN || size > SAMPLE_SIZE_MAX || threads < 1) {
		fprintf(stderr, "usage: memfs [-n FILES] [-s BYTES] [-t THREADS] MOUNTPOINT\n");
		return 2;
	}
	owner = getuid();
	group = getgid();
	fill(files, size);
	return mount_and_serve(argv[optind], (unsigned)threads);
}
