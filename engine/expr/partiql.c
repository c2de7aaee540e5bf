#include "engine/expr/partiql_parser.h"

#include "engine/expr/lexer.h"
#include "engine/value/utf8.h"

#include <stdlib.h>

/* FROM, INTO */

static bool parse_table(struct pq_parser *p)
{
	if (!pq_name(p, &p->out->table))
		return false;
	if (!pq_try(p, PQ_DOT))
		return true;
	if (!pq_name(p, &p->out->index))
		return false;
	return pq_peek(p)->type != PQ_DOT || pq_malformed(p, "Unexpected path component");
}

static bool only_table(struct pq_parser *p)
{
	if (!parse_table(p))
		return false;
	return !p->out->index.len || pq_fail(p, "Unexpected path component at %u:%u:%zu", p->tokens[p->at - 1].line,
					     p->tokens[p->at - 1].column, p->out->index.len);
}

/* WHERE */

static bool parse_where(struct pq_parser *p, enum expr_kind kind)
{
	if (!pq_try_word(p, "WHERE"))
		return !pq_failed(p);
	pq_tree_begin(p, kind);
	struct node *root = pq_condition(p);
	p->out->where = pq_tree_end(p, root);
	return p->out->where != NULL;
}

static const char no_key[] = "Where clause does not contain a mandatory equality on all key attributes";

static bool need_where(struct pq_parser *p)
{
	if (!parse_where(p, EXPR_CONDITION))
		return false;
	return p->out->where || pq_fail(p, no_key);
}

/* RETURNING (ALL | MODIFIED) (OLD | NEW) * */

static bool parse_returning(struct pq_parser *p)
{
	static const enum partiql_returning results[2][2] = {
		{RETURNING_ALL_OLD, RETURNING_ALL_NEW}, {RETURNING_MODIFIED_OLD, RETURNING_MODIFIED_NEW}};
	if (!pq_try_word(p, "RETURNING"))
		return !pq_failed(p);
	bool modified = pq_try_word(p, "MODIFIED");
	if (!modified && !pq_take_word(p, "ALL"))
		return false;
	bool new = pq_try_word(p, "NEW");
	if (!new && !pq_take_word(p, "OLD"))
		return false;
	p->out->returning = results[modified][new];
	return pq_take(p, PQ_STAR);
}

/* SELECT */

/** The columns as paths, and the attributes that they begin with. */
static bool parse_columns(struct pq_parser *p)
{
	if (pq_try(p, PQ_STAR))
		return true;
	pq_tree_begin(p, EXPR_PROJECTION);
	struct node *first = NULL, **last = &first;
	do {
		if (pq_call_is_next(p))
			pq_fail(p, "Unsupported function in the select list: %.*s", utf8_cut(pq_peek(p)->text, 255),
				(const char *)pq_peek(p)->text.ptr);
		*last = pq_failed(p) ? NULL : pq_path(p);
		if (!*last)
			break;
		last = &(*last)->next;
	} while (pq_try(p, PQ_COMMA));
	p->out->columns = pq_tree_end(p, first);
	return p->out->columns != NULL;
}

static bool parse_order_term(struct pq_parser *p)
{
	struct partiql_order *o = &p->out->order[p->out->order_count];
	if (p->out->order_count == PARTIQL_ORDER_MAX)
		return pq_fail(p, "ORDER BY takes at most %d terms", PARTIQL_ORDER_MAX);
	if (!pq_name(p, &o->name))
		return false;
	o->descending = pq_try_word(p, "DESC");
	if (!o->descending)
		pq_try_word(p, "ASC");
	p->out->order_count++;
	return true;
}

static bool parse_order(struct pq_parser *p)
{
	if (!pq_try_word(p, "ORDER"))
		return !pq_failed(p);
	if (!pq_take_word(p, "BY"))
		return false;
	do {
		if (!parse_order_term(p))
			return false;
	} while (pq_try(p, PQ_COMMA));
	if (!p->out->where)
		return pq_fail(p, "Must have WHERE clause in the statement when using ORDER BY clause.");
	return true;
}

/** Clauses of PartiQL that DynamoDB has not: the place is that of what follows the keyword. */
static bool refuse_clauses(struct pq_parser *p)
{
	static const char *const clauses[] = {"LIMIT", "OFFSET", "GROUP", "HAVING", "UNION", "EXCEPT", "INTERSECT", "JOIN", "INNER",
		"LEFT", "RIGHT", "CROSS", "AS"};
	for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
		if (!pq_try_word(p, clauses[i]))
			continue;
		const struct pq_token *t = pq_peek(p);
		if (t->type == PQ_END)
			return pq_unexpected(p);
		return pq_fail(p, "Unsupported clause: %s at %u:%u:%zu", clauses[i], t->line, t->column, t->text.len);
	}
	return true;
}

static bool parse_select(struct pq_parser *p)
{
	if (!parse_columns(p) || !pq_take_word(p, "FROM") || !parse_table(p) || !refuse_clauses(p))
		return false;
	return parse_where(p, EXPR_FILTER) && refuse_clauses(p) && parse_order(p) && refuse_clauses(p);
}

/* INSERT */

static bool parse_insert(struct pq_parser *p)
{
	struct value v;
	if (!pq_take_word(p, "INTO") || !only_table(p) || !pq_take_word(p, "VALUE") || !pq_item(p, &v))
		return false;
	if (v.type != VALUE_M)
		return pq_fail(
			p, "One or more parameter values were invalid: INSERT takes one item, as a tuple or a parameter of type M");
	struct buf *item = pq_memory(p);
	buf_add_varint(item, v.count);
	buf_add_slice(item, v.body);
	p->out->item = buf_slice(item);
	return true;
}

/* UPDATE */

static struct node *parse_sum(struct pq_parser *p);

/** list_append's operands, and what a sum is made of. */
static struct node *parse_term(struct pq_parser *p)
{
	if (pq_failed(p))
		return NULL;
	if (pq_value_is_next(p))
		return pq_value_node(p);
	if (!pq_call_is_next(p))
		return pq_path(p);
	struct slice name = pq_peek(p)->text;
	if (!lex_is_keyword(name, "LIST_APPEND"))
		return pq_fail(p, "Unsupported function: %.*s", utf8_cut(name, 255), (const char *)name.ptr);
	if (++p->depth > LIMIT_NESTING)
		return pq_malformed(p, "it is nested too deeply");
	struct node *call = pq_call(p, NODE_LIST_APPEND, parse_sum);
	p->depth--;
	return call;
}

/** Sums go from left to right; each makes the tree one deeper, which the number of operators bounds. */
static struct node *parse_sum(struct pq_parser *p)
{
	struct node *left = parse_term(p);
	while (left && (pq_peek(p)->type == PQ_PLUS || pq_peek(p)->type == PQ_MINUS)) {
		enum node_type type = pq_peek(p)->type == PQ_PLUS ? NODE_PLUS : NODE_MINUS;
		p->at++;
		struct node *right = parse_term(p);
		left = right ? tree_node_of(p->tree, type, left, right) : NULL;
		if (++p->operators > LIMIT_EXPR_OPERATORS)
			return left; /* pq_tree_end() refuses */
	}
	return left;
}

/** set_add(path, set), set_delete(path, set): the path must be the one that is set, since that is what ADD and DELETE can do. */
static struct node *parse_set_function(struct pq_parser *p, struct node *target, bool add)
{
	struct node *path, *set;
	const struct expr plain = {.tree = p->tree}; /* paths have no slots of names here */
	p->at += 2;
	p->operators++;
	if (!(path = pq_path(p)) || !pq_take(p, PQ_COMMA) || !(set = pq_value_node(p)) || !pq_take(p, PQ_CLOSE))
		return NULL;
	if (!path_eq(&plain, path, target))
		return pq_fail(p, "%s takes the path that is set as its first operand", add ? "set_add" : "set_delete");
	return tree_node_of(p->tree, add ? NODE_ADD : NODE_DELETE, target, set);
}

static struct node *parse_assignment(struct pq_parser *p)
{
	struct node *path = pq_path(p);
	if (!path || !pq_take(p, PQ_EQ))
		return NULL;
	p->operators++;
	if (pq_call_is_next(p) && pq_is(p, "SET_ADD"))
		return parse_set_function(p, path, true);
	if (pq_call_is_next(p) && pq_is(p, "SET_DELETE"))
		return parse_set_function(p, path, false);
	struct node *value = parse_sum(p);
	return value ? tree_node_of(p->tree, NODE_SET, path, value) : NULL;
}

static struct node *parse_removal(struct pq_parser *p)
{
	struct node *path = pq_path(p);
	p->operators++;
	return path ? tree_node_of(p->tree, NODE_REMOVE, path, NULL) : NULL;
}

/** SET and REMOVE, each as often as wanted, each with one path or several with commas. */
static struct node *parse_actions(struct pq_parser *p)
{
	struct node *first = NULL, **last = &first;
	bool set;
	while ((set = pq_try_word(p, "SET")) || pq_try_word(p, "REMOVE")) {
		do {
			*last = set ? parse_assignment(p) : parse_removal(p);
			if (!*last)
				return NULL;
			last = &(*last)->next;
		} while (pq_try(p, PQ_COMMA));
	}
	return first ? first : pq_malformed(p, "Expected data manipulation");
}

static bool parse_update_statement(struct pq_parser *p)
{
	if (!only_table(p))
		return false;
	pq_tree_begin(p, EXPR_UPDATE);
	struct node *first = parse_actions(p);
	p->out->update = pq_tree_end(p, first);
	return p->out->update && need_where(p) && parse_returning(p);
}

/* DELETE */

static bool parse_delete(struct pq_parser *p)
{
	if (!pq_take_word(p, "FROM") || !only_table(p) || !need_where(p) || !parse_returning(p))
		return false;
	if (p->out->returning != RETURNING_NOTHING && p->out->returning != RETURNING_ALL_OLD)
		return pq_fail(p, "DELETE can return ALL OLD * only");
	return true;
}

/* EXISTS */

static bool parse_exists(struct pq_parser *p)
{
	return pq_take(p, PQ_OPEN) && pq_take_word(p, "SELECT") && parse_select(p) && pq_take(p, PQ_CLOSE);
}

/* Entry */

static const struct {
	const char *word;
	enum partiql_kind kind;
	bool (*parse)(struct pq_parser *p);
} statements[] = {
	{"SELECT", PARTIQL_SELECT, parse_select},
	{"INSERT", PARTIQL_INSERT, parse_insert},
	{"UPDATE", PARTIQL_UPDATE, parse_update_statement},
	{"DELETE", PARTIQL_DELETE, parse_delete},
	{"EXISTS", PARTIQL_EXISTS, parse_exists},
};

static void parse_statement(struct pq_parser *p)
{
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		if (!pq_try_word(p, statements[i].word))
			continue;
		p->out->kind = statements[i].kind;
		statements[i].parse(p);
		pq_try(p, PQ_SEMICOLON);
		if (!pq_failed(p) && pq_peek(p)->type != PQ_END)
			pq_malformed(p, "Unexpected token after expression");
		return;
	}
	pq_malformed(p, "Expected data manipulation");
}

/** Projections cannot name an attribute twice, select lists can: so each attribute once. */
static enum status make_attributes(struct partiql *p, struct err *err)
{
	size_t n = 0, cap = 0;
	for (const struct node *c = p->columns ? p->columns->tree->root : NULL; c; c = c->next)
		cap++;
	if (cap == 0)
		return ST_OK;
	struct slice *names = xcalloc(cap, sizeof *names);
	for (const struct node *c = p->columns->tree->root; c; c = c->next) {
		size_t i = 0;
		while (i < n && !slice_eq(names[i], c->path[0].name))
			i++;
		names[i] = c->path[0].name;
		n += i == n;
	}
	enum status st = expr_from_attributes(names, n, &p->attributes, err);
	free(names);
	return st;
}

static enum status check_length(struct slice text, struct err *err)
{
	if (text.len > 0 && text.len <= LIMIT_STATEMENT)
		return ST_OK;
	return err_set(err, ST_VALIDATION,
		"1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length %s than "
		"or "
		"equal to %d",
		text.len ? "less" : "greater", text.len ? LIMIT_STATEMENT : 1);
}

static struct slice copy_text(struct pq_parser *p, struct slice text)
{
	struct buf *copy = pq_memory(p);
	buf_add_slice(copy, text);
	return buf_slice(copy);
}

enum status partiql_parse(struct slice text, const struct value *parameters, size_t n, struct partiql **ret, struct err *err)
{
	struct pq_parser p = {.parameters = parameters, .parameter_count = n, .err = err};
	struct buf tokens = BUF_INIT;
	enum status st = check_length(text, err);
	if (st)
		return st;
	p.out = xcalloc(1, sizeof *p.out);
	pq_lex(copy_text(&p, text), &tokens);
	p.tokens = (const struct pq_token *)(const void *)tokens.ptr;
	p.token_count = tokens.len / sizeof(struct pq_token);
	if (utf8_valid(text))
		parse_statement(&p);
	else
		pq_malformed(&p, "it is not UTF-8");
	if (!pq_failed(&p) && p.parameters_used < n)
		pq_fail(&p, "Number of parameters in request and statement don't match.");
	if (!pq_failed(&p))
		p.status = make_attributes(p.out, err);
	buf_finish(&tokens);
	buf_finish(&p.values);
	if (pq_failed(&p))
		partiql_free(p.out);
	else
		*ret = p.out;
	return p.status;
}

void partiql_free(struct partiql *p)
{
	if (!p)
		return;
	expr_free(p->where);
	expr_free(p->update);
	expr_free(p->columns);
	expr_free(p->attributes);
	while (p->memory) {
		struct partiql_memory *m = p->memory;
		p->memory = m->next;
		buf_finish(&m->bytes);
		free(m);
	}
	free(p);
}
