/* What tables and indexes were used for: the counters of engine/table/meter.h, for whoever shows them. */
#include "engine/capacity.h"
#include "engine/table/state.h"

#include <stdlib.h>

static double units_of(const struct meter *m)
{
	return (double)atomic_load(&m->used) / 2;
}

static void read_meters(const struct meter use[2], struct meter_stats *s)
{
	s->used = (struct units){units_of(&use[METER_READ]), units_of(&use[METER_WRITE])};
	s->throttled_reads = atomic_load(&use[METER_READ].throttled);
	s->throttled_writes = atomic_load(&use[METER_WRITE].throttled);
}

void table_get_stats(struct table *t, struct table_stats *ret)
{
	mutex_lock(&t->lock);
	ret->count = 1 + t->def.index_count;
	ret->meters = xcalloc(ret->count, sizeof *ret->meters);
	read_meters(t->meters.use, &ret->meters[0]);
	for (size_t i = 0; i < t->def.index_count; i++) {
		const struct index_def *d = &t->def.indexes[i];
		struct meter_stats *s = &ret->meters[i + 1];
		const struct index_meter *m = d->id ? table_meters_index(&t->meters, d->id) : NULL;
		memcpy(s->index, d->name, sizeof s->index);
		s->local = d->local;
		if (m)
			read_meters(m->use, s);
	}
	mutex_unlock(&t->lock);
}

void table_stats_finish(struct table_stats *s)
{
	free(s->meters);
	*s = (struct table_stats){0};
}
