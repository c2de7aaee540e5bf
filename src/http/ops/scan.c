#include "src/http/wire_page.h"

static enum status check_segments(struct wire *w, const struct wire_request *r)
{
	if (wire_has(r, M_TOTAL_SEGMENTS) && !wire_has(r, M_SEGMENT))
		return err_set(wire_err(w), ST_VALIDATION,
			"The Segment parameter is required but was not present in the request when parameter TotalSegments is "
			"present");
	if (wire_has(r, M_SEGMENT) && !wire_has(r, M_TOTAL_SEGMENTS))
		return err_set(wire_err(w), ST_VALIDATION,
			"The TotalSegments parameter is required but was not present in the request when Segment parameter is "
			"present");
	if (!wire_has(r, M_SEGMENT) || wire_int(r, M_SEGMENT, 0) < wire_int(r, M_TOTAL_SEGMENTS, 0))
		return ST_OK;
	return err_set(wire_err(w), ST_VALIDATION,
		"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %lld is not less than "
		"TotalSegments: %lld",
		(long long)wire_int(r, M_SEGMENT, 0), (long long)wire_int(r, M_TOTAL_SEGMENTS, 0));
}

static enum status check(struct wire *w, const struct wire_request *r, struct wire_legacy *legacy, struct wire_exprs *exprs)
{
	enum status st = wire_check_mix(w, r, WIRE_BIT(FILTER_EXPRESSION));
	if (!st)
		st = wire_check_start_key(w, r);
	if (!st)
		st = wire_check_select(w, r);
	if (!st)
		st = check_segments(w, r);
	if (!st)
		st = wire_legacy(w, r, legacy, exprs);
	return st ? st : wire_exprs(w, r, exprs);
}

static enum status scan(struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs)
{
	struct scan_request s = {
		.segment = (uint32_t)wire_int(r, M_SEGMENT, 0), .total_segments = (uint32_t)wire_int(r, M_TOTAL_SEGMENTS, 0)};
	struct wire_rows rows;
	struct page page = {0};
	enum status st = wire_page_request(w, r, exprs, &s.page);
	if (st)
		return st;
	wire_rows_begin(w, &s.page, &rows);
	st = op_scan_page(wire_call(w)->engine, &wire_call(w)->caller, &s, wire_row, &rows, &page, wire_err(w));
	if (!st)
		st = wire_rows_end(w, r, &rows, &page);
	page_finish(&page);
	return st;
}

enum status http_scan(struct http_call *call, struct err *err)
{
	static const struct wire_operation op = {
		.shape = {WIRE_PAGE_MEMBERS | WIRE_BIT(SCAN_FILTER) | WIRE_BIT(SEGMENT) | WIRE_BIT(TOTAL_SEGMENTS),
			WIRE_BIT(TABLE_NAME)},
		.check = check,
		.run = scan};
	return wire_serve(&op, call, err);
}
