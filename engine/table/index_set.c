/*
 * The indexes of a table that operations maintain and read. A set never changes: a change of the table makes another one, which shares the
 * indexes that stay. It is "writing" from the transaction that brings it on, so that every write behind it, in the same batch too,
 * maintains what it says; others see it when the batch is committed.
 */
#include "engine/table/state.h"

#include <stdlib.h>

static void names_finish(struct name_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->names[i]);
	free(l->names);
}

static void index_unref(struct index *x)
{
	if (atomic_fetch_sub(&x->refs, 1) != 1)
		return;
	names_finish(&x->keys);
	names_finish(&x->projected);
	free(x);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct name_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->names[i], name) == 0)
			return;
	l->names[l->count++] = xstrdup(name);
}

static void add_keys(struct name_list *l, const struct key_schema *s)
{
	add_name(l, s->pk.name);
	if (schema_has_sk(s))
		add_name(l, s->sk.name);
}

/** Key attributes, and `n` others. */
static void names_init(struct name_list *l, const struct table *t, const struct index_def *def, size_t n)
{
	l->names = xcalloc(4 + n, sizeof *l->names);
	add_keys(l, &t->schema);
	add_keys(l, &def->schema);
	for (size_t i = 0; i < n; i++)
		add_name(l, def->include[i]);
	qsort(l->names, l->count, sizeof *l->names, compare_text);
}

static struct index *index_new(const struct table *t, const struct index_def *def)
{
	struct index *x = xcalloc(1, sizeof *x);
	atomic_init(&x->refs, 1);
	x->id = def->id;
	memcpy(x->name, def->name, sizeof x->name);
	x->local = def->local;
	x->schema = def->schema;
	x->projection = def->projection;
	names_init(&x->keys, t, def, 0);
	names_init(&x->projected, t, def, def->projection == PROJECTION_INCLUDE ? def->include_count : 0);
	return x;
}

static int compare_entries(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;
	return strcmp(x->x->name, y->x->name);
}

struct index_set *index_set_new(const struct table *t, const struct table_def *def, const struct index_set *old)
{
	if (!def->index_count)
		return NULL;
	struct index_set *s = xcalloc(1, sizeof *s + def->index_count * sizeof *s->entries);
	atomic_init(&s->refs, 1);
	for (size_t i = 0; i < def->index_count; i++) {
		const struct index_entry *kept = index_set_id(old, def->indexes[i].id);
		if (kept)
			atomic_fetch_add(&kept->x->refs, 1);
		s->entries[s->count++] =
			(struct index_entry){kept ? kept->x : index_new(t, &def->indexes[i]), def->indexes[i].status};
		s->local |= def->indexes[i].local;
	}
	qsort(s->entries, s->count, sizeof *s->entries, compare_entries);
	return s;
}

struct index_set *index_set_ref(struct index_set *s)
{
	if (s)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void index_set_unref(struct index_set *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->count; i++)
		index_unref(s->entries[i].x);
	free(s);
}

struct index_set *index_set_of(struct table *t)
{
	mutex_lock(&t->lock);
	struct index_set *s = index_set_ref(t->indexes);
	mutex_unlock(&t->lock);
	return s;
}

const struct index_entry *index_set_find(const struct index_set *s, struct slice name)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (slice_eq_str(name, s->entries[i].x->name))
			return &s->entries[i];
	return NULL;
}

const struct index_entry *index_set_id(const struct index_set *s, uint16_t id)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (s->entries[i].x->id == id)
			return &s->entries[i];
	return NULL;
}

void index_set_publish(struct table *t) NO_THREAD_SAFETY_ANALYSIS
{
	if (t->writing == t->indexes) /* only the writer changes either */
		return;
	mutex_lock(&t->lock);
	struct index_set *old = t->indexes;
	t->indexes = index_set_ref(t->writing);
	mutex_unlock(&t->lock);
	index_set_unref(old);
}

void index_set_abort(struct table *t) NO_THREAD_SAFETY_ANALYSIS /* only the writer changes it */
{
	t->writing = t->indexes;
	for (size_t i = 0; t->writing && i < t->writing->count; i++)
		t->writing->entries[i].x->pending = t->writing->entries[i].x->committed;
}
