/**
 * The API's documents: which members there are, of which types, within which limits. A shape is a constant table; checking a document against it
 * answers as the service does, before any rule of what the members mean: first a SerializationException for a value of the wrong type,
 * then one ValidationException for all constraints together.
 *
 * Members that are null are not there. Documents are strict JSON without NUL characters.
 * Locks: none.
 */
#ifndef ENGINE_TABLE_SHAPE_H
#define ENGINE_TABLE_SHAPE_H

#include <cjson/cJSON.h>

#include "engine/base/buf.h"
#include "engine/status.h"

enum shape_kind { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_BOOL, SHAPE_LIST, SHAPE_OBJECT };

struct shape {
	enum shape_kind kind;
	const char *type; /* as messages call it: "String", "Long", "KeySchemaElement" */
	uint32_t min, max; /* of a text's length in characters, a list's length, a number; 0: none */
	bool name_pattern; /* text: [a-zA-Z0-9_.-]+ */
	const char *const *values; /* text: these only, NULL at the end */
	const struct shape *element;         /* of a list */
	const struct shape_member *members;  /* of an object, in the order of messages; name NULL at the end */
};

struct shape_member {
	const char *name;
	const struct shape *shape;
	bool required;
};

/** Reads a document; the caller deletes it. Errors: ST_SYNTAX (line and column), ST_INCOMPLETE, ST_VALIDATION (too long, NUL). */
MUST_CHECK enum status document_read(struct slice text, cJSON **ret, struct err *err);

/** ST_SYNTAX: a member is of the wrong type. */
MUST_CHECK enum status shape_check_types(const struct shape *shape, const cJSON *document, struct err *err);
bool shape_requires(const struct shape *shape, const char *member);

/** Types, then constraints. Errors: ST_SYNTAX, ST_VALIDATION. */
MUST_CHECK enum status shape_check(const struct shape *shape, const cJSON *document, struct err *err);

/** What people write by hand has only members that the shape knows, each once: ST_VALIDATION. */
MUST_CHECK enum status shape_check_known(const struct shape *shape, const cJSON *document, struct err *err);

/** The member of an object; NULL: not there, or null. */
const cJSON *document_member(const cJSON *object, const char *name);
const char *document_text(const cJSON *object, const char *name); /* NULL: not there */
bool document_bool(const cJSON *object, const char *name);       /* false: not there */
/** The number, cut to a whole one; `none`: not there. */
int64_t document_number(const cJSON *object, const char *name, int64_t none);

#endif
