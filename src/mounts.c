#include "src/mounts.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <mntent.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_MAX (1u << 20)
#define FS_TYPE "fuse.itemfs"

void mounts_each(mounts_fn *fn, void *arg)
{
	char text[8192];
	struct mntent entry;
	FILE *f = setmntent("/proc/self/mounts", "re");
	if (!f)
		return;
	while (getmntent_r(f, &entry, text, sizeof text))
		if (strcmp(entry.mnt_type, FS_TYPE) == 0 && !fn(entry.mnt_fsname, entry.mnt_dir, arg))
			break;
	endmntent(f);
}

enum search_by { BY_DIR, BY_SOURCE, BY_PATH };

struct search {
	enum search_by by;
	const char *wanted;
	char *found;
	size_t found_len;
};

static bool holds(const char *dir, const char *path)
{
	size_t n = strlen(dir);
	return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/** Later lines win: they lie on top. */
static bool search_row(const char *source, const char *dir, void *arg)
{
	struct search *s = arg;
	const char *answer = NULL;
	if (s->by == BY_DIR && strcmp(dir, s->wanted) == 0)
		answer = source;
	else if ((s->by == BY_SOURCE && strcmp(source, s->wanted) == 0) ||
		 (s->by == BY_PATH && holds(dir, s->wanted) && strlen(dir) >= s->found_len))
		answer = dir;
	if (answer) {
		free(s->found);
		s->found = xstrdup(answer);
		s->found_len = strlen(answer);
	}
	return true;
}

static char *search(enum search_by by, const char *wanted)
{
	struct search s = {.by = by, .wanted = wanted};
	mounts_each(search_row, &s);
	return s.found;
}

char *mounts_source_at(const char *dir)
{
	return search(BY_DIR, dir);
}

char *mounts_dir_of(const char *source)
{
	return search(BY_SOURCE, source);
}

char *mounts_dir_holding(const char *path)
{
	return search(BY_PATH, path);
}

bool mounts_is_dead(const char *dir)
{
	struct statfs s; /* stat(2) may be answered from the kernel's cache */
	return statfs(dir, &s) != 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}

enum status mounts_read(const char *dir, const char *name, struct buf *out, struct err *err)
{
	struct buf path = BUF_INIT;
	enum status st = ST_OK;
	ssize_t n = 0;
	buf_addf(&path, "%s/%s", dir, name);
	int fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		st = err_errno(err, errno, "cannot open %s", buf_str(&path));
		goto out;
	}
	while (out->len < READ_MAX && (n = read(fd, buf_reserve(out, 65536), 65536)) > 0)
		buf_added(out, (size_t)n);
	if (n < 0)
		st = err_errno(err, errno, "cannot read %s", buf_str(&path));
	close(fd);
out:
	buf_finish(&path);
	return st;
}

int mounts_server(const char *dir)
{
	struct buf text = BUF_INIT;
	int pid = 0;
	if (mounts_read(dir, ".status", &text, NULL) == ST_OK) {
		cJSON *status = cJSON_ParseWithLength(buf_str(&text), text.len);
		const cJSON *member = cJSON_GetObjectItemCaseSensitive(status, "pid");
		if (cJSON_IsNumber(member) && member->valueint > 1)
			pid = member->valueint;
		cJSON_Delete(status);
	}
	buf_finish(&text);
	return pid;
}

static enum status run_fusermount(const char *dir, bool lazy, struct err *err)
{
	char *argv[] = {"fusermount3", lazy ? "-uz" : "-u", "--", (char *)dir, NULL};
	extern char **environ;
	pid_t pid;
	int status = 0;
	int failed = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (failed)
		return err_errno(err, failed, "cannot run fusermount3");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ST_IO,
			"cannot unmount %s; if it is in use ('fuser -vm %s' shows by whom), detach it at once with -l", dir, dir);
	return ST_OK;
}

enum status mounts_detach(const char *dir, bool lazy, struct err *err)
{
	if (geteuid() != 0)
		return run_fusermount(dir, lazy, err);
	if (umount2(dir, lazy ? MNT_DETACH : 0) == 0)
		return ST_OK;
	if (errno == EBUSY)
		return err_set(err, ST_IO,
			"%s is in use ('fuser -vm %s' shows by whom); end that first, or detach it at once with -l", dir, dir);
	return err_errno(err, errno, "cannot unmount %s", dir);
}
