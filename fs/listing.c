#include "fs/listing.h"

#include "engine/base/bytes.h"
#include "fs/datadir.h"
#include "fs/dir.h"
#include "fs/names.h"

/** Cookies past every hash: partitions that are in memory only. */
#define COOKIE_MEMORY (INT64_MAX - (1 << 20))
#define COOKIE_HASH_MIN 16

struct listing {
	struct ask *a;
	struct dir *d;
	struct dir_reply *reply;
	bool typed, items, full;
	struct owner owner;     /* read before the rows: the engine is busy while it calls us */
	struct entry partition; /* what all partitions have in common */
	uint64_t ordinal, skip; /* of a partition's items */
	size_t corrupt;
	struct err first_corrupt;
	struct buf name;
};

static void note_corrupt(struct listing *l, const struct list_row *row)
{
	if (l->corrupt++ == 0)
		err_code(&l->first_corrupt, row->status);
}

/** Damaged rows have no name and are left out; that they are there is told once for each open directory. */
/** Rows that cannot be read have no name to list. What can is listed; then the listing ends with their error, so that no copy passes for whole. */
static enum status tell_corrupt(struct listing *l)
{
	if (l->corrupt > 0 && !l->d->told_corrupt) {
		l->d->told_corrupt = true;
		ask_record(l->a, l->d->node, NULL, &l->first_corrupt);
	}
	if (l->full || l->reply->used > 0 || !l->d->told_corrupt)
		return ST_OK;
	l->a->quiet = true;
	return err_code(&l->a->err, ST_CORRUPT);
}

static void fill_item(struct listing *l, const struct list_row *row, struct entry *e)
{
	struct table *t = l->d->node->table;
	uint64_t length = item_length(t, l->typed, &row->meta, row->item);
	item_entry(&l->owner, l->typed, op_row_identity(t, row), &row->meta, length, e);
}

static bool add_item(struct listing *l, const struct list_row *row, struct slice part, uint64_t cookie)
{
	struct node *dir = l->d->node;
	struct entry e = {0};
	enum value_type type = datadir_type(dir);
	buf_reset(&l->name);
	name_from_key(type, part, true, &l->name);
	if (!dir_fits(l->reply, buf_slice(&l->name)))
		return false;
	longnames_note(&l->a->fs->longnames, type, part, true);
	fill_item(l, row, &e);
	if (l->reply->plus)
		e.node = node_enter(&l->a->fs->nodes, dir, &kind_item, part, NULL, 0);
	dir_add(l->reply, slice_str(buf_str(&l->name)), cookie, &e);
	return true;
}

static bool add_partition(struct listing *l, struct slice pk, uint64_t cookie)
{
	struct node *dir = l->d->node;
	struct entry e = l->partition;
	enum value_type type = datadir_type(dir);
	buf_reset(&l->name);
	name_from_key(type, pk, false, &l->name);
	if (!dir_fits(l->reply, buf_slice(&l->name)))
		return false;
	longnames_note(&l->a->fs->longnames, type, pk, false);
	e.st.st_ino = node_child_inode(dir, &kind_partition, pk);
	if (l->reply->plus)
		e.node = node_enter(&l->a->fs->nodes, dir, &kind_partition, pk, NULL, 0);
	dir_add(l->reply, slice_str(buf_str(&l->name)), cookie, &e);
	return true;
}

/** The first 63 bits of the hash, so that the order of cookies is the order of partitions. */
static uint64_t cookie_of(const uint8_t hash[PARTITION_HASH_SIZE])
{
	uint64_t cookie = get_be64(hash) >> 1;
	if (cookie < COOKIE_HASH_MIN)
		return COOKIE_HASH_MIN;
	return cookie < COOKIE_MEMORY ? cookie : COOKIE_MEMORY - 1;
}

static struct partition_pos pos_of(uint64_t cookie)
{
	struct partition_pos pos = {.set = cookie > DIR_COOKIE_START};
	if (pos.set) {
		memset(pos.hash, 0xFF, sizeof pos.hash);
		put_be64(pos.hash, cookie << 1 | 1);
	}
	return pos;
}

static bool partition_row(const struct list_row *row, void *arg)
{
	struct listing *l = arg;
	uint64_t cookie = cookie_of(row->hash);
	if (row->status) {
		note_corrupt(l, row);
		return true;
	}
	bool fits = l->items ? add_item(l, row, row->key.pk, cookie) : add_partition(l, row->key.pk, cookie);
	l->full = !fits;
	return fits;
}

struct memory_names {
	struct buf bytes; /* length (2) and bytes of each */
	size_t count;
};

static bool collect_memo(struct memo *memo, size_t ordinal, void *arg)
{
	struct memory_names *names = arg;
	struct slice pk = node_bytes(memo->node);
	uint8_t len[2];
	put_be16(len, (uint16_t)pk.len);
	buf_add(&names->bytes, len, sizeof len);
	buf_add_slice(&names->bytes, pk);
	return ++names->count < 256;
}

static bool add_pending(struct listing *l, struct slice pk, uint64_t cookie)
{
	struct ask *a = l->a;
	bool listed = op_partition_exists(a->fs->engine, &a->caller, l->d->node->table, pk, NULL) == ST_OK;
	return listed || add_partition(l, pk, cookie);
}

/** Partitions that were made and have no items yet come last. */
static void list_pending(struct listing *l, uint64_t cookie)
{
	struct memory_names names = {.bytes = BUF_INIT};
	size_t skip = cookie >= COOKIE_MEMORY ? (size_t)(cookie - COOKIE_MEMORY) : 0;
	memory_each(l->a->fs, l->d->node, MEMO_PARTITION, skip, collect_memo, &names);
	struct slice rest = buf_slice(&names.bytes);
	for (size_t i = 0; i < names.count; i++) {
		struct slice pk = slice_of(rest.ptr + 2, get_be16(rest.ptr));
		if (!add_pending(l, pk, (uint64_t)COOKIE_MEMORY + skip + i + 1))
			break;
		rest = slice_from(rest, 2 + pk.len);
	}
	buf_finish(&names.bytes);
}

static enum status prepare(struct listing *l)
{
	l->owner = owner_of_table(l->d->node->table);
	enum status st = kind_table.getattr(l->a, l->d->node, &l->partition);
	l->partition.entry_s = KEEP_LONG;
	return st;
}

enum status listing_partitions(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	struct listing l = {
		.a = a, .d = d, .reply = reply, .typed = node_is(d->node, NODE_TYPED), .items = datadir_has_items(d->node)};
	enum status st = prepare(&l);
	if (st)
		return st;
	if (cookie < COOKIE_MEMORY) {
		struct partition_pos after = pos_of(cookie);
		st = op_list_partitions(a->fs->engine, &a->caller, d->node->table, &after, partition_row, &l, &a->err);
	}
	if (!st && !l.full && !l.items)
		list_pending(&l, cookie);
	if (!st)
		st = tell_corrupt(&l);
	buf_finish(&l.name);
	return st;
}

static bool item_row(const struct list_row *row, void *arg)
{
	struct listing *l = arg;
	if (row->status) {
		note_corrupt(l, row);
		return true;
	}
	if (l->skip > 0) {
		l->skip--;
		l->ordinal++;
		return true;
	}
	if (!add_item(l, row, row->key.sk, DIR_COOKIE_START + l->ordinal + 1)) {
		l->full = true;
		return false;
	}
	dircookie_note(&l->d->places, ++l->ordinal, row->key.sk);
	return true;
}

enum status listing_items(struct ask *a, struct dir *d, uint64_t cookie, struct dir_reply *reply)
{
	struct listing l = {.a = a, .d = d, .reply = reply, .typed = node_is(d->node, NODE_TYPED), .items = true};
	l.owner = owner_of_table(d->node->table);
	struct slice after;
	struct buf after_sk = BUF_INIT;
	uint64_t wanted = cookie > DIR_COOKIE_START ? cookie - DIR_COOKIE_START : 0;
	l.ordinal = dircookie_find(&d->places, wanted, &after);
	l.skip = wanted - l.ordinal;
	buf_add_slice(&after_sk, after); /* the places change while rows come in */
	enum status st = op_list_items(
		a->fs->engine, &a->caller, d->node->table, node_bytes(d->node), buf_slice(&after_sk), false, item_row, &l, &a->err);
	if (!st || st == ST_NOT_FOUND)
		st = tell_corrupt(&l);
	buf_finish(&after_sk);
	buf_finish(&l.name);
	return st;
}
