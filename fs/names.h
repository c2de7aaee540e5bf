/**
 * Key bytes <=> file names. Every key has exactly one name, every name at most one key. Rules: fs/README.md.
 * Locks: none.
 */
#ifndef FS_NAMES_H
#define FS_NAMES_H

#include "engine/base/buf.h"
#include "engine/item.h"

#define NAME_BYTES_MAX 255  /* longer names are not offered: other file systems could not hold them */
#define NAME_DIGEST_SIZE 16 /* BLAKE2b of the key, in the names of long keys */

/** Appends the name. `file`: ".json" follows. Bytes that are no key of the type (a damaged number) give a name that parses as none. */
void name_from_key(enum value_type type, struct slice key, bool file, struct buf *out);

enum name_kind {
	NAME_KEY,    /* `ret` is the key */
	NAME_DIGEST, /* `ret` is the digest of a key too long to be spelt */
	NAME_WRONG,  /* shaped like a key's name, but not the spelling of any key */
	NAME_OTHER,  /* not shaped like one: a scratch file */
};
/** Reads a name; `ret` is emptied first. */
enum name_kind name_parse(enum value_type type, struct slice name, bool file, struct buf *ret);

/** Whether the key's name is a digest, and then which. */
bool name_digest(enum value_type type, struct slice key, bool file, uint8_t digest[NAME_DIGEST_SIZE]);

/** Appends the bytes as text for a message or a path: what cannot be printed is percent-encoded. */
void name_add_printable(struct buf *out, struct slice name);

#endif
