#include "src/http/wire_page.h"

/* Which attributes */

static enum select select_of(const struct wire_request *r)
{
	static const struct {
		const char *name;
		enum select value;
	} all[] = {{"ALL_ATTRIBUTES", SELECT_ALL}, {"ALL_PROJECTED_ATTRIBUTES", SELECT_ALL_PROJECTED},
		{"SPECIFIC_ATTRIBUTES", SELECT_SPECIFIC}, {"COUNT", SELECT_COUNT}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (wire_is(r, M_SELECT, all[i].name))
			return all[i].value;
	return SELECT_DEFAULT;
}

enum status wire_check_select(struct wire *w, const struct wire_request *r)
{
	const char *attributes = wire_has(r, M_PROJECTION_EXPRESSION) ? "ProjectionExpression"
				 : wire_has(r, M_ATTRIBUTES_TO_GET)   ? "AttributesToGet"
								      : NULL;
	return select_check(select_of(r), wire_has(r, M_INDEX_NAME), attributes, wire_err(w));
}

enum status wire_check_start_key(struct wire *w, const struct wire_request *r)
{
	if (!r->start_key.fault)
		return ST_OK;
	*wire_err(w) = *r->start_key.fault;
	return err_prefix(wire_err(w), "The provided starting key is invalid");
}

enum status wire_page_request(
	struct wire *w, const struct wire_request *r, const struct wire_exprs *exprs, struct page_request *ret)
{
	*ret = (struct page_request){
		.index = r->at[M_INDEX_NAME],
		.select = select_of(r),
		.filter = exprs->filter,
		.projection = exprs->projection,
		.consistent = wire_bool(r, M_CONSISTENT_READ, false),
		.limit = (uint32_t)wire_int(r, M_LIMIT, 0),
		.start_key = r->start_key.item,
		.consumed = wire_consumed(w, r),
	};
	return wire_table(w, r->at[M_TABLE_NAME], &ret->table);
}

/* Rows, written into the reply as they come */

void wire_rows_begin(struct wire *w, const struct page_request *page, struct wire_rows *ret)
{
	*ret = (struct wire_rows){.out = wire_call(w)->reply, .count_only = page->select == SELECT_COUNT};
	wire_open(w);
	if (!ret->count_only)
		buf_add_byte(wire_member(w, "Items"), '[');
}

bool wire_row(const struct list_row *row, void *arg)
{
	struct wire_rows *rows = arg;
	if (row->status) {
		rows->status = row->status;
		return false;
	}
	if (rows->any)
		buf_add_byte(rows->out, ',');
	rows->any = true;
	wire_put_item(rows->out, row->item);
	return true;
}

enum status wire_rows_end(struct wire *w, const struct wire_request *r, const struct wire_rows *rows, const struct page *page)
{
	/* A page that leaves out what it cannot read would say that there is no such item. */
	if (rows->status)
		return err_set(wire_err(w), rows->status, "%s", status_info(rows->status)->sentence);
	if (!rows->count_only)
		buf_add_byte(rows->out, ']');
	buf_addf(wire_member(w, "Count"), "%llu", (unsigned long long)page->count);
	buf_addf(wire_member(w, "ScannedCount"), "%llu", (unsigned long long)page->scanned_count);
	if (page->has_more)
		wire_item(w, "LastEvaluatedKey", buf_slice(&page->last_key));
	wire_put_consumed(w, r, false, false);
	wire_close(w);
	return ST_OK;
}
