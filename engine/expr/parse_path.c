#include "engine/expr/parser.h"

#include "engine/value/utf8.h"

/** A list has at most as many elements as an item has bytes; an index of more digits is a slip of the pen. */
#define INDEX_DIGITS_MAX 9

static bool name_elem(struct parser *p)
{
	struct slice word = peek(p)->text;
	if (is_reserved(word))
		return parse_fail(p, "Attribute name is a reserved keyword; reserved keyword: %.*s", SLICE_ARG(word));
	tree_elem(p->tree, ELEM_NAME)->name = word;
	p->at++;
	return true;
}

static bool slot_elem(struct parser *p)
{
	uint32_t slot = (uint32_t)p->tree->name_count++;
	p->tree->names[slot] = peek(p)->text;
	tree_elem(p->tree, ELEM_SLOT)->number = slot;
	p->at++;
	return true;
}

/** A keyword such as AND or IN where a name should be: it is reserved, but only when it cannot be meant as the keyword. */
static bool is_keyword_for_name(const struct parser *p)
{
	return peek(p)->type >= TOK_AND && (p->kind == EXPR_PROJECTION || p->kind == EXPR_UPDATE);
}

static bool named_elem(struct parser *p)
{
	if (parse_failed(p))
		return false;
	if (peek(p)->type == TOK_NAME)
		return slot_elem(p);
	if (peek(p)->type == TOK_WORD || is_keyword_for_name(p))
		return name_elem(p);
	return parse_unexpected(p);
}

static bool index_elem(struct parser *p)
{
	if (peek(p)->type != TOK_INDEX)
		return parse_unexpected(p);
	struct slice digits = peek(p)->text;
	uint32_t index = 0;
	if (digits.len > INDEX_DIGITS_MAX)
		return parse_fail(p, "List index is not within the allowable range; index: [%.*s]", utf8_cut(digits, 80),
			(const char *)digits.ptr);
	for (size_t i = 0; i < digits.len; i++)
		index = index * 10 + (digits.ptr[i] - '0');
	tree_elem(p->tree, ELEM_INDEX)->number = index;
	p->at++;
	return parse_take(p, TOK_CLOSE_INDEX);
}

struct node *parse_path(struct parser *p)
{
	size_t from = p->tree->elem_count;
	bool more = named_elem(p);
	while (more) {
		if (parse_try(p, TOK_DOT))
			named_elem(p);
		else if (parse_try(p, TOK_OPEN_INDEX))
			index_elem(p);
		else
			more = false;
		more = more && !parse_failed(p);
	}
	if (parse_failed(p))
		return NULL;
	size_t len = p->tree->elem_count - from;
	if (len > LIMIT_EXPR_PATH)
		return parse_fail(p, "The document path has too many nesting elements; number of elements: %zu", len);
	struct node *n = tree_node(p->tree, NODE_PATH);
	n->path = &p->tree->elems[from];
	n->path_len = (uint32_t)len;
	return n;
}

struct node *parse_value(struct parser *p)
{
	if (parse_failed(p) || peek(p)->type != TOK_VALUE)
		return parse_unexpected(p);
	struct node *n = tree_node(p->tree, NODE_VALUE);
	n->slot = (uint32_t)p->tree->value_count++;
	p->tree->values[n->slot] = peek(p)->text;
	p->at++;
	return n;
}

struct node *parse_projection(struct parser *p)
{
	struct node *first = parse_path(p), *last = first;
	while (last && parse_try(p, TOK_COMMA)) {
		last->next = parse_path(p);
		last = last->next;
	}
	return parse_failed(p) ? NULL : first;
}
