#include "fs/fs.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/session.h"

/** Commas and backslashes in an option's value are escaped for libfuse. */
static void add_escaped(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, (uint8_t)*value);
	}
}

static void add_options(struct buf *out, const struct fs *fs, const struct fs_options *o)
{
	buf_add_str(out, "default_permissions,subtype=itemfs,fsname=");
	add_escaped(out, o->fsname ? o->fsname : engine_path(fs->engine));
	if (o->allow_other)
		buf_add_str(out, ",allow_other");
	if (o->read_only)
		buf_add_str(out, ",ro");
	if (o->extra && *o->extra)
		buf_addf(out, ",%s", o->extra);
}

static enum status new_session(struct fs *fs, const struct fs_options *o, struct err *err)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct buf options = BUF_INIT;
	add_options(&options, fs, o);
	bool ok = fuse_opt_add_arg(&args, "itemfs") == 0 && fuse_opt_add_arg(&args, "-o") == 0 &&
		  fuse_opt_add_arg(&args, buf_str(&options)) == 0 && (!o->debug || fuse_opt_add_arg(&args, "-d") == 0);
	if (ok)
		fs->session = fuse_session_new(&args, &fs_ops, sizeof fs_ops, fs);
	fuse_opt_free_args(&args);
	buf_finish(&options);
	if (fs->session)
		return ST_OK;
	return err_set(err, ST_USAGE, "libfuse does not take the mount options '%s'", o->extra ? o->extra : "");
}

static struct fs *fs_new(struct engine *e, const struct fs_options *o)
{
	struct fs *fs = xcalloc(1, sizeof *fs);
	fs->engine = e;
	fs->read_only = o->read_only;
	fs->threads = o->threads ? o->threads : FS_THREADS;
	fs->uid = getuid();
	fs->gid = getgid();
	fs->mounted_ns = clock_wall_ns();
	fs->changes = 1;
	nodes_init(&fs->nodes, &kind_root, o->nodes_max ? o->nodes_max : FS_NODES_MAX);
	memory_init(&fs->memory);
	errors_init(&fs->errors);
	longnames_init(&fs->longnames);
	return fs;
}

static void fs_free(struct fs *fs)
{
	if (fs->session)
		fuse_session_destroy(fs->session);
	memory_finish(&fs->memory);
	nodes_finish(&fs->nodes);
	errors_finish(&fs->errors);
	longnames_finish(&fs->longnames);
	free(fs->mountpoint);
	free(fs->listening);
	free(fs);
}

static enum status mount_session(struct fs *fs, const struct fs_options *o, struct err *err)
{
	fs->mountpoint = realpath(o->mountpoint, NULL);
	if (!fs->mountpoint)
		return err_errno(err, errno, "cannot mount at '%s'", o->mountpoint);
	errno = 0;
	if (fuse_session_mount(fs->session, fs->mountpoint) != 0)
		return err_set(err, ST_IO, "cannot mount at '%s'%s%s (is /dev/fuse there, and may you mount there?)",
			fs->mountpoint, errno ? ": " : "", errno ? strerror(errno) : "");
	return ST_OK;
}

enum status fs_mount(struct engine *e, const struct fs_options *o, struct fs **ret, struct err *err)
{
	struct fs *fs = fs_new(e, o);
	enum status st = new_session(fs, o, err);
	if (!st)
		st = mount_session(fs, o, err);
	if (!st && (st = notify_start(fs, err)))
		fuse_session_unmount(fs->session);
	if (st) {
		fs_free(fs);
		return st;
	}
	*ret = fs;
	return ST_OK;
}

void fs_set_listening(struct fs *fs, const char *url)
{
	free(fs->listening);
	fs->listening = xstrdup(url);
}

int fs_loop(struct fs *fs)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	fuse_loop_cfg_set_clone_fd(config, 0);
	fuse_loop_cfg_set_max_threads(config, fs->threads + CAPACITY_WAITERS_MAX); /* whoever waits stops nobody else */
	fuse_loop_cfg_set_idle_threads(config, fs->threads);
	int code = fuse_session_loop_mt(fs->session, config);
	fuse_loop_cfg_destroy(config);
	return code < 0 ? -code : 0;
}

/** The loop sleeps in read(2) until a request comes: this is one. It is answered, or fails when the connection closes. */
static void *wake(void *arg)
{
	struct fs *fs = arg;
	struct statvfs v;
	if (statvfs(fs->mountpoint, &v) != 0)
		log_debug("the mount point was gone already");
	return NULL;
}

void fs_stop(struct fs *fs)
{
	if (atomic_exchange(&fs->stopping, true))
		return;
	fuse_session_exit(fs->session);
	fs->waker_started = pthread_create(&fs->waker, NULL, wake, fs) == 0;
}

void fs_unmount(struct fs *fs)
{
	if (!fs)
		return;
	fuse_session_unmount(fs->session); /* closes the connection: nobody waits for an answer after this */
	if (fs->waker_started)
		pthread_join(fs->waker, NULL);
	notify_stop(fs);
	fs_free(fs);
}
