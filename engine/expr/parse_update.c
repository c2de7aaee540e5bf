#include "engine/expr/parser.h"

static const struct section {
	const char *keyword;
	enum node_type type;
} sections[] = {{"SET", NODE_SET}, {"REMOVE", NODE_REMOVE}, {"ADD", NODE_ADD}, {"DELETE", NODE_DELETE}};

#define SECTIONS (sizeof sections / sizeof *sections)

/* Values of SET */

static struct node *parse_sum(struct parser *p);

/** What a sum and a call are made of. */
static struct node *parse_operand(struct parser *p)
{
	if (parse_failed(p))
		return NULL;
	if (parse_try(p, TOK_OPEN))
		return parse_open(p) ? parse_close(p, parse_sum(p)) : NULL;
	if (peek(p)->type == TOK_VALUE)
		return parse_value(p);
	return parse_call_is_next(p) ? parse_call(p, parse_operand) : parse_path(p);
}

/** One operand, or two with one '+' or '-' between them: more than one the grammar does not have. */
static struct node *parse_sum(struct parser *p)
{
	struct node *left = parse_operand(p);
	if (!left)
		return NULL;
	enum token_type t = peek(p)->type;
	if (t != TOK_PLUS && t != TOK_MINUS)
		return left;
	p->at++;
	struct node *right = parse_operand(p);
	return right ? tree_node_of(p->tree, t == TOK_PLUS ? NODE_PLUS : NODE_MINUS, left, right) : NULL;
}

/* Actions */

static struct node *parse_action(struct parser *p, enum node_type type)
{
	struct node *path = parse_path(p);
	if (!path)
		return NULL;
	struct node *action = tree_node_of(p->tree, type, path, NULL);
	if (type == NODE_REMOVE || type == NODE_ADD || type == NODE_DELETE)
		p->operators++;
	if (type == NODE_SET)
		path->next = parse_take(p, TOK_EQ) ? parse_sum(p) : NULL;
	else if (type != NODE_REMOVE)
		path->next = parse_value(p);
	return parse_failed(p) ? NULL : action;
}

static const struct section *section_of(const struct parser *p)
{
	for (size_t i = 0; i < SECTIONS && peek(p)->type == TOK_WORD; i++)
		if (lex_is_keyword(peek(p)->text, sections[i].keyword))
			return &sections[i];
	return NULL;
}

/** The actions of one section, put where *end points; *end then points behind the last. */
static bool parse_section(struct parser *p, const struct section *s, struct node ***end)
{
	p->at++;
	do {
		struct node *action = parse_action(p, s->type);
		if (!action)
			return false;
		**end = action;
		*end = &action->next;
	} while (parse_try(p, TOK_COMMA));
	return true;
}

struct node *parse_update(struct parser *p)
{
	struct node *first = NULL, **end = &first;
	bool seen[SECTIONS] = {false};
	do {
		const struct section *s = section_of(p);
		if (!s)
			return parse_unexpected(p);
		if (seen[s - sections])
			return parse_fail(p, "The \"%s\" section can only be used once in an update expression;", s->keyword);
		seen[s - sections] = true;
		if (!parse_section(p, s, &end))
			return NULL;
	} while (peek(p)->type != TOK_END);
	return first;
}
