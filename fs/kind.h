/**
 * What a node can be, and how a request to it is answered.
 *
 * A kind is one file in fs/kinds/ that defines a `struct kind`. ops.c turns the kernel's callbacks into calls of these functions and their
 * results into replies; a function that is missing answers as its comment says. Functions never reply, never notify the kernel, and return with no
 * lock held. Virtual names that lead to kinds are rows in fs/virtual.c.
 */
#ifndef FS_KIND_H
#define FS_KIND_H

#include "fs/node.h"

struct dir;
struct dir_reply;
struct handle;

/** One request of the kernel while it is being answered. */
struct ask {
	struct fs *fs;
	fuse_req_t req;
	struct caller caller;
	struct err err;
	bool quiet; /* the failure is no news: it is not recorded */
};

/** A node with what the kernel wants to know of it. */
struct entry {
	struct node *node; /* with a lookup counted for the reply; may be NULL where only attributes were asked for */
	struct stat st;
	double entry_s, attr_s; /* how long the kernel may keep the name and the attributes, in seconds */
};

#define KEEP_LONG 3600.0 /* changes are announced by fs/notify.h, or come through the kernel itself */
#define KEEP_SHORT 1.0   /* tables: few, and changed without a notice */

struct rename_request {
	struct node *from_dir, *to_dir;
	struct slice from, to;
	bool no_replace;
};

struct kind {
	const char *name;
	/** Missing: nothing has a name here (ST_NOT_FOUND). */
	enum status (*lookup)(struct ask *a, struct node *dir, struct slice name, struct entry *ret);
	/** Required. */
	enum status (*getattr)(struct ask *a, struct node *n, struct entry *ret);
	/** FUSE_SET_ATTR_*; sizes with a handle are handled before. Missing: ST_NOT_PERMITTED. */
	enum status (*setattr)(struct ask *a, struct node *n, const struct stat *want, int which);
	/** Directories: required. Adds entries after `cookie` until the reply is full. */
	enum status (*list)(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply);
	/** Files: required. The handle has its node and flags. */
	enum status (*open)(struct ask *a, struct handle *h);
	/** Files: required. `ret` is borrowed until the next call on the handle. */
	enum status (*read)(struct ask *a, struct handle *h, size_t size, uint64_t offset, struct slice *ret);
	/** Missing: ST_NOT_PERMITTED. */
	enum status (*write)(struct ask *a, struct handle *h, struct slice bytes, uint64_t offset);
	/** Missing: ST_NOT_PERMITTED. */
	enum status (*truncate)(struct ask *a, struct handle *h, uint64_t size);
	/** close(2) and fsync(2). Missing: nothing to do. */
	enum status (*flush)(struct ask *a, struct handle *h);
	/** Staged documents (fs/handle.h): puts the present text into h->text; commits h->text. */
	enum status (*load)(struct ask *a, struct handle *h);
	enum status (*commit)(struct ask *a, struct handle *h);
	/** Missing: ST_NOT_PERMITTED. `h` has its flags and gets its node. */
	enum status (*create)(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret);
	enum status (*mkdir)(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct entry *ret);
	enum status (*unlink)(struct ask *a, struct node *dir, struct slice name);
	enum status (*rmdir)(struct ask *a, struct node *dir, struct slice name);
	/** Called for the kind of the directory that the name leaves. */
	enum status (*rename)(struct ask *a, const struct rename_request *r);
	/** Appends the value of an extended attribute, or every name, each with its NUL, when `name` is empty. Missing: there are none. */
	enum status (*xattr)(struct ask *a, struct node *n, struct slice name, struct buf *out);
};

extern const struct kind kind_root, kind_table, kind_partition, kind_item, kind_scratch, kind_text, kind_doc, kind_draft, kind_vdir,
	kind_put;

/** A directory, or a file of `size` bytes, with owner and mode of the table (or of the mount); `mode` keeps the permission bits given. */
void entry_set_dir(struct ask *a, struct node *n, uint64_t time_ns, struct entry *ret);
void entry_set_file(struct ask *a, struct node *n, mode_t mask, uint64_t size, uint64_t time_ns, struct entry *ret);

/** The node's kind says what it is; fills in ret from its getattr. On failure the lookup is taken back. */
enum status entry_of(struct ask *a, struct node *n, struct entry *ret);

/** A stable inode number for a node that is no item, from its place in the tree. */
uint64_t node_inode(const struct node *n);
uint64_t node_child_inode(const struct node *dir, const struct kind *kind, struct slice bytes);

/** Records the failure for the caller, at the path of `n` or of `name` in it, with the errno of its status. */
void ask_record(struct ask *a, struct node *n, const char *name, const struct err *err);
/** Answers with the errno of the status. Records it unless it is no news. The one way in which a request fails. */
void ask_fail(struct ask *a, enum status st, struct node *n, const char *name);

#endif
