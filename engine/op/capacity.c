#include "engine/capacity.h"

#include "engine/base/buf.h"

#include <stdlib.h>
#include <string.h>

static double chunks(uint64_t bytes, uint64_t chunk)
{
	return bytes ? (double)(bytes / chunk + (bytes % chunk != 0)) : 1;
}

double capacity_read(uint64_t bytes, enum read_kind kind)
{
	static const double each[] = {[READ_EVENTUAL] = 0.5, [READ_CONSISTENT] = 1, [READ_TRANSACTIONAL] = 2};
	return chunks(bytes, CAPACITY_READ_BYTES) * each[kind];
}

double capacity_write(uint64_t bytes, bool transactional)
{
	return chunks(bytes, CAPACITY_WRITE_BYTES) * (transactional ? 2 : 1);
}

void consumed_finish(struct consumed_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		table_unref(list->tables[i].table);
		free(list->tables[i].indexes);
	}
	free(list->tables);
	*list = (struct consumed_list){0};
}

/* A call uses a few tables, a table has a few indexes: both lists grow by one. */

struct consumed *consumed_of(struct consumed_list *list, struct table *t)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->tables[i].table == t)
			return &list->tables[i];
	list->tables = xrealloc(list->tables, (list->count + 1) * sizeof *list->tables);
	struct consumed *c = &list->tables[list->count++];
	*c = (struct consumed){.table = table_ref(t)};
	return c;
}

struct units *consumed_index(struct consumed *c, const char *name, bool local)
{
	for (size_t i = 0; i < c->index_count; i++)
		if (strcmp(c->indexes[i].name, name) == 0)
			return &c->indexes[i].units;
	c->indexes = xrealloc(c->indexes, (c->index_count + 1) * sizeof *c->indexes);
	struct consumed_index *index = &c->indexes[c->index_count++];
	*index = (struct consumed_index){.local = local};
	memcpy(index->name, name, strnlen(name, LIMIT_INDEX_NAME_MAX));
	return &index->units;
}

struct units consumed_total(const struct consumed *c)
{
	struct units sum = c->own;
	for (size_t i = 0; i < c->index_count; i++) {
		sum.read += c->indexes[i].units.read;
		sum.write += c->indexes[i].units.write;
	}
	return sum;
}
