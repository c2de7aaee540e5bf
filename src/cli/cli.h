/**
 * What every subcommand shares: how it is called, how it fails, how it names paths.
 *
 * Exit codes: 0 done; 1 failed, with a sentence on standard error; 2 the command's words are off.
 */
#ifndef SRC_CLI_CLI_H
#define SRC_CLI_CLI_H

#include "engine/caller.h"
#include "engine/status.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/** One row of the subcommand table in main.c. argv[0] is "itemfs NAME", for argp's messages. */
struct subcommand {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/** The table, ended by a row whose name is NULL. */
extern const struct subcommand subcommands[];

/** The row of that name, or NULL; then *nearest (may be NULL itself) is the name that was probably meant, or NULL. */
const struct subcommand *subcommand_find(const char *name, const char **nearest);
int subcommand_run(const struct subcommand *sub, int argc, char **argv);

int cmd_init(int argc, char **argv);
int cmd_mount(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_umount(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);

/** Prints "itemfs: SUBCOMMAND: sentence" to standard error; returns EXIT_FAILED. */
int cli_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
/** The same for a failure of the engine, with the way out in a second line; EXIT_USAGE for ST_USAGE. */
int cli_fail(const struct err *err);

/** The caller that operations are done for: this process. */
struct caller cli_caller(void);

/** An absolute path without symbolic links. Its last part may be missing, or be a dead mount point. Caller frees it. */
char *cli_absolute_path(const char *path);

/** `path` is `dir` or beneath it. Both absolute. */
bool cli_path_within(const char *path, const char *dir);

/** Arguments of a subcommand that takes at most one path and one flag; cli_parse_path() is its argp parser, this struct its input. */
struct cli_path {
	int flag_key; /* of the flag's option */
	bool flag;
	const char *path; /* NULL: none was given */
};
struct argp_state;
int cli_parse_path(int key, char *arg, struct argp_state *state);

#endif
