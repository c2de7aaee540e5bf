#include "src/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/daemon.h"

#define DEFAULT_ADDRESS "127.0.0.1:8000"

static const char doc[] =
	"\nExample:  itemfs serve ~/shop --listen 127.0.0.1:8000\n\n"
	"Answers the DynamoDB API for the store STORE over HTTP, without a mount, until Ctrl-C. Then, elsewhere:\n"
	"  aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000\v"
	"Without --listen the address is " DEFAULT_ADDRESS
	". A store without access keys answers this machine only, and whatever credentials a client "
	"uses are fine. Any other address wants --tls-cert, --tls-key and at least one access key ('itemfs user add').\n"
	"'itemfs mount --listen' does the same beside a mount.";

struct arguments {
	struct settings settings;
	const char *store;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->settings;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s' is one word too much", arg);
		a->store = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 1)
			argp_error(state, "which store? (itemfs serve STORE)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status run(struct arguments *a, const char *store, struct err *err)
{
	struct secret secret = SECRET_INIT;
	struct daemon_plan plan = {.store = store, .settings = &a->settings, .secret = &secret};
	enum status st = config_load(&a->settings, store, err);
	if (st == ST_OK && !a->settings.listen)
		a->settings.listen = xstrdup(DEFAULT_ADDRESS);
	if (st == ST_OK)
		st = secret_find(&a->settings, store, &secret, err);
	if (st == ST_OK)
		st = daemon_serve(&plan, err);
	secret_wipe(&secret);
	return st;
}

int cmd_serve(int argc, char **argv)
{
	struct arguments a = {0};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK | GROUP_SERVE), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse, .args_doc = "STORE", .doc = doc, .children = children};
	struct err err = {0};
	settings_init(&a.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	char *store = cli_absolute_path(a.store);
	enum status st = run(&a, store, &err);
	free(store);
	settings_finish(&a.settings);
	return st == ST_OK ? EXIT_DONE : cli_fail(&err);
}
