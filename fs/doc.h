/** Control documents (kinds/doc.c): table definitions under their several names. */
#ifndef FS_DOC_H
#define FS_DOC_H

#include "fs/kind.h"

struct fs;

/** The text of a template, NULL when there is none of that name; the name of the n-th, NULL past the last. */
const char *doc_template(struct slice name);
const char *doc_template_name(uint64_t n);

/** A definition of a table that may not exist yet. `n` has its lookup counted. */
enum status doc_create(struct ask *a, struct node *n, struct handle *h, struct entry *ret);

/** kinds/draft.c: the draft of that name is a table now. */
void draft_done(struct fs *fs, const char *name);

#endif
