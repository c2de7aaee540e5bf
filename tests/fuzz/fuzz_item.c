/** Any bytes as an item: no function crashes; a valid item survives both forms of JSON, and changes to it leave it valid. */
#include "engine/item.h"
#include "engine/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void walk(struct value v, unsigned depth)
{
	struct value_iter it = value_iter(v);
	struct slice name;
	struct value entry;
	while (depth < 40 && value_next(&it, &name, &entry)) {
		walk(entry, depth + 1);
		value_eq(entry, v);
	}
}

static void check_form(struct slice item, const struct json_style *style)
{
	struct buf text = BUF_INIT, back = BUF_INIT;
	json_write_item(item, style, &text);
	REQUIRE(text.len == json_item_length(item, style));
	REQUIRE(json_read_item(buf_slice(&text), style->form, &back, NULL) == ST_OK);
	REQUIRE(slice_eq(buf_slice(&back), item));
	buf_finish(&text);
	buf_finish(&back);
}

static void check_changes(struct slice item, struct slice name)
{
	struct buf with = BUF_INIT, without = BUF_INIT;
	struct value mark = {.type = VALUE_S, .body = SLICE_LIT("mark")};
	item_with(item, name, mark, &with);
	REQUIRE(item_valid(buf_slice(&with)) && value_eq(item_get(buf_slice(&with), name), mark));
	item_without(buf_slice(&with), name, &without);
	REQUIRE(item_valid(buf_slice(&without)) && item_get(buf_slice(&without), name).type == VALUE_NONE);
	struct value old = item_get(item, name);
	REQUIRE(old.type != VALUE_NONE || slice_eq(buf_slice(&without), item));
	buf_finish(&with);
	buf_finish(&without);
}

/** What a careless caller might do with damaged bytes. */
static void use_anyhow(struct slice item)
{
	struct json_style style = {.first = {SLICE_LIT("a"), SLICE_LIT("b")}};
	struct buf out = BUF_INIT;
	item_size(item);
	item_get(item, SLICE_LIT("id"));
	walk(item_value(item), 0);
	json_write_item(item, &style, &out);
	REQUIRE(out.len == json_item_length(item, &style));
	item_with(item, SLICE_LIT("id"), (struct value){.type = VALUE_TRUE}, &out);
	item_without(item, SLICE_LIT("id"), &out);
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice item = slice_of(data, size);
	const struct json_style styles[] = {
		{.form = JSON_NATURAL, .first = {SLICE_LIT("b"), SLICE_LIT("a")}},
		{.form = JSON_NATURAL, .line = true},
		{.form = JSON_TYPED},
		{.form = JSON_TYPED, .line = true, .first = {SLICE_LIT("b")}},
	};
	use_anyhow(item);
	if (!item_valid(item))
		return 0;
	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
		check_form(item, &styles[i]);
	check_changes(item, SLICE_LIT("a"));
	check_changes(item, SLICE_LIT("zz"));
	return 0;
}
