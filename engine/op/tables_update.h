/** The two halves of UpdateTable: the table's own members (tables_update.c), GlobalSecondaryIndexUpdates (tables_update_index.c). */
#ifndef ENGINE_OP_TABLES_UPDATE_H
#define ENGINE_OP_TABLES_UPDATE_H

#include "engine/table/def.h"

struct update {
	const cJSON *o;        /* the request */
	struct table_def *def; /* as it is, becoming what it will be */
	struct err *err;
};

/** ST_VALIDATION: what is wrong with GlobalSecondaryIndexUpdates, whatever table it is. */
MUST_CHECK enum status update_indexes_check(const cJSON *request, struct err *err);
/** GlobalSecondaryIndexUpdates; and that every index has the throughput that its billing mode wants. */
MUST_CHECK enum status update_indexes(struct update *u);
/** The one change that a table bears while it is UPDATING: an index that is being filled is given up. */
bool update_ends_backfill(const cJSON *request, struct table *t);
/** ST_LIMIT: an index is to be created or deleted while another one is. */
MUST_CHECK enum status update_indexes_idle(const cJSON *request, struct table *t, struct err *err);
/** ST_VALIDATION: what is asked for is what there is. `kind`: "table", "index". */
MUST_CHECK enum status update_refuse_same(
	const char *kind, const char *index, struct throughput now, struct throughput asked, struct err *err);

#endif
