#include "src/cli/cli.h"

#include <argp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "src/words.h"

static const char *current = "itemfs";

const struct subcommand *subcommand_find(const char *name, const char **nearest)
{
	struct word_guess guess = {.word = name};
	for (const struct subcommand *s = subcommands; s->name; s++) {
		if (strcmp(s->name, name) == 0)
			return s;
		word_guess_try(&guess, s->name);
	}
	if (nearest)
		*nearest = guess.best;
	return NULL;
}

int subcommand_run(const struct subcommand *sub, int argc, char **argv)
{
	char name[64];
	current = sub->name;
	snprintf(name, sizeof name, "itemfs %s", sub->name);
	argv[0] = name;
	return sub->run(argc, argv);
}

int cli_error(const char *fmt, ...)
{
	va_list ap;
	fflush(stdout);
	fprintf(stderr, "itemfs: %s: ", current);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

/** The general sentence adds something where it names a way out, not where the text has it all already. */
static bool sentence_helps(const struct err *err)
{
	switch (err->code) {
	case ST_VALIDATION:
	case ST_USAGE:
	case ST_IO:
	case ST_INTERRUPTED:
	case ST_WRONG_KEY:
	case ST_KEYRING:
	case ST_STORE_EXISTS:
	case ST_UNSUPPORTED:
		return false;
	default:
		return !strstr(err->text, status_info(err->code)->sentence);
	}
}

int cli_fail(const struct err *err)
{
	cli_error("%s", err->text);
	if (sentence_helps(err))
		fprintf(stderr, "  %s\n", status_info(err->code)->sentence);
	return err->code == ST_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

struct caller cli_caller(void)
{
	return (struct caller){.uid = getuid(), .gid = getgid(), .pid = getpid(), .face = FACE_CLI};
}

static char *join(const char *dir, const char *name)
{
	struct buf b = BUF_INIT;
	buf_addf(&b, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", name);
	char *joined = xstrdup(buf_str(&b));
	buf_finish(&b);
	return joined;
}

char *cli_absolute_path(const char *path)
{
	char *whole = realpath(path, NULL);
	if (whole)
		return whole;
	char *copy = xstrdup(path);
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = 0;
	char *slash = strrchr(copy, '/');
	const char *last = slash ? slash + 1 : copy;
	if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
		whole = realpath(copy, NULL);
		goto out;
	}
	char *parent = slash == copy ? xstrdup("/") : slash ? strndup(copy, (size_t)(slash - copy)) : xstrdup(".");
	char *real = realpath(parent, NULL);
	if (real)
		whole = join(real, last);
	free(real);
	free(parent);
out:
	if (!whole)
		whole = xstrdup(path);
	free(copy);
	return whole;
}

bool cli_path_within(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

int cli_parse_path(int key, char *arg, struct argp_state *state)
{
	struct cli_path *a = state->input;
	if (key == a->flag_key) {
		a->flag = true;
		return 0;
	}
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (state->arg_num > 0)
		argp_error(state, "'%s' is one path too much", arg);
	a->path = arg;
	return 0;
}
