/**
 * The kernel's requests: number -> node -> kind -> reply. Thin on purpose; what a request means stands in the kinds.
 *
 *   FUSE callback -> start() -> kind->function(ask, node, ...) -> fuse_reply_*() or ask_fail()
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/statvfs.h>

#include "fs/dir.h"
#include "fs/handle.h"
#include "fs/session.h"
#include "fs/xattr.h"

#define RENAME_FLAG_NOREPLACE (1 << 0)

/** Asked while the request waits. After fs_stop() nobody does any more, so that unmounting need not wait either. */
static bool is_interrupted(void *req)
{
	struct fs *fs = fuse_req_userdata(req);
	return fuse_req_interrupted(req) || fuse_session_exited(fs->session);
}

static struct ask start(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct fs *fs = fuse_req_userdata(req);
	atomic_fetch_add_explicit(&fs->requests, 1, memory_order_relaxed);
	struct ask a;
	a.fs = fs;
	a.req = req;
	a.quiet = false;
	a.caller = (struct caller){
		.uid = ctx->uid, .gid = ctx->gid, .pid = ctx->pid, .face = FACE_FS, .interrupted = is_interrupted, .arg = req};
	a.err.code = ST_OK;
	a.err.text[0] = 0;
	return a;
}

static struct node *node_of(const struct ask *a, fuse_ino_t number)
{
	return node_from_number(&a->fs->nodes, number);
}

static enum status refuse(struct ask *a)
{
	return err_code(&a->err, ST_NOT_PERMITTED);
}

/** Replies that make the kernel count a lookup: when they do not arrive, it is taken back. */
static struct fuse_entry_param entry_param(struct ask *a, const struct entry *e)
{
	return (struct fuse_entry_param){
		.ino = node_number(&a->fs->nodes, e->node), .attr = e->st, .entry_timeout = e->entry_s, .attr_timeout = e->attr_s};
}

static void reply_entry(struct ask *a, const struct entry *e)
{
	struct fuse_entry_param p = entry_param(a, e);
	if (fuse_reply_entry(a->req, &p) != 0)
		node_forget(&a->fs->nodes, e->node, 1);
	else if (nodes_over(&a->fs->nodes))
		notify_evict(a->fs);
}

/** The kernel remembers that a name is not there: a change announces itself. In the root it asks again, since tables come without notice. */
static void reply_absent(struct ask *a, struct node *dir)
{
	struct fuse_entry_param none = {.entry_timeout = dir->table ? KEEP_LONG : 0};
	if (none.entry_timeout > 0)
		fuse_reply_entry(a->req, &none);
	else
		fuse_reply_err(a->req, ENOENT);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	struct entry e = {0};
	enum status st = ST_NOT_FOUND;
	if (strlen(name) > 255)
		st = err_set(&a.err, ST_KEY_TOO_LONG,
			"the name has more than 255 bytes; longer keys are listed with a hash in the name");
	else if (dir->kind->lookup)
		st = dir->kind->lookup(&a, dir, slice_str(name), &e);
	if (!st) {
		reply_entry(&a, &e);
	} else if (st == ST_NOT_FOUND || st == ST_NAME) {
		if (st == ST_NAME)
			ask_record(&a, dir, name, &a.err);
		reply_absent(&a, dir);
	} else {
		ask_fail(&a, st, dir, name);
	}
}

static void op_forget(fuse_req_t req, fuse_ino_t number, uint64_t lookups)
{
	struct fs *fs = fuse_req_userdata(req);
	node_forget(&fs->nodes, node_from_number(&fs->nodes, number), lookups);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *all)
{
	struct fs *fs = fuse_req_userdata(req);
	for (size_t i = 0; i < count; i++)
		node_forget(&fs->nodes, node_from_number(&fs->nodes, all[i].ino), all[i].nlookup);
	fuse_reply_none(req);
}

static void reply_attr(struct ask *a, struct node *n)
{
	struct entry e = {0};
	enum status st = n->kind->getattr(a, n, &e);
	if (st)
		ask_fail(a, st, n, NULL);
	else
		fuse_reply_attr(a->req, &e.st, e.attr_s);
}

static void op_getattr(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	reply_attr(&a, node_of(&a, number));
}

static struct handle *handle_of(struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

static enum status truncate_handle(struct ask *a, struct handle *h, uint64_t size)
{
	if (!h->node->kind->truncate)
		return refuse(a);
	mutex_lock(&h->lock);
	enum status st = h->node->kind->truncate(a, h, size);
	mutex_unlock(&h->lock);
	return st;
}

static void op_setattr(fuse_req_t req, fuse_ino_t number, struct stat *want, int which, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct node *n = node_of(&a, number);
	enum status st = ST_OK;
	if ((which & FUSE_SET_ATTR_SIZE) && fi) {
		st = truncate_handle(&a, handle_of(fi), (uint64_t)want->st_size);
		which &= ~FUSE_SET_ATTR_SIZE;
	}
	if (!st && (which & ~(FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_CTIME) || !fi))
		st = n->kind->setattr ? n->kind->setattr(&a, n, want, which) : refuse(&a);
	if (st)
		ask_fail(&a, st, n, NULL);
	else
		reply_attr(&a, n);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	struct entry e = {0};
	enum status st = dir->kind->mkdir ? dir->kind->mkdir(&a, dir, slice_str(name), mode, &e) : refuse(&a);
	if (st)
		ask_fail(&a, st, dir, name);
	else
		reply_entry(&a, &e);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	enum status st = dir->kind->unlink ? dir->kind->unlink(&a, dir, slice_str(name)) : refuse(&a);
	if (st)
		ask_fail(&a, st, dir, name);
	else
		fuse_reply_err(req, 0);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	enum status st = dir->kind->rmdir ? dir->kind->rmdir(&a, dir, slice_str(name)) : refuse(&a);
	if (st)
		ask_fail(&a, st, dir, name);
	else
		fuse_reply_err(req, 0);
}

static void op_rename(
	fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	struct rename_request r = {.from_dir = dir,
		.to_dir = node_of(&a, new_parent),
		.from = slice_str(name),
		.to = slice_str(new_name),
		.no_replace = flags & RENAME_FLAG_NOREPLACE};
	enum status st;
	if (flags & ~(unsigned)RENAME_FLAG_NOREPLACE)
		st = err_set(&a.err, ST_VALIDATION, "items cannot be exchanged by a rename");
	else
		st = dir->kind->rename ? dir->kind->rename(&a, &r) : refuse(&a);
	if (st)
		ask_fail(&a, st, dir, name);
	else
		fuse_reply_err(req, 0);
}

static void op_link(fuse_req_t req, fuse_ino_t number, fuse_ino_t parent, const char *name)
{
	struct ask a = start(req);
	err_set(&a.err, ST_NOT_PERMITTED, "an item has one name: there are no hard links");
	ask_fail(&a, a.err.code, node_of(&a, parent), name);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct ask a = start(req);
	err_set(&a.err, ST_NOT_PERMITTED, "tables hold items: symbolic links cannot be made here");
	ask_fail(&a, a.err.code, node_of(&a, parent), name);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	struct ask a = start(req);
	err_set(&a.err, ST_NOT_PERMITTED, "tables hold items: device files, pipes and sockets cannot be made here");
	ask_fail(&a, a.err.code, node_of(&a, parent), name);
}

static void set_open_flags(const struct handle *h, struct fuse_file_info *fi)
{
	fi->fh = (uintptr_t)h;
	fi->direct_io = h->direct_io;
	fi->keep_cache = h->keep_cache;
	fi->noflush = h->noflush;
}

static void op_open(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct node *n = node_of(&a, number);
	struct handle *h = handle_new(n, fi->flags);
	enum status st = n->kind->open ? n->kind->open(&a, h) : refuse(&a);
	set_open_flags(h, fi);
	if (st)
		ask_fail(&a, st, n, NULL);
	if (st || fuse_reply_open(req, fi) != 0)
		handle_close(a.fs, h);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct node *dir = node_of(&a, parent);
	struct handle *h = handle_new(NULL, fi->flags);
	struct entry e = {0};
	enum status st = dir->kind->create ? dir->kind->create(&a, dir, slice_str(name), mode, h, &e) : refuse(&a);
	if (st) {
		handle_close(a.fs, h);
		ask_fail(&a, st, dir, name);
		return;
	}
	struct fuse_entry_param p = entry_param(&a, &e);
	set_open_flags(h, fi);
	if (fuse_reply_create(req, &p, fi) != 0) {
		handle_close(a.fs, h);
		node_forget(&a.fs->nodes, e.node, 1);
	}
}

static void op_read(fuse_req_t req, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct handle *h = handle_of(fi);
	struct slice bytes = {0};
	handle_hold(h);
	mutex_lock(&h->lock);
	enum status st = h->node->kind->read(&a, h, size, (uint64_t)offset, &bytes);
	if (!st) /* the bytes are the handle's: copied out before another request may change them */
		fuse_reply_buf(req, (const char *)bytes.ptr, bytes.len);
	mutex_unlock(&h->lock);
	if (st)
		ask_fail(&a, st, h->node, NULL);
	handle_drop(h);
}

static void op_write(fuse_req_t req, fuse_ino_t number, const char *bytes, size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct handle *h = handle_of(fi);
	enum status st = refuse(&a);
	if (h->node->kind->write) {
		a.err.code = ST_OK;
		mutex_lock(&h->lock);
		st = h->node->kind->write(&a, h, slice_of(bytes, size), (uint64_t)offset);
		mutex_unlock(&h->lock);
	}
	if (st)
		ask_fail(&a, st, h->node, NULL);
	else
		fuse_reply_write(req, size);
}

static enum status flush(struct ask *a, struct handle *h)
{
	if (!h->node->kind->flush)
		return ST_OK;
	mutex_lock(&h->lock);
	enum status st = h->node->kind->flush(a, h);
	mutex_unlock(&h->lock);
	return st;
}

static void op_flush(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct handle *h = handle_of(fi);
	enum status st = flush(&a, h);
	if (st)
		ask_fail(&a, st, h->node, NULL);
	else
		fuse_reply_err(req, 0);
}

static void op_release(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	handle_close(fuse_req_userdata(req), handle_of(fi));
	fuse_reply_err(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t number, int datasync, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct handle *h = handle_of(fi);
	enum status st = flush(&a, h);
	if (!st)
		st = op_sync(a.fs->engine, &a.err);
	if (st)
		ask_fail(&a, st, h->node, NULL);
	else
		fuse_reply_err(req, 0);
}

static struct dir *dir_of(struct fuse_file_info *fi)
{
	return (struct dir *)(uintptr_t)fi->fh;
}

static void op_opendir(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	struct dir *d = dir_new(node_of(&a, number));
	fi->fh = (uintptr_t)d;
	if (fuse_reply_open(req, fi) != 0)
		dir_free(d);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t number, struct fuse_file_info *fi)
{
	dir_free(dir_of(fi));
	fuse_reply_err(req, 0);
}

static void list(fuse_req_t req, size_t size, off_t cookie, struct fuse_file_info *fi, bool plus)
{
	struct ask a = start(req);
	struct dir *d = dir_of(fi);
	struct dir_reply r;
	uint64_t from = (uint64_t)cookie;
	dir_reply_init(&r, &a, d->node, size, plus);
	dir_add_dots(&r, &from);
	mutex_lock(&d->lock);
	enum status st = from < DIR_COOKIE_START ? ST_OK : d->node->kind->list(&a, d, from, &r);
	mutex_unlock(&d->lock);
	if (st && r.used == 0)
		ask_fail(&a, st, d->node, NULL);
	else
		dir_reply_send(&r);
	dir_reply_finish(&r);
	if (plus && nodes_over(&a.fs->nodes))
		notify_evict(a.fs);
}

static void op_readdir(fuse_req_t req, fuse_ino_t number, size_t size, off_t cookie, struct fuse_file_info *fi)
{
	list(req, size, cookie, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t number, size_t size, off_t cookie, struct fuse_file_info *fi)
{
	list(req, size, cookie, fi, true);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t number, int datasync, struct fuse_file_info *fi)
{
	struct ask a = start(req);
	enum status st = op_sync(a.fs->engine, &a.err);
	if (st)
		ask_fail(&a, st, node_of(&a, number), NULL);
	else
		fuse_reply_err(req, 0);
}

static void op_statfs(fuse_req_t req, fuse_ino_t number)
{
	struct ask a = start(req);
	struct engine_status s;
	engine_get_status(a.fs->engine, &s);
	uint64_t map_free = s.map_bytes > s.used_bytes ? s.map_bytes - s.used_bytes : 0;
	uint64_t free_bytes = s.disk_free_bytes < map_free ? s.disk_free_bytes : map_free;
	struct statvfs v = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255, .f_files = s.items};
	v.f_bavail = v.f_bfree = free_bytes / v.f_frsize;
	v.f_blocks = (s.used_bytes + free_bytes) / v.f_frsize;
	fuse_reply_statfs(req, &v);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t number, const char *name, size_t size)
{
	struct ask a = start(req);
	xattr_get(&a, node_of(&a, number), name, size);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t number, size_t size)
{
	struct ask a = start(req);
	xattr_list(&a, node_of(&a, number), size);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t number, const char *name, const char *value, size_t size, int flags)
{
	fuse_reply_err(req, EOPNOTSUPP);
}

static void op_removexattr(fuse_req_t req, fuse_ino_t number, const char *name)
{
	fuse_reply_err(req, EOPNOTSUPP);
}

static void op_fallocate(fuse_req_t req, fuse_ino_t number, int mode, off_t offset, off_t length, struct fuse_file_info *fi)
{
	fuse_reply_err(req, EOPNOTSUPP);
}

/** Cache policy and why: fs/README.md. */
static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ATOMIC_O_TRUNC |
					      FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_AUTO_INVAL_DATA);
	conn->want &= ~(unsigned)(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
	conn->time_gran = 1;
}

const struct fuse_lowlevel_ops fs_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.mkdir = op_mkdir,
	.mknod = op_mknod,
	.symlink = op_symlink,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.open = op_open,
	.create = op_create,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.setxattr = op_setxattr,
	.removexattr = op_removexattr,
	.fallocate = op_fallocate,
};
