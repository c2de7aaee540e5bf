/**
 * A number taken apart, for the files in this folder that compute with it or print it.
 *
 * The value is 0.d[0]d[1]..d[n-1] times 10 to the power exp, d[0] and d[n-1] not 0; zero is n == 0 with neg false and exp 0. Every number
 * has one such form, which is why the order encoding made from it is unique.
 */
#ifndef ENGINE_VALUE_DECIMAL_H
#define ENGINE_VALUE_DECIMAL_H

#include "engine/limits.h"
#include "engine/number.h"

#define DECIMAL_EXP_MIN (-129) /* 1E-130 is 0.1E-129 */
#define DECIMAL_EXP_MAX 126    /* 9.99E+125 is 0.999E+126 */

struct decimal {
	bool neg;
	uint8_t n;
	int64_t exp;
	uint8_t d[LIMIT_NUMBER_DIGITS + 2]; /* values 0..9; two more than a number keeps, for sums before they are checked */
};

enum decimal_fault { DECIMAL_OK, DECIMAL_NOT_A_NUMBER, DECIMAL_TOO_MANY_DIGITS, DECIMAL_TOO_LARGE, DECIMAL_TOO_SMALL };

/** Reads a literal as number_parse() takes it. @digits: significant digits seen; set for every literal that is a number. */
enum decimal_fault decimal_parse(struct slice text, struct decimal *ret, size_t *digits);

/** False when the bytes are not exactly one valid encoding. */
bool decimal_decode(struct slice enc, struct decimal *ret);

/** The order encoding; `d` is within the limits. */
void decimal_encode(const struct decimal *d, struct number *ret);

#endif
