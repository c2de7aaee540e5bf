/* PartiQL, one statement at a time: each clause, each message, what an answer looks like. */
#include "tests/unit/partiql_harness.h"

static struct h_store s;
static struct table *orders, *flat;

static void put(struct table *t, const char *json)
{
	assert_ok(h_put(s.e, t, json, (struct cond){0}, NULL));
}

static int setup(void **state)
{
	h_create(&s);
	orders = h_table(s.e, "Orders", 'S', 'N');
	flat = h_table(s.e, "Flat", 'N', 0);
	put(orders, "{\"pk\":\"a\",\"sk\":1,\"v\":10,\"m\":{\"x\":[1,{\"y\":\"deep\"}],\"z\":true}}");
	put(orders, "{\"pk\":\"a\",\"sk\":2,\"v\":20,\"name\":\"two\",\"n\":null}");
	put(orders, "{\"pk\":\"a\",\"sk\":3,\"v\":30,\"tags\":{\"$ss\":[\"p\",\"q\"]}}");
	put(orders, "{\"pk\":\"b\",\"sk\":1,\"v\":40,\"name\":\"it's\",\"select\":1}");
	put(flat, "{\"pk\":1,\"v\":1}");
	put(flat, "{\"pk\":2,\"v\":2}");
	put(flat, "{\"pk\":3,\"v\":3}");
	return 0;
}

static int teardown(void **state)
{
	table_unref(orders);
	table_unref(flat);
	h_remove(&s);
	return 0;
}

static void is_with(const char *text, const char *params, const char *want)
{
	struct run run = {0};
	if (run_statement(s.e, &run, text, params))
		fail_msg("%s: %s", text, run.err.text);
	if (strcmp(buf_str(&run.items), want) != 0)
		fail_msg("%s: %s, want %s", text, buf_str(&run.items), want);
	assert_int_equal(run.page.next_token.len, 0);
	assert_false(run.page.has_last_key);
	run_finish(&run);
}

static void is(const char *text, const char *want)
{
	is_with(text, NULL, want);
}

static void refused_with(enum status st, const char *text, const char *params, const char *message)
{
	struct run run = {0};
	if (run_statement(s.e, &run, text, params) != st)
		fail_msg("%s: %s %s", text, status_info(run.st)->name, run.err.text);
	if (strcmp(run.err.text, message) != 0)
		fail_msg("%s: %s, want %s", text, run.err.text, message);
	assert_int_equal(run.n, 0);
	run_finish(&run);
}

static void refused(const char *text, const char *message)
{
	refused_with(ST_VALIDATION, text, NULL, message);
}

#define MALFORMED "Statement wasn't well formed, can't be processed: "
#define A1 "{\"m\":{\"x\":[1,{\"y\":\"deep\"}],\"z\":true},\"pk\":\"a\",\"sk\":1,\"v\":10}"
#define A2 "{\"n\":null,\"name\":\"two\",\"pk\":\"a\",\"sk\":2,\"v\":20}"
#define A3 "{\"pk\":\"a\",\"sk\":3,\"tags\":{\"$ss\":[\"p\",\"q\"]},\"v\":30}"
#define B1 "{\"name\":\"it's\",\"pk\":\"b\",\"select\":1,\"sk\":1,\"v\":40}"

/* SELECT */

static void test_select_by_key(void **state)
{
	is("SELECT * FROM \"Orders\" WHERE pk = 'a' AND sk = 2", A2);
	is("select * from Orders where 'a' = pk and 2 = sk", A2);
	is("SELECT * FROM Orders WHERE pk='a'", A1 ";" A2 ";" A3);
	is("SELECT * FROM Orders WHERE pk='a' AND sk > 1 AND v < 30", A2);
	is("SELECT * FROM Orders WHERE pk='a' AND 1 < sk AND v < 30", A2);
	is("SELECT * FROM Orders WHERE pk='a' AND sk BETWEEN 2 AND 3", A2 ";" A3);
	is("SELECT * FROM Orders WHERE pk='a' AND sk <= 1", A1);
	is("SELECT * FROM Orders WHERE pk='a' AND sk IN [1, 3]", A1 ";" A3);
	is("SELECT * FROM Orders WHERE pk='a' AND (sk = 1 OR sk = 3)", A1 ";" A3);
	is("SELECT * FROM Orders WHERE pk='none'", "");
	is("SELECT * FROM Orders WHERE pk='a' AND pk='b'", "");
	is_with("SELECT * FROM Orders WHERE pk=? AND sk=?", "[\"a\",2]", A2);
	is("SELECT * FROM Flat WHERE pk = 2", "{\"pk\":2,\"v\":2}");
}

static void test_select_conditions(void **state)
{
	is("SELECT sk FROM Orders WHERE pk='a' AND name IS MISSING", "{\"sk\":1};{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND name IS NOT MISSING", "{\"sk\":2}");
	is("SELECT sk FROM Orders WHERE pk='a' AND n IS NULL", "{\"sk\":2}");
	is("SELECT sk FROM Orders WHERE pk='a' AND n = NULL", "{\"sk\":2}");
	is("SELECT sk FROM Orders WHERE pk='a' AND n IS NOT NULL", "{\"sk\":1};{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND begins_with(name, 't')", "{\"sk\":2}");
	is("SELECT sk FROM Orders WHERE pk='a' AND contains(tags, 'q')", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND CONTAINS(\"name\", 'wo')", "{\"sk\":2}");
	is("SELECT sk FROM Orders WHERE pk='a' AND size(m) = 2", "{\"sk\":1}");
	is("SELECT sk FROM Orders WHERE pk='a' AND attribute_type(tags, 'SS')", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND tags = <<'q','p'>>", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND m.x[1].y = 'deep'", "{\"sk\":1}");
	is("SELECT sk FROM Orders WHERE pk='a' AND m['z'] = true", "{\"sk\":1}");
	is("SELECT sk FROM Orders WHERE pk='a' AND NOT v = 10", "{\"sk\":2};{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND v != 10", "{\"sk\":2};{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND v <> 10 AND v >= 30", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND v NOT IN (10, 20)", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND v NOT BETWEEN 5 AND 25", "{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE (pk='a') AND (((v = 10)) OR v = 3e1)", "{\"sk\":1};{\"sk\":3}");
	is("SELECT sk FROM Orders WHERE pk='a' AND m.x = [1, {'y': 'deep'}]", "{\"sk\":1}");
	is("SELECT sk FROM Orders -- a comment\n WHERE pk='a' /* and\n another */ AND sk=1;", "{\"sk\":1}");
	is("SELECT pk FROM Orders WHERE name = 'it''s' AND \"select\" = 1", "{\"pk\":\"b\"}");
	is("SELECT sk FROM Orders WHERE pk='a' AND v = -10", "");
	is("SELECT sk FROM Orders WHERE pk='a' AND name IS STRING", "{\"sk\":2}");
}

static void test_select_columns(void **state)
{
	is("SELECT v, sk FROM Orders WHERE pk='a' AND sk=1", "{\"sk\":1,\"v\":10}");
	is("SELECT m.x[1].y, m.x[0], m.z, nothing FROM Orders WHERE pk='a' AND sk=1", "{\"x[0]\":1,\"y\":\"deep\",\"z\":true}");
	is("SELECT m.z, m FROM Orders WHERE pk='a' AND sk=1", "{\"m\":{\"x\":[1,{\"y\":\"deep\"}],\"z\":true},\"z\":true}");
	is("SELECT v, v FROM Orders WHERE pk='a' AND sk=1", "{\"v\":10}");
	is("SELECT nothing FROM Orders WHERE pk='a' AND sk=1", "{}");
	is("SELECT \"select\" FROM Orders WHERE pk='b'", "{\"select\":1}");
}

static size_t lines(const char *text)
{
	struct run run = {0};
	if (run_statement(s.e, &run, text, NULL))
		fail_msg("%s: %s", text, run.err.text);
	size_t n = run.n;
	run_finish(&run);
	return n;
}

static void test_scan(void **state)
{
	assert_int_equal(lines("SELECT * FROM Orders"), 4);
	assert_int_equal(lines("SELECT * FROM Orders WHERE v > 15"), 3);
	assert_int_equal(lines("SELECT * FROM Orders WHERE pk > 'a'"), 1);
	assert_int_equal(lines("SELECT * FROM Orders WHERE pk = 'a' OR v = 40"), 4);
	assert_int_equal(lines("SELECT * FROM Orders WHERE NOT pk = 'a'"), 1);
	is("SELECT sk FROM Orders WHERE sk = 2", "{\"sk\":2}");
}

static void test_several_hashes(void **state)
{
	is("SELECT v FROM Flat WHERE pk IN [3, 1, 3, 7]", "{\"v\":3};{\"v\":1}");
	is("SELECT v FROM Flat WHERE pk = 3 OR pk = 1", "{\"v\":3};{\"v\":1}");
	is("SELECT v FROM Flat WHERE pk IN (3,2,1) AND v < 3", "{\"v\":2};{\"v\":1}");
	is("SELECT v FROM Flat WHERE pk IN [2,1,3] ORDER BY pk", "{\"v\":1};{\"v\":2};{\"v\":3}");
	is("SELECT v FROM Flat WHERE pk IN [2,1,3] ORDER BY pk DESC", "{\"v\":3};{\"v\":2};{\"v\":1}");
	is("SELECT v FROM Orders WHERE pk IN ['b','a'] AND sk = 1", "{\"v\":40};{\"v\":10}");
	is("SELECT v FROM Orders WHERE (pk='a' AND sk=2) OR (pk='b' AND sk=1)", "{\"v\":20};{\"v\":40}");
}

static void test_order(void **state)
{
	is("SELECT sk FROM Orders WHERE pk='a' ORDER BY sk DESC", "{\"sk\":3};{\"sk\":2};{\"sk\":1}");
	is("SELECT sk FROM Orders WHERE pk='a' ORDER BY pk, sk ASC", "{\"sk\":1};{\"sk\":2};{\"sk\":3}");
	is("SELECT v FROM Orders WHERE pk IN ['a','b'] ORDER BY pk DESC, sk DESC", "{\"v\":40};{\"v\":30};{\"v\":20};{\"v\":10}");
	refused("SELECT * FROM Orders ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause.");
	refused("SELECT * FROM Orders WHERE v = 1 ORDER BY sk",
		"Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
	refused("SELECT * FROM Orders WHERE pk = 'a' ORDER BY v",
		"Variable reference v in ORDER BY clause must be part of the primary key");
	refused("SELECT * FROM Orders WHERE pk IN ['a','b'] ORDER BY sk",
		"ORDER BY must begin with the hash key pk where the WHERE clause names several of its values");
}

static void test_pages(void **state)
{
	static const char text[] = "SELECT sk FROM Orders WHERE pk='a' AND v <> 20";
	struct run run = {.r = {.limit = 2}};
	struct buf token = BUF_INIT;
	assert_ok(run_statement(s.e, &run, text, NULL));
	assert_string_equal(buf_str(&run.items), "{\"sk\":1}");
	assert_true(run.page.has_last_key && run.page.next_token.len > 0);
	h_same(&run.page.last_key, "{\"pk\":\"a\",\"sk\":2}");
	buf_add_slice(&token, buf_slice(&run.page.next_token));
	h_reopen(&s);
	table_unref(orders);
	table_unref(flat);
	assert_ok(table_open(s.e, "Orders", &orders, &h_err));
	assert_ok(table_open(s.e, "Flat", &flat, &h_err));
	run.r = (struct statement_request){.next_token = buf_slice(&token), .limit = 5};
	assert_ok(run_statement(s.e, &run, text, NULL));
	assert_string_equal(buf_str(&run.items), "{\"sk\":3}");
	assert_int_equal(run.page.next_token.len, 0);

	run.r = (struct statement_request){.next_token = buf_slice(&token)};
	assert_status(ST_VALIDATION, run_statement(s.e, &run, "SELECT sk FROM Orders WHERE pk='a'", NULL));
	assert_string_equal(run.err.text, "NextToken does not match request");
	for (size_t i = 0; i < token.len; i++) {
		uint8_t was = token.ptr[i];
		token.ptr[i] ^= 1;
		assert_status(ST_VALIDATION, run_statement(s.e, &run, text, NULL));
		assert_string_equal(run.err.text, "Invalid NextToken");
		token.ptr[i] = was;
	}
	buf_finish(&token);
	run_finish(&run);
}

/** Every page of a statement, with this limit, as one text. */
static void all_pages(const char *text, uint32_t limit, size_t page_max, const char *want)
{
	struct run run = {.r = {.limit = limit}};
	struct buf token = BUF_INIT, all = BUF_INIT;
	do {
		assert_ok(run_statement(s.e, &run, text, NULL));
		assert_true(run.n <= page_max);
		if (run.n && all.len)
			buf_add_byte(&all, ';');
		buf_add_slice(&all, buf_slice(&run.items));
		buf_reset(&token);
		buf_add_slice(&token, buf_slice(&run.page.next_token));
		run.r.next_token = buf_slice(&token);
	} while (token.len);
	assert_string_equal(buf_str(&all), want);
	buf_finish(&all);
	buf_finish(&token);
	run_finish(&run);
}

static void test_pages_of_several_hashes(void **state)
{
	for (uint32_t limit = 0; limit < 5; limit++) {
		all_pages("SELECT v FROM Orders WHERE pk IN ['b','x','a']", limit, limit ? limit : 10,
			"{\"v\":40};{\"v\":10};{\"v\":20};{\"v\":30}");
		all_pages("SELECT v FROM Flat WHERE pk IN [2,9,3]", limit, limit ? limit : 10, "{\"v\":2};{\"v\":3}");
	}
	struct table *many = h_table(s.e, "Many", 'N', 'N');
	struct buf want = BUF_INIT;
	for (int i = 0; i < 24; i++) {
		char json[64];
		snprintf(json, sizeof json, "{\"pk\":%d,\"sk\":%d}", i / 8, i);
		put(many, json);
		buf_addf(&want, "%s{\"sk\":%d}", i ? ";" : "", i);
	}
	all_pages("SELECT sk FROM Many WHERE pk IN [0,1,2]", 0, 10, buf_str(&want));
	buf_finish(&want);
	table_unref(many);
}

static void test_bounds(void **state)
{
	struct buf text = BUF_INIT;
	buf_add_str(&text, "SELECT * FROM Flat WHERE pk IN [0");
	for (int i = 1; i < 51; i++)
		buf_addf(&text, ",%d", i);
	buf_add_str(&text, "]");
	refused(buf_str(&text),
		"The IN operator is provided with too many operands; at most 50 values of the hash key are allowed");
	buf_reset(&text);
	buf_add_str(&text, "SELECT * FROM Flat WHERE v IN [0");
	for (int i = 1; i < 101; i++)
		buf_addf(&text, ",%d", i);
	buf_add_str(&text, "]");
	refused(buf_str(&text), "The IN operator is provided with too many operands; number of operands: 101");
	for (size_t n = 10; n < 8000; n += 799) {
		buf_reset(&text);
		buf_add_str(&text, "SELECT * FROM Flat WHERE ");
		for (size_t i = 0; i < n; i++)
			buf_add_byte(&text, '(');
		struct run run = {0};
		assert_status(ST_VALIDATION, run_statement(s.e, &run, buf_str(&text), NULL));
		run_finish(&run);
	}
	buf_reset(&text);
	buf_resize(&text, 8193);
	memset(text.ptr, ' ', text.len);
	refused(buf_str(&text),
		"1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length "
		"less than or equal to 8192");
	refused("",
		"1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length greater "
		"than or equal to 1");
	buf_finish(&text);
}

static void test_malformed(void **state)
{
	refused("HELLO", MALFORMED "Expected data manipulation");
	refused("UPDATE Payment-x SET a=1 WHERE pk=1", MALFORMED "Expected data manipulation");
	refused("SELECT * FROM Orders WHERE pk = 'a' nonsense", MALFORMED "Unexpected token after expression");
	refused("SELECT * FROM Orders WHERE", MALFORMED "Unexpected term");
	refused("SELECT * FROM Orders WHERE pk =", MALFORMED "Unexpected term");
	refused("SELECT * FROM", MALFORMED "Unexpected term");
	refused("SELECT FROM Orders", MALFORMED "Unexpected keyword");
	refused("SELECT * FROM Orders WHERE key = 1", MALFORMED "Unexpected keyword");
	refused("SELECT * FROM Orders WHERE v", MALFORMED "Unexpected term");
	refused("SELECT * FROM Orders WHERE pk = 'a", MALFORMED "Unexpected token");
	refused("SELECT * FROM Orders WHERE pk = 'a' AND * 3", MALFORMED "Unexpected operator");
	refused("SELECT id FROM Orders LIMIT 5", "Unsupported clause: LIMIT at 1:29:1");
	refused("SELECT * FROM Orders\nWHERE pk = 'a' GROUP BY v", "Unsupported clause: GROUP at 2:22:2");
	refused("SELECT COUNT(*) FROM Orders", "Unsupported function in the select list: COUNT");
	refused("SELECT * FROM Orders WHERE foo(v, 1)", "Unsupported function: foo");
	refused("SELECT * FROM Orders WHERE EXISTS(SELECT * FROM Orders)",
		"EXISTS clause is only supported in transactions as a statement of its own");
	refused("SELECT m.size FROM Orders", MALFORMED "Invalid path dot component");
	refused("SELECT m.\"\" FROM Orders", MALFORMED "a name cannot be empty");
	refused("SELECT * FROM a.b.c", MALFORMED "Unexpected path component");
	refused("INSERT INTO Orders (pk, sk) VALUES (1, 2)", MALFORMED "Unexpected term");
	refused("INSERT INTO Orders VALUE {'pk':'z','sk':1} ON CONFLICT DO NOTHING", MALFORMED "Unexpected token after expression");
	refused("SELECT * FROM Orders WHERE pk = ?", "Number of parameters in request and statement don't match.");
	refused_with(ST_VALIDATION, "SELECT * FROM Orders", "[1]", "Number of parameters in request and statement don't match.");
	refused("EXISTS(SELECT * FROM Orders WHERE pk='a' AND sk=1)", "EXISTS clause is only supported in transactions");
	refused_with(ST_NO_TABLE, "SELECT * FROM Nope", NULL, "Requested resource not found");
	refused_with(ST_NO_INDEX, "SELECT * FROM Orders.byName WHERE name='x'", NULL,
		"The table does not have the specified index: byName");
}

static void test_types(void **state)
{
	refused("SELECT * FROM Orders WHERE pk = 5",
		"One or more parameter values were invalid: Condition parameter type does not match schema type");
	refused("SELECT * FROM Orders WHERE pk = 'a' AND sk > 'x'",
		"One or more parameter values were invalid: Condition parameter type does not match schema type");
	refused("SELECT * FROM Orders WHERE begins_with(v, 3)",
		"Incorrect operand type for operator or function; operator or function: begins_with, operand type: N");
	refused("SELECT * FROM Orders WHERE v = <<1, 'a'>>",
		"One or more parameter values were invalid: the members of a set are strings, numbers or binary, all of one type");
	refused("SELECT * FROM Orders WHERE v = <<1, 1.0>>",
		"One or more parameter values were invalid: Input collection contains duplicates.");
	refused("SELECT * FROM Orders WHERE v = <<<<1>>>>",
		"One or more parameter values were invalid: the members of a set are strings, numbers or binary, all of one type");
	refused("SELECT * FROM Orders WHERE v = <<>>", "One or more parameter values were invalid: An string set may not be empty");
}

/* INSERT */

static void test_insert(void **state)
{
	is("INSERT INTO \"Orders\" VALUE {'pk': 'i', 'sk': 1, 'l': [1, 'x', null, true, {'a': []}], 's': <<'b', 'a'>>, \"n\": "
	   "-1.50}",
		"");
	is("SELECT * FROM Orders WHERE pk = 'i'",
		"{\"l\":[1,\"x\",null,true,{\"a\":[]}],\"n\":-1.5,\"pk\":\"i\",\"s\":{\"$ss\":[\"a\",\"b\"]},\"sk\":1}");
	refused_with(
		ST_DUPLICATE_ITEM, "INSERT INTO Orders VALUE {'pk': 'i', 'sk': 1}", NULL, "Duplicate primary key exists in table");
	is_with("INSERT INTO Orders value {'pk':?,'sk':?,'x':[?]}", "[\"i\",2,{\"k\":1}]", "");
	is("SELECT x FROM Orders WHERE pk='i' AND sk=2", "{\"x\":[{\"k\":1}]}");
	is_with("INSERT INTO Orders VALUE ?", "[{\"pk\":\"i\",\"sk\":3}]", "");
	is("SELECT * FROM Orders WHERE pk='i' AND sk=3", "{\"pk\":\"i\",\"sk\":3}");
	struct run run = {0};
	assert_status(ST_VALIDATION, run_statement(s.e, &run, "INSERT INTO Orders VALUE {'pk':'i'}", NULL));
	assert_non_null(strstr(run.err.text, "Missing the key sk"));
	struct buf failed = BUF_INIT;
	run.r.statement.failed = &failed;
	assert_status(ST_DUPLICATE_ITEM, run_statement(s.e, &run, "INSERT INTO Orders VALUE {'pk':'i','sk':3,'y':1}", NULL));
	h_same(&failed, "{\"pk\":\"i\",\"sk\":3}");
	run_finish(&run);
}

/* UPDATE */

static void test_update(void **state)
{
	put(orders, "{\"pk\":\"u\",\"sk\":1,\"v\":1,\"l\":[1],\"m\":{},\"t\":{\"$ns\":[1,2]},\"gone\":1}");
	is("UPDATE Orders SET v = v + 5 SET l = list_append(l, [2, 3]) REMOVE gone WHERE pk='u' AND sk=1 RETURNING MODIFIED NEW *",
		"{\"l\":[1,2,3],\"v\":6}");
	is("UPDATE Orders SET m.k = {'a': [1]}, w = 'x' WHERE pk='u' AND sk=1 RETURNING ALL OLD *",
		"{\"l\":[1,2,3],\"m\":{},\"pk\":\"u\",\"sk\":1,\"t\":{\"$ns\":[1,2]},\"v\":6}");
	is("UPDATE Orders SET t = set_add(t, <<3>>) WHERE pk='u' AND sk=1 RETURNING MODIFIED OLD *", "{\"t\":{\"$ns\":[1,2]}}");
	is("UPDATE Orders SET t = SET_DELETE(t, <<1, 9>>) SET v = 10 - v - 1 WHERE pk='u' AND sk=1 RETURNING ALL NEW *",
		"{\"l\":[1,2,3],\"m\":{\"k\":{\"a\":[1]}},\"pk\":\"u\",\"sk\":1,\"t\":{\"$ns\":[2,3]},\"v\":3,\"w\":\"x\"}");
	is_with("UPDATE Orders SET v = ? WHERE pk=? AND sk=? AND v = ?", "[7,\"u\",1,3]", "");
	is("SELECT v FROM Orders WHERE pk='u'", "{\"v\":7}");
	is("UPDATE Orders REMOVE m.k, l[0] WHERE pk='u' AND sk=1 RETURNING MODIFIED OLD *",
		"{\"l\":[1],\"m\":{\"k\":{\"a\":[1]}}}");
	is("UPDATE Orders SET new = 1 WHERE pk='u' AND sk=1 RETURNING MODIFIED OLD *", "");
}

static void test_update_refused(void **state)
{
	put(orders, "{\"pk\":\"r\",\"sk\":1,\"v\":1}");
	refused_with(ST_CONDITION, "UPDATE Orders SET v=2 WHERE pk='r' AND sk=1 AND v=9", NULL, "The conditional request failed");
	refused_with(ST_CONDITION, "UPDATE Orders SET v=2 WHERE pk='r' AND sk=2", NULL, "The conditional request failed");
	refused_with(ST_CONDITION, "UPDATE Orders SET v=2 WHERE pk='r' AND sk=2 AND x IS MISSING", NULL,
		"The conditional request failed");
	is("SELECT * FROM Orders WHERE pk='r'", "{\"pk\":\"r\",\"sk\":1,\"v\":1}");
	static const char no_key[] = "Where clause does not contain a mandatory equality on all key attributes";
	refused("UPDATE Orders SET v=2 WHERE pk='r'", no_key);
	refused("UPDATE Orders SET v=2", no_key);
	refused("UPDATE Orders SET v=2 WHERE pk='r' AND sk > 0", no_key);
	refused("UPDATE Orders SET v=2 WHERE pk='r' OR sk = 1", no_key);
	refused("UPDATE Orders SET v=2 WHERE pk=1 AND sk=1", "The provided key element does not match the schema");
	refused("UPDATE Orders SET sk=2 WHERE pk='r' AND sk=1",
		"One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key");
	refused("UPDATE Orders SET v = w + 1 WHERE pk='r' AND sk=1",
		"The provided expression refers to an attribute that does not exist in the item");
	refused("UPDATE Orders SET a = 1 SET a = 2 WHERE pk='r' AND sk=1",
		"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: "
		"[a]");
	refused("UPDATE Orders SET a = if_not_exists(a, 1) WHERE pk='r' AND sk=1", "Unsupported function: if_not_exists");
	refused("UPDATE Orders SET a = set_add(b, <<1>>) WHERE pk='r' AND sk=1",
		"set_add takes the path that is set as its first operand");
	refused("UPDATE Orders.idx SET a = 1 WHERE pk='r' AND sk=1", "Unexpected path component at 1:15:3");
	refused("UPDATE Orders SET a = 1 WHERE pk='r' AND sk=1 RETURNING ALL *", MALFORMED "Unexpected operator");
	struct run run = {0};
	struct buf failed = BUF_INIT;
	run.r.statement.failed = &failed;
	assert_status(ST_CONDITION, run_statement(s.e, &run, "UPDATE Orders SET v=2 WHERE pk='r' AND sk=1 AND v=9", NULL));
	h_same(&failed, "{\"pk\":\"r\",\"sk\":1,\"v\":1}");
	run_finish(&run);
}

/* DELETE */

static void test_delete(void **state)
{
	put(orders, "{\"pk\":\"d\",\"sk\":1,\"v\":1}");
	refused_with(ST_CONDITION, "DELETE FROM Orders WHERE pk='d' AND sk=1 AND v=2", NULL, "The conditional request failed");
	is("DELETE FROM Orders WHERE pk='d' AND sk=1 AND v=1 RETURNING ALL OLD *", "{\"pk\":\"d\",\"sk\":1,\"v\":1}");
	is("DELETE FROM Orders WHERE pk='d' AND sk=1 RETURNING ALL OLD *", "");
	is("DELETE FROM Orders WHERE pk='d' AND sk=1 AND v=1", "");
	refused("DELETE FROM Orders WHERE pk='d'", "Where clause does not contain a mandatory equality on all key attributes");
	refused("DELETE FROM Orders", "Where clause does not contain a mandatory equality on all key attributes");
	refused("DELETE FROM Orders WHERE pk='d' AND sk=1 RETURNING ALL NEW *", "DELETE can return ALL OLD * only");
}

/** 32 lists inside each other are what an attribute may hold. */
static void test_nesting(void **state)
{
	for (int depth = 32; depth <= 33; depth++) {
		struct buf text = BUF_INIT;
		buf_add_str(&text, "INSERT INTO Orders VALUE {'pk':'n','sk':32,'l':");
		for (int i = 0; i < depth; i++)
			buf_add_byte(&text, '[');
		buf_add_str(&text, "<<1>>");
		for (int i = 0; i < depth; i++)
			buf_add_byte(&text, ']');
		buf_add_byte(&text, '}');
		if (depth == 32)
			is(buf_str(&text), "");
		else
			refused(buf_str(&text), "Nesting Levels have exceeded supported limits");
		buf_finish(&text);
	}
	assert_int_equal(lines("SELECT * FROM Orders WHERE pk='n' AND sk=32"), 1);
	refused("INSERT INTO Orders VALUE {'pk':'n','sk':1,'\xff':1}", MALFORMED "it is not UTF-8");
}

static void used(const char *text, double read, double write)
{
	struct consumed_list list = {0};
	struct run run = {.r = {.consumed = &list}};
	(void)!run_statement(s.e, &run, text, NULL);
	assert_int_equal(list.count, 1);
	struct units sum = consumed_total(&list.tables[0]);
	if (strcmp(table_name(list.tables[0].table), "Orders") != 0 || sum.read != read || sum.write != write)
		fail_msg("%s: %s %g %g", text, table_name(list.tables[0].table), sum.read, sum.write);
	consumed_finish(&list);
	run_finish(&run);
}

static void test_consumed(void **state)
{
	used("SELECT * FROM Orders WHERE pk='b'", 0.5, 0);
	used("SELECT * FROM Orders WHERE pk IN ['b', 'a']", 1, 0);
	used("INSERT INTO Orders VALUE {'pk':'c','sk':1}", 0, 1);
	used("INSERT INTO Orders VALUE {'pk':'c','sk':1}", 0, 1);
	used("UPDATE Orders SET v=1 WHERE pk='c' AND sk=1", 0, 1);
	used("UPDATE Orders SET v=1 WHERE pk='c' AND sk=1 AND v=9", 0, 1);
	used("DELETE FROM Orders WHERE pk='c' AND sk=1", 0, 1);
}

static void test_arn(void **state)
{
	is("SELECT v FROM \"arn:aws:dynamodb:us-east-1:000000000000:table/Flat\" WHERE pk=1", "{\"v\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select_by_key),
		cmocka_unit_test(test_select_conditions),
		cmocka_unit_test(test_select_columns),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_several_hashes),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_pages_of_several_hashes),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_refused),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_consumed),
		cmocka_unit_test(test_arn),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
