/* Signature Version 4: AWS's published vectors, and everything that a claim can lack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "src/http/sigv4.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define NOW_S 1440938160 /* 2015-08-30 12:36:00 */

static struct err err;

struct vector {
	const char *name, *method, *uri;
	struct {
		const char *name, *value;
	} headers[6];
	const char *body, *service, *signed_headers, *signature;
};

#define HOST                                                                                                                       \
	{                                                                                                                          \
		"Host", "example.amazonaws.com"                                                                                    \
	}
#define DATE                                                                                                                       \
	{                                                                                                                          \
		"X-Amz-Date", "20150830T123600Z"                                                                                   \
	}
#define PLAIN {HOST, DATE}, "", "service", "host;x-amz-date"

/* The suite "aws-sig-v4-test-suite", and the example of the IAM User Guide. */
static const struct vector vectors[] = {
	{"get-vanilla", "GET", "/", PLAIN, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"post-vanilla", "POST", "/", PLAIN, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", PLAIN,
		"07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-utf8", "GET", "/\xe1\x88\xb4", PLAIN, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{"path encoded twice", "GET", "/%E1%88%B4", PLAIN, "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d"},
	{"get-relative", "GET", "/example/..", PLAIN, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-relative-relative", "GET", "/example1/example2/../..", PLAIN,
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"above the root", "GET", "/../../", PLAIN, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash", "GET", "//", PLAIN, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-dot-slash", "GET", "/./", PLAIN, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-pointless-dot", "GET", "/./example", PLAIN, "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{"get-slashes", "GET", "//example//", PLAIN, "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", PLAIN,
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-query-order-value", "GET", "/?Param1=value2&Param1=value1", PLAIN,
		"5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
	{"get-vanilla-utf8-query", "GET", "/?\xe1\x88\xb4=bar", PLAIN,
		"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"the same, encoded in lower case", "GET", "/?%e1%88%b4=bar", PLAIN,
		"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"get-header-value-trim", "GET", "/", {HOST, {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}, DATE}, "",
		"service", "host;my-header1;my-header2;x-amz-date",
		"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"get-header-key-duplicate", "GET", "/",
		{HOST, {"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}, DATE}, "", "service",
		"host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"post-x-www-form-urlencoded", "POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}, HOST, DATE},
		"Param1=value1", "service", "content-type;host;x-amz-date",
		"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	{"iam", "GET", "/?Action=ListUsers&Version=2010-05-08",
		{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"Host", "iam.amazonaws.com"}, DATE}, "",
		"iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
};
#define VECTORS (sizeof vectors / sizeof *vectors)

struct call {
	struct sigv4_header headers[12];
	struct sigv4_request request;
};

static void make(struct call *c, const char *method, const char *uri)
{
	*c = (struct call){.request = {.method = method, .uri = uri, .now_s = NOW_S}};
	c->request.headers = c->headers;
}

static void add(struct call *c, const char *name, const char *value)
{
	c->headers[c->request.header_count++] = (struct sigv4_header){slice_str(name), slice_str(value)};
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		uint8_t key[SIGV4_KEY_SIZE];
		char scope[64];
		struct call c;
		make(&c, v->method, v->uri);
		for (size_t h = 0; h < 6 && v->headers[h].name; h++)
			add(&c, v->headers[h].name, v->headers[h].value);
		c.request.body = slice_str(v->body);
		snprintf(scope, sizeof scope, "20150830/us-east-1/%s/aws4_request", v->service);
		struct sigv4_claim claim = {.scope = slice_str(scope),
			.day = SLICE_LIT("20150830"),
			.region = SLICE_LIT("us-east-1"),
			.service = slice_str(v->service),
			.terminator = SLICE_LIT("aws4_request"),
			.signed_headers = slice_str(v->signed_headers),
			.signature = slice_str(v->signature),
			.date = "20150830T123600Z"};
		sigv4_signing_key(SECRET, &claim, key);
		if (sigv4_verify(&c.request, &claim, key, &err) != ST_OK) {
			struct buf canonical = BUF_INIT;
			sigv4_canonical(&c.request, &claim, &canonical);
			print_error("%s:\n%s\n", v->name, buf_str(&canonical));
			buf_finish(&canonical);
			fail_msg("%s: %s", v->name, err.text);
		}
		key[0] ^= 1;
		assert_int_equal(sigv4_verify(&c.request, &claim, key, &err), ST_BAD_SIGNATURE);
	}
}

/* The example key of the documentation: derived for 20150830, us-east-1, iam. */
static void test_signing_key(void **state)
{
	static const uint8_t wanted[] = {0xc4, 0xaf, 0xb1, 0xcc, 0x57, 0x71, 0xd8, 0x71, 0x76, 0x3a, 0x39, 0x3e, 0x44, 0xb7, 0x03,
		0x57, 0x1b, 0x55, 0xcc, 0x28, 0x42, 0x4d, 0x1a, 0x5e, 0x86, 0xda, 0x6e, 0xd3, 0xc1, 0x54, 0xa4, 0xb9};
	const struct sigv4_claim claim = {.day = SLICE_LIT("20150830"),
		.region = SLICE_LIT("us-east-1"),
		.service = SLICE_LIT("iam"),
		.terminator = SLICE_LIT("aws4_request")};
	uint8_t key[SIGV4_KEY_SIZE];
	sigv4_signing_key(SECRET, &claim, key);
	assert_memory_equal(key, wanted, sizeof wanted);
}

static enum status read_claim(const struct call *c)
{
	struct sigv4_claim claim;
	enum status st = sigv4_read(&c->request, &claim, &err);
	sigv4_claim_finish(&claim);
	return st;
}

#define GOOD_SCOPE "AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request"

static enum status read_header(const char *authorization, const char *date)
{
	struct call c;
	err.text[0] = 0;
	make(&c, "POST", "/");
	if (authorization)
		add(&c, "authorization", authorization);
	if (date)
		add(&c, "X-AMZ-DATE", date);
	return read_claim(&c);
}

static void test_missing(void **state)
{
	assert_int_equal(read_header(NULL, "20150830T123600Z"), ST_NO_CREDENTIALS);
	assert_string_equal(err.text, "Request is missing Authentication Token");
	assert_int_equal(read_header("Bearer abc", "20150830T123600Z"), ST_NO_CREDENTIALS);
	assert_int_equal(read_header("AWS4-HMAC-SHA256", NULL), ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(err.text, "Authorization header requires 'Credential' parameter. Authorization header requires "
				      "'Signature' parameter. Authorization "
				      "header requires 'SignedHeaders' parameter. Authorization header requires existence of "
				      "either a 'X-Amz-Date' or a 'Date' "
				      "header. Authorization=AWS4-HMAC-SHA256");
	assert_int_equal(read_header("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host", "x"), ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(err.text, "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 "
				      "Credential=a/b,SignedHeaders=host");
	assert_int_equal(
		read_header("AWS4-HMAC-SHA256 Credential=a /b, SignedHeaders=c, Signature=d", "x"), ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(err.text,
		"'/b' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 "
		"Credential=a /b, SignedHeaders=c, Signature=d'.");
	assert_int_equal(
		read_header("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=c, Signature=d", "x"), ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(err.text,
		"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'");
	assert_int_equal(read_header("AWS4-HMAC-SHA256 Credential=" GOOD_SCOPE ", SignedHeaders=c, Signature=d", "x"),
		ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(
		err.text, "Date must be in ISO-8601 'basic format'. Got 'x'. See http://en.wikipedia.org/wiki/ISO_8601");
}

static void test_scope(void **state)
{
	assert_int_equal(
		read_header("AWS4-HMAC-SHA256 Credential=" GOOD_SCOPE ", SignedHeaders=c, Signature=d", "20150830T123600Z"), ST_OK);
	assert_int_equal(
		read_header("AWS4-HMAC-SHA256 Credential=A/20150829//s3/x, SignedHeaders=c, Signature=d", "20150830T123600Z"),
		ST_BAD_SIGNATURE);
	assert_string_equal(err.text, "Credential should be scoped to a valid region. Credential should be scoped to correct "
				      "service: 'dynamodb'. Credential should "
				      "be scoped with a valid terminator: 'aws4_request', not 'x'. Date in Credential scope does "
				      "not match YYYYMMDD from ISO-8601 "
				      "version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'. ");
}

static enum status read_at(const char *date, uint64_t now_s)
{
	struct call c;
	char scope[128];
	make(&c, "POST", "/");
	snprintf(scope, sizeof scope, "AWS4-HMAC-SHA256 Credential=A/%.8s/r/dynamodb/aws4_request, SignedHeaders=c, Signature=d",
		date);
	add(&c, "Authorization", scope);
	add(&c, "X-Amz-Date", date);
	c.request.now_s = now_s;
	return read_claim(&c);
}

static void test_skew(void **state)
{
	assert_int_equal(read_at("20150830T123600Z", NOW_S), ST_OK);
	assert_int_equal(read_at("20150830T123600Z", NOW_S + 900), ST_OK);
	assert_int_equal(read_at("20150830T123600Z", NOW_S - 900), ST_OK);
	assert_int_equal(read_at("20150830T123600Z", NOW_S + 901), ST_BAD_SIGNATURE);
	assert_string_equal(
		err.text, "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)");
	assert_int_equal(read_at("20150830T123600Z", NOW_S - 901), ST_BAD_SIGNATURE);
	assert_string_equal(err.text,
		"Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)");
	assert_int_equal(read_at("20151330T123600Z", NOW_S), ST_INCOMPLETE_SIGNATURE);
	assert_int_equal(read_at("2015083xT123600Z", NOW_S), ST_INCOMPLETE_SIGNATURE);
}

static void test_http_date(void **state)
{
	struct call c;
	struct sigv4_claim claim;
	make(&c, "POST", "/");
	add(&c, "Authorization", "AWS4-HMAC-SHA256 Credential=" GOOD_SCOPE ",SignedHeaders=c,Signature=d");
	add(&c, "Date", "Sun, 30 Aug 2015 12:36:00 GMT");
	assert_int_equal(sigv4_read(&c.request, &claim, &err), ST_OK);
	assert_string_equal(claim.date, "20150830T123600Z");
	assert_true(slice_eq_str(claim.access_key, "AKIDEXAMPLE"));
	assert_true(slice_eq_str(claim.scope, "20150830/us-east-1/dynamodb/aws4_request"));
	sigv4_claim_finish(&claim);
}

#define QUERY                                                                                                                      \
	"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fdynamodb%2Faws4_request"         \
	"&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature=abc"

static void test_query(void **state)
{
	struct call c;
	struct sigv4_claim claim;
	make(&c, "POST", QUERY "&X-Amz-Expires=3600");
	c.request.now_s = NOW_S + 3600;
	assert_int_equal(sigv4_read(&c.request, &claim, &err), ST_OK);
	assert_true(claim.presigned);
	assert_true(slice_eq_str(claim.signed_headers, "content-type;host"));
	assert_true(slice_eq_str(claim.region, "us-east-1"));
	assert_true(slice_eq_str(claim.signature, "abc"));
	sigv4_claim_finish(&claim);
	c.request.now_s++;
	assert_int_equal(read_claim(&c), ST_BAD_SIGNATURE);
	make(&c, "POST", QUERY "&X-Amz-Expires=604801");
	assert_int_equal(read_claim(&c), ST_INCOMPLETE_SIGNATURE);
	make(&c, "POST", QUERY);
	add(&c, "Authorization", "AWS4-HMAC-SHA256 x");
	assert_int_equal(read_claim(&c), ST_BAD_SIGNATURE);
	assert_string_equal(err.text, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
	make(&c, "POST", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256");
	assert_int_equal(read_claim(&c), ST_INCOMPLETE_SIGNATURE);
	assert_string_equal(err.text, "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters "
				      "must include 'X-Amz-Signature'. AWS "
				      "query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters "
				      "must include 'X-Amz-Date'. Re-examine "
				      "the query-string parameters.");
}

static void expect_verified(enum status wanted, const char *signed_headers, const char *hash, const char *body)
{
	struct call c;
	uint8_t key[SIGV4_KEY_SIZE] = {0};
	struct buf canonical = BUF_INIT;
	make(&c, "POST", "/");
	add(&c, "Host", "h");
	add(&c, "X-Amz-Target", "DynamoDB_20120810.GetItem");
	if (hash)
		add(&c, "x-amz-content-sha256", hash);
	c.request.body = slice_str(body);
	struct sigv4_claim claim = {.signed_headers = slice_str(signed_headers), .signature = SLICE_LIT("0")};
	assert_int_equal(sigv4_verify(&c.request, &claim, key, &err), ST_BAD_SIGNATURE);
	sigv4_canonical(&c.request, &claim, &canonical);

	bool uncovered = slice_has_suffix(buf_slice(&canonical), SLICE_LIT("UNSIGNED-PAYLOAD"));
	assert_int_equal(uncovered, wanted == ST_OK);
	buf_finish(&canonical);
}

static void test_payload(void **state)
{
	expect_verified(ST_OK, "host;x-amz-content-sha256;x-amz-target", "UNSIGNED-PAYLOAD", "body");
	expect_verified(ST_BAD_SIGNATURE, "host;x-amz-target", "UNSIGNED-PAYLOAD", "body"); /* not said under the signature */
	expect_verified(ST_BAD_SIGNATURE, "host;x-amz-target", NULL, "body");
}

static void test_must_be_signed(void **state)
{
	struct call c;
	uint8_t key[SIGV4_KEY_SIZE] = {0};
	make(&c, "POST", "/");
	add(&c, "Host", "h");
	add(&c, "X-Amz-Target", "t");
	struct sigv4_claim claim = {.signed_headers = SLICE_LIT("x-amz-target"), .signature = SLICE_LIT("0")};
	assert_int_equal(sigv4_verify(&c.request, &claim, key, &err), ST_BAD_SIGNATURE);
	assert_non_null(strstr(err.text, "'Host'"));
	claim.signed_headers = SLICE_LIT("host");
	assert_int_equal(sigv4_verify(&c.request, &claim, key, &err), ST_BAD_SIGNATURE);
	assert_non_null(strstr(err.text, "'X-Amz-Target'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_signing_key),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_http_date),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_must_be_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
