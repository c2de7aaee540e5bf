/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. And fast runs over plain text. */
#ifndef ENGINE_VALUE_UTF8_H
#define ENGINE_VALUE_UTF8_H

#include "engine/base/bytes.h"
#include "engine/base/slice.h"

/** The bytes that may follow a lead byte: how many, and the bounds of the first of them. `left` 0: no lead byte. */
struct utf8_lead {
	uint8_t left, low, high;
};

static inline struct utf8_lead utf8_lead(uint8_t c)
{
	if (c < 0xc2 || c > 0xf4)
		return (struct utf8_lead){0, 0, 0};
	return (struct utf8_lead){
		.left = (uint8_t)(c < 0xe0   ? 1
				  : c < 0xf0 ? 2
					     : 3),
		.low = c == 0xe0   ? 0xa0
		       : c == 0xf0 ? 0x90
				   : 0x80,
		.high = c == 0xed   ? 0x9f
			: c == 0xf4 ? 0x8f
				    : 0xbf,
	};
}

/** Length of the character at p (n >= 1 bytes are there): 1..4, or 0 when it is none. */
static inline size_t utf8_char(const uint8_t *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	struct utf8_lead lead = utf8_lead(p[0]);
	if (lead.left == 0 || n <= lead.left || p[1] < lead.low || p[1] > lead.high)
		return 0;
	for (size_t i = 2; i <= lead.left; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return lead.left + 1u;
}

/** How many bytes of good UTF-8 to show where there is room for `max`: no character is cut in two. */
static inline int utf8_cut(struct slice s, size_t max)
{
	size_t n = s.len < max ? s.len : max;
	while (n > 0 && n < s.len && (s.ptr[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

static inline uint64_t utf8_below(uint64_t x, uint8_t limit)
{
	return (x - UINT64_C(0x0101010101010101) * limit) & ~x;
}

/**
 * How many bytes from p stand for themselves in a JSON string: not '"', '\' or a control character, nor, with `ascii`, beyond ASCII.
 * Eight at a time: in each test the lowest top bit set is exact, those above it may be echoes of a borrow.
 */
static inline size_t json_plain_run(const uint8_t *p, const uint8_t *end, bool ascii)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
	const uint8_t *start = p;
	for (; end - p >= 8; p += 8) {
		uint64_t x = get_le64(p);
		uint64_t hit = utf8_below(x, 0x20) | utf8_below(x ^ (ones * '"'), 1) | utf8_below(x ^ (ones * '\\'), 1);
		hit = (hit | (ascii ? x : 0)) & tops;
		if (hit)
			return (size_t)(p - start) + (unsigned)__builtin_ctzll(hit) / 8;
	}
	while (p < end && *p >= 0x20 && *p != '"' && *p != '\\' && (!ascii || *p < 0x80))
		p++;
	return (size_t)(p - start);
}

/** How many bytes from the start are good UTF-8. */
static inline size_t utf8_run(struct slice s)
{
	size_t i = 0, n;
	while (i < s.len) {
		while (s.len - i >= 8 && !(get_le64(s.ptr + i) & UINT64_C(0x8080808080808080)))
			i += 8;
		if (i == s.len)
			break;
		n = utf8_char(s.ptr + i, s.len - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

static inline bool utf8_valid(struct slice s)
{
	return utf8_run(s) == s.len;
}

#endif
