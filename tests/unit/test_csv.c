/** CSV to items: quotes, types, what is left out and what is refused. */
#include "tests/unit/harness.h"

#include "src/import/csv.h"

static const struct key_schema schema = {.pk = {.name = "id", .type = VALUE_S}, .sk = {.name = "at", .type = VALUE_N}};

static struct slice text_of(const char *s)
{
	return slice_of(s, strlen(s));
}

/** The item that the record becomes under the header, as one line of JSON; or "!" and the reason. */
static void check(const char *header, const char *record, const char *want)
{
	const struct json_style line = {.form = JSON_NATURAL, .line = true};
	struct csv csv = {0};
	struct buf item = BUF_INIT, shown = BUF_INIT;
	enum status st = csv_read_header(&csv, text_of(header), &schema, "qty,price", &h_err);
	if (st == ST_OK)
		st = csv_read_item(&csv, text_of(record), &item, &h_err);
	if (st == ST_OK)
		json_write_item(buf_slice(&item), &line, &shown);
	else
		buf_addf(&shown, "!%s", h_err.text);
	if (*want == '!' ? !strstr(buf_str(&shown), want + 1) || *buf_str(&shown) != '!' : strcmp(buf_str(&shown), want) != 0)
		fail_msg("%s | %s: %s", header, record, buf_str(&shown));
	if (st != ST_OK)
		assert_int_equal(0, item.len);
	buf_finish(&item);
	buf_finish(&shown);
	csv_finish(&csv);
}

static void test_items(void **state)
{
	check("id,name", "a,b", "{\"id\":\"a\",\"name\":\"b\"}");
	check("id,name\r", "a,b\r", "{\"id\":\"a\",\"name\":\"b\"}");
	check("\xEF\xBB\xBFid,name", "a,b", "{\"id\":\"a\",\"name\":\"b\"}");
	check("id,name", "a,\"x \"\"y\"\", z\"", "{\"id\":\"a\",\"name\":\"x \\\"y\\\", z\"}");
	check("id,name", "a,\"two\nlines\"", "{\"id\":\"a\",\"name\":\"two\\nlines\"}");
	check("id,name", "a,", "{\"id\":\"a\"}");
	check("id,name", "a,\"\"", "{\"id\":\"a\"}");
	check("\"id\",\"na,me\"", "a,b", "{\"id\":\"a\",\"na,me\":\"b\"}");
	check("id", "", "{}");
}

static void test_types(void **state)
{
	check("id,at", "1,2", "{\"at\":2,\"id\":\"1\"}");
	check("id,qty,n:N,s:S", "a,1.50,1e3,7", "{\"id\":\"a\",\"n\":1000,\"qty\":1.5,\"s\":\"7\"}");
	check("id,price", "a,", "{\"id\":\"a\"}");
	check("id,big:N", "a,12345678901234567890", "{\"big\":{\"$n\":\"12345678901234567890\"},\"id\":\"a\"}");
}

static void test_refused(void **state)
{
	check("id,name", "a", "!1 cells");
	check("id,name", "a,b,c", "!3 cells");
	check("id,qty", "a,many", "!qty");
	check("id,at", "a,noon", "!at");
	check("id,name", "a,\"b\"c", "!closing quote");
	check("id,name", "a,\xFF", "!UTF-8");
	check("id,,x", "a,b,c", "!without a name");
	check("id,id", "a,b", "!id");
}

static void test_open_quotes(void **state)
{
	assert_false(csv_is_open(text_of("a,\"b\"")));
	assert_true(csv_is_open(text_of("a,\"b")));
	assert_false(csv_is_open(text_of("a,\"b \"\"c\"\"\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
