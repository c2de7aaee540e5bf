/**
 * What the files that read, check and print definitions share (def*.c). Documents are of shape_definition, shape_create_table or parts of
 * shape_update_table and were checked against them: what is read here has the right types.
 */
#ifndef ENGINE_TABLE_DEF_H
#define ENGINE_TABLE_DEF_H

#include "engine/table.h"
#include "engine/table/shape.h"

/** CreateTable's document. Unlike in a file, a definition without BillingMode is PROVISIONED. Errors: as table_def_parse(). */
MUST_CHECK enum status table_def_from_request(const cJSON *o, const struct caller *caller, struct table_def *ret, struct err *err);

/* def_parse.c: parts of a definition; what is not in `o` stays as it is. */
void def_read_throughput(const cJSON *o, struct throughput *to);     /* ProvisionedThroughput, if `o` has it */
void def_read_warm(const cJSON *o, struct throughput *to);           /* WarmThroughput */
/** OnDemandThroughput of the table, or of the index. `removable`: -1 takes a maximum away. */
MUST_CHECK enum status def_read_on_demand(
	const cJSON *o, const char *index, bool removable, struct throughput *to, struct err *err);
/** ST_VALIDATION: the table's OnDemandThroughput with BILLING_PROVISIONED. `update`: UpdateTable, which has words of its own. */
MUST_CHECK enum status def_check_on_demand(const cJSON *o, enum billing_mode billing, bool update, struct err *err);
enum billing_mode def_read_billing(const cJSON *o, enum billing_mode none);
enum table_class def_read_class(const cJSON *o, enum table_class none);
MUST_CHECK enum status def_read_stream(const cJSON *o, struct table_def *def, struct err *err);
MUST_CHECK enum status def_read_sse(const cJSON *o, struct table_def *def, struct err *err);
void def_read_tags(const cJSON *o, struct table_def *def); /* puts the list in the place of the old one */

void def_sort_tags(struct table_def *def);

/* def_schema.c: keys and indexes. `attributes`: AttributeDefinitions. */
MUST_CHECK enum status def_read_schema(const cJSON *o, const cJSON *attributes, struct key_schema *ret, struct err *err);
/** Both lists of indexes, checked as CreateTable does; and whether every attribute is used. */
MUST_CHECK enum status def_read_indexes(const cJSON *o, const cJSON *attributes, struct table_def *def, struct err *err);
/** ST_VALIDATION: a key of the index, as UpdateTable creates it, is not among the attributes. */
MUST_CHECK enum status def_check_defined(const cJSON *index, const cJSON *attributes, struct err *err);
/** One index, not checked; appended to the definition. */
MUST_CHECK enum status def_add_index(
	const cJSON *o, const cJSON *attributes, bool local, struct table_def *def, struct err *err);
void def_sort_indexes(struct table_def *def);
struct index_def *def_index(const struct table_def *def, const char *name); /* NULL: there is none */
void def_remove_index(struct table_def *def, const char *name);

/* def.c */
void tags_finish(struct table_def *def);
void index_def_finish(struct index_def *x);
void index_def_copy(struct index_def *to, const struct index_def *from);

/* def_print.c: names of values, and parts of definitions. */
const char *billing_mode_name(enum billing_mode mode);
const char *table_class_name(enum table_class class);
const char *projection_name(enum projection_type type);
const char *stream_view_name(enum stream_view view); /* NULL: off */
enum stream_view stream_view_of(const char *name);   /* STREAM_OFF: there is no such view */
void def_print_attributes(cJSON *o, const struct table_def *def, bool with_deleting); /* AttributeDefinitions, sorted by name */
void def_print_whole(const struct table_def *def, struct buf *out); /* for the catalog: with indexes that are being deleted */
void def_print_schema(cJSON *o, const struct key_schema *schema);   /* KeySchema */
void def_print_projection(cJSON *o, const struct index_def *x);     /* Projection */
void def_print_on_demand(cJSON *o, struct throughput maximum);      /* OnDemandThroughput, if there is any */
void def_print_tags(cJSON *o, const struct table_def *def);         /* Tags */
void json_add_number(cJSON *o, const char *name, uint64_t n);       /* whole: a double would not hold them all */

/* def_check.c: rules in the service's order. table_def_check() (table/state.h) goes through all of them. */
MUST_CHECK enum status def_check_name_length(const char *name, struct err *err);
MUST_CHECK enum status def_check_name(const char *name, struct err *err);
MUST_CHECK enum status def_check_capacity(const struct table_def *def, bool has_units, struct err *err);
/** ST_VALIDATION: more than any table has. `index`: NULL for a table's own. */
MUST_CHECK enum status def_check_units(uint64_t read, uint64_t write, const char *index, struct err *err);
MUST_CHECK enum status def_check_index(const struct table_def *def, const struct index_def *x, struct err *err);
MUST_CHECK enum status def_check_indexes(const struct table_def *def, struct err *err); /* those of all together */
MUST_CHECK enum status def_check_tags(const struct table_def *def, struct err *err);

#endif
