/** The scanner against the reader, and against itself: however the text is cut, the answer and the place are the same. */
#include "engine/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static struct json_scan scan_in_pieces(struct slice text, size_t piece)
{
	struct json_scan s;
	struct err err = {0};
	json_scan_init(&s);
	for (size_t i = 0; i < text.len; i += piece) {
		/* A copy of the exact size, so that the sanitizers see a read past the end of the piece. */
		size_t n = text.len - i < piece ? text.len - i : piece;
		uint8_t *copy = xmalloc(n);
		memcpy(copy, text.ptr + i, n);
		json_scan(&s, slice_of(copy, n), &err);
		free(copy);
		REQUIRE((s.state == JSON_SCAN_BAD) == (err.code != ST_OK));
	}
	return s;
}

static bool reads(struct slice text, enum json_form form)
{
	struct buf out = BUF_INIT;
	enum status st = json_read_item(text, form, &out, NULL);
	buf_finish(&out);
	return st == ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	struct json_scan whole = scan_in_pieces(text, size ? size : 1);
	for (size_t piece = 1; piece <= 9; piece += piece < 3 ? 1 : 3) {
		struct json_scan s = scan_in_pieces(text, piece);
		REQUIRE(s.state == whole.state && s.line == whole.line && s.column == whole.column && s.depth == whole.depth);
	}
	bool good = reads(text, JSON_NATURAL) || reads(text, JSON_TYPED);
	REQUIRE(!good || whole.state == JSON_SCAN_DONE);
	return 0;
}
