/** What the actions of an update make of the values that they find. */
#ifndef ENGINE_EXPR_UPDATE_VALUE_H
#define ENGINE_EXPR_UPDATE_VALUE_H

#include "engine/expr/tree.h"

struct update_run {
	const struct expr *e;
	struct slice item;       /* as it was: what all operands see */
	struct scratch *scratch; /* of values that were computed */
	enum status status;
	struct err *err;
};
void update_run_finish(struct update_run *run);

/** What is to stand at the action's path, where `old` stands. VALUE_NONE: nothing, or a failure, which is then in run->status. */
struct value action_value(struct update_run *run, const struct node *action, struct value old);

/** Sets run->status, unless it failed before. Returns VALUE_NONE. */
struct value update_fail(struct update_run *run, const char *message);

#endif
