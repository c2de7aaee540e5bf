/**
 * Remembers which key a digest in a file name stands for: filled by listings, so that a name that was listed is found without a search. Only a
 * cache; what it forgets is found by going through the directory.
 * Locks: longnames.lock inside.
 */
#ifndef FS_LONGNAMES_H
#define FS_LONGNAMES_H

#include "engine/base/thread.h"
#include "fs/names.h"

#define LONGNAMES_SLOTS 4096

struct longname {
	uint8_t digest[NAME_DIGEST_SIZE];
	struct buf key;
};
struct longnames {
	struct mutex lock;
	struct longname *slots GUARDED_BY(lock); /* made at the first use; a digest has one slot */
};

void longnames_init(struct longnames *l);
void longnames_finish(struct longnames *l);

/** Notes the key when its name is a digest. */
void longnames_note(struct longnames *l, enum value_type type, struct slice key, bool file);
/** Puts the key in place of the digest in `key`; false when it is not known. */
bool longnames_find(struct longnames *l, struct buf *key);

#endif
