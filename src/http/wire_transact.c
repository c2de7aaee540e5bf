#include "src/http/wire_transact.h"

enum status wire_transact_items(
	struct wire *w, const struct wire_shape *shape, struct wire_request *r, struct slice *rest, size_t *ret_n)
{
	enum status st = wire_read(w, wire_call(w)->body, shape, r);
	*rest = (struct slice){0};
	*ret_n = 0;
	if (st)
		return st;
	wire_constrain(w, shape, r, "");
	size_t n = wire_has(r, M_TRANSACT_ITEMS) ? wire_entries(r->at[M_TRANSACT_ITEMS]) : 0;
	if (n > OP_TRANSACT_MAX)
		return ST_OK;
	if (n)
		*rest = json_enter(r->at[M_TRANSACT_ITEMS]);
	*ret_n = n;
	return ST_OK;
}

enum status wire_canceled(struct wire *w, const struct err *reasons, const struct buf *const *items, size_t n)
{
	struct buf *out = wire_call(w)->failure, *text = wire_buf(w);
	buf_add_str(out, "\"CancellationReasons\":[");
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s{\"Code\":\"%s\"", i ? "," : "", transact_reason_code(reasons[i].code));
		if (reasons[i].code) {
			buf_add_str(out, ",\"Message\":");
			json_write_string(slice_str(reasons[i].text), out);
		}
		if (items && items[i] && items[i]->len) {
			buf_add_str(out, ",\"Item\":");
			wire_put_item(out, buf_slice(items[i]));
		}
		buf_add_byte(out, '}');
	}
	buf_add_byte(out, ']');
	transact_reasons_print(reasons, n, text);
	return err_set(wire_err(w), ST_CANCELED, "%s", buf_str(text));
}

enum status wire_reason(struct wire *w, enum status st, struct err *reason)
{
	if (st != ST_VALIDATION && st != ST_KEY_TOO_LONG && st != ST_ITEM_TOO_LARGE)
		return st;
	*reason = *wire_err(w);
	return ST_OK;
}
