/** JSON text in both forms: what is taken is a valid item whose canonical text reads back as the same item. */
#include "engine/item.h"
#include "engine/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void check_written(struct slice item, enum json_form form)
{
	struct json_style style = {.form = form};
	struct buf text = BUF_INIT, back = BUF_INIT;
	json_write_item(item, &style, &text);
	REQUIRE(text.len == json_item_length(item, &style));
	REQUIRE(json_read_item(buf_slice(&text), form, &back, NULL) == ST_OK);
	REQUIRE(slice_eq(buf_slice(&back), item));
	buf_finish(&text);
	buf_finish(&back);
}

static void check_form(struct slice text, enum json_form form)
{
	struct buf out = BUF_INIT;
	struct err err = {0};
	buf_add_str(&out, "kept");
	enum status st = json_read_item(text, form, &out, &err);
	REQUIRE(out.len >= 4 && memcmp(out.ptr, "kept", 4) == 0);
	if (st != ST_OK) {
		REQUIRE(out.len == 4 && err.code == st && (st == ST_SYNTAX || st == ST_VALIDATION));
		REQUIRE(strncmp(err.text, "line ", 5) == 0);
	} else {
		struct slice item = slice_from(buf_slice(&out), 4);
		REQUIRE(item_valid(item));
		check_written(item, JSON_NATURAL);
		check_written(item, JSON_TYPED);
	}
	buf_resize(&out, 4);
	if (json_read_value(text, form, &out, &err) != ST_OK)
		REQUIRE(out.len == 4);
	buf_finish(&out);
}

/** As the API brings it: messages have no place, and what is taken is an item. Any bytes can be walked. */
static void check_api(struct slice text)
{
	struct buf out = BUF_INIT;
	struct err err = {0};
	struct slice rest = text, name, value;
	enum status st = json_read_item(text, JSON_API, &out, &err);
	REQUIRE(st == ST_OK ? item_valid(buf_slice(&out)) : out.len == 0 && err.code == st && err.text[0]);
	if (st == ST_OK)
		check_written(buf_slice(&out), JSON_TYPED);
	for (size_t left = text.len + 1; left > 0 && json_next(&rest, &name, &value); left--)
		REQUIRE(value.ptr >= text.ptr && value.ptr + value.len <= text.ptr + text.len);
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf quoted = BUF_INIT, value = BUF_INIT;
	check_form(slice_of(data, size), JSON_NATURAL);
	check_form(slice_of(data, size), JSON_TYPED);
	check_api(slice_of(data, size));
	json_write_string(slice_of(data, size), &quoted);
	REQUIRE(json_read_value(buf_slice(&quoted), JSON_NATURAL, &value, NULL) == ST_OK);
	buf_finish(&quoted);
	buf_finish(&value);
	return 0;
}
