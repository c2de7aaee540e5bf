/**
 * The items that every benchmark uses, so that a memory file system, a directory on disk and a table hold the same bytes.
 *
 * Number i is called "k0000001" and lies in "k0000001.json"; other families of names take another first letter. Its text is the
 * canonical one (engine/json.h), so that a read of a table's file must give these very bytes.
 */
#ifndef TESTS_BENCH_SAMPLE_H
#define TESTS_BENCH_SAMPLE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SAMPLE_NAME_MAX 32
#define SAMPLE_SIZE_MIN 200
#define SAMPLE_SIZE_MAX 65536
/** One item in so many is in this town: what grep looks for. */
#define SAMPLE_RARE_TOWN "Longyearbyen"
#define SAMPLE_RARE_EVERY 1000

static inline void sample_key(char family, unsigned long i, char key[SAMPLE_NAME_MAX])
{
	snprintf(key, SAMPLE_NAME_MAX, "%c%07lu", family, i);
}

static inline void sample_name(char family, unsigned long i, char name[SAMPLE_NAME_MAX])
{
	snprintf(name, SAMPLE_NAME_MAX, "%c%07lu.json", family, i);
}

static inline const char *sample_town(unsigned long i)
{
	static const char *const towns[] = {"Bergen", "Bruges", "Delft", "Ghent", "Lund", "Uppsala", "Viborg"};
	return i % SAMPLE_RARE_EVERY == 0 ? SAMPLE_RARE_TOWN : towns[i % (sizeof towns / sizeof *towns)];
}

/**
 * Writes the text of item i, exactly `size` bytes and a NUL, to `text`. A note, unlike from item to item and from revision to revision,
 * takes what the other attributes leave. Returns its length.
 */
static inline size_t sample_text(char family, unsigned long i, unsigned revision, size_t size, char text[SAMPLE_SIZE_MAX + 1])
{
	char key[SAMPLE_NAME_MAX];
	static const char end[] = "\",\n  \"open\": true,\n  \"price\": 12.5\n}\n";
	uint64_t state = i * UINT64_C(0x9E3779B97F4A7C15) + revision * UINT64_C(977) + (uint8_t)family;
	sample_key(family, i, key);
	size_t n = (size_t)snprintf(text, size,
		"{\n  \"pk\": \"%s\",\n  \"address\": {\n    \"street\": \"Harbour Road %lu\",\n    \"town\": \"%s\"\n  },\n"
		"  \"count\": %lu,\n  \"note\": \"",
		key, i % 200, sample_town(i), i);
	for (; n + sizeof end - 1 < size; n++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		text[n] = "abcdefghijklmnopqrstuvwxyz 01234"[state >> 59];
	}
	memcpy(text + n, end, sizeof end);
	return n + sizeof end - 1;
}

static inline double bench_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#endif
