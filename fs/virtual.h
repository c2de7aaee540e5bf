/**
 * Virtual names: files and directories that exist by being named and are not listed. One row each: what it is called, where, what it leads to.
 * A new one is a row here and, unless an old kind serves, a file in fs/kinds/.
 */
#ifndef FS_VIRTUAL_H
#define FS_VIRTUAL_H

#include "fs/kind.h"

enum { IN_ROOT = 1, IN_TABLE = 2, IN_PARTITION = 4, IN_TYPED = 8, IN_DRAFT = 16 };

struct virtual
{
	const char *name;
	unsigned where;
	const struct kind *kind;
	/** Text kinds: appends the document; `dir` is the directory that it is about. */
	enum status (*text)(struct ask * a, struct node * dir, struct buf * out);
	const char *help; /* one line for .help */
};

/** Which of IN_... the directory is. */
unsigned virtual_where(const struct node *dir);
/** The row of that name in the directory, or NULL. */
const struct virtual *virtual_find(const struct node *dir, struct slice name);
/** All rows, ended by one without a name. */
extern const struct virtual virtual_rows[];

/** Enters the node of a virtual name. ST_NOT_FOUND when there is none. */
enum status virtual_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret);

/** A failure that says that virtual names cannot be made or removed, when `name` is one; else ST_OK. */
enum status virtual_refuse(struct ask *a, const struct node *dir, struct slice name);

enum status text_help(struct ask *a, struct node *dir, struct buf *out);
enum status text_errors(struct ask *a, struct node *dir, struct buf *out);
enum status text_stats(struct ask *a, struct node *dir, struct buf *out);
enum status text_status(struct ask *a, struct node *dir, struct buf *out);
enum status text_count(struct ask *a, struct node *dir, struct buf *out);

#endif
