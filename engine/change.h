/** What listeners are told of a change. Registered with engine_on_change() (engine.h). */
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

#endif
