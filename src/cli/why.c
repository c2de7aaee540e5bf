#include "src/cli/cli.h"

#include <argp.h>
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/mounts.h"

static const char doc[] =
	"\nExample:  itemfs why Countries/DE.json\n\n"
	"Says why your last call failed at PATH, or below it; without PATH your last failure in the mount that you stand in, or "
	"in the only one there is. The whole list is in the mount's .errors, as JSON Lines.";
static const struct argp_option options[] = {{"all", 'a', NULL, 0, "Every failure that is remembered, oldest first", 0}, {0}};

/** The path as seen from the top of the mount; NULL: anywhere. Its last parts may never have come to be. */
struct place {
	char *dir;
	const char *below;
	char *path;
};

static const char *member(const cJSON *failure, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(failure, name));
	return text ? text : "";
}

static void print_failure(const char *dir, const cJSON *failure)
{
	const char *sentence = member(failure, "sentence"), *way_out = member(failure, "way_out");
	printf("%s  %s%s: %s\n", member(failure, "time"), dir, member(failure, "path"), member(failure, "errno"));
	printf("  %s\n", sentence);
	if (*way_out && !strstr(sentence, way_out))
		printf("  %s\n", way_out);
}

static bool concerns(const cJSON *failure, const char *below)
{
	return !below || !*below || cli_path_within(member(failure, "path"), below);
}

/** Keeps the newest line that concerns the path, or prints them all. */
static int explain(const struct place *place, bool all, const char *text)
{
	cJSON *last = NULL;
	unsigned found = 0;
	while (*text) {
		const char *end = strchrnul(text, '\n');
		cJSON *failure = cJSON_ParseWithLength(text, (size_t)(end - text));
		text = *end ? end + 1 : end;
		if (!failure || !concerns(failure, place->below)) {
			cJSON_Delete(failure);
			continue;
		}
		found++;
		if (all)
			print_failure(place->dir, failure);
		cJSON_Delete(last);
		last = failure;
	}
	if (found && !all)
		print_failure(place->dir, last);
	if (!found)
		printf("no failure of yours is remembered %s%s%s (what the kernel itself refuses, for want of permission or "
		       "because the mount is "
		       "read-only, never gets here)\n",
			place->below && *place->below ? "at " : "in ", place->dir, place->below ? place->below : "");
	cJSON_Delete(last);
	return found ? EXIT_DONE : EXIT_FAILED;
}

struct only {
	char *dir;
	unsigned count;
};

static bool count_mount(const char *source, const char *dir, void *arg)
{
	struct only *only = arg;
	if (mounts_is_dead(dir))
		return true;
	free(only->dir);
	only->dir = xstrdup(dir);
	only->count++;
	return true;
}

/** Where a file that is not there would be. Parts that are missing are taken as written. */
static char *place_of(const char *path)
{
	char cwd[PATH_MAX] = "";
	struct buf b = BUF_INIT;
	char *real = realpath(path, NULL);
	if (real)
		return real;
	if (path[0] != '/' && getcwd(cwd, sizeof cwd))
		buf_addf(&b, "%s/", cwd);
	buf_add_str(&b, strncmp(path, "./", 2) == 0 ? path + 2 : path);
	char *parent = cli_absolute_path(path);
	if (parent[0] != '/') {
		free(parent);
		parent = xstrdup(buf_str(&b));
	}
	buf_finish(&b);
	return parent;
}

static int find_place(struct place *place, const char *path)
{
	place->path = place_of(path ? path : ".");
	place->dir = mounts_dir_holding(place->path);
	place->below = place->dir && path ? place->path + strlen(place->dir) : NULL;
	if (place->dir)
		return EXIT_DONE;
	if (path)
		return cli_error("%s is in no mount of itemfs ('itemfs status' lists them)", place->path);
	struct only only = {0};
	mounts_each(count_mount, &only);
	if (only.count == 1) {
		place->dir = only.dir;
		return EXIT_DONE;
	}
	free(only.dir);
	return only.count ? cli_error("there are %u mounts here ('itemfs status' lists them); name a path in one", only.count)
			  : cli_error("nothing is mounted");
}

int cmd_why(int argc, char **argv)
{
	struct cli_path a = {.flag_key = 'a'};
	struct place place = {0};
	const struct argp argp = {.options = options, .parser = cli_parse_path, .args_doc = "[PATH]", .doc = doc};
	struct buf text = BUF_INIT;
	struct err err = {0};
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	int code = find_place(&place, a.path);
	if (code == EXIT_DONE && mounts_read(place.dir, ".errors", &text, &err) != ST_OK)
		code = cli_fail(&err);
	else if (code == EXIT_DONE)
		code = explain(&place, a.flag, buf_str(&text));
	buf_finish(&text);
	free(place.dir);
	free(place.path);
	return code;
}
