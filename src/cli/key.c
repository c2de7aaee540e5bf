#include "src/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "src/secret.h"
#include "src/words.h"

static const char doc[] =
	"\nExample:  itemfs key ~/shop add-passphrase\n\n"
	"A store has up to eight slots, and each opens it in its own way. Changing them touches no data, and works while the store "
	"is mounted. ACTION is one of\n"
	"  show             the slots\n"
	"  change           replace the slot that is used to unlock\n"
	"  add-passphrase   one more slot, for a passphrase\n"
	"  add-key-file     one more slot, for a key file (--new-key-file)\n"
	"  remove SLOT      take a slot away\v"
	"The new passphrase is asked for twice, unless --new-passphrase-fd or --new-key-file says where it is. The options without "
	"'new' say how to unlock the store as it is; see 'itemfs mount --help'.";

enum { KEY_NEW_FILE = 0x1000, KEY_NEW_FD };
static const struct argp_option options[] = {
	{"new-key-file", KEY_NEW_FILE, "FILE", 0, "The new key is in FILE, which is made if it is not there", 0},
	{"new-passphrase-fd", KEY_NEW_FD, "N", 0, "Read the new passphrase from file descriptor N", 0},
	{0},
};

struct arguments {
	struct settings settings;
	const char *store, *action, *slot, *new_file;
	bool new_from_fd;
	unsigned new_fd;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	uint64_t n;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->settings;
		return 0;
	case KEY_NEW_FILE:
		a->new_file = arg;
		return 0;
	case KEY_NEW_FD:
		if (!word_parse_size(arg, &n) || n > 1u << 20)
			argp_error(state, "'%s' is no file descriptor", arg);
		a->new_from_fd = true;
		a->new_fd = (unsigned)n;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 2)
			argp_error(state, "'%s' is one word too much", arg);
		*(const char **[]){&a->store, &a->action, &a->slot}[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 1)
			argp_error(state, "the key of which store? (itemfs key STORE show)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status show(const struct arguments *a, const char *store, struct err *err)
{
	static const char *const kinds[] = {
		[UNLOCK_KEY_FILE] = "key file", [UNLOCK_PASSPHRASE] = "passphrase", [UNLOCK_CREDENTIAL] = "credential"};
	struct keyring_report r;
	struct buf path = BUF_INIT;
	char created[CLOCK_TEXT_MAX];
	enum status st = keyring_report(store, &r, err);
	if (st != ST_OK)
		return st;
	printf("store %s\n", r.store_id);
	for (size_t i = 0; i < r.slot_count; i++) {
		clock_format(r.slots[i].created_ns, created);
		printf("slot %u  %-10s  since %s\n", r.slots[i].number, kinds[r.slots[i].kind], created);
	}
	if (secret_default_path(r.store_id, &path, NULL) == ST_OK)
		printf("without options its key is looked for in %s\n", buf_str(&path));
	buf_finish(&path);
	return ST_OK;
}

static enum status make_new(const struct arguments *a, struct secret *next, struct err *err)
{
	if (a->new_file)
		return secret_from_key_file(a->new_file, true, next, err);
	if (a->new_from_fd)
		return secret_from_fd(a->new_fd, next, err);
	return secret_from_terminal("New passphrase", true, next, err);
}

static enum status change_or_add(const struct arguments *a, const char *store, bool change, struct err *err)
{
	struct secret have = SECRET_INIT, next = SECRET_INIT;
	enum status st = secret_find(&a->settings, store, &have, err);
	if (st == ST_OK)
		st = make_new(a, &next, err);
	if (st == ST_OK)
		st = change ? keyring_change_slot(store, &have.unlock, &next.unlock, err)
			    : keyring_add_slot(store, &have.unlock, &next.unlock, err);
	if (st == ST_OK && change && slice_eq(buf_slice(&next.from), buf_slice(&have.from)))
		puts("the new passphrase opens the store from now on; the old one no longer does");
	else if (st == ST_OK && change)
		printf("%s opens the store from now on; %s no longer does\n", buf_str(&next.from), buf_str(&have.from));
	else if (st == ST_OK)
		printf("%s opens the store too\n", buf_str(&next.from));
	secret_wipe(&have);
	secret_wipe(&next);
	return st;
}

static enum status change(const struct arguments *a, const char *store, struct err *err)
{
	return change_or_add(a, store, true, err);
}

static enum status add_passphrase(const struct arguments *a, const char *store, struct err *err)
{
	if (a->new_file)
		return err_set(err, ST_USAGE, "a key file is no passphrase; 'itemfs key STORE add-key-file' takes one");
	return change_or_add(a, store, false, err);
}

static enum status add_key_file(const struct arguments *a, const char *store, struct err *err)
{
	if (!a->new_file)
		return err_set(err, ST_USAGE, "which file? --new-key-file FILE");
	return change_or_add(a, store, false, err);
}

static enum status remove_slot(const struct arguments *a, const char *store, struct err *err)
{
	struct secret have = SECRET_INIT;
	uint64_t n;
	if (!a->slot || !word_parse_size(a->slot, &n) || n > 255)
		return err_set(err, ST_USAGE, "remove which slot? ('itemfs key STORE show' lists their numbers)");
	enum status st = secret_find(&a->settings, store, &have, err);
	if (st == ST_OK)
		st = keyring_remove_slot(store, &have.unlock, (unsigned)n, err);
	if (st == ST_OK)
		printf("slot %u is gone\n", (unsigned)n);
	secret_wipe(&have);
	return st;
}

static const struct action {
	const char *name;
	enum status (*run)(const struct arguments *a, const char *store, struct err *err);
} actions[] = {
	{"show", show},
	{"change", change},
	{"add-passphrase", add_passphrase},
	{"add-key-file", add_key_file},
	{"remove", remove_slot},
};

static enum status run(const struct arguments *a, const char *store, struct err *err)
{
	const char *wanted = a->action ? a->action : "show";
	struct word_guess guess = {.word = wanted};
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, wanted) == 0)
			return actions[i].run(a, store, err);
		word_guess_try(&guess, actions[i].name);
	}
	return err_set(err, ST_USAGE, "there is no action '%s'; there are show, change, add-passphrase, add-key-file, remove%s%s%s",
		wanted, guess.best ? "; did you mean '" : "", guess.best ? guess.best : "", guess.best ? "'?" : "");
}

int cmd_key(int argc, char **argv)
{
	struct arguments a = {0};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK), 0, "How the store is unlocked now:", 1}, {0}};
	const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "STORE [ACTION [SLOT]]", .doc = doc, .children = children};
	struct err err = {0};
	settings_init(&a.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	char *store = cli_absolute_path(a.store);
	enum status st = config_load(&a.settings, store, &err);
	if (st == ST_OK)
		st = run(&a, store, &err);
	free(store);
	settings_finish(&a.settings);
	return st == ST_OK ? EXIT_DONE : cli_fail(&err);
}
