/**
 * Expressions at the other end of a pipe, for test_expr_properties.py: one request a line, one answer a line. All words but the first in hex;
 * names is natural JSON, values and items are DynamoDB's JSON; "-" stands for none.
 *
 *   test TEXT NAMES VALUES ITEM      ok true|false
 *   project TEXT NAMES VALUES ITEM   ok ITEM
 *   update TEXT NAMES VALUES ITEM    ok ITEM TOUCHED    TOUCHED: what the update's paths lead to in the new item
 * Anything refused: error TEXT.
 */
#include "engine/expr.h"
#include "engine/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static int nibble(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static void unhex(const char *hex, struct buf *out)
{
	for (; hex[0] && hex[1] && *hex != '-'; hex += 2)
		buf_add_byte(out, (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
}

static void read_item(const char *hex, enum json_form form, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct err err;
	unhex(hex, &text);
	if (text.len > 0 && json_read_item(buf_slice(&text), form, out, &err) != ST_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	buf_finish(&text);
}

static void print_item(struct slice item)
{
	const struct json_style style = {.form = JSON_TYPED, .line = true};
	struct buf text = BUF_INIT;
	assert(item_valid(item));
	json_write_item(item, &style, &text);
	printf(" ");
	for (size_t i = 0; i < text.len; i++)
		printf("%02x", text.ptr[i]);
	buf_finish(&text);
}

static enum status run(const char *what, const struct expr *e, struct slice item, struct err *err)
{
	struct buf out = BUF_INIT, touched = BUF_INIT;
	enum status st = ST_OK;
	if (*what == 't') {
		printf("ok %s\n", expr_test(e, item) ? "true" : "false");
		return ST_OK;
	}
	if (*what == 'p')
		expr_project(e, item, &out);
	else
		st = expr_update(e, item, &out, err);
	if (st == ST_OK) {
		printf("ok");
		print_item(buf_slice(&out));
		if (*what == 'u') {
			expr_project(e, buf_slice(&out), &touched);
			print_item(buf_slice(&touched));
		}
		printf("\n");
	}
	buf_finish(&out);
	buf_finish(&touched);
	return st;
}

static enum expr_kind kind_of(const char *what)
{
	return *what == 't' ? EXPR_CONDITION : *what == 'p' ? EXPR_PROJECTION : EXPR_UPDATE;
}

static void answer(char *const words[5])
{
	struct buf text = BUF_INIT, names = BUF_INIT, values = BUF_INIT, item = BUF_INIT;
	struct expr_params *params = NULL;
	struct expr *e = NULL;
	struct err err = {0};
	unhex(words[1], &text);
	read_item(words[2], JSON_NATURAL, &names);
	read_item(words[3], JSON_TYPED, &values);
	read_item(words[4], JSON_TYPED, &item);
	enum status st = expr_params_new(buf_slice(&names), buf_slice(&values), &params, &err);
	if (st == ST_OK)
		st = expr_parse(kind_of(words[0]), buf_slice(&text), params, &e, &err);
	if (st == ST_OK)
		st = expr_params_check(params, "no expression", &err);
	if (st == ST_OK)
		st = run(words[0], e, buf_slice(&item), &err);
	if (st != ST_OK)
		printf("error %s\n", err.text);
	expr_free(e);
	expr_params_free(params);
	buf_finish(&text);
	buf_finish(&names);
	buf_finish(&values);
	buf_finish(&item);
}

int main(void)
{
	char *line = NULL, *words[5], *rest;
	size_t cap = 0;
	ssize_t n;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		line[n - (line[n - 1] == '\n')] = 0;
		rest = line;
		for (int i = 0; i < 5; i++) {
			words[i] = strsep(&rest, " ");
			if (!words[i])
				words[i] = line + strlen(line);
		}
		answer(words);
	}
	free(line);
	return 0;
}
