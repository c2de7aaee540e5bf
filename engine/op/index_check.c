/* Whether an item can be written in spite of the indexes of its table: what their keys are made of must be of their type, not empty, not too long. */
#include "engine/op/index.h"

struct check {
	const char *index;
	const struct key_attr *attr;
	bool sort, update;
	bool *empty;
};

static enum status wrong_type(const struct check *c, enum value_type is, struct err *err)
{
	return err_set(err, ST_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
		c->attr->name, value_type_name(c->attr->type), value_type_name(is), c->index);
}

static enum status empty(const struct check *c, struct err *err)
{
	const char *what = c->attr->type == VALUE_B ? "binary" : "string";
	if (c->empty)
		*c->empty = true;
	if (c->update)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values are not valid. The update expression attempted to update a secondary index "
			"key to a "
			"value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.",
			what);
	return err_set(err, ST_VALIDATION,
		"One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
		"AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
		what, c->index, c->attr->name);
}

static enum status too_long(const struct check *c, struct err *err)
{
	if (c->update)
		return err_set(err, ST_VALIDATION,
			"The update expression attempted to update the secondary index key beyond allowed size limits");
	if (c->sort)
		return err_set(err, ST_VALIDATION,
			"One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit "
			"of %d "
			"bytes",
			LIMIT_SK_SIZE);
	return err_set(err, ST_VALIDATION,
		"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of%d bytes",
		LIMIT_PK_SIZE);
}

static enum status check_part(const struct check *c, struct slice item, struct err *err)
{
	struct value v = item_get(item, slice_str(c->attr->name));
	if (v.type == VALUE_NONE)
		return ST_OK;
	if (v.type != c->attr->type)
		return wrong_type(c, v.type, err);
	if (v.body.len == 0)
		return empty(c, err);
	return v.body.len > (c->sort ? LIMIT_SK_SIZE : LIMIT_PK_SIZE) ? too_long(c, err) : ST_OK;
}

enum status change_check_indexes(
	const struct change_ctx *x, const struct put_plan *plan, bool update, bool *ret_empty, struct err *err)
{
	const struct index_set *set = x->t->writing;
	enum status st = ST_OK;
	if (!set || !plan->plain.len) /* no indexes; an update that makes no item */
		return ST_OK;
	struct slice item = slice_from(buf_slice(&plan->plain), ROW_HEADER_SIZE);
	for (size_t i = 0; i < set->count && !st; i++) {
		const struct index *index = set->entries[i].x;
		struct check c = {.index = index->name, .attr = &index->schema.pk, .update = update, .empty = ret_empty};
		if (set->entries[i].status == INDEX_DELETING)
			continue;
		st = check_part(&c, item, err);
		c.attr = &index->schema.sk;
		c.sort = true;
		if (!st && schema_has_sk(&index->schema))
			st = check_part(&c, item, err);
	}
	return st;
}
