#include "src/cli/cli.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/daemon.h"
#include "src/mounts.h"

static const char doc[] =
	"\nExample:  itemfs mount ~/shop /mnt\n\n"
	"Shows the store STORE at the directory MNT and returns when it is ready to use. 'itemfs umount MNT' ends it.\v"
	"The key is looked for in ~/.config/itemfs/keys; if the store has a passphrase, it is asked for.\n"
	"'itemfs mount ~/shop /mnt --listen 127.0.0.1:8000' answers the DynamoDB API beside the mount.\n"
	"In /etc/fstab:  /home/me/shop  /mnt  fuse.itemfs  noauto,key_file=/etc/keys/shop.key  0 0\n"
	"Settings that are always wanted go to a file: 'itemfs help config'.";

struct arguments {
	struct settings settings;
	const char *store, *mountpoint;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->settings;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			a->store = strncmp(arg, "itemfs#", 7) == 0 ? arg + 7 : arg;
		else if (state->arg_num == 1)
			a->mountpoint = arg;
		else
			argp_error(state, "'%s' is one word too much", arg);
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "which store, and where? (itemfs mount STORE MNT)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status check_empty(const char *dir, struct err *err)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	enum status st = ST_OK;
	if (!d)
		return err_errno(err, errno, "cannot look into %s", dir);
	while (st == ST_OK && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			st = err_set(err, ST_VALIDATION,
				"%s is not empty, and what is in it would be hidden; mount elsewhere, or say -o nonempty", dir);
	closedir(d);
	return st;
}

/** What is mounted there now: nothing, or a mount whose server is gone, which is cleared away. */
static enum status clear_mountpoint(const char *dir, struct err *err)
{
	if (mounts_is_dead(dir)) {
		fprintf(stderr, "itemfs: mount: %s is left over from a server that is gone; detaching it\n", dir);
		enum status st = mounts_detach(dir, true, err);
		if (st != ST_OK)
			return st;
	}
	char *source = mounts_source_at(dir);
	if (!source)
		return ST_OK;
	err_set(err, ST_VALIDATION, "%s shows %s already; 'itemfs umount %s' ends that", dir, source, dir);
	free(source);
	return ST_VALIDATION;
}

static enum status check_mountpoint(const struct arguments *a, const char *store, const char *dir, struct err *err)
{
	struct stat s;
	enum status st = clear_mountpoint(dir, err);
	if (st != ST_OK)
		return st;
	if (stat(dir, &s) != 0 && errno == ENOENT)
		return err_set(err, ST_VALIDATION, "there is no directory %s to mount at; 'mkdir %s' makes it", dir, dir);
	if (stat(dir, &s) != 0)
		return err_errno(err, errno, "cannot use %s", dir);
	if (!S_ISDIR(s.st_mode))
		return err_set(err, ST_VALIDATION, "%s is no directory", dir);
	if (cli_path_within(store, dir) || cli_path_within(dir, store))
		return err_set(err, ST_VALIDATION, "store and mount point lie one in the other: %s, %s", store, dir);
	return a->settings.nonempty ? ST_OK : check_empty(dir, err);
}

/** "Busy" helps more when it says where. */
static void explain_busy(const char *store, struct err *err)
{
	char *dir = err->code == ST_STORE_BUSY ? mounts_dir_of(store) : NULL;
	if (dir)
		err_set(err, ST_STORE_BUSY, "%s is mounted at %s already", store, dir);
	free(dir);
}

static enum status run(struct arguments *a, const char *store, const char *dir, struct err *err)
{
	struct secret secret = SECRET_INIT;
	struct daemon_plan plan = {.store = store, .mountpoint = dir, .settings = &a->settings, .secret = &secret};
	enum status st = config_load(&a->settings, store, err);
	if (st == ST_OK)
		st = check_mountpoint(a, store, dir, err);
	if (st == ST_OK)
		st = secret_find(&a->settings, store, &secret, err);
	if (st == ST_OK && a->settings.foreground && isatty(STDERR_FILENO))
		fprintf(stderr, "itemfs: %s at %s; Ctrl-C unmounts\n", store, dir);
	if (st == ST_OK)
		st = a->settings.foreground ? daemon_serve(&plan, err) : daemon_start(&plan, err);
	if (st != ST_OK)
		explain_busy(store, err);
	secret_wipe(&secret);
	return st;
}

int cmd_mount(int argc, char **argv)
{
	struct arguments a = {0};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK | GROUP_MOUNT | GROUP_SERVE), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse, .args_doc = "STORE MNT", .doc = doc, .children = children};
	struct err err = {0};
	settings_init(&a.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	char *store = cli_absolute_path(a.store), *dir = cli_absolute_path(a.mountpoint);
	enum status st = run(&a, store, dir, &err);
	free(store);
	free(dir);
	settings_finish(&a.settings);
	return st == ST_OK ? EXIT_DONE : cli_fail(&err);
}
