/** One page of a range of rows, shared by query and scan: examine, filter, project, count, stop. */
#ifndef ENGINE_OP_PAGE_H
#define ENGINE_OP_PAGE_H

#include "engine/op/row.h"
#include "engine/op_query.h"

#define PAGE_BYTES_MAX (1u << 20)

struct page_run {
	const struct page_request *r;
	const struct key_schema *schema; /* of what is paged through */
	struct data_key *dk;
	struct usage usage;
	list_fn *fn;
	void *arg;

	struct store_range rows; /* to be read; its bounds may point into what follows, and into the request */
	struct row_key lo, hi;
	struct buf bound;

	struct key start; /* pk empty: none. Borrowed from r->start_key. */
	struct buf projected;
	struct buf last; /* key of the last row examined: pk, then sk */
	size_t last_pk_len;
	struct page got;
};

/** The table's data key and the start key. The run must be zeroed; page_run_finish() also after failure. */
enum status page_run_init(struct page_run *p, const struct page_request *r, list_fn *fn, void *arg, struct err *err);

/** Reads the page; on success it is moved to `page`. */
enum status page_run(struct page_run *p, struct engine *e, struct page *page, struct err *err);
void page_run_finish(struct page_run *p);

#endif
