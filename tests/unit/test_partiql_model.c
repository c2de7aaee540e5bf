/*
 * Random conditions, each written twice: as the WHERE of a SELECT, and as a FilterExpression. Both must give the same items, whether the SELECT is
 * a Query, several or a Scan, in however many pages; what one refuses the other must refuse with the same words.
 */
#include "tests/unit/partiql_harness.h"

#include "engine/number.h"

#define ROUNDS 4000
#define ITEMS 64

static struct h_store s;
static struct table *t;
static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 33) % n);
}

static const char *const pks[] = {"a", "b", "c", "d"};
static const char *const numbers[] = {"0", "1", "2", "2.5", "-3", "10", "1e2"};
static const char *const strings[] = {"x", "xy", "y", "z"};

/** A literal in both spellings: PartiQL, and JSON for the values of the expression. */
struct literal {
	const char *partiql, *json;
};
static const struct literal odd_literals[] = {{"TRUE", "true"}, {"false", "false"}, {"null", "null"}, {"[1, 'x']", "[1,\"x\"]"},
	{"<<'x', 'y'>>", "{\"$ss\":[\"x\",\"y\"]}"}, {"<<2, 1>>", "{\"$ns\":[1,2]}"}, {"{'k': 1}", "{\"k\":1}"}, {"[]", "[]"},
	{"'S'", "\"S\""}, {"'N'", "\"N\""}};

/* Items */

static void add_random_value(struct buf *json)
{
	switch (draw(3)) {
	case 0:
		buf_add_str(json, numbers[draw(5)]);
		break;
	case 1:
		buf_addf(json, "\"%s\"", strings[draw(4)]);
		break;
	default:
		buf_add_str(json, odd_literals[draw(8)].json);
	}
}

static void put_items(void)
{
	static const char *const names[] = {"num", "str", "thing"};
	struct buf json = BUF_INIT;
	for (int i = 0; i < ITEMS; i++) {
		buf_reset(&json);
		buf_addf(&json, "{\"pk\":\"%s\",\"sk\":\"%s%d\",\"number\":%d", pks[draw(4)], strings[draw(4)], i % 10, i);
		for (int n = 0; n < 3; n++) {
			if (draw(4) == 0)
				continue;
			buf_addf(&json, ",\"%s\":", names[n]);
			add_random_value(&json);
		}
		buf_addf(&json, ",\"deep\":{\"k\":[%d,\"x\"]}}", i % 4);
		(void)h_put(s.e, t, buf_str(&json), (struct cond){0}, NULL);
	}
	buf_finish(&json);
}

static int setup(void **state)
{
	h_create(&s);
	t = h_table(s.e, "Things", 'S', 'S');
	put_items();
	return 0;
}

static int teardown(void **state)
{
	table_unref(t);
	h_remove(&s);
	return 0;
}

/* Conditions */

struct both {
	struct buf partiql, expr, values;
	unsigned slots;
};

static void add_both(struct both *b, const char *text)
{
	buf_add_str(&b->partiql, text);
	buf_add_str(&b->expr, text);
}

static void add_two(struct both *b, const char *partiql, const char *expr)
{
	buf_add_str(&b->partiql, partiql);
	buf_add_str(&b->expr, expr);
}

static void add_literal(struct both *b, const char *partiql, const char *json)
{
	buf_addf(&b->values, "%s\":v%u\":%s", b->slots ? "," : "", b->slots, json);
	buf_addf(&b->expr, ":v%u", b->slots++);
	buf_add_str(&b->partiql, partiql);
}

static void add_string(struct both *b, const char *text)
{
	char partiql[32], json[32];
	snprintf(partiql, sizeof partiql, "'%s'", text);
	snprintf(json, sizeof json, "\"%s\"", text);
	add_literal(b, partiql, json);
}

static void any_literal(struct both *b)
{
	const struct literal *odd = &odd_literals[draw(10)];
	const char *number = numbers[draw(7)];
	switch (draw(4)) {
	case 0:
		add_string(b, strings[draw(4)]);
		break;
	case 1:
		add_literal(b, odd->partiql, odd->json);
		break;
	default:
		add_literal(b, number, number);
	}
}

static void any_path(struct both *b)
{
	static const char *const paths[] = {"num", "str", "thing", "deep.k[0]", "deep.k[1]", "deep", "nothing", "str.k"};
	add_both(b, paths[draw(8)]);
}

static void any_operand(struct both *b)
{
	unsigned kind = draw(6);
	if (kind == 0)
		any_literal(b);
	if (kind == 1)
		add_two(b, "SIZE(", "size(");
	if (kind != 0)
		any_path(b);
	if (kind == 1)
		add_both(b, ")");
}

static const char *comparator(void)
{
	static const char *const all[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
	return all[draw(6)];
}

static void call(struct both *b, const char *upper, const char *lower)
{
	add_two(b, draw(2) ? upper : lower, lower);
	any_path(b);
	add_both(b, ", ");
	any_literal(b);
	add_both(b, ")");
}

static void list_of(struct both *b, void (*one)(struct both *), unsigned n)
{
	bool square = draw(2);
	add_two(b, square ? " IN [" : " in (", " IN (");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			add_both(b, ", ");
		one(b);
	}
	add_two(b, square ? "]" : ")", ")");
}

static void is_test(struct both *b)
{
	static const char *const paths[] = {"num", "thing", "deep.k[0]", "nothing"};
	const char *path = paths[draw(4)];
	bool not = draw(2);
	buf_addf(&b->partiql, "%s IS %sMISSING", path, not ? "NOT " : "");
	buf_addf(&b->expr, "attribute_%sexists(%s)", not ? "" : "not_", path);
}

static void plain_leaf(struct both *b)
{
	switch (draw(8)) {
	case 0:
		any_operand(b);
		add_both(b, " BETWEEN ");
		any_literal(b);
		add_both(b, " AND ");
		any_literal(b);
		break;
	case 1:
		any_path(b);
		list_of(b, any_literal, 1 + draw(4));
		break;
	case 2:
		is_test(b);
		break;
	case 3:
		call(b, "BEGINS_WITH(", "begins_with(");
		break;
	case 4:
		call(b, "CONTAINS(", "contains(");
		break;
	case 5:
		call(b, "ATTRIBUTE_TYPE(", "attribute_type(");
		break;
	default:
		any_operand(b);
		add_both(b, comparator());
		any_operand(b);
	}
}

static void any_pk(struct both *b)
{
	add_string(b, pks[draw(4)]);
}

static void any_sk(struct both *b)
{
	char text[8];
	snprintf(text, sizeof text, "%s%u", strings[draw(4)], draw(10));
	add_string(b, text);
}

/** Literals of the right types only: of others a Query says that they are wrong, a filter that they are unequal. */
static void key_leaf(struct both *b)
{
	switch (draw(6)) {
	case 0:
	case 1:
		add_both(b, "pk = ");
		any_pk(b);
		break;
	case 2:
		add_both(b, "pk");
		list_of(b, any_pk, 1 + draw(3));
		break;
	case 3:
		add_both(b, "begins_with(sk, ");
		add_string(b, strings[draw(4)]);
		add_both(b, ")");
		break;
	case 4:
		any_sk(b);
		add_both(b, comparator());
		add_both(b, "sk");
		break;
	default:
		add_both(b, "sk");
		add_both(b, comparator());
		any_sk(b);
	}
}

static void condition(struct both *b, unsigned depth)
{
	unsigned kind = depth ? draw(5) : 4;
	if (kind == 4) {
		draw(2) ? key_leaf(b) : plain_leaf(b);
		return;
	}
	if (kind == 3)
		add_two(b, "not (", "NOT (");
	else
		add_both(b, "(");
	condition(b, depth - 1);
	if (kind != 3) {
		add_both(b, kind == 2 ? ") OR (" : ") AND (");
		condition(b, depth - 1);
	}
	add_both(b, ")");
}

/* Running */

static uint64_t number_bit(struct slice item)
{
	char text[NUMBER_TEXT_MAX];
	struct value v = item_get(item, SLICE_LIT("number"));
	assert_int_equal(v.type, VALUE_N);
	number_format(v.body, text);
	return UINT64_C(1) << strtoul(text, NULL, 10);
}

static bool filter_row(const struct list_row *row, void *arg)
{
	assert_int_equal(row->status, ST_OK);
	*(uint64_t *)arg |= number_bit(row->item);
	return true;
}

static bool statement_row(enum status status, struct slice item, void *arg)
{
	uint64_t *seen = arg, bit = number_bit(item);
	assert_int_equal(status, ST_OK);
	assert_true((*seen & bit) == 0);
	*seen |= bit;
	return true;
}

/** The items that the filter passes. False: refused, h_err says why. */
static bool by_filter(const struct both *b, uint64_t *ret)
{
	struct buf json = BUF_INIT, values = BUF_INIT;
	struct expr_params *params;
	struct expr *e = NULL;
	struct page page = {0};
	if (b->slots) {
		buf_addf(&json, "{%s}", buf_str(&b->values));
		h_item(buf_str(&json), &values);
	}
	assert_ok(expr_params_new(slice_of(NULL, 0), buf_slice(&values), &params, &h_err));
	h_err = (struct err){0};
	enum status st = expr_parse(EXPR_FILTER, buf_slice(&b->expr), params, &e, &h_err);
	*ret = 0;
	struct scan_request r = {.page = {.table = t, .filter = e}};
	if (!st)
		assert_ok(op_scan_page(s.e, &h_caller, &r, filter_row, ret, &page, &h_err));
	expr_free(e);
	expr_params_free(params);
	page_finish(&page);
	buf_finish(&json);
	buf_finish(&values);
	return !st;
}

/** Page after page. */
static enum status by_statement(const struct both *b, uint64_t *ret, struct err *err)
{
	struct buf text = BUF_INIT, token = BUF_INIT;
	struct statement_request r = {.limit = draw(2) ? 1 + draw(20) : 0};
	enum status st;
	buf_addf(&text, "SELECT * FROM Things WHERE %s", buf_str(&b->partiql));
	r.statement.text = buf_slice(&text);
	*ret = 0;
	do {
		struct statement_page page = {0};
		st = op_statement(s.e, &h_caller, &r, statement_row, ret, &page, err);
		buf_reset(&token);
		buf_add_slice(&token, buf_slice(&page.next_token));
		r.next_token = buf_slice(&token);
		statement_page_finish(&page);
	} while (!st && token.len);
	buf_finish(&text);
	buf_finish(&token);
	return st;
}

static void test_random(void **state)
{
	unsigned taken = 0, some = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct both b = {0};
		uint64_t want, got;
		struct err err = {0};
		condition(&b, draw(4));
		bool good = by_filter(&b, &want);
		enum status st = by_statement(&b, &got, &err);
		if (good != (st == ST_OK))
			fail_msg("%s: %s instead of %s", buf_str(&b.partiql), err.text, h_err.text);
		if (!good)
			assert_string_equal(err.text, h_err.text + strlen("Invalid FilterExpression: "));
		else if (want != got)
			fail_msg(
				"%s: %llx instead of %llx", buf_str(&b.partiql), (unsigned long long)got, (unsigned long long)want);
		taken += good;
		some += good && want;
		buf_finish(&b.partiql);
		buf_finish(&b.expr);
		buf_finish(&b.values);
	}
	assert_true(taken > ROUNDS / 3 && some > ROUNDS / 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
