/** Definitions of tables: T/.schema.json, .tables/T.json (create, update, read), .check/T.json (the dry run), .templates/X.json (starters). */
#include "fs/doc.h"

#include <fcntl.h>

#include "fs/handle.h"
#include "fs/session.h"
#include "fs/tables.h"

struct template
{
	const char *name, *text;
};

static const struct template templates[] = {
	{"simple.json", "{\n"
			"  \"AttributeDefinitions\": [\n"
			"    { \"AttributeName\": \"id\", \"AttributeType\": \"S\" }\n"
			"  ],\n"
			"  \"KeySchema\": [\n"
			"    { \"AttributeName\": \"id\", \"KeyType\": \"HASH\" }\n"
			"  ],\n"
			"  \"BillingMode\": \"PAY_PER_REQUEST\"\n"
			"}\n"},
	{"sorted.json", "{\n"
			"  \"AttributeDefinitions\": [\n"
			"    { \"AttributeName\": \"pk\", \"AttributeType\": \"S\" },\n"
			"    { \"AttributeName\": \"sk\", \"AttributeType\": \"S\" }\n"
			"  ],\n"
			"  \"KeySchema\": [\n"
			"    { \"AttributeName\": \"pk\", \"KeyType\": \"HASH\" },\n"
			"    { \"AttributeName\": \"sk\", \"KeyType\": \"RANGE\" }\n"
			"  ],\n"
			"  \"BillingMode\": \"PAY_PER_REQUEST\"\n"
			"}\n"},
	{"numbered.json", "{\n"
			  "  \"AttributeDefinitions\": [\n"
			  "    { \"AttributeName\": \"pk\", \"AttributeType\": \"S\" },\n"
			  "    { \"AttributeName\": \"n\", \"AttributeType\": \"N\" }\n"
			  "  ],\n"
			  "  \"KeySchema\": [\n"
			  "    { \"AttributeName\": \"pk\", \"KeyType\": \"HASH\" },\n"
			  "    { \"AttributeName\": \"n\", \"KeyType\": \"RANGE\" }\n"
			  "  ],\n"
			  "  \"BillingMode\": \"PAY_PER_REQUEST\"\n"
			  "}\n"},
	{"indexed.json", "{\n"
			 "  \"AttributeDefinitions\": [\n"
			 "    { \"AttributeName\": \"pk\", \"AttributeType\": \"S\" },\n"
			 "    { \"AttributeName\": \"sk\", \"AttributeType\": \"S\" },\n"
			 "    { \"AttributeName\": \"owner\", \"AttributeType\": \"S\" },\n"
			 "    { \"AttributeName\": \"at\", \"AttributeType\": \"N\" }\n"
			 "  ],\n"
			 "  \"KeySchema\": [\n"
			 "    { \"AttributeName\": \"pk\", \"KeyType\": \"HASH\" },\n"
			 "    { \"AttributeName\": \"sk\", \"KeyType\": \"RANGE\" }\n"
			 "  ],\n"
			 "  \"LocalSecondaryIndexes\": [\n"
			 "    {\n"
			 "      \"IndexName\": \"by-time\",\n"
			 "      \"KeySchema\": [\n"
			 "        { \"AttributeName\": \"pk\", \"KeyType\": \"HASH\" },\n"
			 "        { \"AttributeName\": \"at\", \"KeyType\": \"RANGE\" }\n"
			 "      ],\n"
			 "      \"Projection\": { \"ProjectionType\": \"KEYS_ONLY\" }\n"
			 "    }\n"
			 "  ],\n"
			 "  \"GlobalSecondaryIndexes\": [\n"
			 "    {\n"
			 "      \"IndexName\": \"by-owner\",\n"
			 "      \"KeySchema\": [\n"
			 "        { \"AttributeName\": \"owner\", \"KeyType\": \"HASH\" },\n"
			 "        { \"AttributeName\": \"at\", \"KeyType\": \"RANGE\" }\n"
			 "      ],\n"
			 "      \"Projection\": { \"ProjectionType\": \"INCLUDE\", \"NonKeyAttributes\": [\"title\"] }\n"
			 "    }\n"
			 "  ],\n"
			 "  \"BillingMode\": \"PAY_PER_REQUEST\"\n"
			 "}\n"},
	{"everything.json", "{\n"
			    "  \"AttributeDefinitions\": [\n"
			    "    { \"AttributeName\": \"id\", \"AttributeType\": \"S\" }\n"
			    "  ],\n"
			    "  \"KeySchema\": [\n"
			    "    { \"AttributeName\": \"id\", \"KeyType\": \"HASH\" }\n"
			    "  ],\n"
			    "  \"BillingMode\": \"PROVISIONED\",\n"
			    "  \"ProvisionedThroughput\": { \"ReadCapacityUnits\": 10, \"WriteCapacityUnits\": 5 },\n"
			    "  \"TableClass\": \"STANDARD\",\n"
			    "  \"DeletionProtectionEnabled\": false,\n"
			    "  \"StreamSpecification\": { \"StreamEnabled\": true, \"StreamViewType\": \"NEW_AND_OLD_IMAGES\" },\n"
			    "  \"TimeToLiveSpecification\": { \"Enabled\": true, \"AttributeName\": \"expires\" },\n"
			    "  \"Tags\": [\n"
			    "    { \"Key\": \"purpose\", \"Value\": \"example\" }\n"
			    "  ]\n"
			    "}\n"},
};
#define TEMPLATES (sizeof templates / sizeof *templates)

const char *doc_template(struct slice name)
{
	for (size_t i = 0; i < TEMPLATES; i++) {
		if (slice_eq_str(name, templates[i].name))
			return templates[i].text;
	}
	return NULL;
}

const char *doc_template_name(uint64_t n)
{
	return n < TEMPLATES ? templates[n].name : NULL;
}

static bool is_in(const struct node *n, const char *vdir)
{
	struct node *dir = node_parent(n);
	return dir->kind == &kind_vdir && slice_eq_str(node_bytes(dir), vdir);
}

/** The name of the table that the document is about. */
static enum status table_name_of(struct ask *a, const struct node *n, char *name)
{
	struct node *dir = node_parent(n);
	if (dir->kind == &kind_vdir)
		return tables_parse(a, node_bytes(n), true, name);
	if (dir->kind == &kind_draft)
		return tables_parse(a, node_bytes(dir), false, name);
	memcpy(name, table_name(dir->table), strlen(table_name(dir->table)) + 1);
	return ST_OK;
}

static enum status print(struct ask *a, const struct node *n, struct buf *out, struct table_info *info, mode_t *mode)
{
	char name[LIMIT_TABLE_NAME_MAX + 1];
	struct table *t;
	struct table_def def;
	if (is_in(n, ".templates")) {
		const char *text = doc_template(node_bytes(n));
		buf_add_str(out, text ? text : "");
		return text ? ST_OK : ST_NOT_FOUND;
	}
	enum status st = table_name_of(a, n, name);
	if (!st)
		st = table_open(a->fs->engine, name, &t, NULL);
	if (st)
		return ST_NOT_FOUND;
	table_get_def(t, &def);
	table_def_print(&def, out);
	*mode = def.mode;
	table_get_info(t, info);
	table_def_finish(&def);
	table_unref(t);
	return ST_OK;
}

/** One that is being created is not there yet for anybody else, but its maker's descriptor has attributes. */
static enum status doc_getattr(struct ask *a, struct node *n, struct entry *ret)
{
	struct buf text = BUF_INIT;
	struct table_info info = {.changed_ns = a->fs->mounted_ns};
	mode_t mode = is_in(n, ".templates") ? 0444 : 0644;
	bool exists = print(a, n, &text, &info, &mode) == ST_OK;
	entry_set_file(a, n, 0, text.len, info.changed_ns, ret);
	ret->st.st_mode = S_IFREG | (mode & 0666);
	ret->entry_s = 0;
	if (!exists) {
		ret->st.st_uid = a->caller.uid;
		ret->st.st_gid = a->caller.gid;
		ret->st.st_nlink = 0;
	}
	buf_finish(&text);
	return ST_OK;
}

static enum status doc_setattr(struct ask *a, struct node *n, const struct stat *want, int which)
{
	struct entry now = {0};
	enum status st = doc_getattr(a, n, &now);
	if (st)
		return st;
	if ((which & FUSE_SET_ATTR_SIZE) && want->st_size != 0 && want->st_size != now.st.st_size)
		return err_set(&a->err, ST_SYNTAX, "a definition cannot be cut off or made longer; write a whole document");
	if ((which & FUSE_SET_ATTR_MODE) && (want->st_mode & 0777) != (now.st.st_mode & 0777))
		return err_set(&a->err, ST_NOT_PERMITTED, "a definition has the mode of its table; chmod the table");
	return ST_OK;
}

static enum status doc_open(struct ask *a, struct handle *h)
{
	if (handle_writes(h) && is_in(h->node, ".templates"))
		return err_set(&a->err, ST_NOT_PERMITTED, "templates are for reading");
	return ST_OK;
}

static enum status doc_load(struct ask *a, struct handle *h)
{
	struct table_info info;
	mode_t mode;
	enum status st = print(a, h->node, &h->text, &info, &mode);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status doc_create(struct ask *a, struct node *n, struct handle *h, struct entry *ret)
{
	enum status st = doc_getattr(a, n, ret);
	if (!st && (h->flags & O_EXCL) && ret->st.st_nlink)
		st = err_code(&a->err, ST_TABLE_EXISTS);
	if (st) {
		node_forget(&a->fs->nodes, n, 1);
		return st;
	}
	ret->node = h->node = n;
	h->exclusive = h->flags & O_EXCL;
	return ST_OK;
}

static enum status apply(struct ask *a, struct handle *h, const struct table_def *def)
{
	struct engine *e = a->fs->engine;
	struct table *t = NULL;
	if (is_in(h->node, ".check"))
		return table_check(e, &a->caller, def, &a->err);
	bool exists = table_open(e, def->name, &t, NULL) == ST_OK;
	table_unref(t);
	if (exists && h->exclusive)
		return err_code(&a->err, ST_TABLE_EXISTS);
	return exists ? table_update(e, &a->caller, def, &a->err) : table_create(e, &a->caller, def, NULL, &a->err);
}

static enum status doc_commit(struct ask *a, struct handle *h)
{
	char name[LIMIT_TABLE_NAME_MAX + 1];
	struct table_def def = {0};
	enum status st = table_name_of(a, h->node, name);
	if (!st && h->text.len > TABLE_DEF_TEXT_MAX)
		st = err_set(&a->err, ST_VALIDATION, "a definition holds at most %u bytes", TABLE_DEF_TEXT_MAX);
	if (!st)
		st = table_def_parse(buf_slice(&h->text), name, &a->caller, &def, &a->err);
	if (st)
		return st;
	st = apply(a, h, &def);
	table_def_finish(&def);
	if (!st && !is_in(h->node, ".check"))
		draft_done(a->fs, name);
	return st;
}

const struct kind kind_doc = {
	.name = "doc",
	.getattr = doc_getattr,
	.setattr = doc_setattr,
	.open = doc_open,
	.read = handle_read,
	.write = handle_write,
	.truncate = handle_truncate,
	.flush = handle_flush,
	.load = doc_load,
	.commit = doc_commit,
};
