/** One page of a range of rows, shared by query and scan: examine, filter, project, count, stop. */
#ifndef ENGINE_OP_PAGE_H
#define ENGINE_OP_PAGE_H

#include "engine/op/index.h"
#include "engine/op_query.h"

struct page_run {
	const struct page_request *r;
	const struct key_schema *schema; /* of what is paged through */
	struct data_key *dk;
	struct usage usage;
	list_fn *fn;
	void *arg;

	struct index_set *indexes; /* a reference, when an index is read */
	struct index *x;           /* NULL: the table is read */
	bool fetch; /* of a local index: whole items are asked for */
	struct store_txn *txn;
	enum status failed; /* while an index row's item was read */
	struct err *err;
	struct buf entry, entry_item;

	struct store_range rows; /* to be read; its bounds may point into what follows, and into the request */
	struct row_key lo, hi;
	struct buf lo_sort, hi_sort;

	struct key start;      /* of the table or the index; pk empty: none. Borrowed from r->start_key. */
	struct key start_base; /* of an index: the item's */
	struct buf projected;
	struct buf last; /* key of the last row examined: pk, then sk; of an index the key attributes as an item */
	size_t last_pk_len;
	struct page got;
};

/**
 * The table's data key, the index, what is asked of it, the start key. The run must be zeroed; page_run_finish() also after failure.
 * page_run_start() only then: its refusals come after those of the key condition.
 */
enum status page_run_init(struct page_run *p, const struct page_request *r, list_fn *fn, void *arg, struct err *err);
/** Reads the start key. Scans and queries refuse it in different words. */
enum status page_run_start(struct page_run *p, bool scan, struct err *err);

/* page_check.c */
enum status page_check(struct page_run *p, struct err *err);

/* page_entry.c: a row of an index. */
/**
 * Reads the entry's item, in the same snapshot; out->item is what the index projects of it, or with p->fetch all, of *size bytes. False: there is
 * nothing to be shown, or p->failed is set. Damage comes as out->status.
 */
bool page_entry(struct page_run *p, const struct store_row *row, struct list_row *out, struct slice *whole, uint32_t *size);
/** The sort part of the entry that the start key names, to go on behind it. */
void page_start_sort(struct page_run *p, struct buf *out);

/** Reads the page; on success it is moved to `page`. */
enum status page_run(struct page_run *p, struct engine *e, struct page *page, struct err *err);
void page_run_finish(struct page_run *p);

#endif
