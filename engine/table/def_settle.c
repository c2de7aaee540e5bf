/* What may change from one definition of a table to the next, and what the engine notes of it. */
#include "engine/base/clock.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdio.h>
#include <stdlib.h>

#define FREE_DECREASES 4 /* on a day; then one an hour */
#define DECREASE_PAUSE_S 3600
#define DAY_S 86400

static bool same_key(const struct key_attr *a, const struct key_attr *b)
{
	return a->type == b->type && strcmp(a->name, b->name) == 0;
}

static bool same_schema(const struct key_schema *a, const struct key_schema *b)
{
	return same_key(&a->pk, &b->pk) && same_key(&a->sk, &b->sk);
}

static bool same_projection(const struct index_def *a, const struct index_def *b)
{
	if (a->projection != b->projection || a->include_count != b->include_count)
		return false;
	for (size_t i = 0; i < a->include_count; i++)
		if (strcmp(a->include[i], b->include[i]))
			return false;
	return true;
}

static uint64_t day_of(uint64_t ns)
{
	return ns / NS_PER_S / DAY_S;
}

uint32_t throughput_decreases_today(const struct throughput_history *h, uint64_t now_ns)
{
	return h->decreased_ns && day_of(h->decreased_ns) == day_of(now_ns) ? h->decreases : 0;
}

/** "Monday, October 10, 2022 at 1:00:19 PM Coordinated Universal Time", whatever the locale. */
static const char *long_time(uint64_t ns, char text[96])
{
	static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
	static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"};
	struct tm tm;
	time_t s = (time_t)(ns / NS_PER_S);
	gmtime_r(&s, &tm);
	snprintf(text, 96, "%s, %s %d, %d at %d:%02d:%02d %s Coordinated Universal Time", days[tm.tm_wday], months[tm.tm_mon],
		tm.tm_mday, tm.tm_year + 1900, (tm.tm_hour + 11) % 12 + 1, tm.tm_min, tm.tm_sec, tm.tm_hour < 12 ? "AM" : "PM");
	return text;
}

static enum status too_many_decreases(const struct throughput_history *h, uint32_t today, struct err *err)
{
	char last[96], next[96];
	return err_set(err, ST_LIMIT,
		"Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first "
		"%d "
		"decreases, each subsequent decrease in the same UTC day can be performed at most once every %d seconds. Number of "
		"decreases today: %u. Last decrease at %s. Next decrease can be made at %s",
		FREE_DECREASES, DECREASE_PAUSE_S, today, long_time(h->decreased_ns, last),
		long_time(h->decreased_ns + DECREASE_PAUSE_S * NS_PER_S, next));
}

/** Counts what a change of throughput is. A decrease of either part makes it a decrease. */
static enum status settle_throughput(
	struct throughput old, struct throughput now, struct throughput_history *h, uint64_t now_ns, struct err *err)
{
	uint32_t today = throughput_decreases_today(h, now_ns);
	if (now.read > old.read || now.write > old.write)
		h->increased_ns = now_ns;
	if (now.read >= old.read && now.write >= old.write)
		return ST_OK;
	if (today >= FREE_DECREASES && now_ns < h->decreased_ns + DECREASE_PAUSE_S * NS_PER_S)
		return too_many_decreases(h, today, err);
	h->decreases = today + 1;
	h->decreased_ns = now_ns;
	return ST_OK;
}

static enum status settle_index(const struct table_def *old_def, const struct index_def *old, const struct table_def *def,
	struct index_def *x, uint64_t now_ns, struct err *err)
{
	if (old->status == INDEX_DELETING)
		return err_set(err, ST_TABLE_BUSY,
			"Attempt to change a resource which is still in use: Index is being deleted. Table: %s Index: %s",
			def->name, x->name);
	if (old->local != x->local || !same_schema(&old->schema, &x->schema) || !same_projection(old, x))
		return err_set(err, ST_VALIDATION,
			"index '%s': its keys and its projection cannot be changed; take it away, then create it anew", x->name);
	x->id = old->id;
	x->status = old->status;
	x->history = old->history;
	if (old_def->billing != BILLING_PROVISIONED || def->billing != BILLING_PROVISIONED)
		return ST_OK;
	return settle_throughput(old->provisioned, x->provisioned, &x->history, now_ns, err);
}

/** What was there and is no longer asked for. */
static enum status settle_missing(const struct index_def *old, struct table_def *def, struct err *err)
{
	if (old->local)
		return err_set(err, ST_VALIDATION,
			"LocalSecondaryIndexes: they stay as they were created, '%s' cannot be taken away; make a new table and "
			"copy the "
			"items",
			old->name);
	def->indexes = xrealloc(def->indexes, (def->index_count + 1) * sizeof *def->indexes);
	index_def_copy(&def->indexes[def->index_count], old);
	def->indexes[def->index_count++].status = INDEX_DELETING;
	return ST_OK;
}

static enum status settle_indexes(const struct table_def *old, struct table_def *def, uint64_t now_ns, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < def->index_count && !st; i++) {
		struct index_def *x = &def->indexes[i];
		const struct index_def *was = def_index(old, x->name);
		if (x->status == INDEX_DELETING && was)
			continue; /* carried over by a copy */
		if (was)
			st = settle_index(old, was, def, x, now_ns, err);
		else if (x->local)
			st = err_set(err, ST_VALIDATION,
				"LocalSecondaryIndexes: '%s' cannot be added to a table that there is; make a new one and copy the "
				"items",
				x->name);
		else
			x->id = 0, x->status = INDEX_CREATING;
	}
	for (size_t i = 0; i < old->index_count && !st; i++)
		if (!def_index(def, old->indexes[i].name))
			st = settle_missing(&old->indexes[i], def, err);
	def_sort_indexes(def);
	return st;
}

static enum status settle_stream(const struct table_def *old, struct table_def *def, uint64_t now_ns, struct err *err)
{
	if (old->stream != def->stream && old->stream != STREAM_OFF && def->stream != STREAM_OFF)
		return err_set(err, ST_VALIDATION, "Table already has an enabled stream: TableName: %s", def->name);
	if (old->stream == STREAM_OFF && def->stream != STREAM_OFF)
		def->stream_ns = now_ns;
	return ST_OK;
}

enum status def_settle(const struct table_def *old, struct table_def *def, uint64_t now_ns, struct err *err)
{
	bool provisioned = old->billing == BILLING_PROVISIONED && def->billing == BILLING_PROVISIONED;
	def->history = old->history;
	def->stream_ns = old->stream_ns;
	def->on_demand_ns = old->on_demand_ns;
	def->class_ns = old->class == def->class ? old->class_ns : now_ns;
	if (!same_schema(&old->schema, &def->schema))
		return err_set(err, ST_VALIDATION,
			"KeySchema: the keys of table '%s' cannot be changed; make a new table and copy the items", def->name);
	if (old->billing != def->billing && def->billing == BILLING_PAY_PER_REQUEST)
		def->on_demand_ns = now_ns;
	enum status st = settle_stream(old, def, now_ns, err);
	if (!st && provisioned)
		st = settle_throughput((struct throughput){old->read_units, old->write_units},
			(struct throughput){def->read_units, def->write_units}, &def->history, now_ns, err);
	return st ? st : settle_indexes(old, def, now_ns, err);
}
