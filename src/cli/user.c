#include "src/cli/cli.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/json_text.h"
#include "engine/user.h"
#include "src/secret.h"
#include "src/words.h"

static const char doc[] =
	"\nExample:  itemfs user add ~/shop alice >> ~/.aws/credentials\n\n"
	"Access keys for the DynamoDB API. Once a store has one, every request has to be signed with one. Changes reach a store "
	"that is being served "
	"within a second. ACTION is one of\n"
	"  add STORE NAME      make an access key for the user NAME, and print it\n"
	"  list STORE          the users and their access keys\n"
	"  remove STORE NAME   take away all keys of a user; or one, if NAME is an access key\v"
	"A secret is shown once, when it is made. The options say how to unlock the store; see 'itemfs mount --help'.";
static const struct argp_option options[] = {{"json", 'j', NULL, 0, "Print JSON", 0}, {0}};

struct arguments {
	struct settings settings;
	const char *action, *store, *name;
	bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->settings;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 2)
			argp_error(state, "'%s' is one word too much", arg);
		*(const char **[]){&a->action, &a->store, &a->name}[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "what, and for which store? (itemfs user list STORE)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_json(const cJSON *document)
{
	struct buf text = BUF_INIT;
	json_text(document, &text);
	fputs(buf_str(&text), stdout);
	buf_wipe(&text);
}

/** With the names of IAM's CreateAccessKey. */
static cJSON *describe(const struct user *u)
{
	char created[CLOCK_TEXT_MAX];
	cJSON *o = cJSON_CreateObject();
	clock_format(u->created_ns, created);
	cJSON_AddStringToObject(o, "UserName", u->name);
	cJSON_AddStringToObject(o, "AccessKeyId", u->access_key);
	cJSON_AddStringToObject(o, "CreateDate", created);
	return o;
}

static enum status add(const struct arguments *a, const char *store, const struct unlock *unlock, struct err *err)
{
	struct user u;
	char secret[USER_SECRET_TEXT];
	enum status st = user_add(store, unlock, a->name, &u, secret, err);
	if (st != ST_OK)
		return st;
	if (a->json) {
		cJSON *o = describe(&u);
		cJSON_AddStringToObject(o, "SecretAccessKey", secret);
		print_json(o);
		cJSON_Delete(o);
	} else {
		printf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", u.name, u.access_key, secret);
	}
	sodium_memzero(secret, sizeof secret);
	return ST_OK;
}

static bool print_row(const struct user *u, void *arg)
{
	cJSON *rows = arg;
	char created[CLOCK_TEXT_MAX];
	clock_format(u->created_ns, created);
	if (rows)
		cJSON_AddItemToArray(rows, describe(u));
	else
		printf("%-24s %s  since %s\n", u->name, u->access_key, created);
	return true;
}

static enum status list(const struct arguments *a, const char *store, const struct unlock *unlock, struct err *err)
{
	cJSON *rows = a->json ? cJSON_CreateArray() : NULL;
	enum status st = user_list(store, unlock, print_row, rows, err);
	if (st == ST_OK && rows)
		print_json(rows);
	cJSON_Delete(rows);
	return st;
}

static enum status take_away(const struct arguments *a, const char *store, const struct unlock *unlock, struct err *err)
{
	return user_remove(store, unlock, a->name, err);
}

static const struct action {
	const char *name;
	enum status (*run)(const struct arguments *a, const char *store, const struct unlock *unlock, struct err *err);
	const char *wants; /* another word, or NULL */
} actions[] = {
	{"add", add, "for whom? (itemfs user add STORE NAME)"},
	{"list", list, NULL},
	{"remove", take_away, "whom? (itemfs user remove STORE NAME)"},
};

static enum status find_action(const struct arguments *a, const struct action **ret, struct err *err)
{
	struct word_guess guess = {.word = a->action};
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, a->action) == 0) {
			*ret = &actions[i];
			return !(*ret)->wants == !a->name ? ST_OK
			       : a->name                  ? err_set(err, ST_USAGE, "'%s' is one word too much", a->name)
							  : err_set(err, ST_USAGE, "%s", (*ret)->wants);
		}
		word_guess_try(&guess, actions[i].name);
	}
	return err_set(err, ST_USAGE, "there is no action '%s'; there are add, list, remove%s%s%s", a->action,
		guess.best ? "; did you mean '" : "", guess.best ? guess.best : "", guess.best ? "'?" : "");
}

static enum status run(struct arguments *a, const char *store, struct err *err)
{
	struct secret secret = SECRET_INIT;
	const struct action *action = NULL;
	enum status st = find_action(a, &action, err);
	if (st == ST_OK)
		st = config_load(&a->settings, store, err);
	if (st == ST_OK)
		st = secret_find(&a->settings, store, &secret, err);
	if (st == ST_OK)
		st = action->run(a, store, &secret.unlock, err);
	secret_wipe(&secret);
	return st;
}

int cmd_user(int argc, char **argv)
{
	struct arguments a = {0};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK), 0, "How the store is unlocked:", 1}, {0}};
	const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "ACTION STORE [NAME]", .doc = doc, .children = children};
	struct err err = {0};
	settings_init(&a.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	char *store = cli_absolute_path(a.store);
	enum status st = run(&a, store, &err);
	free(store);
	settings_finish(&a.settings);
	return st == ST_OK ? EXIT_DONE : cli_fail(&err);
}
