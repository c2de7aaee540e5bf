/** Names and values of one request, looked up by their signs: "#x", ":x" as the expression writes them. */
#ifndef ENGINE_EXPR_PARAMS_H
#define ENGINE_EXPR_PARAMS_H

#include "engine/expr/tree.h"

/** What stands for the sign, which is noted as used; NULL: it is not defined. `p` may be NULL. Borrowed. */
const struct value *params_name(struct expr_params *p, struct slice sign);
const struct value *params_value(struct expr_params *p, struct slice sign);

/** One more expression of the request was parsed. */
void params_note(struct expr_params *p);

#endif
