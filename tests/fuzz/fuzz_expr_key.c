/** Any bytes as a key condition: refused with a message, or a range whose bounds are keys. */
#include "expr_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct expr *e, const struct key_schema *schema)
{
	struct key_range r;
	struct err err = {0};
	struct key key;
	if (expr_key_range(e, schema, &r, &err) != ST_OK) {
		REQUIRE(err.text[0]);
		return;
	}
	key = (struct key){.pk = r.pk, .sk = r.lo.len ? r.lo : r.hi};
	REQUIRE(!schema_has_sk(schema) || key.sk.len == 0 || key_check(schema, &key, NULL) == ST_OK);
	REQUIRE(!r.lo.len || key_range_has(&r, r.lo) != r.lo_open || (r.hi.len && slice_cmp(r.lo, r.hi) > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct key_schema schemas[] = {
		{.pk = {"id", VALUE_S}, .sk = {"sk", VALUE_N}},
		{.pk = {"id", VALUE_S}, .sk = {"b", VALUE_S}},
		{.pk = {"a", VALUE_B}},
	};
	struct request r = request_begin();
	struct expr *e = parse(&r, EXPR_KEY_CONDITION, slice_of(data, size));
	for (size_t i = 0; e && i < sizeof schemas / sizeof *schemas; i++)
		run(e, &schemas[i]);
	expr_free(e);
	request_end(&r);
	return 0;
}
