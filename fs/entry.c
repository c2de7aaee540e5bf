#include <sodium.h>

#include "engine/base/clock.h"
#include "fs/session.h"

#define BLOCK_SIZE 512
#define IO_SIZE 4096

static void owner_of(struct ask *a, struct node *n, struct stat *st)
{
	mode_t mode = 0755;
	st->st_uid = a->fs->uid;
	st->st_gid = a->fs->gid;
	if (n->table)
		table_get_owner(n->table, &st->st_uid, &st->st_gid, &mode);
	st->st_mode = mode;
}

static void set_times(struct stat *st, uint64_t time_ns)
{
	st->st_mtim = st->st_ctim = st->st_atim = clock_timespec(time_ns);
}

void entry_set_dir(struct ask *a, struct node *n, uint64_t time_ns, struct entry *ret)
{
	struct stat *st = &ret->st;
	*st = (struct stat){.st_nlink = 1, .st_size = IO_SIZE, .st_blksize = IO_SIZE};
	owner_of(a, n, st);
	st->st_mode = S_IFDIR | (st->st_mode & 0777);
	st->st_ino = node_inode(n);
	set_times(st, time_ns);
	ret->entry_s = ret->attr_s = KEEP_SHORT;
}

void entry_set_file(struct ask *a, struct node *n, mode_t mask, uint64_t size, uint64_t time_ns, struct entry *ret)
{
	struct stat *st = &ret->st;
	*st = (struct stat){.st_nlink = 1, .st_size = (off_t)size, .st_blksize = IO_SIZE};
	st->st_blocks = (blkcnt_t)((size + BLOCK_SIZE - 1) / BLOCK_SIZE);
	owner_of(a, n, st);
	st->st_mode = S_IFREG | (st->st_mode & mask);
	st->st_ino = node_inode(n);
	set_times(st, time_ns);
	ret->entry_s = KEEP_SHORT;
	ret->attr_s = 0;
}

enum status entry_of(struct ask *a, struct node *n, struct entry *ret)
{
	*ret = (struct entry){.node = n};
	enum status st = n->kind->getattr(a, n, ret);
	if (st) {
		node_forget(&a->fs->nodes, n, 1);
		ret->node = NULL;
	}
	return st;
}

static void hash_step(crypto_generichash_state *state, const struct kind *kind, struct slice bytes)
{
	uint16_t len = (uint16_t)bytes.len;
	crypto_generichash_update(state, (const uint8_t *)kind->name, strlen(kind->name));
	crypto_generichash_update(state, (const uint8_t *)&len, sizeof len);
	crypto_generichash_update(state, bytes.ptr, bytes.len);
}

/** The identities on the way from the root: the same after every mount. */
static void hash_place(crypto_generichash_state *state, const struct node *n)
{
	struct node *parent = node_parent(n);
	if (!parent)
		return;
	hash_place(state, parent);
	hash_step(state, n->kind, node_bytes(n));
}

uint64_t node_child_inode(const struct node *dir, const struct kind *kind, struct slice bytes)
{
	uint8_t digest[crypto_generichash_BYTES_MIN];
	crypto_generichash_state state;
	uint64_t inode;
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	hash_place(&state, dir);
	hash_step(&state, kind, bytes);
	crypto_generichash_final(&state, digest, sizeof digest);
	memcpy(&inode, digest, sizeof inode);
	return inode > FUSE_ROOT_ID ? inode : FUSE_ROOT_ID + 1;
}

uint64_t node_inode(const struct node *n)
{
	struct node *parent = node_parent(n);
	return parent ? node_child_inode(parent, n->kind, node_bytes(n)) : FUSE_ROOT_ID;
}
