#include "src/http/wire_private.h"

#include <ctype.h>
#include <stdio.h>

#define VIOLATIONS_SHOWN 10 /* the service names no more */

static const char *const names[] = {
#define X(id, name, ...) [M_##id] = name,
	WIRE_MEMBERS(X)
#undef X
};

static const enum json_want wants[] = {
#define X(id, name, want, ...) [M_##id] = JSON_WANT_##want,
	WIRE_MEMBERS(X)
#undef X
};

/** Members whose values are one of a few. The order of these is the service's. */
static const struct {
	enum wire_member member;
	const char *set;
} enums[] = {
	{M_RETURN_CONSUMED_CAPACITY, "[INDEXES, TOTAL, NONE]"},
	{M_RETURN_ITEM_COLLECTION_METRICS, "[SIZE, NONE]"},
	{M_RETURN_VALUES, "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
	{M_RETURN_VALUES_ON_FAILURE, "[ALL_OLD, NONE]"},
	{M_SELECT, "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"},
	{M_CONDITIONAL_OPERATOR, "[OR, AND]"},
	{M_COMPARISON_OPERATOR, "[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"},
	{M_ACTION, "[ADD, PUT, DELETE]"},
};

/** Numbers from, to; of strings, lists and maps the length. */
static const struct {
	enum wire_member member;
	int64_t min, max; /* max 0: none */
} ranges[] = {
	{M_LIMIT, 1, 0},
	{M_SEGMENT, 0, 999999},
	{M_TOTAL_SEGMENTS, 1, 1000000},
	{M_TABLE_NAME, 1, 1024},
	{M_INDEX_NAME, 3, 255},
	{M_CLIENT_REQUEST_TOKEN, 1, 36},
	{M_STATEMENT, 1, LIMIT_STATEMENT},
	{M_NEXT_TOKEN, 1, 32768},
	{M_ATTRIBUTES_TO_GET, 1, 0},
	{M_REQUEST_ITEMS, 1, 0},
	{M_WRITE_ITEMS, 1, 0},
	{M_KEYS, 1, 100},
	{M_TRANSACT_ITEMS, 1, 100},
	{M_STATEMENTS, 1, 25},
	{M_TRANSACT_STATEMENTS, 1, 100},
	{M_PARAMETERS, 1, 0},
};

/** "TableName" -> "tableName". */
const char *wire_path_name(enum wire_member m)
{
	static _Thread_local char text[48];
	snprintf(text, sizeof text, "%s", names[m]);
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

void wire_violation(struct wire *w, struct slice value, const char *path, const char *member, const char *constraint)
{
	if (w->violation_count++ >= VIOLATIONS_SHOWN)
		return;
	buf_add_str(&w->violations, w->violations.len ? "; Value " : "Value ");
	if (!value.ptr)
		buf_add_str(&w->violations, "null");
	else
		buf_addf(&w->violations, "'%.*s'", (int)(value.len < 200 ? value.len : 200), (const char *)value.ptr);
	buf_addf(&w->violations, " at '%s%s' failed to satisfy constraint: %s", path, member, constraint);
}

static bool in_set(const char *set, struct slice value)
{
	for (const char *p = set + 1; *p && value.len; p += *p == ' ' || *p == ',') {
		size_t n = strcspn(p, ",] ");
		if (n == value.len && memcmp(p, value.ptr, n) == 0)
			return true;
		p += n;
		p += *p == ']';
	}
	return false;
}

static void check_enum(struct wire *w, const struct wire_request *r, enum wire_member m, const char *set, const char *path)
{
	char text[200];
	if (in_set(set, r->at[m]))
		return;
	snprintf(text, sizeof text, "Member must satisfy enum value set: %s", set);
	wire_violation(w, r->at[m], path, wire_path_name(m), text);
}

/** Characters of a string, of a list or map its entries. */
static int64_t length(struct slice value, enum wire_member m)
{
	if (wants[m] != JSON_WANT_STRING)
		return (int64_t)wire_entries(value);
	int64_t n = 0;
	for (size_t i = 0; i < value.len; i++)
		n += (value.ptr[i] & 0xc0) != 0x80;
	return n;
}

static void check_range(
	struct wire *w, const struct wire_request *r, enum wire_member m, int64_t min, int64_t max, const char *path)
{
	char text[100];
	bool number = wants[m] == JSON_WANT_INTEGER;
	int64_t n = number ? wire_int(r, m, 0) : length(r->at[m], m);
	if (n >= min && (max == 0 || n <= max))
		return;
	snprintf(text, sizeof text, "Member must have %s %s than or equal to %lld", number ? "value" : "length",
		n < min ? "greater" : "less", (long long)(n < min ? min : max));
	wire_violation(w, r->at[m], path, wire_path_name(m), text);
}

static bool is_index_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isascii(name.ptr[i]) || (!isalnum(name.ptr[i]) && !strchr("_.-", name.ptr[i])))
			return false;
	return name.len > 0;
}

void wire_constrain(struct wire *w, const struct wire_shape *shape, const struct wire_request *r, const char *path)
{
	for (uint64_t left = shape->required; left; left &= left - 1) {
		enum wire_member m = (enum wire_member)__builtin_ctzll(left);
		if (!wire_has(r, m))
			wire_violation(w, (struct slice){0}, path, wire_path_name(m), "Member must not be null");
	}
	if (wire_has(r, M_INDEX_NAME) && !is_index_name(r->at[M_INDEX_NAME]))
		wire_violation(w, r->at[M_INDEX_NAME], path, wire_path_name(M_INDEX_NAME),
			"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (wire_has(r, ranges[i].member))
			check_range(w, r, ranges[i].member, ranges[i].min, ranges[i].max, path);
	for (size_t i = 0; i < sizeof enums / sizeof *enums; i++)
		if (wire_has(r, enums[i].member))
			check_enum(w, r, enums[i].member, enums[i].set, path);
}

enum status wire_violations(struct wire *w)
{
	if (w->violation_count == 0)
		return ST_OK;
	size_t n = w->violation_count < VIOLATIONS_SHOWN ? w->violation_count : VIOLATIONS_SHOWN;
	return err_set(w->err, ST_VALIDATION, "%zu validation error%s detected: %s", n, n == 1 ? "" : "s", buf_str(&w->violations));
}

enum status wire_take(struct wire *w, const struct wire_shape *shape, struct wire_request *ret, struct wire_legacy *ret_legacy)
{
	enum status st = wire_read(w, w->call->body, shape, ret);
	if (!st)
		wire_constrain(w, shape, ret, "");
	if (!st)
		st = wire_legacy_read(w, ret, ret_legacy);
	return st ? st : wire_violations(w);
}

enum status wire_serve(const struct wire_operation *op, struct http_call *call, struct err *err)
{
	struct wire *w = wire_begin(call, err);
	struct wire_request r;
	struct wire_legacy legacy = {0};
	struct wire_exprs exprs = {0};
	enum status st = wire_take(w, &op->shape, &r, &legacy);
	if (!st)
		st = op->check(w, &r, &legacy, &exprs);
	if (!st)
		st = op->run(w, &r, &exprs);
	return wire_end(w, st);
}

/* Rules that several operations have */

#define OLDER                                                                                                                      \
	(WIRE_BIT(ATTRIBUTES_TO_GET) | WIRE_BIT(SCAN_FILTER) | WIRE_BIT(QUERY_FILTER) | WIRE_BIT(ATTRIBUTE_UPDATES) |              \
		WIRE_BIT(EXPECTED) | WIRE_BIT(CONDITIONAL_OPERATOR) | WIRE_BIT(KEY_CONDITIONS))
#define EXPRESSIONS                                                                                                                \
	(WIRE_BIT(PROJECTION_EXPRESSION) | WIRE_BIT(FILTER_EXPRESSION) | WIRE_BIT(UPDATE_EXPRESSION) |                             \
		WIRE_BIT(CONDITION_EXPRESSION) | WIRE_BIT(KEY_CONDITION_EXPRESSION))

/** The names of these members that the request has (or, with r NULL, of all). */
static void list_members(const struct wire_request *r, uint64_t bits, const char *between, struct buf *out)
{
	bool any = false;
	for (; bits; bits &= bits - 1) {
		enum wire_member m = (enum wire_member)__builtin_ctzll(bits);
		if (r && !wire_has(r, m))
			continue;
		buf_addf(out, "%s%s", any ? between : "", names[m]);
		any = true;
	}
}

static enum status refuse_mix(struct wire *w, const struct wire_request *r)
{
	struct buf *text = wire_buf(w);
	buf_add_str(text,
		"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {");
	list_members(r, OLDER, ", ", text);
	buf_add_str(text, "} Expression parameters: {");
	list_members(r, EXPRESSIONS, ", ", text);
	return err_set(w->err, ST_VALIDATION, "%s}", buf_str(text));
}

enum status wire_check_mix(struct wire *w, const struct wire_request *r, uint64_t values_in)
{
	unsigned older = wire_count(r, OLDER), expressions = wire_count(r, EXPRESSIONS);
	if (older && expressions)
		return refuse_mix(w, r);
	if (wire_has(r, M_NAMES) && !expressions)
		return err_set(w->err, ST_VALIDATION, "ExpressionAttributeNames can only be specified when using expressions");
	if (!wire_has(r, M_VALUES) || wire_count(r, values_in))
		return ST_OK;
	struct buf *text = wire_buf(w);
	list_members(NULL, values_in, " and ", text);
	return err_set(w->err, ST_VALIDATION, "ExpressionAttributeValues can only be specified when using expressions: %s %s null",
		buf_str(text), __builtin_popcountll(values_in) > 1 ? "are" : "is");
}

enum status wire_check_map(struct wire *w, const struct wire_map *map)
{
	if (!map->fault)
		return ST_OK;
	*w->err = *map->fault;
	return map->fault->code;
}

enum status wire_check_return_values(struct wire *w, const struct wire_request *r)
{
	if (!wire_has(r, M_RETURN_VALUES) || wire_is(r, M_RETURN_VALUES, "NONE") || wire_is(r, M_RETURN_VALUES, "ALL_OLD"))
		return ST_OK;
	return err_set(w->err, ST_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
}

enum status wire_check_item_size(struct wire *w, struct slice item)
{
	if (item_size(item) <= LIMIT_ITEM_SIZE)
		return ST_OK;
	return err_set(w->err, ST_ITEM_TOO_LARGE, "Item size has exceeded the maximum allowed size");
}

static bool of_type(const struct key_attr *attr, struct slice item)
{
	return item_get(item, slice_str(attr->name)).type == attr->type;
}

/** Whether the item has the attributes of the key, of their types. */
static bool has_key(const struct key_schema *s, struct slice item)
{
	return of_type(&s->pk, item) && (!schema_has_sk(s) || of_type(&s->sk, item));
}

static enum status refuse_key(struct wire *w)
{
	return err_set(w->err, ST_VALIDATION, "The provided key element does not match the schema");
}

enum status wire_batch_item(struct wire *w, struct table *t, struct slice item)
{
	struct key unused;
	return has_key(table_schema(t), item) ? key_from_item(table_schema(t), item, &unused, w->err) : refuse_key(w);
}

bool wire_empty_key(struct table *t, struct slice item)
{
	const struct key_schema *s = table_schema(t);
	return has_key(s, item) && (item_get(item, slice_str(s->pk.name)).body.len == 0 ||
					   (schema_has_sk(s) && item_get(item, slice_str(s->sk.name)).body.len == 0));
}

enum status wire_key(struct wire *w, struct table *t, struct slice item, struct key *ret)
{
	const struct key_schema *s = table_schema(t);
	struct err why;
	enum status st = key_from_item(s, item, ret, &why);
	if (item_value(item).count != (schema_has_sk(s) ? 2 : 1) || !has_key(s, item))
		return refuse_key(w);
	if (st)
		*w->err = why;
	return st;
}
