/* Whether what is asked of a page goes together: Select, projection, index, consistency. */
#include "engine/op/page.h"

#include "engine/value/utf8.h"

#define INVALID "One or more parameter values were invalid: "

static const char *select_words(enum select s)
{
	switch (s) {
	case SELECT_ALL:
		return "ALL_ATTRIBUTES";
	case SELECT_ALL_PROJECTED:
		return "ALL_PROJECTED_ATTRIBUTES";
	case SELECT_COUNT:
		return "only the Count";
	default:
		return NULL;
	}
}

enum status select_check(enum select select, bool index, const char *attributes, struct err *err)
{
	if (select == SELECT_ALL_PROJECTED && !index)
		return err_set(err, ST_VALIDATION, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
	if (select == SELECT_SPECIFIC && !attributes)
		return err_set(err, ST_VALIDATION,
			"Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
	if (attributes && select_words(select))
		return err_set(
			err, ST_VALIDATION, "Cannot specify the %s when choosing to get %s", attributes, select_words(select));
	return ST_OK;
}

/** What the projection was in the request. */
static const char *attributes_of(const struct page_request *r)
{
	if (!r->projection)
		return NULL;
	return expr_is_legacy(r->projection) ? "AttributesToGet" : "ProjectionExpression";
}

static enum status find_index(struct page_run *p, struct err *err)
{
	p->indexes = index_set_of(p->r->table);
	const struct index_entry *entry = index_set_find(p->indexes, p->r->index);
	if (!entry || entry->status == INDEX_DELETING)
		return err_set(err, ST_NO_INDEX, "The table does not have the specified index: %.*s", SLICE_ARG(p->r->index));
	p->x = entry->x;
	p->schema = &p->x->schema;
	if (!p->x->local && p->r->consistent)
		return err_set(err, ST_VALIDATION, "Consistent reads are not supported on global secondary indexes");
	if (entry->status == INDEX_CREATING)
		return err_set(err, ST_VALIDATION, "Cannot read from backfilling global secondary index: %s", p->x->name);
	return ST_OK;
}

/** "[a, b]": what the projection asks for and the index does not have. False: it has all. */
static bool list_missing(const struct page_run *p, struct buf *out)
{
	struct slice name;
	size_t from = out->len;
	for (size_t i = 0; expr_attribute(p->r->projection, i, &name); i++)
		if (!index_projects(p->x, name))
			buf_addf(out, "%s%.*s", out->len == from ? "[" : ", ", SLICE_ARG(name));
	if (out->len != from)
		buf_add_byte(out, ']');
	return out->len != from;
}

static enum status check_projection(struct page_run *p, struct err *err)
{
	struct buf missing = BUF_INIT;
	enum status st = ST_OK;
	if (list_missing(p, &missing) && !p->x->local)
		st = err_set(
			err, ST_VALIDATION, INVALID "Global secondary index %s does not project %s", p->x->name, buf_str(&missing));
	p->fetch = missing.len > 0;
	buf_finish(&missing);
	return st;
}

struct lacks {
	const struct index *x;
	struct buf list;
};

/** Whether the text "[a, b" has the name already. */
static bool is_listed(struct slice list, struct slice name)
{
	for (size_t at = 1; at < list.len;) {
		const uint8_t *comma = memmem(list.ptr + at, list.len - at, ", ", 2);
		size_t n = comma ? (size_t)(comma - list.ptr) - at : list.len - at;
		if (slice_eq(slice_of(list.ptr + at, n), name))
			return true;
		at += n + 2;
	}
	return false;
}

static void list_lack(struct slice name, void *arg)
{
	struct lacks *l = arg;
	if (index_projects(l->x, name) || is_listed(buf_slice(&l->list), name))
		return;
	buf_add_str(&l->list, l->list.len ? ", " : "[");
	buf_add_slice(&l->list, name);
}

/** A filter sees what the entry has. */
static enum status check_filter(struct page_run *p, struct err *err)
{
	struct lacks l = {.x = p->x, .list = BUF_INIT};
	enum status st = ST_OK;
	expr_each_name(p->r->filter, list_lack, &l);
	if (l.list.len)
		st = err_set(err, ST_VALIDATION, INVALID "Secondary index %s does not project one or more filter attributes: %.*s]",
			p->x->name, utf8_cut(buf_slice(&l.list), 1000), buf_str(&l.list));
	buf_finish(&l.list);
	return st;
}

enum status page_check(struct page_run *p, struct err *err)
{
	enum status st = select_check(p->r->select, p->r->index.len > 0, attributes_of(p->r), err);
	if (st || !p->r->index.len)
		return st;
	st = find_index(p, err);
	if (st)
		return st;
	bool all = p->r->select == SELECT_ALL && p->x->projection != PROJECTION_ALL;
	if (all && !p->x->local)
		return err_set(err, ST_VALIDATION,
			INVALID
			"Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type "
			"is not ALL",
			p->x->name);
	p->fetch = all;
	if (p->r->projection)
		st = check_projection(p, err);
	return st || !p->r->filter || p->fetch ? st : check_filter(p, err);
}
