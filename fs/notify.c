#include "fs/notify.h"

#include <stdlib.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "fs/doc.h"
#include "fs/names.h"
#include "fs/path.h"
#include "fs/session.h"

#define EVICT_BATCH 256

struct notice {
	struct notice *next;
	struct node *node;                                  /* pinned: this node; NULL: an item by its key, or a table */
	enum { STALE_INODE, STALE_NAME, STALE_BELOW } what; /* of the node */
	bool is_table;                                      /* a table by its name, which stands in `key` */
	enum table_change_kind change;                      /* of the table */
	uint32_t table_id;
	bool natural, typed; /* which spellings are stale */
	size_t pk_len, sk_len;
	uint8_t key[];
};

static struct notify_lane *lane_of(struct fs *fs, const struct notice *notice)
{
	const struct node *n = notice->node;
	uint32_t id = !n ? notice->table_id : n->table ? table_id(n->table) : 0;
	return &fs->notify.lanes[id % NOTIFY_LANES];
}

static void post(struct fs *fs, struct notice *notice)
{
	struct notify_lane *q = lane_of(fs, notice);
	mutex_lock(&q->lock);
	bool full = q->count >= NOTICES_MAX || q->stop;
	q->posted++;
	if (full) {
		q->overflowed = true;
	} else {
		notice->next = NULL;
		*q->last = notice;
		q->last = &notice->next;
		q->count++;
	}
	pthread_cond_signal(&q->work);
	mutex_unlock(&q->lock);
	if (full) {
		node_unpin(&fs->nodes, notice->node);
		free(notice);
	}
}

static void post_item(struct fs *fs, struct table *t, const struct key *key, bool natural, bool typed)
{
	struct notice *notice = xcalloc(1, sizeof *notice + key->pk.len + key->sk.len);
	notice->table_id = table_id(t);
	notice->natural = natural;
	notice->typed = typed;
	notice->pk_len = key->pk.len;
	notice->sk_len = key->sk.len;
	memcpy(notice->key, key->pk.ptr, key->pk.len);
	if (key->sk.len)
		memcpy(notice->key + key->pk.len, key->sk.ptr, key->sk.len);
	post(fs, notice);
}

void notify_item(struct fs *fs, struct table *t, const struct key *key, bool typed)
{
	if (typed || atomic_load_explicit(&fs->notify.typed_seen, memory_order_relaxed))
		post_item(fs, t, key, typed, !typed);
}

void notify_key(struct fs *fs, struct table *t, const struct key *key)
{
	post_item(fs, t, key, true, true);
}

/** The engine tells of a commit. What came through the mount was posted by its handler, which knows the path it took. */
static void on_change(const struct change *change, void *arg)
{
	struct fs *fs = arg;
	atomic_fetch_add(&fs->changes, 1);
	if (change->by->face != FACE_FS)
		post_item(fs, change->table, &change->key, true, true);
}

/** The engine tells of a table. What came through the mount is known to its handler; a state that ends by itself came from nowhere. */
static void on_table(const struct table_change *change, void *arg)
{
	struct fs *fs = arg;
	struct slice name = slice_str(table_name(change->table));
	if (change->by && change->by->face == FACE_FS)
		return;
	struct notice *notice = xcalloc(1, sizeof *notice + name.len + 1);
	notice->is_table = true;
	notice->change = change->kind;
	notice->table_id = table_id(change->table);
	memcpy(notice->key, name.ptr, name.len + 1);
	post(fs, notice);
}

static void post_node(struct fs *fs, struct node *n, int what)
{
	struct notice *notice = xcalloc(1, sizeof *notice);
	node_pin(&fs->nodes, n);
	notice->node = n;
	notice->what = what;
	post(fs, notice);
}

void notify_name(struct fs *fs, struct node *n)
{
	post_node(fs, n, STALE_NAME);
}

void notify_below(struct fs *fs, struct node *n)
{
	post_node(fs, n, STALE_BELOW);
}

void notify_evict(struct fs *fs)
{
	struct notify_lane *q = fs->notify.lanes;
	mutex_lock(&q->lock);
	q->evict = true;
	pthread_cond_signal(&q->work);
	mutex_unlock(&q->lock);
}

static void tell_inode(struct fs *fs, struct node *n)
{
	fuse_lowlevel_notify_inval_inode(fs->session, node_number(&fs->nodes, n), 0, 0);
}

static void tell_name(struct fs *fs, struct node *dir, struct slice name)
{
	fuse_lowlevel_notify_inval_entry(fs->session, node_number(&fs->nodes, dir), (const char *)name.ptr, name.len);
}

static void tell_node_name(struct fs *fs, struct node *n)
{
	struct buf name = BUF_INIT;
	path_add_name(&name, n);
	tell_name(fs, node_parent(n), buf_slice(&name));
	buf_finish(&name);
}

static void tell_key(struct fs *fs, struct node *dir, const struct kind *kind, enum value_type type, struct slice key)
{
	struct buf name = BUF_INIT;
	struct node *n = node_find(&fs->nodes, dir, kind, key);
	if (n)
		tell_inode(fs, n);
	name_from_key(type, key, kind == &kind_item, &name);
	tell_name(fs, dir, buf_slice(&name));
	buf_finish(&name);
	node_unpin(&fs->nodes, n);
}

static void tell_item_below(struct fs *fs, struct node *top, const struct notice *notice)
{
	const struct key_schema *schema = table_schema(top->table);
	struct slice pk = slice_of(notice->key, notice->pk_len), sk = slice_of(notice->key + notice->pk_len, notice->sk_len);
	tell_inode(fs, top);
	if (!schema_has_sk(schema)) {
		tell_key(fs, top, &kind_item, schema->pk.type, pk);
		return;
	}
	struct node *partition = node_find(&fs->nodes, top, &kind_partition, pk);
	if (partition) {
		tell_inode(fs, partition);
		tell_key(fs, partition, &kind_item, schema->sk.type, sk);
		node_unpin(&fs->nodes, partition);
	}
	tell_key(fs, top, &kind_partition, schema->pk.type, pk); /* it may have come or gone with the item */
}

static struct node *find_table(struct fs *fs, uint32_t table_id)
{
	uint8_t id[4];
	put_be32(id, table_id);
	return node_find(&fs->nodes, fs->nodes.root, &kind_table, slice_of(id, sizeof id));
}

static void tell_child(struct fs *fs, struct node *dir, const struct kind *kind, struct slice bytes)
{
	struct node *n = node_find(&fs->nodes, dir, kind, bytes);
	if (n)
		tell_inode(fs, n);
	node_unpin(&fs->nodes, n);
}

/** The document of the table in .tables. */
static void tell_definition(struct fs *fs, const char *name)
{
	struct buf file = BUF_INIT;
	struct node *dir = node_find(&fs->nodes, fs->nodes.root, &kind_vdir, SLICE_LIT(".tables"));
	name_from_key(VALUE_S, slice_str(name), true, &file);
	if (dir)
		tell_child(fs, dir, &kind_doc, buf_slice(&file));
	node_unpin(&fs->nodes, dir);
	buf_finish(&file);
}

/** A table came or went: its name, with all that the kernel has below it, and the root's listing. */
static void tell_root(struct fs *fs, const char *name)
{
	struct buf spelling = BUF_INIT;
	name_from_key(VALUE_S, slice_str(name), false, &spelling);
	tell_name(fs, fs->nodes.root, buf_slice(&spelling));
	tell_inode(fs, fs->nodes.root);
	buf_finish(&spelling);
}

static void tell_table(struct fs *fs, const struct notice *notice)
{
	const char *name = (const char *)notice->key;
	struct node *n = find_table(fs, notice->table_id);
	if (notice->change == TABLE_CHANGE_CREATED)
		draft_done(fs, name);
	if (n) {
		tell_inode(fs, n);
		tell_child(fs, n, &kind_doc, SLICE_LIT(".schema.json"));
	}
	node_unpin(&fs->nodes, n);
	tell_definition(fs, name);
	if (notice->change != TABLE_CHANGE_CHANGED)
		tell_root(fs, name);
}

static void tell_item(struct fs *fs, const struct notice *notice)
{
	struct node *table = find_table(fs, notice->table_id);
	if (!table)
		return;
	if (notice->natural)
		tell_item_below(fs, table, notice);
	struct node *typed = notice->typed ? node_find(&fs->nodes, table, &kind_table, SLICE_LIT(".typed")) : NULL;
	if (typed)
		tell_item_below(fs, typed, notice);
	node_unpin(&fs->nodes, typed);
	node_unpin(&fs->nodes, table);
}

static bool is_below(const struct node *n, const struct node *top)
{
	while (n && n != top)
		n = node_parent(n);
	return n;
}

/** The attributes of every node below `top`. */
static void tell_below(struct fs *fs, const struct node *top)
{
	size_t n;
	struct node **all = nodes_pin_all(&fs->nodes, &n);
	for (size_t i = 0; i < n; i++) {
		if (is_below(all[i], top))
			tell_inode(fs, all[i]);
		node_unpin(&fs->nodes, all[i]);
	}
	free(all);
}

static void tell(struct fs *fs, struct notice *notice)
{
	if (notice->is_table)
		tell_table(fs, notice);
	else if (!notice->node)
		tell_item(fs, notice);
	else if (notice->what == STALE_BELOW)
		tell_below(fs, notice->node);
	else if (notice->what == STALE_NAME)
		tell_node_name(fs, notice->node);
	else
		tell_inode(fs, notice->node);
	node_unpin(&fs->nodes, notice->node);
	free(notice);
}

/** Too much happened to tell each: the name of every table goes, and with it all that the kernel has below; then what is open. */
static void tell_everything(struct fs *fs)
{
	size_t n;
	struct node **all = nodes_pin_all(&fs->nodes, &n);
	for (size_t i = 0; i < n; i++) {
		if (node_parent(all[i]) == fs->nodes.root)
			tell_node_name(fs, all[i]);
		tell_inode(fs, all[i]);
		node_unpin(&fs->nodes, all[i]);
	}
	free(all);
}

static void evict(struct fs *fs)
{
	struct node *old[EVICT_BATCH];
	size_t n;
	do {
		n = nodes_pin_oldest(&fs->nodes, old, EVICT_BATCH);
		for (size_t i = 0; i < n; i++) {
			tell_node_name(fs, old[i]);
			node_unpin(&fs->nodes, old[i]);
		}
	} while (n == EVICT_BATCH);
}

static void expire(struct fs *fs)
{
	struct node *gone[64];
	size_t n = memory_expire(fs, gone, 64);
	for (size_t i = 0; i < n; i++) {
		tell_node_name(fs, gone[i]);
		node_unpin(&fs->nodes, gone[i]);
	}
}

/** What the thread does in one round. */
struct round {
	struct notice *first;
	uint64_t upto; /* notices posted before it began */
	bool overflowed, evict, stop;
};

/** Waits for work; the lane that has something to do now and then, at most a second. Empties the queue. */
static struct round wait_for_work(struct notify_lane *q)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += q == q->fs->notify.lanes ? 1 : 3600;
	mutex_lock(&q->lock);
	while (!q->first && !q->overflowed && !q->evict && !q->stop) {
		if (pthread_cond_timedwait(&q->work, &q->lock.os, &until) != 0)
			break;
	}
	struct round r = {q->first, q->posted, q->overflowed, q->evict, q->stop};
	q->first = NULL;
	q->last = &q->first;
	q->count = 0;
	q->overflowed = q->evict = false;
	mutex_unlock(&q->lock);
	return r;
}

static void end_round(struct notify_lane *q, const struct round *r)
{
	mutex_lock(&q->lock);
	q->done = r->upto;
	q->late = false;
	if (q->waiters)
		pthread_cond_broadcast(&q->settled);
	mutex_unlock(&q->lock);
}

/** A kernel that does not answer must not stop the other faces, too: after so long they go on. */
#define SETTLE_MAX_S 1

static void settle_lane(struct notify_lane *q, const struct timespec *until)
{
	mutex_lock(&q->lock);
	uint64_t upto = q->posted;
	q->waiters++;
	while (q->done < upto && !q->stop && !q->late)
		if (pthread_cond_timedwait(&q->settled, &q->lock.os, until) != 0)
			q->late = q->done < upto;
	q->waiters--;
	mutex_unlock(&q->lock);
}

static void settle(void *arg)
{
	struct notify *notify = &((struct fs *)arg)->notify;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SETTLE_MAX_S;
	for (size_t i = 0; i < NOTIFY_LANES; i++)
		settle_lane(&notify->lanes[i], &until);
}

static void *notify_thread(void *arg)
{
	struct notify_lane *q = arg;
	struct fs *fs = q->fs;
	struct round r = {0};
	uint64_t expired_ns = clock_monotonic_ns();
	while (!r.stop) {
		r = wait_for_work(q);
		for (struct notice *next; r.first; r.first = next) {
			next = r.first->next;
			tell(fs, r.first);
		}
		if (r.overflowed && !r.stop)
			tell_everything(fs);
		end_round(q, &r);
		if (r.evict && !r.stop)
			evict(fs);
		if (q != fs->notify.lanes || clock_monotonic_ns() - expired_ns < NS_PER_S)
			continue;
		expire(fs);
		expired_ns = clock_monotonic_ns();
	}
	return NULL;
}

static enum status lane_start(struct fs *fs, struct notify_lane *q, struct err *err)
{
	pthread_condattr_t attr;
	q->fs = fs;
	mutex_init(&q->lock);
	q->last = &q->first;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->work, &attr);
	pthread_cond_init(&q->settled, &attr);
	pthread_condattr_destroy(&attr);
	int code = pthread_create(&q->thread, NULL, notify_thread, q);
	if (code)
		return err_errno(err, code, "cannot start a notifier thread");
	q->started = true;
	return ST_OK;
}

enum status notify_start(struct fs *fs, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < NOTIFY_LANES && !st; i++)
		st = lane_start(fs, &fs->notify.lanes[i], err);
	if (st) {
		notify_stop(fs);
		return st;
	}
	engine_on_change(fs->engine, on_change, fs);
	engine_on_table(fs->engine, on_table, fs);
	engine_on_settle(fs->engine, FACE_FS, settle, fs);
	return ST_OK;
}

static void lane_stop(struct notify_lane *q)
{
	if (!q->started)
		return;
	mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_signal(&q->work);
	pthread_cond_broadcast(&q->settled);
	mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	q->started = false;
}

void notify_stop(struct fs *fs)
{
	engine_forget_listener(fs->engine, fs);
	for (size_t i = 0; i < NOTIFY_LANES; i++)
		lane_stop(&fs->notify.lanes[i]);
}
