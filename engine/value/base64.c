#include "engine/value/base64.h"

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct slice bytes, char *to)
{
	const uint8_t *p = bytes.ptr;
	size_t left = bytes.len;
	for (; left >= 3; left -= 3, p += 3, to += 4) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		to[0] = alphabet[v >> 18];
		to[1] = alphabet[v >> 12 & 63];
		to[2] = alphabet[v >> 6 & 63];
		to[3] = alphabet[v & 63];
	}
	if (left == 0)
		return;
	uint32_t v = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
	to[0] = alphabet[v >> 18];
	to[1] = alphabet[v >> 12 & 63];
	to[2] = left == 2 ? alphabet[v >> 6 & 63] : '=';
	to[3] = '=';
}

/** 0..63, or 64 for what is not in the alphabet. */
static uint32_t digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/** The last group of four, with padding or without. Returns bytes written, 0 when it is not strict. */
static size_t decode_last(const uint8_t *p, uint8_t *to)
{
	size_t n = p[3] != '=' ? 3 : p[2] != '=' ? 2 : 1;
	uint32_t a = digit(p[0]), b = digit(p[1]), c = n > 1 ? digit(p[2]) : 0, d = n > 2 ? digit(p[3]) : 0;
	uint32_t v = a << 18 | b << 12 | c << 6 | d;
	if (((a | b | c | d) & 64) || (n == 1 && (b & 15)) || (n == 2 && (c & 3)))
		return 0;
	to[0] = (uint8_t)(v >> 16);
	if (n > 1)
		to[1] = (uint8_t)(v >> 8);
	if (n > 2)
		to[2] = (uint8_t)v;
	return n;
}

bool base64_decode(struct slice text, uint8_t *to, size_t *ret_len)
{
	const uint8_t *p = text.ptr;
	uint8_t *start = to;
	*ret_len = 0;
	if (text.len == 0)
		return true;
	if (text.len % 4 != 0)
		return false;
	for (size_t groups = text.len / 4 - 1; groups > 0; groups--, p += 4, to += 3) {
		uint32_t a = digit(p[0]), b = digit(p[1]), c = digit(p[2]), d = digit(p[3]);
		if ((a | b | c | d) & 64)
			return false;
		uint32_t v = a << 18 | b << 12 | c << 6 | d;
		to[0] = (uint8_t)(v >> 16);
		to[1] = (uint8_t)(v >> 8);
		to[2] = (uint8_t)v;
	}
	size_t last = decode_last(p, to);
	*ret_len = (size_t)(to - start) + last;
	return last > 0;
}
