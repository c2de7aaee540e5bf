/** fs/dircookie.h: recent places are exact, old ones lead to a known place before, memory stays bounded. */
#include "tests/unit/harness.h"

#include "engine/base/bytes.h"
#include "fs/dircookie.h"

static void note(struct dircookie *c, uint64_t ordinal)
{
	uint8_t key[8];
	put_be64(key, ordinal);
	dircookie_note(c, ordinal, slice_of(key, sizeof key));
}

static uint64_t find(const struct dircookie *c, uint64_t ordinal)
{
	struct slice key;
	uint64_t found = dircookie_find(c, ordinal, &key);
	assert_true(found <= ordinal);
	assert_int_equal(key.len, found ? 8 : 0);
	if (found)
		assert_int_equal(get_be64(key.ptr), found);
	return found;
}

static void empty(void **state)
{
	struct dircookie c = {0};
	assert_int_equal(find(&c, 0), 0);
	assert_int_equal(find(&c, 5), 0);
	dircookie_finish(&c);
}

static void recent_is_exact(void **state)
{
	struct dircookie c = {0};
	for (uint64_t i = 1; i <= 100000; i++) {
		note(&c, i);
		assert_int_equal(find(&c, i), i);
		if (i > DIRCOOKIE_RECENT)
			assert_int_equal(find(&c, i - DIRCOOKIE_RECENT + 1), i - DIRCOOKIE_RECENT + 1);
		else
			assert_int_equal(find(&c, 1), 1);
	}
	dircookie_finish(&c);
}

static void old_is_near(void **state)
{
	struct dircookie c = {0};
	const uint64_t last = 3000000;
	for (uint64_t i = 1; i <= last; i++)
		note(&c, i);
	assert_true(c.size <= DIRCOOKIE_RECENT);
	assert_true(c.mark_count <= DIRCOOKIE_MARKS);
	for (uint64_t i = 1; i < last; i += 9973)
		assert_true(i - find(&c, i) <= last / DIRCOOKIE_MARKS * 2 + 256);
	dircookie_finish(&c);
}

/** Going back and listing again gives the same places. */
static void rewound(void **state)
{
	struct dircookie c = {0};
	for (uint64_t i = 1; i <= 50000; i++)
		note(&c, i);
	uint64_t from = find(&c, 1000);
	for (uint64_t i = from + 1; i <= 2000; i++)
		note(&c, i);
	assert_int_equal(find(&c, 1500), 1500);
	assert_int_equal(find(&c, 49000), 49000);
	dircookie_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(empty), cmocka_unit_test(recent_is_exact),
		cmocka_unit_test(old_is_near), cmocka_unit_test(rewound)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
