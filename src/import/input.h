/** A file read line by line, of any length up to a bound, with line numbers and a count of bytes. */
#ifndef SRC_IMPORT_INPUT_H
#define SRC_IMPORT_INPUT_H

#include "engine/base/buf.h"
#include "engine/status.h"

struct input {
	int fd;
	const char *name; /* for messages; borrowed */
	uint8_t *chunk;
	size_t at, end;
	uint64_t bytes;     /* taken so far */
	unsigned long line; /* number of the line that input_line() gave last */
};

/** "-" is standard input. Errors: ST_IO. */
MUST_CHECK enum status input_open(struct input *in, const char *path, struct err *err);
void input_close(struct input *in);

/** Bytes of a regular file; 0 when that cannot be known. */
uint64_t input_size(const char *path);

enum input_result { INPUT_LINE, INPUT_TOO_LONG, INPUT_END, INPUT_FAILED };

/** Appends the next line, without its LF. TOO_LONG: it has more than `max` bytes; its beginning is there and it is passed over.
 * err is set on FAILED only. */
enum input_result input_line(struct input *in, size_t max, struct buf *line, struct err *err);

/** The next byte that is no white space, without taking anything; 0 at the end or when the first block holds none. */
uint8_t input_peek(struct input *in);

#endif
