#include "engine/expr/partiql_parser.h"

#include "engine/expr/lexer.h"
#include "engine/number.h"
#include "engine/value/codec.h"

#include <stdlib.h>

static const struct {
	const char *word;
	enum value_type type;
} constants[] = {{"TRUE", VALUE_TRUE}, {"FALSE", VALUE_FALSE}, {"NULL", VALUE_NULL}};

static enum value_type constant_type(const struct pq_token *t)
{
	for (size_t i = 0; i < sizeof constants / sizeof *constants && t->type == PQ_WORD; i++)
		if (lex_is_keyword(t->text, constants[i].word))
			return constants[i].type;
	return VALUE_NONE;
}

bool pq_value_is_next(const struct pq_parser *p)
{
	switch (pq_peek(p)->type) {
	case PQ_STRING:
	case PQ_NUMBER:
	case PQ_PARAMETER:
	case PQ_PLUS:
	case PQ_MINUS:
	case PQ_OPEN_LIST:
	case PQ_OPEN_TUPLE:
	case PQ_OPEN_BAG:
		return true;
	default:
		return constant_type(pq_peek(p)) != VALUE_NONE;
	}
}

/* Scalars */

static bool number_value(struct pq_parser *p, bool negative, struct value *ret)
{
	struct buf text = BUF_INIT;
	struct number n;
	if (pq_peek(p)->type != PQ_NUMBER)
		return pq_unexpected(p);
	buf_add_str(&text, negative ? "-" : "");
	buf_add_slice(&text, pq_peek(p)->text);
	p->status = number_parse(buf_slice(&text), &n, p->err);
	buf_finish(&text);
	if (pq_failed(p))
		return false;
	struct buf *bytes = pq_memory(p);
	buf_add_slice(bytes, number_slice(&n));
	*ret = (struct value){.type = VALUE_N, .body = buf_slice(bytes)};
	p->at++;
	return true;
}

static bool parameter_value(struct pq_parser *p, struct value *ret)
{
	if (p->parameters_used == p->parameter_count)
		return pq_fail(p, "Number of parameters in request and statement don't match.");
	*ret = p->parameters[p->parameters_used++];
	p->at++;
	return true;
}

/* Containers: each is built in a buffer that lives as long as the statement */

static bool value_at(struct pq_parser *p, unsigned depth, struct value *ret);

static bool list_value(struct pq_parser *p, unsigned depth, struct value *ret)
{
	struct buf *bytes = pq_memory(p);
	uint32_t count = 0;
	struct value v;
	while (pq_peek(p)->type != PQ_CLOSE_LIST) {
		if ((count > 0 && !pq_take(p, PQ_COMMA)) || !value_at(p, depth, &v))
			return false;
		value_encode(v, bytes);
		count++;
	}
	p->at++;
	*ret = (struct value){.type = VALUE_L, .body = buf_slice(bytes), .count = count};
	return true;
}

/** The name of a tuple's attribute. */
static bool entry_name(struct pq_parser *p, struct slice *ret)
{
	const struct pq_token *t = pq_peek(p);
	if (t->type != PQ_STRING && t->type != PQ_NAME)
		return pq_unexpected(p);
	*ret = pq_unquote(p, t);
	p->at++;
	return pq_take(p, PQ_COLON);
}

static bool tuple_entries(struct pq_parser *p, unsigned depth, struct item_builder *b)
{
	struct slice name;
	struct value v;
	while (pq_peek(p)->type != PQ_CLOSE_TUPLE) {
		if (b->index.len > 0 && !pq_take(p, PQ_COMMA))
			return false;
		if (!entry_name(p, &name) || !value_at(p, depth, &v))
			return false;
		item_add(b, name, v);
	}
	p->at++;
	return true;
}

static bool tuple_value(struct pq_parser *p, unsigned depth, struct value *ret)
{
	struct item_builder b;
	struct buf *item = pq_memory(p);
	item_builder_init(&b);
	if (tuple_entries(p, depth, &b))
		p->status = item_builder_end(&b, item, p->err);
	item_builder_finish(&b);
	if (pq_failed(p))
		return false;
	*ret = item_value(buf_slice(item));
	return true;
}

#define INVALID "One or more parameter values were invalid: "

/** Which set has members of this type. */
static enum value_type set_of(enum value_type member)
{
	switch (member) {
	case VALUE_S:
		return VALUE_SS;
	case VALUE_N:
		return VALUE_NS;
	case VALUE_B:
		return VALUE_BS;
	default:
		return VALUE_NONE;
	}
}

static bool is_container(enum pq_token_type t)
{
	return t == PQ_OPEN_LIST || t == PQ_OPEN_TUPLE || t == PQ_OPEN_BAG;
}

static bool set_members(struct pq_parser *p, struct buf *bytes, struct buf *entries, enum value_type *ret_type)
{
	struct value v = {.type = VALUE_NONE};
	*ret_type = VALUE_NONE;
	for (uint32_t count = 0; pq_peek(p)->type != PQ_CLOSE_BAG; count++) {
		if (count > 0 && !pq_take(p, PQ_COMMA))
			return false;
		if (is_container(pq_peek(p)->type))
			v.type = VALUE_NONE;
		else if (!value_at(p, LIMIT_NESTING, &v))
			return false;
		enum value_type type = set_of(v.type);
		if (type == VALUE_NONE || (count > 0 && type != *ret_type))
			return pq_fail(p, INVALID "the members of a set are strings, numbers or binary, all of one type");
		*ret_type = type;
		struct entry e = {.at = (uint32_t)bytes->len, .pos = count};
		bytes_put(bytes, v.body);
		e.len = (uint32_t)bytes->len - e.at;
		buf_add(entries, &e, sizeof e);
	}
	p->at++;
	return true;
}

static bool set_value(struct pq_parser *p, struct value *ret)
{
	struct buf *bytes = pq_memory(p), entries = BUF_INIT;
	enum value_type type;
	bool good = set_members(p, bytes, &entries, &type);
	size_t n = entries.len / sizeof(struct entry);
	if (good && n == 0)
		good = pq_fail(p, INVALID "An string set may not be empty");
	if (good && entries_sort(bytes, (struct entry *)(void *)entries.ptr, n))
		good = pq_fail(p, INVALID "Input collection contains duplicates.");
	buf_finish(&entries);
	if (good)
		*ret = (struct value){.type = type, .body = buf_slice(bytes), .count = (uint32_t)n};
	return good;
}

static bool container_value(struct pq_parser *p, unsigned depth, struct value *ret)
{
	enum pq_token_type type = pq_peek(p)->type;
	p->at++;
	if (type == PQ_OPEN_BAG) /* no container lies in it */
		return set_value(p, ret);
	if (depth == 0)
		return pq_fail(p, "Nesting Levels have exceeded supported limits");
	return type == PQ_OPEN_LIST ? list_value(p, depth - 1, ret) : tuple_value(p, depth - 1, ret);
}

/** Containers around what is deepest inside `v`, itself counted; a parameter may bring as many as an item can have. */
static unsigned nesting(struct value v, unsigned limit)
{
	struct value_iter it = value_iter(v);
	struct slice name;
	struct value entry;
	unsigned deepest = 0;
	if (v.type != VALUE_L && v.type != VALUE_M)
		return 0;
	if (limit == 0)
		return 1;
	while (value_next(&it, &name, &entry)) {
		unsigned n = nesting(entry, limit - 1);
		deepest = n > deepest ? n : deepest;
	}
	return deepest + 1;
}

static bool string_value(struct pq_parser *p, struct value *ret)
{
	*ret = (struct value){.type = VALUE_S, .body = pq_unquote(p, pq_peek(p))};
	p->at++;
	return true;
}

/** `depth`: how many containers deep it may be. */
static bool value_at(struct pq_parser *p, unsigned depth, struct value *ret)
{
	const struct pq_token *t = pq_peek(p);
	if (pq_failed(p) || !pq_value_is_next(p))
		return pq_unexpected(p);
	switch (t->type) {
	case PQ_STRING:
		return string_value(p, ret);
	case PQ_PARAMETER:
		if (!parameter_value(p, ret))
			return false;
		return nesting(*ret, depth) <= depth || pq_fail(p, "Nesting Levels have exceeded supported limits");
	case PQ_PLUS:
	case PQ_MINUS:
		p->at++;
		return number_value(p, t->type == PQ_MINUS, ret);
	case PQ_NUMBER:
		return number_value(p, false, ret);
	case PQ_WORD:
		*ret = (struct value){.type = constant_type(t)};
		p->at++;
		return true;
	default:
		return container_value(p, depth, ret);
	}
}

bool pq_item(struct pq_parser *p, struct value *ret)
{
	return value_at(p, LIMIT_NESTING + 1, ret);
}

struct node *pq_value_node(struct pq_parser *p)
{
	struct value v;
	return value_at(p, LIMIT_NESTING, &v) ? pq_slot(p, v) : NULL;
}
