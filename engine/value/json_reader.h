/**
 * The parts of the JSON reader. It goes from text to item bytes in one pass without a tree: each value is appended to `out` as it is read, and
 * when a container ends its entries are sorted in place and its header is put in front.
 *
 *   json_read.c     entry points; what both forms share: maps, lists, sets
 *   json_natural.c  a value in natural JSON, with its {"$n": ..} wrappers
 *   json_typed.c    a value in DynamoDB's JSON
 *   json_api.c      the same as it comes in requests, with the service's words
 *   json_take.c     pieces of a text that is known to be good
 *   json_lex.c      white space, punctuation, strings, number literals, messages with line and column
 *
 * Every function that returns bool answers false after the first failure, which is then in r->status and r->err.
 */
#ifndef ENGINE_VALUE_JSON_READER_H
#define ENGINE_VALUE_JSON_READER_H

#include "engine/json.h"
#include "engine/number.h"
#include "engine/value/codec.h"

/** JSON levels that the deepest item needs: the item, two for each nested value ({"$m": {..}}, {"L": [..]}), {"$ns": [{"$n": ..}]}. */
#define JSON_DEPTH_MAX (1 + 2 * LIMIT_NESTING + 3)

struct reader {
	const uint8_t *start, *p, *end;
	enum json_form form;
	struct buf *out;
	struct buf scratch; /* a string with its escapes undone */
	struct buf entries; /* stack of struct entry: those of all containers that are open */
	enum status status;
	struct err *err;
};

/* json_lex.c */

/** Fails with "line L, column C: " for the place `at`. Returns false. */
bool lex_fail(struct reader *r, const uint8_t *at, enum status code, const char *fmt, ...) PRINTF_LIKE(4, 5);
/** Fails with what was expected, and what is there instead. Returns false. */
bool lex_expected(struct reader *r, const char *what);
void lex_space(struct reader *r);
/** White space, then the character `c`, else a failure: "expected WHAT". */
bool lex_take(struct reader *r, uint8_t c, const char *what);
/** White space, then `c` if it is next. */
bool lex_try(struct reader *r, uint8_t c);
/** A string (white space may come first). *ret: in the text or in r->scratch, until the next string. */
bool lex_string(struct reader *r, struct slice *ret);
/** A string and the ':' behind it. */
bool lex_name(struct reader *r, struct slice *ret);
/** The literal word at r->p, else a failure. */
bool lex_word(struct reader *r, const char *word);
/** A number literal by JSON's grammar. */
bool lex_number(struct reader *r, struct slice *ret);

/** After an entry: true when a ',' and another entry follow. Otherwise the container is closed, or r->status tells. */
bool lex_more(struct reader *r, uint8_t close);

static inline bool lex_failed(const struct reader *r)
{
	return r->status != ST_OK;
}

/* json_read.c. `depth`: containers around the value, the item itself not counted. '{' and '[' are taken already. */

bool reader_map(struct reader *r, unsigned depth);
bool reader_list(struct reader *r, unsigned depth);
/** '[' and the members of a set; writes the value, type byte first. */
bool reader_set(struct reader *r, enum value_type type);
/** A map or list one level down would be too deep: fails. */
bool reader_depth(struct reader *r, const uint8_t *at, unsigned depth);
/** Number text to encoding, with words that fit the form. */
bool reader_number(struct reader *r, struct slice text, const uint8_t *at, struct number *ret);
/** A string of base64; the bytes are in r->scratch or the like until the next string. */
bool reader_base64(struct reader *r, struct slice *ret);
/** Appends a value of type S, N, B. */
void reader_put(struct reader *r, enum value_type type, struct slice body);

/* One value, in its form */

bool natural_value(struct reader *r, unsigned depth);
bool natural_number_member(struct reader *r, struct number *ret); /* of {"$ns": [..]}: a literal or {"$n": ".."} */
bool typed_value(struct reader *r, unsigned depth);
bool api_value(struct reader *r, unsigned depth);

/* json_api.c: what the API says in its own words, or wants in its own way. All but api_number(), api_name() and api_expect_member() fail. */

bool api_number(struct reader *r, struct slice text, struct number *ret);
bool api_name(struct reader *r, struct slice name);
bool api_not_base64(struct reader *r, struct slice text);
bool api_too_deep(struct reader *r);
bool api_empty_set(struct reader *r, enum value_type type);
/** `at`: the '[' of the set. */
bool api_duplicates(struct reader *r, enum value_type type, const uint8_t *at);
/** In the other forms true. */
bool api_expect_member(struct reader *r, enum json_want want);

#endif
