/**
 * CSV (RFC 4180): the header names the attributes, each further record is an item.
 *
 * Columns are strings, but those that the caller calls numbers, those whose header ends in ":N", and key columns, which have the type that
 * the table's schema says. An empty cell leaves its attribute out. LF and CR LF both end a record; a byte-order mark is passed over.
 */
#ifndef SRC_IMPORT_CSV_H
#define SRC_IMPORT_CSV_H

#include "engine/key.h"

struct csv_column {
	char *name;
	enum value_type type; /* VALUE_S or VALUE_N */
};

struct csv {
	struct csv_column *columns;
	size_t count;
	struct buf cells;   /* the cells of one record, without their quotes, one after the other */
	struct buf lengths; /* size_t each */
};

void csv_finish(struct csv *csv);

/** Whether the record goes on in the next line: a quoted cell is open. */
bool csv_is_open(struct slice text);

/** numbers: column names, comma-separated, or NULL. Errors: ST_VALIDATION. */
MUST_CHECK enum status csv_read_header(
	struct csv *csv, struct slice text, const struct key_schema *schema, const char *numbers, struct err *err);

/** Appends the record as an item. Errors: ST_VALIDATION (cells, numbers, quotes). */
MUST_CHECK enum status csv_read_item(struct csv *csv, struct slice text, struct buf *item, struct err *err);

#endif
