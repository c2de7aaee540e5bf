#include "fs/dircookie.h"

#include <stdlib.h>

#define RECENT_MIN 64
#define STRIDE_MIN 256

static void places_free(struct dirplace *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_finish(&places[i].key);
	free(places);
}

void dircookie_finish(struct dircookie *c)
{
	places_free(c->recent, c->size);
	places_free(c->marks, c->mark_count);
	*c = (struct dircookie){0};
}

static void place_set(struct dirplace *p, uint64_t ordinal, struct slice key)
{
	p->ordinal = ordinal;
	buf_reset(&p->key);
	buf_add_slice(&p->key, key);
}

static void grow_recent(struct dircookie *c)
{
	size_t size = c->size ? c->size * 2 : RECENT_MIN;
	struct dirplace *recent = xcalloc(size, sizeof *recent);
	for (size_t i = 0; i < c->size; i++) {
		struct dirplace *p = &recent[c->recent[i].ordinal % size];
		if (p->ordinal < c->recent[i].ordinal) {
			buf_finish(&p->key);
			*p = c->recent[i];
		} else {
			buf_finish(&c->recent[i].key);
		}
	}
	free(c->recent);
	c->recent = recent;
	c->size = size;
}

static void thin_marks(struct dircookie *c)
{
	size_t kept = 0;
	c->stride *= 2;
	for (size_t i = 0; i < c->mark_count; i++) {
		if (c->marks[i].ordinal % c->stride == 0)
			c->marks[kept++] = c->marks[i];
		else
			buf_finish(&c->marks[i].key);
	}
	c->mark_count = kept;
}

static void mark(struct dircookie *c, uint64_t ordinal, struct slice key)
{
	if (!c->marks) {
		c->marks = xcalloc(DIRCOOKIE_MARKS, sizeof *c->marks);
		c->stride = STRIDE_MIN;
	}
	if (ordinal % c->stride != 0 || (c->mark_count && c->marks[c->mark_count - 1].ordinal >= ordinal))
		return;
	if (c->mark_count == DIRCOOKIE_MARKS) {
		thin_marks(c);
		if (ordinal % c->stride != 0)
			return;
	}
	c->marks[c->mark_count] = (struct dirplace){0};
	place_set(&c->marks[c->mark_count++], ordinal, key);
}

void dircookie_note(struct dircookie *c, uint64_t ordinal, struct slice key)
{
	if (!c->size)
		grow_recent(c);
	struct dirplace *p = &c->recent[ordinal % c->size];
	if (p->ordinal && p->ordinal != ordinal && c->size < DIRCOOKIE_RECENT) {
		grow_recent(c);
		p = &c->recent[ordinal % c->size];
	}
	place_set(p, ordinal, key);
	if (ordinal % STRIDE_MIN == 0)
		mark(c, ordinal, key);
}

static uint64_t find_mark(const struct dircookie *c, uint64_t ordinal, struct slice *key)
{
	size_t low = 0, high = c->mark_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->marks[middle].ordinal <= ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	*key = low ? buf_slice(&c->marks[low - 1].key) : slice_of(NULL, 0);
	return low ? c->marks[low - 1].ordinal : 0;
}

uint64_t dircookie_find(const struct dircookie *c, uint64_t ordinal, struct slice *key)
{
	const struct dirplace *p = c->size ? &c->recent[ordinal % c->size] : NULL;
	if (ordinal == 0 || !p || p->ordinal != ordinal)
		return find_mark(c, ordinal, key);
	*key = buf_slice(&p->key);
	return ordinal;
}
