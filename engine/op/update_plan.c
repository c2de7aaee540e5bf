#include "engine/op/row.h"

static enum status check_size(struct slice item, struct err *err)
{
	if (item_size(item) <= LIMIT_ITEM_SIZE)
		return ST_OK;
	return err_set(err, ST_ITEM_TOO_LARGE, "Item size to update has exceeded the maximum allowed size");
}

enum status update_plan(const struct change_ctx *x, const struct key *key, const struct expr *update, const struct change_old *old,
	struct put_plan *plan, struct err *err)
{
	struct buf fresh = BUF_INIT, changed = BUF_INIT;
	enum status st = ST_OK;
	if (old->there == ST_CORRUPT) /* a change of what cannot be read would lose the rest of it */
		return ST_CORRUPT;    /* err is what change_read() found */
	if (old->unsure)
		return change_unsure(err);
	if (old->there == ST_NOT_FOUND)
		row_key_item(&x->t->schema, key, &fresh);
	struct slice item = old->there == ST_NOT_FOUND ? buf_slice(&fresh) : old->item;
	if (update) {
		st = expr_update(update, item, &changed, err);
		item = buf_slice(&changed);
	}
	if (!st)
		st = check_size(item, err);
	bool nothing = old->there == ST_NOT_FOUND && update && expr_only_removes(update);
	if (!st && !nothing)
		st = put_plan(x->t, item, 0, plan, err);
	buf_finish(&fresh);
	buf_finish(&changed);
	return st;
}
