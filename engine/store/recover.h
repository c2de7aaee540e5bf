/**
 * STORE/checkpoint: what makes commits without sync safe.
 *
 * LMDB finds its newest snapshot through two meta pages. Commits without sync may reach the disk in any order, so after a power loss the
 * meta pages on disk may point to pages that never got there. A checkpoint syncs the data and then keeps a copy of both meta pages
 * here; a reader pins its snapshot, so that none of its pages is used again before the next checkpoint is on disk. After a power loss
 * (another boot, and no clean close) the meta pages are put back, and the store is as it was at the checkpoint.
 *
 * File: two slots of 1024 bytes at 0 and 4096, written in turn. Offsets in README.md.
 */
#ifndef ENGINE_STORE_RECOVER_H
#define ENGINE_STORE_RECOVER_H

#include "engine/store/wal.h"

#define META_SIZE 152 /* of a meta page, what LMDB reads: its page header (16) and struct MDB_meta (136) */

struct checkpoint_file {
	int fd;
	uint64_t generation;
	char boot[40];
	bool behind;          /* data.mdb stands at this checkpoint after a power loss: what came after may be in the log */
	struct wal_base base; /* from here on */
};

struct checkpoint_metas {
	struct wal_base base; /* of the log, when they were read */
	uint32_t page_size;
	uint8_t page[2][META_SIZE];
};

/** The newest transaction that the meta pages tell of; 0 when either of them is no meta page. */
uint64_t metas_txn(const struct checkpoint_metas *m);

/** Reads both meta pages. Errors: ST_IO, ST_STRUCTURE (the file is too short). */
MUST_CHECK enum status metas_read(int data_fd, uint32_t page_size, struct checkpoint_metas *ret, struct err *err);

/** Opens STORE/checkpoint and puts back data.mdb's meta pages when it must. data_fd < 0: a new store; an old file is put aside. */
MUST_CHECK enum status recover(const char *store, int data_fd, bool read_only, struct checkpoint_file *ret, struct err *err);

/** Writes the next slot and syncs it. */
MUST_CHECK enum status checkpoint_file_write(
	struct checkpoint_file *f, const struct checkpoint_metas *metas, bool clean, struct err *err);

void checkpoint_file_close(struct checkpoint_file *f);

#endif
