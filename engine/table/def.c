/* Definitions as values: copied and finished. */
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdlib.h>

void index_def_finish(struct index_def *x)
{
	for (size_t i = 0; i < x->include_count; i++)
		free(x->include[i]);
	free(x->include);
}

static void indexes_finish(struct table_def *def)
{
	for (size_t i = 0; i < def->index_count; i++)
		index_def_finish(&def->indexes[i]);
	free(def->indexes);
	def->indexes = NULL;
	def->index_count = 0;
}

void tags_finish(struct table_def *def)
{
	for (size_t i = 0; i < def->tag_count; i++) {
		free(def->tags[i].key);
		free(def->tags[i].value);
	}
	free(def->tags);
	def->tags = NULL;
	def->tag_count = 0;
}

void table_def_finish(struct table_def *def)
{
	if (!def)
		return;
	indexes_finish(def);
	tags_finish(def);
}

void index_def_copy(struct index_def *to, const struct index_def *from)
{
	*to = *from;
	to->include = xcalloc(from->include_count, sizeof *to->include);
	for (size_t i = 0; i < from->include_count; i++)
		to->include[i] = xstrdup(from->include[i]);
}

void table_def_copy(struct table_def *to, const struct table_def *from)
{
	*to = *from;
	to->indexes = xcalloc(from->index_count, sizeof *to->indexes);
	for (size_t i = 0; i < from->index_count; i++)
		index_def_copy(&to->indexes[i], &from->indexes[i]);
	to->tags = xcalloc(from->tag_count, sizeof *to->tags);
	for (size_t i = 0; i < from->tag_count; i++)
		to->tags[i] = (struct table_tag){xstrdup(from->tags[i].key), xstrdup(from->tags[i].value)};
}
