/**
 * The bytes of items, for the files in this folder: varints, values, sorted entries. Byte layout: README.md.
 *
 * All decoders bear any bytes: they answer false rather than read past the end.
 */
#ifndef ENGINE_VALUE_CODEC_H
#define ENGINE_VALUE_CODEC_H

#include "engine/item.h"
#include "engine/limits.h"

#define VARINT_MAX 5 /* lengths and counts are below 2^32 */

/** Takes a length off the front of `s`. Only the shortest spelling is one, so that equal items have equal bytes. */
static inline bool varint_get(struct slice *s, size_t *ret)
{
	size_t v = 0;
	for (size_t i = 0; i < VARINT_MAX && i < s->len; i++) {
		uint8_t byte = s->ptr[i];
		v |= (size_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			if ((byte == 0 && i > 0) || v > UINT32_MAX)
				return false;
			*s = slice_from(*s, i + 1);
			*ret = v;
			return true;
		}
	}
	return false;
}

/** Writes a length to `to` (at least VARINT_MAX bytes); returns how many bytes it took. */
static inline size_t varint_put(uint8_t *to, size_t v)
{
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		to[n++] = (uint8_t)(v | 0x80);
	to[n++] = (uint8_t)v;
	return n;
}

/** Takes a length and that many bytes off the front: a name, the body of S, N, B, a set member. */
static inline bool bytes_get(struct slice *s, struct slice *ret)
{
	size_t n;
	if (!varint_get(s, &n) || n > s->len)
		return false;
	*ret = slice_of(s->ptr, n);
	*s = slice_from(*s, n);
	return true;
}

void bytes_put(struct buf *out, struct slice bytes);

/** Takes one value, type byte first, off the front. */
bool value_get(struct slice *s, struct value *ret);

/** What an attribute's value adds to item_size(), besides its name. */
size_t value_size(struct value v);

static inline bool type_is_set(enum value_type t)
{
	return t == VALUE_SS || t == VALUE_NS || t == VALUE_BS;
}

static inline bool type_is_container(enum value_type t)
{
	return t == VALUE_L || t == VALUE_M || type_is_set(t);
}

/** The type of a set's members. */
static inline enum value_type set_member_type(enum value_type set)
{
	return set == VALUE_SS ? VALUE_S : set == VALUE_NS ? VALUE_N : VALUE_B;
}

/** One entry of a map or set under construction: it begins with a length and the bytes that order it. */
struct entry {
	uint32_t at;  /* where it stands in the buffer */
	uint32_t len; /* of the whole entry */
	uint32_t pos; /* where it came from, for messages */
};

/**
 * Sorts the entries, which fill data[e[0].at .. data->len), by their leading bytes, and moves them accordingly. Returns NULL, or an
 * entry whose leading bytes an earlier one (by pos) has too; then the bytes are as they were.
 */
const struct entry *entries_sort(struct buf *data, struct entry *e, size_t n);

/** Puts the header of a container (length and count) in front of its entries, which stand at `from` to the end. */
void container_close(struct buf *out, size_t from, size_t count);

#endif
