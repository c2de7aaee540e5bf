#include "src/cli/cli.h"

#include <cjson/cJSON.h>
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>

#include "src/config.h"

static void print_overview(void)
{
	puts("itemfs shows an encrypted database of documents as a file system.\n\n"
	     "    itemfs init ~/shop                    make a store\n"
	     "    itemfs mount ~/shop /mnt              show it\n"
	     "    cat /mnt/.help                        and start there\n");
	for (const struct subcommand *s = subcommands; s->name; s++)
		printf("  itemfs %-8s %s\n", s->name, s->summary);
	puts("\n'itemfs SUBCOMMAND --help' says more on each, 'itemfs help config' what the configuration files hold.");
}

int cmd_help(int argc, char **argv)
{
	const char *nearest;
	if (argc < 2) {
		print_overview();
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "config") == 0) {
		config_print_help(stdout);
		return EXIT_DONE;
	}
	const struct subcommand *sub = subcommand_find(argv[1], &nearest);
	if (sub && sub->run != cmd_help && sub->run != cmd_version) {
		char *help[] = {NULL, "--help", NULL};
		return subcommand_run(sub, 2, help);
	}
	if (sub || argv[1][0] == '-') {
		print_overview();
		return EXIT_DONE;
	}
	cli_error("nothing is known about '%s'%s%s%s", argv[1], nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
	return EXIT_USAGE;
}

int cmd_version(int argc, char **argv)
{
	printf("itemfs %s\n", ITEMFS_VERSION);
	printf("libfuse %s, LMDB %s, libsodium %s, cJSON %s\n", fuse_pkgversion(), mdb_version(NULL, NULL, NULL) + strlen("LMDB "),
		sodium_version_string(), cJSON_Version());
	return EXIT_DONE;
}
