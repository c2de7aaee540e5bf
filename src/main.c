/**
 * itemfs: an encrypted database of documents, shown as a file system.
 *
 *   main()                                   this file: which subcommand
 *     cli/init.c    engine_create()          makes a store and its key
 *     cli/mount.c   config.c, secret.c       options, files, the key (asked for while there is a terminal)
 *       daemon.c    fork, engine_open()      the process that serves; signals, readiness, shutdown
 *         fs/       fs_mount(), fs_loop()    the database as directories   (fs/README.md)
 *         http/     http_start()             the DynamoDB API over HTTP    (src/http/README.md)
 *           engine/ op_get(), op_put(), ...  the database                  (engine/README.md)
 *     cli/serve.c   daemon.c                 the API alone
 *     cli/umount.c, status.c, why.c          talk to a running mount through its own files: .status, .errors  (mounts.c)
 *     cli/import.c  import/                  JSON Lines, DynamoDB JSON, CSV into a table
 *     cli/key.c     engine/keyring.h         how a store is unlocked
 *     cli/user.c    engine/user.h            who may use the API
 *     cli/help.c                             help and version
 *
 * The program also answers to mount(8): as /sbin/mount.fuse.itemfs (its name says so), and as `itemfs STORE MNT -o ...`, which is how
 * mount.fuse3 calls it.
 */
#include <argp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/cli.h"

const struct subcommand subcommands[] = {
	{"init", "make a store", cmd_init},
	{"mount", "show a store as a file system", cmd_mount},
	{"serve", "answer the DynamoDB API over HTTP, without a mount", cmd_serve},
	{"umount", "end a mount; returns when the store is closed", cmd_umount},
	{"status", "what is mounted, what a store holds", cmd_status},
	{"import", "load JSON Lines, DynamoDB JSON or CSV into a table", cmd_import},
	{"key", "change how a store is unlocked", cmd_key},
	{"user", "access keys for the API", cmd_user},
	{"why", "why a write or another call failed", cmd_why},
	{"help", "this, or more on a subject", cmd_help},
	{"version", "versions of itemfs and its libraries", cmd_version},
	{NULL, NULL, NULL},
};

static int run_named(const char *name, int argc, char **argv)
{
	return subcommand_run(subcommand_find(name, NULL), argc, argv);
}

/**
 * mount(8)'s helpers are called as `mount.TYPE SOURCE DIR [-sfnv] [-N NAMESPACE] [-t TYPE] [-o OPTIONS]`; only -o says something to us,
 * and -f ("fake": do everything but mount) means something else than for `itemfs mount`.
 */
static int run_as_mount_helper(int argc, char **argv)
{
	char *kept[8] = {argv[0]};
	int n = 1, letter;
	char *options = NULL;
	while ((letter = getopt(argc, argv, "sfnvN:t:o:")) != -1) {
		if (letter == '?')
			return EXIT_USAGE;
		if (letter == 'f')
			return EXIT_DONE;
		if (letter == 'o')
			options = optarg;
	}
	if (options) {
		kept[n++] = "-o";
		kept[n++] = options;
	}
	for (int i = optind; i < argc && n < 7; i++)
		kept[n++] = argv[i];
	optind = 0;
	return run_named("mount", n, kept);
}

static bool is_mount_helper(const char *program)
{
	const char *slash = strrchr(program, '/');
	return strncmp(slash ? slash + 1 : program, "mount.", 6) == 0;
}

static bool is_directory(const char *path)
{
	struct stat s;
	return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static int unknown(const char *word, const char *nearest)
{
	if (nearest)
		fprintf(stderr, "itemfs: there is no subcommand '%s'; did you mean '%s'?\n", word, nearest);
	else
		fprintf(stderr, "itemfs: there is no subcommand '%s'; 'itemfs help' lists them\n", word);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *nearest;
	argp_err_exit_status = EXIT_USAGE;
	if (argc < 1)
		return EXIT_USAGE;
	if (is_mount_helper(argv[0]))
		return run_as_mount_helper(argc, argv);
	if (argc < 2) {
		run_named("help", argc, argv);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0)
		return run_named("help", 1, argv);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return run_named("version", 1, argv);
	const struct subcommand *sub = subcommand_find(argv[1], &nearest);
	if (sub)
		return subcommand_run(sub, argc - 1, argv + 1);
	if (is_directory(argv[1]) && argc > 2)
		return run_named("mount", argc, argv);
	return unknown(argv[1], nearest);
}
