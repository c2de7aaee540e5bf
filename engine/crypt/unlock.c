#include "engine/keyring.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MIN 16
#define SECRET_MAX (1u << 20)
#define NEW_SECRET_SIZE 32

/** Whether the path is right inside $CREDENTIALS_DIRECTORY, which systemd makes and guards. */
static bool is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char real_dir[PATH_MAX], real_path[PATH_MAX];
	if (!dir || !realpath(dir, real_dir) || !realpath(path, real_path))
		return false;
	size_t n = strlen(real_dir);
	return strncmp(real_path, real_dir, n) == 0 && real_path[n] == '/';
}

static enum status check_kept_secret(int fd, const char *path, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st))
		return err_errno(err, errno, "cannot look at %s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ST_IO, "%s is a folder, not a key file", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 077) || (st.st_uid == 0 && is_credential(path)))
		return ST_OK;
	return err_set(err, ST_WRONG_KEY,
		"others than its owner may use %s (mode %03o); 'chmod 600' it, or make a new key if it may be known", path,
		(unsigned)(st.st_mode & 0777));
}

static enum status read_secret(int fd, const char *path, struct buf *secret, struct err *err)
{
	uint8_t part[4096];
	ssize_t n = 0;
	while (secret->len <= SECRET_MAX && (n = read(fd, part, sizeof part)) > 0) {
		if (secret->len + (size_t)n + 1 > secret->cap) { /* grow by hand: realloc() would leave a copy behind */
			struct buf wider = BUF_INIT;
			buf_reserve(&wider, 2 * secret->len + sizeof part);
			buf_add(&wider, secret->ptr, secret->len);
			buf_wipe(secret);
			*secret = wider;
		}
		buf_add(secret, part, (size_t)n);
	}
	int failed = errno;
	sodium_memzero(part, sizeof part);
	if (secret->len > SECRET_MAX)
		return err_set(err, ST_WRONG_KEY, "%s is longer than %u bytes; that is no key file", path, SECRET_MAX);
	if (n < 0)
		return err_errno(err, failed, "cannot read %s", path);
	if (secret->len < SECRET_MIN)
		return err_set(err, ST_WRONG_KEY, "%s holds %zu bytes; a key has at least %d", path, secret->len, SECRET_MIN);
	return ST_OK;
}

enum status unlock_read_file(const char *path, struct buf *secret, struct err *err)
{
	struct buf got = BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	enum status st = check_kept_secret(fd, path, err);
	if (!st)
		st = read_secret(fd, path, &got, err);
	close(fd);
	if (!st)
		buf_add_slice(secret, buf_slice(&got));
	buf_wipe(&got);
	return st;
}

enum status unlock_create_file(const char *path, struct buf *secret, struct err *err)
{
	uint8_t key[NEW_SECRET_SIZE];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot create %s", path);
	randombytes_buf(key, sizeof key);
	ssize_t n = write(fd, key, sizeof key);
	int failed = n != (ssize_t)sizeof key ? (n < 0 ? errno : ENOSPC) : fsync(fd) ? errno : 0;
	close(fd);
	if (failed)
		unlink(path);
	else
		buf_add(secret, key, sizeof key);
	sodium_memzero(key, sizeof key);
	return failed ? err_errno(err, failed, "cannot write %s", path) : ST_OK;
}
