#include "src/import/through.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/json.h"
#include "fs/names.h"
#include "src/cli/cli.h"
#include "src/mounts.h"

static void set_table_path(struct through *t, const char *table)
{
	buf_reset(&t->path);
	buf_addf(&t->path, "%s/%s", t->mount, table);
	t->table_len = t->path.len;
}

static enum status read_def(struct through *t, const char *table, struct err *err)
{
	struct caller caller = cli_caller();
	struct buf text = BUF_INIT;
	enum status st = mounts_read(buf_str(&t->path), ".schema.json", &text, err);
	if (st == ST_OK)
		st = table_def_parse(buf_slice(&text), table, &caller, &t->def, err);
	buf_finish(&text);
	return st;
}

enum status through_open(struct through *t, const char *mount, const char *table, struct err *err)
{
	struct stat s;
	t->mount = xstrdup(mount);
	if (!*table || *table == '.' || strchr(table, '/'))
		return err_set(err, ST_USAGE, "'%s' is no table's name", table);
	set_table_path(t, table);
	if (stat(buf_str(&t->path), &s) != 0 && errno == ENOENT)
		return err_code(err, ST_NO_TABLE);
	return read_def(t, table, err);
}

/** What the mount remembers of the failure at this path, which says more than the errno. */
static enum status describe(struct through *t, int error, struct err *err)
{
	char text[ERR_TEXT_MAX];
	ssize_t n = getxattr(buf_str(&t->path), "user.itemfs.error", text, sizeof text);
	for (char *slash = strrchr(buf_str(&t->path), '/'); n <= 0 && slash; slash = NULL) {
		*slash = 0;
		n = getxattr(buf_str(&t->path), "user.itemfs.error", text, sizeof text);
	}
	if (error == ENOSPC || error == EIO || error == ENOTCONN || error == EROFS)
		return err_errno(err, error, "the mount %s", t->mount);
	if (n > 0)
		return err_set(err, ST_VALIDATION, "%.*s", (int)n, text);
	return err_set(err, ST_VALIDATION, "%s", strerror(error));
}

static enum status write_file(struct through *t, struct err *err)
{
	const char *path = buf_str(&t->path);
	int error = 0, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 && errno == ENOENT) { /* a new partition */
		char *slash = strrchr(path, '/');
		*slash = 0;
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return describe(t, errno, err);
		*slash = '/';
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	if (fd < 0)
		return describe(t, errno, err);
	for (size_t at = 0; at < t->text.len && !error;) {
		ssize_t n = write(fd, t->text.ptr + at, t->text.len - at);
		if (n < 0 && errno != EINTR)
			error = errno;
		at += n > 0 ? (size_t)n : 0;
	}
	if (close(fd) != 0 && !error)
		error = errno;
	return error ? describe(t, error, err) : ST_OK;
}

enum status through_create(struct through *t, const struct table_def *def, struct err *err)
{
	buf_reset(&t->path);
	buf_addf(&t->path, "%s/.tables/%s.json", t->mount, def->name);
	buf_reset(&t->text);
	table_def_print(def, &t->text);
	enum status st = write_file(t, err);
	table_def_copy(&t->def, def);
	set_table_path(t, def->name);
	return st;
}

void through_close(struct through *t)
{
	table_def_finish(&t->def);
	buf_finish(&t->path);
	buf_finish(&t->text);
	free(t->mount);
	*t = (struct through){0};
}

static enum status set_item_path(struct through *t, const struct key *key, struct err *err)
{
	const struct key_schema *s = &t->def.schema;
	bool sorted = schema_has_sk(s);
	uint8_t digest[NAME_DIGEST_SIZE];
	buf_resize(&t->path, t->table_len);
	buf_add_byte(&t->path, '/');
	name_from_key(s->pk.type, key->pk, !sorted, &t->path);
	if (sorted) {
		buf_add_byte(&t->path, '/');
		name_from_key(s->sk.type, key->sk, true, &t->path);
	}
	if (name_digest(s->pk.type, key->pk, !sorted, digest) || (sorted && name_digest(s->sk.type, key->sk, true, digest)))
		return err_set(err, ST_VALIDATION, "its key is too long for a file name; import it while the store is not mounted");
	return ST_OK;
}

enum status through_put(struct through *t, struct slice item, struct err *err)
{
	const struct json_style style = {.form = JSON_NATURAL};
	struct key key;
	enum status st = key_from_item(&t->def.schema, item, &key, err);
	if (st == ST_OK)
		st = set_item_path(t, &key, err);
	if (st != ST_OK)
		return st;
	buf_reset(&t->text);
	json_write_item(item, &style, &t->text);
	return write_file(t, err);
}

enum status through_sync(struct through *t, struct err *err)
{
	enum status st = ST_OK;
	buf_resize(&t->path, t->table_len);
	int fd = open(buf_str(&t->path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		st = err_errno(err, errno, "cannot sync %s", buf_str(&t->path));
	if (fd >= 0)
		close(fd);
	return st;
}
