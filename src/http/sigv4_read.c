/* What a request claims about its sender, and everything that can be said about the claim without knowing a secret. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "src/http/sigv4_private.h"

bool name_is(struct slice name, const char *other)
{
	return name.len == strlen(other) && strncasecmp((const char *)name.ptr, other, name.len) == 0;
}

struct slice sigv4_header(const struct sigv4_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (name_is(r->headers[i].name, name))
			return r->headers[i].value;
	return slice_of(NULL, 0);
}

/* The query */

struct slice query_of(const char *uri)
{
	const char *mark = strchr(uri, '?');
	return mark ? slice_str(mark + 1) : slice_of(NULL, 0);
}

bool query_next(struct slice *query, struct slice *name, struct slice *value)
{
	while (query->len) {
		const uint8_t *end = memchr(query->ptr, '&', query->len);
		struct slice piece = slice_of(query->ptr, end ? (size_t)(end - query->ptr) : query->len);
		*query = slice_from(*query, piece.len + (end != NULL));
		if (!piece.len)
			continue;
		const uint8_t *equals = memchr(piece.ptr, '=', piece.len);
		*name = slice_of(piece.ptr, equals ? (size_t)(equals - piece.ptr) : piece.len);
		*value = equals ? slice_from(piece, name->len + 1) : slice_of(NULL, 0);
		return true;
	}
	return false;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void percent_decode(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
		buf_add_byte(out, low >= 0 ? (uint8_t)(high << 4 | low) : text.ptr[i]);
		i += low >= 0 ? 2 : 0;
	}
}

static bool find_parameter(const struct sigv4_request *r, const char *wanted, struct slice *value)
{
	struct slice query = query_of(r->uri), name;
	while (query_next(&query, &name, value))
		if (name_is(name, wanted))
			return true;
	*value = slice_of(NULL, 0);
	return false;
}

/* The date */

static bool digits(const char *text, size_t n, int *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret = *ret * 10 + (text[i] - '0');
	}
	return true;
}

/** "20260105T120000Z". */
static bool read_basic_date(struct slice text, uint64_t *ret_s)
{
	struct tm t = {0};
	const char *p = (const char *)text.ptr;
	if (text.len != 16 || p[8] != 'T' || p[15] != 'Z' || !digits(p, 4, &t.tm_year) || !digits(p + 4, 2, &t.tm_mon) ||
		!digits(p + 6, 2, &t.tm_mday) || !digits(p + 9, 2, &t.tm_hour) || !digits(p + 11, 2, &t.tm_min) ||
		!digits(p + 13, 2, &t.tm_sec))
		return false;
	if (t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60 ||
		t.tm_year < 1970)
		return false;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	*ret_s = (uint64_t)timegm(&t);
	return true;
}

/** "Mon, 05 Jan 2026 12:00:00 GMT", as the Date header writes it. */
static bool read_http_date(struct slice text, uint64_t *ret_s)
{
	struct tm t = {0};
	char copy[40];
	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	const char *end = strptime(copy, "%a, %d %b %Y %H:%M:%S", &t);
	if (!end || strcmp(end, " GMT") != 0 || t.tm_year < 70)
		return false;
	*ret_s = (uint64_t)timegm(&t);
	return true;
}

static void print_date(uint64_t s, char out[17])
{
	time_t at = (time_t)s;
	struct tm t;
	gmtime_r(&at, &t);
	if (strftime(out, 17, "%Y%m%dT%H%M%SZ", &t) != 16)
		memcpy(out, "00000000T000000Z", 17);
}

/* One way to say who it is: a header, or the query. */

static bool has_date(const struct sigv4_request *r)
{
	return sigv4_header(r, "X-Amz-Date").len || sigv4_header(r, "Date").len;
}

static bool take_field(struct sigv4_claim *c, struct slice name, struct slice value, struct slice *credential)
{
	if (slice_eq_str(name, "Credential"))
		*credential = value;
	else if (slice_eq_str(name, "SignedHeaders"))
		c->signed_headers = value;
	else if (slice_eq_str(name, "Signature"))
		c->signature = value;
	else
		return false;
	return true;
}

static struct slice next_field(struct slice *rest)
{
	size_t n = 0;
	while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == ',' || rest->ptr[0] == '\t'))
		*rest = slice_from(*rest, 1);
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != ',' && rest->ptr[n] != '\t')
		n++;
	struct slice field = slice_of(rest->ptr, n);
	*rest = slice_from(*rest, n);
	return field;
}

static enum status read_fields(struct slice header, struct sigv4_claim *c, struct slice *credential, struct err *err)
{
	struct slice rest = slice_from(header, sizeof ALGORITHM - 1), field;
	while ((field = next_field(&rest)).len) {
		const uint8_t *equals = memchr(field.ptr, '=', field.len);
		if (!equals)
			return err_set(err, ST_INCOMPLETE_SIGNATURE,
				"'%.*s' not a valid key=value pair (missing equal-sign) in Authorization header: '%.*s'.",
				SLICE_ARG(field), SLICE_ARG(header));
		size_t n = (size_t)(equals - field.ptr);
		take_field(c, slice_of(field.ptr, n), slice_from(field, n + 1), credential);
	}
	return ST_OK;
}

static enum status read_header(
	const struct sigv4_request *r, struct slice header, struct sigv4_claim *c, struct slice *credential, struct err *err)
{
	struct buf missing = BUF_INIT;
	enum status st = read_fields(header, c, credential, err);
	if (st != ST_OK)
		return st;
	if (!credential->len)
		buf_add_str(&missing, "Authorization header requires 'Credential' parameter. ");
	if (!c->signature.len)
		buf_add_str(&missing, "Authorization header requires 'Signature' parameter. ");
	if (!c->signed_headers.len)
		buf_add_str(&missing, "Authorization header requires 'SignedHeaders' parameter. ");
	if (!has_date(r))
		buf_add_str(&missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
	if (missing.len)
		st = err_set(err, ST_INCOMPLETE_SIGNATURE, "%sAuthorization=%.*s", buf_str(&missing), SLICE_ARG(header));
	buf_finish(&missing);
	return st;
}

/** A parameter of the query, decoded into c->text, which has room for all of them and so does not move. */
static struct slice decoded(const struct sigv4_request *r, struct sigv4_claim *c, const char *name)
{
	struct slice value;
	size_t start = c->text.len;
	find_parameter(r, name, &value);
	percent_decode(value, &c->text);
	return slice_of(c->text.ptr + start, c->text.len - start);
}

static enum status read_query(
	const struct sigv4_request *r, struct sigv4_claim *c, struct slice *credential, struct slice *date, struct err *err)
{
	struct buf missing = BUF_INIT;
	enum status st = ST_OK;
	c->presigned = true;
	buf_reserve(&c->text, strlen(r->uri) + 1);
	const struct {
		const char *name;
		struct slice value;
	} fields[] = {
		{"X-Amz-Algorithm", decoded(r, c, "X-Amz-Algorithm")},
		{"X-Amz-Credential", *credential = decoded(r, c, "X-Amz-Credential")},
		{"X-Amz-Signature", c->signature = decoded(r, c, "X-Amz-Signature")},
		{"X-Amz-SignedHeaders", c->signed_headers = decoded(r, c, "X-Amz-SignedHeaders")},
		{"X-Amz-Date", *date = decoded(r, c, "X-Amz-Date")},
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!fields[i].value.len)
			buf_addf(&missing, "AWS query-string parameters must include '%s'. ", fields[i].name);
	if (missing.len)
		st = err_set(err, ST_INCOMPLETE_SIGNATURE, "%sRe-examine the query-string parameters.", buf_str(&missing));
	else if (!slice_eq_str(fields[0].value, ALGORITHM))
		st = err_set(err, ST_INCOMPLETE_SIGNATURE, "Unsupported AWS 'algorithm': '%.*s'.", SLICE_ARG(fields[0].value));
	buf_finish(&missing);
	return st;
}

/* What both ways have in common */

static struct slice next_element(struct slice *rest)
{
	const uint8_t *slash = rest->len ? memchr(rest->ptr, '/', rest->len) : NULL;
	struct slice e = slice_of(rest->ptr, slash ? (size_t)(slash - rest->ptr) : rest->len);
	*rest = slice_from(*rest, e.len + (slash != NULL));
	return e;
}

static enum status read_credential(struct sigv4_claim *c, struct slice credential, struct err *err)
{
	struct slice rest = credential;
	size_t slashes = 0;
	for (size_t i = 0; i < credential.len; i++)
		slashes += credential.ptr[i] == '/';
	if (slashes != 4)
		return err_set(err, ST_INCOMPLETE_SIGNATURE,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%.*s'",
			SLICE_ARG(credential));
	c->access_key = next_element(&rest);
	c->scope = rest;
	c->day = next_element(&rest);
	c->region = next_element(&rest);
	c->service = next_element(&rest);
	c->terminator = rest;
	return ST_OK;
}

/** From X-Amz-Date, be it a header or a parameter, else from Date. */
static enum status read_date(
	const struct sigv4_request *r, struct slice amz_date, struct sigv4_claim *c, uint64_t *ret_s, struct err *err)
{
	struct slice text = amz_date.len ? amz_date : sigv4_header(r, "Date");
	if (!read_basic_date(text, ret_s) && (amz_date.len || !read_http_date(text, ret_s)))
		return err_set(err, ST_INCOMPLETE_SIGNATURE,
			"Date must be in ISO-8601 'basic format'. Got '%.*s'. See http://en.wikipedia.org/wiki/ISO_8601",
			SLICE_ARG(text));
	print_date(*ret_s, c->date);
	return ST_OK;
}

static enum status check_scope(const struct sigv4_claim *c, struct err *err)
{
	struct buf wrong = BUF_INIT;
	enum status st = ST_OK;
	if (!c->region.len)
		buf_add_str(&wrong, "Credential should be scoped to a valid region. ");
	if (!slice_eq_str(c->service, SIGV4_SERVICE))
		buf_add_str(&wrong, "Credential should be scoped to correct service: '" SIGV4_SERVICE "'. ");
	if (!slice_eq_str(c->terminator, "aws4_request"))
		buf_addf(&wrong, "Credential should be scoped with a valid terminator: 'aws4_request', not '%.*s'. ",
			SLICE_ARG(c->terminator));
	if (!slice_eq(c->day, slice_of(c->date, 8)))
		buf_addf(&wrong,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.*s' != "
			"'%.8s', from "
			"'%s'. ",
			SLICE_ARG(c->day), c->date, c->date);
	if (wrong.len)
		st = err_set(err, ST_BAD_SIGNATURE, "%s", buf_str(&wrong));
	buf_finish(&wrong);
	return st;
}

/** How long after its date a signature is good. */
static enum status read_lifetime(const struct sigv4_request *r, const struct sigv4_claim *c, uint64_t *ret_s, struct err *err)
{
	struct slice text;
	uint64_t n = 0;
	*ret_s = SIGV4_SKEW_S;
	if (!c->presigned || !find_parameter(r, "X-Amz-Expires", &text))
		return ST_OK;
	for (size_t i = 0; i < text.len && n <= SIGV4_EXPIRES_MAX_S; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return err_set(err, ST_INCOMPLETE_SIGNATURE, "X-Amz-Expires should be a number");
		n = n * 10 + (text.ptr[i] - '0');
	}
	if (n > SIGV4_EXPIRES_MAX_S)
		return err_set(err, ST_INCOMPLETE_SIGNATURE,
			"X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
			"%d "
			"seconds",
			SIGV4_EXPIRES_MAX_S);
	*ret_s = n;
	return ST_OK;
}

static enum status check_time(
	const struct sigv4_request *r, const struct sigv4_claim *c, uint64_t at_s, uint64_t lifetime_s, struct err *err)
{
	char now[17], limit[17];
	print_date(r->now_s, now);
	if (at_s + lifetime_s < r->now_s) {
		print_date(r->now_s - lifetime_s, limit);
		return err_set(err, ST_BAD_SIGNATURE, "Signature expired: %s is now earlier than %s (%s - %u min.)", c->date, limit,
			now, (unsigned)(lifetime_s / 60));
	}
	if (at_s > r->now_s + SIGV4_SKEW_S) {
		print_date(r->now_s + SIGV4_SKEW_S, limit);
		return err_set(err, ST_BAD_SIGNATURE, "Signature not yet current: %s is still later than %s (%s + %u min.)",
			c->date, limit, now, SIGV4_SKEW_S / 60);
	}
	return ST_OK;
}

/** Finds where the claim stands and takes its parts out. */
static enum status find_claim(
	const struct sigv4_request *r, struct sigv4_claim *c, struct slice *credential, struct slice *date, struct err *err)
{
	struct slice header = sigv4_header(r, "Authorization"), value;
	bool in_query = find_parameter(r, "X-Amz-Algorithm", &value) || find_parameter(r, "X-Amz-Signature", &value);
	if (header.len && in_query)
		return err_set(err, ST_BAD_SIGNATURE,
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
	if (in_query)
		return read_query(r, c, credential, date, err);
	if (!slice_has_prefix(header, SLICE_LIT(ALGORITHM)))
		return err_set(err, ST_NO_CREDENTIALS, "Request is missing Authentication Token");
	*date = sigv4_header(r, "X-Amz-Date");
	return read_header(r, header, c, credential, err);
}

enum status sigv4_read(const struct sigv4_request *r, struct sigv4_claim *ret, struct err *err)
{
	struct slice credential = {0}, date = {0};
	uint64_t at_s = 0, lifetime_s = 0;
	*ret = (struct sigv4_claim){0};
	enum status st = find_claim(r, ret, &credential, &date, err);
	if (st == ST_OK)
		st = read_credential(ret, credential, err);
	if (st == ST_OK)
		st = read_date(r, date, ret, &at_s, err);
	if (st == ST_OK)
		st = check_scope(ret, err);
	if (st == ST_OK)
		st = read_lifetime(r, ret, &lifetime_s, err);
	return st == ST_OK ? check_time(r, ret, at_s, lifetime_s, err) : st;
}

void sigv4_claim_finish(struct sigv4_claim *c)
{
	if (c)
		buf_finish(&c->text);
}
