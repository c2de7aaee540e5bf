/** Every limit of the data model, named once. Source: DynamoDB Developer Guide, "Quotas". Sizes in bytes. */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#define LIMIT_ITEM_SIZE 409600 /* names plus values, item_size() */
#define LIMIT_PK_SIZE 2048
#define LIMIT_SK_SIZE 1024
#define LIMIT_NESTING 32
#define LIMIT_NUMBER_DIGITS 38
#define LIMIT_ATTR_NAME 65535   /* of an attribute in an item */
#define LIMIT_KEY_ATTR_NAME 255 /* of a key attribute */
#define LIMIT_TABLE_NAME_MIN 3
#define LIMIT_TABLE_NAME_MAX 255
#define LIMIT_TABLES 2500
#define LIMIT_INDEX_NAME_MAX 255
#define LIMIT_GSIS 20
#define LIMIT_LSIS 5
#define LIMIT_INDEXES (LIMIT_GSIS + LIMIT_LSIS)
#define LIMIT_INCLUDED 100             /* NonKeyAttributes over all indexes of a table */
#define LIMIT_COLLECTION (10ull << 30) /* items of one partition key and their index entries, where there are local indexes */
#define LIMIT_SSE_KEY 2048
#define LIMIT_ACCOUNT_UNITS 80000 /* provisioned, reads and writes each: what DescribeLimits says, not enforced */
#define LIMIT_TABLE_UNITS 40000
#define LIMIT_TAGS 50
#define LIMIT_TAG_KEY 128
#define LIMIT_TAG_VALUE 256
#define LIMIT_EXPR_SIZE 4096     /* text of one expression */
#define LIMIT_EXPR_OPERATORS 300 /* operators and functions of one expression */
#define LIMIT_EXPR_IN 100        /* operands of IN */
#define LIMIT_EXPR_PATH 32       /* elements of a document path */
#define LIMIT_EXPR_PLACEHOLDER 255
#define LIMIT_STATEMENT 8192 /* bytes of a PartiQL statement */

/** The longest text of one item that is read or staged: 400 KB of content in its widest spelling, and room for white space. */
#define JSON_TEXT_MAX (8u << 20)
/** The longest table definition. */
#define TABLE_DEF_TEXT_MAX (1u << 20)

#endif
