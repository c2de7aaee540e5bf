/** Stands in for libFuzzer in ordinary builds: runs the target once on every file named, or in the directories named. */
#include "engine/base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf bytes = BUF_INIT;
	uint8_t block[4096];
	size_t n;
	if (!f)
		return false;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(&bytes, block, n);
	fclose(f);
	/* A copy of the exact size, so that the sanitizers see a read past the end. */
	uint8_t *exact = xmalloc(bytes.len);
	if (bytes.len)
		memcpy(exact, bytes.ptr, bytes.len);
	LLVMFuzzerTestOneInput(exact, bytes.len);
	free(exact);
	buf_finish(&bytes);
	return true;
}

/** Returns how many files were run, or -1. */
static int replay(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort), done = 0;
	if (n < 0)
		return replay_file(path) ? 1 : -1;
	for (int i = 0; i < n; i++) {
		struct buf file = BUF_INIT;
		buf_addf(&file, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			done += replay_file(buf_str(&file));
		buf_finish(&file);
		free(names[i]);
	}
	free(names);
	return done;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int n = replay(argv[i]);
		if (n < 0) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 1;
		}
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return 0;
}
