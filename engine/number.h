/**
 * DynamoDB numbers: 38 significant digits, exact, magnitude 0 or 1E-130 .. 9.9999999999999999999999999999999999999E+125.
 *
 * A number lives in its order encoding: bytes that memcmp() orders like the numbers, shorter first among equals, and of which there
 * is exactly one for each number (1, 1.0 and 10E-1 encode alike; -0 is 0). Items store it, keys store it, so nothing is
 * converted on the way from an item to its key. Byte layout: engine/value/README.md.
 *
 * Locks: none. Nothing here allocates.
 * Source: DynamoDB Developer Guide, "Supported data types and naming rules", Number.
 */
#ifndef ENGINE_NUMBER_H
#define ENGINE_NUMBER_H

#include "engine/status.h"

#define NUMBER_ENC_MAX 24   /* longest order encoding */
#define NUMBER_TEXT_MAX 180 /* longest text that number_format*() writes, NUL included */

struct number { /* order encoding; zeroed is not a number */
	uint8_t len;
	uint8_t enc[NUMBER_ENC_MAX];
};

static inline struct slice number_slice(const struct number *n)
{
	return slice_of(n->enc, n->len);
}

/**
 * Reads a decimal literal: sign, digits, point, exponent (leading and trailing zeros, "+5", ".5", "5." and "1e3" are taken, as the
 * service does; white space, hex, "NaN" and "Infinity" are not).
 * @ret  set only on ST_OK.
 * Errors: ST_VALIDATION with the service's words (not a number; more than 38 digits; magnitude too large or too small).
 */
MUST_CHECK enum status number_parse(struct slice text, struct number *ret, struct err *err);

/**
 * The canonical text, NUL-terminated, at least NUMBER_TEXT_MAX bytes; returns its length. `enc` is an order encoding.
 * Plain digits while that takes at most 40 characters, else d.dddE+x: as file names and JSON want it (paths.md).
 * Bytes that are no encoding (from a damaged record) give an empty text and 0, never a crash.
 */
size_t number_format(struct slice enc, char *text);

/** As the service prints numbers in its JSON ("N"): plain digits, no exponent, up to 170 characters. */
size_t number_format_plain(struct slice enc, char *text);

/** Whether the bytes are exactly one valid encoding. For anything that comes from disk. */
bool number_valid(struct slice enc);

/** True when every JSON tool keeps it in a double: at most 15 significant digits, |exponent| in a double's range (items.md). */
bool number_fits_double(struct slice enc);

/** Significant digits, 1..38 (1 for zero); DynamoDB's size of a number is computed from it. */
unsigned number_digits(struct slice enc);

/** DynamoDB's size of a number in an item: one byte for every two significant digits, plus 1 (plus 1 when negative). */
size_t number_size(struct slice enc);

/**
 * Exact sums; the result is an ordinary number.
 * Errors: ST_VALIDATION in the service's words when the result needs more than 38 digits or leaves the range.
 */
MUST_CHECK enum status number_add(struct slice a, struct slice b, struct number *ret, struct err *err);
MUST_CHECK enum status number_sub(struct slice a, struct slice b, struct number *ret, struct err *err);

#endif
