#include "src/daemon.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/thread.h"
#include "fs/fs.h"
#include "src/http/http.h"
#include "src/opening.h"

/* Telling others */

/** systemd's protocol (sd_notify(3)): one datagram to the socket it names. Nothing happens elsewhere. */
static void tell_systemd(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len) < 0)
		log_warn("cannot tell systemd: %s", strerror(errno));
	close(fd);
}

static void drop_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

/** What the starter hears: the reason why not, or that all is ready, and where. */
struct news {
	struct err err;
	char address[96]; /* "": no HTTP */
};

static_assert(sizeof(struct news) <= PIPE_BUF, "one write: the starter hears all of it or nothing");

static void print_address(const char *address)
{
	if (*address)
		printf("listening on %s\n", address);
	fflush(stdout);
}

/** Once only; *ready_fd < 0: told already, or in the foreground. */
static void tell_starter(int *ready_fd, const struct news *outcome)
{
	if (*ready_fd < 0)
		return;
	if (outcome->err.code == ST_OK) {
		drop_terminal();
		log_to_syslog("itemfs");
	}
	if (write(*ready_fd, outcome, sizeof *outcome) != sizeof *outcome)
		log_warn("the process that started the mount is gone");
	close(*ready_fd);
	*ready_fd = -1;
}

/* Signals */

struct watcher {
	struct fs *fs;
	pthread_t thread;
	sigset_t signals;
	_Atomic bool finished; /* the loop ended by itself: the signal that comes now is only a wake-up */
};

static void *watch_signals(void *arg)
{
	struct watcher *w = arg;
	int number = 0;
	while (sigwait(&w->signals, &number) != 0)
		;
	if (!w->finished) {
		log_info("signal %d: ending", number);
		tell_systemd("STOPPING=1");
		if (w->fs)
			fs_stop(w->fs);
	}
	return NULL;
}

/** Blocked before any thread starts, so that all threads inherit it and signals reach the watcher alone. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static enum status watcher_start(struct watcher *w, struct err *err)
{
	int failed = pthread_create(&w->thread, NULL, watch_signals, w);
	return failed ? err_errno(err, failed, "cannot start a thread") : ST_OK;
}

static void watcher_stop(struct watcher *w)
{
	w->finished = true;
	pthread_kill(w->thread, SIGTERM);
	pthread_join(w->thread, NULL);
}

/* Serving */

/** Each open file of the mount's users may cost us a descriptor. */
static void raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/** A dump of this process would hold keys. Whoever debugs it may want one. */
static void forbid_core_dumps(const struct settings *s)
{
	const struct rlimit none = {0, 0};
	if (!s->debug)
		setrlimit(RLIMIT_CORE, &none);
}

static enum status open_engine(const struct daemon_plan *plan, struct engine **ret, struct err *err)
{
	struct engine_options o = {
		.path = plan->store,
		.unlock = &plan->secret->unlock,
		.map_size = plan->settings->map_size,
		.read_only = plan->settings->read_only,
		.no_throttle = plan->settings->no_throttle,
		.state_delay_ms = plan->settings->state_delay_ms,
	};
	enum status st = opening_open(&o, plan->secret, ret, err);
	secret_wipe(plan->secret);
	return st;
}

static enum status mount_engine(const struct daemon_plan *plan, struct engine *e, struct fs **ret, struct err *err)
{
	const struct settings *s = plan->settings;
	struct fs_options o = {
		.mountpoint = plan->mountpoint,
		.fsname = s->fsname ? s->fsname : plan->store,
		.allow_other = s->allow_other,
		.read_only = s->read_only,
		.debug = s->debug,
		.nodes_max = s->nodes_max,
		.threads = s->threads,
		.extra = s->fuse_options,
	};
	return fs_mount(e, &o, ret, err);
}

static enum status listen_engine(
	const struct daemon_plan *plan, struct engine *e, struct http_server **ret, struct news *news, struct err *err)
{
	const struct settings *s = plan->settings;
	struct http_options o = {.engine = e, .listen = s->listen, .certificate = s->tls_cert, .private_key = s->tls_key};
	if (!s->listen)
		return ST_OK;
	enum status st = http_start(&o, ret, err);
	if (st == ST_OK)
		snprintf(news->address, sizeof news->address, "http%s://%s", s->tls_cert ? "s" : "", http_address(*ret));
	return st;
}

static void prepare_process(const struct daemon_plan *plan, struct watcher *w)
{
	block_signals(&w->signals);
	raise_file_limit();
	forbid_core_dumps(plan->settings);
	log_set_level(plan->settings->log_level);
}

/** Until the mount goes away, or, where there is none, until a signal. */
static enum status loop(struct watcher *w, struct err *err)
{
	if (!w->fs) {
		pthread_join(w->thread, NULL);
		return ST_OK;
	}
	int failed = fs_loop(w->fs);
	watcher_stop(w);
	return failed ? err_errno(err, failed, "the connection to the kernel broke") : ST_OK;
}

static enum status serve(const struct daemon_plan *plan, int *ready_fd, struct err *err)
{
	struct watcher watcher = {0};
	struct engine *engine = NULL;
	struct http_server *http = NULL;
	struct news ready = {0};
	prepare_process(plan, &watcher);
	enum status st = open_engine(plan, &engine, err);
	if (st == ST_OK && plan->mountpoint)
		st = mount_engine(plan, engine, &watcher.fs, err);
	if (st == ST_OK)
		st = listen_engine(plan, engine, &http, &ready, err);
	if (st == ST_OK && http && watcher.fs)
		fs_set_listening(watcher.fs, ready.address);
	if (st == ST_OK)
		st = watcher_start(&watcher, err);
	if (st != ST_OK)
		goto out;
	if (*ready_fd < 0)
		print_address(ready.address);
	tell_starter(ready_fd, &ready);
	tell_systemd("READY=1");
	st = loop(&watcher, err);
out:
	http_stop(http);
	fs_unmount(watcher.fs);
	engine_close(engine);
	return st;
}

enum status daemon_serve(const struct daemon_plan *plan, struct err *err)
{
	int nobody = -1;
	return serve(plan, &nobody, err);
}

/* In the background */

static _Noreturn void run_child(const struct daemon_plan *plan, int ready_fd)
{
	struct news outcome = {0};
	setsid();
	/* Files that we make ourselves are the owner's alone; modes inside the mount come with each request. */
	umask(077);
	if (chdir("/") != 0)
		log_warn("cannot change to /: %s", strerror(errno));
	enum status st = serve(plan, &ready_fd, &outcome.err);
	if (st == ST_OK)
		_exit(EXIT_SUCCESS);
	if (ready_fd < 0)
		log_error("%s", outcome.err.text);
	tell_starter(&ready_fd, &outcome);
	_exit(EXIT_FAILURE);
}

/** The child ended before it said anything. */
static enum status describe_end(pid_t pid, struct err *err)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return err_set(
			err, ST_INTERNAL, "the serving process was ended by signal %d before it was ready", WTERMSIG(status));
	return err_set(err, ST_INTERNAL, "the serving process ended before it was ready, with code %d", WEXITSTATUS(status));
}

static enum status await_child(pid_t pid, int ready_fd, struct err *err)
{
	struct news outcome = {0};
	ssize_t n;
	do
		n = read(ready_fd, &outcome, sizeof outcome);
	while (n < 0 && errno == EINTR);
	close(ready_fd);
	if (n != sizeof outcome)
		return describe_end(pid, err);
	if (outcome.err.code == ST_OK) {
		print_address(outcome.address);
	} else {
		waitpid(pid, NULL, 0);
		*err = outcome.err;
	}
	return outcome.err.code;
}

enum status daemon_start(const struct daemon_plan *plan, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_errno(err, errno, "cannot make a pipe");
	pid_t pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return err_errno(err, errno, "cannot start a process");
	}
	if (pid == 0) {
		close(ends[0]);
		run_child(plan, ends[1]);
	}
	close(ends[1]);
	return await_child(pid, ends[0], err);
}
