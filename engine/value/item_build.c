#include "engine/value/codec.h"
#include "engine/value/utf8.h"

#include <stdlib.h>

void bytes_put(struct buf *out, struct slice bytes)
{
	uint8_t *to = buf_reserve(out, VARINT_MAX + bytes.len);
	size_t n = varint_put(to, bytes.len);
	if (bytes.len)
		memcpy(to + n, bytes.ptr, bytes.len);
	buf_added(out, n + bytes.len);
}

void container_close(struct buf *out, size_t from, size_t count)
{
	uint8_t header[2 * VARINT_MAX], number[VARINT_MAX];
	size_t count_len = varint_put(number, count);
	size_t n = varint_put(header, out->len - from + count_len);
	memcpy(header + n, number, count_len);
	buf_insert(out, from, header, n + count_len);
}

void value_encode(struct value v, struct buf *out)
{
	buf_add_byte(out, (uint8_t)v.type);
	if (v.type == VALUE_TRUE || v.type == VALUE_FALSE || v.type == VALUE_NULL)
		return;
	if (!type_is_container(v.type)) {
		bytes_put(out, v.body);
		return;
	}
	size_t from = out->len;
	buf_add_slice(out, v.body);
	container_close(out, from, v.count);
}

/* Sorting */

static struct slice entry_order(const uint8_t *data, const struct entry *e)
{
	struct slice s = slice_of(data + e->at, e->len), order = {0};
	bytes_get(&s, &order);
	return order;
}

static int entry_cmp(const void *a, const void *b, void *data)
{
	const struct entry *ea = a, *eb = b;
	int c = slice_cmp(entry_order(data, ea), entry_order(data, eb));
	return c ? c : (ea->pos > eb->pos) - (ea->pos < eb->pos);
}

static bool is_rising(const uint8_t *data, const struct entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (slice_cmp(entry_order(data, &e[i - 1]), entry_order(data, &e[i])) >= 0)
			return false;
	return true;
}

/** Most maps are small and nearly in order (all but the key attributes): there this beats qsort_r(). */
static void insertion_sort(uint8_t *data, struct entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry moving = e[i];
		size_t j = i;
		for (; j > 0 && entry_cmp(&e[j - 1], &moving, data) > 0; j--)
			e[j] = e[j - 1];
		e[j] = moving;
	}
}

/** Copies the entries in their new order behind the data, and back over the old ones. */
static void move_entries(struct buf *data, const struct entry *e, size_t n, size_t from)
{
	size_t total = data->len - from;
	uint8_t *to = buf_reserve(data, total), *start = to;
	for (size_t i = 0; i < n; i++) {
		memcpy(to, data->ptr + e[i].at, e[i].len);
		to += e[i].len;
	}
	memcpy(data->ptr + from, start, total);
	data->ptr[data->len] = 0;
}

const struct entry *entries_sort(struct buf *data, struct entry *e, size_t n)
{
	if (n < 2 || is_rising(data->ptr, e, n))
		return NULL;
	size_t from = e[0].at;
	if (n <= 32)
		insertion_sort(data->ptr, e, n);
	else
		qsort_r(e, n, sizeof *e, entry_cmp, data->ptr);
	for (size_t i = 1; i < n; i++)
		if (slice_eq(entry_order(data->ptr, &e[i - 1]), entry_order(data->ptr, &e[i])))
			return &e[i];
	move_entries(data, e, n, from);
	return NULL;
}

/* Building */

void item_builder_init(struct item_builder *b)
{
	*b = (struct item_builder){BUF_INIT, BUF_INIT};
}

void item_builder_finish(struct item_builder *b)
{
	buf_finish(&b->entries);
	buf_finish(&b->index);
}

void item_add(struct item_builder *b, struct slice name, struct value v)
{
	uint32_t at = (uint32_t)b->entries.len;
	buf_add(&b->index, &at, sizeof at);
	bytes_put(&b->entries, name);
	value_encode(v, &b->entries);
}

enum status item_check_name(struct slice name, struct err *err)
{
	if (name.len == 0)
		return err_set(err, ST_VALIDATION, "One or more parameter values were invalid: Empty attribute name");
	if (name.len > LIMIT_ATTR_NAME)
		return err_set(err, ST_VALIDATION,
			"1 validation error detected: Attribute name is too large, must be less than %d bytes",
			LIMIT_ATTR_NAME + 1);
	return ST_OK;
}

static enum status index_entries(const struct item_builder *b, struct entry *e, size_t n, struct err *err)
{
	const uint32_t *at = (const uint32_t *)(const void *)b->index.ptr;
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		size_t end = i + 1 < n ? at[i + 1] : b->entries.len;
		e[i] = (struct entry){.at = at[i], .len = (uint32_t)(end - at[i]), .pos = (uint32_t)i};
		st = item_check_name(entry_order(b->entries.ptr, &e[i]), err);
	}
	return st;
}

enum status item_builder_end(struct item_builder *b, struct buf *out, struct err *err)
{
	size_t n = b->index.len / sizeof(uint32_t);
	struct entry *e = xcalloc(n, sizeof *e);
	enum status st = index_entries(b, e, n, err);
	const struct entry *twice = st == ST_OK ? entries_sort(&b->entries, e, n) : NULL;
	if (twice) {
		struct slice name = entry_order(b->entries.ptr, twice);
		st = err_set(err, ST_VALIDATION, "One or more parameter values were invalid: the attribute %.*s is there twice",
			utf8_cut(name, 200), (const char *)name.ptr);
	}
	if (st == ST_OK) {
		buf_add_varint(out, n);
		buf_add_slice(out, buf_slice(&b->entries));
	}
	free(e);
	/* The index no longer fits the sorted entries: the builder starts anew. */
	buf_reset(&b->entries);
	buf_reset(&b->index);
	return st;
}

/** Where in the entries `name` stands, or would stand. */
struct place {
	size_t before, after; /* bytes in front of it; bytes up to what follows it */
	bool found;
};

static struct place find_place(struct value top, struct slice name)
{
	struct place at = {0};
	struct slice here, rest = top.body;
	struct value v;
	for (uint32_t left = top.count; left > 0; left--) {
		if (!bytes_get(&rest, &here) || !value_get(&rest, &v))
			break;
		int c = slice_cmp(here, name);
		at.after = (size_t)(rest.ptr - top.body.ptr);
		if (c < 0)
			at.before = at.after;
		if (c >= 0) {
			at.found = c == 0;
			break;
		}
	}
	if (!at.found)
		at.after = at.before;
	return at;
}

static void splice(struct slice item, struct slice name, const struct value *v, struct buf *out)
{
	struct value top = item_value(item);
	struct place at = find_place(top, name);
	buf_reserve(out, item.len + name.len + (v ? v->body.len : 0) + 32);
	buf_add_varint(out, top.count - at.found + (v != NULL));
	buf_add(out, top.body.ptr, at.before);
	if (v) {
		bytes_put(out, name);
		value_encode(*v, out);
	}
	buf_add_slice(out, slice_from(top.body, at.after));
}

void item_with(struct slice item, struct slice name, struct value v, struct buf *out)
{
	splice(item, name, &v, out);
}

void item_without(struct slice item, struct slice name, struct buf *out)
{
	splice(item, name, NULL, out);
}
