/**
 * The tree of an expression, for the files in this folder. It says what was written: names and values are still places to be filled
 * ("slots"), so that one tree can serve many requests. struct expr is a tree with its slots filled.
 */
#ifndef ENGINE_EXPR_TREE_H
#define ENGINE_EXPR_TREE_H

#include <stdatomic.h>

#include "engine/expr.h"

/** One step of a document path. */
enum elem_type { ELEM_NAME, ELEM_SLOT, ELEM_INDEX };
struct path_elem {
	enum elem_type type;
	uint32_t number;   /* ELEM_SLOT: of the name; ELEM_INDEX: of the list's element */
	struct slice name; /* ELEM_NAME */
};

enum node_type {
	/* operands */
	NODE_PATH,
	NODE_VALUE,
	NODE_SIZE,
	NODE_IF_NOT_EXISTS,
	NODE_LIST_APPEND,
	NODE_PLUS,
	NODE_MINUS,
	/* conditions */
	NODE_EQ,
	NODE_NE,
	NODE_LT,
	NODE_LE,
	NODE_GT,
	NODE_GE,
	NODE_BETWEEN,
	NODE_IN,
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_EXISTS,
	NODE_NOT_EXISTS,
	NODE_TYPE,
	NODE_BEGINS_WITH,
	NODE_CONTAINS,
	/* actions of an update */
	NODE_SET,
	NODE_REMOVE,
	NODE_ADD,
	NODE_DELETE,
};

struct node {
	enum node_type type;
	bool parens;                  /* stands in parentheses of its own */
	uint32_t slot;                /* NODE_VALUE */
	uint32_t path_len;            /* NODE_PATH; at least 1 */
	const struct path_elem *path; /* NODE_PATH */
	struct node *child;           /* first operand; AND, OR and IN have any number of them */
	struct node *next;            /* next operand of the same parent, action of the same update, path of the same projection */
};

/** One allocation: this, the nodes, the path elements, the placeholders in their slots, the text that they all point into. */
struct tree {
	atomic_uint refs; /* a tree never changes once it is parsed, so that requests may share it */
	enum expr_kind kind;
	size_t bytes;      /* of the allocation */
	struct slice text; /* the copy */
	struct node *root; /* a condition, or the first action or path */
	struct node *nodes;
	struct path_elem *elems;
	struct slice *names, *values; /* "#x", ":x" by slot */
	size_t node_count, elem_count, name_count, value_count;
	size_t cap; /* of each of the five */
};

/** An empty tree with room for `cap` nodes, elements and slots each, and a copy of the text, which is put in *ret_text. One reference. */
struct tree *tree_new(enum expr_kind kind, size_t cap, struct slice text, struct slice *ret_text);

struct tree *tree_ref(struct tree *t);
void tree_unref(struct tree *t); /* the last one frees; NULL is fine */

struct node *tree_node(struct tree *t, enum node_type type);
/** A node with these operands; `second` may be NULL. */
struct node *tree_node_of(struct tree *t, enum node_type type, struct node *first, struct node *second);
struct path_elem *tree_elem(struct tree *t, enum elem_type type);

/** Parses. ST_VALIDATION in the service's words. */
MUST_CHECK enum status tree_parse(enum expr_kind kind, struct slice text, struct tree **ret, struct err *err);

/** A path that an update changes or a projection takes. */
struct target {
	const struct node *path;
	const struct node *action; /* of an update */
	uint32_t pos;              /* in the text, for messages */
};

struct expr {
	struct tree *tree; /* owned */
	bool legacy;       /* made from legacy parameters: messages say so */
	bool partiql;      /* a clause of a statement: a filter may name attributes of the key */
	const struct slice *names;  /* by slot */
	const struct value *values; /* by slot */
	struct target *targets;     /* in the order of their elements; no two overlap */
	size_t target_count;
};

/** An expression on a tree, which it then owns, with room for what its slots hold. */
struct expr *expr_new(struct tree *tree, struct slice **ret_names, struct value **ret_values);

/* Messages: "Invalid ConditionExpression: ..." */

const char *kind_label(enum expr_kind kind);
enum status expr_fail(enum expr_kind kind, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** As an operator or function is called: "=", "size". */
const char *node_name(enum node_type type);

static inline bool node_is_operand(const struct node *n)
{
	return n->type <= NODE_MINUS;
}

static inline bool node_is_function(const struct node *n)
{
	return (n->type >= NODE_SIZE && n->type <= NODE_LIST_APPEND) || (n->type >= NODE_EXISTS && n->type <= NODE_CONTAINS);
}

static inline unsigned node_operands(const struct node *n)
{
	unsigned count = 0;
	for (const struct node *c = n->child; c; c = c->next)
		count++;
	return count;
}

/* Paths (path.c) */

static inline struct slice elem_name(const struct expr *e, const struct path_elem *el)
{
	return el->type == ELEM_SLOT ? e->names[el->number] : el->name;
}

/** Order of elements: indexes, then names. Equal: the same step. */
int elem_cmp(const struct expr *e, const struct path_elem *a, const struct path_elem *b);
bool path_eq(const struct expr *e, const struct node *a, const struct node *b);
/** "[a, b, [1]]" as messages show paths. */
void path_describe(const struct expr *e, const struct node *path, struct buf *out);
/** What stands at the path; VALUE_NONE: nothing. */
struct value path_get(const struct expr *e, const struct node *path, struct slice item);
/** Fills e->targets from the tree's actions or paths, sorted. Refuses paths of which one lies in another. */
MUST_CHECK enum status targets_fill(struct expr *e, struct err *err);
/** From `at`, the end of the run of targets that share element `depth` (and all before it). */
size_t targets_run(const struct expr *e, size_t at, size_t end, uint32_t depth);

/* Checks that need the slots filled (check.c): types of literal operands, numbers of operands */

MUST_CHECK enum status check_expr(const struct expr *e, struct err *err);

/** Whether a word may not be an attribute's name (reserved.c). */
bool is_reserved(struct slice word);

#endif
