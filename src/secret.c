#include "src/secret.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define PASSPHRASE_MAX 1024

void secret_wipe(struct secret *s)
{
	buf_wipe(&s->bytes);
	buf_finish(&s->from);
	s->unlock = (struct unlock){0};
}

static enum status have(struct secret *s, enum unlock_kind kind, const char *from)
{
	buf_reset(&s->from);
	buf_add_str(&s->from, from);
	s->unlock = (struct unlock){.kind = kind, .secret = buf_slice(&s->bytes)};
	return ST_OK;
}

static enum status have_file(struct secret *s, enum unlock_kind kind, const char *what, const char *path)
{
	struct buf from = BUF_INIT;
	buf_addf(&from, "%s %s", what, path);
	enum status st = have(s, kind, buf_str(&from));
	buf_finish(&from);
	return st;
}

enum status secret_from_key_file(const char *path, bool create, struct secret *s, struct err *err)
{
	enum status st;
	if (create && access(path, F_OK) != 0 && errno == ENOENT)
		st = unlock_create_file(path, &s->bytes, err);
	else
		st = unlock_read_file(path, &s->bytes, err);
	return st == ST_OK ? have_file(s, UNLOCK_KEY_FILE, "the key file", path) : st;
}

static enum status from_credential(const char *name, struct secret *s, struct err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_INIT;
	enum status st;
	if (!dir)
		return err_set(err, ST_WRONG_KEY,
			"there are no systemd credentials here: CREDENTIALS_DIRECTORY is not set (LoadCredential= in the unit sets "
			"it)");
	if (!*name || strchr(name, '/'))
		return err_set(err, ST_USAGE, "'%s' is no credential's name", name);
	buf_addf(&path, "%s/%s", dir, name);
	st = unlock_read_file(buf_str(&path), &s->bytes, err);
	if (st == ST_OK)
		st = have_file(s, UNLOCK_CREDENTIAL, "the credential", name);
	buf_finish(&path);
	return st;
}

/* Passphrases */

/** One line from `fd` into `line`, without its end. False on a read error or a signal. */
static bool read_line(int fd, struct buf *line)
{
	char byte = 0;
	ssize_t n;
	while (line->len < PASSPHRASE_MAX) {
		n = read(fd, &byte, 1);
		if (n < 0)
			return false;
		if (n == 0 || byte == '\n')
			break;
		buf_add_byte(line, (uint8_t)byte);
	}
	return true;
}

static enum status check_passphrase(struct secret *s, struct err *err)
{
	if (s->bytes.len == 0)
		return err_set(err, ST_WRONG_KEY, "the passphrase is empty");
	if (s->bytes.len >= PASSPHRASE_MAX)
		return err_set(err, ST_WRONG_KEY, "a passphrase holds at most %d bytes", PASSPHRASE_MAX - 1);
	return have(s, UNLOCK_PASSPHRASE, "the passphrase");
}

enum status secret_from_fd(unsigned fd, struct secret *s, struct err *err)
{
	buf_reserve(&s->bytes, PASSPHRASE_MAX); /* so that no copy is left behind by growing */
	if (!read_line((int)fd, &s->bytes))
		return err_errno(err, errno, "cannot read the passphrase from file descriptor %u", fd);
	return check_passphrase(s, err);
}

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

/** Reads with the echo off; the terminal is put right again whatever happens, Ctrl-C included. */
static bool read_silently(int tty, const char *prompt, struct buf *line)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};
	enum { SIGNAL_COUNT = sizeof signals / sizeof *signals };
	struct sigaction before[SIGNAL_COUNT], catching = {.sa_handler = on_signal};
	struct termios shown, silent;
	if (tcgetattr(tty, &shown) != 0)
		return false;
	interrupted = 0;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &catching, &before[i]);
	silent = shown;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(tty, TCSAFLUSH, &silent);
	dprintf(tty, "%s: ", prompt);
	bool ok = read_line(tty, line);
	tcsetattr(tty, TCSAFLUSH, &shown);
	dprintf(tty, "\n");
	for (int i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &before[i], NULL);
	if (interrupted)
		raise(interrupted);
	return ok && !interrupted;
}

enum status secret_from_terminal(const char *prompt, bool confirm, struct secret *s, struct err *err)
{
	struct buf again = BUF_INIT;
	enum status st;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return err_set(err, ST_WRONG_KEY, "there is no terminal to ask for the passphrase on; use --passphrase-fd");
	buf_reserve(&s->bytes, PASSPHRASE_MAX);
	buf_reserve(&again, PASSPHRASE_MAX);
	if (!read_silently(tty, prompt, &s->bytes))
		st = err_set(err, ST_INTERRUPTED, "no passphrase was given");
	else
		st = check_passphrase(s, err);
	if (st == ST_OK && confirm) {
		if (!read_silently(tty, "The same again", &again))
			st = err_set(err, ST_INTERRUPTED, "no passphrase was given");
		else if (!slice_eq(buf_slice(&again), buf_slice(&s->bytes)))
			st = err_set(err, ST_WRONG_KEY, "the two passphrases differ; nothing was done");
	}
	buf_wipe(&again);
	close(tty);
	return st;
}

/* Which way */

static const char *const ways[] = {"key-file", "passphrase", "passphrase-fd", "credential"};
#define WAY_COUNT (sizeof ways / sizeof *ways)

/** The way that was named most strongly, or NULL. */
static enum status choose_way(const struct settings *settings, const char **ret, struct err *err)
{
	enum config_rank best = RANK_DEFAULT;
	const char *other = NULL;
	*ret = NULL;
	for (size_t i = 0; i < WAY_COUNT; i++) {
		enum config_rank rank = config_rank_of(settings, ways[i]);
		if (rank == RANK_DEFAULT || rank < best || (strcmp(ways[i], "passphrase") == 0 && !settings->passphrase))
			continue;
		other = rank == best ? *ret : NULL;
		*ret = ways[i];
		best = rank;
	}
	if (other)
		return err_set(err, ST_USAGE, "%s and %s: one way to unlock is enough", other, *ret);
	return ST_OK;
}

enum status secret_is_named(const struct settings *settings, bool *ret, struct err *err)
{
	const char *way;
	enum status st = choose_way(settings, &way, err);
	*ret = st == ST_OK && way;
	return st;
}

static enum status take_way(const struct settings *settings, const char *way, bool create, struct secret *s, struct err *err)
{
	if (strcmp(way, "key-file") == 0)
		return secret_from_key_file(settings->key_file, create, s, err);
	if (strcmp(way, "passphrase-fd") == 0)
		return secret_from_fd(settings->passphrase_fd, s, err);
	if (strcmp(way, "credential") == 0)
		return from_credential(settings->credential, s, err);
	return secret_from_terminal(create ? "New passphrase" : "Passphrase", create, s, err);
}

enum status secret_make(const struct settings *settings, struct secret *s, struct err *err)
{
	const char *way;
	enum status st = choose_way(settings, &way, err);
	if (st != ST_OK)
		return st;
	return take_way(settings, way ? way : "passphrase", true, s, err);
}

enum status secret_default_path(const char *store_id, struct buf *path, struct err *err)
{
	struct buf name = BUF_INIT;
	buf_addf(&name, "itemfs/keys/%s.key", store_id);
	enum status st = config_home(buf_str(&name), path, err);
	buf_finish(&name);
	return st;
}

static bool has_passphrase(const struct keyring_report *r)
{
	for (size_t i = 0; i < r->slot_count; i++)
		if (r->slots[i].kind == UNLOCK_PASSPHRASE)
			return true;
	return false;
}

enum status secret_find(const struct settings *settings, const char *store, struct secret *s, struct err *err)
{
	struct keyring_report report;
	struct buf path = BUF_INIT;
	const char *way;
	enum status st = keyring_report(store, &report, err);
	if (st == ST_OK)
		st = choose_way(settings, &way, err);
	if (st != ST_OK)
		return st;
	if (way)
		return take_way(settings, way, false, s, err);
	st = secret_default_path(report.store_id, &path, err);
	if (st != ST_OK)
		goto out;
	if (access(buf_str(&path), F_OK) == 0)
		st = secret_from_key_file(buf_str(&path), false, s, err);
	else if (has_passphrase(&report))
		st = secret_from_terminal("Passphrase", false, s, err);
	else
		st = err_set(err, ST_WRONG_KEY, "no key for %s: there is no %s; name another place with --key-file or --credential",
			store, buf_str(&path));
out:
	buf_finish(&path);
	return st;
}
