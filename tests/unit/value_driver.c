/**
 * Numbers, items and JSON at the other end of a pipe, for test_value_properties.py: one request a line, one answer a line.
 *
 *   number TEXT            ok HEX-ENCODING CANONICAL PLAIN DIGITS SIZE
 *   add A B, sub A B       ok CANONICAL
 *   read FORM HEX-TEXT     ok HEX-ITEM SIZE        FORM: natural, typed
 *   write FORM STYLE HEX-ITEM    ok HEX-TEXT       STYLE: line, pretty; the item is checked with item_valid(), the length as promised
 *   scan CHUNK HEX-TEXT    ok more|done|bad        fed CHUNK bytes at a time
 * Anything refused: error TEXT.
 */
#include "engine/item.h"
#include "engine/json.h"
#include "engine/number.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static int nibble(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static void unhex(const char *hex, struct buf *out)
{
	buf_reset(out);
	for (; hex[0] && hex[1]; hex += 2)
		buf_add_byte(out, (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
}

static void print_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		printf("%02x", s.ptr[i]);
}

static void refuse(const struct err *err)
{
	/* Messages may quote what was refused; the answer stays one line. */
	printf("error ");
	for (const char *p = err->text; *p; p++)
		putchar((unsigned char)*p < 0x20 ? '?' : *p);
	printf("\n");
}

static void do_number(const char *text)
{
	struct number n;
	struct err err;
	char canonical[NUMBER_TEXT_MAX], plain[NUMBER_TEXT_MAX];
	if (number_parse(slice_str(text), &n, &err) != ST_OK) {
		refuse(&err);
		return;
	}
	assert(number_valid(number_slice(&n)));
	number_format(number_slice(&n), canonical);
	number_format_plain(number_slice(&n), plain);
	printf("ok ");
	print_hex(number_slice(&n));
	printf(" %s %s %u %zu\n", canonical, plain, number_digits(number_slice(&n)), number_size(number_slice(&n)));
}

static void do_sum(const char *what, const char *a, const char *b)
{
	struct number na, nb, sum;
	struct err err;
	char text[NUMBER_TEXT_MAX];
	bool good = number_parse(slice_str(a), &na, &err) == ST_OK && number_parse(slice_str(b), &nb, &err) == ST_OK;
	if (good)
		good = (*what == 'a' ? number_add : number_sub)(number_slice(&na), number_slice(&nb), &sum, &err) == ST_OK;
	if (!good) {
		refuse(&err);
		return;
	}
	assert(number_valid(number_slice(&sum)));
	number_format(number_slice(&sum), text);
	printf("ok %s\n", text);
}

static enum json_form form_of(const char *word)
{
	return *word == 't' ? JSON_TYPED : JSON_NATURAL;
}

static void do_read(const char *form, const char *hex)
{
	struct buf text = BUF_INIT, item = BUF_INIT;
	struct err err;
	unhex(hex, &text);
	if (json_read_item(buf_slice(&text), form_of(form), &item, &err) != ST_OK) {
		refuse(&err);
	} else {
		assert(item_valid(buf_slice(&item)));
		printf("ok ");
		print_hex(buf_slice(&item));
		printf(" %zu\n", item_size(buf_slice(&item)));
	}
	buf_finish(&text);
	buf_finish(&item);
}

static void do_write(const char *form, const char *style_word, const char *hex)
{
	struct buf text = BUF_INIT, item = BUF_INIT;
	struct json_style style = {.form = form_of(form), .line = *style_word == 'l'};
	unhex(hex, &item);
	if (!item_valid(buf_slice(&item))) {
		printf("error not an item\n");
	} else {
		json_write_item(buf_slice(&item), &style, &text);
		assert(json_item_length(buf_slice(&item), &style) == text.len);
		printf("ok ");
		print_hex(buf_slice(&text));
		printf("\n");
	}
	buf_finish(&text);
	buf_finish(&item);
}

static void do_scan(const char *chunk_word, const char *hex)
{
	static const char *const names[] = {[JSON_SCAN_MORE] = "more", [JSON_SCAN_DONE] = "done", [JSON_SCAN_BAD] = "bad"};
	struct buf text = BUF_INIT;
	struct json_scan scan;
	struct err err;
	size_t chunk = strtoul(chunk_word, NULL, 10);
	unhex(hex, &text);
	json_scan_init(&scan);
	for (size_t i = 0; i < text.len; i += chunk)
		json_scan(&scan, slice_of(text.ptr + i, text.len - i < chunk ? text.len - i : chunk), &err);
	printf("ok %s\n", names[scan.state]);
	buf_finish(&text);
}

/** Cuts the line into words at single spaces; words that are missing are empty. */
static void split(char *line, char *words[4])
{
	for (int i = 0; i < 4; i++) {
		words[i] = line;
		char *space = i < 3 ? strchr(line, ' ') : NULL;
		line = space ? space + 1 : line + strlen(line);
		if (space)
			*space = 0;
	}
}

static void answer(char *line)
{
	char *w[4];
	split(line, w);
	if (strcmp(w[0], "number") == 0)
		do_number(w[1]);
	else if (strcmp(w[0], "add") == 0 || strcmp(w[0], "sub") == 0)
		do_sum(w[0], w[1], w[2]);
	else if (strcmp(w[0], "read") == 0)
		do_read(w[1], w[2]);
	else if (strcmp(w[0], "write") == 0)
		do_write(w[1], w[2], w[3]);
	else if (strcmp(w[0], "scan") == 0)
		do_scan(w[1], w[2]);
	else
		printf("error no such request\n");
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		line[n - (line[n - 1] == '\n')] = 0;
		answer(line);
	}
	free(line);
	return 0;
}
