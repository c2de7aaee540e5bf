#include "fs/tables.h"

#include "fs/names.h"
#include "fs/session.h"

struct digest_search {
	bool file;
	const uint8_t *digest;
	char *ret;
};

static bool digest_table(struct table *t, void *arg)
{
	struct digest_search *s = arg;
	uint8_t digest[NAME_DIGEST_SIZE];
	struct slice name = slice_str(table_name(t));
	if (!name_digest(VALUE_S, name, s->file, digest) || memcmp(digest, s->digest, sizeof digest) != 0)
		return true;
	memcpy(s->ret, name.ptr, name.len + 1);
	return false;
}

static bool good_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static enum status check_name(struct ask *a, struct slice name)
{
	bool good = name.len >= LIMIT_TABLE_NAME_MIN && name.len <= LIMIT_TABLE_NAME_MAX;
	for (size_t i = 0; i < name.len; i++)
		good &= good_char(name.ptr[i]);
	if (good)
		return ST_OK;
	return err_set(&a->err, ST_VALIDATION, "a table's name has %d to %d characters out of a-z A-Z 0-9 _ - .",
		LIMIT_TABLE_NAME_MIN, LIMIT_TABLE_NAME_MAX);
}

enum status tables_parse(struct ask *a, struct slice name, bool file, char *ret)
{
	struct buf part = BUF_INIT;
	enum name_kind kind = name_parse(VALUE_S, name, file, &part);
	enum status st = kind == NAME_KEY ? check_name(a, buf_slice(&part)) : ST_OK;
	ret[0] = 0;
	if (kind == NAME_KEY && !st)
		memcpy(ret, buf_str(&part), part.len + 1);
	if (kind == NAME_DIGEST) {
		struct digest_search s = {.file = file, .digest = part.ptr, .ret = ret};
		table_list(a->fs->engine, 0, digest_table, &s);
	}
	if (!st && !ret[0])
		st = err_set(&a->err, ST_NAME,
			file ? "here a file is called like its table, and .json" : "this is not how a table's name is spelt");
	buf_finish(&part);
	return st;
}

enum status tables_open(struct ask *a, struct slice name, bool file, struct table **ret)
{
	char text[LIMIT_TABLE_NAME_MAX + 1];
	if (tables_parse(a, name, file, text) != ST_OK)
		err_clear(&a->err);
	return text[0] ? table_open(a->fs->engine, text, ret, NULL) : ST_NO_TABLE;
}
