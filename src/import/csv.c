#include "src/import/csv.h"

#include <stdlib.h>

#include "engine/number.h"
#include "src/words.h"

void csv_finish(struct csv *csv)
{
	for (size_t i = 0; i < csv->count; i++)
		free(csv->columns[i].name);
	free(csv->columns);
	buf_finish(&csv->cells);
	buf_finish(&csv->lengths);
	*csv = (struct csv){0};
}

bool csv_is_open(struct slice text)
{
	bool open = false;
	for (size_t i = 0; i < text.len; i++)
		open ^= text.ptr[i] == '"';
	return open;
}

/** Takes one quoted cell from *at (just after its first quote); false when text follows its last quote. */
static bool take_quoted(struct csv *csv, struct slice text, size_t *at)
{
	size_t i = *at;
	for (; i < text.len; i++) {
		if (text.ptr[i] == '"') {
			if (i + 1 >= text.len || text.ptr[i + 1] != '"')
				break;
			i++;
		}
		buf_add_byte(&csv->cells, text.ptr[i]);
	}
	*at = i < text.len ? i + 1 : i;
	return *at == text.len || text.ptr[*at] == ',';
}

static void take_plain(struct csv *csv, struct slice text, size_t *at)
{
	const uint8_t *from = text.ptr + *at, *comma = memchr(from, ',', text.len - *at);
	size_t n = comma ? (size_t)(comma - from) : text.len - *at;
	buf_add(&csv->cells, from, n);
	*at += n;
}

static enum status split(struct csv *csv, struct slice text, struct err *err)
{
	size_t at = 0;
	bool more = true;
	buf_reset(&csv->cells);
	buf_reset(&csv->lengths);
	if (text.len && text.ptr[text.len - 1] == '\r')
		text.len--;
	while (more) {
		size_t before = csv->cells.len;
		if (at < text.len && text.ptr[at] == '"') {
			at++;
			if (!take_quoted(csv, text, &at))
				return err_set(err, ST_VALIDATION,
					"cell %zu goes on after its closing quote; a quote inside is written twice",
					csv->lengths.len / sizeof before + 1);
		} else if (at < text.len) {
			take_plain(csv, text, &at);
		}
		size_t len = csv->cells.len - before;
		buf_add(&csv->lengths, &len, sizeof len);
		more = at < text.len;
		at++;
	}
	return ST_OK;
}

static size_t cell_count(const struct csv *csv)
{
	return csv->lengths.len / sizeof(size_t);
}

static size_t cell_length(const struct csv *csv, size_t i)
{
	size_t len;
	memcpy(&len, csv->lengths.ptr + i * sizeof len, sizeof len);
	return len;
}

/* The header */

static bool is_listed(const char *numbers, struct slice name)
{
	struct slice word;
	while (numbers && word_next(&numbers, &word))
		if (slice_eq(word, name))
			return true;
	return false;
}

static const struct key_attr *key_column(const struct key_schema *schema, struct slice name)
{
	if (slice_eq_str(name, schema->pk.name))
		return &schema->pk;
	return schema_has_sk(schema) && slice_eq_str(name, schema->sk.name) ? &schema->sk : NULL;
}

static enum status read_column(
	struct csv_column *column, struct slice name, const struct key_schema *schema, const char *numbers, struct err *err)
{
	column->type = VALUE_S;
	if (slice_has_suffix(name, SLICE_LIT(":N")) || slice_has_suffix(name, SLICE_LIT(":S"))) {
		column->type = name.ptr[name.len - 1] == 'N' ? VALUE_N : VALUE_S;
		name.len -= 2;
	} else if (is_listed(numbers, name)) {
		column->type = VALUE_N;
	}
	const struct key_attr *key = key_column(schema, name);
	if (key && key->type == VALUE_B)
		return err_set(
			err, ST_VALIDATION, "the key '%s' is binary, and CSV holds text; import JSON Lines instead", key->name);
	if (key)
		column->type = key->type;
	if (name.len == 0 || memchr(name.ptr, 0, name.len))
		return err_set(err, ST_VALIDATION, "the header has a column without a name");
	column->name = strndup((const char *)name.ptr, name.len);
	return ST_OK;
}

enum status csv_read_header(
	struct csv *csv, struct slice text, const struct key_schema *schema, const char *numbers, struct err *err)
{
	if (slice_has_prefix(text, SLICE_LIT("\xEF\xBB\xBF")))
		text = slice_from(text, 3);
	enum status st = split(csv, text, err);
	if (st != ST_OK)
		return st;
	size_t at = 0;
	csv->columns = xcalloc(cell_count(csv), sizeof *csv->columns);
	for (size_t i = 0; i < cell_count(csv) && st == ST_OK; i++) {
		size_t len = cell_length(csv, i);
		st = read_column(&csv->columns[i], slice_of(csv->cells.ptr + at, len), schema, numbers, err);
		at += len;
		csv->count = i + 1;
	}
	return st;
}

/* Items */

static enum status add_cell(struct item_builder *b, const struct csv_column *column, struct slice cell, struct err *err)
{
	struct number number;
	if (cell.len == 0)
		return ST_OK;
	if (column->type == VALUE_S) {
		item_add(b, slice_str(column->name), (struct value){.type = VALUE_S, .body = cell});
		return ST_OK;
	}
	enum status st = number_parse(cell, &number, err);
	if (st != ST_OK) {
		err_prefix(err, "column '%s'", column->name);
		return st;
	}
	item_add(b, slice_str(column->name), (struct value){.type = VALUE_N, .body = number_slice(&number)});
	return ST_OK;
}

enum status csv_read_item(struct csv *csv, struct slice text, struct buf *item, struct err *err)
{
	struct item_builder b;
	size_t at = 0, before = item->len;
	enum status st = split(csv, text, err);
	if (st != ST_OK)
		return st;
	if (cell_count(csv) != csv->count)
		return err_set(err, ST_VALIDATION, "%zu cells, but the header has %zu", cell_count(csv), csv->count);
	item_builder_init(&b);
	for (size_t i = 0; i < csv->count && st == ST_OK; i++) {
		size_t len = cell_length(csv, i);
		st = add_cell(&b, &csv->columns[i], slice_of(csv->cells.ptr + at, len), err);
		at += len;
	}
	if (st == ST_OK)
		st = item_builder_end(&b, item, err);
	item_builder_finish(&b);
	if (st == ST_OK && !item_valid(slice_from(buf_slice(item), before))) {
		buf_resize(item, before);
		st = err_set(err, ST_VALIDATION, "a cell or a column's name is not UTF-8");
	}
	return st;
}
