/** fs/names.h: one spelling for each key, one key for each spelling, and no name that a file system could not hold. */
#include "tests/unit/harness.h"

#include "engine/number.h"
#include "fs/names.h"

static void spell(enum value_type type, struct slice key, bool file, const char *name)
{
	struct buf out = BUF_INIT, back = BUF_INIT;
	name_from_key(type, key, file, &out);
	assert_string_equal(buf_str(&out), name);
	assert_int_equal(name_parse(type, slice_str(name), file, &back), NAME_KEY);
	assert_true(slice_eq(buf_slice(&back), key));
	buf_finish(&out);
	buf_finish(&back);
}

static enum name_kind parse(enum value_type type, const char *name, bool file)
{
	struct buf key = BUF_INIT;
	enum name_kind kind = name_parse(type, slice_str(name), file, &key);
	buf_finish(&key);
	return kind;
}

static void strings(void **state)
{
	spell(VALUE_S, SLICE_LIT("ann"), true, "ann.json");
	spell(VALUE_S, SLICE_LIT("ann"), false, "ann");
	spell(VALUE_S, SLICE_LIT("a/b%c"), true, "a%2Fb%25c.json");
	spell(VALUE_S, SLICE_LIT("\\:*?\"<>|\n\x7f"), true, "%5C%3A%2A%3F%22%3C%3E%7C%0A%7F.json");
	spell(VALUE_S, SLICE_LIT(".x"), true, "%2Ex.json");
	spell(VALUE_S, SLICE_LIT("-x"), true, "%2Dx.json");
	spell(VALUE_S, SLICE_LIT("~x-~."), true, "%7Ex-~%2E.json");
	spell(VALUE_S, SLICE_LIT("a "), true, "a%20.json");
	spell(VALUE_S, SLICE_LIT(" a.b"), true, " a.b.json");
	spell(VALUE_S, SLICE_LIT("x.json"), false, "x.json");
	spell(VALUE_S, SLICE_LIT("x.json"), true, "x.json.json");
	spell(VALUE_S, SLICE_LIT("Zo\xc3\xab \xf0\x9f\x98\x80"), true, "Zo\xc3\xab \xf0\x9f\x98\x80.json");
	spell(VALUE_S, slice_of("a\0b", 3), true, "a%00b.json");
}

static void other_spellings(void **state)
{
	static const char *const wrong[] = {"%61.json", "a%2fb.json", "a%2.json", "a%.json", "-x.json", "~x.json", "a .json",
		"a:b.json", "a..json", "\xff.json", "%FF.json", "%C3%AB.json", "a%~.json"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(VALUE_S, wrong[i], true), NAME_WRONG);
	static const char *const other[] = {
		".a.json.swp", "a.json~", "sedAbCdEf", ".a.json", "a.tmp", "a.lock", ".json", "4913", ""};
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		assert_int_equal(parse(VALUE_S, other[i], true), NAME_OTHER);
}

static void number(const char *text, const char *name)
{
	struct number n;
	assert_int_equal(number_parse(slice_str(text), &n, NULL), ST_OK);
	spell(VALUE_N, number_slice(&n), true, name);
}

static void numbers(void **state)
{
	number("42", "42.json");
	number("1.50", "1.5.json");
	number("-5", "%2D5.json");
	number("0", "0.json");
	static const char *const wrong[] = {
		"007.json", "1.0.json", "+1.json", "1e3.json", "abc.json", "-5.json", "-0.json", "%34.json"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(VALUE_N, wrong[i], true), NAME_WRONG);
}

static void bytes(void **state)
{
	spell(VALUE_B, slice_of("\x00\xff/", 3), true, "00ff2f.json");
	assert_int_equal(parse(VALUE_B, "0F.json", true), NAME_WRONG);
	assert_int_equal(parse(VALUE_B, "0.json", true), NAME_WRONG);
	assert_int_equal(parse(VALUE_B, "0g.json", true), NAME_WRONG);
}

/** Fills the whole range of lengths, so that every way to cut a name is met. */
static void long_names(void **state)
{
	static const char *const units[] = {"x", "\xc3\xa4", "%", "\xf0\x9f\x98\x80"};
	for (size_t u = 0; u < 4; u++) {
		for (size_t n = 20; n < 700; n++) {
			struct buf key = BUF_INIT, name = BUF_INIT, back = BUF_INIT;
			uint8_t digest[NAME_DIGEST_SIZE];
			for (size_t i = 0; i < n; i++)
				buf_add_str(&key, i % 7 ? units[u] : "k");
			name_from_key(VALUE_S, buf_slice(&key), n % 2, &name);
			assert_true(name.len <= NAME_BYTES_MAX);
			bool is_long = name_digest(VALUE_S, buf_slice(&key), n % 2, digest);
			enum name_kind kind = name_parse(VALUE_S, buf_slice(&name), n % 2, &back);
			assert_int_equal(kind, is_long ? NAME_DIGEST : NAME_KEY);
			assert_true(slice_eq(buf_slice(&back), is_long ? slice_of(digest, sizeof digest) : buf_slice(&key)));
			buf_finish(&key);
			buf_finish(&name);
			buf_finish(&back);
		}
	}
}

/** Any bytes as a name: parsing bears them, and what it takes for a key spells the same. */
static void random_names(void **state)
{
	static const char alphabet[] = "ab0159fF%%2E~-.. /\\\xc3\xa4\xff\x01";
	srand(7);
	for (int i = 0; i < 200000; i++) {
		static const enum value_type types[] = {VALUE_S, VALUE_N, VALUE_B};
		char name[16];
		size_t n = (size_t)rand() % 8;
		struct buf key = BUF_INIT, again = BUF_INIT;
		for (size_t k = 0; k < n; k++)
			name[k] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
		enum value_type type = types[rand() % 3];
		if (name_parse(type, slice_of(name, n), false, &key) == NAME_KEY) {
			name_from_key(type, buf_slice(&key), false, &again);
			assert_true(slice_eq(buf_slice(&again), slice_of(name, n)));
		}
		buf_finish(&key);
		buf_finish(&again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(strings), cmocka_unit_test(other_spellings), cmocka_unit_test(numbers),
		cmocka_unit_test(bytes), cmocka_unit_test(long_names), cmocka_unit_test(random_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
