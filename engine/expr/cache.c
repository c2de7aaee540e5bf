#include "engine/expr/cache.h"

#include <pthread.h>

/* Sets of a few places each: a text belongs into one set, by its hash. Within it the places are taken in turn, but one that was used since its turn
 * came last is passed over once (the clock's second chance). */
#define SETS 64
#define WAYS 4
#define TREE_BYTES_MAX (16u << 10) /* a greater one is not kept: 4 MB in all */

struct place {
	struct tree *tree;
	uint64_t hash;
	bool used;
};

static struct set {
	pthread_mutex_t lock;
	struct place places[WAYS];
	unsigned hand;
} sets[SETS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init(void)
{
	for (size_t i = 0; i < SETS; i++)
		pthread_mutex_init(&sets[i].lock, NULL);
}

/** Not for safety: who makes texts collide only has his own forgotten sooner. */
static uint64_t hash_of(enum expr_kind kind, struct slice text)
{
	uint64_t h = (uint64_t)kind + text.len * UINT64_C(0x9e3779b97f4a7c15), word;
	for (; text.len >= 8; text = slice_from(text, 8)) {
		memcpy(&word, text.ptr, 8);
		h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	word = 0;
	if (text.len)
		memcpy(&word, text.ptr, text.len);
	h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}

static bool is_of(const struct place *p, uint64_t hash, enum expr_kind kind, struct slice text)
{
	return p->tree && p->hash == hash && p->tree->kind == kind && slice_eq(p->tree->text, text);
}

static struct tree *find(struct set *s, uint64_t hash, enum expr_kind kind, struct slice text)
{
	struct tree *found = NULL;
	pthread_mutex_lock(&s->lock);
	for (struct place *p = s->places; p < s->places + WAYS && !found; p++) {
		if (!is_of(p, hash, kind, text))
			continue;
		p->used = true;
		found = tree_ref(p->tree);
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void keep(struct set *s, uint64_t hash, struct tree *tree)
{
	pthread_mutex_lock(&s->lock);
	for (; s->places[s->hand].used; s->hand = (s->hand + 1) % WAYS)
		s->places[s->hand].used = false;
	struct tree *old = s->places[s->hand].tree;
	s->places[s->hand] = (struct place){.tree = tree_ref(tree), .hash = hash};
	s->hand = (s->hand + 1) % WAYS;
	pthread_mutex_unlock(&s->lock);
	tree_unref(old);
}

enum status cache_parse(enum expr_kind kind, struct slice text, struct tree **ret, struct err *err)
{
	uint64_t hash = hash_of(kind, text);
	pthread_once(&once, init);
	struct set *s = &sets[hash % SETS];
	*ret = find(s, hash, kind, text);
	if (*ret)
		return ST_OK;
	enum status st = tree_parse(kind, text, ret, err);
	if (st == ST_OK && (*ret)->bytes <= TREE_BYTES_MAX)
		keep(s, hash, *ret);
	return st;
}
