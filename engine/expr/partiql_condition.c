#include "engine/expr/partiql_parser.h"

#include "engine/expr/lexer.h"
#include "engine/value/utf8.h"

/** Parentheses and NOTs that are open at once: far more than anybody writes, and little stack. */
#define DEPTH_MAX 128

static struct node *parse_any(struct pq_parser *p);

static struct node *node_of(struct pq_parser *p, enum node_type type, struct node *first, struct node *second)
{
	p->operators++;
	return tree_node_of(p->tree, type, first, second);
}

/* Operands */

static const struct {
	const char *name;
	enum node_type type;
} functions[] = {
	{"ATTRIBUTE_TYPE", NODE_TYPE}, {"BEGINS_WITH", NODE_BEGINS_WITH}, {"CONTAINS", NODE_CONTAINS}, {"SIZE", NODE_SIZE}};

static struct node *parse_primary(struct pq_parser *p);

struct node *pq_call(struct pq_parser *p, enum node_type type, struct node *(*operand)(struct pq_parser *))
{
	struct node *call = tree_node(p->tree, type), **last = &call->child;
	p->operators++;
	p->at += 2;
	if (pq_try(p, PQ_CLOSE))
		return call;
	do {
		*last = operand(p);
		if (!*last)
			return NULL;
		last = &(*last)->next;
	} while (pq_try(p, PQ_COMMA));
	return pq_take(p, PQ_CLOSE) ? call : NULL;
}

static struct node *parse_function(struct pq_parser *p)
{
	struct slice name = pq_peek(p)->text;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (lex_is_keyword(name, functions[i].name))
			return pq_call(p, functions[i].type, parse_primary);
	if (pq_is(p, "EXISTS"))
		return pq_fail(p, "EXISTS clause is only supported in transactions as a statement of its own");
	return pq_fail(p, "Unsupported function: %.*s", utf8_cut(name, 255), (const char *)name.ptr);
}

static struct node *parse_group(struct pq_parser *p)
{
	if (++p->depth > DEPTH_MAX)
		return pq_malformed(p, "it is nested too deeply");
	struct node *n = parse_any(p);
	p->depth--;
	return n && pq_take(p, PQ_CLOSE) ? n : NULL;
}

/** A group, a literal, a call or a path: an operand or a condition, as it comes. */
static struct node *parse_primary(struct pq_parser *p)
{
	if (pq_failed(p))
		return NULL;
	if (pq_try(p, PQ_OPEN))
		return parse_group(p);
	if (pq_value_is_next(p))
		return pq_value_node(p);
	/* A call's operands may be calls again. */
	if (!pq_call_is_next(p))
		return pq_path(p);
	if (++p->depth > DEPTH_MAX)
		return pq_malformed(p, "it is nested too deeply");
	struct node *call = parse_function(p);
	p->depth--;
	return call;
}

static struct node *need_operand(struct pq_parser *p, struct node *n)
{
	return !n || node_is_operand(n) ? n : pq_unexpected(p);
}

static struct node *need_condition(struct pq_parser *p, struct node *n)
{
	return !n || !node_is_operand(n) ? n : pq_unexpected(p);
}

static struct node *parse_operand(struct pq_parser *p)
{
	return need_operand(p, parse_primary(p));
}

/* Comparisons */

static struct node *parse_comparator(struct pq_parser *p, struct node *left)
{
	enum node_type type = NODE_EQ + (pq_peek(p)->type - PQ_EQ);
	p->at++;
	struct node *right = parse_operand(p);
	return right ? node_of(p, type, left, right) : NULL;
}

static struct node *parse_between(struct pq_parser *p, struct node *left)
{
	struct node *low = parse_operand(p);
	if (!low || !pq_take_word(p, "AND"))
		return NULL;
	low->next = parse_operand(p);
	return low->next ? node_of(p, NODE_BETWEEN, left, low) : NULL;
}

/** [a, b] or (a, b) */
static struct node *parse_in(struct pq_parser *p, struct node *left)
{
	bool list = pq_try(p, PQ_OPEN_LIST);
	if (!list && !pq_take(p, PQ_OPEN))
		return NULL;
	struct node *in = node_of(p, NODE_IN, left, NULL), *last = left;
	size_t count = 0;
	do {
		last->next = parse_operand(p);
		last = last->next;
		count++;
	} while (last && pq_try(p, PQ_COMMA));
	if (!last || !pq_take(p, list ? PQ_CLOSE_LIST : PQ_CLOSE))
		return NULL;
	if (count > LIMIT_EXPR_IN)
		return pq_fail(p, "The IN operator is provided with too many operands; number of operands: %zu", count);
	return in;
}

/** The types that IS knows besides MISSING, by DynamoDB's names for them. */
static const struct {
	const char *word, *type;
} types[] = {{"NULL", "NULL"}, {"BOOL", "BOOL"}, {"BOOLEAN", "BOOL"}, {"STRING", "S"}, {"NUMERIC", "N"}, {"DECIMAL", "N"},
	{"INT", "N"}, {"INTEGER", "N"}, {"BLOB", "B"}, {"LIST", "L"}, {"STRUCT", "M"}, {"TUPLE", "M"}};

static struct node *parse_type(struct pq_parser *p, struct node *left)
{
	if (pq_try_word(p, "MISSING"))
		return node_of(p, NODE_NOT_EXISTS, left, NULL);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (!pq_try_word(p, types[i].word))
			continue;
		struct value type = {.type = VALUE_S, .body = slice_str(types[i].type)};
		return node_of(p, NODE_TYPE, left, pq_slot(p, type));
	}
	return pq_unexpected(p);
}

static struct node *negated(struct pq_parser *p, bool negate, struct node *n)
{
	return n && negate ? node_of(p, NODE_NOT, n, NULL) : n;
}

static struct node *parse_comparison(struct pq_parser *p)
{
	struct node *left = parse_primary(p);
	if (!left)
		return NULL;
	enum pq_token_type t = pq_peek(p)->type;
	if (t >= PQ_EQ && t <= PQ_GE)
		return need_operand(p, left) ? parse_comparator(p, left) : NULL;
	if (pq_try_word(p, "IS")) {
		bool negate = pq_try_word(p, "NOT");
		return need_operand(p, left) ? negated(p, negate, parse_type(p, left)) : NULL;
	}
	bool negate = pq_try_word(p, "NOT");
	if (pq_try_word(p, "BETWEEN"))
		return need_operand(p, left) ? negated(p, negate, parse_between(p, left)) : NULL;
	if (pq_try_word(p, "IN"))
		return need_operand(p, left) ? negated(p, negate, parse_in(p, left)) : NULL;
	return negate ? pq_unexpected(p) : left;
}

/* NOT, AND, OR: the lower binds weaker */

static struct node *parse_not(struct pq_parser *p)
{
	if (!pq_try_word(p, "NOT"))
		return parse_comparison(p);
	if (++p->depth > DEPTH_MAX)
		return pq_malformed(p, "it is nested too deeply");
	struct node *n = need_condition(p, parse_not(p));
	p->depth--;
	return n ? node_of(p, NODE_NOT, n, NULL) : NULL;
}

/** Terms with the same operator between them, as one node. */
static struct node *parse_terms(
	struct pq_parser *p, const char *word, enum node_type type, struct node *(*term)(struct pq_parser *))
{
	struct node *first = term(p);
	if (!first || !pq_is(p, word))
		return first;
	if (!need_condition(p, first))
		return NULL;
	struct node *all = tree_node_of(p->tree, type, first, NULL), *last = first;
	while (last && pq_try_word(p, word)) {
		p->operators++;
		last->next = need_condition(p, term(p));
		last = last->next;
	}
	return last ? all : NULL;
}

static struct node *parse_and(struct pq_parser *p)
{
	return parse_terms(p, "AND", NODE_AND, parse_not);
}

static struct node *parse_any(struct pq_parser *p)
{
	return parse_terms(p, "OR", NODE_OR, parse_and);
}

struct node *pq_condition(struct pq_parser *p)
{
	return need_condition(p, parse_any(p));
}
