#include "src/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "src/import/importer.h"
#include "src/words.h"

static const char doc[] =
	"\nExample:  itemfs import ~/shop Customers --key id customers.jsonl\n\n"
	"Puts each line of the FILEs (- is standard input) into TABLE as one item: JSON Lines as items look in the mount, "
	"DynamoDB's "
	"own JSON lines ({\"Item\":{...}}, as exports write them), or CSV with a header. STORE may be mounted: then the items go "
	"through the mount, which takes longer.\v"
	"In CSV, columns are strings, but for those named by --number, or whose header ends in :N; an empty cell leaves its "
	"attribute "
	"out. Lines that are no items are refused and counted, and make the exit code 1; all others are in.";

enum { KEY_REJECTS = 0x1000, KEY_TABLE_KEY, KEY_NUMBER, KEY_FORMAT };
static const struct argp_option options[] = {
	{"key", KEY_TABLE_KEY, "PK[:T][,SK[:T]]", 0,
		"The key of the table if it has to be made: partition key, sort key; type S (strings, the default), N or B", 0},
	{"format", KEY_FORMAT, "FORMAT", 0, "jsonl, ddb-jsonl or csv (default: seen from the name and the first line)", 0},
	{"number", KEY_NUMBER, "COLUMN,...", 0, "CSV columns that hold numbers", 0},
	{"rejects", KEY_REJECTS, "FILE", 0, "Keep the lines that were refused in FILE, each with its reason, as JSON Lines", 0},
	{0},
};

struct arguments {
	struct settings settings;
	const char *store, *table, *numbers, *rejects;
	char **files;
	int file_count;
	struct key_schema schema;
	bool has_schema;
	enum source_format format;
};

/* What the command line says */

static bool parse_key_attr(struct slice text, struct key_attr *attr)
{
	attr->type = VALUE_S;
	if (text.len > 2 && text.ptr[text.len - 2] == ':' && strchr("SNB", text.ptr[text.len - 1])) {
		attr->type = (enum value_type)text.ptr[text.len - 1];
		text.len -= 2;
	}
	if (text.len == 0 || text.len > LIMIT_KEY_ATTR_NAME || memchr(text.ptr, ':', text.len))
		return false;
	memcpy(attr->name, text.ptr, text.len);
	return true;
}

static bool parse_key(const char *text, struct key_schema *schema)
{
	struct slice pk, sk, more;
	*schema = (struct key_schema){0};
	if (!word_next(&text, &pk) || !parse_key_attr(pk, &schema->pk))
		return false;
	if (word_next(&text, &sk) && !parse_key_attr(sk, &schema->sk))
		return false;
	return !word_next(&text, &more) && strcmp(schema->pk.name, schema->sk.name) != 0;
}

static void take_word(struct arguments *a, struct argp_state *state, char *arg)
{
	if (state->arg_num == 0) {
		a->store = arg;
	} else if (state->arg_num == 1) {
		a->table = arg;
	} else {
		a->files[a->file_count++] = arg;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->settings;
		return 0;
	case KEY_TABLE_KEY:
		a->has_schema = true;
		if (!parse_key(arg, &a->schema))
			argp_error(
				state, "'%s' is no key: write NAME, or NAME:N for a number, and the sort key after a comma", arg);
		return 0;
	case KEY_FORMAT:
		if (!source_format_parse(arg, &a->format))
			argp_error(state, "there is no format '%s'; there are jsonl, ddb-jsonl and csv", arg);
		return 0;
	case KEY_NUMBER:
		a->numbers = arg;
		return 0;
	case KEY_REJECTS:
		a->rejects = arg;
		return 0;
	case ARGP_KEY_ARG:
		take_word(a, state, arg);
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 3)
			argp_error(state, "which store, which table, which files? (itemfs import STORE TABLE FILE...)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The import */

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = number;
}

/** The first Ctrl-C ends the import in good order; a second one ends the program. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static uint64_t total_size(const struct arguments *a)
{
	uint64_t total = 0;
	for (int i = 0; i < a->file_count; i++) {
		uint64_t size = input_size(a->files[i]);
		if (!size)
			return 0;
		total += size;
	}
	return total;
}

static enum status take_files(struct importer *im, const struct arguments *a, struct err *err)
{
	enum status st = ST_OK;
	for (int i = 0; i < a->file_count && st == ST_OK && !stop; i++) {
		struct source source;
		st = source_open(&source, a->files[i], a->format, target_schema(im->target), a->numbers, err);
		if (st != ST_OK)
			return st;
		st = importer_take(im, &source, err);
		source_close(&source);
	}
	if (st == ST_OK)
		st = importer_end(im, err);
	if (st == ST_OK && stop)
		st = err_set(err, ST_INTERRUPTED, "interrupted; what is counted is in");
	return st;
}

static void print_summary(struct importer *im, const struct arguments *a)
{
	char items[32], rate[32];
	double seconds = progress_seconds(&im->progress);
	progress_clear(&im->progress);
	word_format_count(im->items, items);
	word_format_count(seconds > 0 ? (uint64_t)((double)im->items / seconds) : 0, rate);
	fprintf(stderr, "%s items into %s in %.1f s (%s/s)", items, a->table, seconds, rate);
	if (im->rejects)
		fprintf(stderr, ", %llu refused", (unsigned long long)im->rejects);
	if (target_mount(im->target))
		fprintf(stderr, ", through %s", target_mount(im->target));
	fputc('\n', stderr);
}

static enum status open_rejects(struct importer *im, const struct arguments *a, struct err *err)
{
	im->rejects_file = a->rejects ? fopen(a->rejects, "we") : NULL;
	return a->rejects && !im->rejects_file ? err_errno(err, errno, "cannot write %s", a->rejects) : ST_OK;
}

static enum status close_rejects(struct importer *im, const struct arguments *a, struct err *err)
{
	if (!im->rejects_file)
		return ST_OK;
	bool failed = ferror(im->rejects_file);
	if (fclose(im->rejects_file) != 0 || failed)
		return err_errno(err, errno, "cannot write all of %s", a->rejects);
	return ST_OK;
}

static enum status run(struct importer *im, struct arguments *a, const char *store, struct err *err)
{
	struct target_plan plan = {
		.settings = &a->settings, .store = store, .table = a->table, .schema = a->has_schema ? &a->schema : NULL};
	enum status st = config_load(&a->settings, store, err), closed;
	if (st == ST_OK)
		st = target_open(&plan, &im->target, err);
	if (st == ST_OK)
		st = open_rejects(im, a, err);
	if (st != ST_OK)
		return st;
	catch_signals();
	progress_start(&im->progress, total_size(a));
	st = take_files(im, a, err);
	closed = close_rejects(im, a, st == ST_OK ? err : NULL);
	print_summary(im, a);
	return st == ST_OK ? closed : st;
}

int cmd_import(int argc, char **argv)
{
	struct arguments a = {.files = xcalloc((size_t)argc, sizeof *a.files)};
	const struct argp_child children[] = {{config_argp(GROUP_UNLOCK), 0, "How to unlock the store:", 1}, {0}};
	const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "STORE TABLE FILE...", .doc = doc, .children = children};
	struct importer *im = xcalloc(1, sizeof *im);
	struct err err = {0};
	settings_init(&a.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	im->stop = &stop;
	char *store = cli_absolute_path(a.store);
	enum status st = run(im, &a, store, &err);
	int code = st != ST_OK ? cli_fail(&err) : im->rejects ? EXIT_FAILED : EXIT_DONE;
	importer_finish(im);
	free(im);
	free(store);
	free(a.files);
	settings_finish(&a.settings);
	return code;
}
