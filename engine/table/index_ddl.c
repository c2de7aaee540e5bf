/* Ids and states of a table's indexes. def_settle() says which come and go; ids are given here, never one twice in a table. */
#include "engine/table/def.h"
#include "engine/table/state.h"

enum status index_ids_give(struct table *t, struct table_def *def, struct err *err)
{
	for (size_t i = 0; i < def->index_count; i++) {
		struct index_def *x = &def->indexes[i];
		if (x->id)
			continue;
		if (t->last_index_id == INDEX_IDS_MAX)
			return err_set(err, ST_LIMIT, "the table had %d indexes in its life, and can have no other", INDEX_IDS_MAX);
		x->id = ++t->last_index_id;
	}
	return ST_OK;
}

bool index_def_close(struct table_def *def, uint16_t id, bool gone)
{
	for (size_t i = 0; i < def->index_count; i++) {
		struct index_def *x = &def->indexes[i];
		if (x->id != id || x->status != (gone ? INDEX_DELETING : INDEX_CREATING))
			continue;
		if (gone)
			def_remove_index(def, x->name);
		else
			x->status = INDEX_ACTIVE;
		return true;
	}
	return false;
}
