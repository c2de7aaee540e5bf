#include "src/import/source.h"

#include "engine/json.h"

static struct slice trim(struct slice s)
{
	while (s.len && memchr(" \t\r\n", s.ptr[s.len - 1], 4))
		s.len--;
	while (s.len && memchr(" \t\r\n", s.ptr[0], 4))
		s = slice_from(s, 1);
	return s;
}

/** Takes `token` and the white space after it off the front of `s`. */
static bool take(struct slice *s, const char *token)
{
	struct slice t = slice_str(token);
	if (!slice_has_prefix(*s, t))
		return false;
	*s = trim(slice_from(*s, t.len));
	return true;
}

/** Exports write {"Item": {...}} a line; what is inside is left, anything else stays as it is and is read, or refused, as a bare item. */
static struct slice unwrap(struct slice text)
{
	struct slice s = trim(text);
	if (!take(&s, "{") || !take(&s, "\"Item\"") || !take(&s, ":"))
		return text;
	if (s.len < 2 || s.ptr[0] != '{' || s.ptr[s.len - 1] != '}')
		return text;
	return slice_of(s.ptr, s.len - 1);
}

static enum status read_typed(struct slice text, struct buf *item, struct err *err)
{
	struct slice inner = unwrap(text);
	enum status st = json_read_item(inner, JSON_TYPED, item, err);
	if (st != ST_OK && inner.len != text.len && json_read_item(text, JSON_TYPED, item, NULL) == ST_OK)
		st = ST_OK; /* an item that has an attribute called Item */
	return st;
}

/* Which format */

bool source_format_parse(const char *word, enum source_format *ret)
{
	static const struct {
		const char *word;
		enum source_format format;
	} formats[] = {{"jsonl", FORMAT_JSONL}, {"ddb-jsonl", FORMAT_DDB_JSONL}, {"csv", FORMAT_CSV}};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].word, word) == 0) {
			*ret = formats[i].format;
			return true;
		}
	return false;
}

/** What can be told before the first line; FORMAT_GUESS: that line decides which JSON it is. */
static enum source_format guess(struct source *s, const char *path)
{
	struct slice name = slice_str(path);
	if (slice_has_suffix(name, SLICE_LIT(".csv")))
		return FORMAT_CSV;
	if (slice_has_suffix(name, SLICE_LIT(".ddb.jsonl")))
		return FORMAT_DDB_JSONL;
	uint8_t first = input_peek(&s->input);
	return first == '{' || first == '[' || first == 0 ? FORMAT_GUESS : FORMAT_CSV;
}

/* Records */

/** The lines of one record. Blank lines between records are passed over. */
static enum input_result read_record(struct source *s, struct record *r, struct err *err)
{
	enum input_result got;
	do {
		buf_reset(&r->text);
		got = input_line(&s->input, JSON_TEXT_MAX, &r->text, err);
		r->line = s->input.line;
	} while (got == INPUT_LINE && trim(buf_slice(&r->text)).len == 0);
	while (got == INPUT_LINE && s->format == FORMAT_CSV && csv_is_open(buf_slice(&r->text))) {
		buf_add_byte(&r->text, '\n');
		got = input_line(
			&s->input, JSON_TEXT_MAX - (r->text.len < JSON_TEXT_MAX ? r->text.len : JSON_TEXT_MAX), &r->text, err);
		if (got == INPUT_END) {
			err_set(err, ST_VALIDATION, "a quoted cell never ends");
			return INPUT_TOO_LONG;
		}
	}
	if (got == INPUT_TOO_LONG)
		err_set(err, ST_VALIDATION, "longer than %u bytes: that is no item", JSON_TEXT_MAX);
	return got;
}

static enum status read_item(struct source *s, struct record *r, struct err *err)
{
	struct slice text = buf_slice(&r->text);
	switch (s->format) {
	case FORMAT_CSV:
		return csv_read_item(&s->csv, text, &r->item, err);
	case FORMAT_DDB_JSONL:
		return read_typed(text, &r->item, err);
	case FORMAT_JSONL:
		return json_read_item(text, JSON_NATURAL, &r->item, err);
	case FORMAT_GUESS:
		break;
	}
	bool typed = read_typed(text, &r->item, NULL) == ST_OK && r->item.len > 0;
	buf_reset(&r->item);
	s->format = typed ? FORMAT_DDB_JSONL : FORMAT_JSONL;
	return typed ? read_typed(text, &r->item, err) : json_read_item(text, JSON_NATURAL, &r->item, err);
}

enum source_result source_next(struct source *s, struct record *r, struct err *err)
{
	buf_reset(&r->item);
	r->file = s->input.name;
	switch (read_record(s, r, err)) {
	case INPUT_END:
		return SOURCE_END;
	case INPUT_FAILED:
		return SOURCE_FAILED;
	case INPUT_TOO_LONG:
		return SOURCE_BAD;
	case INPUT_LINE:
		break;
	}
	return read_item(s, r, err) == ST_OK ? SOURCE_ITEM : SOURCE_BAD;
}

static enum status read_header(struct source *s, struct err *err)
{
	struct record r = {0};
	enum status st = ST_OK;
	switch (read_record(s, &r, err)) {
	case INPUT_LINE:
		st = csv_read_header(&s->csv, buf_slice(&r.text), s->schema, s->numbers, err);
		break;
	case INPUT_END:
		break; /* an empty file holds no items */
	case INPUT_TOO_LONG:
	case INPUT_FAILED:
		st = err->code;
		break;
	}
	if (st != ST_OK)
		err_prefix(err, "%s", s->input.name);
	buf_finish(&r.text);
	return st;
}

enum status source_open(struct source *s, const char *path, enum source_format format, const struct key_schema *schema,
	const char *numbers, struct err *err)
{
	*s = (struct source){.format = format, .schema = schema, .numbers = numbers};
	enum status st = input_open(&s->input, path, err);
	if (st != ST_OK)
		return st;
	if (format == FORMAT_GUESS)
		s->format = guess(s, path);
	if (s->format == FORMAT_CSV)
		st = read_header(s, err);
	if (st != ST_OK)
		source_close(s);
	return st;
}

void source_close(struct source *s)
{
	input_close(&s->input);
	csv_finish(&s->csv);
}
