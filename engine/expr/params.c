#include "engine/expr/params.h"

#include "engine/expr/lexer.h"
#include "engine/value/utf8.h"

#include <stdlib.h>

struct param {
	struct slice sign;
	struct value v;
	bool used;
};

struct param_list {
	struct param *params; /* in the order of placeholders, as items have it */
	size_t count;
};

struct expr_params {
	struct param_list names, values;
	size_t expressions; /* parsed so far */
};

#define NAMES "ExpressionAttributeNames"
#define VALUES "ExpressionAttributeValues"

static enum status check_placeholder(const char *what, char mark, struct slice key, struct err *err)
{
	bool good = key.len > 1 && key.ptr[0] == mark;
	for (size_t i = 1; i < key.len && good; i++)
		good = lex_is_word(key.ptr[i]);
	if (!good)
		return err_set(err, ST_VALIDATION, "%s contains invalid key: Syntax error; key: \"%.*s\"", what, utf8_cut(key, 255),
			(const char *)key.ptr);
	if (key.len > LIMIT_EXPR_PLACEHOLDER)
		return err_set(err, ST_VALIDATION, "%s contains invalid key: The key is longer than %d bytes; key: \"%.*s\"", what,
			LIMIT_EXPR_PLACEHOLDER, utf8_cut(key, 100), (const char *)key.ptr);
	return ST_OK;
}

static enum status check_name(const struct param *p, struct err *err)
{
	if (p->v.type != VALUE_S)
		return err_set(
			err, ST_VALIDATION, NAMES " contains invalid value: a string is expected for key %.*s", SLICE_ARG(p->sign));
	if (p->v.body.len == 0)
		return err_set(
			err, ST_VALIDATION, NAMES " contains invalid value: Empty attribute name for key %.*s", SLICE_ARG(p->sign));
	return item_check_name(p->v.body, err);
}

static enum status check_param(const struct param *p, bool names, struct err *err)
{
	enum status st = check_placeholder(names ? NAMES : VALUES, names ? '#' : ':', p->sign, err);
	return st == ST_OK && names ? check_name(p, err) : st;
}

static enum status read_params(bool names, struct slice item, struct param_list *list, struct err *err)
{
	struct value all = item_value(item);
	struct value_iter it = value_iter(all);
	struct param p = {0};
	enum status st = ST_OK;
	if (item.len == 0)
		return ST_OK;
	if (all.count == 0)
		return err_set(err, ST_VALIDATION, "%s must not be empty", names ? NAMES : VALUES);
	list->params = xcalloc(all.count, sizeof *list->params);
	while (st == ST_OK && value_next(&it, &p.sign, &p.v)) {
		st = check_param(&p, names, err);
		list->params[list->count++] = p;
	}
	return st;
}

enum status expr_params_new(struct slice names, struct slice values, struct expr_params **ret, struct err *err)
{
	struct expr_params *p = xcalloc(1, sizeof *p);
	enum status st = read_params(true, names, &p->names, err);
	if (st == ST_OK)
		st = read_params(false, values, &p->values, err);
	if (st == ST_OK)
		*ret = p;
	else
		expr_params_free(p);
	return st;
}

void expr_params_free(struct expr_params *p)
{
	if (!p)
		return;
	free(p->names.params);
	free(p->values.params);
	free(p);
}

/* Looking up */

static const struct value *look_up(struct param_list *list, struct slice sign)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct param *p = &list->params[mid];
		int c = slice_cmp(p->sign, sign);
		if (c == 0) {
			p->used = true;
			return &p->v;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct value *params_name(struct expr_params *p, struct slice sign)
{
	return p ? look_up(&p->names, sign) : NULL;
}

const struct value *params_value(struct expr_params *p, struct slice sign)
{
	return p ? look_up(&p->values, sign) : NULL;
}

void params_note(struct expr_params *p)
{
	if (p)
		p->expressions++;
}

/* What was not used */

static enum status check_used(const char *what, const struct param_list *list, struct err *err)
{
	struct buf keys = BUF_INIT;
	for (size_t i = 0; i < list->count; i++) {
		if (list->params[i].used)
			continue;
		buf_add_str(&keys, keys.len ? ", " : "");
		buf_add_slice(&keys, list->params[i].sign);
	}
	enum status st = ST_OK;
	if (keys.len)
		st = err_set(err, ST_VALIDATION, "Value provided in %s unused in expressions: keys: {%s}", what, buf_str(&keys));
	buf_finish(&keys);
	return st;
}

static enum status check_list(
	const struct expr_params *p, const char *what, const struct param_list *list, const char *absent, struct err *err)
{
	if (list->count > 0 && p->expressions == 0)
		return err_set(err, ST_VALIDATION, "%s can only be specified when using expressions: %s", what, absent);
	return check_used(what, list, err);
}

enum status expr_params_check(const struct expr_params *p, const char *absent, struct err *err)
{
	enum status st = check_list(p, NAMES, &p->names, absent, err);
	return st ? st : check_list(p, VALUES, &p->values, absent, err);
}
