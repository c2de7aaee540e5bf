#include "engine/base/file.h"

#include <fcntl.h>
#include <unistd.h>

static enum status read_all(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t start = out->len;
	for (;;) {
		ssize_t n = read(fd, buf_reserve(out, 4096), 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "cannot read %s", path);
		if (n == 0)
			return ST_OK;
		buf_added(out, (size_t)n);
		if (out->len - start > max)
			return err_set(err, ST_IO, "%s holds more than %zu bytes", path, max);
	}
}

enum status file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ST_NOT_FOUND, "%s does not exist", path);
	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	size_t start = out->len;
	enum status st = read_all(fd, path, max, out, err);
	close(fd);
	if (st)
		buf_resize(out, start);
	return st;
}

static enum status write_all(int fd, const char *path, struct slice bytes, struct err *err)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "cannot write %s", path);
		bytes = slice_from(bytes, (size_t)n);
	}
	return fsync(fd) ? err_errno(err, errno, "cannot sync %s", path) : ST_OK;
}

enum status file_sync_dir(const char *path, struct err *err)
{
	struct buf dir = BUF_INIT;
	const char *slash = strrchr(path, '/');
	buf_add(&dir, slash ? path : ".", slash ? (size_t)(slash - path) + (slash == path) : 1);
	int fd = open(buf_str(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = ST_OK;
	if (fd < 0 || fsync(fd))
		st = err_errno(err, errno, "cannot sync the directory %s", buf_str(&dir));
	if (fd >= 0)
		close(fd);
	buf_finish(&dir);
	return st;
}

enum status file_write_new(const char *path, mode_t mode, struct slice bytes, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ST_STORE_EXISTS, "%s exists already", path);
	if (fd < 0)
		return err_errno(err, errno, "cannot create %s", path);
	enum status st = write_all(fd, path, bytes, err);
	if (close(fd) && !st)
		st = err_errno(err, errno, "cannot write %s", path);
	if (!st)
		st = file_sync_dir(path, err);
	if (st)
		unlink(path);
	return st;
}
