/**
 * Items and attribute values in their binary form: the only form that the engine stores, compares and filters.
 *
 * An item is a run of bytes (struct slice): attributes sorted by the bytes of their names. Reading needs no tree and no allocation:
 * the functions below return slices into the item. Every function bears any bytes without a crash, since damaged records, though
 * sealed, must never take the process down: item_valid() tells good from bad once, after unsealing or decoding.
 * Byte layout: engine/value/README.md.
 *
 * Lifetime: slices returned are borrowed from the item passed in.
 * Locks: none.
 * Source: DynamoDB API Reference, AttributeValue; Developer Guide, "Item sizes and formats".
 */
#ifndef ENGINE_ITEM_H
#define ENGINE_ITEM_H

#include "engine/base/buf.h"
#include "engine/status.h"

/** The type byte in front of each value. Letters, so that a hex dump reads. */
enum value_type {
	VALUE_NONE = 0, /* no such attribute */
	VALUE_S = 'S',
	VALUE_N = 'N', /* body: order encoding (number.h) */
	VALUE_B = 'B',
	VALUE_TRUE = 'T',
	VALUE_FALSE = 'F',
	VALUE_NULL = 'Z',
	VALUE_L = 'L',
	VALUE_M = 'M',
	VALUE_SS = 's',
	VALUE_NS = 'n',
	VALUE_BS = 'b',
};

struct value {
	enum value_type type;
	struct slice body; /* S, N, B: the bytes; L, M and sets: the entries, walked with value_iter; BOOL, NULL: empty */
	uint32_t count;    /* entries of L, M, sets; otherwise 0 */
};

/** "S", "N", "BOOL", ... as the API writes it. */
const char *value_type_name(enum value_type type);

/** The top level of an item as a value of type M. */
struct value item_value(struct slice item);

/** The attribute called `name`; type VALUE_NONE when there is none. */
struct value item_get(struct slice item, struct slice name);

/** Walks the entries of L, M, SS, NS, BS in stored order. Set members come out as values of type S, N, B; `name` is empty but in M. */
struct value_iter {
	enum value_type of;
	struct slice rest;
	uint32_t left;
};
struct value_iter value_iter(struct value container);
bool value_next(struct value_iter *it, struct slice *name, struct value *v);

/** Equality as DynamoDB sees it (sets are unordered: stored sorted, so bytes decide). */
bool value_eq(struct value a, struct value b);

/** The whole structure is as the layout says: lengths, order of names, set order, number encodings, UTF-8, depth. */
bool item_valid(struct slice item);

/** The rules of attribute names, at the top and in maps, in the service's words. */
MUST_CHECK enum status item_check_name(struct slice name, struct err *err);

/** DynamoDB's item size in bytes: UTF-8 names plus values (LIMIT_ITEM_SIZE). */
size_t item_size(struct slice item);

/**
 * Builds an item, or the inside of a container, attribute by attribute, in any order of names.
 *
 *   struct item_builder b; item_builder_init(&b);
 *   item_add(&b, name, VALUE_S, bytes);
 *   st = item_builder_end(&b, &out, err);     sorts, checks for duplicates, appends the item to `out`
 *   item_builder_finish(&b);
 */
struct item_builder {
	struct buf entries; /* name, value pairs in the order added */
	struct buf index;   /* uint32_t offset of each entry */
};
void item_builder_init(struct item_builder *b);
void item_builder_finish(struct item_builder *b);
/** S, N (order encoding), B, TRUE, FALSE, NULL: `body` as in struct value. For containers pass an encoded struct value. */
void item_add(struct item_builder *b, struct slice name, struct value v);
/** Errors: ST_VALIDATION (a name twice, a name too long). */
MUST_CHECK enum status item_builder_end(struct item_builder *b, struct buf *out, struct err *err);

/** A copy of `item` with the attribute set (replaced or added), or removed. Appends to `out`, which is not the owner of `item`. */
void item_with(struct slice item, struct slice name, struct value v, struct buf *out);
void item_without(struct slice item, struct slice name, struct buf *out);

/** Appends one value (type byte and body) as it stands inside an item. */
void value_encode(struct value v, struct buf *out);

#endif
