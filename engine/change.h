/** What listeners are told of changes. Registered with engine_on_change() and engine_on_table() (engine.h). */
#ifndef ENGINE_CHANGE_H
#define ENGINE_CHANGE_H

#include "engine/caller.h"
#include "engine/key.h"
#include "engine/table.h"

/** One change of one item, told after its commit is visible, in commit order. Valid during the call only. */
enum change_kind { CHANGE_INSERT, CHANGE_MODIFY, CHANGE_REMOVE };
struct change {
	enum change_kind kind;
	struct table *table; /* borrowed */
	struct key key;
	uint64_t version;
	const struct caller *by; /* who made it; borrowed */
};

/** Called on the committing thread, under the store's writer lock; must be quick and must not call the engine. */
typedef void change_fn(const struct change *change, void *arg);

/**
 * One change of the catalog, told after it is committed and visible, in their order. CHANGED: its definition, owner or state. DELETED: the name
 * is free; the table answers ST_NO_TABLE.
 */
enum table_change_kind { TABLE_CHANGE_CREATED, TABLE_CHANGE_CHANGED, TABLE_CHANGE_DELETED };
struct table_change {
	enum table_change_kind kind;
	struct table *table;     /* borrowed */
	const struct caller *by; /* who made it; NULL: the engine itself (a state that ended). Borrowed. */
};

/** Called on the thread that made the change, which still holds the engine's lock on the catalog; must not call the engine. */
typedef void table_change_fn(const struct table_change *change, void *arg);

/**
 * Called on the thread that changed items or tables through another face, which holds no lock: after the commit, before its caller is told. Returns when the listener
 * has done what follows from every change told so far. Must not call the engine.
 */
typedef void settle_fn(void *arg);

#endif
