#include "src/cli/cli.h"

#include <argp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/mounts.h"

#define WAIT_MS 30000

static const char doc[] =
	"\nExample:  itemfs umount /mnt\n\n"
	"Ends the mount at MNT and returns when the store is closed, so that it can be mounted again, copied or moved at once. "
	"umount(8) ends it too, but does not wait.";
static const struct argp_option options[] = {
	{"lazy", 'l', NULL, 0, "Detach it now even if it is in use, and do not wait for its users", 0}, {0}};

struct arguments {
	const char *mountpoint;
	bool lazy;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case 'l':
		a->lazy = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s' is one word too much", arg);
		a->mountpoint = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which mount? ('itemfs status' lists them)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** A descriptor of the process, so that we wait for it and not for a later one of the same number; -1 if it cannot be had. */
static int open_process(int pid)
{
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

static bool wait_for_end(int process)
{
	struct pollfd p = {.fd = process, .events = POLLIN};
	int n;
	do
		n = poll(&p, 1, WAIT_MS);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int detach_and_wait(const char *dir, bool lazy)
{
	struct err err = {0};
	int pid = mounts_server(dir), process = open_process(pid);
	int code = EXIT_DONE;
	if (mounts_detach(dir, lazy, &err) != ST_OK)
		code = cli_fail(&err);
	else if (process >= 0 && !lazy && !wait_for_end(process))
		code = cli_error("%s is unmounted, but its server (process %d) still has the store open after %d s", dir, pid,
			WAIT_MS / 1000);
	if (process >= 0)
		close(process);
	return code;
}

int cmd_umount(int argc, char **argv)
{
	struct arguments a = {0};
	const struct argp argp = {.options = options, .parser = parse, .args_doc = "MNT", .doc = doc};
	struct err err = {0};
	int code;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	char *dir = cli_absolute_path(a.mountpoint), *source = mounts_source_at(dir), *other = source ? NULL : mounts_dir_of(dir);
	if (other) /* somebody named the store */
		code = detach_and_wait(other, a.lazy);
	else if (!source)
		code = cli_error("%s is no mount of itemfs ('itemfs status' lists them)", dir);
	else if (mounts_is_dead(dir))
		code = mounts_detach(dir, true, &err) == ST_OK ? EXIT_DONE : cli_fail(&err);
	else
		code = detach_and_wait(dir, a.lazy);
	free(dir);
	free(source);
	free(other);
	return code;
}
