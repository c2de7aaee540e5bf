/**
 * AWS Signature Version 4: what a request claims, and whether it is true. Pure: knows no server and no store.
 *
 *   sigv4_read()          Authorization or the query -> a claim; refuses what is malformed, too old, or meant for something else
 *   sigv4_signing_key()   the secret of the claim's access key -> the key of one day, region and service
 *   sigv4_verify()        the canonical request, signed with that key, gives the claim's signature
 *
 * Locks: none.
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests"; DynamoDB API Reference, "Common errors".
 */
#ifndef SRC_HTTP_SIGV4_H
#define SRC_HTTP_SIGV4_H

#include "engine/base/buf.h"
#include "engine/status.h"

#define SIGV4_SKEW_S 900      /* what clocks may differ by */
#define SIGV4_EXPIRES_MAX_S 604800
#define SIGV4_KEY_SIZE 32
#define SIGV4_SERVICE "dynamodb"

struct sigv4_header {
	struct slice name, value;
};

struct sigv4_request {
	const char *method, *uri; /* as in the request's first line: path and query, encoded */
	const struct sigv4_header *headers;
	size_t header_count;
	struct slice body; /* as sent */
	uint64_t now_s;    /* since 1970 */
};

struct sigv4_claim { /* slices: borrowed from the request, or from `text` */
	struct slice access_key;
	struct slice scope, day, region, service, terminator; /* scope: the other four with their slashes */
	struct slice signed_headers, signature;
	char date[17]; /* "20260105T120000Z" */
	bool presigned;
	struct buf text; /* what was decoded from a query */
};

/**
 * Errors: ST_NO_CREDENTIALS (nothing is claimed); ST_INCOMPLETE_SIGNATURE (the text names what is missing); ST_BAD_SIGNATURE (expired, not yet valid,
 * scope). sigv4_claim_finish() in any case.
 */
MUST_CHECK enum status sigv4_read(const struct sigv4_request *r, struct sigv4_claim *ret, struct err *err);
void sigv4_claim_finish(struct sigv4_claim *c);

void sigv4_signing_key(const char *secret, const struct sigv4_claim *c, uint8_t key[SIGV4_KEY_SIZE]);

/** Errors: ST_BAD_SIGNATURE. Takes the same time whatever the signature. */
MUST_CHECK enum status sigv4_verify(
	const struct sigv4_request *r, const struct sigv4_claim *c, const uint8_t key[SIGV4_KEY_SIZE], struct err *err);

/** Appends the canonical request: what is signed, in the one spelling of both sides. */
void sigv4_canonical(const struct sigv4_request *r, const struct sigv4_claim *c, struct buf *out);

/** The value of the first header of that name (any case); an empty slice with ptr NULL: none. */
struct slice sigv4_header(const struct sigv4_request *r, const char *name);

#endif
