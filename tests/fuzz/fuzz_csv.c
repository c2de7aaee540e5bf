/** CSV from anywhere: the first line is the header, the rest one record. What comes out is an item. */
#include <assert.h>

#include "src/import/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct key_schema schema = {.pk = {.name = "id", .type = VALUE_S}, .sk = {.name = "at", .type = VALUE_N}};
	const uint8_t *lf = size ? memchr(data, '\n', size) : NULL;
	struct slice header = slice_of(data, lf ? (size_t)(lf - data) : size);
	struct slice record = lf ? slice_of(lf + 1, size - header.len - 1) : slice_of(data, 0);
	struct csv csv = {0};
	struct buf item = BUF_INIT;
	struct err err;
	if (csv_read_header(&csv, header, &schema, "n", &err) == ST_OK) {
		if (csv_read_item(&csv, record, &item, &err) == ST_OK)
			assert(item_valid(buf_slice(&item)));
		else
			assert(item.len == 0);
	}
	buf_finish(&item);
	csv_finish(&csv);
	return 0;
}
