#include "src/import/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u << 10)

enum status input_open(struct input *in, const char *path, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	*in = (struct input){
		.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), .name = standard ? "standard input" : path};
	if (in->fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	in->chunk = xmalloc(CHUNK);
	return ST_OK;
}

void input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	free(in->chunk);
	*in = (struct input){.fd = -1};
}

uint64_t input_size(const char *path)
{
	struct stat s;
	bool known = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &s) == 0 : stat(path, &s) == 0;
	return known && S_ISREG(s.st_mode) ? (uint64_t)s.st_size : 0;
}

/** Reads the next block; false at the end (errno 0) or on an error. */
static bool fill(struct input *in)
{
	ssize_t n;
	in->at = in->end = 0;
	do
		n = read(in->fd, in->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		errno = n ? errno : 0;
		return false;
	}
	in->end = (size_t)n;
	return true;
}

/** Takes what there is of the line from the block; true when its LF was in it. */
static bool take(struct input *in, size_t max, struct buf *line, bool *too_long)
{
	const uint8_t *from = in->chunk + in->at, *lf = memchr(from, '\n', in->end - in->at);
	size_t n = lf ? (size_t)(lf - from) : in->end - in->at;
	size_t room = line->len < max ? max - line->len : 0;
	*too_long |= n > room;
	buf_add(line, from, n < room ? n : room);
	in->at += n + (lf != NULL);
	in->bytes += n + (lf != NULL);
	return lf != NULL;
}

enum input_result input_line(struct input *in, size_t max, struct buf *line, struct err *err)
{
	bool too_long = false, any = false, whole = false;
	max += line->len;
	while (!whole) {
		if (in->at == in->end && !fill(in)) {
			if (errno) {
				err_errno(err, errno, "cannot read %s", in->name);
				return INPUT_FAILED;
			}
			if (!any)
				return INPUT_END;
			break;
		}
		any = true;
		whole = take(in, max, line, &too_long);
	}
	in->line++;
	return too_long ? INPUT_TOO_LONG : INPUT_LINE;
}

uint8_t input_peek(struct input *in)
{
	if (in->at == in->end && !fill(in))
		return 0;
	for (size_t i = in->at; i < in->end; i++)
		if (!memchr(" \t\r\n", in->chunk[i], 4))
			return in->chunk[i];
	return 0;
}
