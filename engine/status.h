/**
 * The one table of everything that can go wrong.
 *
 * Each failure has one code; the code knows its errno (files), its HTTP status and DynamoDB exception (API), whether a retry may
 * help, and the sentence that says what is wrong in general and the way out. The place and the particulars come with the event, in
 * struct err. Faces never invent an errno or an exception: they ask here.
 *
 * Source: DynamoDB API Reference ("Error handling with DynamoDB"), errno(3).
 */
#ifndef ENGINE_STATUS_H
#define ENGINE_STATUS_H

#include <errno.h>

#include "engine/base/slice.h"

#define DDB_VALIDATION "ValidationException"
#define DDB_CONDITION "ConditionalCheckFailedException"
#define DDB_IN_USE "ResourceInUseException"
#define DDB_NO_RESOURCE "ResourceNotFoundException"
#define DDB_INTERNAL "InternalServerError"
#define DDB_LIMIT "LimitExceededException"
#define DDB_DENIED "AccessDeniedException"

#define STATUS_TABLE(X) /* code, errno, HTTP status, DynamoDB exception, a retry may help, sentence */ \
	X(ST_OK, 0, 200, "", false, "done") \
	/* what the caller wrote */ \
	X(ST_VALIDATION, EINVAL, 400, DDB_VALIDATION, false, "the request breaks a rule of the data model") \
	X(ST_SYNTAX, EINVAL, 400, "SerializationException", false, "the document is not strict JSON; mend it at the place named") \
	X(ST_INCOMPLETE, EINVAL, 400, "SerializationException", false, "the document ends too early; the item stays as it was") \
	X(ST_KEY_MISMATCH, EINVAL, 400, DDB_VALIDATION, false, "the key in the document is not the one in the file's name; leave it out or write the same") \
	X(ST_NAME, EINVAL, 400, DDB_VALIDATION, false, "the name is not the one spelling of its key; see .help for the rules of names") \
	X(ST_ITEM_TOO_LARGE, EFBIG, 400, DDB_VALIDATION, false, "an item holds at most 400 KB (409600 bytes of names and values); split it") \
	X(ST_KEY_TOO_LONG, ENAMETOOLONG, 400, DDB_VALIDATION, false, "a partition key holds 1 to 2048 bytes, a sort key at most 1024") \
	X(ST_UNSUPPORTED, EOPNOTSUPP, 400, "UnknownOperationException", false, "this is not supported here") \
	X(ST_NOT_PERMITTED, EPERM, 400, DDB_VALIDATION, false, "this cannot be done with what a name stands for here") \
	X(ST_CROSS_TABLE, EXDEV, 400, DDB_VALIDATION, false, "items move within one table only; copy, then delete") \
	X(ST_USAGE, EINVAL, 400, DDB_VALIDATION, false, "the command's words are off; see --help") \
	/* what is there and what is not */ \
	X(ST_NOT_FOUND, ENOENT, 400, DDB_NO_RESOURCE, false, "there is no such item") \
	X(ST_NO_TABLE, ENOENT, 400, DDB_NO_RESOURCE, false, "there is no such table; 'ls' the mount for those there are") \
	X(ST_NO_INDEX, ENOENT, 400, DDB_VALIDATION, false, "the table has no such index; its .schema.json names those it has") \
	X(ST_NO_RESOURCE, ENOENT, 400, DDB_NO_RESOURCE, false, "there is no such resource; check the ARN") \
	X(ST_TABLE_EXISTS, EEXIST, 400, DDB_IN_USE, false, "a table of that name exists already") \
	X(ST_TABLE_BUSY, EBUSY, 400, DDB_IN_USE, true, "the table is being changed; try again") \
	X(ST_TABLE_PROTECTED, EBUSY, 400, DDB_VALIDATION, false, "the table is protected against deletion; set DeletionProtectionEnabled to false in its .schema.json first") \
	X(ST_TABLE_NOT_EMPTY, ENOTEMPTY, 400, DDB_VALIDATION, false, "the table still has items; remove them first, or use rm -r") \
	X(ST_NO_SCHEMA, EINVAL, 400, DDB_VALIDATION, false, "the table is a draft; write its definition to .schema.json first (.templates/ holds starters)") \
	/* conditions */ \
	X(ST_EXISTS, EEXIST, 400, DDB_CONDITION, false, "an item with this key exists already") \
	X(ST_VERSION, ESTALE, 400, DDB_CONDITION, false, "the item was changed since it was read; read it again") \
	X(ST_CONDITION, ECANCELED, 400, DDB_CONDITION, false, "The conditional request failed") \
	X(ST_CONFLICT, EAGAIN, 400, "TransactionConflictException", true, "another transaction holds the item; try again") \
	X(ST_CANCELED, ECANCELED, 400, "TransactionCanceledException", false, "the transaction was canceled, nothing was changed; its reasons say which action failed") \
	X(ST_IDEMPOTENT, EINVAL, 400, "IdempotentParameterMismatchException", false, "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.") \
	X(ST_DUPLICATE_ITEM, EEXIST, 400, "DuplicateItemException", false, "Duplicate primary key exists in table") \
	X(ST_THROTTLED, EAGAIN, 400, "ProvisionedThroughputExceededException", true, "the table's capacity is used up; try again later or raise it") \
	/* rights and limits */ \
	X(ST_REQUEST_RATE, EAGAIN, 400, "ThrottlingException", true, "the maximum that the table allows on demand is used up; try again later or raise it") \
	X(ST_COLLECTION_FULL, EDQUOT, 400, "ItemCollectionSizeLimitExceededException", false, "the items of one partition key and their local index entries take at most 10 GB; delete some, or drop the local indexes") \
	X(ST_LIMIT, EDQUOT, 400, DDB_LIMIT, false, "a limit of the service is reached") \
	X(ST_DENIED, EACCES, 400, DDB_DENIED, false, "the caller may not do this") \
	X(ST_READ_ONLY, EROFS, 400, DDB_VALIDATION, false, "this is read-only") \
	/* who asks, over the network */ \
	X(ST_NO_CREDENTIALS, EACCES, 400, "MissingAuthenticationTokenException", false, "Request must contain either a valid (registered) AWS access key ID or X.509 certificate.") \
	X(ST_BAD_CREDENTIALS, EACCES, 400, "UnrecognizedClientException", false, "The security token included in the request is invalid.") \
	X(ST_INCOMPLETE_SIGNATURE, EACCES, 400, "IncompleteSignatureException", false, "the Authorization header lacks a part") \
	X(ST_BAD_SIGNATURE, EACCES, 400, "InvalidSignatureException", false, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.") \
	X(ST_UNKNOWN_OPERATION, EOPNOTSUPP, 400, "UnknownOperationException", false, "there is no such operation here") \
	/* keys */ \
	X(ST_KEY_LOCKED, ENOKEY, 400, "InaccessibleEncryptionCredentialsException", false, "the table's encryption key is not available") \
	X(ST_KEY_DESTROYED, EKEYREVOKED, 400, "InaccessibleEncryptionCredentialsException", false, "the table's encryption key was destroyed; its data is unreadable for good") \
	X(ST_WRONG_KEY, EKEYREJECTED, 400, DDB_DENIED, false, "this key or passphrase does not open the store") \
	X(ST_KEYRING, EBADMSG, 500, DDB_INTERNAL, false, "the keyring is damaged; put back STORE/keyring.bak or a copy of your own") \
	/* the store */ \
	X(ST_CORRUPT, EBADMSG, 500, DDB_INTERNAL, false, "a record's seal is broken: its bytes changed on disk; restore it from a backup") \
	X(ST_STRUCTURE, EUCLEAN, 500, DDB_INTERNAL, false, "the store's page structure is damaged; export what reads and restore into a new store") \
	X(ST_FULL, ENOSPC, 500, DDB_INTERNAL, true, "the store is full: no room on the disk or in the map; nothing was changed; free space and try again") \
	X(ST_IO, EIO, 500, DDB_INTERNAL, true, "the disk gave an error; nothing was changed") \
	X(ST_STORE_GONE, ENODEV, 500, DDB_INTERNAL, false, "the store's files were removed or replaced while in use; unmount, put them back, mount again") \
	X(ST_NO_STORE, ENOENT, 400, DDB_NO_RESOURCE, false, "there is no store here; 'itemfs init STORE' makes one") \
	X(ST_STORE_EXISTS, EEXIST, 400, DDB_IN_USE, false, "there is a store here already") \
	X(ST_STORE_BUSY, EBUSY, 400, DDB_IN_USE, true, "another process has this store open; unmount it there first") \
	X(ST_STORE_FORMAT, EPROTONOSUPPORT, 500, DDB_INTERNAL, false, "the store's format is not one that this itemfs reads") \
	X(ST_NO_MEMORY, ENOMEM, 500, DDB_INTERNAL, true, "not enough memory") \
	X(ST_INTERRUPTED, EINTR, 500, DDB_INTERNAL, true, "interrupted by a signal") \
	X(ST_INTERNAL, EIO, 500, DDB_INTERNAL, false, "a mistake in itemfs itself; please report it")

enum status {
#define X(code, ...) code,
	STATUS_TABLE(X)
#undef X
	STATUS_COUNT
};

struct status_info {
	const char *name; /* "ST_NOT_FOUND" */
	int errno_code;
	int http_status;
	const char *exception;
	bool retry;
	const char *sentence;
};

/** The row of `code`; never NULL. */
const struct status_info *status_info(enum status code);

/**
 * One failure with its particulars. Text holds no item data beyond what the caller itself sent.
 * A zeroed struct means "no failure".
 */
#define ERR_TEXT_MAX 2560 /* the longest: why each of 100 actions canceled a transaction */
struct err {
	enum status code;
	char text[ERR_TEXT_MAX];
};

/**
 * Fills `err` (NULL is allowed) and returns `code`, so that a function can end with `return err_set(...)`.
 * Text too long is cut at a character. fmt says what, where, the limit; the row's sentence says the way out.
 */
enum status err_set(struct err *err, enum status code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** Nothing failed after all. */
static inline void err_clear(struct err *err)
{
	err->code = ST_OK;
	err->text[0] = 0;
}

/** Fills `err` with the code's own sentence. */
enum status err_code(struct err *err, enum status code);

/** Puts "prefix: " before the text that is there. Returns err->code. */
enum status err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** From an errno of the system, with the words of what was tried ("cannot open %s"); ": strerror" is added. ENOSPC becomes ST_FULL. */
enum status err_errno(struct err *err, int errno_code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
