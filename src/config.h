/**
 * Settings: one table of options (config.c) feeds the command line, -o, the configuration files and the help.
 *
 * What wins, from weakest to strongest: the [mount] section of /etc/itemfs.conf, that of $XDG_CONFIG_HOME/itemfs.conf (or
 * ~/.config/itemfs.conf), the section named like the store's path in the same two files, the command line.
 * No option takes a secret: they take places where a secret is found.
 */
#ifndef SRC_CONFIG_H
#define SRC_CONFIG_H

#include <argp.h>
#include <stdio.h>

#include "engine/base/buf.h"
#include "engine/status.h"

/** Where a value came from; a weaker one never replaces a stronger one. */
enum config_rank { RANK_DEFAULT, RANK_FILE, RANK_FILE_STORE, RANK_COMMAND };

#define OPTION_COUNT_MAX 32

struct settings {
	char *key_file;
	char *credential;
	unsigned passphrase_fd;
	bool passphrase; /* ask on the terminal */
	bool read_only;
	bool allow_other;
	bool nonempty;
	bool foreground;
	bool debug;
	bool no_throttle;
	uint64_t map_size;  /* 0: the engine's default */
	uint64_t nodes_max; /* 0: the file system's default */
	unsigned threads;   /* 0: the file system's default */
	unsigned log_level; /* enum log_level */
	char *fsname;
	uint64_t state_delay_ms;
	char *region, *account; /* of a new store; NULL: the default */
	char *listen;           /* HTTP; NULL: not */
	char *tls_cert; /* PEM files */
	char *tls_key;
	char *fuse_options; /* -o words that are libfuse's and the kernel's: comma-separated, or NULL */
	enum config_rank rank[OPTION_COUNT_MAX];
};

void settings_init(struct settings *s);
void settings_finish(struct settings *s);

/** Which options a subcommand takes. */
enum option_group {
	GROUP_UNLOCK = 1, /* where the key is */
	GROUP_MOUNT = 2,
	GROUP_SERVE = 4, /* the HTTP API, with a mount or without */
	GROUP_INIT = 8,
};

/** An argp for these options, to be a child of the subcommand's; its input is a struct settings. One a process. */
const struct argp *config_argp(unsigned groups);

/** Takes the words of -o. Errors: ST_USAGE, with the nearest word that exists. */
MUST_CHECK enum status config_mount_options(struct settings *s, const char *words, struct err *err);

/**
 * Reads the configuration files for `store` (an absolute path), beneath what the command line said. Files that are not there are fine.
 * Errors: ST_VALIDATION: file, line, what is allowed. ST_IO.
 */
MUST_CHECK enum status config_load(struct settings *s, const char *store, struct err *err);

/** How strongly the option of this name was set. */
enum config_rank config_rank_of(const struct settings *s, const char *option);

/** Appends $XDG_CONFIG_HOME, or ~/.config, and `name` to `path`. Errors: ST_IO (there is no home directory). */
MUST_CHECK enum status config_home(const char *name, struct buf *path, struct err *err);

/** What the files may hold, with an example; for `itemfs help config`. */
void config_print_help(FILE *to);

#endif
