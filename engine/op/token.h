/**
 * Tokens of requests that were carried out (ClientRequestToken), in STORE_META for ten minutes. Two rows each: one under the token's keyed
 * hash, one by age for clearing away. Inside write transactions.
 */
#ifndef ENGINE_OP_TOKEN_H
#define ENGINE_OP_TOKEN_H

#include "engine/op/row.h"

#define TOKEN_HASH_SIZE 16

struct token {
	uint8_t id[TOKEN_HASH_SIZE];      /* keyed hash of the token */
	uint8_t request[TOKEN_HASH_SIZE]; /* keyed hash of what was asked */
};
void token_make(const struct engine *e, struct slice text, struct slice request, struct token *ret);

/** ST_OK: this request was carried out under this token. ST_NOT_FOUND: the token is free. ST_IDEMPOTENT: another request was. */
enum status token_find(struct engine *e, struct store_txn *txn, const struct token *t, struct err *err);

/** Notes that the request is carried out, and clears away a few that are old. */
enum status token_keep(struct engine *e, struct store_txn *txn, const struct token *t, struct err *err);

#endif
