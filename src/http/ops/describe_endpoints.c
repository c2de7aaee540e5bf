#include "src/http/wire.h"

/** Where clients that discover endpoints go on: here. */
enum status http_describe_endpoints(struct http_call *call, struct err *err)
{
	struct wire *w = wire_begin(call, err);
	wire_open(w);
	buf_add_str(wire_member(w, "Endpoints"), "[{\"Address\":");
	json_write_string(call->host, call->reply);
	buf_add_str(call->reply, ",\"CachePeriodInMinutes\":1440}]");
	wire_close(w);
	return wire_end(w, ST_OK);
}
