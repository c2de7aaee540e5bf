/**
 * Directories that hold items: a table without a sort key, a partition of a table with one, and their mirrors in .typed. What these have in
 * common: names to keys, scratch files, making, removing and renaming items.
 */
#ifndef FS_DATADIR_H
#define FS_DATADIR_H

#include "fs/handle.h"
#include "fs/kind.h"
#include "fs/session.h"

/** Whether files in it are items (otherwise every file in it is a scratch file). */
bool datadir_has_items(const struct node *dir);

/** The type of key that names in `dir` stand for. */
enum value_type datadir_type(const struct node *dir);

/**
 * The key part that `name` stands for. Errors: ST_NAME (no key has this spelling), ST_NOT_FOUND (not shaped like a key's name, or a digest
 * that no key here has).
 */
enum status datadir_parse(struct ask *a, struct node *dir, struct slice name, bool file, struct buf *part);

/** The key of the item in `dir` whose own part is `part`. */
struct key datadir_key(const struct node *dir, struct slice part);

enum status datadir_lookup(struct ask *a, struct node *dir, struct slice name, struct entry *ret);
enum status datadir_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret);
enum status datadir_unlink(struct ask *a, struct node *dir, struct slice name);
enum status datadir_rename(struct ask *a, const struct rename_request *r);

/** Owner and mode of a table, read once for a whole listing. */
struct owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};
struct owner owner_of_table(struct table *t);

/** kinds/item.c: attributes of an item from its identity (engine/op.h) and meta; `length` is that of its text in the form shown. Sets
 * all but ret->node. */
void item_entry(const struct owner *o, bool typed, uint64_t identity, const struct item_meta *meta,
	uint64_t length, struct entry *ret);
/** The length of its text in the form that `dir` shows. `item` is looked at only for the typed form. */
uint64_t item_length(const struct table *t, bool typed, const struct item_meta *meta, struct slice item);
/** Reads meta and text length. An item whose seal is broken has a name all the same, so that it can be replaced or removed: meta is then zero. */
enum status item_probe(struct ask *a, struct table *t, bool typed, const struct key *key, struct item_meta *meta, uint64_t *length);
/** Before the item of this node changes: lets those finish who are reading it through the cache, for a moment. */
void item_await_readers(struct node *n);
/** The layout of an item's file. */
struct json_style item_style(const struct table *t, bool typed);
/** Parses a document, fills in its key and puts it. */
enum status item_put(struct ask *a, struct table *t, bool typed, const struct key *key, struct slice text, struct cond cond,
	uint64_t modified_ns, struct item_meta *meta);
/** Marks the touched item that has no document yet; `n` has its lookup counted. */
void item_draft_entry(struct ask *a, struct node *n, const struct memo *memo, struct entry *ret);

/** ST_NAME when the name is an item's, but items do not live in this directory: as a scratch file it would be lost without a word. */
enum status datadir_check_scratch(struct ask *a, struct node *dir, struct slice name);

/** rename.c: puts the scratch file's document as the item `name` of `dir`; then it is no more. A name with a digest takes the key from the
 * document. */
enum status scratch_put(struct ask *a, struct node *scratch, struct node *dir, struct slice name, bool no_replace);

/** kinds/scratch.c */
enum status scratch_create(struct ask *a, struct node *dir, struct slice name, mode_t mode, struct handle *h, struct entry *ret);

#endif
