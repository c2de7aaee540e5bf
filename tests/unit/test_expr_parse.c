#include "expr_harness.h"

#include "engine/expr/lexer.h"
#include "engine/expr/tree.h"

#define CONDITION "Invalid ConditionExpression: "
#define UPDATE "Invalid UpdateExpression: "
#define PROJECTION "Invalid ProjectionExpression: "

static void condition_refused(const char *text, const char *values, const char *message)
{
	char full[600];
	snprintf(full, sizeof full, CONDITION "%s", message);
	refused(EXPR_CONDITION, text, "", values, full);
}

static void test_tokens(void **state)
{
	static const enum token_type want[] = {TOK_WORD, TOK_DOT, TOK_NAME, TOK_OPEN_INDEX, TOK_INDEX, TOK_CLOSE_INDEX, TOK_LE,
		TOK_VALUE, TOK_AND, TOK_NOT, TOK_OPEN, TOK_NE, TOK_LT, TOK_GT, TOK_GE, TOK_EQ, TOK_PLUS, TOK_MINUS, TOK_COMMA,
		TOK_CLOSE, TOK_BETWEEN, TOK_IN, TOK_OR, TOK_BAD, TOK_BAD, TOK_BAD, TOK_END};
	struct buf b = BUF_INIT;
	lex_expression(SLICE_LIT("a_1.#b[ 12]<=:c and\tNoT(<> < > >= = +-,) between In oR # \xc3\xa9 _ "), &b);
	const struct token *t = (const struct token *)(const void *)b.ptr;
	assert_int_equal(b.len / sizeof *t, sizeof want / sizeof *want);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(t[i].type, want[i]);
	assert_true(slice_eq_str(t[0].text, "a_1"));
	assert_true(slice_eq_str(t[7].text, ":c"));
	assert_int_equal(t[24].text.len, 2);
	buf_finish(&b);
}

static void test_reserved(void **state)
{
	assert_true(is_reserved(SLICE_LIT("ABORT")));
	assert_true(is_reserved(SLICE_LIT("zone")));
	assert_true(is_reserved(SLICE_LIT("Localtimestamp")));
	assert_true(is_reserved(SLICE_LIT("AUTHORIZATION")));
	assert_true(is_reserved(SLICE_LIT("ttl")));
	assert_false(is_reserved(SLICE_LIT("")));
	assert_false(is_reserved(SLICE_LIT("namex")));
	assert_false(is_reserved(SLICE_LIT("id")));
	assert_false(is_reserved(SLICE_LIT("averyveryverylongnameindeed")));
	refused(EXPR_PROJECTION, "a, Name", "", "", PROJECTION "Attribute name is a reserved keyword; reserved keyword: Name");
	refused(EXPR_PROJECTION, "a.b.size", "", "", PROJECTION "Attribute name is a reserved keyword; reserved keyword: size");
	refused(EXPR_PROJECTION, "and", "", "", PROJECTION "Attribute name is a reserved keyword; reserved keyword: and");
	refused(EXPR_UPDATE, "SET set = :v", "", "{\":v\":1}",
		UPDATE "Attribute name is a reserved keyword; reserved keyword: set");
	condition_refused("status = :v", "{\":v\":1}", "Attribute name is a reserved keyword; reserved keyword: status");
}

static void test_syntax(void **state)
{
	condition_refused("", "", "The expression can not be empty;");
	condition_refused(" \t\n", "", "The expression can not be empty;");
	condition_refused("a", "", "Syntax error; token: \"<EOF>\", near: \"a\"");
	condition_refused("a = ", "", "Syntax error; token: \"<EOF>\", near: \"=\"");
	condition_refused("a == :b", "", "Syntax error; token: \"=\", near: \"== :b\"");
	condition_refused("a-b = :c", "", "Syntax error; token: \"-\", near: \"a-b\"");
	condition_refused("_a = :c", "", "Syntax error; token: \"_\", near: \"_a\"");
	condition_refused("[object", "", "Syntax error; token: \"[\", near: \"[object\"");
	condition_refused("a = 'x'", "", "Syntax error; token: \"'\", near: \"= 'x\"");
	condition_refused("a = 5", "", "Syntax error; token: \"5\", near: \"= 5\"");
	condition_refused("a = :b c", "", "Syntax error; token: \"c\", near: \":b c\"");
	condition_refused("a AND b = :c", "", "Syntax error; token: \"AND\", near: \"a AND b\"");
	condition_refused("(a) AND b = :c", "", "Syntax error; token: \"AND\", near: \") AND b\"");
	condition_refused("NOT a", "", "Syntax error; token: \"<EOF>\", near: \"a\"");
	condition_refused("(a = :b", "", "Syntax error; token: \"<EOF>\", near: \":b\"");
	condition_refused("a = :b)", "", "Syntax error; token: \")\", near: \":b)\"");
	condition_refused("(a = :b) = :c", "", "Syntax error; token: \"=\", near: \") = :c\"");
	condition_refused("a BETWEEN :b", "", "Syntax error; token: \"<EOF>\", near: \":b\"");
	condition_refused("a BETWEEN :b OR :c", "", "Syntax error; token: \"OR\", near: \":b OR :c\"");
	condition_refused("a IN :b", "", "Syntax error; token: \":b\", near: \"IN :b\"");
	condition_refused("a IN ()", "", "Syntax error; token: \")\", near: \"()\"");
	condition_refused("a[b] = :c", "", "Syntax error; token: \"b\", near: \"[b]\"");
	condition_refused("a. = :c", "", "Syntax error; token: \"=\", near: \". = :c\"");
	condition_refused("# = :c", "", "Syntax error; token: \"#\", near: \"# =\"");
	refused(EXPR_PROJECTION, "a,", "", "", PROJECTION "Syntax error; token: \"<EOF>\", near: \",\"");
	refused(EXPR_PROJECTION, "a b", "", "", PROJECTION "Syntax error; token: \"b\", near: \"a b\"");
	refused(EXPR_PROJECTION, ":a", "", "", PROJECTION "Syntax error; token: \":a\", near: \":a\"");
	refused(EXPR_UPDATE, "a = :b", "", "", UPDATE "Syntax error; token: \"a\", near: \"a =\"");
	refused(EXPR_UPDATE, "SET", "", "", UPDATE "Syntax error; token: \"<EOF>\", near: \"SET\"");
	refused(EXPR_UPDATE, "SET a = :b + :c + :d", "", "", UPDATE "Syntax error; token: \"+\", near: \":c + :d\"");
	refused(EXPR_UPDATE, "SET a = :b,", "", "", UPDATE "Syntax error; token: \"<EOF>\", near: \",\"");
	refused(EXPR_UPDATE, "ADD a b", "", "", UPDATE "Syntax error; token: \"b\", near: \"a b\"");
	refused(EXPR_UPDATE, "REMOVE a SET b", "", "", UPDATE "Syntax error; token: \"<EOF>\", near: \"b\"");
	refused(EXPR_UPDATE, "SET a = b AND c", "", "", UPDATE "Syntax error; token: \"AND\", near: \"b AND c\"");
}

static void test_sections(void **state)
{
	const char *values = "{\":v\":1}";
	refused(EXPR_UPDATE, "set a = :v REMOVE b SET c = :v", "", values,
		UPDATE "The \"SET\" section can only be used once in an update expression;");
	refused(EXPR_UPDATE, "ADD a :v add b :v", "", values,
		UPDATE "The \"ADD\" section can only be used once in an update expression;");
}

static void test_parentheses(void **state)
{
	const char *v = "{\":b\":1}", *redundant = "The expression has redundant parentheses;";
	condition_refused("((a = :b))", v, redundant);
	condition_refused("((a)) = :b", v, redundant);
	condition_refused("a = :b AND ((a = :b OR c = :b))", v, redundant);
	struct given g = parsed(EXPR_CONDITION, "((a) = (:b))", "", v);
	given_finish(&g);
	g = parsed(EXPR_CONDITION, "( ( size ( a )) < :b AND (a > :b) )", "", v);
	given_finish(&g);
	char deep[3000];
	memset(deep, '(', sizeof deep - 1);
	deep[sizeof deep - 1] = 0;
	condition_refused(deep, "", redundant);
}

static void test_functions(void **state)
{
	const char *v = "{\":b\":\"x\",\":n\":1,\":t\":\"Q\",\":l\":[]}";
	condition_refused("foo(a)", v, "Invalid function name; function: foo");
	condition_refused("SIZE(a) > :n", v, "Invalid function name; function: SIZE");
	condition_refused("size(a)", v, "The function is not allowed to be used this way in an expression; function: size");
	condition_refused(
		"size(a) AND a = :n", v, "The function is not allowed to be used this way in an expression; function: size");
	condition_refused("attribute_exists(a) = :n", v,
		"The function is not allowed to be used this way in an expression; function: attribute_exists");
	condition_refused(
		"a = contains(a, :n)", v, "The function is not allowed to be used this way in an expression; function: contains");
	condition_refused("list_append(a, :l)", v, "The function is not allowed in a condition expression; function: list_append");
	refused(EXPR_FILTER, "if_not_exists(a, :n) = :n", "", v,
		"Invalid FilterExpression: The function is not allowed in a filter expression; function: if_not_exists");
	refused(EXPR_UPDATE, "SET a = size(b)", "", v,
		UPDATE "The function is not allowed in an update expression; function: size");
	condition_refused("attribute_exists()", "",
		"Incorrect number of operands for operator or function; operator or function: attribute_exists, number of "
		"operands: 0");
	condition_refused("contains(a)", "",
		"Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1");
	condition_refused("size(a, c) > a", "",
		"Incorrect number of operands for operator or function; operator or function: size, number of operands: 2");
	condition_refused("attribute_exists(:b)", "{\":b\":\"x\"}",
		"Operator or function requires a document path; operator or function: attribute_exists");
	refused(EXPR_UPDATE, "SET a = if_not_exists(:b, :b)", "", "{\":b\":1}",
		UPDATE "Operator or function requires a document path; operator or function: if_not_exists");
}

#define TYPE_OF(f, t) "Incorrect operand type for operator or function; operator or function: " f ", operand type: " t

static void test_types(void **state)
{
	condition_refused("begins_with(a, :b)", "{\":b\":1}", TYPE_OF("begins_with", "N"));
	condition_refused("begins_with(a, size(b))", "", TYPE_OF("begins_with", "N"));
	condition_refused("begins_with(:b, a)", "{\":b\":[]}", TYPE_OF("begins_with", "L"));
	condition_refused("contains(:b, a)", "{\":b\":true}", TYPE_OF("contains", "BOOL"));
	condition_refused("a < :b", "{\":b\":{\"$ss\":[\"a\"]}}", TYPE_OF("<", "SS"));
	condition_refused("a >= :b", "{\":b\":{}}", TYPE_OF(">=", "M"));
	condition_refused("a BETWEEN :b AND :b", "{\":b\":null}", TYPE_OF("BETWEEN", "NULL"));
	condition_refused("size(:b) = a", "{\":b\":5}", TYPE_OF("size", "N"));
	condition_refused("size(size(a)) = a", "", TYPE_OF("size", "N"));
	condition_refused("attribute_type(a, :b)", "{\":b\":5}", TYPE_OF("attribute_type", "N"));
	condition_refused("attribute_type(a, :b)", "{\":b\":\"Q\"}",
		"Invalid attribute type name found; type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
	refused(EXPR_UPDATE, "SET a = b + :v", "", "{\":v\":\"x\"}", UPDATE TYPE_OF("+", "S"));
	refused(EXPR_UPDATE, "SET a = :v - b", "", "{\":v\":[]}", UPDATE TYPE_OF("-", "L"));
	refused(EXPR_UPDATE, "SET a = list_append(a, :v)", "", "{\":v\":\"x\"}", UPDATE TYPE_OF("list_append", "S"));
	refused(EXPR_UPDATE, "ADD a :v", "", "{\":v\":\"x\"}",
		UPDATE "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: "
		       "ALLOWED_FOR_ADD_OPERAND");
	refused(EXPR_UPDATE, "DELETE a :v", "", "{\":v\":1}",
		UPDATE "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: "
		       "ALLOWED_FOR_DELETE_OPERAND");
}

static void test_operands(void **state)
{
	condition_refused("contains(a.b, a.b)", "",
		"The first operand must be distinct from the remaining operands for this operator or function; operator: contains, "
		"first operand: [a, b]");
	condition_refused("a[1] = a[1]", "",
		"The first operand must be distinct from the remaining operands for this operator or function; operator: =, first "
		"operand: [a, [1]]");
	condition_refused("a BETWEEN :b AND :c", "{\":b\":10,\":c\":9.5}",
		"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: "
		"AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:9.5}");
	condition_refused("a BETWEEN :b AND :c", "{\":b\":\"x\",\":c\":9.5}",
		"The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: "
		"{S:x}, upper bound operand: AttributeValue: {N:9.5}");
}

static void test_names_and_values(void **state)
{
	refused(EXPR_PROJECTION, "a.#b", "{\"#c\":\"x\"}", "",
		PROJECTION "An expression attribute name used in the document path is not defined; attribute name: #b");
	refused(EXPR_PROJECTION, "#b", "", "",
		PROJECTION "An expression attribute name used in the document path is not defined; attribute name: #b");
	condition_refused("a = :b", "", "An expression attribute value used in expression is not defined; attribute value: :b");
	refused(EXPR_CONDITION, "#a = :b", "{\"#a\":\"x\",\"#b\":\"y\",\"#c\":\"y\"}", "{\":b\":1}",
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}");
	refused(EXPR_CONDITION, "a = :b", "", "{\":b\":1,\":x\":2}",
		"Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}");
	refused(EXPR_CONDITION, "a = :b", "{}", "", "ExpressionAttributeNames must not be empty");
	refused(EXPR_CONDITION, "a = :b", "", "{}", "ExpressionAttributeValues must not be empty");
	refused(EXPR_CONDITION, "a = :b", "{\"a\":\"x\"}", "",
		"ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
	refused(EXPR_CONDITION, "a = :b", "{\"#\":\"x\"}", "",
		"ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"");
	refused(EXPR_CONDITION, "a = :b", "", "{\":b-c\":1}",
		"ExpressionAttributeValues contains invalid key: Syntax error; key: \":b-c\"");
	refused(EXPR_CONDITION, "a = :b", "{\"#a\":\"\"}", "",
		"ExpressionAttributeNames contains invalid value: Empty attribute name for key #a");
}

static void test_across_expressions(void **state)
{
	struct buf names = item_of("{\"#a\":\"x\",\"#b\":\"y\"}"), values = item_of("{\":v\":1}");
	struct expr_params *p = NULL;
	struct expr *condition, *projection;
	struct err err;
	assert_int_equal(expr_params_new(buf_slice(&names), buf_slice(&values), &p, &err), ST_OK);
	assert_int_equal(expr_params_check(p, "FilterExpression is null", &err), ST_VALIDATION);
	assert_string_equal(
		err.text, "ExpressionAttributeNames can only be specified when using expressions: FilterExpression is null");
	assert_int_equal(expr_parse(EXPR_CONDITION, SLICE_LIT("#a = :v"), p, &condition, &err), ST_OK);
	assert_int_equal(expr_params_check(p, "", &err), ST_VALIDATION);
	assert_int_equal(expr_parse(EXPR_PROJECTION, SLICE_LIT("#b"), p, &projection, &err), ST_OK);
	assert_int_equal(expr_params_check(p, "", &err), ST_OK);
	assert_int_equal(expr_kind(projection), EXPR_PROJECTION);
	expr_free(condition);
	expr_free(projection);
	expr_params_free(p);
	expr_params_free(NULL);
	expr_free(NULL);
	buf_finish(&names);
	buf_finish(&values);
}

static void repeat(struct buf *b, const char *s, const char *between, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_add_str(b, i ? between : "");
		buf_add_str(b, s);
	}
}

static void test_limits(void **state)
{
	struct buf b = BUF_INIT;
	struct given g;
	repeat(&b, "a=:b", " OR ", 150);
	g = parsed(EXPR_CONDITION, buf_str(&b), "", "{\":b\":1}");
	given_finish(&g);
	buf_add_str(&b, " OR NOT a=:b");
	condition_refused(buf_str(&b), "{\":b\":1}", "The expression contains too many operators; operator count: 302");
	buf_reset(&b);
	repeat(&b, "a", "", 4097);
	condition_refused(buf_str(&b), "", "Expression size has exceeded the maximum allowed size; expression size: 4097");
	refused(EXPR_UPDATE, buf_str(&b), "", "", UPDATE "Expression size has exceeded the maximum allowed size;");
	buf_reset(&b);
	buf_add_str(&b, "a IN (");
	repeat(&b, ":b", ",", 100);
	buf_add_str(&b, ")");
	g = parsed(EXPR_CONDITION, buf_str(&b), "", "{\":b\":1}");
	given_finish(&g);
	buf_resize(&b, b.len - 1);
	buf_add_str(&b, ",:b)");
	condition_refused(buf_str(&b), "{\":b\":1}", "The IN operator is provided with too many operands; number of operands: 101");
	buf_reset(&b);
	repeat(&b, "a", ".", 32);
	g = parsed(EXPR_PROJECTION, buf_str(&b), "", "");
	given_finish(&g);
	buf_add_str(&b, "[0]");
	refused(EXPR_PROJECTION, buf_str(&b), "", "",
		PROJECTION "The document path has too many nesting elements; number of elements: 33");
	refused(EXPR_PROJECTION, "a[9999999999]", "", "",
		PROJECTION "List index is not within the allowable range; index: [9999999999]");
	buf_reset(&b);
	buf_add_str(&b, "REMOVE ");
	for (int i = 0; i < 301; i++)
		buf_addf(&b, "%sa%d", i ? "," : "", i);
	refused(EXPR_UPDATE, buf_str(&b), "", "", UPDATE "The expression contains too many operators; operator count: 301");
	buf_finish(&b);
}

/** A #name of 255 bytes is one, of 256 is none. */
static void test_long_names(void **state)
{
	struct buf name = BUF_INIT, names = BUF_INIT;
	buf_add_str(&name, "#");
	repeat(&name, "n", "", 254);
	buf_addf(&names, "{\"%s\":\"a\"}", buf_str(&name));
	struct given g = parsed(EXPR_PROJECTION, buf_str(&name), buf_str(&names), "");
	given_finish(&g);
	buf_add_str(&name, "n");
	buf_reset(&names);
	buf_addf(&names, "{\"%s\":\"a\"}", buf_str(&name));
	g = given(EXPR_PROJECTION, buf_str(&name), buf_str(&names), "");
	assert_null(g.e);
	assert_memory_equal(g.err.text, "ExpressionAttributeNames contains invalid key", 45);
	given_finish(&g);
	buf_finish(&name);
	buf_finish(&names);
}

static void test_overlaps(void **state)
{
	refused(EXPR_PROJECTION, "a.b, c, a", "", "",
		PROJECTION
		"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], "
		"path two: [a]");
	refused(EXPR_PROJECTION, "a, #a", "{\"#a\":\"a\"}", "",
		PROJECTION
		"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path "
		"two: [a]");
	refused(EXPR_UPDATE, "SET a[1].b = :v REMOVE a[1]", "", "{\":v\":1}",
		UPDATE
		"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, [1], b], "
		"path two: [a, [1]]");
	refused(EXPR_UPDATE, "SET a.b = :v REMOVE a[1], c", "", "{\":v\":1}",
		UPDATE
		"Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path "
		"two: [a, [1]]");
	struct given g = parsed(EXPR_UPDATE, "SET ab = :v, a.b = :v, a.c = :v REMOVE b.a", "", "{\":v\":1}");
	struct slice name;
	assert_true(expr_attribute(g.e, 0, &name) && slice_eq_str(name, "a"));
	assert_true(expr_attribute(g.e, 1, &name) && slice_eq_str(name, "ab"));
	assert_true(expr_attribute(g.e, 2, &name) && slice_eq_str(name, "b"));
	assert_false(expr_attribute(g.e, 3, &name));
	given_finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_parentheses),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_names_and_values),
		cmocka_unit_test(test_across_expressions),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_overlaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
