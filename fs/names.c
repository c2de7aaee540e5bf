#include "fs/names.h"

#include <sodium.h>

#include "engine/number.h"

#define SUFFIX SLICE_LIT(".json")
#define DIGEST_PREFIX_MAX 150
#define DIGEST_MARK "%~"
#define DIGEST_TEXT_SIZE 26

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";
static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

/** Length of the UTF-8 character that starts `s`, 0 when there is none. */
static size_t utf8_length(struct slice s)
{
	uint8_t c = s.ptr[0];
	size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : (c & 0xF0) == 0xE0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
	if (n == 0 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s.ptr[i] & 0xC0) != 0x80)
			return 0;
	}
	if ((c == 0xE0 && s.ptr[1] < 0xA0) || (c == 0xED && s.ptr[1] > 0x9F) || (c == 0xF0 && s.ptr[1] < 0x90) ||
		(c == 0xF4 && s.ptr[1] > 0x8F))
		return 0;
	return n;
}

static bool is_utf8(struct slice s)
{
	for (size_t n; s.len > 0; s = slice_from(s, n)) {
		if ((n = utf8_length(s)) == 0)
			return false;
	}
	return true;
}

static bool must_escape(uint8_t c, bool first, bool last)
{
	if (c < 0x20 || c == 0x7F || strchr("/%\\:*?\"<>|", c))
		return true;
	if (first && (c == '.' || c == '-' || c == '~'))
		return true;
	return last && (c == ' ' || c == '.');
}

static void add_escaped(struct buf *out, uint8_t c)
{
	char text[3] = {'%', hex_upper[c >> 4], hex_upper[c & 15]};
	buf_add(out, text, sizeof text);
}

/** How many bytes from the start mean themselves wherever they stand: most keys are nothing else. */
static size_t plain_run(struct slice s)
{
	size_t n = 0;
	while (n < s.len && ((uint8_t)((s.ptr[n] | 0x20) - 'a') < 26 || (uint8_t)(s.ptr[n] - '0') < 10 || s.ptr[n] == '_'))
		n++;
	return n;
}

static void add_percent(struct buf *out, struct slice text)
{
	for (size_t i = 0, n; i < text.len; i += n) {
		n = plain_run(slice_from(text, i));
		if (n > 0) {
			buf_add(out, text.ptr + i, n);
			continue;
		}
		n = utf8_length(slice_from(text, i));
		if (n > 1) {
			buf_add(out, text.ptr + i, n);
			continue;
		}
		uint8_t c = text.ptr[i];
		if (n == 0 || must_escape(c, i == 0, i + 1 == text.len))
			add_escaped(out, c);
		else
			buf_add_byte(out, c);
		n = 1;
	}
}

static void add_hex(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		buf_add_byte(out, (uint8_t)hex_lower[bytes.ptr[i] >> 4]);
		buf_add_byte(out, (uint8_t)hex_lower[bytes.ptr[i] & 15]);
	}
}

static void add_spelling(enum value_type type, struct slice key, struct buf *out)
{
	char number[NUMBER_TEXT_MAX];
	if (type == VALUE_B)
		add_hex(out, key);
	else if (type == VALUE_N)
		add_percent(out, slice_of(number, number_format(key, number)));
	else
		add_percent(out, key);
}

static void digest_of(struct slice key, uint8_t digest[NAME_DIGEST_SIZE])
{
	crypto_generichash(digest, NAME_DIGEST_SIZE, key.ptr, key.len, NULL, 0);
}

static void add_base32(struct buf *out, const uint8_t digest[NAME_DIGEST_SIZE])
{
	for (size_t i = 0; i < DIGEST_TEXT_SIZE; i++) {
		size_t bit = i * 5, byte = bit / 8;
		unsigned pair = (unsigned)digest[byte] << 8 | (byte + 1 < NAME_DIGEST_SIZE ? digest[byte + 1] : 0);
		buf_add_byte(out, (uint8_t)base32[(pair >> (11 - bit % 8)) & 31]);
	}
}

/** How much of a spelling goes in front of the digest: whole characters, whole escapes. */
static size_t digest_prefix(struct slice spelling)
{
	size_t n = 0, step;
	while (n < spelling.len) {
		step = spelling.ptr[n] == '%' ? 3 : utf8_length(slice_from(spelling, n));
		if (n + step > DIGEST_PREFIX_MAX)
			break;
		n += step;
	}
	return n;
}

void name_from_key(enum value_type type, struct slice key, bool file, struct buf *out)
{
	size_t from = out->len, room = NAME_BYTES_MAX - (file ? SUFFIX.len : 0);
	uint8_t digest[NAME_DIGEST_SIZE];
	add_spelling(type, key, out);
	if (out->len - from > room) {
		buf_resize(out, from + digest_prefix(slice_from(buf_slice(out), from)));
		digest_of(key, digest);
		buf_add_str(out, DIGEST_MARK);
		add_base32(out, digest);
	}
	if (file)
		buf_add_slice(out, SUFFIX);
}

bool name_digest(enum value_type type, struct slice key, bool file, uint8_t digest[NAME_DIGEST_SIZE])
{
	size_t room = NAME_BYTES_MAX - (file ? SUFFIX.len : 0);
	if (type == VALUE_N || key.len * 3 <= room)
		return false;
	struct buf spelling = BUF_INIT;
	add_spelling(type, key, &spelling);
	bool is_long = spelling.len > room;
	buf_finish(&spelling);
	if (is_long)
		digest_of(key, digest);
	return is_long;
}

static int hex_value(const char *digits, uint8_t c)
{
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool percent_decode(struct slice name, struct buf *out)
{
	for (size_t i = 0; i < name.len; i++) {
		int high, low;
		if (name.ptr[i] != '%') {
			buf_add_byte(out, name.ptr[i]);
			continue;
		}
		if (i + 2 >= name.len || (high = hex_value(hex_upper, name.ptr[i + 1])) < 0 ||
			(low = hex_value(hex_upper, name.ptr[i + 2])) < 0)
			return false;
		buf_add_byte(out, (uint8_t)(high << 4 | low));
		i += 2;
	}
	return true;
}

static bool hex_decode(struct slice name, struct buf *out)
{
	for (size_t i = 0; i + 1 < name.len; i += 2) {
		int high = hex_value(hex_lower, name.ptr[i]), low = hex_value(hex_lower, name.ptr[i + 1]);
		if (high < 0 || low < 0)
			return false;
		buf_add_byte(out, (uint8_t)(high << 4 | low));
	}
	return name.len % 2 == 0;
}

static bool number_decode(struct slice name, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct number n;
	bool good = percent_decode(name, &text) && number_parse(buf_slice(&text), &n, NULL) == ST_OK;
	buf_finish(&text);
	if (good)
		buf_add_slice(out, number_slice(&n));
	return good;
}

/** The digest in "PREFIX%~DIGEST"; the prefix is not looked at here: the key that has the digest decides. */
static bool digest_decode(struct slice stem, struct buf *out)
{
	size_t mark = sizeof DIGEST_MARK - 1;
	if (stem.len < mark + DIGEST_TEXT_SIZE)
		return false;
	struct slice tail = slice_from(stem, stem.len - mark - DIGEST_TEXT_SIZE);
	if (memcmp(tail.ptr, DIGEST_MARK, mark) != 0)
		return false;
	uint8_t digest[NAME_DIGEST_SIZE + 1] = {0};
	for (size_t i = 0; i < DIGEST_TEXT_SIZE; i++) {
		int v = hex_value(base32, tail.ptr[mark + i]);
		if (v < 0)
			return false;
		unsigned pair = (unsigned)v << (11 - i * 5 % 8);
		digest[i * 5 / 8] |= (uint8_t)(pair >> 8);
		digest[i * 5 / 8 + 1] |= (uint8_t)pair;
	}
	buf_add(out, digest, NAME_DIGEST_SIZE);
	return true;
}

static bool key_decode(enum value_type type, struct slice stem, struct buf *out)
{
	if (type == VALUE_B)
		return hex_decode(stem, out);
	if (type == VALUE_N)
		return number_decode(stem, out);
	return percent_decode(stem, out) && is_utf8(buf_slice(out));
}

static bool is_spelling(enum value_type type, struct slice name, bool file, struct slice key)
{
	struct buf spelt = BUF_INIT;
	name_from_key(type, key, file, &spelt);
	bool same = slice_eq(buf_slice(&spelt), name);
	buf_finish(&spelt);
	return same;
}

enum name_kind name_parse(enum value_type type, struct slice name, bool file, struct buf *ret)
{
	struct slice stem = name;
	buf_reset(ret);
	if (name.len == 0 || name.ptr[0] == '.' || (file && !slice_has_suffix(name, SUFFIX)))
		return NAME_OTHER;
	stem.len -= file ? SUFFIX.len : 0;
	if (type != VALUE_N && digest_decode(stem, ret))
		return NAME_DIGEST;
	buf_reset(ret);
	if (key_decode(type, stem, ret) && ret->len > 0 && is_spelling(type, name, file, buf_slice(ret)))
		return NAME_KEY;
	return NAME_WRONG;
}

void name_add_printable(struct buf *out, struct slice name)
{
	for (size_t i = 0, n; i < name.len; i += n) {
		n = utf8_length(slice_from(name, i));
		if (n == 0 || name.ptr[i] < 0x20 || name.ptr[i] == 0x7F) {
			add_escaped(out, name.ptr[i]);
			n = 1;
		} else {
			buf_add(out, name.ptr + i, n);
		}
	}
}
