/** Small helpers for what people type: the nearest known word, comma-separated lists, yes and no, sizes. */
#ifndef SRC_WORDS_H
#define SRC_WORDS_H

#include "engine/base/slice.h"

/**
 * Finds the known word that somebody most likely meant.
 *
 *   struct word_guess g = {.word = typed};
 *   for (each known word) word_guess_try(&g, known);
 *   if (g.best) printf("did you mean '%s'?", g.best);
 */
struct word_guess {
	const char *word;
	const char *best; /* NULL: nothing is near; borrowed from the caller's table */
	size_t distance;
};
void word_guess_try(struct word_guess *g, const char *known);

/** Takes the next piece of a comma-separated list off `*rest` into `piece`; false at the end. */
bool word_next(const char **rest, struct slice *piece);

/** Option names are equal whether they are spelt with '-' or '_'. */
bool word_same_option(struct slice word, const char *name);

/** "yes", "on", "true", "1" and their opposites. False when it is neither. */
bool word_parse_bool(const char *text, bool *ret);

/** Bytes: digits and an optional K, M, G or T (1024 each; "GiB" and "GB" are taken too). False when it is none or overflows. */
bool word_parse_size(const char *text, uint64_t *ret);

/** "12.3 MB"-like text of a number of bytes, into at least 16 bytes. */
void word_format_size(uint64_t bytes, char text[16]);

/** "1,234,567", into at least 32 bytes. */
void word_format_count(uint64_t n, char text[32]);

#endif
