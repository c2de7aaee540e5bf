#include "src/http/auth.h"

#include "src/http/server.h"

bool auth_allows_origin(struct http_server *s, const char *origin)
{
	return origin && address_is_local_origin(slice_str(origin));
}

enum status auth_check(struct http_server *s, const struct auth_request *r, struct auth *ret, struct err *err)
{
	const char *origin = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Origin");
	if (origin && !auth_allows_origin(s, origin))
		return err_set(err, ST_DENIED,
			"a page from %s may not use a store that has no access keys; 'itemfs user add STORE NAME' makes one",
			origin);
	return ST_OK;
}
