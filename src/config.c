#include "src/config.h"

#include <ini.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "src/words.h"

enum option_type { TYPE_FLAG, TYPE_TEXT, TYPE_PATH, TYPE_SIZE, TYPE_COUNT, TYPE_SECONDS, TYPE_LEVEL };

/** One option, everywhere that it can be said. */
struct option_row {
	const char *name; /* --name, name = value in a file, and name[=value] after -o */
	char key;         /* -k, or 0 */
	const char *arg;  /* NULL for TYPE_FLAG */
	enum option_type type;
	size_t at;       /* offset in struct settings */
	unsigned groups; /* enum option_group */
	bool flag_only;  /* makes no sense in a file: belongs to one call */
	const char *help;
};

#define AT(field) offsetof(struct settings, field)

static const struct option_row options[] = {
	{"key-file", 'k', "FILE", TYPE_PATH, AT(key_file), GROUP_UNLOCK, false, "The key is in FILE (only its owner may read it)"},
	{"passphrase", 'p', NULL, TYPE_FLAG, AT(passphrase), GROUP_UNLOCK, false, "Ask for a passphrase on the terminal"},
	{"passphrase-fd", 0, "N", TYPE_COUNT, AT(passphrase_fd), GROUP_UNLOCK, true,
		"Read the passphrase from file descriptor N, up to the end of its first line"},
	{"credential", 0, "NAME", TYPE_TEXT, AT(credential), GROUP_UNLOCK, false,
		"The key is systemd's credential NAME ($CREDENTIALS_DIRECTORY/NAME)"},
	{"foreground", 'f', NULL, TYPE_FLAG, AT(foreground), GROUP_MOUNT, true, "Stay in the foreground; Ctrl-C unmounts"},
	{"read-only", 'r', NULL, TYPE_FLAG, AT(read_only), GROUP_MOUNT | GROUP_SERVE, false, "Refuse every change"},
	{"allow-other", 0, NULL, TYPE_FLAG, AT(allow_other), GROUP_MOUNT, false, "Let other users in, as far as modes allow"},
	{"nonempty", 0, NULL, TYPE_FLAG, AT(nonempty), GROUP_MOUNT, false, "Mount over a directory that is not empty"},
	{"map-size", 0, "SIZE", TYPE_SIZE, AT(map_size), GROUP_MOUNT | GROUP_SERVE, false,
		"The most that the store may grow to (default 1T)"},
	{"nodes-max", 0, "N", TYPE_SIZE, AT(nodes_max), GROUP_MOUNT, false, "Inodes that the kernel may keep (default 262144)"},
	{"threads", 0, "N", TYPE_COUNT, AT(threads), GROUP_MOUNT, false,
		"Threads that serve requests, at most, besides 16 for requests that wait for capacity (default 10)"},
	{"no-throttle", 0, NULL, TYPE_FLAG, AT(no_throttle), GROUP_MOUNT | GROUP_SERVE, false,
		"Count the capacity that tables use, but never refuse or delay a request for the lack of it"},
	{"state-delay", 0, "SECONDS", TYPE_SECONDS, AT(state_delay_ms), GROUP_MOUNT | GROUP_SERVE, false,
		"Let tables be CREATING, UPDATING and DELETING for so long, to try a client's waiting (default: no time)"},
	{"region", 0, "REGION", TYPE_TEXT, AT(region), GROUP_INIT, true, "The region in the store's ARNs (default us-east-1)"},
	{"account", 0, "DIGITS", TYPE_TEXT, AT(account), GROUP_INIT, true,
		"The account in the store's ARNs, 12 digits (default 000000000000)"},
	{"fsname", 0, "NAME", TYPE_TEXT, AT(fsname), GROUP_MOUNT, false,
		"What mount(8) shows as the source (default: the store's path)"},
	{"log-level", 0, "LEVEL", TYPE_LEVEL, AT(log_level), GROUP_MOUNT | GROUP_SERVE, false,
		"error, warning, info or debug (default: warning)"},
	{"listen", 'l', "ADDRESS", TYPE_TEXT, AT(listen), GROUP_SERVE, false,
		"Answer the DynamoDB API over HTTP at ADDRESS: 127.0.0.1:8000, [::1]:8000, or with TLS 0.0.0.0:443; port 0 is any"},
	{"tls-cert", 0, "FILE", TYPE_PATH, AT(tls_cert), GROUP_SERVE, false,
		"HTTPS: the certificate, and those that vouch for it, in PEM"},
	{"tls-key", 0, "FILE", TYPE_PATH, AT(tls_key), GROUP_SERVE, false, "HTTPS: the certificate's private key in PEM"},
	{"debug", 'd', NULL, TYPE_FLAG, AT(debug), GROUP_MOUNT, true,
		"Print each request of the kernel to standard error; use with -f"},
};
#define OPTION_COUNT (sizeof options / sizeof *options)
_Static_assert(OPTION_COUNT <= OPTION_COUNT_MAX, "struct settings keeps a rank for each option");

void settings_init(struct settings *s)
{
	*s = (struct settings){.log_level = LOG_LEVEL_WARN};
}

void settings_finish(struct settings *s)
{
	free(s->key_file);
	free(s->credential);
	free(s->fsname);
	free(s->region);
	free(s->account);
	free(s->listen);
	free(s->tls_cert);
	free(s->tls_key);
	free(s->fuse_options);
	*s = (struct settings){0};
}

static bool parse_level(const char *text, unsigned *ret)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warning", [LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug"};
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static bool parse_count(const char *text, unsigned *ret)
{
	uint64_t n;
	if (!word_parse_size(text, &n) || n > 1u << 20)
		return false;
	*ret = (unsigned)n;
	return true;
}

#define SECONDS_MAX 86400

/** Seconds, perhaps with a fraction; kept in milliseconds. */
static bool parse_seconds(const char *text, uint64_t *ret)
{
	char *end;
	if (*text < '0' || *text > '9' || strspn(text, "0123456789.") != strlen(text))
		return false;
	double seconds = strtod(text, &end);
	if (*end || seconds > SECONDS_MAX)
		return false;
	*ret = (uint64_t)(seconds * 1000);
	return true;
}

/** What a value of the option may look like, for messages. */
static const char *allowed(enum option_type type)
{
	switch (type) {
	case TYPE_FLAG:
		return "yes or no";
	case TYPE_SIZE:
		return "a number, with K, M, G or T behind it if you like";
	case TYPE_COUNT:
		return "a number";
	case TYPE_SECONDS:
		return "seconds, such as 5 or 0.3";
	case TYPE_LEVEL:
		return "error, warning, info or debug";
	case TYPE_PATH:
		return "a path";
	case TYPE_TEXT:
		break;
	}
	return "a text";
}

static void replace_text(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

/** A path in a configuration file has to stand for itself; one on the command line starts where the caller stands. */
static bool store_value(struct settings *s, const struct option_row *o, const char *value, enum config_rank rank)
{
	void *field = (char *)s + o->at;
	switch (o->type) {
	case TYPE_FLAG:
		return word_parse_bool(value, field);
	case TYPE_SIZE:
		return word_parse_size(value, field);
	case TYPE_COUNT:
		return parse_count(value, field);
	case TYPE_SECONDS:
		return parse_seconds(value, field);
	case TYPE_LEVEL:
		return parse_level(value, field);
	case TYPE_PATH:
		if (!*value || (rank < RANK_COMMAND && *value != '/'))
			return false;
		break;
	case TYPE_TEXT:
		if (!*value)
			return false;
		break;
	}
	replace_text(field, value);
	return true;
}

static enum status set_option(
	struct settings *s, const struct option_row *o, const char *value, enum config_rank rank, struct err *err)
{
	enum config_rank *now = &s->rank[o - options];
	if (rank < *now)
		return ST_OK;
	const char *wanted = rank < RANK_COMMAND && o->type == TYPE_PATH ? "an absolute path" : allowed(o->type);
	if (!store_value(s, o, value, rank))
		return err_set(err, ST_USAGE, "'%s' wants %s, not '%s'", o->name, wanted, value);
	*now = rank;
	return ST_OK;
}

static const struct option_row *find_option(struct slice name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (word_same_option(name, options[i].name))
			return &options[i];
	return NULL;
}

enum config_rank config_rank_of(const struct settings *s, const char *option)
{
	const struct option_row *o = find_option(slice_str(option));
	return o ? s->rank[o - options] : RANK_DEFAULT;
}

/* The command line */

static error_t parse_argp(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	struct err err = {0};
	if (key == 'o') {
		if (config_mount_options(s, arg, &err) != ST_OK)
			argp_error(state, "%s", err.text);
		return 0;
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		int own = options[i].key ? options[i].key : 0x100 + (int)i;
		if (key != own)
			continue;
		if (set_option(s, &options[i], arg ? arg : "yes", RANK_COMMAND, &err) != ST_OK)
			argp_error(state, "%s", err.text);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp *config_argp(unsigned groups)
{
	static struct argp_option rows[OPTION_COUNT_MAX + 2];
	static struct argp argp = {.options = rows, .parser = parse_argp};
	size_t n = 0;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *o = &options[i];
		if (o->groups & groups)
			rows[n++] = (struct argp_option){
				.name = o->name, .key = o->key ? o->key : 0x100 + (int)i, .arg = o->arg, .doc = o->help};
	}
	if (groups & GROUP_MOUNT)
		rows[n++] = (struct argp_option){.key = 'o',
			.arg = "OPTION,...",
			.doc = "Any of the above, as mount(8) and /etc/fstab write them (ro, allow_other, key_file=/path, ...), "
			       "and the kernel's "
			       "own (nosuid, nodev, noexec, noatime, ...)"};
	rows[n] = (struct argp_option){0};
	return &argp;
}

/* -o */

/** Words of mount(8) and fstab(5) that are not for us. "x-" and "X-" begin comments for other programs. */
static bool is_harmless(struct slice word)
{
	static const char *const words[] = {"rw", "defaults", "auto", "noauto", "user", "users", "nouser", "owner", "group",
		"nofail", "_netdev", "loud", "silent", "async", "relatime", "strictatime", "norelatime", "nostrictatime",
		"diratime", "default_permissions"};
	if (slice_has_prefix(word, SLICE_LIT("x-")) || slice_has_prefix(word, SLICE_LIT("X-")) ||
		slice_has_prefix(word, SLICE_LIT("comment=")) || slice_has_prefix(word, SLICE_LIT("user=")) ||
		slice_has_prefix(word, SLICE_LIT("uhelper=")) || slice_has_prefix(word, SLICE_LIT("helper=")))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_str(word, words[i]))
			return true;
	return false;
}

/** Words that libfuse hands to the kernel. */
static bool is_fuse_word(struct slice word)
{
	static const char *const words[] = {"suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "dirsync", "atime",
		"noatime", "nodiratime", "auto_unmount"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_str(word, words[i]))
			return true;
	return slice_has_prefix(word, SLICE_LIT("max_read="));
}

static void add_fuse_word(struct settings *s, struct slice word)
{
	struct buf b = BUF_INIT;
	if (s->fuse_options)
		buf_addf(&b, "%s,", s->fuse_options);
	buf_add_slice(&b, word);
	replace_text(&s->fuse_options, buf_str(&b));
	buf_finish(&b);
}

static enum status unknown_word(struct slice word, struct err *err)
{
	char text[64];
	snprintf(text, sizeof text, "%.*s", SLICE_ARG(word));
	struct word_guess guess = {.word = text};
	for (size_t i = 0; i < OPTION_COUNT; i++)
		word_guess_try(&guess, options[i].name);
	if (guess.best)
		return err_set(err, ST_USAGE, "there is no mount option '%s'; did you mean '%s'?", text, guess.best);
	return err_set(err, ST_USAGE, "there is no mount option '%s'; 'itemfs mount --help' lists them", text);
}

static enum status take_word(struct settings *s, struct slice word, struct err *err)
{
	const uint8_t *equals = memchr(word.ptr, '=', word.len);
	struct slice name = equals ? slice_of(word.ptr, (size_t)(equals - word.ptr)) : word;
	const struct option_row *o = slice_eq_str(name, "ro") ? find_option(SLICE_LIT("read-only")) : find_option(name);
	if (!o) {
		if (is_fuse_word(word))
			add_fuse_word(s, word);
		else if (!is_harmless(word))
			return unknown_word(name, err);
		return ST_OK;
	}
	if (!equals && o->type != TYPE_FLAG)
		return err_set(err, ST_USAGE, "the mount option '%s' wants a value: %s=%s", o->name, o->name, o->arg);
	struct buf value = BUF_INIT;
	if (equals)
		buf_add_slice(&value, slice_from(word, name.len + 1));
	enum status st = set_option(s, o, equals ? buf_str(&value) : "yes", RANK_COMMAND, err);
	buf_finish(&value);
	return st;
}

enum status config_mount_options(struct settings *s, const char *words, struct err *err)
{
	struct slice word;
	enum status st = ST_OK;
	while (st == ST_OK && word_next(&words, &word))
		st = take_word(s, word, err);
	return st;
}

/* The files */

struct file_reading {
	struct settings *settings;
	const char *path, *store;
	FILE *file;
	unsigned line;
	bool new_line;
	char section[PATH_MAX]; /* whole: inih cuts names at 49 characters, and paths of stores are longer */
	struct err *err;        /* the first problem stays */
};

static void note_section(struct file_reading *r, const char *text)
{
	const char *from = text + strspn(text, " \t"), *to = strchr(from, ']');
	if (*from != '[')
		return;
	size_t n = to ? (size_t)(to - from - 1) : sizeof r->section;
	if (n >= sizeof r->section) {
		if (r->err->code == ST_OK)
			err_set(r->err, ST_VALIDATION, "%s:%u: the section's name is too long, or its ']' is missing", r->path,
				r->line);
		return;
	}
	memcpy(r->section, from + 1, n);
	r->section[n] = 0;
}

/** inih asks for one line at a time; counting them here is what lets a message name the line. A long line comes in pieces. */
static char *read_line(char *text, int size, void *arg)
{
	struct file_reading *r = arg;
	r->line += r->new_line;
	bool starts = r->new_line;
	char *got = fgets(text, size, r->file);
	if (got && starts)
		note_section(r, got);
	r->new_line = got && strchr(got, '\n');
	return got;
}

static enum status unknown_setting(const char *name, struct err *err)
{
	struct buf list = BUF_INIT;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!options[i].flag_only)
			buf_addf(&list, "%s%s", list.len ? ", " : "", options[i].name);
	err_set(err, ST_VALIDATION, "there is no setting '%s'; there are %s", name, buf_str(&list));
	buf_finish(&list);
	return ST_VALIDATION;
}

static enum status set_from_file(struct file_reading *r, const char *name, const char *value, struct err *err)
{
	const char *section = r->section;
	bool one_store = section[0] == '/';
	if (!one_store && strcmp(section, "mount") != 0)
		return err_set(err, ST_VALIDATION, "section [%s]: allowed are [mount] and [/path/of/a/store]", section);
	const struct option_row *o = find_option(slice_str(name));
	if (!o || o->flag_only)
		return unknown_setting(name, err);
	if (one_store && strcmp(section, r->store) != 0)
		return ST_OK;
	return set_option(r->settings, o, value ? value : "", one_store ? RANK_FILE_STORE : RANK_FILE, err);
}

static int take_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct file_reading *r = arg;
	if (r->err->code != ST_OK)
		return 0;
	if (set_from_file(r, name, value, r->err) == ST_OK)
		return 1;
	err_prefix(r->err, "%s:%u", r->path, r->line);
	r->err->code = ST_VALIDATION;
	return 0;
}

static enum status load_file(struct settings *s, const char *path, const char *store, struct err *err)
{
	struct err problem = {0};
	struct file_reading r = {
		.settings = s, .path = path, .store = store, .err = &problem, .new_line = true, .file = fopen(path, "re")};
	if (!r.file)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? ST_OK
									      : err_errno(err, errno, "cannot read %s", path);
	int line = ini_parse_stream(read_line, &r, take_setting, &r);
	fclose(r.file);
	if (problem.code != ST_OK)
		return err_set(err, problem.code, "%s", problem.text);
	if (line > 0)
		return err_set(err, ST_VALIDATION, "%s:%d: neither a [section] nor name = value", path, line);
	return ST_OK;
}

enum status config_home(const char *name, struct buf *path, struct err *err)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (base && base[0] == '/') {
		buf_addf(path, "%s/%s", base, name);
		return ST_OK;
	}
	if (!home || home[0] != '/') {
		struct passwd *user = getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	if (!home || home[0] != '/')
		return err_set(err, ST_IO, "there is no home directory for a configuration; set HOME or XDG_CONFIG_HOME");
	buf_addf(path, "%s/.config/%s", home, name);
	return ST_OK;
}

enum status config_load(struct settings *s, const char *store, struct err *err)
{
	struct buf own = BUF_INIT;
	enum status st = load_file(s, "/etc/itemfs.conf", store, err);
	if (st == ST_OK && config_home("itemfs.conf", &own, NULL) == ST_OK)
		st = load_file(s, buf_str(&own), store, err);
	buf_finish(&own);
	return st;
}

void config_print_help(FILE *to)
{
	fputs("Settings stand in /etc/itemfs.conf and in $XDG_CONFIG_HOME/itemfs.conf (~/.config/itemfs.conf):\n\n"
	      "    [mount]\n"
	      "    allow-other = yes\n\n"
	      "    [/srv/stores/shop]\n"
	      "    key-file = /etc/keys/shop.key\n\n"
	      "[mount] counts for every store, a section named like a store's absolute path for that store alone.\n"
	      "The store's section wins over [mount], your file over /etc's, the command line over all.\n\n",
		to);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!options[i].flag_only)
			fprintf(to, "  %-14s %s\n  %-14s %s\n", options[i].name, options[i].help, "", allowed(options[i].type));
}
