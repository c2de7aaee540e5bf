#include "engine/op_batch.h"
#include "src/http/wire.h"

static const struct wire_shape shape = {
	WIRE_BIT(WRITE_ITEMS) | WIRE_BIT(RETURN_CONSUMED_CAPACITY) | WIRE_BIT(RETURN_ITEM_COLLECTION_METRICS),
	WIRE_BIT(WRITE_ITEMS)};
static const struct wire_shape write_shape = {WIRE_BIT(PUT_REQUEST) | WIRE_BIT(DELETE_REQUEST), 0};
static const struct wire_shape put_shape = {WIRE_BIT(ITEM), WIRE_BIT(ITEM)};
static const struct wire_shape delete_shape = {WIRE_BIT(KEY), WIRE_BIT(KEY)};

struct one {
	struct slice json;
	bool put, delete;
	struct wire_map map; /* item or key */
	struct collection collection;
};

/** What is asked of one table. */
struct part {
	struct slice name, list;
	size_t first, count;
};

struct batch {
	struct wire *w;
	struct wire_request r;
	struct part *parts;
	size_t part_count;
	struct one *all;
	struct batch_write *writes;
	bool *unprocessed;
	size_t n;
};

/* Reading */

/** The one structure inside: what is put or deleted. */
static enum status read_inside(struct batch *b, struct one *o, const struct wire_request *r, enum wire_member m, const char *path)
{
	struct wire_request inside;
	struct buf *place = wire_buf(b->w);
	bool put = m == M_PUT_REQUEST;
	if (!wire_has(r, m))
		return ST_OK;
	enum status st = wire_read(b->w, r->at[m], put ? &put_shape : &delete_shape, &inside);
	if (st)
		return st;
	*(put ? &o->put : &o->delete) = true;
	o->map = put ? inside.item : inside.key;
	buf_addf(place, "%s%s.", path, wire_path_name(m));
	wire_constrain(b->w, put ? &put_shape : &delete_shape, &inside, buf_str(place));
	return ST_OK;
}

static enum status read_one(struct batch *b, struct one *o, const char *path)
{
	struct wire_request r;
	enum status st = json_expect(o->json, JSON_WANT_STRUCTURE, "class " WIRE_NS "WriteRequest", wire_err(b->w));
	if (!st)
		st = wire_read(b->w, o->json, &write_shape, &r);
	if (!st)
		st = read_inside(b, o, &r, M_PUT_REQUEST, path);
	return st ? st : read_inside(b, o, &r, M_DELETE_REQUEST, path);
}

static enum status read_part(struct batch *b, const struct part *p)
{
	struct slice rest = json_enter(p->list), value;
	struct buf *path = wire_buf(b->w);
	enum status st = ST_OK;
	for (size_t i = 0; i < p->count && !st && json_next(&rest, NULL, &value); i++) {
		buf_reset(path);
		buf_addf(path, "requestItems.%.*s.member.%zu.member.", (int)(p->name.len < 255 ? p->name.len : 255),
			(const char *)p->name.ptr, i + 1);
		b->all[p->first + i].json = value;
		st = read_one(b, &b->all[p->first + i], buf_str(path));
	}
	return st;
}

static enum status too_many(struct batch *b)
{
	return err_set(wire_err(b->w), ST_VALIDATION, "Too many items requested for the BatchWriteItem call");
}

/** A body of 16 MB may hold millions of requests: of what is refused for its number nothing is read. */
static enum status read_parts(struct batch *b)
{
	struct slice rest = json_enter(b->r.at[M_WRITE_ITEMS]), name, value;
	b->parts = wire_alloc(b->w, wire_entries(b->r.at[M_WRITE_ITEMS]) * sizeof *b->parts);
	enum status st = ST_OK;
	bool bad = false;
	for (; !st && json_next(&rest, &name, &value); b->part_count++) {
		struct part *p = &b->parts[b->part_count];
		st = json_expect(value, JSON_WANT_LIST, WIRE_LIST_OF(WIRE_NS "WriteRequest"), wire_err(b->w));
		*p = (struct part){.name = wire_text(b->w, name), .list = value, .first = b->n};
		p->count = st ? 0 : wire_entries(value);
		b->n += p->count;
		bad |= p->count == 0 || p->count > OP_BATCH_WRITE_MAX;
	}
	if (!st && b->n > OP_BATCH_WRITE_MAX && !bad)
		return too_many(b);
	if (b->n > OP_BATCH_WRITE_MAX) /* what follows refuses it */
		b->n = b->part_count = 0;
	if (bad && !st)
		wire_violation(b->w, wire_java_map(b->w, b->r.at[M_WRITE_ITEMS]), "", "requestItems",
			"Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have "
			"length "
			"greater than or equal to 1]");
	return st;
}

static enum status read_batch(struct batch *b)
{
	enum status st = wire_read(b->w, wire_call(b->w)->body, &shape, &b->r);
	if (!st)
		wire_constrain(b->w, &shape, &b->r, "");
	if (!st && wire_has(&b->r, M_WRITE_ITEMS))
		st = read_parts(b);
	b->all = wire_alloc(b->w, b->n * sizeof *b->all);
	b->writes = wire_alloc(b->w, b->n * sizeof *b->writes);
	b->unprocessed = wire_alloc(b->w, b->n * sizeof *b->unprocessed);
	for (size_t i = 0; i < b->part_count && !st; i++)
		st = read_part(b, &b->parts[i]);
	return st ? st : wire_violations(b->w);
}

/* Checking */

static enum status check_one(struct batch *b, const struct one *o)
{
	if (o->put == o->delete)
		return err_set(wire_err(b->w), ST_VALIDATION,
			o->put ? "Supplied WriteRequest has both a PutRequest and a DeleteRequest, must contain exactly one of them"
			       : "Supplied WriteRequest is empty, must contain exactly one of PutRequest and DeleteRequest");
	enum status st = wire_check_map(b->w, &o->map);
	return st || o->delete ? st : wire_check_item_size(b->w, o->map.item);
}

static enum status check(struct batch *b)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < b->n && !st; i++)
		st = check_one(b, &b->all[i]);
	return st;
}

static enum status make_requests(struct batch *b, const struct part *p)
{
	struct table *t;
	enum status st = wire_table(b->w, p->name, &t);
	for (size_t i = p->first; i < p->first + p->count && !st; i++) {
		struct one *o = &b->all[i];
		b->writes[i] = (struct batch_write){.table = t, .consumed = wire_consumed(b->w, &b->r)};
		if (wire_wants_metrics(&b->r))
			b->writes[i].collection = &o->collection;
		if (o->put) {
			b->writes[i].item = o->map.item;
			st = wire_batch_item(b->w, t, o->map.item);
		} else {
			st = wire_key(b->w, t, o->map.item, &b->writes[i].key);
		}
	}
	return st;
}

/* The reply */

/** "Table":[...] for each table that has any of what `put` writes; put() answers false where one has nothing. */
static void put_parts(
	struct batch *b, const char *name, bool (*put)(struct batch *b, size_t i, bool any, struct buf *out), bool always)
{
	struct buf *out = wire_call(b->w)->reply;
	size_t before = out->len;
	buf_add_byte(wire_member(b->w, name), '{');
	bool any_part = false;
	for (const struct part *p = b->parts; p < b->parts + b->part_count; p++) {
		size_t start = out->len;
		bool any = false;
		buf_add_str(out, any_part ? "," : "");
		json_write_string(p->name, out);
		buf_add_str(out, ":[");
		for (size_t i = p->first; i < p->first + p->count; i++)
			any |= put(b, i, any, out);
		buf_add_byte(out, ']');
		if (!any)
			buf_resize(out, start);
		any_part |= any;
	}
	buf_add_byte(out, '}');
	if (!any_part && !always)
		buf_resize(out, before);
}

static bool put_unprocessed(struct batch *b, size_t i, bool any, struct buf *out)
{
	if (!b->unprocessed[i])
		return false;
	buf_add_str(out, any ? "," : "");
	buf_add_slice(out, b->all[i].json);
	return true;
}

static bool put_metrics(struct batch *b, size_t i, bool any, struct buf *out)
{
	if (!b->all[i].collection.present)
		return false;
	buf_add_str(out, any ? "," : "");
	wire_metrics_object(out, b->writes[i].table, b->all[i].map.item, &b->all[i].collection);
	return true;
}

static enum status write(struct batch *b)
{
	const struct http_call *call = wire_call(b->w);
	enum status st = ST_OK;
	for (size_t i = 0; i < b->part_count && !st; i++)
		st = make_requests(b, &b->parts[i]);
	if (!st)
		st = op_batch_write(call->engine, &call->caller, b->writes, b->n, COMMIT_DURABLE, b->unprocessed, wire_err(b->w));
	if (st)
		return st;
	wire_open(b->w);
	put_parts(b, "UnprocessedItems", put_unprocessed, true);
	put_parts(b, "ItemCollectionMetrics", put_metrics, false);
	wire_put_consumed(b->w, &b->r, true, false);
	wire_close(b->w);
	return ST_OK;
}

enum status http_batch_write_item(struct http_call *call, struct err *err)
{
	struct batch b = {.w = wire_begin(call, err)};
	enum status st = read_batch(&b);
	if (!st)
		st = check(&b);
	if (!st)
		st = write(&b);
	return wire_end(b.w, st);
}
