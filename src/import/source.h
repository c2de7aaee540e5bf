/** Items out of a file: JSON Lines, DynamoDB's JSON lines, CSV. */
#ifndef SRC_IMPORT_SOURCE_H
#define SRC_IMPORT_SOURCE_H

#include "src/import/csv.h"
#include "src/import/input.h"

enum source_format { FORMAT_GUESS, FORMAT_JSONL, FORMAT_DDB_JSONL, FORMAT_CSV };

struct source {
	struct input input;
	enum source_format format;
	const struct key_schema *schema; /* borrowed */
	const char *numbers;             /* borrowed; --number */
	struct csv csv;
};

/**
 * FORMAT_GUESS looks at the end of the name, then at the first byte, then at the first line: a line whose values are all wrapped in a
 * type is DynamoDB's.
 * Errors: ST_IO, ST_VALIDATION (the CSV header).
 */
MUST_CHECK enum status source_open(struct source *s, const char *path, enum source_format format, const struct key_schema *schema,
	const char *numbers, struct err *err);
void source_close(struct source *s);

/** One record as it stood in the file, and the item that it is. */
struct record {
	const char *file;   /* the path that the source was opened with; borrowed */
	unsigned long line; /* its first */
	struct buf text;
	struct buf item; /* empty for SOURCE_BAD */
};

/** BAD: the record is no item, err says why, the next call goes on after it. FAILED: the file cannot be read any further. */
enum source_result { SOURCE_ITEM, SOURCE_BAD, SOURCE_END, SOURCE_FAILED };
enum source_result source_next(struct source *s, struct record *record, struct err *err);

/** The format called so ("jsonl", "ddb-jsonl", "csv"); false when there is none. */
bool source_format_parse(const char *word, enum source_format *ret);

#endif
