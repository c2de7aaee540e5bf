#include "engine/value/decimal.h"

/**
 * Two numbers lined up digit under digit. More columns than this mean a result of more than 38 digits: digits cancel at the top only when
 * the tops are at most one place apart, and then 38 digits each span 39 columns.
 */
#define COLUMNS_MAX (LIMIT_NUMBER_DIGITS + 1)

struct columns {
	uint8_t a[COLUMNS_MAX], b[COLUMNS_MAX]; /* most significant first */
	size_t n;
	int64_t exp; /* of column 0 */
};

static int64_t lowest(const struct decimal *d)
{
	return d->exp - d->n;
}

static bool line_up(const struct decimal *a, const struct decimal *b, struct columns *c)
{
	int64_t bottom = lowest(a) < lowest(b) ? lowest(a) : lowest(b);
	*c = (struct columns){.exp = a->exp > b->exp ? a->exp : b->exp};
	if (c->exp - bottom > COLUMNS_MAX)
		return false;
	c->n = (size_t)(c->exp - bottom);
	memcpy(c->a + (c->exp - a->exp), a->d, a->n);
	memcpy(c->b + (c->exp - b->exp), b->d, b->n);
	return true;
}

/** ret->d gets one column in front for the carry. */
static void add_columns(const struct columns *c, uint8_t *to)
{
	unsigned carry = 0;
	for (size_t i = c->n; i-- > 0;) {
		unsigned sum = c->a[i] + c->b[i] + carry;
		carry = sum >= 10;
		to[i + 1] = (uint8_t)(sum - 10 * carry);
	}
	to[0] = (uint8_t)carry;
}

/** The greater minus the lesser. */
static void subtract_columns(const uint8_t *greater, const uint8_t *lesser, size_t n, uint8_t *to)
{
	unsigned borrow = 0;
	for (size_t i = n; i-- > 0;) {
		unsigned take = lesser[i] + borrow;
		borrow = greater[i] < take;
		to[i + 1] = (uint8_t)(greater[i] + 10 * borrow - take);
	}
	to[0] = 0;
}

/** Drops zeros at both ends. `d` has `n` digits with the point after the first `exp`. */
static void normalise(const uint8_t *d, size_t n, int64_t exp, bool neg, struct decimal *ret, size_t *digits)
{
	while (n > 0 && *d == 0) {
		d++;
		n--;
		exp--;
	}
	while (n > 0 && d[n - 1] == 0)
		n--;
	*digits = n;
	*ret = (struct decimal){.neg = n > 0 && neg, .n = (uint8_t)n, .exp = n > 0 ? exp : 0};
	memcpy(ret->d, d, n);
}

static enum status check(const struct decimal *d, size_t digits, struct number *ret, struct err *err)
{
	if (digits > LIMIT_NUMBER_DIGITS)
		return err_set(
			err, ST_VALIDATION, "Attempting to store more than %d significant digits in a Number", LIMIT_NUMBER_DIGITS);
	if (digits > 0 && d->exp > DECIMAL_EXP_MAX)
		return err_set(err, ST_VALIDATION,
			"Number overflow. Attempting to store a number with magnitude larger than supported range");
	if (digits > 0 && d->exp < DECIMAL_EXP_MIN)
		return err_set(err, ST_VALIDATION,
			"Number underflow. Attempting to store a number with magnitude smaller than supported range");
	decimal_encode(d, ret);
	return ST_OK;
}

static enum status sum(const struct decimal *a, const struct decimal *b, struct number *ret, struct err *err)
{
	struct columns c;
	struct decimal result;
	uint8_t digits[COLUMNS_MAX + 1];
	size_t n = 0;
	if (a->n == 0 || b->n == 0) {
		decimal_encode(a->n == 0 ? b : a, ret);
		return ST_OK;
	}
	if (!line_up(a, b, &c))
		return check(a, COLUMNS_MAX, ret, err);
	bool neg = a->neg;
	if (a->neg == b->neg) {
		add_columns(&c, digits);
	} else if (memcmp(c.a, c.b, c.n) >= 0) {
		subtract_columns(c.a, c.b, c.n, digits);
	} else {
		subtract_columns(c.b, c.a, c.n, digits);
		neg = b->neg;
	}
	normalise(digits, c.n + 1, c.exp + 1, neg, &result, &n);
	return check(&result, n, ret, err);
}

static bool decode_both(struct slice a, struct slice b, struct decimal *da, struct decimal *db)
{
	return decimal_decode(a, da) && decimal_decode(b, db);
}

enum status number_add(struct slice a, struct slice b, struct number *ret, struct err *err)
{
	struct decimal da, db;
	if (!decode_both(a, b, &da, &db))
		return err_set(err, ST_VALIDATION, "The parameter cannot be converted to a numeric value");
	return sum(&da, &db, ret, err);
}

enum status number_sub(struct slice a, struct slice b, struct number *ret, struct err *err)
{
	struct decimal da, db;
	if (!decode_both(a, b, &da, &db))
		return err_set(err, ST_VALIDATION, "The parameter cannot be converted to a numeric value");
	db.neg = db.n > 0 && !db.neg;
	return sum(&da, &db, ret, err);
}
