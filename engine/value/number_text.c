#include "engine/value/decimal.h"

#include <stdio.h>

/** Longest plain text in file names and natural JSON; beyond it the exponent is easier to read than the zeros. */
#define PLAIN_MAX 40

static size_t plain_length(const struct decimal *d)
{
	int64_t n = d->n;
	if (d->exp <= 0)
		return (size_t)(d->neg + 2 - d->exp + n); /* 0.000ddd */
	return (size_t)(d->neg + (d->exp >= n ? d->exp : n + 1));
}

static char *put_digits(char *to, const uint8_t *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*to++ = (char)('0' + d[i]);
	return to;
}

static char *put_zeros(char *to, int64_t n)
{
	memset(to, '0', (size_t)n);
	return to + n;
}

static size_t put_plain(const struct decimal *d, char *text)
{
	char *to = text;
	if (d->neg)
		*to++ = '-';
	if (d->exp <= 0) {
		*to++ = '0';
		*to++ = '.';
		to = put_zeros(to, -d->exp);
		to = put_digits(to, d->d, d->n);
	} else if (d->exp >= d->n) {
		to = put_digits(to, d->d, d->n);
		to = put_zeros(to, d->exp - d->n);
	} else {
		to = put_digits(to, d->d, (size_t)d->exp);
		*to++ = '.';
		to = put_digits(to, d->d + d->exp, (size_t)(d->n - d->exp));
	}
	*to = 0;
	return (size_t)(to - text);
}

static size_t put_scientific(const struct decimal *d, char *text)
{
	char *to = text;
	if (d->neg)
		*to++ = '-';
	to = put_digits(to, d->d, 1);
	if (d->n > 1) {
		*to++ = '.';
		to = put_digits(to, d->d + 1, d->n - 1u);
	}
	int n = snprintf(to, 8, "E%+d", (int)d->exp - 1);
	return (size_t)(to - text) + (size_t)n;
}

/** Handles what is no number to print: nothing for bad bytes, "0" for zero. True when `text` is done. */
static bool put_special(struct slice enc, struct decimal *d, char *text, size_t *len)
{
	bool good = decimal_decode(enc, d);
	if (good && d->n > 0)
		return false;
	*len = good;
	text[0] = good ? '0' : 0;
	text[*len] = 0;
	return true;
}

size_t number_format(struct slice enc, char *text)
{
	struct decimal d;
	size_t len;
	if (put_special(enc, &d, text, &len))
		return len;
	return plain_length(&d) <= PLAIN_MAX ? put_plain(&d, text) : put_scientific(&d, text);
}

size_t number_format_plain(struct slice enc, char *text)
{
	struct decimal d;
	size_t len;
	return put_special(enc, &d, text, &len) ? len : put_plain(&d, text);
}
