#include "engine/expr/parser.h"

#include "engine/value/utf8.h"

/* Function calls */

static const struct function {
	const char *name;
	enum node_type type;
	bool in_update; /* there and nowhere else */
} functions[] = {
	{"attribute_exists", NODE_EXISTS, false},
	{"attribute_not_exists", NODE_NOT_EXISTS, false},
	{"attribute_type", NODE_TYPE, false},
	{"begins_with", NODE_BEGINS_WITH, false},
	{"contains", NODE_CONTAINS, false},
	{"size", NODE_SIZE, false},
	{"if_not_exists", NODE_IF_NOT_EXISTS, true},
	{"list_append", NODE_LIST_APPEND, true},
};

static const struct function *find_function(struct slice name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (slice_eq_str(name, functions[i].name))
			return &functions[i];
	return NULL;
}

static const char *kind_phrase(enum expr_kind kind)
{
	switch (kind) {
	case EXPR_UPDATE:
		return "an update";
	case EXPR_FILTER:
		return "a filter";
	case EXPR_KEY_CONDITION:
		return "a key condition";
	default:
		return "a condition";
	}
}

static struct node *call_node(struct parser *p)
{
	struct slice name = peek(p)->text;
	const struct function *f = find_function(name);
	if (!f)
		return parse_fail(
			p, "Invalid function name; function: %.*s", utf8_cut(name, LIMIT_EXPR_PLACEHOLDER), (const char *)name.ptr);
	if (f->in_update != (p->kind == EXPR_UPDATE))
		return parse_fail(p, "The function is not allowed in %s expression; function: %s", kind_phrase(p->kind), f->name);
	p->at += 2;
	return tree_node(p->tree, f->type);
}

struct node *parse_call(struct parser *p, struct node *(*operand)(struct parser *))
{
	struct node *call = call_node(p);
	if (!call || !parse_open(p))
		return NULL;
	struct node **last = &call->child;
	if (peek(p)->type != TOK_CLOSE) {
		do {
			*last = operand(p);
			if (!*last)
				return NULL;
			last = &(*last)->next;
		} while (parse_try(p, TOK_COMMA));
	}
	p->depth--;
	return parse_take(p, TOK_CLOSE) ? call : NULL;
}

void *parse_misplaced(struct parser *p, const struct node *call)
{
	return parse_fail(
		p, "The function is not allowed to be used this way in an expression; function: %s", node_name(call->type));
}

/* Operands */

static struct node *parse_any(struct parser *p);

/** A group, a call, a path or a value: an operand or a condition, as it comes. */
static struct node *parse_primary(struct parser *p)
{
	if (parse_failed(p))
		return NULL;
	if (parse_try(p, TOK_OPEN))
		return parse_open(p) ? parse_close(p, parse_any(p)) : NULL;
	if (peek(p)->type == TOK_VALUE)
		return parse_value(p);
	return parse_call_is_next(p) ? parse_call(p, parse_primary) : parse_path(p);
}

/** `n` shall be an operand; what follows it is the next token. */
static struct node *need_operand(struct parser *p, struct node *n)
{
	if (!n || node_is_operand(n))
		return n;
	return node_is_function(n) && !n->parens ? parse_misplaced(p, n) : parse_unexpected(p);
}

static struct node *need_condition(struct parser *p, struct node *n)
{
	if (!n || !node_is_operand(n))
		return n;
	return n->type == NODE_SIZE && !n->parens ? parse_misplaced(p, n) : parse_unexpected(p);
}

static struct node *parse_operand(struct parser *p)
{
	return need_operand(p, parse_primary(p));
}

/* Comparisons */

static enum node_type comparator_of(enum token_type t)
{
	return NODE_EQ + (t - TOK_EQ);
}

static struct node *parse_comparator(struct parser *p, struct node *left)
{
	enum node_type type = comparator_of(peek(p)->type);
	p->at++;
	struct node *right = parse_operand(p);
	return right ? tree_node_of(p->tree, type, left, right) : NULL;
}

static struct node *parse_between(struct parser *p, struct node *left)
{
	p->at++;
	struct node *low = parse_operand(p);
	if (!low || !parse_take(p, TOK_AND))
		return NULL;
	low->next = parse_operand(p);
	return low->next ? tree_node_of(p->tree, NODE_BETWEEN, left, low) : NULL;
}

static struct node *parse_in(struct parser *p, struct node *left)
{
	p->at++;
	if (!parse_take(p, TOK_OPEN))
		return NULL;
	struct node *in = tree_node_of(p->tree, NODE_IN, left, NULL);
	struct node *last = left;
	size_t count = 0;
	do {
		last->next = parse_operand(p);
		last = last->next;
		count++;
	} while (last && parse_try(p, TOK_COMMA));
	if (!last || !parse_take(p, TOK_CLOSE))
		return NULL;
	if (count > LIMIT_EXPR_IN)
		return parse_fail(p, "The IN operator is provided with too many operands; number of operands: %zu", count);
	return in;
}

static struct node *parse_comparison(struct parser *p)
{
	struct node *left = parse_primary(p);
	if (!left)
		return NULL;
	enum token_type t = peek(p)->type;
	bool comparator = t >= TOK_EQ && t <= TOK_GE;
	if (!comparator && t != TOK_BETWEEN && t != TOK_IN)
		return left;
	if (!need_operand(p, left))
		return NULL;
	return comparator ? parse_comparator(p, left) : t == TOK_BETWEEN ? parse_between(p, left) : parse_in(p, left);
}

/* NOT, AND, OR: the lower binds weaker. None of them where an operand stands alone, which parse_primary() may have in parentheses. */

static struct node *parse_not(struct parser *p)
{
	if (!parse_try(p, TOK_NOT))
		return parse_comparison(p);
	struct node *negation = tree_node(p->tree, NODE_NOT);
	negation->child = need_condition(p, parse_not(p));
	return negation->child ? negation : NULL;
}

/** Terms with the same operator between them, as one node. */
static struct node *parse_terms(struct parser *p, enum token_type token, enum node_type type, struct node *(*term)(struct parser *))
{
	struct node *first = term(p);
	if (!first || peek(p)->type != token)
		return first;
	if (!need_condition(p, first))
		return NULL;
	struct node *all = tree_node_of(p->tree, type, first, NULL), *last = first;
	while (last && parse_try(p, token)) {
		last->next = need_condition(p, term(p));
		last = last->next;
	}
	return last ? all : NULL;
}

static struct node *parse_and(struct parser *p)
{
	return parse_terms(p, TOK_AND, NODE_AND, parse_not);
}

static struct node *parse_any(struct parser *p)
{
	return parse_terms(p, TOK_OR, NODE_OR, parse_and);
}

struct node *parse_condition(struct parser *p)
{
	return need_condition(p, parse_any(p));
}
