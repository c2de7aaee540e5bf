#include "engine/expr/parser.h"

#include "engine/value/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** Each level of parentheses around more than one operand needs an operator or function, so that more levels than this are redundant ones. */
#define DEPTH_MAX (2 * LIMIT_EXPR_OPERATORS)

/** How much of a token or its surroundings a message shows. */
#define SHOWN_MAX 100

void *parse_fail(struct parser *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;
	if (parse_failed(p))
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	p->status = expr_fail(p->kind, p->err, "%s", text);
	return NULL;
}

/** The text from the token before the next one to the token after it. */
static struct slice surroundings(const struct parser *p)
{
	const struct token *t = peek(p);
	const uint8_t *from = p->at > 0 ? t[-1].text.ptr : t->text.ptr;
	const struct token *last = t->type == TOK_END || t[1].type == TOK_END ? t : t + 1;
	if (t->type == TOK_END && p->at > 0)
		last = t - 1;
	return slice_of(from, (size_t)(last->text.ptr + last->text.len - from));
}

void *parse_unexpected(struct parser *p)
{
	struct slice token = peek(p)->type == TOK_END ? SLICE_LIT("<EOF>") : peek(p)->text;
	struct slice near = surroundings(p);
	return parse_fail(p, "Syntax error; token: \"%.*s\", near: \"%.*s\"", utf8_cut(token, SHOWN_MAX), (const char *)token.ptr,
		utf8_cut(near, SHOWN_MAX), (const char *)near.ptr);
}

bool parse_try(struct parser *p, enum token_type type)
{
	if (parse_failed(p) || peek(p)->type != type)
		return false;
	p->at++;
	return true;
}

bool parse_take(struct parser *p, enum token_type type)
{
	return parse_try(p, type) || parse_unexpected(p);
}

static void *redundant(struct parser *p)
{
	return parse_fail(p, "The expression has redundant parentheses;");
}

bool parse_open(struct parser *p)
{
	return ++p->depth <= DEPTH_MAX || redundant(p);
}

struct node *parse_close(struct parser *p, struct node *n)
{
	if (!n || !parse_take(p, TOK_CLOSE))
		return NULL;
	p->depth--;
	if (n->parens)
		return redundant(p);
	n->parens = true;
	return n;
}

bool parse_call_is_next(const struct parser *p)
{
	return peek(p)->type == TOK_WORD && peek(p)[1].type == TOK_OPEN;
}

/* Limits */

static size_t count_operators(const struct token *t)
{
	size_t n = 0;
	for (; t->type != TOK_END; t++) {
		bool call = t->type == TOK_WORD && t[1].type == TOK_OPEN;
		bool symbol = t->type >= TOK_EQ && t->type <= TOK_MINUS;
		/* BETWEEN has an AND of its own. */
		bool word = t->type >= TOK_AND && t->type != TOK_BETWEEN;
		n += call || symbol || word;
	}
	return n;
}

static bool check_operators(struct parser *p)
{
	return p->operators <= LIMIT_EXPR_OPERATORS ||
	       parse_fail(p, "The expression contains too many operators; operator count: %zu", p->operators);
}

static bool check_size(struct parser *p, struct slice text)
{
	if (text.len > LIMIT_EXPR_SIZE && p->kind == EXPR_UPDATE) /* whose size the service does not tell */
		return parse_fail(p, "Expression size has exceeded the maximum allowed size;");
	if (text.len > LIMIT_EXPR_SIZE)
		return parse_fail(p, "Expression size has exceeded the maximum allowed size; expression size: %zu", text.len);
	return true;
}

/* Entry */

static struct node *parse_root(struct parser *p)
{
	switch (p->kind) {
	case EXPR_PROJECTION:
		return parse_projection(p);
	case EXPR_UPDATE:
		return parse_update(p);
	default:
		return parse_condition(p);
	}
}

static void parse_tokens(struct parser *p)
{
	p->operators = count_operators(p->tokens);
	if (peek(p)->type == TOK_END)
		parse_fail(p, "The expression can not be empty;");
	else if (check_operators(p))
		p->tree->root = parse_root(p);
	if (!parse_failed(p) && peek(p)->type != TOK_END)
		parse_unexpected(p);
	if (!parse_failed(p))
		check_operators(p);
}

enum status tree_parse(enum expr_kind kind, struct slice text, struct tree **ret, struct err *err)
{
	struct parser p = {.kind = kind, .err = err};
	struct buf tokens = BUF_INIT;
	struct slice copy;
	if (!check_size(&p, text))
		return p.status;
	/* The tokens shall lie in the tree's copy of the text, whose place depends on how many they are. */
	lex_expression(text, &tokens);
	p.tree = tree_new(kind, tokens.len / sizeof(struct token), text, &copy);
	buf_reset(&tokens);
	lex_expression(copy, &tokens);
	p.tokens = (const struct token *)(const void *)tokens.ptr;
	parse_tokens(&p);
	buf_finish(&tokens);
	if (parse_failed(&p))
		tree_unref(p.tree);
	else
		*ret = p.tree;
	return p.status;
}
