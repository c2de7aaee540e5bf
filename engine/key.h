/**
 * Primary keys: what a table's key schema says, and the key of one item.
 *
 * Key bytes are the bytes that order keys: UTF-8 for S, raw for B, the order encoding (number.h) for N. They are also the very bytes that
 * the item stores as the attribute's body, so a key is borrowed from its item without conversion. Within a partition, items are
 * ordered by memcmp() of the sort key bytes, shorter first.
 * Locks: none.
 * Source: DynamoDB Developer Guide, "Partitions and data distribution", "Quotas" (keys).
 */
#ifndef ENGINE_KEY_H
#define ENGINE_KEY_H

#include "engine/item.h"
#include "engine/limits.h"

struct key_attr {
	char name[LIMIT_KEY_ATTR_NAME + 1]; /* UTF-8, NUL-terminated (key attribute names hold no NUL) */
	enum value_type type;               /* VALUE_S, VALUE_N or VALUE_B; VALUE_NONE: there is no such key part */
};

struct key_schema {
	struct key_attr pk;
	struct key_attr sk; /* type VALUE_NONE: the table has a partition key only */
};

static inline bool schema_has_sk(const struct key_schema *s)
{
	return s->sk.type != VALUE_NONE;
}

struct key {
	struct slice pk; /* 1..2048 bytes */
	struct slice sk; /* 1..1024 bytes; empty exactly when the table has no sort key */
};

/**
 * The key of an item; slices borrowed from `item`.
 * Errors: ST_VALIDATION in the service's words (missing the key %s; type mismatch; empty string); ST_KEY_TOO_LONG.
 */
MUST_CHECK enum status key_from_item(const struct key_schema *schema, struct slice item, struct key *ret, struct err *err);

/** Checks lengths and presence of a key that was put together from names. Same errors. */
MUST_CHECK enum status key_check(const struct key_schema *schema, const struct key *key, struct err *err);

/**
 * Appends `item` to `out` with the key attributes that it lacks filled in from `key`.
 * Errors: ST_KEY_MISMATCH when an attribute is there but differs (the text shows both, as short as can be); ST_VALIDATION.
 */
MUST_CHECK enum status key_fill_item(const struct key_schema *schema, const struct key *key, struct slice item, struct buf *out,
				     struct err *err);

/** A readable form for messages: at most `max` bytes of text, numbers in decimal, binary in hex, cut with "...". NUL-terminated. */
void key_describe(enum value_type type, struct slice bytes, char *text, size_t max);

#endif
