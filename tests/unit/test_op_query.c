/* Query and Scan: ranges, order, pages, filters, projections, units, start keys, segments. */
#include "tests/unit/op_fixture.h"

#include "engine/op_query.h"

static int setup(void **state)
{
	return things_begin('S');
}

/** Sort keys as they come, with commas; or items, when `items`. */
struct seen {
	struct buf text;
	bool items;
	size_t n, stop_at;
};

static bool see(const struct list_row *row, void *arg)
{
	struct seen *seen = arg;
	assert_int_equal(row->status, ST_OK);
	if (seen->n++)
		buf_add_byte(&seen->text, ',');
	if (seen->items)
		json_write_item(row->item, &(struct json_style){.line = true}, &seen->text);
	else
		buf_add_slice(&seen->text, row->key.sk);
	return seen->n != seen->stop_at;
}

static void expect(struct seen *seen, const char *text)
{
	assert_string_equal(buf_str(&seen->text), text);
	buf_finish(&seen->text);
	seen->n = 0;
}

static void fill(const char *pk, int n)
{
	for (int i = 0; i < n; i++) {
		char json[128];
		snprintf(json, sizeof json, "{\"pk\":\"%s\",\"sk\":\"k%d\",\"v\":%d,\"w\":\"x\"}", pk, i, i);
		assert_ok(h_put(s.e, t, json, none, NULL));
	}
}

static enum status query(struct query_request *r, const char *condition, const char *values, struct seen *seen, struct page *page)
{
	r->page.table = t;
	r->key_condition = h_expr(EXPR_KEY_CONDITION, condition, values);
	return op_query(s.e, &h_caller, r, see, seen, page, &h_err);
}

static void query_is(bool backward, const char *condition, const char *values, const char *want)
{
	struct query_request r = {.backward = backward};
	struct page page = {0};
	struct seen seen = {0};
	assert_ok(query(&r, condition, values, &seen, &page));
	assert_false(page.has_more);
	expect(&seen, want);
	page_finish(&page);
}

static void test_ranges(void **state)
{
	fill("a", 6);
	fill("b", 2);
	query_is(false, "pk = :p", "{\":p\":\"a\"}", "k0,k1,k2,k3,k4,k5");
	query_is(true, "pk = :p", "{\":p\":\"a\"}", "k5,k4,k3,k2,k1,k0");
	query_is(false, "pk = :p", "{\":p\":\"none\"}", "");
	query_is(true, "pk = :p", "{\":p\":\"none\"}", "");
	query_is(false, "pk = :p AND sk = :s", "{\":p\":\"a\",\":s\":\"k3\"}", "k3");
	query_is(false, "pk = :p AND sk < :s", "{\":p\":\"a\",\":s\":\"k3\"}", "k0,k1,k2");
	query_is(true, "pk = :p AND sk <= :s", "{\":p\":\"a\",\":s\":\"k3\"}", "k3,k2,k1,k0");
	query_is(false, "pk = :p AND sk > :s", "{\":p\":\"a\",\":s\":\"k3\"}", "k4,k5");
	query_is(true, "pk = :p AND sk >= :s", "{\":p\":\"a\",\":s\":\"k3\"}", "k5,k4,k3");
	query_is(false, "pk = :p AND sk BETWEEN :s AND :t", "{\":p\":\"a\",\":s\":\"k1\",\":t\":\"k33\"}", "k1,k2,k3");
	query_is(true, "pk = :p AND sk BETWEEN :s AND :t", "{\":p\":\"a\",\":s\":\"k1\",\":t\":\"k33\"}", "k3,k2,k1");
}

static void test_prefixes(void **state)
{
	static const char *const keys[] = {"a", "ab", "ab\xF4\x8F\xBF\xBF", "abc", "ac", "b"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char json[64];
		snprintf(json, sizeof json, "{\"pk\":\"a\",\"sk\":\"%s\"}", keys[i]);
		assert_ok(h_put(s.e, t, json, none, NULL));
	}
	query_is(false, "pk = :p AND begins_with(sk, :s)", "{\":p\":\"a\",\":s\":\"ab\"}", "ab,abc,ab\xF4\x8F\xBF\xBF");
	query_is(true, "pk = :p AND begins_with(sk, :s)", "{\":p\":\"a\",\":s\":\"ab\"}", "ab\xF4\x8F\xBF\xBF,abc,ab");
	query_is(false, "pk = :p AND begins_with(sk, :s)", "{\":p\":\"a\",\":s\":\"abcd\"}", "");
}

/** Pages of `limit`, until there are no more; the number of pages. */
static size_t page_through(struct query_request *r, const char *condition, const char *values, struct seen *seen, uint64_t *scanned)
{
	struct page page = {0};
	struct buf start = BUF_INIT;
	size_t pages = 0;
	*scanned = 0;
	do {
		assert_ok(query(r, condition, values, seen, &page));
		*scanned += page.scanned_count;
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		r->page.start_key = buf_slice(&start);
		pages++;
	} while (page.has_more);
	r->page.start_key = slice_of(NULL, 0);
	buf_finish(&start);
	page_finish(&page);
	return pages;
}

static void test_pages(void **state)
{
	struct seen seen = {0};
	uint64_t scanned;
	fill("a", 7);
	struct query_request r = {.page.limit = 3};
	assert_int_equal(page_through(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &scanned), 3);
	expect(&seen, "k0,k1,k2,k3,k4,k5,k6");
	r.backward = true;
	assert_int_equal(page_through(&r, "pk = :p AND sk > :s", "{\":p\":\"a\",\":s\":\"k1\"}", &seen, &scanned), 2);
	expect(&seen, "k6,k5,k4,k3,k2");
	r.backward = false;
	r.page.limit = 7; /* nobody looked whether more follows */
	assert_int_equal(page_through(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &scanned), 2);
	expect(&seen, "k0,k1,k2,k3,k4,k5,k6");
	r.page.limit = 2; /* examined, not found */
	r.page.filter = h_expr(EXPR_FILTER, "v > :v", "{\":v\":4}");
	assert_int_equal(page_through(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &scanned), 4);
	assert_int_equal(scanned, 7);
	expect(&seen, "k5,k6");
	struct page page = {0};
	r = (struct query_request){0};
	seen.stop_at = 2;
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	expect(&seen, "k0,k1");
	assert_true(page.has_more);
	h_same(&page.last_key, "{\"pk\":\"a\",\"sk\":\"k1\"}");
}

static void test_filter_projection_count(void **state)
{
	struct page page = {0};
	struct seen seen = {.items = true};
	fill("a", 5);
	struct query_request r = {.page.filter = h_expr(EXPR_FILTER, "v >= :v", "{\":v\":3}"),
		.page.projection = h_expr(EXPR_PROJECTION, "sk, v", NULL)};
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	expect(&seen, "{\"sk\":\"k3\",\"v\":3},{\"sk\":\"k4\",\"v\":4}");
	assert_int_equal(page.count, 2);
	assert_int_equal(page.scanned_count, 5);
	r.page.projection = NULL;
	r.page.select = SELECT_COUNT;
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	expect(&seen, "");
	assert_int_equal(page.count, 2);
	r.page.filter = h_expr(EXPR_FILTER, "sk = :v", "{\":v\":\"k3\"}");
	assert_status(ST_VALIDATION, query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	assert_int_equal(page.count, 2); /* as it was */
	page_finish(&page);
}

static void put_big(const char *pk, int i, size_t len)
{
	struct buf json = BUF_INIT;
	buf_addf(&json, "{\"pk\":\"%s\",\"sk\":\"k%d\",\"x\":\"", pk, i);
	buf_resize(&json, json.len + len);
	memset(json.ptr + json.len - len, 'x', len);
	buf_add_str(&json, "\"}");
	assert_ok(h_put(s.e, t, buf_str(&json), none, NULL));
	buf_finish(&json);
}

static void test_page_of_a_megabyte(void **state)
{
	struct seen seen = {0};
	struct page page = {0};
	uint64_t scanned;
	for (int i = 0; i < 6; i++)
		put_big("a", i, 300 << 10);
	struct query_request r = {0};
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	expect(&seen, "k0,k1,k2");
	assert_true(page.has_more);
	assert_true(page.bytes <= 1 << 20);
	page_finish(&page);
	r.page.filter = h_expr(EXPR_FILTER, "attribute_exists(nothing)", NULL);
	r.backward = true;
	assert_int_equal(page_through(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &scanned), 2);
	assert_int_equal(scanned, 6);
	expect(&seen, "");
}

static void test_units(void **state)
{
	struct seen seen = {0};
	struct page page = {0};
	struct consumed_list used = {0};
	struct query_request r = {.page.consumed = &used};
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	h_used(&used, 0.5, 0);
	for (int i = 0; i < 5; i++)
		put_big("a", i, 1000); /* 1009 bytes: 5045 together */
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	h_used(&used, 1, 0);
	r.page.consistent = true;
	assert_ok(query(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &page));
	h_used(&used, 2, 0);
	assert_true(capacity_read(0, READ_TRANSACTIONAL) == 2 && capacity_read(4096, READ_CONSISTENT) == 1);
	assert_true(capacity_read(4097, READ_EVENTUAL) == 1 && capacity_read(4097, READ_TRANSACTIONAL) == 4);
	assert_true(capacity_write(0, false) == 1 && capacity_write(1024, true) == 2 && capacity_write(1025, false) == 2);
	buf_finish(&seen.text);
	page_finish(&page);
}

static void start_is_refused(struct query_request *r, const char *start, const char *message)
{
	struct seen seen = {0};
	struct page page = {0};
	struct buf key = BUF_INIT;
	h_item(start, &key);
	r->page.start_key = buf_slice(&key);
	assert_status(ST_VALIDATION,
		query(r, "pk = :p AND sk BETWEEN :s AND :t", "{\":p\":\"a\",\":s\":\"k1\",\":t\":\"k3\"}", &seen, &page));
	assert_string_equal(h_err.text, message);
	buf_finish(&key);
}

static void test_start_keys(void **state)
{
	static const char *const invalid = "The provided starting key is invalid";
	struct query_request r = {0};
	start_is_refused(&r, "{\"pk\":\"a\"}", invalid);
	start_is_refused(&r, "{\"pk\":\"a\",\"sk\":1}", invalid);
	start_is_refused(&r, "{\"pk\":\"a\",\"sk\":\"k1\",\"v\":1}", invalid);
	start_is_refused(&r, "{\"pk\":\"b\",\"sk\":\"k1\"}",
		"The provided starting key is outside query boundaries based on provided conditions");
	start_is_refused(&r, "{\"pk\":\"a\",\"sk\":\"k4\"}", "The provided starting key does not match the range key predicate");
}

static void test_without_sort_key(void **state)
{
	struct table *with = t;
	struct seen seen = {.items = true};
	struct page page = {0};
	uint64_t scanned;
	t = h_table(s.e, "Single", 'S', 0);
	assert_ok(h_put(s.e, t, "{\"pk\":\"a\",\"v\":1}", none, NULL));
	assert_ok(h_put(s.e, t, "{\"pk\":\"b\",\"v\":2}", none, NULL));
	for (int backward = 0; backward < 2; backward++) {
		struct query_request r = {.backward = backward, .page.limit = 1};
		assert_int_equal(page_through(&r, "pk = :p", "{\":p\":\"a\"}", &seen, &scanned), 2);
		expect(&seen, "{\"pk\":\"a\",\"v\":1}");
	}
	struct scan_request scan = {.page = {.table = t, .limit = 1}};
	struct buf start = BUF_INIT;
	do {
		assert_ok(op_scan_page(s.e, &h_caller, &scan, see, &seen, &page, &h_err));
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		scan.page.start_key = buf_slice(&start);
	} while (page.has_more);
	assert_int_equal(seen.n, 2);
	buf_finish(&seen.text);
	buf_finish(&start);
	page_finish(&page);
	table_unref(t);
	t = with;
}

static uint64_t scan_segment(uint32_t segment, uint32_t total, uint32_t limit, const struct expr *filter)
{
	struct scan_request r = {
		.page = {.table = t, .limit = limit, .filter = filter}, .segment = segment, .total_segments = total};
	struct page page = {0};
	struct seen seen = {0};
	struct buf start = BUF_INIT;
	uint64_t count = 0;
	do {
		assert_ok(op_scan_page(s.e, &h_caller, &r, see, &seen, &page, &h_err));
		count += page.count;
		buf_reset(&start);
		buf_add_slice(&start, buf_slice(&page.last_key));
		r.page.start_key = buf_slice(&start);
	} while (page.has_more);
	buf_finish(&start);
	buf_finish(&seen.text);
	page_finish(&page);
	return count;
}

static void test_scan(void **state)
{
	static const uint32_t totals[] = {1, 2, 3, 7, 100};
	for (int i = 0; i < 30; i++) {
		char pk[8];
		snprintf(pk, sizeof pk, "p%d", i);
		fill(pk, 3);
	}
	assert_int_equal(scan_segment(0, 0, 0, NULL), 90);
	assert_int_equal(scan_segment(0, 0, 4, NULL), 90);
	assert_int_equal(scan_segment(0, 0, 7, h_expr(EXPR_FILTER, "v = :v AND pk <> :p", "{\":v\":1,\":p\":\"p0\"}")), 29);
	for (size_t i = 0; i < 5; i++) {
		uint64_t sum = 0;
		for (uint32_t segment = 0; segment < totals[i]; segment++)
			sum += scan_segment(segment, totals[i], i % 2 ? 2 : 0, NULL);
		assert_int_equal(sum, 90);
	}
	assert_in_range(scan_segment(0, 2, 0, NULL), 9, 81);
	assert_in_range(scan_segment(999999, 1000000, 0, NULL), 0, 3);
}

static void test_scan_refusals(void **state)
{
	struct page page = {0};
	struct seen seen = {0};
	fill("a", 1);
	struct scan_request r = {.page = {.table = t}, .segment = 4, .total_segments = 4};
	assert_status(ST_VALIDATION, op_scan_page(s.e, &h_caller, &r, see, &seen, &page, &h_err));
	assert_string_equal(h_err.text,
		"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than "
		"TotalSegments: 4");
	r.total_segments = 1000001;
	assert_status(ST_VALIDATION, op_scan_page(s.e, &h_caller, &r, see, &seen, &page, &h_err));
	r.total_segments = 0;
	assert_status(ST_VALIDATION, op_scan_page(s.e, &h_caller, &r, see, &seen, &page, &h_err));
	struct buf key = BUF_INIT;
	h_item("{\"pk\":\"a\",\"sk\":\"k0\"}", &key);
	r.page.start_key = buf_slice(&key);
	r.total_segments = 2;
	enum status st[2];
	for (r.segment = 0; r.segment < 2; r.segment++)
		st[r.segment] = op_scan_page(s.e, &h_caller, &r, see, &seen, &page, &h_err);
	assert_true((st[0] == ST_OK) != (st[1] == ST_OK)); /* the key lies in one of them */
	buf_finish(&key);
	buf_finish(&seen.text);
	page_finish(&page);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, things_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ranges),
		T(test_prefixes),
		T(test_pages),
		T(test_filter_projection_count),
		T(test_page_of_a_megabyte),
		T(test_units),
		T(test_start_keys),
		T(test_without_sort_key),
		T(test_scan),
		T(test_scan_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
