#include "src/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "src/secret.h"

static const char doc[] =
	"\nExample:  itemfs init ~/shop && itemfs mount ~/shop /mnt\n\n"
	"Makes a store in the directory STORE. Without an option its key goes to a new file under ~/.config/itemfs/keys, where "
	"'itemfs mount' finds it. --key-file takes a file that is there, or makes it.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **store = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = ((void **)state->input)[1];
		return 0;
	case ARGP_KEY_ARG:
		if (*store)
			argp_error(state, "one STORE is enough: '%s' is too much", arg);
		*store = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "where? (itemfs init STORE)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** mkdir -p of the folder that `path` is in; only its owner may look into what is made. */
static enum status make_folders(const char *path, struct err *err)
{
	char *copy = xstrdup(path);
	enum status st = ST_OK;
	for (char *slash = strchr(copy + 1, '/'); slash && st == ST_OK; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			st = err_errno(err, errno, "cannot make the folder %s", copy);
		*slash = '/';
	}
	free(copy);
	return st;
}

/** The file is named by the store's id, which there is only once the store is made: until then it has a name of its own. */
static enum status make_default_key(struct secret *secret, struct buf *path, struct err *err)
{
	char name[32];
	snprintf(name, sizeof name, "new-%d", (int)getpid());
	enum status st = secret_default_path(name, path, err);
	if (st == ST_OK)
		st = make_folders(buf_str(path), err);
	if (st == ST_OK)
		st = secret_from_key_file(buf_str(path), true, secret, err);
	return st;
}

static enum status name_default_key(const char *store, struct buf *path, struct err *err)
{
	struct keyring_report report;
	struct buf final = BUF_INIT;
	enum status st = keyring_report(store, &report, err);
	if (st == ST_OK)
		st = secret_default_path(report.store_id, &final, err);
	if (st == ST_OK && rename(buf_str(path), buf_str(&final)) != 0)
		st = err_errno(err, errno, "cannot rename the key file %s to %s", buf_str(path), buf_str(&final));
	if (st == ST_OK) {
		buf_finish(path);
		*path = final;
		return st;
	}
	buf_finish(&final);
	return st;
}

static void print_done(const char *store, const char *key_file)
{
	printf("made the store %s\n", store);
	if (key_file)
		printf("its key is in  %s\n"
		       "Keep a copy of that file somewhere else: without it nobody can read the store again, and no one can make "
		       "it anew.\n",
			key_file);
	else
		puts("Without its passphrase or key nobody can read the store again. 'itemfs key STORE add-passphrase' adds a "
		     "second one.");
}

static enum status create(const char *store, const struct settings *settings, struct secret *secret, struct err *err)
{
	struct engine_place place = {settings->region, settings->account};
	return engine_create_at(store, &secret->unlock, &place, err);
}

static enum status init_with_default_key(const char *store, const struct settings *settings, struct err *err)
{
	struct secret secret = SECRET_INIT;
	struct buf path = BUF_INIT;
	enum status st = make_default_key(&secret, &path, err);
	if (st == ST_OK) {
		st = create(store, settings, &secret, err);
		if (st == ST_OK)
			st = name_default_key(store, &path, err);
		else
			unlink(buf_str(&path));
	}
	if (st == ST_OK)
		print_done(store, buf_str(&path));
	buf_finish(&path);
	secret_wipe(&secret);
	return st;
}

static enum status init_with_named_key(const char *store, const struct settings *settings, struct err *err)
{
	struct secret secret = SECRET_INIT;
	enum status st = secret_make(settings, &secret, err);
	if (st == ST_OK)
		st = create(store, settings, &secret, err);
	if (st == ST_OK)
		print_done(store, secret.unlock.kind == UNLOCK_KEY_FILE ? settings->key_file : NULL);
	secret_wipe(&secret);
	return st;
}

/** Said before a key is made or asked for. */
static enum status check_free(const char *store, struct err *err)
{
	struct keyring_report report;
	struct err none;
	if (keyring_report(store, &report, &none) == ST_OK)
		return err_set(err, ST_STORE_EXISTS, "%s is a store already (%s)", store, report.store_id);
	return ST_OK;
}

int cmd_init(int argc, char **argv)
{
	struct settings settings;
	void *input[2] = {NULL, &settings};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK | GROUP_INIT), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse, .args_doc = "STORE", .doc = doc, .children = children};
	struct err err = {0};
	bool named;
	settings_init(&settings);
	argp_parse(&argp, argc, argv, 0, NULL, input);
	char *store = cli_absolute_path(input[0]);
	enum status st = check_free(store, &err);
	if (st == ST_OK)
		st = secret_is_named(&settings, &named, &err);
	if (st == ST_OK)
		st = named ? init_with_named_key(store, &settings, &err) : init_with_default_key(store, &settings, &err);
	free(store);
	settings_finish(&settings);
	return st == ST_OK ? EXIT_DONE : cli_fail(&err);
}
