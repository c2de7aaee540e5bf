/** Base64 with padding (RFC 4648, section 4), one spelling for each byte string. */
#ifndef ENGINE_VALUE_BASE64_H
#define ENGINE_VALUE_BASE64_H

#include "engine/base/slice.h"

static inline size_t base64_length(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

/** Writes base64_length(bytes.len) characters, no NUL. */
void base64_encode(struct slice bytes, char *to);

/**
 * Decodes into `to` (text.len / 4 * 3 bytes), which may be where the text stands. False when it is not strict: other characters, padding
 * missing, bits behind the last byte that are not zero.
 */
bool base64_decode(struct slice text, uint8_t *to, size_t *ret_len);

#endif
