#include "engine/table/describe.h"

#include "engine/base/clock.h"
#include "engine/table/arn.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <inttypes.h>
#include <stdio.h>

/* What a table without WarmThroughput of its own bears at once: on demand this much, else what is provisioned. */
#define WARM_READ 12000
#define WARM_WRITE 4000

struct describe {
	struct table *t;
	const struct table_def *def;
	enum table_state state;
	uint64_t now_ns;
};

static const char *const state_names[] = {"ACTIVE", "CREATING", "UPDATING", "DELETING"};
static const char *const status_names[] = {"ACTIVE", "CREATING", "UPDATING", "DELETING"};

void json_add_time(cJSON *o, const char *name, uint64_t ns)
{
	char text[40];
	snprintf(text, sizeof text, "%" PRIu64 ".%03u", ns / NS_PER_S, (unsigned)(ns % NS_PER_S / 1000000));
	cJSON_AddRawToObject(o, name, text);
}

static void add_arn(cJSON *o, const char *name, const struct describe *d, const char *below, const char *what)
{
	struct buf arn = BUF_INIT;
	arn_of_table(d->t->engine, d->t->name, below, what, &arn);
	cJSON_AddStringToObject(o, name, buf_str(&arn));
	buf_finish(&arn);
}

static void add_throughput(cJSON *o, const struct describe *d, struct throughput units, const struct throughput_history *h)
{
	cJSON *p = cJSON_AddObjectToObject(o, "ProvisionedThroughput");
	if (h->increased_ns)
		json_add_time(p, "LastIncreaseDateTime", h->increased_ns);
	if (h->decreased_ns)
		json_add_time(p, "LastDecreaseDateTime", h->decreased_ns);
	json_add_number(p, "NumberOfDecreasesToday", throughput_decreases_today(h, d->now_ns));
	json_add_number(p, "ReadCapacityUnits", units.read);
	json_add_number(p, "WriteCapacityUnits", units.write);
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_warm(cJSON *o, const struct describe *d, struct throughput warm, struct throughput units, const char *status)
{
	bool on_demand = d->def->billing == BILLING_PAY_PER_REQUEST;
	cJSON *w = cJSON_AddObjectToObject(o, "WarmThroughput");
	json_add_number(w, "ReadUnitsPerSecond", greater(warm.read, on_demand ? WARM_READ : units.read));
	json_add_number(w, "WriteUnitsPerSecond", greater(warm.write, on_demand ? WARM_WRITE : units.write));
	cJSON_AddStringToObject(w, "Status", status);
}

/** Exact, as a table's are; an index that is filled shows how far it is. */
static void add_index_counts(cJSON *o, struct table *t, uint16_t id)
{
	struct index_counts counts = {0};
	struct index_set *set = index_set_of(t);
	const struct index_entry *entry = index_set_id(set, id);
	mutex_lock(&t->engine->counts_lock);
	if (entry)
		counts = entry->x->committed;
	mutex_unlock(&t->engine->counts_lock);
	index_set_unref(set);
	json_add_number(o, "IndexSizeBytes", counts.bytes);
	json_add_number(o, "ItemCount", counts.items);
}

static cJSON *index_description(const struct describe *d, const struct index_def *x)
{
	enum index_status status = d->state == TABLE_CREATING   ? INDEX_CREATING
				   : d->state == TABLE_DELETING ? INDEX_DELETING
								: x->status;
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "IndexName", x->name);
	def_print_schema(o, &x->schema);
	def_print_projection(o, x);
	if (!x->local) {
		cJSON_AddStringToObject(o, "IndexStatus", status_names[status]);
		if (x->status == INDEX_CREATING)
			cJSON_AddBoolToObject(o, "Backfilling", true);
		add_throughput(o, d, x->provisioned, &x->history);
		def_print_on_demand(o, x->on_demand);
		add_warm(o, d, x->warm, x->provisioned, status == INDEX_ACTIVE ? "ACTIVE" : "UPDATING");
	}
	add_index_counts(o, d->t, x->id);
	add_arn(o, "IndexArn", d, "index", x->name);
	return o;
}

static void add_indexes(cJSON *o, const struct describe *d, bool local)
{
	cJSON *list = NULL;
	for (size_t i = 0; i < d->def->index_count; i++) {
		if (d->def->indexes[i].local != local)
			continue;
		if (!list)
			list = cJSON_AddArrayToObject(o, local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
		cJSON_AddItemToArray(list, index_description(d, &d->def->indexes[i]));
	}
}

/** A table that was never on demand has no summary. */
static void add_billing(cJSON *o, const struct describe *d)
{
	if (d->def->billing == BILLING_PROVISIONED && !d->def->on_demand_ns)
		return;
	cJSON *b = cJSON_AddObjectToObject(o, "BillingModeSummary");
	cJSON_AddStringToObject(b, "BillingMode", billing_mode_name(d->def->billing));
	if (d->state != TABLE_CREATING)
		json_add_time(b, "LastUpdateToPayPerRequestDateTime", d->def->on_demand_ns);
}

/** Likewise a table that was always of the standard class. */
static void add_class(cJSON *o, const struct describe *d)
{
	if (d->def->class == TABLE_CLASS_STANDARD && !d->def->class_ns)
		return;
	cJSON *c = cJSON_AddObjectToObject(o, "TableClassSummary");
	cJSON_AddStringToObject(c, "TableClass", table_class_name(d->def->class));
	if (d->def->class_ns)
		json_add_time(c, "LastUpdateDateTime", d->def->class_ns);
}

/** The label is the time when the stream was switched on; it stays after it was switched off. */
static void add_stream(cJSON *o, const struct describe *d)
{
	char label[CLOCK_TEXT_MAX];
	if (!d->def->stream_ns)
		return;
	if (d->def->stream != STREAM_OFF) {
		cJSON *s = cJSON_AddObjectToObject(o, "StreamSpecification");
		cJSON_AddBoolToObject(s, "StreamEnabled", true);
		cJSON_AddStringToObject(s, "StreamViewType", stream_view_name(d->def->stream));
	}
	clock_format(d->def->stream_ns, label);
	label[strcspn(label, "Z")] = 0;
	cJSON_AddStringToObject(o, "LatestStreamLabel", label);
	add_arn(o, "LatestStreamArn", d, "stream", label);
}

static void add_sse(cJSON *o, const struct describe *d)
{
	struct buf arn = BUF_INIT;
	if (!d->def->sse)
		return;
	cJSON *s = cJSON_AddObjectToObject(o, "SSEDescription");
	cJSON_AddStringToObject(s, "Status", "ENABLED");
	cJSON_AddStringToObject(s, "SSEType", "KMS");
	arn_of_key(d->t->engine, d->def->sse_key[0] ? d->def->sse_key : d->t->master_id, &arn);
	cJSON_AddStringToObject(s, "KMSMasterKeyArn", buf_str(&arn));
	buf_finish(&arn);
}

static cJSON *describe(const struct describe *d, const struct table_info *info)
{
	struct throughput units = {d->def->read_units, d->def->write_units};
	cJSON *o = cJSON_CreateObject();
	def_print_attributes(o, d->def, true);
	cJSON_AddStringToObject(o, "TableName", d->t->name);
	def_print_schema(o, &d->def->schema);
	cJSON_AddStringToObject(o, "TableStatus", state_names[d->state]);
	json_add_time(o, "CreationDateTime", info->created_ns);
	add_throughput(o, d, units, &d->def->history);
	json_add_number(o, "TableSizeBytes", info->item_bytes);
	json_add_number(o, "ItemCount", info->item_count);
	add_arn(o, "TableArn", d, NULL, NULL);
	cJSON_AddStringToObject(o, "TableId", info->uuid);
	add_billing(o, d);
	add_indexes(o, d, true);
	add_indexes(o, d, false);
	add_stream(o, d);
	add_sse(o, d);
	add_class(o, d);
	cJSON_AddBoolToObject(o, "DeletionProtectionEnabled", d->def->deletion_protection);
	def_print_on_demand(o, d->def->on_demand);
	add_warm(o, d, d->def->warm, units, d->state == TABLE_ACTIVE ? "ACTIVE" : "UPDATING");
	return o;
}

cJSON *table_description(struct table *t, enum table_state shown)
{
	struct table_info info;
	struct table_def def;
	table_get_info(t, &info);
	table_get_def(t, &def);
	struct describe d = {t, &def, shown == TABLE_ACTIVE ? info.state : shown, clock_hybrid_ns()};
	cJSON *o = describe(&d, &info);
	table_def_finish(&def);
	return o;
}

void document_reply(cJSON *document, struct buf *out)
{
	char *text = cJSON_PrintUnformatted(document);
	buf_add_str(out, text);
	cJSON_free(text);
	cJSON_Delete(document);
}

void table_reply(struct table *t, enum table_state shown, const char *member, struct buf *out)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, member, table_description(t, shown));
	document_reply(o, out);
}
