/**
 * The item file: JSON text <=> item (design: items.md; forms and rules: engine/value/README.md).
 *
 * Two forms. Natural: JSON as people write it, wrapped in {"$n": ..}, {"$b": ..}, {"$ss": ..} only where plain JSON would lie. Typed: the
 * exact DynamoDB JSON, {"price": {"N": "3"}}. Reading is strict; writing is canonical: one item, one text, always.
 *
 * Errors of all readers: ST_SYNTAX (not strict JSON), ST_VALIDATION (JSON, but no item: more than 38 digits, empty set, nesting), both with
 * "line L, column C: " in front (1-based; columns count characters, not bytes).
 * A text longer than JSON_TEXT_MAX is not looked at: ST_ITEM_TOO_LARGE.
 * Locks: none.
 */
#ifndef ENGINE_JSON_H
#define ENGINE_JSON_H

#include "engine/base/buf.h"
#include "engine/status.h"

/**
 * API: the typed form as requests of the API bring it. What JSON types it wants is what the service wants (members that no type has are ignored,
 * null is as if it were not there), and errors are in the service's words, without a place: ST_SYNTAX is its SerializationException. For texts that
 * json_scan() found good.
 */
enum json_form { JSON_NATURAL, JSON_TYPED, JSON_API };

/**
 * Reads one item from the whole of `text` (white space around it is allowed). Appends the item's binary form to `out`, which is
 * left as it was on failure. Does not check the item's size nor its keys: those are the table's (op.h).
 */
MUST_CHECK enum status json_read_item(struct slice text, enum json_form form, struct buf *out, struct err *err);

/** Reads one value, any type, in the form given; appends type byte and body as inside an item (value_encode()). */
MUST_CHECK enum status json_read_value(struct slice text, enum json_form form, struct buf *out, struct err *err);

/* JSON that json_scan() found good, taken apart without a copy. Of other texts these give pieces that mean nothing, but never read past the end. */

/** The value at the beginning of `rest`, white space around it left away; `rest` then begins behind it. Empty: there is none. */
struct slice json_take_value(struct slice *rest);

/**
 * Walks an object or an array: `rest` is what stands behind its bracket (json_enter()). False: it is at its end.
 * `name`: what stands between the quotes, escapes and all; NULL in an array.
 */
struct slice json_enter(struct slice container);
bool json_next(struct slice *rest, struct slice *name, struct slice *value);

/** Appends the text of a string literal, quotes included in `literal`, its escapes undone. */
void json_unquote(struct slice literal, struct buf *out);

/** What the service's requests have in a place. */
enum json_want { JSON_WANT_STRING, JSON_WANT_BOOLEAN, JSON_WANT_INTEGER, JSON_WANT_BLOB, JSON_WANT_LIST, JSON_WANT_MAP, JSON_WANT_STRUCTURE };

/**
 * ST_OK, or ST_SYNTAX in the words of the service's SerializationException. `of`: what lists, maps and structures are of, as these words have it
 * ("java.util.Map<java.lang.String, java.lang.String>"); of others NULL.
 */
MUST_CHECK enum status json_expect(struct slice value, enum json_want want, const char *of, struct err *err);

/** How an item is laid out. first[0], first[1]: names that come first when present (partition key, sort key), or empty. */
struct json_style {
	enum json_form form;
	bool line; /* all on one line without spaces, no LF at the end; otherwise two-space indent and a final LF */
	struct slice first[2];
};

/** Appends the item's canonical text to `out`. The item must be valid (item_valid()). */
void json_write_item(struct slice item, const struct json_style *style, struct buf *out);

/** The length that json_write_item() would add, without writing. */
size_t json_item_length(struct slice item, const struct json_style *style);

/** Appends a JSON string literal, quotes included; bytes that are not UTF-8 become U+FFFD. */
void json_write_string(struct slice s, struct buf *out);

/**
 * Incremental recogniser: is what has come so far a whole document, a good beginning, or beyond saving? Looks at every byte once.
 * It knows the grammar (strict JSON, UTF-8, one object, nesting up to what the forms need), not the meaning.
 */
enum json_scan_state {
	JSON_SCAN_MORE, /* a valid beginning (also: nothing but white space) */
	JSON_SCAN_DONE, /* one complete object, perhaps with white space after it */
	JSON_SCAN_BAD,  /* can no longer become valid; err of json_scan() said why and where */
};

struct json_scan { /* zeroed by json_scan_init(); opaque but for `state` */
	enum json_scan_state state;
	uint32_t line, column; /* of the next byte, 1-based */
	uint32_t depth;
	uint32_t depth_max;    /* what an item needs; may be set to more, up to JSON_SCAN_DEPTH_MAX, after json_scan_init() */
	uint8_t mode, sub;     /* lexer position */
	uint8_t utf8_left, utf8_low, utf8_high;
	uint16_t surrogate;
	uint8_t hex_left;
	uint16_t hex;
	uint8_t stack[16]; /* one bit a level: object or array */
};
#define JSON_SCAN_DEPTH_MAX 128

void json_scan_init(struct json_scan *s);
/** Takes the next bytes; returns and keeps the state. Once BAD, stays BAD. err is set only on BAD. */
enum json_scan_state json_scan(struct json_scan *s, struct slice bytes, struct err *err);

#endif
