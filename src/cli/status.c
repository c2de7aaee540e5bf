#include "src/cli/cli.h"

#include <argp.h>
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/json_text.h"
#include "engine/keyring.h"
#include "src/mounts.h"
#include "src/words.h"

static const char doc[] = "\nExample:  itemfs status /mnt\n\n"
			  "Tells about the mount at MNT, or about the store STORE, mounted or not. Without a path it lists the "
			  "mounts of this machine.";
static const struct argp_option options[] = {{"json", 'j', NULL, 0, "Print JSON", 0}, {0}};

/** Prints for people, or collects for --json. */
struct report {
	cJSON *json;
};

static bool is_bytes(const char *name)
{
	const char *end = strstr(name, "bytes");
	return end && end[5] == 0;
}

/** "disk_free_bytes": 1234567 becomes "disk free     1.2 MB". */
static void print_member(const char *name, const cJSON *value, unsigned indent)
{
	char label[64], text[64];
	snprintf(label, sizeof label, "%s", name);
	if (is_bytes(name) && strlen(name) > 6 && strlen(name) < sizeof label)
		label[strlen(name) - 6] = 0;
	for (char *p = label; *p; p++)
		if (*p == '_')
			*p = ' ';
	printf("%*s%-*s ", (int)indent, "", 18 - (int)indent, label);
	if (cJSON_IsString(value))
		puts(value->valuestring);
	else if (cJSON_IsBool(value))
		puts(cJSON_IsTrue(value) ? "yes" : "no");
	else if (cJSON_IsNumber(value) && is_bytes(name) && value->valuedouble >= 0) {
		word_format_size((uint64_t)value->valuedouble, text);
		puts(text);
	} else if (cJSON_IsNumber(value))
		printf("%.15g\n", value->valuedouble);
	else
		puts("");
}

static void print_json(const cJSON *document)
{
	struct buf text = BUF_INIT;
	json_text(document, &text);
	fputs(buf_str(&text), stdout);
	buf_finish(&text);
}

static void print_object(const cJSON *object, unsigned indent)
{
	const cJSON *value;
	cJSON_ArrayForEach(value, object)
	{
		if (value->string)
			print_member(value->string, value, indent);
		if (cJSON_IsObject(value) || cJSON_IsArray(value))
			print_object(value, value->string ? indent + 2 : indent);
	}
}

static int print_mount(const char *dir, const char *source, bool json)
{
	struct buf text = BUF_INIT;
	struct err err = {0};
	int code = EXIT_DONE;
	if (mounts_is_dead(dir)) {
		code = cli_error("%s (%s): its server is gone; 'itemfs umount %s' clears it away", dir, source, dir);
	} else if (mounts_read(dir, ".status", &text, &err) != ST_OK) {
		code = cli_fail(&err);
	} else if (json) {
		fwrite(text.ptr, 1, text.len, stdout);
	} else {
		cJSON *status = cJSON_ParseWithLength(buf_str(&text), text.len);
		printf("%s at %s\n", source, dir);
		print_object(status, 2);
		cJSON_Delete(status);
	}
	buf_finish(&text);
	return code;
}

static const char *kind_name(enum unlock_kind kind)
{
	return kind == UNLOCK_PASSPHRASE ? "passphrase" : kind == UNLOCK_CREDENTIAL ? "credential" : "key file";
}

static void add_date(cJSON *object, const char *name, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];
	clock_format(ns, text);
	cJSON_AddStringToObject(object, name, text);
}

static cJSON *describe_keyring(const struct keyring_report *r)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *slots = cJSON_AddArrayToObject(root, "slots"), *masters = cJSON_AddArrayToObject(root, "master_keys");
	for (size_t i = 0; i < r->slot_count; i++) {
		cJSON *slot = cJSON_CreateObject();
		cJSON_AddNumberToObject(slot, "slot", r->slots[i].number);
		cJSON_AddStringToObject(slot, "kind", kind_name(r->slots[i].kind));
		add_date(slot, "created", r->slots[i].created_ns);
		cJSON_AddItemToArray(slots, slot);
	}
	for (size_t i = 0; i < r->master_count; i++) {
		cJSON *master = cJSON_CreateObject();
		cJSON_AddStringToObject(master, "id", r->masters[i].id);
		cJSON_AddStringToObject(master, "state", r->masters[i].state);
		add_date(master, "created", r->masters[i].created_ns);
		cJSON_AddItemToArray(masters, master);
	}
	return root;
}

static void print_keyring(const struct keyring_report *r)
{
	char created[CLOCK_TEXT_MAX];
	for (size_t i = 0; i < r->slot_count; i++) {
		clock_format(r->slots[i].created_ns, created);
		printf("  unlock slot %u     %s, since %s\n", r->slots[i].number, kind_name(r->slots[i].kind), created);
	}
	for (size_t i = 0; i < r->master_count; i++) {
		clock_format(r->masters[i].created_ns, created);
		printf("  master key        %s, %s, since %s\n", r->masters[i].id, r->masters[i].state, created);
	}
}

static int print_store(const char *store, bool json)
{
	struct keyring_report report;
	struct buf text = BUF_INIT;
	struct err err = {0};
	if (keyring_report(store, &report, &err) != ST_OK || mounts_read(store, "store.json", &text, &err) != ST_OK) {
		buf_finish(&text);
		return cli_fail(&err);
	}
	cJSON *root = cJSON_ParseWithLength(buf_str(&text), text.len);
	if (json) {
		cJSON *whole = cJSON_CreateObject();
		cJSON_AddItemToObject(whole, "store", root);
		cJSON_AddItemToObject(whole, "keyring", describe_keyring(&report));
		print_json(whole);
		cJSON_Delete(whole);
	} else {
		printf("%s, not mounted\n", store);
		print_object(root, 2);
		print_keyring(&report);
		cJSON_Delete(root);
	}
	buf_finish(&text);
	return EXIT_DONE;
}

static bool print_row(const char *source, const char *dir, void *arg)
{
	struct report *r = arg;
	const char *state = mounts_is_dead(dir) ? "dead" : "mounted";
	if (!r->json) {
		printf("%-32s %s%s\n", source, dir, strcmp(state, "dead") == 0 ? "  (its server is gone)" : "");
		return true;
	}
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, "store", source);
	cJSON_AddStringToObject(row, "mount", dir);
	cJSON_AddStringToObject(row, "state", state);
	cJSON_AddItemToArray(r->json, row);
	return true;
}

static int list_mounts(bool json)
{
	struct report r = {.json = json ? cJSON_CreateArray() : NULL};
	mounts_each(print_row, &r);
	if (json) {
		print_json(r.json);
		cJSON_Delete(r.json);
	}
	return EXIT_DONE;
}

int cmd_status(int argc, char **argv)
{
	struct cli_path a = {.flag_key = 'j'};
	const struct argp argp = {.options = options, .parser = cli_parse_path, .args_doc = "[MNT|STORE]", .doc = doc};
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (!a.path)
		return list_mounts(a.flag);
	char *path = cli_absolute_path(a.path), *source = mounts_source_at(path), *dir = source ? NULL : mounts_dir_of(path);
	int code = source ? print_mount(path, source, a.flag) : dir ? print_mount(dir, path, a.flag) : print_store(path, a.flag);
	free(path);
	free(source);
	free(dir);
	return code;
}
