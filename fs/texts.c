/** What the computed files say. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/json_text.h"
#include "fs/names.h"
#include "fs/session.h"
#include "fs/virtual.h"

static const char help_root[] = "This directory holds tables. Every table is a directory.\n"
				"\n"
				"  ls                                        the tables\n"
				"  mkdir NAME                                a draft of a table; then write its definition:\n"
				"  cp .templates/simple.json NAME/.schema.json\n"
				"  cp .templates/simple.json .tables/NAME.json   the same in one step\n"
				"  rm -r NAME                                removes the items, then the table\n";
static const char help_items[] =
	"This directory holds items, one JSON file each.\n"
	"\n"
	"  cat KEY.json                    the item\n"
	"  echo '{...}' > KEY.json         puts it, replacing the whole item; the key comes from the name\n"
	"  rm KEY.json                     deletes it\n"
	"  mv A.json B.json                gives it another key\n"
	"\n"
	"A write commits when the document is complete. Open with O_EXCL (set -C in the shell) to put only what is new.\n"
	"Any other file name is a scratch file: in memory, not listed, gone after 10 idle minutes; renaming one to\n"
	"KEY.json puts it as an item.\n";
static const char help_partitions[] =
	"This directory holds partitions, one directory for each value of the partition key.\n"
	"\n"
	"  ls PK                           the partition's items in the order of their sort keys\n"
	"  mkdir PK                        a partition; it stays for a minute unless it gets an item\n"
	"  echo '{...}' > PK/SK.json       puts an item\n"
	"  rm -r PK                        deletes the partition's items\n";
static const char help_draft[] = "This table is a draft: it has no definition yet. Write one to make it a table:\n"
				 "\n"
				 "  cp ../.templates/simple.json .schema.json       (see ls ../.templates)\n";
static const char help_names[] = "\n"
				 "Names: a string key is itself. Written %XX are / % \\ : * ? \" < > | control characters, a "
				 "leading . - ~ and a trailing space or\n"
				 "dot. Number keys are plain decimals, binary keys lower-case hex. Each key has one spelling. A "
				 "name of more than 255 bytes is\n"
				 "cut and ends in %~ and a hash; the whole key stands in the item.\n";

static void add_virtual_names(unsigned where, struct buf *out)
{
	buf_add_str(out, "\nNot listed, but here:\n");
	for (const struct virtual *v = virtual_rows; v->name; v++) {
		if (v->where & where)
			buf_addf(out, "  %-14s %s\n", v->name, v->help);
	}
}

enum status text_help(struct ask *a, struct node *dir, struct buf *out)
{
	unsigned where = virtual_where(dir);
	if (where == IN_ROOT)
		buf_add_str(out, help_root);
	else if (where == IN_DRAFT)
		buf_add_str(out, help_draft);
	else if (where == IN_PARTITION || !schema_has_sk(table_schema(dir->table)))
		buf_add_str(out, help_items);
	else
		buf_add_str(out, help_partitions);
	if (where == IN_TYPED || node_is(dir, NODE_TYPED))
		buf_add_str(out, "\nItems are shown and taken as DynamoDB JSON here: {\"price\": {\"N\": \"3\"}}.\n");
	if (where != IN_ROOT && where != IN_DRAFT)
		buf_add_str(out, help_names);
	add_virtual_names(where, out);
	return ST_OK;
}

enum status text_errors(struct ask *a, struct node *dir, struct buf *out)
{
	errors_print(&a->fs->errors, a->caller.uid, out);
	return ST_OK;
}

static void add_number(cJSON *o, const char *name, uint64_t n)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)n); /* a double would not hold them all */
	cJSON_AddRawToObject(o, name, text);
}

static void add_time(cJSON *o, const char *name, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];
	clock_format(ns, text);
	cJSON_AddStringToObject(o, name, text);
}

static enum status print(cJSON *o, struct buf *out)
{
	json_text(o, out);
	cJSON_Delete(o);
	return ST_OK;
}

static void add_meter(cJSON *o, const struct meter_stats *m)
{
	cJSON_AddNumberToObject(o, "consumed_read_units", m->used.read);
	cJSON_AddNumberToObject(o, "consumed_write_units", m->used.write);
	add_number(o, "throttled_reads", m->throttled_reads);
	add_number(o, "throttled_writes", m->throttled_writes);
}

/** Since the mount. */
static void add_usage(cJSON *o, struct table *t)
{
	struct table_stats stats = {0};
	table_get_stats(t, &stats);
	add_meter(o, &stats.meters[0]);
	cJSON *indexes = cJSON_AddObjectToObject(o, "indexes");
	for (size_t i = 1; i < stats.count; i++)
		add_meter(cJSON_AddObjectToObject(indexes, stats.meters[i].index), &stats.meters[i]);
	table_stats_finish(&stats);
}

static void add_table_stats(cJSON *o, struct table *t)
{
	struct table_info info;
	table_get_info(t, &info);
	add_number(o, "items", info.item_count);
	add_number(o, "item_bytes", info.item_bytes);
	add_number(o, "text_bytes", info.text_bytes);
	add_time(o, "created", info.created_ns);
	add_time(o, "modified", info.modified_ns);
	add_usage(o, t);
}

enum status text_stats(struct ask *a, struct node *dir, struct buf *out)
{
	cJSON *o = cJSON_CreateObject();
	if (dir->table) {
		add_table_stats(o, dir->table);
		return print(o, out);
	}
	struct engine_status s;
	engine_get_status(a->fs->engine, &s);
	add_number(o, "tables", s.tables);
	add_number(o, "items", s.items);
	add_number(o, "item_bytes", s.item_bytes);
	add_number(o, "commits", s.commits);
	add_number(o, "synced_commits", s.synced_commits);
	add_number(o, "used_bytes", s.used_bytes);
	add_number(o, "disk_free_bytes", s.disk_free_bytes);
	add_number(o, "cached_inodes", nodes_count(&a->fs->nodes));
	add_number(o, "requests", atomic_load(&a->fs->requests));
	return print(o, out);
}

static void add_table_status(cJSON *o, struct table *t)
{
	static const char *const states[] = {"ACTIVE", "CREATING", "UPDATING", "DELETING"};
	struct table_info info;
	struct table_def def;
	table_get_info(t, &info);
	table_get_def(t, &def);
	cJSON_AddStringToObject(o, "table", def.name);
	cJSON_AddStringToObject(o, "status", table_gone(t) ? "DELETING" : states[info.state]);
	cJSON_AddStringToObject(o, "id", info.uuid);
	cJSON_AddStringToObject(o, "billing_mode", def.billing == BILLING_PROVISIONED ? "PROVISIONED" : "PAY_PER_REQUEST");
	cJSON_AddBoolToObject(o, "deletion_protection", def.deletion_protection);
	add_number(o, "items", info.item_count);
	add_time(o, "created", info.created_ns);
	add_time(o, "definition_changed", info.changed_ns);
	table_def_finish(&def);
}

enum status text_status(struct ask *a, struct node *dir, struct buf *out)
{
	cJSON *o = cJSON_CreateObject();
	if (dir->table) {
		add_table_status(o, dir->table);
		return print(o, out);
	}
	struct engine_status s;
	engine_get_status(a->fs->engine, &s);
	cJSON_AddStringToObject(o, "store", engine_path(a->fs->engine));
	cJSON_AddStringToObject(o, "store_id", s.store_id);
	add_number(o, "format", s.format);
	cJSON_AddStringToObject(o, "cipher", s.cipher);
	cJSON_AddBoolToObject(o, "damaged", s.damaged);
	add_number(o, "sequence", s.sequence);
	add_number(o, "map_bytes", s.map_bytes);
	add_number(o, "used_bytes", s.used_bytes);
	add_number(o, "disk_free_bytes", s.disk_free_bytes);
	add_number(o, "tables", s.tables);
	add_number(o, "items", s.items);
	add_number(o, "pid", (uint64_t)getpid());
	cJSON_AddStringToObject(o, "mountpoint", a->fs->mountpoint);
	if (a->fs->listening)
		cJSON_AddStringToObject(o, "listening", a->fs->listening);
	cJSON_AddBoolToObject(o, "read_only", a->fs->read_only);
	add_time(o, "mounted", a->fs->mounted_ns);
	cJSON_AddStringToObject(o, "version", ITEMFS_VERSION);
	return print(o, out);
}

struct row_count {
	uint64_t n;
};

static bool count_row(const struct list_row *row, void *arg)
{
	((struct row_count *)arg)->n += row->status == ST_OK;
	return true;
}

/** As many as ls would list. */
enum status text_count(struct ask *a, struct node *dir, struct buf *out)
{
	struct row_count rows = {0};
	struct partition_pos start = {0};
	struct table_info info;
	enum status st = ST_OK;
	if (dir->kind == &kind_partition) {
		st = op_list_items(a->fs->engine, &a->caller, dir->table, node_bytes(dir), slice_of(NULL, 0), false, count_row,
			&rows, &a->err);
	} else if (!dir->table) {
		rows.n = table_count(a->fs->engine);
	} else if (!schema_has_sk(table_schema(dir->table))) {
		table_get_info(dir->table, &info);
		rows.n = info.item_count;
	} else {
		st = op_list_partitions(a->fs->engine, &a->caller, dir->table, &start, count_row, &rows, &a->err);
	}
	buf_addf(out, "%llu\n", (unsigned long long)rows.n);
	return st;
}
