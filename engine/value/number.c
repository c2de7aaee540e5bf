#include "engine/value/decimal.h"
#include "engine/value/utf8.h"

#include <assert.h>

/* Layout: README.md, "Number". */
#define TAG_NEGATIVE 0x10
#define TAG_ZERO 0x20
#define TAG_POSITIVE 0x30
#define PAIR_MAX 100 /* a byte holds two digits plus 1: 1..100 */

/** A literal has at most as many characters as a text, so an exponent past this is out of range whatever the digits do to it. */
#define EXPONENT_CAP 100000000000

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/** What the mantissa's digits were, trailing zeros still to be dropped. */
struct mantissa {
	size_t significant; /* from the first digit that is not 0 to the last that is not 0 */
	size_t seen;        /* from the first digit that is not 0 */
	size_t digits;      /* all */
	int64_t point;      /* exponent that the place of the point gives */
};

static void take_digit(struct mantissa *m, struct decimal *ret, uint8_t digit, bool after_point)
{
	m->digits++;
	if (m->seen == 0 && digit == 0) {
		m->point -= after_point;
		return;
	}
	m->point += !after_point;
	if (m->seen < LIMIT_NUMBER_DIGITS)
		ret->d[m->seen] = digit;
	m->seen++;
	if (digit)
		m->significant = m->seen;
}

static const uint8_t *take_mantissa(const uint8_t *p, const uint8_t *end, struct mantissa *m, struct decimal *ret)
{
	bool after_point = false;
	for (; p < end; p++) {
		if (is_digit(*p))
			take_digit(m, ret, (uint8_t)(*p - '0'), after_point);
		else if (*p == '.' && !after_point)
			after_point = true;
		else
			break;
	}
	return p;
}

/** Reads "e+12" up to the end; false when it is not that. */
static bool take_exponent(const uint8_t *p, const uint8_t *end, int64_t *ret)
{
	*ret = 0;
	if (p == end)
		return true;
	if ((*p | 0x20) != 'e')
		return false;
	p++;
	bool neg = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		if (*ret < EXPONENT_CAP)
			*ret = *ret * 10 + (*p - '0');
	}
	*ret = neg ? -*ret : *ret;
	return true;
}

static enum decimal_fault check_limits(size_t digits, int64_t exp)
{
	if (digits > LIMIT_NUMBER_DIGITS)
		return DECIMAL_TOO_MANY_DIGITS;
	if (exp > DECIMAL_EXP_MAX)
		return DECIMAL_TOO_LARGE;
	return exp < DECIMAL_EXP_MIN ? DECIMAL_TOO_SMALL : DECIMAL_OK;
}

enum decimal_fault decimal_parse(struct slice text, struct decimal *ret, size_t *digits)
{
	const uint8_t *p = text.ptr, *end = p + text.len;
	struct mantissa m = {0};
	int64_t exponent;
	ret->neg = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	p = take_mantissa(p, end, &m, ret);
	*digits = m.significant;
	if (m.digits == 0 || !take_exponent(p, end, &exponent))
		return DECIMAL_NOT_A_NUMBER;
	if (m.significant == 0) {
		*ret = (struct decimal){0};
		return DECIMAL_OK;
	}
	enum decimal_fault fault = check_limits(m.significant, m.point + exponent);
	if (fault != DECIMAL_OK)
		return fault;
	ret->n = (uint8_t)m.significant;
	ret->exp = m.point + exponent;
	return DECIMAL_OK;
}

void decimal_encode(const struct decimal *d, struct number *ret)
{
	assert(d->n <= LIMIT_NUMBER_DIGITS);
	if (d->n == 0) {
		*ret = (struct number){.len = 1, .enc = {TAG_ZERO}};
		return;
	}
	assert(d->exp >= DECIMAL_EXP_MIN && d->exp <= DECIMAL_EXP_MAX);
	uint8_t *to = ret->enc, flip = d->neg ? 0xff : 0;
	*to++ = d->neg ? TAG_NEGATIVE : TAG_POSITIVE;
	*to++ = (uint8_t)(d->exp - DECIMAL_EXP_MIN) ^ flip;
	for (unsigned i = 0; i < d->n; i += 2) {
		unsigned low = i + 1 < d->n ? d->d[i + 1] : 0;
		*to++ = (uint8_t)(d->d[i] * 10u + low + 1) ^ flip;
	}
	/* Of two negative numbers, one the beginning of the other, the shorter is the greater: a byte above all pairs says so. */
	if (d->neg)
		*to++ = 0xff;
	ret->len = (uint8_t)(to - ret->enc);
}

/** The pairs of digits; false when one is no pair, or when leading or trailing zeros make a second spelling. */
static bool decode_pairs(const uint8_t *p, size_t n, uint8_t flip, struct decimal *ret)
{
	if (n == 0 || n > LIMIT_NUMBER_DIGITS / 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned pair = p[i] ^ flip;
		if (pair < 1 || pair > PAIR_MAX)
			return false;
		ret->d[2 * i] = (uint8_t)((pair - 1) / 10);
		ret->d[2 * i + 1] = (uint8_t)((pair - 1) % 10);
	}
	ret->n = (uint8_t)(2 * n - (ret->d[2 * n - 1] == 0));
	return ret->d[0] != 0 && ret->d[ret->n - 1] != 0;
}

bool decimal_decode(struct slice enc, struct decimal *ret)
{
	if (enc.len == 1 && enc.ptr[0] == TAG_ZERO) {
		*ret = (struct decimal){0};
		return true;
	}
	if (enc.len < 3 || (enc.ptr[0] != TAG_POSITIVE && enc.ptr[0] != TAG_NEGATIVE))
		return false;
	ret->neg = enc.ptr[0] == TAG_NEGATIVE;
	if (ret->neg && enc.ptr[enc.len - 1] != 0xff)
		return false;
	uint8_t flip = ret->neg ? 0xff : 0;
	ret->exp = (int64_t)(uint8_t)(enc.ptr[1] ^ flip) + DECIMAL_EXP_MIN;
	return decode_pairs(enc.ptr + 2, enc.len - 2 - ret->neg, flip, ret);
}

static enum status fault_status(enum decimal_fault fault, struct slice text, struct err *err)
{
	switch (fault) {
	case DECIMAL_OK:
		return ST_OK;
	case DECIMAL_TOO_MANY_DIGITS:
		return err_set(
			err, ST_VALIDATION, "Attempting to store more than %d significant digits in a Number", LIMIT_NUMBER_DIGITS);
	case DECIMAL_TOO_LARGE:
		return err_set(err, ST_VALIDATION,
			"Number overflow. Attempting to store a number with magnitude larger than supported range");
	case DECIMAL_TOO_SMALL:
		return err_set(err, ST_VALIDATION,
			"Number underflow. Attempting to store a number with magnitude smaller than supported range");
	case DECIMAL_NOT_A_NUMBER:
		break;
	}
	if (text.len == 0)
		return err_set(err, ST_VALIDATION, "The parameter cannot be converted to a numeric value");
	return err_set(err, ST_VALIDATION, "The parameter cannot be converted to a numeric value: %.*s", utf8_cut(text, 80),
		(const char *)text.ptr);
}

enum status number_parse(struct slice text, struct number *ret, struct err *err)
{
	struct decimal d;
	size_t digits;
	enum decimal_fault fault = decimal_parse(text, &d, &digits);
	if (fault != DECIMAL_OK)
		return fault_status(fault, text, err);
	decimal_encode(&d, ret);
	return ST_OK;
}

bool number_valid(struct slice enc)
{
	struct decimal d;
	return decimal_decode(enc, &d);
}

unsigned number_digits(struct slice enc)
{
	struct decimal d;
	return decimal_decode(enc, &d) && d.n > 0 ? d.n : 1;
}

bool number_fits_double(struct slice enc)
{
	/* The whole range of exponents lies within a double's, so that only the digits decide. */
	return number_digits(enc) <= 15;
}

size_t number_size(struct slice enc)
{
	bool neg = enc.len > 0 && enc.ptr[0] == TAG_NEGATIVE;
	return (number_digits(enc) + 1) / 2 + 1 + neg;
}
