#include "engine/table/shape.h"

#include "engine/json.h"
#include "engine/limits.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#define ERRORS_MAX 10 /* the service names no more */

/** Line and column of a syntax error come from our own scanner; cJSON, which stops at NULs, then sees only whole documents without any. */
static enum status check_syntax(struct slice text, struct err *err)
{
	struct json_scan scan;
	if (text.len > TABLE_DEF_TEXT_MAX)
		return err_set(err, ST_VALIDATION, "a table definition has at most %u bytes", TABLE_DEF_TEXT_MAX);
	json_scan_init(&scan);
	enum json_scan_state state = json_scan(&scan, text, err);
	if (state == JSON_SCAN_BAD)
		return err ? err->code : ST_SYNTAX;
	if (state == JSON_SCAN_MORE)
		return err_code(err, ST_INCOMPLETE);
	if (memmem(text.ptr, text.len, "\\u0000", 6))
		return err_set(err, ST_VALIDATION, "a table definition holds no NUL character (\\u0000)");
	return ST_OK;
}

enum status document_read(struct slice text, cJSON **ret, struct err *err)
{
	enum status st = check_syntax(text, err);
	if (st)
		return st;
	cJSON *o = cJSON_ParseWithLength((const char *)text.ptr, text.len);
	if (!cJSON_IsObject(o)) {
		cJSON_Delete(o);
		return err_set(err, ST_SYNTAX, "the document is not a JSON object");
	}
	*ret = o;
	return ST_OK;
}

const cJSON *document_member(const cJSON *object, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
	return cJSON_IsNull(v) ? NULL : v;
}

const char *document_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(document_member(object, name));
}

bool document_bool(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(document_member(object, name));
}

static int64_t whole(double d)
{
	return d >= 9.2e18 ? INT64_MAX : d <= -9.2e18 ? INT64_MIN : (int64_t)d;
}

int64_t document_number(const cJSON *object, const char *name, int64_t none)
{
	const cJSON *v = document_member(object, name);
	return cJSON_IsNumber(v) ? whole(v->valuedouble) : none;
}

/* Types. */

static const char *token_of(const cJSON *v)
{
	if (cJSON_IsString(v))
		return "STRING_VALUE";
	if (cJSON_IsBool(v))
		return cJSON_IsTrue(v) ? "TRUE_VALUE" : "FALSE_VALUE";
	return v->valuedouble == floor(v->valuedouble) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
}

static enum status wrong_type(const struct shape *s, const cJSON *v, struct err *err)
{
	if (cJSON_IsObject(v))
		return err_set(err, ST_SYNTAX, "Start of structure or map found where not expected");
	if (cJSON_IsArray(v) && s->kind == SHAPE_OBJECT)
		return err_set(err, ST_SYNTAX, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.%s", s->type);
	if (cJSON_IsArray(v))
		return err_set(err, ST_SYNTAX, "Unrecognized collection type class java.lang.%s", s->type);
	if (s->kind == SHAPE_OBJECT)
		return err_set(err, ST_SYNTAX, "Unexpected value type in payload");
	if (s->kind == SHAPE_LIST)
		return err_set(err, ST_SYNTAX, "Unexpected field type");
	if (s->kind == SHAPE_BOOL && cJSON_IsString(v))
		return err_set(err, ST_SYNTAX, "Unexpected token received from parser");
	return err_set(err, ST_SYNTAX, "%s cannot be converted to %s", token_of(v), s->type);
}

static bool has_type(const struct shape *s, const cJSON *v)
{
	switch (s->kind) {
	case SHAPE_TEXT:
		return cJSON_IsString(v);
	case SHAPE_NUMBER:
		return cJSON_IsNumber(v);
	case SHAPE_BOOL:
		return cJSON_IsBool(v);
	case SHAPE_LIST:
		return cJSON_IsArray(v);
	default:
		return cJSON_IsObject(v);
	}
}

static const struct shape_member *member_named(const struct shape *s, const char *name)
{
	for (const struct shape_member *m = s->members; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static enum status check_types(const struct shape *s, const cJSON *v, struct err *err)
{
	enum status st = ST_OK;
	if (cJSON_IsNull(v))
		return ST_OK;
	if (!has_type(s, v))
		return wrong_type(s, v, err);
	if (s->kind == SHAPE_LIST)
		for (const cJSON *x = v->child; x && !st; x = x->next)
			st = check_types(s->element, x, err);
	if (s->kind == SHAPE_OBJECT)
		for (const cJSON *x = v->child; x && !st; x = x->next) {
			const struct shape_member *m = member_named(s, x->string);
			st = m ? check_types(m->shape, x, err) : ST_OK;
		}
	return st;
}

/* Constraints. */

struct violations {
	struct buf text;
	int count;
};

static void print_value(const struct shape *s, const cJSON *v, struct buf *out);

/** Java's spelling of an object: Name(member=value, ...). */
static void print_object(const struct shape *s, const cJSON *v, struct buf *out)
{
	buf_addf(out, "%s(", s->type);
	for (const struct shape_member *m = s->members; m->name; m++) {
		buf_addf(out, "%s%c%s=", m == s->members ? "" : ", ", tolower((unsigned char)*m->name), m->name + 1);
		print_value(m->shape, document_member(v, m->name), out);
	}
	buf_add_byte(out, ')');
}

static void print_list(const struct shape *s, const cJSON *v, struct buf *out)
{
	buf_add_byte(out, '[');
	for (const cJSON *x = v->child; x; x = x->next) {
		buf_add_str(out, x == v->child ? "" : ", ");
		print_value(s->element, x, out);
	}
	buf_add_byte(out, ']');
}

static void print_value(const struct shape *s, const cJSON *v, struct buf *out)
{
	if (!v || cJSON_IsNull(v))
		buf_add_str(out, "null");
	else if (s->kind == SHAPE_OBJECT)
		print_object(s, v, out);
	else if (s->kind == SHAPE_LIST)
		print_list(s, v, out);
	else if (s->kind == SHAPE_TEXT)
		buf_add_str(out, v->valuestring);
	else if (s->kind == SHAPE_NUMBER)
		buf_addf(out, "%lld", (long long)whole(v->valuedouble));
	else
		buf_add_str(out, cJSON_IsTrue(v) ? "true" : "false");
}

static void violate(struct violations *e, const struct shape *s, const cJSON *v, const char *place, const char *rule)
{
	if (e->count++ >= ERRORS_MAX)
		return;
	buf_addf(&e->text, "%sValue ", e->count > 1 ? "; " : "");
	buf_add_str(&e->text, v ? "'" : "");
	print_value(s, v, &e->text);
	buf_addf(&e->text, "%s at '%s' failed to satisfy constraint: Member must %s", v ? "'" : "", place, rule);
}

static void violate_bound(struct violations *e, const struct shape *s, const cJSON *v, const char *place, const char *what,
	bool least, uint32_t bound)
{
	char rule[96];
	snprintf(rule, sizeof rule, "have %s %s than or equal to %u", what, least ? "greater" : "less", bound);
	violate(e, s, v, place, rule);
}

static void check_bounds(
	struct violations *e, const struct shape *s, const cJSON *v, const char *place, const char *what, int64_t n)
{
	if (s->min && n < (int64_t)s->min)
		violate_bound(e, s, v, place, what, true, s->min);
	if (s->max && n > (int64_t)s->max)
		violate_bound(e, s, v, place, what, false, s->max);
}

static bool is_name(const char *text)
{
	const char *p = text;
	while (isascii((unsigned char)*p) && (isalnum((unsigned char)*p) || (*p && strchr("_.-", *p))))
		p++;
	return p > text && !*p;
}

static void check_values(struct violations *e, const struct shape *s, const cJSON *v, const char *place)
{
	struct buf rule = BUF_INIT;
	buf_add_str(&rule, "satisfy enum value set: [");
	for (size_t i = 0; s->values[i]; i++) {
		if (!strcmp(s->values[i], v->valuestring)) {
			buf_finish(&rule);
			return;
		}
		buf_addf(&rule, "%s%s", i ? ", " : "", s->values[i]);
	}
	buf_add_byte(&rule, ']');
	violate(e, s, v, place, buf_str(&rule));
	buf_finish(&rule);
}

static int64_t characters(const char *text)
{
	int64_t n = 0;
	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void check_text(struct violations *e, const struct shape *s, const cJSON *v, const char *place)
{
	if (s->values)
		check_values(e, s, v, place);
	if (s->name_pattern && !is_name(v->valuestring))
		violate(e, s, v, place, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
	check_bounds(e, s, v, place, "length", characters(v->valuestring));
}

static void check_constraints(struct violations *e, const struct shape *s, const cJSON *v, const char *place);

static void check_elements(struct violations *e, const struct shape *s, const cJSON *v, const char *place)
{
	int i = 0;
	check_bounds(e, s, v, place, "length", cJSON_GetArraySize(v));
	for (const cJSON *x = v->child; x; x = x->next) {
		struct buf at = BUF_INIT;
		buf_addf(&at, "%s.%d.member", place, ++i);
		check_constraints(e, s->element, x, buf_str(&at));
		buf_finish(&at);
	}
}

static void check_member(struct violations *e, const struct shape_member *m, const cJSON *object, const char *place)
{
	const cJSON *v = document_member(object, m->name);
	struct buf at = BUF_INIT;
	buf_addf(&at, "%s%s%c%s", place, *place ? "." : "", tolower((unsigned char)*m->name), m->name + 1);
	if (v)
		check_constraints(e, m->shape, v, buf_str(&at));
	else if (m->required)
		violate(e, m->shape, NULL, buf_str(&at), "not be null");
	buf_finish(&at);
}

static void check_constraints(struct violations *e, const struct shape *s, const cJSON *v, const char *place)
{
	if (cJSON_IsNull(v))
		return;
	if (s->kind == SHAPE_TEXT)
		check_text(e, s, v, place);
	else if (s->kind == SHAPE_NUMBER)
		check_bounds(e, s, v, place, "value", whole(v->valuedouble));
	else if (s->kind == SHAPE_LIST)
		check_elements(e, s, v, place);
	else if (s->kind == SHAPE_OBJECT)
		for (const struct shape_member *m = s->members; m->name; m++)
			check_member(e, m, v, place);
}

enum status shape_check_types(const struct shape *shape, const cJSON *document, struct err *err)
{
	return check_types(shape, document, err);
}

bool shape_requires(const struct shape *shape, const char *member)
{
	const struct shape_member *m = member_named(shape, member);
	return m && m->required;
}

enum status shape_check(const struct shape *shape, const cJSON *document, struct err *err)
{
	struct violations e = {0};
	enum status st = check_types(shape, document, err);
	if (!st)
		check_constraints(&e, shape, document, "");
	if (e.count)
		st = err_set(err, ST_VALIDATION, "%d validation error%s detected: %s", e.count < ERRORS_MAX ? e.count : ERRORS_MAX,
			e.count > 1 ? "s" : "", buf_str(&e.text));
	buf_finish(&e.text);
	return st;
}

static enum status check_known(const struct shape *s, const cJSON *v, const char *where, struct err *err);

static enum status known_member(const struct shape *s, const cJSON *x, const char *where, struct err *err)
{
	const struct shape_member *m = member_named(s, x->string);
	for (const cJSON *other = x->next; other; other = other->next)
		if (!strcmp(other->string, x->string))
			return err_set(err, ST_VALIDATION, "member '%.60s' is given twice", x->string);
	if (m)
		return check_known(m->shape, x, m->name, err);
	return *where ? err_set(err, ST_VALIDATION, "%s: unknown member '%.60s'", where, x->string)
		      : err_set(err, ST_VALIDATION, "unknown member '%.60s'; .templates/ shows what a definition holds", x->string);
}

static enum status check_known(const struct shape *s, const cJSON *v, const char *where, struct err *err)
{
	enum status st = ST_OK;
	if (s->kind == SHAPE_LIST)
		for (const cJSON *x = v->child; x && !st; x = x->next)
			st = check_known(s->element, x, where, err);
	if (s->kind == SHAPE_OBJECT)
		for (const cJSON *x = v->child; x && !st; x = x->next)
			st = known_member(s, x, where, err);
	return st;
}

enum status shape_check_known(const struct shape *shape, const cJSON *document, struct err *err)
{
	return check_known(shape, document, "", err);
}
