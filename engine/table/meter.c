#include "engine/table/meter.h"

#include "engine/base/buf.h"
#include "engine/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define BURST_NS (CAPACITY_BURST_S * NS_PER_S)

static uint64_t ns_of(double units, uint64_t rate)
{
	return (uint64_t)(units * (double)NS_PER_S / (double)rate);
}

/** What is missing of a full bucket, as time. */
static uint64_t missing_ns(const struct meter *m, uint64_t now_ns)
{
	uint64_t full_at = atomic_load(&m->full_at);
	return full_at > now_ns ? full_at - now_ns : 0;
}

/** Units stay as they are; they are cut to what the new bucket holds. One that had no limit begins full. */
void meter_set_rate(struct meter *m, uint64_t rate, bool on_demand, uint64_t now_ns)
{
	uint64_t old = atomic_load(&m->rate);
	atomic_store(&m->on_demand, on_demand);
	if (old == rate)
		return;
	double left = (double)old * ((double)CAPACITY_BURST_S - (double)missing_ns(m, now_ns) / (double)NS_PER_S);
	double room = (double)rate * CAPACITY_BURST_S;
	atomic_store(&m->full_at, old && rate && left < room ? now_ns + ns_of(room - left, rate) : 0);
	atomic_store(&m->rate, rate);
}

bool meter_has(const struct meter *m, double promised, uint64_t now_ns)
{
	uint64_t rate = atomic_load(&m->rate);
	return !rate || missing_ns(m, now_ns) + ns_of(promised, rate) < BURST_NS;
}

uint64_t meter_ready_at(const struct meter *m)
{
	uint64_t full_at = atomic_load(&m->full_at);
	return full_at >= BURST_NS ? full_at - BURST_NS + 1 : 0;
}

void meter_count(struct meter *m, double units)
{
	atomic_fetch_add_explicit(&m->used, (uint64_t)(2 * units), memory_order_relaxed);
}

void meter_take(struct meter *m, double units, uint64_t now_ns)
{
	uint64_t rate = atomic_load(&m->rate), full_at = atomic_load(&m->full_at);
	if (!rate || units <= 0)
		return;
	uint64_t more = ns_of(units, rate);
	while (!atomic_compare_exchange_weak(&m->full_at, &full_at, (full_at > now_ns ? full_at : now_ns) + more))
		;
}

/* Of a table */

struct index_meter *table_meters_index(struct table_meters *m, uint16_t id)
{
	struct index_meter *i = atomic_load(&m->indexes);
	while (i && i->id != id)
		i = atomic_load(&i->next);
	return i;
}

/** Whole before others can find it: they look without a lock. */
static struct index_meter *add_index(struct table_meters *m, const struct index_def *def)
{
	struct index_meter *i = xcalloc(1, sizeof *i);
	i->id = def->id;
	i->local = def->local;
	memcpy(i->name, def->name, sizeof i->name);
	atomic_init(&i->next, atomic_load(&m->indexes));
	atomic_store(&m->indexes, i);
	return i;
}

static void follow(struct meter use[2], const struct table_def *def, struct throughput provisioned, struct throughput on_demand,
	uint64_t now_ns)
{
	bool by_request = def->billing == BILLING_PAY_PER_REQUEST;
	struct throughput rate = by_request ? on_demand : provisioned;
	meter_set_rate(&use[METER_READ], rate.read, by_request, now_ns);
	meter_set_rate(&use[METER_WRITE], rate.write, by_request, now_ns);
}

/** An id that belongs to another index now begins anew. */
static void rename_index(struct index_meter *i, const struct index_def *def)
{
	if (strcmp(i->name, def->name) == 0)
		return;
	memcpy(i->name, def->name, sizeof i->name);
	i->local = def->local;
	for (int use = 0; use < 2; use++) {
		atomic_store(&i->use[use].used, 0);
		atomic_store(&i->use[use].throttled, 0);
		atomic_store(&i->use[use].rate, 0);
	}
}

void table_meters_follow(struct table_meters *m, const struct table_def *def, uint64_t now_ns)
{
	follow(m->use, def, (struct throughput){def->read_units, def->write_units}, def->on_demand, now_ns);
	for (size_t n = 0; n < def->index_count; n++) {
		const struct index_def *d = &def->indexes[n];
		if (!d->id)
			continue;
		struct index_meter *i = table_meters_index(m, d->id);
		if (!i)
			i = add_index(m, d);
		rename_index(i, d);
		if (!d->local)
			follow(i->use, def, d->provisioned, d->on_demand, now_ns);
	}
}

void table_meters_finish(struct table_meters *m)
{
	for (struct index_meter *next, *i = atomic_load(&m->indexes); i; i = next) {
		next = atomic_load(&i->next);
		free(i);
	}
}
