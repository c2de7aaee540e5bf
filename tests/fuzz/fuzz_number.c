/** Number text and encodings: what is taken has one encoding, which prints to text that reads back as itself; sums undo each other. */
#include "engine/number.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void same_when_read(const char *text, size_t len, struct slice enc)
{
	struct number back;
	REQUIRE(strlen(text) == len && len < NUMBER_TEXT_MAX);
	REQUIRE(number_parse(slice_of(text, len), &back, NULL) == ST_OK);
	REQUIRE(slice_eq(number_slice(&back), enc));
}

static void check_encoding(struct slice enc)
{
	char text[NUMBER_TEXT_MAX];
	if (!number_valid(enc)) {
		REQUIRE(number_format(enc, text) == 0 && number_format_plain(enc, text) == 0);
		return;
	}
	REQUIRE(number_digits(enc) <= 38 && number_size(enc) <= 21);
	size_t n = number_format(enc, text);
	REQUIRE(n <= 47);
	same_when_read(text, n, enc);
	same_when_read(text, number_format_plain(enc, text), enc);
}

static void check_sums(struct slice a, struct slice b)
{
	struct number sum, back, other;
	if (number_add(a, b, &sum, NULL) != ST_OK)
		return;
	REQUIRE(number_valid(number_slice(&sum)));
	REQUIRE(number_add(b, a, &other, NULL) == ST_OK && slice_eq(number_slice(&other), number_slice(&sum)));
	REQUIRE(number_sub(number_slice(&sum), b, &back, NULL) == ST_OK && slice_eq(number_slice(&back), a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct number a, b;
	struct err err;
	const uint8_t *space = size ? memchr(data, ' ', size) : NULL;
	size_t first = space ? (size_t)(space - data) : size;
	check_encoding(slice_of(data, size));
	if (number_parse(slice_of(data, first), &a, &err) != ST_OK)
		return 0;
	REQUIRE(number_valid(number_slice(&a)));
	check_encoding(number_slice(&a));
	if (space && number_parse(slice_of(space + 1, size - first - 1), &b, &err) == ST_OK)
		check_sums(number_slice(&a), number_slice(&b));
	return 0;
}
