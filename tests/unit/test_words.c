/** What people type: nearest words, yes and no, sizes, lists. */
#include "tests/unit/harness.h"

#include "src/words.h"

static const char *nearest(const char *word)
{
	static const char *const known[] = {"init", "mount", "umount", "status", "import", "key", "why", "help", "version"};
	struct word_guess g = {.word = word};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		word_guess_try(&g, known[i]);
	return g.best;
}

static void test_nearest(void **state)
{
	assert_string_equal("mount", nearest("mont"));
	assert_string_equal("umount", nearest("unmount"));
	assert_string_equal("status", nearest("statsu"));
	assert_string_equal("import", nearest("imp"));
	assert_string_equal("version", nearest("versoin"));
	assert_null(nearest("frobnicate"));
	assert_null(nearest(""));
	assert_null(nearest("a word far longer than any that anybody knows, and then some"));
}

static void test_bool(void **state)
{
	bool b = false;
	assert_true(word_parse_bool("Yes", &b) && b);
	assert_true(word_parse_bool("off", &b) && !b);
	assert_true(word_parse_bool("1", &b) && b);
	assert_false(word_parse_bool("", &b));
	assert_false(word_parse_bool("maybe", &b));
}

static void check_size(const char *text, bool ok, uint64_t want)
{
	uint64_t n = 0;
	if (word_parse_size(text, &n) != ok || (ok && n != want))
		fail_msg("'%s' gave %llu", text, (unsigned long long)n);
}

static void test_size(void **state)
{
	check_size("0", true, 0);
	check_size("512", true, 512);
	check_size("4k", true, 4096);
	check_size("1M", true, 1u << 20);
	check_size("2GiB", true, UINT64_C(2) << 30);
	check_size("1TB", true, UINT64_C(1) << 40);
	check_size("18446744073709551615", true, UINT64_MAX);
	check_size("18446744073709551616", false, 0);
	check_size("99999999999T", false, 0);
	check_size("-1", false, 0);
	check_size("", false, 0);
	check_size("1X", false, 0);
	check_size("1KX", false, 0);
	check_size("iB", false, 0);
}

static void test_list(void **state)
{
	const char *rest = ",a,,bc,";
	struct slice piece;
	assert_true(word_next(&rest, &piece) && slice_eq_str(piece, "a"));
	assert_true(word_next(&rest, &piece) && slice_eq_str(piece, "bc"));
	assert_false(word_next(&rest, &piece));
}

static void test_same_option(void **state)
{
	assert_true(word_same_option(SLICE_LIT("allow_other"), "allow-other"));
	assert_true(word_same_option(SLICE_LIT("allow-other"), "allow-other"));
	assert_false(word_same_option(SLICE_LIT("allow"), "allow-other"));
}

static void test_format(void **state)
{
	char size[16], count[32];
	word_format_size(0, size);
	assert_string_equal("0 bytes", size);
	word_format_size(1536, size);
	assert_string_equal("1.5 KB", size);
	word_format_size(UINT64_MAX, size);
	assert_true(strlen(size) < sizeof size);
	word_format_count(999, count);
	assert_string_equal("999", count);
	word_format_count(1234567, count);
	assert_string_equal("1,234,567", count);
	word_format_count(UINT64_MAX, count);
	assert_string_equal("18,446,744,073,709,551,615", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_same_option),
		cmocka_unit_test(test_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
