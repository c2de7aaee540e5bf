/* A page of the whole table, or of one segment of it: the segments divide the partition hashes evenly. */
#include "engine/base/bytes.h"
#include "engine/op/page.h"

/** Where segment `i` of `n` begins, by the first 8 bytes of the hash; of i == n: 0, which is past the end. */
static uint64_t segment_start(uint32_t i, uint32_t n)
{
	/* floor(i * 2^64 / n), in two steps of 32 bits each */
	uint64_t high = ((uint64_t)i << 32) / n, rest = ((uint64_t)i << 32) % n;
	return (high << 32) + (rest << 32) / n;
}

static uint16_t index_id(const struct page_run *p)
{
	return p->x ? p->x->id : 0;
}

static void bound_at(struct row_key *k, const struct page_run *p, uint64_t hash_start)
{
	uint8_t hash[PARTITION_HASH_SIZE] = {0};
	put_be64(hash, hash_start);
	row_key_in(k, p->r->table, index_id(p), hash);
}

static void bound_rows(struct page_run *p, uint32_t segment, uint32_t total)
{
	bound_at(&p->lo, p, segment_start(segment, total));
	bound_at(&p->hi, p, segment_start(segment + 1, total));
	p->rows = (struct store_range){.db = STORE_ITEMS, .lo = p->lo.key, .hi = p->hi.key, .hi_open = true};
	if (segment + 1 == total) {
		p->rows.hi.prefix.len = 6; /* table and index: everything of theirs */
		p->rows.hi_open = false;
	}
}

static enum status check_segments(const struct scan_request *r, struct err *err)
{
	if (r->total_segments == 0 && r->segment == 0)
		return ST_OK;
	if (r->total_segments == 0)
		return err_set(err, ST_VALIDATION,
			"The TotalSegments parameter is required but was not present in the request when Segment parameter is "
			"present");
	if (r->total_segments > SCAN_SEGMENTS_MAX)
		return err_set(err, ST_VALIDATION,
			"1 validation error detected: Value '%u' at 'totalSegments' failed to satisfy constraint: Member must have "
			"value less than or equal to %d",
			r->total_segments, SCAN_SEGMENTS_MAX);
	if (r->segment >= r->total_segments)
		return err_set(err, ST_VALIDATION,
			"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %u is not "
			"less "
			"than TotalSegments: %u",
			r->segment, r->total_segments);
	return ST_OK;
}

/** Goes on behind the start key, which must lie in the segment. */
static enum status bound_start(struct page_run *p, uint32_t segment, uint32_t total, struct err *err)
{
	uint8_t hash[PARTITION_HASH_SIZE];
	data_key_hash(p->dk, p->start.pk, hash);
	uint64_t at = get_be64(hash);
	if (at < segment_start(segment, total) || (segment + 1 < total && at >= segment_start(segment + 1, total)))
		return err_set(err, ST_VALIDATION,
			"The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
			"correct "
			"Segment. TotalSegments: %u Segment: %u",
			total, segment);
	row_key_in(&p->lo, p->r->table, index_id(p), hash);
	if (p->x)
		page_start_sort(p, &p->lo_sort);
	else if (!schema_has_sk(p->schema))
		row_key_step(&p->lo);
	p->rows.lo = p->lo.key;
	p->rows.lo.sort = p->x ? buf_slice(&p->lo_sort) : p->start.sk;
	p->rows.lo.has_sort = p->rows.lo_open = p->x || schema_has_sk(p->schema);
	return ST_OK;
}

enum status op_scan_page(struct engine *e, const struct caller *c, const struct scan_request *r, list_fn *fn, void *arg,
	struct page *page, struct err *err)
{
	struct page_run p = {.usage = {.by = c}};
	uint32_t total = r->total_segments ? r->total_segments : 1;
	enum status st = check_segments(r, err);
	if (!st)
		st = page_run_init(&p, &r->page, fn, arg, err);
	if (!st)
		st = page_run_start(&p, true, err);
	if (!st) {
		bound_rows(&p, r->segment, total);
		if (p.start.pk.len)
			st = bound_start(&p, r->segment, total, err);
	}
	if (!st)
		st = page_run(&p, e, page, err);
	page_run_finish(&p);
	return st;
}
