#include "src/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define WORD_MAX 40

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/** Letters to add, take away or replace to get from one word to the other. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

void word_guess_try(struct word_guess *g, const char *known)
{
	size_t a = strlen(g->word), b = strlen(known);
	if (a == 0 || a > WORD_MAX || b > WORD_MAX)
		return;
	size_t d = strncmp(known, g->word, a) == 0 ? 1 : distance(g->word, a, known, b);
	size_t most = b <= 4 ? 2 : 3;
	if (d <= most && d < b && (!g->best || d < g->distance)) {
		g->best = known;
		g->distance = d;
	}
}

bool word_next(const char **rest, struct slice *piece)
{
	while (**rest == ',')
		(*rest)++;
	if (!**rest)
		return false;
	size_t n = strcspn(*rest, ",");
	*piece = slice_of(*rest, n);
	*rest += n;
	return true;
}

bool word_same_option(struct slice word, const char *name)
{
	if (word.len != strlen(name))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		char a = word.ptr[i] == '_' ? '-' : (char)word.ptr[i];
		char b = name[i] == '_' ? '-' : name[i];
		if (a != b)
			return false;
	}
	return true;
}

bool word_parse_bool(const char *text, bool *ret)
{
	static const char *const words[2][4] = {{"no", "off", "false", "0"}, {"yes", "on", "true", "1"}};
	for (int value = 0; value < 2; value++)
		for (int i = 0; i < 4; i++)
			if (strcasecmp(text, words[value][i]) == 0) {
				*ret = value;
				return true;
			}
	return false;
}

bool word_parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno)
		return false;
	const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if (unit)
		end++;
	if (*end && strcasecmp(end, "B") != 0 && (!unit || strcasecmp(end, "iB") != 0))
		return false;
	if (n > UINT64_MAX >> shift)
		return false;
	*ret = (uint64_t)n << shift;
	return true;
}

void word_format_size(uint64_t bytes, char text[16])
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
	double n = (double)bytes;
	size_t unit = 0;
	while (n >= 1024 && unit + 1 < sizeof units / sizeof *units) {
		n /= 1024;
		unit++;
	}
	snprintf(text, 16, unit && n < 100 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

void word_format_count(uint64_t n, char text[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	size_t at = 0;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = 0;
}
