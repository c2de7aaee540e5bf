/**
 * Query and Scan, a page at a time.
 *
 * A page ends after `limit` items examined, at 1 MB of examined items (DynamoDB item sizes; an item that does not fit any more is the next
 * page's), when the row function says so, or at the end of the range. In all cases but the last `last_key` says where the next page goes on: also
 * when nothing happens to follow.
 *
 * Rows: list_row as in op.h; with a projection, `item` is what the projection takes of the item, while `key` and `meta` are the whole item's. A row
 * whose seal is broken comes with its status, counts nowhere and ends no page.
 * Locks: as in op.h; row functions must not call operations.
 * Source: DynamoDB API Reference, Query, Scan; Developer Guide, "Paginating table query results", "Parallel scan".
 */
#ifndef ENGINE_OP_QUERY_H
#define ENGINE_OP_QUERY_H

#include "engine/capacity.h"
#include "engine/expr.h"
#include "engine/op.h"

#define OP_PAGE_BYTES (1u << 20) /* of examined items */

/** What came of a page. Zero it before, page_finish() after; may be used again for the next page. */
struct page {
	uint64_t count;         /* items that passed the filter */
	uint64_t scanned_count; /* items examined */
	uint64_t bytes;         /* their sizes */
	bool has_more;
	struct buf last_key; /* LastEvaluatedKey: an item of the key attributes; empty without has_more */
};
void page_finish(struct page *p);

/** Which attributes of the items. DEFAULT: SPECIFIC with a projection, else ALL, of an index ALL_PROJECTED. COUNT: fn gets only rows that cannot
 * be read. */
enum select { SELECT_DEFAULT, SELECT_ALL, SELECT_ALL_PROJECTED, SELECT_SPECIFIC, SELECT_COUNT };
/**
 * ST_VALIDATION: Select does not go with what else is asked for. `attributes`: the parameter that names attributes, "ProjectionExpression" or
 * "AttributesToGet"; NULL: there is none. A page is checked by itself; this is for who has to find out before it can be made.
 */
MUST_CHECK enum status select_check(enum select select, bool index, const char *attributes, struct err *err);

/**
 * What query and scan have in common.
 *
 * Of an index, rows come in the order of its sort key, and hold what it projects; of a local one also what else is asked for, read from the table
 * (and counted). start_key and last_key then hold the key attributes of index and table.
 * Errors on top of those below: ST_NO_INDEX; ST_VALIDATION: a consistent read of a global index, Select that does not go with the rest, attributes
 * that a global index does not project, an index that is still CREATING.
 */
struct page_request {
	struct table *table;
	struct slice index; /* IndexName; empty: the table */
	enum select select;
	const struct expr *filter;      /* EXPR_FILTER, or NULL */
	const struct expr *projection;  /* EXPR_PROJECTION, or NULL: whole items */
	bool consistent;                /* for the units; what is read is always consistent */
	uint32_t limit;                 /* items examined; 0: any number */
	struct slice start_key;         /* ExclusiveStartKey: an item of the key attributes; empty: from the beginning */
	struct consumed_list *consumed; /* or NULL */
};

struct query_request {
	struct page_request page;
	const struct expr *key_condition; /* EXPR_KEY_CONDITION */
	bool backward;                    /* ScanIndexForward false */
};
/** Errors: ST_VALIDATION (key condition, filter on a key attribute, start key), ST_NO_TABLE, keys, store errors. page is then as it was. */
MUST_CHECK enum status op_query(struct engine *e, const struct caller *c, const struct query_request *r, list_fn *fn, void *arg,
	struct page *page, struct err *err);

#define SCAN_SEGMENTS_MAX 1000000
struct scan_request {
	struct page_request page;
	uint32_t segment, total_segments; /* 0, 0: the whole table */
};
MUST_CHECK enum status op_scan_page(struct engine *e, const struct caller *c, const struct scan_request *r, list_fn *fn, void *arg,
	struct page *page, struct err *err);

#endif
