/* Secondary indexes, rule by rule: what has an entry, what a query of an index gives, what is refused and in which words, units. */
#include "tests/unit/index_harness.h"

#include "engine/op_batch.h"
#include "engine/op_transact.h"

#define ATTR(n, t) "{\"AttributeName\":\"" n "\",\"AttributeType\":\"" t "\"}"
#define KEYS1(p) "[{\"AttributeName\":\"" p "\",\"KeyType\":\"HASH\"}]"
#define KEYS2(p, s) "[{\"AttributeName\":\"" p "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" s "\",\"KeyType\":\"RANGE\"}]"
#define INDEX(n, keys, projection) "{\"IndexName\":\"" n "\",\"KeySchema\":" keys ",\"Projection\":{" projection "}}"
#define ALL "\"ProjectionType\":\"ALL\""
#define KEYS "\"ProjectionType\":\"KEYS_ONLY\""
#define INCLUDE(n) "\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":[\"" n "\"]"
#define NONE slice_of(NULL, 0)

static struct h_store s;
static struct table *t;

/* The table: pk, sk; global: by_a (a, b) KEYS_ONLY, by_n (n) ALL, in_c (c) INCLUDE d; local: l_b (b) KEYS_ONLY, l_c (c) ALL */
static const char definition[] = "{\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[" ATTR("pk", "S") "," ATTR(
	"sk", "S") "," ATTR("a", "S") "," ATTR("b", "S") "," ATTR("n", "N") "," ATTR("c", "B") "],\"KeySchema\":" KEYS2("pk",
	"sk") ",\"GlobalSecondaryIndexes\":[" INDEX("by_a", KEYS2("a", "b"), KEYS) "," INDEX("by_n", KEYS1("n"),
	ALL) "," INDEX("in_c", KEYS1("c"), INCLUDE("d")) "],"
							 "\"LocalSecondaryIndexes\":[" INDEX("l_b", KEYS2("pk", "b"),
								 KEYS) "," INDEX("l_c", KEYS2("pk", "c"), ALL) "]}";

static int setup(void **state)
{
	h_create(&s);
	t = x_table(s.e, "Things", definition);
	return 0;
}

static int teardown(void **state)
{
	h_exprs_free();
	table_unref(t);
	h_remove(&s);
	return 0;
}

static void check_all(void)
{
	x_equals_rescan(s.e, t, "by_a", 2);
	x_equals_rescan(s.e, t, "by_n", 0);
	x_equals_rescan(s.e, t, "in_c", 1);
	x_equals_rescan(s.e, t, "l_b", 0);
	x_equals_rescan(s.e, t, "l_c", 3);
}

static void test_entries(void **state)
{
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"2\",\"v\":1}");
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"2\",\"a\":\"x\",\"b\":\"1\",\"n\":5}");
	x_put(s.e, t, "{\"pk\":\"q\",\"sk\":\"3\",\"a\":\"x\",\"n\":5}"); /* no b: not in by_a */
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"x\"}",
		"{\"a\":\"x\",\"b\":\"1\",\"pk\":\"p\",\"sk\":\"2\"}\n{\"a\":\"x\",\"b\":\"2\",\"pk\":\"p\",\"sk\":\"1\"}\n");
	x_gives(s.e, t, "by_a", "a = :a AND b > :b", "{\":a\":\"x\",\":b\":\"1\"}",
		"{\"a\":\"x\",\"b\":\"2\",\"pk\":\"p\",\"sk\":\"1\"}\n");
	x_gives(s.e, t, "l_c", "pk = :p", "{\":p\":\"p\"}", "");
	check_all();
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"2\"}"); /* moves */
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"x\"}", "{\"a\":\"x\",\"b\":\"1\",\"pk\":\"p\",\"sk\":\"2\"}\n");
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"y\"}", "{\"a\":\"y\",\"b\":\"2\",\"pk\":\"p\",\"sk\":\"1\"}\n");
	check_all();
	struct delete_request d = {.table = t, .key = h_key("p", "2")};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"x\"}", "");
	check_all();
	struct move_request m = {.table = t, .from = h_key("p", "1"), .to = h_key("z", "1")};
	assert_ok(op_move(s.e, &h_caller, &m, NULL, &h_err));
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"y\"}", "{\"a\":\"y\",\"b\":\"2\",\"pk\":\"z\",\"sk\":\"1\"}\n");
	check_all();
	table_unref(t);
	h_reopen(&s);
	assert_ok(table_open(s.e, "Things", &t, &h_err));
	check_all();
}

/* Sort keys of bytes that the escape is about, and of lengths that the store keeps apart. */
static void test_order(void **state)
{
	static const char *const keys[] = {
		"AA==", "AAA=", "AAE=", "AP8=", "AQ==", "AQA=", "/w==", "/wA=", "//8="}; /* 00 0000 0001 00ff 01 ... */
	char json[100], values[64];
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(json, sizeof json, "{\"pk\":\"p\",\"sk\":\"%zu\",\"c\":{\"$b\":\"%s\"}}", i, keys[i]);
		x_put(s.e, t, json);
	}
	check_all();
	static const char *const ops[] = {
		"c < :c", "c <= :c", "c = :c", "c >= :c", "c > :c", "begins_with(c, :c)", "c BETWEEN :c AND :c"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
			char condition[64];
			struct buf want = BUF_INIT;
			struct slice prefix;
			struct buf bytes = BUF_INIT;
			snprintf(condition, sizeof condition, "pk = :p AND %s", ops[o]);
			snprintf(values, sizeof values, "{\":p\":\"p\",\":c\":{\"$b\":\"%s\"}}", keys[i]);
			h_item(values, &bytes);
			prefix = item_get(buf_slice(&bytes), SLICE_LIT(":c")).body;
			for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
				struct buf other = BUF_INIT;
				snprintf(json, sizeof json, "{\":c\":{\"$b\":\"%s\"}}", keys[k]);
				h_item(json, &other);
				struct slice key = item_get(buf_slice(&other), SLICE_LIT(":c")).body;
				int c = slice_cmp(key, prefix);
				bool in = o == 0             ? c < 0
					  : o == 1           ? c <= 0
					  : o == 2 || o == 6 ? c == 0
					  : o == 3           ? c >= 0
					  : o == 4           ? c > 0
							     : slice_has_prefix(key, prefix);
				if (in)
					buf_addf(&want, "{\"c\":{\"$b\":\"%s\"},\"pk\":\"p\",\"sk\":\"%zu\"}\n", keys[k], k);
				buf_finish(&other);
			}
			x_gives(s.e, t, "l_c", condition, values, buf_str(&want));
			buf_finish(&want);
			buf_finish(&bytes);
		}
}

static void test_long_keys(void **state)
{
	char *json = xmalloc(4000), *key = xmalloc(1100);
	for (int i = 0; i < 12; i++) {
		memset(key, 0, 1100);
		for (int n = 0; n < 1024; n++)
			key[n] = n < 1000 + 2 * i ? 'k' : (char)('a' + (i + n) % 3);
		snprintf(json, 4000, "{\"pk\":\"p\",\"sk\":\"%d\",\"a\":\"x\",\"b\":\"%s\"}", i, key);
		x_put(s.e, t, json);
	}
	check_all();
	for (int i = 0; i < 12; i += 2) {
		char sk[8];
		snprintf(sk, sizeof sk, "%d", i);
		struct delete_request d = {.table = t, .key = h_key("p", sk)};
		assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	}
	check_all();
	free(json);
	free(key);
}

static enum status put_status(const char *json)
{
	return h_put(s.e, t, json, (struct cond){0}, NULL);
}

static void refused(const char *json, const char *message)
{
	assert_status(ST_VALIDATION, put_status(json));
	assert_string_equal(h_err.text, message);
}

#define EMPTY_PUT                                                                                                                  \
	"One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "           \
	"AttributeValue "                                                                                                          \
	"for a key attribute cannot contain an empty string value. IndexName: by_a, IndexKey: a"
#define EMPTY_UPDATE                                                                                                               \
	"One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value "  \
	"that is "                                                                                                                 \
	"not supported. The AttributeValue for a key attribute cannot contain an empty string value."
#define MISMATCH "One or more parameter values were invalid: Type mismatch for Index Key a Expected: S Actual: N IndexName: by_a"

static void test_refused_values(void **state)
{
	refused("{\"pk\":\"p\",\"sk\":\"1\",\"a\":1}", MISMATCH);
	refused("{\"pk\":\"p\",\"sk\":\"1\",\"b\":null}", /* of two indexes the first by name */
		"One or more parameter values were invalid: Type mismatch for Index Key b Expected: S Actual: NULL IndexName: "
		"by_a");
	refused("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"\"}", EMPTY_PUT);
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"1\"}");
	struct update_request u = {.table = t, .key = h_key("p", "1"), .update = h_expr(EXPR_UPDATE, "SET a = :v", "{\":v\":1}")};
	assert_status(ST_VALIDATION, op_update(s.e, &h_caller, &u, NULL, &h_err));
	assert_string_equal(h_err.text, MISMATCH);
	u.update = h_expr(EXPR_UPDATE, "SET a = :v", "{\":v\":\"\"}");
	assert_status(ST_VALIDATION, op_update(s.e, &h_caller, &u, NULL, &h_err));
	assert_string_equal(h_err.text, EMPTY_UPDATE);
	u.update = h_expr(EXPR_UPDATE, "REMOVE a", NULL);
	assert_ok(op_update(s.e, &h_caller, &u, NULL, &h_err));
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"x\"}", "");
	char *json = xmalloc(4000), *key = xcalloc(1, 2100);
	memset(key, 'k', 1025);
	snprintf(json, 4000, "{\"pk\":\"p\",\"sk\":\"1\",\"b\":\"%s\"}", key);
	refused(json, "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of "
		      "1024 bytes");
	memset(key, 'k', 2049);
	snprintf(json, 4000, "{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"%s\"}", key);
	refused(json,
		"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes");
	free(json);
	free(key);
	check_all();
}

static void test_refused_in_transactions(void **state)
{
	struct buf bad = BUF_INIT, empty = BUF_INIT, good = BUF_INIT;
	h_item("{\"pk\":\"p\",\"sk\":\"1\",\"a\":1}", &bad);
	h_item("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"\"}", &empty);
	h_item("{\"pk\":\"p\",\"sk\":\"2\",\"a\":\"x\",\"b\":\"y\"}", &good);
	struct transact_action a[2] = {{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&good)},
		{.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&bad)}};
	struct transact_request r = {.actions = a, .n = 2};
	struct err reasons[2];
	struct transact_result result = {.reasons = reasons};
	assert_status(ST_CANCELED, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_int_equal(reasons[0].code, ST_OK);
	assert_string_equal(reasons[1].text, MISMATCH);
	a[1].item = buf_slice(&empty);
	assert_status(ST_VALIDATION, op_transact_write(s.e, &h_caller, &r, &result, &h_err));
	assert_string_equal(h_err.text, EMPTY_PUT);
	struct batch_write w[2] = {{.table = t, .item = buf_slice(&good)}, {.table = t, .item = buf_slice(&bad)}};
	bool left[2];
	assert_status(ST_VALIDATION, op_batch_write(s.e, &h_caller, w, 2, COMMIT_VISIBLE, left, &h_err));
	h_stands(s.e, t, h_key("p", "2"), NULL);
	check_all();
	assert_ok(op_batch_write(s.e, &h_caller, w, 1, COMMIT_VISIBLE, left, &h_err));
	x_gives(s.e, t, "by_a", "a = :a", "{\":a\":\"x\"}", "{\"a\":\"x\",\"b\":\"y\",\"pk\":\"p\",\"sk\":\"2\"}\n");
	buf_finish(&bad);
	buf_finish(&empty);
	buf_finish(&good);
}

/* Requests */

static void query_refused(
	enum status want, struct query_request r, const char *index, const char *condition, const char *values, const char *message)
{
	struct page page = {0};
	struct buf out = BUF_INIT;
	r.page.table = t;
	r.page.index = slice_str(index);
	assert_status(want, x_query(s.e, &r, condition, values, &page, &out));
	assert_string_equal(h_err.text, message);
	assert_int_equal(out.len, 0);
	buf_finish(&out);
}

#define INVALID "One or more parameter values were invalid: "

static void test_refused_queries(void **state)
{
	const char *a = "a = :a", *v = "{\":a\":\"x\"}";
	struct query_request r = {0};
	query_refused(ST_NO_INDEX, r, "nope", a, v, "The table does not have the specified index: nope");
	r.page.consistent = true;
	query_refused(ST_VALIDATION, r, "by_a", a, v, "Consistent reads are not supported on global secondary indexes");
	r.page = (struct page_request){.select = SELECT_ALL};
	query_refused(ST_VALIDATION, r, "by_a", a, v,
		INVALID "Select type ALL_ATTRIBUTES is not supported for global secondary index by_a because its projection type "
			"is not ALL");
	r.page.select = SELECT_ALL_PROJECTED;
	query_refused(
		ST_VALIDATION, r, "", "pk = :a", v, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
	r.page = (struct page_request){.projection = h_expr(EXPR_PROJECTION, "v.w, a, u", NULL)};
	query_refused(ST_VALIDATION, r, "by_a", a, v, INVALID "Global secondary index by_a does not project [u, v]");
	r.page.select = SELECT_COUNT;
	query_refused(
		ST_VALIDATION, r, "by_a", a, v, "Cannot specify the ProjectionExpression when choosing to get only the Count");
	r.page = (struct page_request){
		.filter = h_expr(EXPR_FILTER, "u = :b OR size(v) = :b AND u.x = a OR NOT pk = sk", "{\":b\":\"1\"}")};
	query_refused(ST_VALIDATION, r, "by_a", a, v,
		INVALID "Secondary index by_a does not project one or more filter attributes: [u, v]");
	r.page = (struct page_request){.filter = h_expr(EXPR_FILTER, "b = :b", "{\":b\":\"1\"}")};
	query_refused(ST_VALIDATION, r, "by_a", a, v,
		"Filter Expression can only contain non-primary key attributes: Primary key attribute: b");
	r.page = (struct page_request){0};
	query_refused(ST_VALIDATION, r, "by_a", "pk = :a", v, "Query condition missed key schema element: a");
	struct buf start = BUF_INIT;
	h_item("{\"a\":\"x\",\"b\":\"1\",\"pk\":\"p\"}", &start);
	r.page.start_key = buf_slice(&start);
	query_refused(ST_VALIDATION, r, "by_a", a, v, "The provided starting key is invalid");
	buf_reset(&start);
	h_item("{\"a\":\"y\",\"b\":\"1\",\"pk\":\"p\",\"sk\":\"1\"}", &start);
	r.page.start_key = buf_slice(&start);
	query_refused(ST_VALIDATION, r, "by_a", a, v,
		"The provided starting key is outside query boundaries based on provided conditions");
	struct scan_request scan = {.page = {.table = t, .index = SLICE_LIT("by_a"), .start_key = SLICE_LIT("\0")}};
	struct page page = {0};
	buf_reset(&start);
	h_item("{\"pk\":\"p\",\"sk\":\"1\"}", &start);
	scan.page.start_key = buf_slice(&start);
	assert_status(ST_VALIDATION, op_scan_page(s.e, &h_caller, &scan, x_add_text, NULL, &page, &h_err));
	assert_string_equal(h_err.text, "The provided starting key is invalid: The provided key element does not match the schema");
	buf_finish(&start);
}

/* Of a local index what it lacks is read from the table; filters see what the index projects. */
static void test_projections(void **state)
{
	struct page page = {0};
	struct buf out = BUF_INIT;
	struct consumed_list used = {0};
	struct query_request r = {
		.page = {.table = t, .index = SLICE_LIT("l_b"), .select = SELECT_ALL, .consistent = true, .consumed = &used}};
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"1\",\"b\":\"1\",\"v\":7}");
	assert_ok(x_query(s.e, &r, "pk = :p", "{\":p\":\"p\"}", &page, &out));
	assert_string_equal(buf_str(&out), "{\"b\":\"1\",\"pk\":\"p\",\"sk\":\"1\",\"v\":7}\n");
	assert_int_equal(used.count, 1);
	assert_true(used.tables[0].own.read == 1 && used.tables[0].index_count == 1 && used.tables[0].indexes[0].units.read == 1);
	consumed_finish(&used);
	buf_reset(&out);
	r.page = (struct page_request){.table = t, .index = SLICE_LIT("l_b"), .projection = h_expr(EXPR_PROJECTION, "v", NULL)};
	assert_ok(x_query(s.e, &r, "pk = :p", "{\":p\":\"p\"}", &page, &out));
	assert_string_equal(buf_str(&out), "{\"v\":7}\n");
	buf_reset(&out);
	r.page = (struct page_request){
		.table = t, .index = SLICE_LIT("l_b"), .filter = h_expr(EXPR_FILTER, "v = :v", "{\":v\":7}"), .select = SELECT_ALL};
	assert_ok(x_query(s.e, &r, "pk = :p", "{\":p\":\"p\"}", &page, &out));
	assert_int_equal(page.count, 1);
	r.page = (struct page_request){
		.table = t, .index = SLICE_LIT("l_b"), .filter = h_expr(EXPR_FILTER, "sk = :v", "{\":v\":7}"), .consumed = &used};
	assert_ok(x_query(s.e, &r, "pk = :p", "{\":p\":\"p\"}", &page, &out));
	assert_int_equal(page.count, 0);
	assert_int_equal(page.scanned_count, 1);
	assert_int_equal(page.bytes, 8); /* pk p sk 1 b 1 */
	assert_true(used.tables[0].own.read == 0 && used.tables[0].indexes[0].units.read == 0.5);
	consumed_finish(&used);
	x_put(s.e, t, "{\"pk\":\"p\",\"sk\":\"2\",\"c\":{\"$b\":\"AQ==\"},\"d\":1,\"v\":7}");
	x_gives(s.e, t, "in_c", "c = :c", "{\":c\":{\"$b\":\"AQ==\"}}",
		"{\"c\":{\"$b\":\"AQ==\"},\"d\":1,\"pk\":\"p\",\"sk\":\"2\"}\n");
	page_finish(&page);
	buf_finish(&out);
}

/* Pages forward and backward, start keys that are gone, items with one index key. */
static void test_pages(void **state)
{
	char json[100];
	for (int i = 0; i < 20; i++) {
		snprintf(json, sizeof json, "{\"pk\":\"p%d\",\"sk\":\"s\",\"a\":\"x\",\"b\":\"%c\"}", i, 'a' + i / 4);
		x_put(s.e, t, json);
	}
	for (int backward = 0; backward < 2; backward++) {
		struct query_request r = {.page = {.table = t, .index = SLICE_LIT("by_a"), .limit = 3}, .backward = backward};
		struct page page = {0};
		struct buf all = BUF_INIT, whole = BUF_INIT, start = BUF_INIT;
		do {
			assert_ok(x_query(s.e, &r, "a = :a AND b > :b", "{\":a\":\"x\",\":b\":\"a\"}", &page, &all));
			buf_reset(&start);
			buf_add_slice(&start, buf_slice(&page.last_key));
			r.page.start_key = buf_slice(&start);
		} while (page.has_more);
		r.page.limit = 0;
		r.page.start_key = NONE;
		assert_ok(x_query(s.e, &r, "a = :a AND b > :b", "{\":a\":\"x\",\":b\":\"a\"}", &page, &whole));
		assert_int_equal(page.count, 16);
		assert_string_equal(buf_str(&all), buf_str(&whole));
		page_finish(&page);
		buf_finish(&all);
		buf_finish(&whole);
		buf_finish(&start);
	}
	uint64_t sum = 0;
	for (uint32_t i = 0; i < 7; i++) {
		struct scan_request r = {
			.page = {.table = t, .index = SLICE_LIT("l_b"), .select = SELECT_COUNT}, .segment = i, .total_segments = 7};
		struct page page = {0};
		assert_ok(op_scan_page(s.e, &h_caller, &r, x_add_text, NULL, &page, &h_err));
		sum += page.count;
		page_finish(&page);
	}
	assert_int_equal(sum, 20);
}

/* Units */

static double written(const struct consumed_list *used, const char *index)
{
	for (size_t i = 0; i < used->tables[0].index_count; i++)
		if (!strcmp(used->tables[0].indexes[i].name, index))
			return used->tables[0].indexes[i].units.write;
	return 0;
}

static void put_uses(const char *json, double by_a, double by_n, double l_b)
{
	struct buf item = BUF_INIT;
	struct consumed_list used = {0};
	h_item(json, &item);
	struct put_request r = {.table = t, .item = buf_slice(&item), .returns = {.consumed = &used}};
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	if (written(&used, "by_a") != by_a || written(&used, "by_n") != by_n || written(&used, "l_b") != l_b)
		fail_msg("%s: %g %g %g", json, written(&used, "by_a"), written(&used, "by_n"), written(&used, "l_b"));
	consumed_finish(&used);
	buf_finish(&item);
}

static void test_units(void **state)
{
	put_uses("{\"pk\":\"p\",\"sk\":\"1\"}", 0, 0, 0);
	put_uses("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"1\",\"n\":1}", 1, 1, 1);
	put_uses("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"1\",\"n\":1}", 0, 0, 0);         /* the same */
	put_uses("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"x\",\"b\":\"1\",\"n\":1,\"v\":1}", 0, 1, 0); /* v is in by_n alone */
	put_uses("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"1\",\"n\":1,\"v\":1}", 2, 1, 0); /* moves in by_a */
	char *json = xmalloc(4000);
	snprintf(json, 4000, "{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"1\",\"n\":1,\"v\":\"%02000d\"}", 1);
	put_uses(json, 0, 2, 0);
	put_uses("{\"pk\":\"p\",\"sk\":\"1\",\"a\":\"y\",\"b\":\"1\",\"n\":1}", 0, 2, 0); /* the greater of both */
	put_uses("{\"pk\":\"p\",\"sk\":\"1\"}", 1, 1, 1);
	free(json);
}

/* Collections */

static void test_collections(void **state)
{
	struct collection c = {0};
	struct buf item = BUF_INIT, big = BUF_INIT, json = BUF_INIT;
	s.e->collection_max = 3000;
	h_item("{\"pk\":\"p\",\"sk\":\"1\",\"b\":\"1\",\"v\":\"vvvv\"}", &item); /* 13 bytes, and 8 in l_b */
	struct put_request r = {.table = t, .item = buf_slice(&item), .returns = {.collection = &c}};
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_true(c.present);
	assert_int_equal(c.bytes, 13 + 8);
	assert_ok(op_put(s.e, &h_caller, &r, NULL, &h_err));
	assert_int_equal(c.bytes, 13 + 8);
	buf_addf(&json, "{\"pk\":\"p\",\"sk\":\"2\",\"v\":\"%03000d\"}", 1);
	h_item(buf_str(&json), &big);
	r.item = buf_slice(&big);
	assert_status(ST_COLLECTION_FULL, op_put(s.e, &h_caller, &r, NULL, &h_err));
	h_stands(s.e, t, h_key("p", "2"), NULL);
	struct transact_action a = {.kind = TRANSACT_PUT, .table = t, .item = buf_slice(&big)};
	struct transact_request tr = {.actions = &a, .n = 1};
	struct err reason;
	struct transact_result result = {.reasons = &reason};
	assert_status(ST_CANCELED, op_transact_write(s.e, &h_caller, &tr, &result, &h_err));
	assert_int_equal(reason.code, ST_COLLECTION_FULL);
	s.e->collection_max = 10; /* what is there may shrink */
	struct delete_request d = {.table = t, .key = h_key("p", "1"), .returns = {.collection = &c}};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	assert_int_equal(c.bytes, 0);
	buf_finish(&item);
	buf_finish(&big);
	buf_finish(&json);
}

/* Damage */

struct damage {
	bool entry; /* of by_n, else the item's own row goes */
	struct data_key *dk;
	struct key key;
};

static enum status do_damage(struct store_txn *txn, void *arg, struct err *err)
{
	struct damage *d = arg;
	struct store_row row;
	struct buf item = BUF_INIT;
	struct key n;
	struct row_key k;
	struct index_row entry;
	uint8_t *value;
	row_key_init(&k, t, d->dk, &d->key);
	if (!d->entry)
		return store_del(txn, STORE_ITEMS, &k.key, err);
	const struct index *x = index_set_find(t->writing, SLICE_LIT("by_n"))->x;
	h_item("{\"n\":1}", &item);
	assert_ok(index_key(x, buf_slice(&item), &n));
	index_row_init(&entry, t, d->dk, x, &n, &d->key);
	enum status st = store_put(txn, STORE_ITEMS, &entry.k.key, 100, &value, &row, err);
	if (!st)
		memset(value, 7, 100);
	index_row_finish(&entry);
	buf_finish(&item);
	return st;
}

static void damage(bool entry, const char *pk)
{
	struct damage d = {.entry = entry, .key = h_key(pk, "s")};
	assert_ok(table_use(t, &d.dk, &h_err));
	assert_ok(store_write(s.e->store, do_damage, &d, STORE_VISIBLE, &h_err));
}

#define ONE(pk) "{\"n\":1,\"pk\":\"" pk "\",\"sk\":\"s\"}"

/* An entry that leads nowhere is left out; one that cannot be read is told of; both go when the item is written anew. */
static void test_damage(void **state)
{
	struct query_request r = {.page = {.table = t, .index = SLICE_LIT("by_n")}};
	struct page page = {0};
	struct buf out = BUF_INIT;
	x_put(s.e, t, ONE("a"));
	x_put(s.e, t, ONE("b"));
	damage(false, "a");
	x_gives(s.e, t, "by_n", "n = :n", "{\":n\":1}", ONE("b") "\n");
	x_put(s.e, t, "{\"pk\":\"a\",\"sk\":\"s\",\"n\":2}"); /* the old entry points at an item of another key */
	x_gives(s.e, t, "by_n", "n = :n", "{\":n\":1}", ONE("b") "\n");
	damage(true, "b");
	assert_ok(x_query(s.e, &r, "n = :n", "{\":n\":1}", &page, &out));
	assert_string_equal(buf_str(&out), "<ST_CORRUPT>\n");
	assert_int_equal(page.count, 0);
	struct delete_request d = {.table = t, .key = h_key("b", "s")};
	assert_ok(op_delete(s.e, &h_caller, &d, &h_err));
	x_put(s.e, t, ONE("b"));
	x_gives(s.e, t, "by_n", "n = :n", "{\":n\":1}", ONE("b") "\n");
	page_finish(&page);
	buf_finish(&out);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_entries), TEST(test_order), TEST(test_long_keys), TEST(test_refused_values),
		TEST(test_refused_in_transactions), TEST(test_refused_queries), TEST(test_projections), TEST(test_pages),
		TEST(test_units), TEST(test_collections), TEST(test_damage)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
