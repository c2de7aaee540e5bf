#include "src/http/gzip.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for a gzip header */
#define LEVEL 1               /* on one machine the network is fast; higher levels take three times as long for a tenth less */
#define MEMORY 8
#define STEP (64u << 10)

/** The weight behind ";q=" says no: 0, 0.0, 0.000. */
static bool is_refused(const char *from, const char *to)
{
	const char *q = memmem(from, (size_t)(to - from), "q=", 2);
	if (!q)
		return false;
	for (q += 2; q < to && (*q == '0' || *q == '.'); q++)
		;
	return q >= to || *q < '1' || *q > '9';
}

bool gzip_is_accepted(const char *text)
{
	while (text && *text) {
		text += strspn(text, " \t,");
		size_t name = strcspn(text, " \t,;"), all = strcspn(text, ",");
		if ((name == 4 && strncasecmp(text, "gzip", 4) == 0) || (name == 1 && *text == '*'))
			return !is_refused(text + name, text + all);
		text += all;
	}
	return false;
}

bool gzip_pack(struct slice bytes, struct buf *out)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len};
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	z.next_out = buf_reserve(out, bytes.len);
	z.avail_out = (uInt)bytes.len;
	bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
	if (whole)
		buf_added(out, z.total_out);
	deflateEnd(&z);
	return whole;
}

bool gzip_unpack(struct slice bytes, size_t max, struct buf *out, bool *too_large)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len};
	size_t before = out->len;
	*too_large = false;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return false;
	int state = Z_OK;
	while (state == Z_OK && out->len - before <= max) {
		z.next_out = buf_reserve(out, STEP);
		z.avail_out = STEP;
		state = inflate(&z, Z_NO_FLUSH);
		buf_added(out, STEP - z.avail_out);
	}
	*too_large = out->len - before > max;
	bool whole = state == Z_STREAM_END && z.avail_in == 0 && !*too_large;
	inflateEnd(&z);
	if (!whole)
		buf_resize(out, before);
	return whole;
}
