#include "src/http/wire_private.h"

void wire_open(struct wire *w)
{
	buf_add_byte(w->call->reply, '{');
	w->comma = false;
}

void wire_close(struct wire *w)
{
	buf_add_byte(w->call->reply, '}');
	w->comma = true;
}

struct buf *wire_member(struct wire *w, const char *name)
{
	struct buf *out = w->call->reply;
	if (w->comma)
		buf_add_byte(out, ',');
	buf_add_byte(out, '"');
	buf_add_str(out, name);
	buf_add(out, "\":", 2);
	w->comma = true;
	return out;
}

void wire_put_item(struct buf *out, struct slice item)
{
	json_write_item(item, &(struct json_style){.form = JSON_TYPED, .line = true}, out);
}

void wire_item(struct wire *w, const char *name, struct slice item)
{
	wire_put_item(wire_member(w, name), item);
}

/* ConsumedCapacity */

struct consumed_list *wire_consumed(struct wire *w, const struct wire_request *r)
{
	w->wants_consumed = wire_is(r, M_RETURN_CONSUMED_CAPACITY, "TOTAL") || wire_is(r, M_RETURN_CONSUMED_CAPACITY, "INDEXES");
	return w->wants_consumed ? &w->consumed : NULL;
}

/** A transaction's units are told apart, too. */
static void put_units(struct buf *out, struct units u, bool transaction)
{
	buf_addf(out, "\"CapacityUnits\":%.1f", u.read + u.write);
	if (transaction && u.read > 0)
		buf_addf(out, ",\"ReadCapacityUnits\":%.1f", u.read);
	if (transaction && u.write > 0)
		buf_addf(out, ",\"WriteCapacityUnits\":%.1f", u.write);
}

static void put_indexes(struct buf *out, const struct consumed *c, bool local, bool transaction)
{
	bool any = false;
	for (size_t i = 0; i < c->index_count; i++) {
		const struct consumed_index *index = &c->indexes[i];
		if (index->local != local)
			continue;
		buf_add_str(out, any ? "," : local ? ",\"LocalSecondaryIndexes\":{" : ",\"GlobalSecondaryIndexes\":{");
		any = true;
		buf_addf(out, "\"%s\":{", index->name);
		put_units(out, index->units, transaction);
		buf_add_byte(out, '}');
	}
	if (any)
		buf_add_byte(out, '}');
}

/** The table as the request calls it. */
static void put_name(struct wire *w, struct buf *out, struct table *t)
{
	const struct wire_named *named = (const struct wire_named *)(const void *)w->named.ptr;
	struct slice name = slice_str(table_name(t));
	for (size_t i = 0; i < w->named.len / sizeof *named; i++)
		if (named[i].table == t)
			name = named[i].name;
	json_write_string(name, out);
}

static void put_consumed(struct wire *w, struct buf *out, const struct consumed *c, bool indexes, bool transaction)
{
	buf_add_str(out, "{\"TableName\":");
	put_name(w, out, c->table);
	buf_add_byte(out, ',');
	put_units(out, consumed_total(c), transaction);
	if (indexes) {
		buf_add_str(out, ",\"Table\":{");
		put_units(out, c->own, transaction);
		buf_add_byte(out, '}');
		put_indexes(out, c, true, transaction);
		put_indexes(out, c, false, transaction);
	}
	buf_add_byte(out, '}');
}

void wire_put_consumed(struct wire *w, const struct wire_request *r, bool list, bool transaction)
{
	bool indexes = wire_is(r, M_RETURN_CONSUMED_CAPACITY, "INDEXES");
	if (!w->wants_consumed || (!list && w->consumed.count == 0))
		return;
	struct buf *out = wire_member(w, "ConsumedCapacity");
	if (list)
		buf_add_byte(out, '[');
	for (size_t i = 0; i < w->consumed.count && (list || i == 0); i++) {
		if (i)
			buf_add_byte(out, ',');
		put_consumed(w, out, &w->consumed.tables[i], indexes, transaction);
	}
	if (list)
		buf_add_byte(out, ']');
}

/* ItemCollectionMetrics */

bool wire_wants_metrics(const struct wire_request *r)
{
	return wire_is(r, M_RETURN_ITEM_COLLECTION_METRICS, "SIZE");
}

void wire_metrics_object(struct buf *out, struct table *t, struct slice key_item, const struct collection *c)
{
	const struct key_attr *pk = &table_schema(t)->pk;
	struct buf key = BUF_INIT;
	uint64_t gb = c->bytes >> 30;
	item_with(slice_of("", 1), slice_str(pk->name), item_get(key_item, slice_str(pk->name)), &key);
	buf_add_str(out, "{\"ItemCollectionKey\":");
	wire_put_item(out, buf_slice(&key));
	buf_addf(out, ",\"SizeEstimateRangeGB\":[%llu.0,%llu.0]}", (unsigned long long)gb, (unsigned long long)gb + 1);
	buf_finish(&key);
}

void wire_put_metrics(struct wire *w, struct table *t, struct slice key_item, const struct collection *c)
{
	if (c->present)
		wire_metrics_object(wire_member(w, "ItemCollectionMetrics"), t, key_item, c);
}

void wire_failed_item(struct wire *w, const struct buf *item)
{
	if (item->len == 0)
		return;
	buf_add_str(w->call->failure, "\"Item\":");
	wire_put_item(w->call->failure, buf_slice(item));
}

/* Writes of one item */

void wire_write_begin(struct wire *w, const struct wire_request *r, struct wire_write *ret)
{
	*ret = (struct wire_write){.returns.consumed = wire_consumed(w, r)};
	if (wire_is(r, M_RETURN_VALUES, "ALL_OLD"))
		ret->returns.old = &ret->attributes;
	if (wire_is(r, M_RETURN_VALUES_ON_FAILURE, "ALL_OLD"))
		ret->returns.failed = &ret->failed;
	if (wire_wants_metrics(r))
		ret->returns.collection = &ret->collection;
}

/** An item of nothing is not shown. */
static bool has_attributes(const struct buf *item)
{
	return item->len > 0 && item_value(buf_slice(item)).count > 0;
}

enum status wire_write_reply(struct wire *w, const struct wire_request *r, struct wire_write *back, struct table *t,
	struct slice key_item, enum status st)
{
	if (st == ST_CONDITION)
		wire_failed_item(w, &back->failed);
	if (!st) {
		wire_open(w);
		if (has_attributes(&back->attributes))
			wire_item(w, "Attributes", buf_slice(&back->attributes));
		wire_put_consumed(w, r, false, false);
		wire_put_metrics(w, t, key_item, &back->collection);
		wire_close(w);
	}
	buf_finish(&back->attributes);
	buf_finish(&back->failed);
	return st;
}
