/** STORE/store.json: what a store is before any key is known. Nothing secret. */
#ifndef ENGINE_TABLE_STORE_JSON_H
#define ENGINE_TABLE_STORE_JSON_H

#include "engine/status.h"

#define STORE_FORMAT 1

struct store_json {
	unsigned format;
	char store_id[37];
	char region[32], account[13]; /* of ARNs; a store that does not say has the defaults */
};

#define DEFAULT_REGION "us-east-1"
#define DEFAULT_ACCOUNT "000000000000"
bool region_valid(const char *region);   /* lower-case letters, digits and -, at most 31 */
bool account_valid(const char *account); /* 12 digits */

/** Errors: ST_NO_STORE, ST_STORE_FORMAT (damaged, or of another version: the text tells both), ST_IO. */
enum status store_json_read(const char *store, struct store_json *ret, struct err *err);
/** Written last when a store is made: without it there is no store. */
enum status store_json_write(const char *store, const struct store_json *s, struct err *err);

#endif
