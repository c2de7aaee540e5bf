#include "engine/op_batch.h"
#include "src/http/wire.h"

static const struct wire_shape shape = {WIRE_BIT(REQUEST_ITEMS) | WIRE_BIT(RETURN_CONSUMED_CAPACITY), WIRE_BIT(REQUEST_ITEMS)};
static const struct wire_shape table_shape = {WIRE_BIT(KEYS) | WIRE_BIT(ATTRIBUTES_TO_GET) | WIRE_BIT(CONSISTENT_READ) |
						      WIRE_BIT(PROJECTION_EXPRESSION) | WIRE_BIT(NAMES),
	WIRE_BIT(KEYS)};

/** What is asked of one table. */
struct part {
	struct slice name;
	struct wire_request r;
	struct wire_legacy legacy;
	struct wire_exprs exprs;
	size_t first, count; /* its keys among all */
};

struct batch {
	struct wire *w;
	struct wire_request r;
	struct part *parts;
	size_t part_count;
	struct slice *json; /* of each key */
	struct wire_map *keys;
	struct get_request *gets;
	bool *unprocessed;
	size_t n;
	/* the reply */
	size_t at; /* the part that it is in */
	bool any;
	enum status status;
};

/* Reading */

static enum status too_many(struct batch *b)
{
	return err_set(wire_err(b->w), ST_VALIDATION, "Too many items requested for the BatchGetItem call");
}

/** A body of 16 MB may name millions of tables and keys: of what is refused for its number nothing is read. */
static enum status count_keys(struct batch *b)
{
	struct slice rest = json_enter(b->r.at[M_REQUEST_ITEMS]), name, value;
	size_t n = wire_entries(b->r.at[M_REQUEST_ITEMS]);
	enum status st = ST_OK;
	if (n > OP_BATCH_GET_MAX)
		return too_many(b);
	b->parts = wire_alloc(b->w, n * sizeof *b->parts);
	for (; !st && json_next(&rest, &name, &value); b->part_count++) {
		struct part *p = &b->parts[b->part_count];
		p->name = wire_text(b->w, name);
		st = json_expect(value, JSON_WANT_STRUCTURE, "class " WIRE_NS "KeysAndAttributes", wire_err(b->w));
		if (!st)
			st = wire_read(b->w, value, &table_shape, &p->r);
		p->first = b->n;
		p->count = !st && wire_has(&p->r, M_KEYS) ? wire_entries(p->r.at[M_KEYS]) : 0;
		if (p->count > OP_BATCH_GET_MAX) /* breaks a constraint */
			p->count = 0;
		b->n += p->count;
	}
	return st;
}

static enum status read_keys(struct batch *b, const struct part *p)
{
	struct slice rest = json_enter(p->r.at[M_KEYS]), value;
	enum status st = ST_OK;
	for (size_t i = p->first; !st && i < p->first + p->count && json_next(&rest, NULL, &value); i++) {
		st = json_expect(value, JSON_WANT_MAP, WIRE_MAP_OF(WIRE_VALUE), wire_err(b->w));
		b->json[i] = value;
		if (!st)
			st = wire_read_map(b->w, value, &b->keys[i]);
	}
	return st;
}

static void constrain(struct batch *b, struct part *p)
{
	struct buf *path = wire_buf(b->w);
	buf_addf(path, "requestItems.%.*s.member.", (int)(p->name.len < 255 ? p->name.len : 255), (const char *)p->name.ptr);
	wire_constrain(b->w, &table_shape, &p->r, buf_str(path));
}

static enum status read_batch(struct batch *b)
{
	enum status st = wire_read(b->w, wire_call(b->w)->body, &shape, &b->r);
	if (!st)
		wire_constrain(b->w, &shape, &b->r, "");
	if (!st && wire_has(&b->r, M_REQUEST_ITEMS))
		st = count_keys(b);
	b->json = wire_alloc(b->w, b->n * sizeof *b->json);
	b->keys = wire_alloc(b->w, b->n * sizeof *b->keys);
	b->gets = wire_alloc(b->w, b->n * sizeof *b->gets);
	b->unprocessed = wire_alloc(b->w, b->n * sizeof *b->unprocessed);
	for (size_t i = 0; i < b->part_count && !st; i++) {
		st = read_keys(b, &b->parts[i]);
		constrain(b, &b->parts[i]);
		if (!st)
			st = wire_legacy_read(b->w, &b->parts[i].r, &b->parts[i].legacy);
	}
	return st ? st : wire_violations(b->w);
}

/* Checking */

/** Older parameters and expressions must not be mixed in the whole of the request, not only within a table's part. */
static enum status check_mix(struct batch *b)
{
	struct wire_request all = {0};
	for (size_t i = 0; i < b->part_count; i++)
		for (size_t m = 0; m < M_COUNT; m++)
			if (b->parts[i].r.at[m].ptr)
				all.at[m] = b->parts[i].r.at[m];
	enum status st = wire_check_mix(b->w, &all, 0);
	for (size_t i = 0; i < b->part_count && !st; i++)
		st = wire_check_mix(b->w, &b->parts[i].r, 0);
	return st;
}

static enum status check_part(struct batch *b, struct part *p)
{
	enum status st = ST_OK;
	for (size_t i = p->first; i < p->first + p->count && !st; i++)
		st = wire_check_map(b->w, &b->keys[i]);
	if (!st)
		st = wire_legacy(b->w, &p->r, &p->legacy, &p->exprs);
	return st ? st : wire_exprs(b->w, &p->r, &p->exprs);
}

static enum status check(struct batch *b)
{
	enum status st = check_mix(b);
	if (!st && b->n > OP_BATCH_GET_MAX)
		st = too_many(b);
	for (size_t i = 0; i < b->part_count && !st; i++)
		st = check_part(b, &b->parts[i]);
	return st;
}

static enum status make_requests(struct batch *b, const struct part *p)
{
	struct table *t;
	enum status st = wire_table(b->w, p->name, &t);
	for (size_t i = p->first; i < p->first + p->count && !st; i++) {
		b->gets[i] = (struct get_request){.table = t,
			.projection = p->exprs.projection,
			.consistent = wire_bool(&p->r, M_CONSISTENT_READ, false),
			.consumed = wire_consumed(b->w, &b->r)};
		st = wire_key(b->w, t, b->keys[i].item, &b->gets[i].key);
	}
	return st;
}

/* The reply */

static void begin_part(struct batch *b)
{
	struct buf *out = wire_call(b->w)->reply;
	buf_add_str(out, b->at ? "]," : "");
	json_write_string(b->parts[b->at].name, out);
	buf_add_str(out, ":[");
	b->any = false;
}

static void see(size_t at, const struct list_row *row, void *arg)
{
	struct batch *b = arg;
	struct buf *out = wire_call(b->w)->reply;
	while (at >= b->parts[b->at].first + b->parts[b->at].count) {
		b->at++;
		begin_part(b);
	}
	if (row->status) {
		b->status = row->status;
		return;
	}
	if (b->any)
		buf_add_byte(out, ',');
	b->any = true;
	wire_put_item(out, row->item);
}

static void end_parts(struct batch *b)
{
	while (b->at + 1 < b->part_count) {
		b->at++;
		begin_part(b);
	}
	buf_add_str(wire_call(b->w)->reply, "]}");
}

/** As it came, but for the keys that were answered. */
static void put_unprocessed_part(struct batch *b, const struct part *p, struct buf *out)
{
	static const enum wire_member others[] = {M_ATTRIBUTES_TO_GET, M_CONSISTENT_READ, M_NAMES};
	static const char *const names[] = {"AttributesToGet", "ConsistentRead", "ExpressionAttributeNames"};
	bool any = false;
	buf_add_str(out, "{\"Keys\":[");
	for (size_t i = p->first; i < p->first + p->count; i++) {
		if (!b->unprocessed[i])
			continue;
		buf_add_str(out, any ? "," : "");
		buf_add_slice(out, b->json[i]);
		any = true;
	}
	buf_add_byte(out, ']');
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (wire_has(&p->r, others[i])) {
			buf_addf(out, ",\"%s\":", names[i]);
			buf_add_slice(out, p->r.at[others[i]]);
		}
	if (wire_has(&p->r, M_PROJECTION_EXPRESSION)) {
		buf_add_str(out, ",\"ProjectionExpression\":");
		json_write_string(p->r.at[M_PROJECTION_EXPRESSION], out);
	}
	buf_add_byte(out, '}');
}

static void put_unprocessed(struct batch *b)
{
	struct buf *out = wire_member(b->w, "UnprocessedKeys");
	bool any = false;
	buf_add_byte(out, '{');
	for (const struct part *p = b->parts; p < b->parts + b->part_count; p++) {
		if (!memchr(b->unprocessed + p->first, true, p->count))
			continue;
		buf_add_str(out, any ? "," : "");
		json_write_string(p->name, out);
		buf_add_byte(out, ':');
		put_unprocessed_part(b, p, out);
		any = true;
	}
	buf_add_byte(out, '}');
}

static enum status get(struct batch *b)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < b->part_count && !st; i++)
		st = make_requests(b, &b->parts[i]);
	if (st)
		return st;
	wire_open(b->w);
	buf_add_byte(wire_member(b->w, "Responses"), '{');
	begin_part(b);
	const struct http_call *call = wire_call(b->w);
	st = op_batch_get(call->engine, &call->caller, b->gets, b->n, see, b, b->unprocessed, wire_err(b->w));
	if (!st && b->status)
		st = err_set(wire_err(b->w), b->status, "%s", status_info(b->status)->sentence);
	if (st)
		return st;
	end_parts(b);
	put_unprocessed(b);
	wire_put_consumed(b->w, &b->r, true, false);
	wire_close(b->w);
	return ST_OK;
}

enum status http_batch_get_item(struct http_call *call, struct err *err)
{
	struct batch b = {.w = wire_begin(call, err)};
	enum status st = read_batch(&b);
	if (!st)
		st = check(&b);
	if (!st)
		st = get(&b);
	return wire_end(b.w, st);
}
