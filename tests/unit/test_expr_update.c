#include "expr_harness.h"

#define ITEM                                                                                                                       \
	"{\"id\":\"x\",\"n\":10,\"s\":\"t\",\"l\":[1,2,3],\"m\":{\"a\":1,\"b\":{\"c\":2}},\"ss\":{\"$ss\":[\"a\",\"c\"]},"         \
	"\"ns\":{\"$ns\":[1,2]}}"

static struct buf update(const char *text, const char *values, const char *before, struct err *err)
{
	struct given g = parsed(EXPR_UPDATE, text, "", values);
	struct buf item = item_of(before), out = BUF_INIT;
	buf_add_str(&out, "ahead");
	enum status st = expr_update(g.e, buf_slice(&item), &out, err);
	assert_memory_equal(out.ptr, "ahead", 5);
	assert_int_equal(st, st == ST_OK ? ST_OK : ST_VALIDATION);
	assert_true(st == ST_OK || out.len == 5);
	memmove(out.ptr, out.ptr + 5, out.len - 5);
	buf_resize(&out, out.len - 5);
	buf_finish(&item);
	given_finish(&g);
	return out;
}

static void becomes(const char *text, const char *values, const char *before, const char *after)
{
	struct err err = {0};
	struct buf out = update(text, values, before, &err);
	if (err.text[0])
		fail_msg("%s: %s", text, err.text);
	same_item(buf_slice(&out), after, text);
	buf_finish(&out);
}

static void fails(const char *text, const char *values, const char *before, const char *message)
{
	struct err err = {0};
	struct buf out = update(text, values, before, &err);
	assert_string_equal(err.text, message);
	buf_finish(&out);
}

#define BAD_PATH "The document path provided in the update expression is invalid for update"
#define BAD_TYPE "An operand in the update expression has an incorrect data type"
#define NO_ATTRIBUTE "The provided expression refers to an attribute that does not exist in the item"

static void test_set(void **state)
{
	becomes("SET a = :v", "{\":v\":[1]}", "{\"b\":1}", "{\"a\":[1],\"b\":1}");
	becomes("SET b = :v, z = :v", "{\":v\":\"x\"}", "{\"b\":1,\"c\":2}", "{\"b\":\"x\",\"c\":2,\"z\":\"x\"}");
	becomes("SET a = :v", "{\":v\":1}", "", "{\"a\":1}");
	becomes("SET a = b, b = a", "", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}");
	becomes("SET a = b.c[1]", "", "{\"b\":{\"c\":[1,[2]]}}", "{\"a\":[2],\"b\":{\"c\":[1,[2]]}}");
	becomes("SET m.b.c = :v, m.d = n", "{\":v\":null}", "{\"n\":10,\"m\":{\"a\":1,\"b\":{\"c\":2}}}",
		"{\"n\":10,\"m\":{\"a\":1,\"b\":{\"c\":null},\"d\":10}}");
	fails("SET a = b", "", "{\"a\":1}", NO_ATTRIBUTE);
	fails("SET a.b = :v", "{\":v\":1}", "{\"a\":1}", BAD_PATH);
	fails("SET a.b = :v", "{\":v\":1}", "{\"b\":1}", BAD_PATH);
	fails("SET a[0] = :v", "{\":v\":1}", "{\"a\":{}}", BAD_PATH);
	fails("SET m.x.y = :v", "{\":v\":1}", ITEM, BAD_PATH);
}

static void test_arithmetic(void **state)
{
	becomes("SET n = n + :v", "{\":v\":0.5}", "{\"n\":10}", "{\"n\":10.5}");
	becomes("SET n = :v - n", "{\":v\":0.5}", "{\"n\":10}", "{\"n\":-9.5}");
	becomes("SET n = n + n", "", "{\"n\":10}", "{\"n\":20}");
	becomes("SET n = (n - :v)", "{\":v\":1}", "{\"n\":1}", "{\"n\":0}");
	becomes("SET n = n + :v", "{\":v\":1}", "{\"n\":{\"$n\":\"99999999999999999999999999999999999998\"}}",
		"{\"n\":{\"$n\":\"99999999999999999999999999999999999999\"}}");
	fails("SET n = s + :v", "{\":v\":1}", ITEM, BAD_TYPE);
	fails("SET n = q + :v", "{\":v\":1}", ITEM, NO_ATTRIBUTE);
	fails("SET n = n + :v", "{\":v\":{\"$n\":\"9E125\"}}", "{\"n\":{\"$n\":\"9E125\"}}",
		"Number overflow. Attempting to store a number with magnitude larger than supported range");
}

static void test_set_functions(void **state)
{
	becomes("SET n = if_not_exists(n, :z) + :one", "{\":z\":0,\":one\":1}", "{}", "{\"n\":1}");
	becomes("SET n = if_not_exists(n, :z) + :one", "{\":z\":0,\":one\":1}", "{\"n\":4}", "{\"n\":5}");
	becomes("SET a = if_not_exists(b.c, if_not_exists(d, :v))", "{\":v\":0}", "{\"d\":7}", "{\"a\":7,\"d\":7}");
	becomes("SET l = list_append(l, :v)", "{\":v\":[4,[5]]}", "{\"l\":[1]}", "{\"l\":[1,4,[5]]}");
	becomes("SET l = list_append(:v, l)", "{\":v\":[4]}", "{\"l\":[1]}", "{\"l\":[4,1]}");
	becomes("SET l = list_append(if_not_exists(l, :e), :v)", "{\":v\":[4],\":e\":[]}", "{}", "{\"l\":[4]}");
	becomes("SET k = list_append(list_append(l, l), l)", "", "{\"l\":[1]}", "{\"k\":[1,1,1],\"l\":[1]}");
	fails("SET l = list_append(l, :v)", "{\":v\":[4]}", "{}", NO_ATTRIBUTE);
	fails("SET l = list_append(s, :v)", "{\":v\":[4]}", ITEM, BAD_TYPE);
}

static void test_lists(void **state)
{
	becomes("SET l[1] = :v", "{\":v\":9}", "{\"l\":[1,2,3]}", "{\"l\":[1,9,3]}");
	becomes("SET l[9] = :x, l[5] = :v", "{\":v\":8,\":x\":9}", "{\"l\":[1]}", "{\"l\":[1,8,9]}");
	becomes("SET l[0] = :v", "{\":v\":8}", "{\"l\":[]}", "{\"l\":[8]}");
	becomes("REMOVE l[0], l[2]", "", "{\"l\":[1,2,3,4]}", "{\"l\":[2,4]}");
	becomes("REMOVE l[0], l[7]", "", "{\"l\":[1]}", "{\"l\":[]}");
	becomes("REMOVE l[0] SET l[1] = l[0]", "", "{\"l\":[1,2,3]}", "{\"l\":[1,3]}");
	becomes("SET l[1].a = :v", "{\":v\":8}", "{\"l\":[1,{}]}", "{\"l\":[1,{\"a\":8}]}");
	becomes("SET l[1][0] = :v REMOVE l[1][1]", "{\":v\":8}", "{\"l\":[1,[2,3]]}", "{\"l\":[1,[8]]}");
	fails("SET l[1].a = :v", "{\":v\":8}", "{\"l\":[1]}", BAD_PATH);
	fails("SET l.a = :v", "{\":v\":8}", "{\"l\":[1]}", BAD_PATH);
}

static void test_remove(void **state)
{
	becomes("REMOVE a, z", "", "{\"a\":1,\"b\":2}", "{\"b\":2}");
	becomes("REMOVE m.a, m.z", "", "{\"m\":{\"a\":1}}", "{\"m\":{}}");
	becomes("REMOVE a SET b = a", "", "{\"a\":1}", "{\"b\":1}");
	fails("REMOVE a.b", "", "{\"c\":1}", BAD_PATH);
	fails("REMOVE a[0]", "", "{\"a\":{}}", BAD_PATH);
}

static void test_add(void **state)
{
	becomes("ADD n :v", "{\":v\":-3}", "{\"n\":1}", "{\"n\":-2}");
	becomes("ADD n :v", "{\":v\":-3}", "{}", "{\"n\":-3}");
	becomes("ADD m.n :v", "{\":v\":1}", "{\"m\":{}}", "{\"m\":{\"n\":1}}");
	becomes("ADD s :v", "{\":v\":{\"$ss\":[\"b\",\"a\",\"0\"]}}", "{\"s\":{\"$ss\":[\"a\",\"c\"]}}",
		"{\"s\":{\"$ss\":[\"0\",\"a\",\"b\",\"c\"]}}");
	becomes("ADD s :v", "{\":v\":{\"$ns\":[2,-10]}}", "{\"s\":{\"$ns\":[2]}}", "{\"s\":{\"$ns\":[-10,2]}}");
	becomes("ADD s :v", "{\":v\":{\"$bs\":[\"AA==\"]}}", "{}", "{\"s\":{\"$bs\":[\"AA==\"]}}");
	fails("ADD s :v", "{\":v\":1}", ITEM, BAD_TYPE);
	fails("ADD ss :v", "{\":v\":{\"$ns\":[1]}}", ITEM, BAD_TYPE);
	fails("ADD q.n :v", "{\":v\":1}", ITEM, BAD_PATH);
}

static void test_delete(void **state)
{
	becomes("DELETE s :v", "{\":v\":{\"$ss\":[\"b\",\"a\"]}}", "{\"s\":{\"$ss\":[\"a\",\"c\"]}}", "{\"s\":{\"$ss\":[\"c\"]}}");
	becomes("DELETE s :v", "{\":v\":{\"$ss\":[\"a\",\"b\",\"c\"]}}", "{\"s\":{\"$ss\":[\"a\",\"c\"]}}", "{}");
	becomes("DELETE q :v", "{\":v\":{\"$ss\":[\"a\"]}}", "{\"s\":1}", "{\"s\":1}");
	fails("DELETE s :v", "{\":v\":{\"$ss\":[\"a\"]}}", "{\"s\":1}", BAD_TYPE);
	fails("DELETE ns :v", "{\":v\":{\"$ss\":[\"a\"]}}", ITEM, BAD_TYPE);
}

static void test_all_sections(void **state)
{
	becomes("DELETE ss :d ADD n :one REMOVE s, m.a, l[0] SET m.b.c = n, l[3] = m.a", "{\":d\":{\"$ss\":[\"a\"]},\":one\":1}",
		ITEM,
		"{\"id\":\"x\",\"n\":11,\"l\":[2,3,1],\"m\":{\"b\":{\"c\":10}},\"ss\":{\"$ss\":[\"c\"]},\"ns\":{\"$ns\":[1,2]}}");
}

static void test_key(void **state)
{
	struct key_schema schema = {.pk = {"id", VALUE_S}, .sk = {"n", VALUE_N}};
	struct given g = parsed(EXPR_UPDATE, "SET a = id REMOVE n", "", "");
	struct err err;
	assert_int_equal(expr_check_update(g.e, &schema, &err), ST_VALIDATION);
	assert_string_equal(err.text,
		"One or more parameter values were invalid: Cannot update attribute n. This attribute is part of the key");
	schema.sk.type = VALUE_NONE;
	assert_int_equal(expr_check_update(g.e, &schema, &err), ST_OK);
	given_finish(&g);
	g = parsed(EXPR_UPDATE, "SET #i.x = :v", "{\"#i\":\"id\"}", "{\":v\":1}");
	assert_int_equal(expr_check_update(g.e, &schema, &err), ST_VALIDATION);
	given_finish(&g);
}

/** 31 lists around a list: as deep as values go. */
static void nested_lists(struct buf *b, const char *before, unsigned n, const char *after)
{
	buf_add_str(b, before);
	for (unsigned i = 0; i < n; i++)
		buf_add_byte(b, '[');
	for (unsigned i = 0; i < n; i++)
		buf_add_byte(b, ']');
	buf_add_str(b, after);
}

static void test_nesting(void **state)
{
	struct buf values = BUF_INIT;
	nested_lists(&values, "{\":v\":", 32, "}");
	struct err err = {0};
	struct buf out = update("SET a = :v", buf_str(&values), "{}", &err);
	assert_true(item_valid(buf_slice(&out)));
	buf_finish(&out);
	fails("SET m.a = :v", buf_str(&values), "{\"m\":{}}", "Nesting Levels have exceeded supported limits");
	buf_reset(&values);
	nested_lists(&values, "{\":v\":", 31, "}");
	out = update("SET m.a = :v", buf_str(&values), "{\"m\":{}}", &err);
	assert_true(item_valid(buf_slice(&out)));
	buf_finish(&out);
	buf_finish(&values);
}

/* Projections, also of what an update touches */

static void projects(enum expr_kind kind, const char *text, const char *values, const char *item_json, const char *want)
{
	struct given g = parsed(kind, text, "", values);
	struct buf item = item_of(item_json), out = BUF_INIT;
	expr_project(g.e, buf_slice(&item), &out);
	same_item(buf_slice(&out), want, text);
	buf_finish(&item);
	buf_finish(&out);
	given_finish(&g);
}

static void test_project(void **state)
{
	const char *item = "{\"a\":1,\"b\":{\"x\":[1,2,{\"k\":3,\"j\":4}],\"y\":2,\"e\":{}},\"c\":[[1,2],[3,4]],\"d\":\"s\"}";
	projects(EXPR_PROJECTION, "a", "", item, "{\"a\":1}");
	projects(EXPR_PROJECTION, "d, a, zz", "", item, "{\"a\":1,\"d\":\"s\"}");
	projects(EXPR_PROJECTION, "b.x[2].k, b.x[0], b.y", "", item, "{\"b\":{\"x\":[1,{\"k\":3}],\"y\":2}}");
	projects(EXPR_PROJECTION, "c[1][1], c[0]", "", item, "{\"c\":[[1,2],[4]]}");
	projects(EXPR_PROJECTION, "b.q, a[0], d.x, c[7], b.e.k, b.x[1].k", "", item, "{}");
	projects(EXPR_PROJECTION, "b.e, d", "", item, "{\"b\":{\"e\":{}},\"d\":\"s\"}");
	projects(EXPR_PROJECTION, "a", "", "", "{}");
	projects(EXPR_UPDATE, "SET b.y = :v, q = :v REMOVE c[0]", "{\":v\":1}", item, "{\"b\":{\"y\":2},\"c\":[[1,2]]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_set_functions),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_all_sections),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_project),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
