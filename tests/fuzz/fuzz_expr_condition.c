/** Any bytes as a condition: refused with a message, or true or false; NOT ( ) around it says the opposite. */
#include "expr_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct key_schema schema = {.pk = {"id", VALUE_S}, .sk = {"sk", VALUE_N}};
	struct request r = request_begin();
	struct expr *e = parse(&r, EXPR_CONDITION, slice_of(data, size));
	if (e) {
		struct buf text = BUF_INIT;
		bool yes = expr_test(e, buf_slice(&r.item));
		expr_test(e, slice_of(NULL, 0));
		enum status st = expr_check_filter(e, &schema, NULL);
		REQUIRE(st == ST_OK || st == ST_VALIDATION);
		buf_add_str(&text, "NOT (");
		buf_add(&text, data, size);
		buf_add_str(&text, ")");
		/* It may now be too long, or have an operator or parentheses too many. */
		struct expr *opposite = parse(&r, EXPR_FILTER, buf_slice(&text));
		REQUIRE(!opposite || expr_test(opposite, buf_slice(&r.item)) != yes);
		expr_free(opposite);
		buf_finish(&text);
	}
	expr_free(e);
	request_end(&r);
	return 0;
}
