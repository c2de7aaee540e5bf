/**
 * Trees of expressions that were parsed before: clients send the same few texts again and again, with other values.
 *
 * A tree says nothing but its text and kind, so whoever sends the same text may have it. Bounded in number and bytes; what was not asked for of late
 * makes room.
 * Locks: one of its own, a few instructions; safe from any thread.
 */
#ifndef ENGINE_EXPR_CACHE_H
#define ENGINE_EXPR_CACHE_H

#include "engine/expr/tree.h"

/** A reference to the tree of this text, parsed or remembered. Errors: those of tree_parse(). tree_unref() lets go of it. */
MUST_CHECK enum status cache_parse(enum expr_kind kind, struct slice text, struct tree **ret, struct err *err);

#endif
