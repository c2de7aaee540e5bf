/*
 * Listings: partitions, the items of a partition, everything. All are one range over STORE_ITEMS with a row function of the caller's; the
 * list of partitions seeks from each partition to the next. Nothing is held between calls: a listing goes on from a key.
 */
#include "engine/op/row.h"

struct list {
	struct table *t;
	struct data_key *dk;
	struct store_range range;
	struct row_key lo, hi;
	list_fn *fn;
	void *arg;
	bool stopped; /* fn said so */
	bool one;     /* stop after a row that can be read: the next partition is sought */
	bool found;
	uint8_t hash[PARTITION_HASH_SIZE]; /* of the last row */
};

static bool give_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;
	struct list_row out = {0};
	if (row->stored.len < STORE_PREFIX_SIZE)
		return true;
	memcpy(out.hash, row->stored.ptr + 6, PARTITION_HASH_SIZE);
	memcpy(l->hash, out.hash, sizeof l->hash);
	l->found = true;
	out.status = row_open(l->dk, row, row_scratch(), &out.meta, &out.item, NULL);
	if (!out.status)
		out.status = key_from_item(&l->t->schema, out.item, &out.key, NULL) ? ST_CORRUPT : ST_OK;
	if (out.status)
		out.item = slice_of(NULL, 0);
	l->stopped = !l->fn(&out, l->arg);
	return !l->stopped && (!l->one || out.status != ST_OK); /* the next row may tell the partition's key */
}

static enum status list_range(struct store_txn *txn, void *arg, struct err *err)
{
	struct list *l = arg;
	return store_range(txn, &l->range, give_row, l, err);
}

/** From the first row after `after`, or the first of the table, to the table's last. */
static void bound_after(struct list *l, const struct partition_pos *after)
{
	static const uint8_t zero[PARTITION_HASH_SIZE];
	row_key_hash(&l->lo, l->t, after->set ? after->hash : zero);
	if (after->set)
		row_key_step(&l->lo);
	row_key_hash(&l->hi, l->t, zero);
	l->hi.key.prefix.len = 6; /* table and index: as a bound, everything of theirs */
	l->range = (struct store_range){.db = STORE_ITEMS, .lo = l->lo.key, .hi = l->hi.key};
}

static bool all_ones(const uint8_t hash[PARTITION_HASH_SIZE])
{
	for (size_t i = 0; i < PARTITION_HASH_SIZE; i++)
		if (hash[i] != 0xFF)
			return false;
	return true;
}

static enum status list_partitions(struct store_txn *txn, void *arg, struct err *err)
{
	struct list *l = arg;
	enum status st;
	do {
		l->found = false;
		st = store_range(txn, &l->range, give_row, l, err);
		row_key_hash(&l->lo, l->t, l->hash); /* range.lo points into it */
		row_key_step(&l->lo);
	} while (!st && l->found && !l->stopped && !all_ones(l->hash));
	return st;
}

static enum status list_init(struct list *l, struct table *t, list_fn *fn, void *arg, struct err *err)
{
	l->t = t;
	l->fn = fn;
	l->arg = arg;
	return table_use(t, &l->dk, err);
}

enum status op_list_partitions(struct engine *e, const struct caller *c, struct table *t, const struct partition_pos *after,
	list_fn *fn, void *arg, struct err *err)
{
	struct list l = {.one = schema_has_sk(&t->schema)};
	enum status st = list_init(&l, t, fn, arg, err);
	if (st || (after->set && all_ones(after->hash)))
		return st;
	bound_after(&l, after);
	return store_read(e->store, l.one ? list_partitions : list_range, &l, err);
}

/** The rows of one partition, `from` excluded when there is one. */
static void bound_partition(struct list *l, const uint8_t hash[PARTITION_HASH_SIZE], struct slice from, bool reverse)
{
	row_key_hash(&l->lo, l->t, hash);
	row_key_hash(&l->hi, l->t, hash);
	row_key_step(&l->hi);
	l->range = (struct store_range){.db = STORE_ITEMS, .lo = l->lo.key, .hi = l->hi.key, .hi_open = true, .reverse = reverse};
	if (!from.len)
		return;
	struct store_key *bound = reverse ? &l->range.hi : &l->range.lo;
	*bound = l->lo.key;
	bound->sort = from;
	bound->has_sort = true;
	*(reverse ? &l->range.hi_open : &l->range.lo_open) = true;
}

enum status op_list_items(struct engine *e, const struct caller *c, struct table *t, struct slice pk, struct slice after_sk,
	bool reverse, list_fn *fn, void *arg, struct err *err)
{
	struct list l = {0};
	uint8_t hash[PARTITION_HASH_SIZE];
	enum status st = list_init(&l, t, fn, arg, err);
	if (st)
		return st;
	data_key_hash(l.dk, pk, hash);
	bound_partition(&l, hash, after_sk, reverse);
	return store_read(e->store, list_range, &l, err);
}

enum status op_scan(struct engine *e, const struct caller *c, struct table *t, const struct partition_pos *after,
	struct slice after_sk, list_fn *fn, void *arg, struct err *err)
{
	struct list l = {0};
	enum status st = list_init(&l, t, fn, arg, err);
	if (st)
		return st;
	bound_after(&l, after);
	if (after->set && after_sk.len) {
		row_key_hash(&l.lo, t, after->hash);
		l.range.lo = l.lo.key;
		l.range.lo.sort = after_sk;
		l.range.lo.has_sort = true;
		l.range.lo_open = true;
	} else if (after->set && all_ones(after->hash)) {
		return ST_OK;
	}
	return store_read(e->store, list_range, &l, err);
}

static bool stop_at_once(const struct list_row *row, void *arg)
{
	*(bool *)arg = true;
	return false;
}

enum status op_partition_exists(struct engine *e, const struct caller *c, struct table *t, struct slice pk, struct err *err)
{
	bool found = false;
	enum status st = op_list_items(e, c, t, pk, slice_of(NULL, 0), false, stop_at_once, &found, err);
	return st || found ? st : err_set(err, ST_NOT_FOUND, "there are no items with this partition key");
}
