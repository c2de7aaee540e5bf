/**
 * Tables: definitions, the catalog, counts.
 *
 * A struct table is a counted reference to one table that is open in this process. Its definition may be replaced while it is held
 * (UpdateTable); table_def() gives a snapshot. A table that was deleted while held answers ST_NO_TABLE to every operation.
 *
 * The textual form of a definition is the JSON of DynamoDB's CreateTable with two additions of ours: "Owner" (uid, gid, mode), which the API
 * never shows, and "TimeToLiveSpecification", for which the API has operations of its own. Unknown members are refused by name.
 *
 * Locks: all functions are safe from any thread; none may be called from inside a store callback.
 * Source: DynamoDB API Reference, CreateTable, UpdateTable, DeleteTable, DescribeTable, ListTables.
 */
#ifndef ENGINE_TABLE_H
#define ENGINE_TABLE_H

#include <sys/types.h>

#include "engine/caller.h"
#include "engine/key.h"

struct engine;
struct table;

#define TABLE_UUID_TEXT 37 /* with NUL */

enum billing_mode { BILLING_PAY_PER_REQUEST, BILLING_PROVISIONED };
enum table_class { TABLE_CLASS_STANDARD, TABLE_CLASS_STANDARD_INFREQUENT_ACCESS };

struct table_tag {
	char *key, *value;
};

/** Capacity units a second. 0: not set. */
struct throughput {
	uint64_t read, write;
};

/** How provisioned throughput went up and down; 0: never. */
struct throughput_history {
	uint64_t increased_ns, decreased_ns;
	uint32_t decreases; /* on the UTC day of decreased_ns */
};

enum projection_type { PROJECTION_ALL, PROJECTION_KEYS_ONLY, PROJECTION_INCLUDE };
enum index_status { INDEX_ACTIVE, INDEX_CREATING, INDEX_UPDATING, INDEX_DELETING };

/** A secondary index. The last part is the engine's own: it stands in no document that people write. */
struct index_def {
	char name[LIMIT_INDEX_NAME_MAX + 1];
	bool local; /* local: same partition key as the table, another sort key */
	struct key_schema schema;
	enum projection_type projection;
	char **include; /* NonKeyAttributes, sorted */
	size_t include_count;
	struct throughput provisioned; /* global indexes of provisioned tables */
	struct throughput on_demand;   /* OnDemandThroughput: maxima */
	struct throughput warm;

	uint16_t id;              /* of its rows (engine/README.md); 0 until it was created */
	enum index_status status; /* CREATING until the backfill is through, DELETING while its rows are freed */
	struct throughput_history history;
};

/** What a stream's records hold. STREAM_OFF: the table has none. */
enum stream_view { STREAM_OFF, STREAM_KEYS_ONLY, STREAM_NEW_IMAGE, STREAM_OLD_IMAGE, STREAM_NEW_AND_OLD_IMAGES };

/** A definition: what CreateTable says, plus what belongs to the table as a directory. Owned; table_def_finish(). The last part is the engine's own. */
struct table_def {
	char name[LIMIT_TABLE_NAME_MAX + 1];
	struct key_schema schema;
	enum billing_mode billing;
	uint64_t read_units, write_units; /* provisioned throughput; 0 when on demand */
	struct throughput on_demand;      /* OnDemandThroughput: maxima; 0: none */
	struct throughput warm;           /* WarmThroughput as asked for; 0: the default */
	struct index_def *indexes;        /* local ones first, each kind sorted by name */
	size_t index_count;
	enum stream_view stream;
	bool sse; /* SSESpecification.Enabled: under a master key of the caller's choice; else under the store's */
	char sse_key[LIMIT_SSE_KEY + 1]; /* KMSMasterKeyId, or empty */
	bool ttl;                        /* TimeToLiveSpecification.Enabled */
	char ttl_attribute[LIMIT_KEY_ATTR_NAME + 1];
	enum table_class class;
	bool deletion_protection;
	struct table_tag *tags; /* sorted by key */
	size_t tag_count;
	uid_t uid; /* owner and mode of the directory; items have mode & 0666 */
	gid_t gid;
	mode_t mode; /* permission bits only */

	struct throughput_history history;
	uint64_t stream_ns;    /* when the stream was switched on: its label */
	uint64_t on_demand_ns; /* when it was last made PAY_PER_REQUEST */
	uint64_t class_ns;     /* last change of the table class; 0: never */
};

void table_def_finish(struct table_def *def);
void table_def_copy(struct table_def *to, const struct table_def *from);

/**
 * Reads a definition from JSON. `name`: the name that the file's place implies, or empty; a TableName in the text must agree.
 * Owner and mode default to the caller's and 0755.
 * Errors: ST_SYNTAX (line and column), ST_VALIDATION (which member, what is allowed), ST_UNSUPPORTED (what this version lacks).
 */
MUST_CHECK enum status table_def_parse(
	struct slice json, const char *name, const struct caller *caller, struct table_def *ret, struct err *err);

/** Appends the definition as indented JSON with a final LF: what .schema.json shows and takes. Indexes that are being deleted are left out. */
void table_def_print(const struct table_def *def, struct buf *out);

/** While CREATING or DELETING a table answers ST_NO_TABLE to operations on items; only an ACTIVE one can be changed (ST_TABLE_BUSY). */
enum table_state { TABLE_ACTIVE, TABLE_CREATING, TABLE_UPDATING, TABLE_DELETING };

/** What a table is at this moment. */
struct table_info {
	uint32_t id;
	enum table_state state;
	char uuid[TABLE_UUID_TEXT]; /* DynamoDB's TableId */
	uint64_t created_ns;        /* clock.h */
	uint64_t changed_ns;        /* last change of the definition */
	uint64_t modified_ns;       /* last change of any item, or creation */
	uint64_t item_count;        /* exact */
	uint64_t item_bytes;        /* sum of DynamoDB item sizes, exact */
	uint64_t text_bytes;        /* sum of the lengths of the item files, exact */
};

/** What an index is at this moment. */
struct index_info {
	enum index_status status;
	bool backfilling;    /* CREATING, and items that were there before are being added */
	uint64_t item_count; /* exact */
	uint64_t item_bytes; /* sum of the sizes of what it projects, exact */
};

/** A new reference, or ST_NO_TABLE. */
MUST_CHECK enum status table_open(struct engine *e, const char *name, struct table **ret, struct err *err);
struct table *table_ref(struct table *t);
void table_unref(struct table *t); /* NULL is fine */

uint32_t table_id(const struct table *t);
const char *table_name(const struct table *t);                /* borrowed; a table is never renamed */
const struct key_schema *table_schema(const struct table *t); /* borrowed; never changes */
bool table_gone(const struct table *t);                       /* deleted since it was opened */
void table_get_def(struct table *t, struct table_def *ret);   /* a copy; caller finishes it */
void table_get_info(struct table *t, struct table_info *ret);
bool table_get_index_info(struct table *t, const char *name, struct index_info *ret); /* false: no such index */
void table_get_owner(struct table *t, uid_t *uid, gid_t *gid, mode_t *mode); /* no allocation: for stat */

/**
 * Calls fn for each table whose id is greater than `after_id`, in the order of ids, until fn returns false.
 * The reference passed to fn is borrowed. Ids are never used twice in one store.
 */
typedef bool table_list_fn(struct table *t, void *arg);
void table_list(struct engine *e, uint32_t after_id, table_list_fn *fn, void *arg);
size_t table_count(struct engine *e);

/** Creates. Errors: ST_TABLE_EXISTS, ST_VALIDATION, ST_LIMIT, store errors. Durable when it returns. ret may be NULL. */
MUST_CHECK enum status table_create(
	struct engine *e, const struct caller *c, const struct table_def *def, struct table **ret, struct err *err);
/**
 * Replaces the changeable parts; what is no longer there is taken away (indexes too). Errors: ST_VALIDATION (the keys, local indexes, keys and
 * projection of an index cannot be changed), ST_LIMIT (too many decreases of throughput today), ST_TABLE_BUSY.
 */
MUST_CHECK enum status table_update(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err);
/** What create or update (if the table exists) would answer, changing nothing. */
MUST_CHECK enum status table_check(struct engine *e, const struct caller *c, const struct table_def *def, struct err *err);
/**
 * Deletes. only_if_empty: ST_TABLE_NOT_EMPTY while it has items (rmdir). Errors: ST_NO_TABLE, ST_TABLE_PROTECTED, ST_TABLE_BUSY. The items are freed in small
 * transactions behind the caller's back; the name is free at once.
 */
MUST_CHECK enum status table_delete(
	struct engine *e, const struct caller *c, const char *name, bool only_if_empty, struct err *err);
/** chmod and chown of the table's directory: (uid_t)-1, (gid_t)-1, (mode_t)-1 leave as is. */
MUST_CHECK enum status table_set_owner(
	struct engine *e, const struct caller *c, struct table *t, uid_t uid, gid_t gid, mode_t mode, struct err *err);

#endif
