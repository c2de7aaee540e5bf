/* UpdateTable: a patch of the definition. What goes with a change, whoever made it, is def_settle.c's; here are the rules of the request. */
#include "engine/op/tables.h"
#include "engine/op/tables_update.h"
#include "engine/table/def.h"
#include "engine/table/state.h"

#include <stdio.h>

static enum status anything_asked(const cJSON *o, struct err *err)
{
	static const char *const members[] = {"ProvisionedThroughput", "BillingMode", "StreamSpecification",
		"GlobalSecondaryIndexUpdates", "SSESpecification", "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput",
		"WarmThroughput"};
	static const char *const lacking[] = {"ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates"};
	for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
		if (document_member(o, lacking[i]))
			return err_set(err, ST_UNSUPPORTED, "%s: tables of this store have no replicas", lacking[i]);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (document_member(o, members[i]))
			return ST_OK;
	return err_set(err, ST_VALIDATION,
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
		"SSESpecification or ReplicaUpdates is required");
}

/** What is wrong with the request whatever table it is about. */
static enum status check_request(const cJSON *o, struct err *err)
{
	struct throughput units = {0};
	struct table_def asked = {.billing = def_read_billing(o, BILLING_PROVISIONED)};
	enum status st = anything_asked(o, err);
	def_read_throughput(o, &units);
	if (!st && asked.billing == BILLING_PAY_PER_REQUEST)
		st = def_check_capacity(&asked, document_member(o, "ProvisionedThroughput") != NULL, err);
	if (!st)
		st = def_check_units(units.read, units.write, NULL, err);
	return st ? st : update_indexes_check(o, err);
}

enum status update_refuse_same(const char *kind, const char *index, struct throughput now, struct throughput asked, struct err *err)
{
	if (now.read != asked.read || now.write != asked.write)
		return ST_OK;
	return err_set(err, ST_VALIDATION,
		"The provisioned throughput for the %s%s%s will not change. The requested value equals the current value. Current "
		"ReadCapacityUnits provisioned for the %s: %llu. Requested ReadCapacityUnits: %llu. Current WriteCapacityUnits "
		"provisioned for the %s: %llu. Requested WriteCapacityUnits: %llu. Refer to the Amazon DynamoDB Developer Guide "
		"for "
		"current limits and how to request higher limits.",
		kind, index ? " " : "", index ? index : "", kind, (unsigned long long)now.read, (unsigned long long)asked.read,
		kind, (unsigned long long)now.write, (unsigned long long)asked.write);
}

static void forget_units(struct table_def *def)
{
	def->read_units = def->write_units = 0;
	for (size_t i = 0; i < def->index_count; i++)
		def->indexes[i].provisioned = (struct throughput){0};
}

static void forget_maxima(struct table_def *def)
{
	def->on_demand = (struct throughput){0};
	for (size_t i = 0; i < def->index_count; i++)
		def->indexes[i].on_demand = (struct throughput){0};
}

static enum status apply_capacity(struct update *u)
{
	struct table_def *d = u->def;
	struct throughput now = {d->read_units, d->write_units}, asked = now;
	enum billing_mode billing = def_read_billing(u->o, d->billing);
	bool has_units = document_member(u->o, "ProvisionedThroughput") != NULL, switched = billing != d->billing;
	if (switched && billing == BILLING_PAY_PER_REQUEST)
		forget_units(d);
	if (switched && billing == BILLING_PROVISIONED)
		forget_maxima(d);
	d->billing = billing;
	def_read_throughput(u->o, &asked);
	if (has_units) {
		d->read_units = asked.read;
		d->write_units = asked.write;
	}
	enum status st = def_check_on_demand(u->o, billing, true, u->err);
	if (!st)
		st = def_read_on_demand(u->o, NULL, true, &d->on_demand, u->err);
	if (!st)
		st = def_check_capacity(d, has_units, u->err);
	return st || !has_units || switched ? st : update_refuse_same("table", NULL, now, asked, u->err);
}

static enum status apply_stream(struct update *u)
{
	bool was_on = u->def->stream != STREAM_OFF, has = document_member(u->o, "StreamSpecification") != NULL;
	if (has && document_member(u->o, "ProvisionedThroughput"))
		return err_set(u->err, ST_VALIDATION,
			"One or more parameter values were invalid: You cannot modify stream status while updating table IOPS");
	enum status st = def_read_stream(u->o, u->def, u->err);
	if (st || !has)
		return st;
	if (was_on && u->def->stream != STREAM_OFF)
		return err_set(u->err, ST_VALIDATION, "Table already has an enabled stream: TableName: %s", u->def->name);
	if (!was_on && u->def->stream == STREAM_OFF)
		return err_set(u->err, ST_VALIDATION, "Table has no stream to disable: TableName: %s", u->def->name);
	return ST_OK;
}

static enum status apply_sse(struct update *u)
{
	struct table_def *d = u->def;
	char key[sizeof d->sse_key];
	bool was_on = d->sse;
	memcpy(key, d->sse_key, sizeof key);
	enum status st = def_read_sse(u->o, d, u->err);
	if (st || !document_member(u->o, "SSESpecification") || was_on != d->sse || strcmp(key, d->sse_key))
		return st;
	return err_set(u->err, ST_VALIDATION, "One or more parameter values were invalid: Table is already encrypted %s",
		was_on ? "with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key" : "by default");
}

static enum status apply_warm(struct update *u)
{
	struct throughput was = u->def->warm;
	def_read_warm(u->o, &u->def->warm);
	if (u->def->warm.read >= was.read && u->def->warm.write >= was.write)
		return ST_OK;
	return err_set(u->err, ST_VALIDATION,
		"One or more parameter values were invalid: Requested %s for WarmThroughput for table is lower than current "
		"WarmThroughput, "
		"decreasing WarmThroughput is not supported",
		u->def->warm.read < was.read ? "ReadUnitsPerSecond" : "WriteUnitsPerSecond");
}

static enum status edit(const struct table *t, struct table_def *def, void *arg, struct err *err)
{
	struct update u = {.o = arg, .def = def, .err = err};
	enum status st = apply_capacity(&u);
	if (!st)
		st = apply_stream(&u);
	if (!st)
		st = update_indexes(&u);
	if (!st)
		st = apply_sse(&u);
	if (!st)
		st = apply_warm(&u);
	def->class = def_read_class(u.o, def->class);
	if (document_member(u.o, "DeletionProtectionEnabled"))
		def->deletion_protection = document_bool(u.o, "DeletionProtectionEnabled");
	return st;
}

/** A maximum that was taken away shows as it was asked for, here only. */
static void reply_updated(const struct tables_named *n, struct buf *reply)
{
	const cJSON *asked = document_member(n->document, "OnDemandThroughput");
	cJSON *o = cJSON_CreateObject(), *d = table_description(n->table, TABLE_ACTIVE);
	cJSON_AddItemToObject(o, "TableDescription", d);
	for (const cJSON *m = asked ? asked->child : NULL; m; m = m->next) {
		if (!cJSON_IsNumber(m) || m->valuedouble >= 0)
			continue;
		cJSON *maxima = cJSON_GetObjectItemCaseSensitive(d, "OnDemandThroughput");
		cJSON_AddNumberToObject(maxima ? maxima : cJSON_AddObjectToObject(d, "OnDemandThroughput"), m->string, -1);
	}
	document_reply(o, reply);
}

static enum status update(struct engine *e, const struct caller *c, struct tables_named *n, struct err *err)
{
	bool gives_up = update_ends_backfill(n->document, n->table);
	enum status st = gives_up ? ST_OK : update_indexes_idle(n->document, n->table, err);
	return st ? st : ddl_edit(e, c, n->table, gives_up ? DDL_NOTES : DDL_TABLE, edit, n->document, err);
}

enum status op_update_table(struct engine *e, const struct caller *c, struct slice request, struct buf *reply, struct err *err)
{
	struct tables_named n = {0};
	enum status st = tables_request(e, request, &shape_update_table, &n.document, err);
	if (!st)
		st = check_request(n.document, err);
	if (!st)
		st = table_open(e, document_text(n.document, "TableName"), &n.table, err);
	if (!st)
		st = update(e, c, &n, err);
	if (!st)
		reply_updated(&n, reply);
	tables_named_finish(&n);
	return st;
}
