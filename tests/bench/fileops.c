/*
 * fileops: what single file operations cost in a directory of sample items (sample.h).
 *
 *   fileops DIR [-n FILES] [-w WRITES] [-f FSYNCS] [-s BYTES] [FIGURE ...]
 *
 * DIR holds k0000000.json .. of BYTES each, at least FILES of them. One line a figure: its name, microseconds an operation, operations. Figures are
 * taken in the order of the table at the end; naming some takes only those. What is read is compared with what it must be, outside the
 * time measured. New files (n*.json, f*.json) are gone at the end.
 *
 * Cold means: unknown to the kernel's caches of names, inodes and file pages. The pages are given back file by file and not with "echo 1 >
 * drop_caches", because that would also take the pages of the database underneath, and one of the two sides of a comparison has none.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/sample.h"

static struct {
	unsigned long files, writes, fsyncs;
	size_t size;
	char *texts; /* one after the other, size + 1 apart: of what a figure is about to write */
} o = {.files = 5000, .writes = 2000, .fsyncs = 300, .size = 1024};

static void die(const char *what)
{
	fprintf(stderr, "fileops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(long rc, const char *what)
{
	if (rc < 0)
		die(what);
}

/* Texts are made before the clock starts. */
static void texts_make(char family, unsigned long count, unsigned revision)
{
	for (unsigned long i = 0; i < count; i++)
		sample_text(family, i, revision, o.size, o.texts + i * (o.size + 1));
}

static const char *text_of(unsigned long i)
{
	return o.texts + i * (o.size + 1);
}

static void read_whole(const char *name, char *bytes)
{
	int fd = open(name, O_RDONLY);
	must(fd, name);
	ssize_t n = read(fd, bytes, SAMPLE_SIZE_MAX);
	must(n, name);
	must(close(fd), name);
	if ((size_t)n != o.size) {
		fprintf(stderr, "fileops: %s has %zd bytes, not %zu\n", name, n, o.size);
		exit(1);
	}
}

static void check_all(char family, unsigned long count, unsigned revision)
{
	char name[SAMPLE_NAME_MAX], bytes[SAMPLE_SIZE_MAX], want[SAMPLE_SIZE_MAX + 1];
	for (unsigned long i = 0; i < count; i++) {
		sample_name(family, i, name);
		read_whole(name, bytes);
		sample_text(family, i, revision, o.size, want);
		if (memcmp(bytes, want, o.size) != 0) {
			fprintf(stderr, "fileops: %s does not hold what was put into it\n", name);
			exit(1);
		}
	}
}

/* The state of the caches before a figure. */

static void drop_names(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	must(fd, "/proc/sys/vm/drop_caches");
	must(write(fd, "2\n", 2), "/proc/sys/vm/drop_caches");
	close(fd);
	usleep(400000); /* a FUSE server is still being told what was forgotten */
}

static void make_cold(void)
{
	char name[SAMPLE_NAME_MAX];
	for (unsigned long i = 0; i < o.files; i++) {
		sample_name('k', i, name);
		int fd = open(name, O_RDONLY);
		must(fd, name);
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	drop_names();
}

static void make_warm(void)
{
	check_all('k', o.files, 0);
}

static void nothing(void) {}

/* Reading */

static unsigned long stat_all(void)
{
	char name[SAMPLE_NAME_MAX];
	struct stat st;
	for (unsigned long i = 0; i < o.files; i++) {
		sample_name('k', i, name);
		must(stat(name, &st), name);
	}
	return o.files;
}

/* Not by reading: a FUSE file's access time is unknown to the kernel after that, so the next stat(2) asks again. */
static void make_known(void)
{
	stat_all();
}

static unsigned long read_all(void)
{
	char name[SAMPLE_NAME_MAX], bytes[SAMPLE_SIZE_MAX];
	for (unsigned long i = 0; i < o.files; i++) {
		sample_name('k', i, name);
		read_whole(name, bytes);
	}
	return o.files;
}

static unsigned long pread_one(void)
{
	char bytes[SAMPLE_SIZE_MAX];
	const unsigned long count = o.files * 20;
	int fd = open("k0000001.json", O_RDONLY);
	must(fd, "k0000001.json");
	for (unsigned long i = 0; i < count; i++)
		must(pread(fd, bytes, o.size, 0), "pread");
	close(fd);
	return count;
}

static unsigned long list_dir(bool with_stat)
{
	unsigned long count = 0;
	struct stat st;
	DIR *d = opendir(".");
	if (!d)
		die("opendir");
	for (struct dirent *e; (e = readdir(d)); count++)
		if (with_stat)
			must(fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW), e->d_name);
	closedir(d);
	return count;
}

static unsigned long list_names(void)
{
	return list_dir(false);
}

static unsigned long list_stat(void)
{
	return list_dir(true);
}

/* Writing */

static void write_file(const char *name, int flags, unsigned long i, bool sync)
{
	int fd = open(name, O_WRONLY | flags, 0644);
	must(fd, name);
	must(write(fd, text_of(i), o.size), name);
	if (sync)
		must(fsync(fd), name);
	must(close(fd), name);
}

static unsigned long write_all(char family, unsigned long count, int flags, bool sync)
{
	char name[SAMPLE_NAME_MAX];
	for (unsigned long i = 0; i < count; i++) {
		sample_name(family, i, name);
		write_file(name, flags, i, sync);
	}
	return count;
}

static unsigned long create_all(void)
{
	return write_all('n', o.writes, O_CREAT | O_EXCL, false);
}

static unsigned long overwrite_all(void)
{
	return write_all('n', o.writes, O_TRUNC, false);
}

static unsigned long create_durable(void)
{
	return write_all('f', o.fsyncs, O_CREAT | O_EXCL, true);
}

static unsigned long overwrite_durable(void)
{
	return write_all('f', o.fsyncs, O_TRUNC, true);
}

/* As editors, rsync and sed -i save: a scratch file beside it, renamed over it. */
static unsigned long replace_all(void)
{
	char name[SAMPLE_NAME_MAX], scratch[SAMPLE_NAME_MAX + 8];
	for (unsigned long i = 0; i < o.writes; i++) {
		sample_name('n', i, name);
		snprintf(scratch, sizeof scratch, ".%s.tmp", name);
		write_file(scratch, O_CREAT | O_EXCL, i, false);
		must(rename(scratch, name), name);
	}
	return o.writes;
}

static void remove_family(char family, unsigned long count, bool must_be_there)
{
	char name[SAMPLE_NAME_MAX];
	for (unsigned long i = 0; i < count; i++) {
		sample_name(family, i, name);
		if (unlink(name) < 0 && (must_be_there || errno != ENOENT))
			die(name);
	}
}

static unsigned long unlink_all(void)
{
	remove_family('n', o.writes, true);
	return o.writes;
}

static void before_create(void)
{
	remove_family('n', o.writes, false);
	texts_make('n', o.writes, 0);
}

/* The files must be there, in whatever revision: figures can be named one by one. */
static void before_rewrite(void)
{
	texts_make('n', o.writes, 0);
	write_all('n', o.writes, O_CREAT | O_TRUNC, false);
	texts_make('n', o.writes, 1);
}

static void before_create_durable(void)
{
	remove_family('f', o.fsyncs, false);
	texts_make('f', o.fsyncs, 0);
}

static void before_rewrite_durable(void)
{
	texts_make('f', o.fsyncs, 0);
	write_all('f', o.fsyncs, O_CREAT | O_TRUNC, false);
	texts_make('f', o.fsyncs, 1);
}

static void check_created(void)
{
	check_all('n', o.writes, 0);
}

static void check_rewritten(void)
{
	check_all('n', o.writes, 1);
}

static void check_durable(void)
{
	check_all('f', o.fsyncs, 1);
	remove_family('f', o.fsyncs, true);
}

static const struct figure {
	const char *name;
	void (*before)(void);
	unsigned long (*run)(void); /* returns how many operations it did */
	void (*after)(void);
} figures[] = {
	{"cold_stat", make_cold, stat_all, nothing},
	{"warm_stat", make_known, stat_all, nothing},
	{"first_read", make_cold, read_all, make_warm},
	{"repeat_read", make_warm, read_all, nothing},
	{"cached_pread", make_warm, pread_one, nothing},
	{"readdir", drop_names, list_names, nothing},
	{"readdir_stat", drop_names, list_stat, nothing},
	{"create", before_create, create_all, check_created},
	{"overwrite", before_rewrite, overwrite_all, check_rewritten},
	{"tmp_rename", before_rewrite, replace_all, check_rewritten},
	{"unlink", before_rewrite, unlink_all, nothing},
	{"create_fsync", before_create_durable, create_durable, nothing},
	{"overwrite_fsync", before_rewrite_durable, overwrite_durable, check_durable},
};

static bool named(const char *name, char **names)
{
	if (!*names)
		return true;
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static void take(const struct figure *f)
{
	f->before();
	double start = bench_now_us();
	unsigned long count = f->run();
	double us = bench_now_us() - start;
	f->after();
	printf("%-16s %10.3f %8lu\n", f->name, us / (double)count, count);
	fflush(stdout);
}

static int options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "n:w:f:s:")) != -1;)
		if (c == 'n')
			o.files = strtoul(optarg, NULL, 10);
		else if (c == 'w')
			o.writes = strtoul(optarg, NULL, 10);
		else if (c == 'f')
			o.fsyncs = strtoul(optarg, NULL, 10);
		else if (c == 's')
			o.size = strtoul(optarg, NULL, 10);
		else
			return -1;
	return optind < argc && o.files > 1 && o.size >= SAMPLE_SIZE_MIN && o.size <= SAMPLE_SIZE_MAX ? optind : -1;
}

int main(int argc, char **argv)
{
	int at = options(argc, argv);
	if (at < 0) {
		fprintf(stderr, "usage: fileops DIR [-n FILES] [-w WRITES] [-f FSYNCS] [-s BYTES] [FIGURE ...]\n");
		return 2;
	}
	must(chdir(argv[at]), argv[at]);
	unsigned long most = o.writes > o.fsyncs ? o.writes : o.fsyncs;
	o.texts = malloc((most + 1) * (o.size + 1));
	if (!o.texts)
		die("memory");
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (named(figures[i].name, argv + at + 1))
			take(&figures[i]);
	remove_family('n', o.writes, false);
	remove_family('f', o.fsyncs, false);
	free(o.texts);
	return 0;
}
