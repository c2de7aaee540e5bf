#include "engine/expr/partiql_parser.h"

#include "engine/expr/lexer.h"
#include "engine/value/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INDEX_DIGITS_MAX 9

void *pq_fail(struct pq_parser *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;
	if (pq_failed(p))
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	p->status = err_set(p->err, ST_VALIDATION, "%s", text);
	return NULL;
}

void *pq_malformed(struct pq_parser *p, const char *what)
{
	return pq_fail(p, "Statement wasn't well formed, can't be processed: %s", what);
}

/** Words that are names only in double quotes. */
static bool is_keyword(struct slice word)
{
	static const char *const keywords[] = {"ALL", "AND", "AS", "ASC", "AT", "BETWEEN", "BY", "CASE", "CAST", "CROSS", "DELETE",
		"DESC", "DISTINCT", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS", "FALSE", "FROM", "GROUP", "HAVING", "IN", "INNER",
		"INSERT", "INTERSECT", "INTO", "IS", "JOIN", "KEY", "LEFT", "LIKE", "LIMIT", "MISSING", "NOT", "NULL", "OFFSET",
		"ON", "OR", "ORDER", "OUTER", "REMOVE", "RETURNING", "RIGHT", "SELECT", "SET", "SIZE", "TABLE", "THEN", "TRUE",
		"UNION", "UPDATE", "VALUE", "VALUES", "WHEN", "WHERE"};
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (lex_is_keyword(word, keywords[i]))
			return true;
	return false;
}

void *pq_unexpected(struct pq_parser *p)
{
	const struct pq_token *t = pq_peek(p);
	if (t->type == PQ_WORD && is_keyword(t->text))
		return pq_malformed(p, "Unexpected keyword");
	if (t->type >= PQ_EQ && t->type <= PQ_STAR)
		return pq_malformed(p, "Unexpected operator");
	return pq_malformed(p, t->type == PQ_BAD ? "Unexpected token" : "Unexpected term");
}

bool pq_try(struct pq_parser *p, enum pq_token_type type)
{
	if (pq_failed(p) || pq_peek(p)->type != type)
		return false;
	p->at++;
	return true;
}

bool pq_take(struct pq_parser *p, enum pq_token_type type)
{
	return pq_try(p, type) || pq_unexpected(p);
}

bool pq_is(const struct pq_parser *p, const char *keyword)
{
	return pq_peek(p)->type == PQ_WORD && lex_is_keyword(pq_peek(p)->text, keyword);
}

bool pq_try_word(struct pq_parser *p, const char *keyword)
{
	if (pq_failed(p) || !pq_is(p, keyword))
		return false;
	p->at++;
	return true;
}

bool pq_take_word(struct pq_parser *p, const char *keyword)
{
	return pq_try_word(p, keyword) || pq_unexpected(p);
}

bool pq_call_is_next(const struct pq_parser *p)
{
	return pq_peek(p)->type == PQ_WORD && pq_peek(p)[1].type == PQ_OPEN;
}

/* Memory */

struct buf *pq_memory(struct pq_parser *p)
{
	struct partiql_memory *m = xcalloc(1, sizeof *m);
	m->next = p->out->memory;
	p->out->memory = m;
	return &m->bytes;
}

struct slice pq_unquote(struct pq_parser *p, const struct pq_token *t)
{
	uint8_t quote = t->type == PQ_NAME ? '"' : '\'';
	if (t->text.len == 0 || !memchr(t->text.ptr, quote, t->text.len))
		return t->text;
	struct buf *b = pq_memory(p);
	for (size_t i = 0; i < t->text.len; i++) {
		buf_add_byte(b, t->text.ptr[i]);
		i += t->text.ptr[i] == quote;
	}
	return buf_slice(b);
}

/* Names and paths */

static bool is_name(const struct pq_token *t)
{
	return t->type == PQ_NAME || (t->type == PQ_WORD && !is_keyword(t->text));
}

bool pq_name(struct pq_parser *p, struct slice *ret)
{
	const struct pq_token *t = pq_peek(p);
	if (pq_failed(p) || !is_name(t))
		return pq_unexpected(p);
	*ret = pq_unquote(p, t);
	p->at++;
	if (ret->len == 0 || ret->len > LIMIT_ATTR_NAME)
		return pq_malformed(p, "a name cannot be empty");
	return true;
}

static bool named_elem(struct pq_parser *p)
{
	struct slice name;
	if (!pq_name(p, &name))
		return false;
	tree_elem(p->tree, ELEM_NAME)->name = name;
	return true;
}

static bool index_of(struct pq_parser *p, struct slice digits)
{
	uint32_t index = 0;
	if (digits.len > INDEX_DIGITS_MAX)
		return pq_fail(p, "List index is not within the allowable range; index: [%.*s]", utf8_cut(digits, 80),
			(const char *)digits.ptr);
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return pq_unexpected(p);
		index = index * 10 + (digits.ptr[i] - '0');
	}
	tree_elem(p->tree, ELEM_INDEX)->number = index;
	return true;
}

/** What stands in brackets: the index of a list's element, or the name of a map's entry. */
static bool bracket_elem(struct pq_parser *p)
{
	const struct pq_token *t = pq_peek(p);
	if (t->type == PQ_NUMBER) {
		if (!index_of(p, t->text))
			return false;
	} else if (t->type == PQ_STRING && t->text.len > 0) {
		tree_elem(p->tree, ELEM_NAME)->name = pq_unquote(p, t);
	} else {
		return pq_unexpected(p);
	}
	p->at++;
	return pq_take(p, PQ_CLOSE_LIST);
}

struct node *pq_path(struct pq_parser *p)
{
	size_t from = p->tree->elem_count;
	bool more = named_elem(p);
	while (more) {
		if (pq_try(p, PQ_DOT))
			more = is_name(pq_peek(p)) ? named_elem(p) : pq_malformed(p, "Invalid path dot component") != NULL;
		else if (pq_try(p, PQ_OPEN_LIST))
			more = bracket_elem(p);
		else
			more = false;
	}
	if (pq_failed(p))
		return NULL;
	size_t len = p->tree->elem_count - from;
	if (len > LIMIT_EXPR_PATH)
		return pq_fail(p, "The document path has too many nesting elements; number of elements: %zu", len);
	struct node *n = tree_node(p->tree, NODE_PATH);
	n->path = &p->tree->elems[from];
	n->path_len = (uint32_t)len;
	return n;
}

/* Trees */

/** What partiql_pass_absent() puts around the condition of a DELETE. */
#define NODES_TO_SPARE 4

void pq_tree_begin(struct pq_parser *p, enum expr_kind kind)
{
	struct slice none;
	/* A token makes two nodes at most: NOT before IN, IS NULL. */
	p->tree = tree_new(kind, 2 * (p->token_count - p->at) + NODES_TO_SPARE, slice_of(NULL, 0), &none);
	buf_reset(&p->values);
	p->operators = 0;
}

struct node *pq_slot(struct pq_parser *p, struct value v)
{
	struct node *n = tree_node(p->tree, NODE_VALUE);
	n->slot = (uint32_t)p->tree->value_count++;
	buf_add(&p->values, &v, sizeof v);
	return n;
}

/** Messages of the expression language name the parameter of another operation first. */
static void drop_label(struct err *err)
{
	static const char end[] = "Expression: ";
	char *found = err && strncmp(err->text, "Invalid ", 8) == 0 ? strstr(err->text, end) : NULL;
	if (found)
		memmove(err->text, found + sizeof end - 1, strlen(found + sizeof end - 1) + 1);
}

struct expr *pq_tree_end(struct pq_parser *p, struct node *root)
{
	struct slice *names;
	struct value *values;
	struct tree *tree = p->tree;
	p->tree = NULL;
	tree->root = root;
	if (p->operators > LIMIT_EXPR_OPERATORS)
		pq_fail(p, "The expression contains too many operators; operator count: %zu", p->operators);
	if (pq_failed(p)) {
		tree_unref(tree);
		return NULL;
	}
	struct expr *e = expr_new(tree, &names, &values);
	e->partiql = true;
	if (p->values.len)
		memcpy(values, p->values.ptr, p->values.len);
	p->status = check_expr(e, p->err);
	if (!pq_failed(p) && tree->kind == EXPR_UPDATE)
		p->status = targets_fill(e, p->err);
	if (!pq_failed(p))
		return e;
	drop_label(p->err);
	expr_free(e);
	return NULL;
}
