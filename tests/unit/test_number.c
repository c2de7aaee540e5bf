#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/number.h"

#include <stdio.h>

#define MAX38 "99999999999999999999999999999999999999"

static struct number num(const char *text)
{
	struct number n;
	struct err err = {0};
	if (number_parse(slice_str(text), &n, &err) != ST_OK)
		fail_msg("%s: %s", text, err.text);
	assert_true(number_valid(number_slice(&n)));
	return n;
}

static void formats_as(const char *text, const char *want)
{
	char got[NUMBER_TEXT_MAX];
	struct number n = num(text);
	size_t len = number_format(number_slice(&n), got);
	assert_string_equal(got, want);
	assert_int_equal(len, strlen(want));
}

static void refused(const char *text, const char *want)
{
	struct number n = {.len = 77};
	struct err err = {0};
	assert_int_equal(number_parse(slice_str(text), &n, &err), ST_VALIDATION);
	assert_int_equal(n.len, 77);
	if (!strstr(err.text, want))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, err.text, want);
}

static void test_one_spelling(void **state)
{
	static const char *const ones[] = {"1", "1.0", "10E-1", "+1", "01", "0.1e1", "1.", "001.000", "100e-2", "1E+0"};
	struct number one = num("1");
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
		struct number n = num(ones[i]);
		assert_true(slice_eq(number_slice(&n), number_slice(&one)));
	}
	formats_as("-0", "0");
	formats_as("-0.000e5", "0");
	formats_as("0e99999999999999999999", "0");
}

static void test_format(void **state)
{
	formats_as("1", "1");
	formats_as("-12.50", "-12.5");
	formats_as("0.000100", "0.0001");
	formats_as(".5", "0.5");
	formats_as("1e3", "1000");
	formats_as("1E+39", "1000000000000000000000000000000000000000");
	formats_as("1E+40", "1E+40");
	formats_as("-1E+39", "-1E+39");
	formats_as("123E+100", "1.23E+102");
	formats_as("1E-38", "0.00000000000000000000000000000000000001");
	formats_as("1E-39", "1E-39");
	formats_as("1E-130", "1E-130");
	formats_as("-9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125");
	formats_as(MAX38, MAX38);
}

static void test_format_plain(void **state)
{
	char text[NUMBER_TEXT_MAX];
	struct number n = num("-1.5E+125");
	assert_int_equal(number_format_plain(number_slice(&n), text), 127);
	assert_int_equal(strspn(text + 3, "0"), 124);
	n = num("-1.2345678901234567890123456789012345678E-130");
	assert_int_equal(number_format_plain(number_slice(&n), text), 170);
	struct number back = num(text);
	assert_true(slice_eq(number_slice(&back), number_slice(&n)));
}

static void test_refused(void **state)
{
	static const char *const words[] = {
		"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "NaN", "Infinity", " 1", "1 ", "1,5", "--1"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		refused(words[i], "The parameter cannot be converted to a numeric value");
	refused("abc", "numeric value: abc");
	refused(MAX38 "9", "more than 38 significant digits");
	refused("1"
		"00000000000000000000000000000000000000"
		"1",
		"more than 38 significant digits");
	refused("1e126", "Number overflow");
	refused("-1e126", "Number overflow");
	refused("1e99999999999999999999", "Number overflow");
	refused("1e-131", "Number underflow");
	refused("9.9e-131", "Number underflow");
	refused("1e-99999999999999999999", "Number underflow");
}

static void test_bytes_that_are_no_number(void **state)
{
	static const char *const bad[] = {"", "\x20\x20", "\x30", "\x30\x82", "\x30\x82\x01", "\x30\x82\x65", "\x30\x82\x0b\x01",
		"\x10\x7d\xf4", "\x10\x7d\xff", "\x40\x82\x0b", "\x30\x82\x0a"};
	char text[NUMBER_TEXT_MAX] = "x";
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(number_valid(slice_str(bad[i])));
		assert_int_equal(number_format(slice_str(bad[i]), text), 0);
		assert_string_equal(text, "");
		assert_int_equal(number_digits(slice_str(bad[i])), 1);
	}
}

static void test_order(void **state)
{
	static const char *const rising[] = {"-9.9E+125", "-1E+125", "-12345678901234567890123456789012345678", "-101", "-100.5",
		"-100.49", "-100", "-99", "-10.01", "-10", "-9", "-1.01", "-1.001", "-1", "-0.5", "-0.001", "-1E-128", "-1E-130",
		"0", "1E-130", "1E-128", "0.001", "0.0010001", "0.5", "1", "1.001", "1.01", "9", "10", "10.01", "99", "100",
		"100.49", "100.5", "12345678901234567890123456789012345678", "1E+125", "9.9E+125"};
	for (size_t i = 1; i < sizeof rising / sizeof *rising; i++) {
		struct number a = num(rising[i - 1]), b = num(rising[i]);
		if (slice_cmp(number_slice(&a), number_slice(&b)) >= 0)
			fail_msg("%s is not below %s", rising[i - 1], rising[i]);
	}
}

static void test_digits_and_size(void **state)
{
	static const struct {
		const char *text;
		unsigned digits;
		size_t size;
	} rows[] = {{"0", 1, 2}, {"7", 1, 2}, {"-7", 1, 3}, {"12", 2, 2}, {"123", 3, 3}, {"1000", 1, 2}, {"0.00012", 2, 2},
		{"-1.23", 3, 4}, {MAX38, 38, 20}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct number n = num(rows[i].text);
		assert_int_equal(number_digits(number_slice(&n)), rows[i].digits);
		assert_int_equal(number_size(number_slice(&n)), rows[i].size);
	}
}

static void test_fits_double(void **state)
{
	struct number n15 = num("123456789012345"), n16 = num("1234567890123456"), wide = num("1e125");
	assert_true(number_fits_double(number_slice(&n15)));
	assert_false(number_fits_double(number_slice(&n16)));
	assert_true(number_fits_double(number_slice(&wide)));
}

static void sums_to(const char *a, const char *b, const char *sum, const char *difference)
{
	struct number na = num(a), nb = num(b), r;
	char text[NUMBER_TEXT_MAX];
	assert_int_equal(number_add(number_slice(&na), number_slice(&nb), &r, NULL), ST_OK);
	number_format(number_slice(&r), text);
	assert_string_equal(text, sum);
	assert_int_equal(number_sub(number_slice(&na), number_slice(&nb), &r, NULL), ST_OK);
	number_format(number_slice(&r), text);
	assert_string_equal(text, difference);
}

static void test_sums(void **state)
{
	sums_to("1", "2", "3", "-1");
	sums_to("-1", "-2", "-3", "1");
	sums_to("5", "5", "10", "0");
	sums_to("0", "-7.5", "-7.5", "7.5");
	sums_to("0.1", "0.2", "0.3", "-0.1");
	sums_to("99999999999999999999999999999999999998", "1", MAX38, "99999999999999999999999999999999999997");
	sums_to("1", "0.9999999999999999999999999999999999999", "1.9999999999999999999999999999999999999",
		"0.0000000000000000000000000000000000001");
}

static void sum_refused(const char *a, const char *b, const char *want)
{
	struct number na = num(a), nb = num(b), r = {.len = 77};
	struct err err = {0};
	assert_int_equal(number_add(number_slice(&na), number_slice(&nb), &r, &err), ST_VALIDATION);
	assert_int_equal(r.len, 77);
	assert_non_null(strstr(err.text, want));
}

static void test_sums_refused(void **state)
{
	sum_refused("1", "1E-38", "more than 38 significant digits");
	sum_refused("1E+125", "1E-130", "more than 38 significant digits");
	sum_refused("9E+125", "9E+125", "Number overflow");
	sum_refused("1.01E-130", "-1E-130", "Number underflow");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_plain),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bytes_that_are_no_number),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_digits_and_size),
		cmocka_unit_test(test_fits_double),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_sums_refused),
	};
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
